"""Packs: find the rooms that read something from them, read a folder, check it, compare two, load one.

A pack is a folder of YAML. Every room may own sections of it (`<room>/pack.py`); this module knows none of them by
name. Reading and checking need no database.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel, ValidationError

import luoshi
from luoshi.kernel.acting import SYSTEM, Actor
from luoshi.kernel.canonical import sm3
from luoshi.kernel.errors import BadInput
from luoshi.kernel.packing import Context, Entry, Loc, Pack, Problem, Row
from luoshi.norms import packfile, packwords
from luoshi.norms.pack import PackRow, squeeze

SHIPPED = Path(luoshi.__file__).parent / "packs"


@cache
def rooms() -> tuple[ModuleType, ...]:
    """Every `luoshi.<room>.pack`, lower rooms first: what a later one loads may point at what an earlier one made."""
    names = [name for _, name, is_package in pkgutil.iter_modules(luoshi.__path__) if is_package]
    found = [name for name in names if importlib.util.find_spec(f"luoshi.{name}.pack")]
    ground = {"directory": 0, "norms": 1}
    found.sort(key=lambda name: (ground.get(name, 2), name))
    return tuple(importlib.import_module(f"luoshi.{name}.pack") for name in found)


@cache
def sections() -> dict[str, type[Row]]:
    """File → model of its rows. `*/clauses.yaml` lies in each instrument's folder."""
    return {file: model for room in rooms() for file, model in getattr(room, "SECTIONS", {}).items()}


def folder(name: str | Path) -> Path:
    """The folder of a pack given by path, or by the name of one that ships with luoshi."""
    for place in (Path(name), SHIPPED / str(name)):
        if (place / "pack.yaml").is_file():
            return place
    shipped = "、".join(sorted(path.parent.name for path in SHIPPED.glob("*/pack.yaml")))
    raise BadInput(f"这里没有规范包（缺 pack.yaml）；自带的有：{shipped or '无'}", file=str(name))


def read(place: str | Path) -> tuple[Pack, list[Problem]]:
    """Read a pack as far as it can be read. Rows that fail their model are left out and told of."""
    root = folder(place)
    pack, problems = Pack(id="", folder=root), list[Problem]()
    files = sorted(root.rglob("*.yaml")) + sorted(root.rglob("*.yml"))
    seal: list[str] = []
    for path in files:
        inside = path.relative_to(root)
        slug = inside.parent.as_posix() if len(inside.parts) > 1 else ""
        model = sections().get(f"*/{path.name}" if slug else path.name) or sections().get(f"{slug}/*.yaml")
        if model is None or len(inside.parts) > 2 or path.suffix != ".yaml":
            problems.append(
                Problem(str(path), 0, "", "提示：没有哪个模块读取这个文件，请核对文件名和位置", grave=False)
            )
            continue
        seal.append(f"{inside.as_posix()}={sm3(path.read_bytes())}")
        _read_section(pack, path, slug, model, problems)
    pack.digest = sm3("\n".join(seal))
    pack.id = next((entry.row.id for entry in pack.of(PackRow)), root.name)
    for room in rooms():
        if hasattr(room, "index"):
            room.index(pack)
    return pack, problems


def _read_section(pack: Pack, path: Path, slug: str, model: type[Row], problems: list[Problem]) -> None:
    parsed = packfile.read(path, single=model.SINGLE)
    problems.extend(parsed.problems)
    for value, lines in parsed.rows:
        entry: Entry[Any] = Entry(row=value, file=str(path), lines=lines, slug=slug)
        try:
            row = model.model_validate(value)
        except ValidationError as error:
            problems.extend(packwords.problems(error, entry, model))
            continue
        pack.entries.setdefault(model, []).append(Entry(row, str(path), lines, slug))


def check(place: str | Path, text: str = "") -> list[Problem]:
    """Everything wrong with a pack, by file and line. With `text`, also what it shares with the documents' wording."""
    pack, problems = read(place)
    pack.text = squeeze(text)
    return sorted(problems + list(_check(pack)))


def _check(pack: Pack) -> Iterator[Problem]:
    """What every room finds, and every citation that no room looked at; each problem once."""
    found = [problem for room in rooms() if hasattr(room, "check") for problem in room.check(pack)]
    slugs = "|".join(sorted(re.escape(cite) for cite in pack.cites if ":" not in cite))
    citation = re.compile(rf"(?:{slugs}):(?!\d\d(?::\d\d)?$)\S+") if slugs else re.compile("(?!)")
    for entries in pack.entries.values():
        for entry in entries:
            for loc, text in _texts(entry.row, ()):
                if citation.fullmatch(text) and text not in pack.cites:
                    found.append(entry.problem(f"引用了不存在的条款“{text}”", *loc))
    yield from dict.fromkeys(found)


def _texts(value: Any, loc: Loc) -> Iterator[tuple[Loc, str]]:
    """Every text of a row with its place; facts are free and left out."""
    if isinstance(value, str):
        yield loc, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            if name != "facts":
                yield from _texts(getattr(value, name), (*loc, name))
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from _texts(item, (*loc, i))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(item, (*loc, str(name)))


def compare(first: str | Path, second: str | Path) -> list[Problem]:
    """Where two packs that may be loaded side by side define one thing differently."""
    (one, _), (two, _) = read(first), read(second)
    found: list[Problem] = []
    for room in rooms():
        if hasattr(room, "compare"):
            found.extend(room.compare(one, two))
    return sorted(found)


@dataclass(slots=True)
class Loaded:
    """What a load did. `changed` false: this very pack was loaded before, nothing was touched."""

    id: str
    digest: str
    changed: bool
    counts: dict[str, int] = field(default_factory=dict)


def load(place: str | Path, *, by: Actor = SYSTEM) -> Loaded:
    """Load a pack in one transaction with one ledger entry. The same digest again does nothing.

    Raises BadInput at the first problem, before anything is written: a pack loads whole or not at all.
    """
    from luoshi.ledger import actions as ledger
    from luoshi.norms.models import Pack as Held

    pack, problems = read(place)
    if Held.objects.filter(pk=pack.id, digest=pack.digest).exists():
        return Loaded(pack.id, pack.digest, changed=False)
    if problems := sorted(p for p in [*problems, *_check(pack)] if p.grave):
        first = problems[0]
        more = f"（共 {len(problems)} 处，用 luoshi pack check 查看）" if len(problems) > 1 else ""
        raise BadInput(first.reason + more, file=first.file, line=first.line or None, field=first.field)
    context = Context(by=by)
    with ledger.recording():
        for room in rooms():
            if hasattr(room, "load"):
                room.load(pack, context)
        data = {"digest": pack.digest, "counts": context.counts}
        ledger.append("norms.pack_loaded", by=by, subject=f"pack:{pack.id}", data=data)
    return Loaded(pack.id, pack.digest, changed=True, counts=context.counts)


def schema() -> dict[str, Any]:
    """JSON Schema of every section, for editors that validate while one types."""
    result: dict[str, Any] = {}
    for file, model in sections().items():
        rows = model.model_json_schema()
        definitions = rows.pop("$defs", {})
        shape = rows if model.SINGLE else {"type": "array", "items": rows}
        result[file] = {"$schema": "https://json-schema.org/draft/2020-12/schema", **shape, "$defs": definitions}
    return result
