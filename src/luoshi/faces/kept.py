"""Files kept by their digest under MEDIA_ROOT: read once, written once, never overwritten."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from django.conf import settings


def path_of(folder: str, digest: str) -> Path:
    return Path(settings.MEDIA_ROOT) / folder / digest[:2] / digest


def keep(data: bytes, folder: str, digest: str) -> Path:
    """Write bytes under their digest; a crash half-way leaves a stray temporary file and never a broken one."""
    target = path_of(folder, digest)
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=target.parent)
    with os.fdopen(handle, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    os.replace(draft, target)
    return target
