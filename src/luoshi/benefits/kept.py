"""Files of this room as they came, by their SM3: bank results, registers."""

from __future__ import annotations

import re

from luoshi.faces import kept
from luoshi.kernel.canonical import sm3
from luoshi.kernel.errors import BadInput

_DIGEST = re.compile(r"[0-9a-f]{64}")


def keep(data: bytes, folder: str) -> str:
    """The digest of `data`, kept."""
    digest = sm3(data)
    kept.keep(data, folder, digest)
    return digest


def read(folder: str, digest: str) -> bytes:
    """BadInput when there is no such file."""
    if not _DIGEST.fullmatch(digest) or not (path := kept.path_of(folder, digest)).is_file():
        raise BadInput("没有这份文件，请重新上传", field="file")
    return path.read_bytes()
