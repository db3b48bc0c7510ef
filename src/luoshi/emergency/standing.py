"""What this room registers with the rooms below when the installation starts."""

from __future__ import annotations

import importlib
import importlib.util

from luoshi.ledger import subjects

PARTS = (
    "navigation",
    "naming",
    "ready",
    "faces",
    "handlers",
    "flood",
    "calling",
    "timing",
    "tasks",
    "channels_faces",
    "after",
    "wall",
    "resources",
    "reports",
    "drills",
    "tabletop",
)
"""Files of this room with a `register()`; a file that is not there is left out."""


def register() -> None:
    subjects.register("incident", "事件", "emergency:incident")
    for name in PARTS:
        if importlib.util.find_spec(f"luoshi.emergency.{name}"):
            begin = getattr(importlib.import_module(f"luoshi.emergency.{name}"), "register", None)
            if begin:
                begin()
