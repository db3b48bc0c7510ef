"""Where the screens of this room stand in the navigation."""

from __future__ import annotations

from luoshi.faces import nav

nav.register("台账", "ledger:entries", "ledger.read", "审计", 810)
nav.register("校验台账", "ledger:verify", "ledger.verify", "审计", 820)
