"""A pack's measures with something changed: another figure, another file. Made in a folder that is gone afterwards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from luoshi.benefits import pack as packs
from luoshi.kernel.errors import BadInput

LARGEST = 512 * 1024  # bytes of one draft file


@contextmanager
def changed(
    slug: str, pack: str, *, figures: Mapping[str, Any] | None = None, files: Mapping[str, bytes] | None = None
) -> Iterator[str]:
    """The folder of a pack like `pack`, with `figures` (key → new value) and whole `files` replaced.

    BadInput names a file the measures have not, or what is wrong in it, when the rules are read from the folder.
    """
    home = next((p / slug for p in (Path(pack), packs.SHIPPED / pack) if (p / slug / "measures.yaml").is_file()), None)
    if home is None:
        raise BadInput(f"规范包 {pack} 中没有文件 {slug} 的扶持措施", field="pack")
    with tempfile.TemporaryDirectory(prefix="luoshi-draft-") as folder:
        there = Path(folder) / slug
        there.mkdir()
        for name in packs.FILES:
            if (home / name).is_file():
                shutil.copy(home / name, there / name)
        for name, data in (files or {}).items():
            _replace(there, name, data)
        if figures:
            _figures(there / "measure_figures.yaml", figures)
        yield folder


def _replace(there: Path, name: str, data: bytes) -> None:
    if name not in packs.FILES:
        raise BadInput(f"措施没有这个文件，可换：{'、'.join(packs.FILES)}", file=name, field="files")
    if len(data) > LARGEST:
        raise BadInput(f"文件超过 {LARGEST // 1024} KB", file=name, field="files")
    (there / name).write_bytes(data)


def _figures(path: Path, figures: Mapping[str, Any]) -> None:
    rows = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    known = {row["key"]: row for row in rows}
    for key, value in figures.items():
        if key not in known or not known[key].get("spans"):
            raise BadInput("没有这个数额", field=key)
        known[key]["spans"][-1]["value"] = value
    path.write_text(yaml.safe_dump(rows, allow_unicode=True, sort_keys=False), encoding="utf-8")


def figures_of(slug: str, pack: str) -> list[dict[str, Any]]:
    """The figures of a document as they stand: key, label, type, value (None when not configured)."""
    home = next((p / slug for p in (Path(pack), packs.SHIPPED / pack) if (p / slug).is_dir()), None)
    path = home / "measure_figures.yaml" if home else None
    if path is None or not path.is_file():
        return []
    rows = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    return [
        {"key": row["key"], "label": row["label"], "type": row["type"], "cite": row["cite"],
         "value": row["spans"][-1]["value"] if row.get("spans") else None}
        for row in rows
    ]  # fmt: skip
