"""Files of this room as they came, under MEDIA_ROOT by their SM3: bank results, registers. Nothing overwrites them."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from django.conf import settings

from luoshi.kernel.canonical import sm3
from luoshi.kernel.errors import BadInput

_DIGEST = re.compile(r"[0-9a-f]{64}")


def keep(data: bytes, folder: str) -> str:
    """The digest of `data`, kept. A crash half-way leaves a stray temporary file and never a broken one."""
    digest = sm3(data)
    target = path_of(folder, digest)
    if target.exists():
        return digest
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=target.parent)
    with os.fdopen(handle, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    os.replace(draft, target)
    return digest


def path_of(folder: str, digest: str) -> Path:
    return Path(settings.MEDIA_ROOT) / folder / digest[:2] / digest


def read(folder: str, digest: str) -> bytes:
    """BadInput when there is no such file."""
    path = path_of(folder, digest)
    if not _DIGEST.fullmatch(digest) or not path.is_file():
        raise BadInput("没有这份文件，请重新上传", field="file")
    return path.read_bytes()
