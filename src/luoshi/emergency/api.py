"""The emergency room over HTTP. Parts of the room add theirs in `api_<part>.py` (a `router`)."""

from __future__ import annotations

import importlib
import importlib.util

from ninja import Router

router = Router(tags=["emergency"])
for _part in ("desk", "intake", "tasks", "reports", "wall", "resources", "after", "drills"):
    if importlib.util.find_spec(f"luoshi.emergency.api_{_part}"):
        router.add_router("", importlib.import_module(f"luoshi.emergency.api_{_part}").router)
