"""Evidence files: read once, hashed, kept by their digest, never overwritten."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from luoshi.faces.kept import keep, path_of
from luoshi.kernel.canonical import sm3
from luoshi.kernel.errors import BadInput

LARGEST = 50 * 1024 * 1024  # bytes of one file
ALLOWED = {
    ".pdf": "application/pdf",
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xls": "application/vnd.ms-excel",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".ofd": "application/ofd",
    ".wps": "application/vnd.ms-works",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".txt": "text/plain; charset=utf-8",
    ".zip": "application/zip",
}


class Given(Protocol):
    """An uploaded file, as Django or the command line hands it over."""

    name: str | None

    def read(self, size: int = -1, /) -> bytes: ...


class Kept(Protocol):
    name: str
    size: int
    sm3: str
    media_type: str


class Stored:
    """A file now on disk: its given name, size in bytes, SM3 and media type."""

    __slots__ = ("media_type", "name", "size", "sm3")

    def __init__(self, name: str, size: int, digest: str, media_type: str) -> None:
        self.name, self.size, self.sm3, self.media_type = name, size, digest, media_type


def store(given: Iterable[Given], folder: str = "evidence") -> list[Stored]:
    """Keep the files. Raises BadInput naming the file that is empty, too large or of a kind not accepted."""
    return [_store(item, folder) for item in given]


def _store(item: Given, folder: str) -> Stored:
    name = Path(item.name or "").name[:255]
    ending = Path(name).suffix.lower()
    if ending not in ALLOWED:
        raise BadInput(
            f"不接受“{ending or '没有扩展名'}”类型的文件，可用：{'、'.join(sorted(ALLOWED))}", file=name, field="files"
        )
    data = item.read(LARGEST + 1)
    if not data:
        raise BadInput("文件是空的", file=name, field="files")
    if len(data) > LARGEST:
        raise BadInput(f"文件超过 {LARGEST // 1024 // 1024} MB", file=name, field="files")
    digest = sm3(data)
    keep(data, folder, digest)
    return Stored(name, len(data), digest, ALLOWED[ending])


__all__ = ["ALLOWED", "LARGEST", "Given", "Kept", "Stored", "keep", "path_of", "store"]
