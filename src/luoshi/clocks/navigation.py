"""Where the screens of this room stand in the navigation."""

from __future__ import annotations

from luoshi.faces import nav

nav.register("时限", "clocks:clocks", "clocks.read", "运行", 710)
nav.register("后台任务", "clocks:jobs", "clocks.jobs", "运行", 720)
