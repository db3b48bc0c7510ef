"""Addresses of the emergency room. Parts of the room add theirs in `urls_<part>.py` (a list `urlpatterns`)."""

from __future__ import annotations

import importlib
import importlib.util

from django.urls import URLPattern, URLResolver

app_name = "emergency"
urlpatterns: list[URLPattern | URLResolver] = []
for _part in ("desk", "intake", "tasks", "reports", "wall", "resources", "after", "drills"):
    if importlib.util.find_spec(f"luoshi.emergency.urls_{_part}"):
        urlpatterns += importlib.import_module(f"luoshi.emergency.urls_{_part}").urlpatterns
