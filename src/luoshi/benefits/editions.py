"""The rules as they were when something was decided by them, kept by their digest and carried in evidence packages."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from luoshi.benefits import engine
from luoshi.benefits import pack as packs
from luoshi.faces import kept
from luoshi.kernel.canonical import dumps
from luoshi.kernel.errors import BadInput

FOLDER = "benefit-rules"
_unpacked: dict[str, tempfile.TemporaryDirectory[str]] = {}


def archive(measure: str) -> str:
    """Keep the rule files a measure is decided by today. Returns their digest; already kept is nothing to do."""
    _, measures = engine.rule_of(measure)
    if not kept.path_of(FOLDER, measures.digest).exists():
        folder = packs.folder_of(measures.slug)
        files = {name: (folder / name).read_text("utf-8") for name in packs.FILES if (folder / name).is_file()}
        kept.keep(dumps({"slug": measures.slug, "files": files}).encode(), FOLDER, measures.digest)
    return measures.digest


def load(digest: str) -> dict[str, Any]:
    """{"slug", "files": {name: text}} of kept rules; empty when they were never kept."""
    path = kept.path_of(FOLDER, digest)
    found: dict[str, Any] = json.loads(path.read_bytes()) if path.is_file() else {}
    return found


def pack_of(measure: str, digest: str, attached: Mapping[str, Any]) -> str:
    """Where `engine.decide` finds the rules of `digest`: installed, or unpacked from a package's `attached` rules.

    BadInput when they are neither, or are not those the digest names.
    """
    if engine.rule_of(measure)[1].digest == digest:
        return "jccq"
    if digest in _unpacked:
        return _unpacked[digest].name
    bundle = (attached.get("rules") or {}).get(digest)
    if not bundle:
        raise BadInput(f"规则已不是作出决定时的版本，包里也没有那一版（{digest[:12]}）")
    place = tempfile.TemporaryDirectory(prefix="luoshi-rules-")
    folder = Path(place.name) / str(bundle["slug"])
    folder.mkdir()
    for name, text in bundle["files"].items():
        if name in packs.FILES:
            (folder / name).write_text(text, encoding="utf-8")
    if packs.read(str(bundle["slug"]), place.name).digest != digest:
        raise BadInput(f"包里的规则与摘要 {digest[:12]} 不符")
    _unpacked[digest] = place
    return place.name
