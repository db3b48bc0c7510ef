"""A document as the reader understood it, as rows in reading order, with the parts around its text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from luoshi.norms.models import InstrumentVersion, Provision
from luoshi.text.model import Document, Part
from luoshi.text.model import Provision as Read

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Row:
    """One provision to be stored. `parent` is a path or ""."""

    path: str
    label: str
    heading: str
    mark: str
    text: str
    depth: int
    parent: str
    sort: str = "item"

    @property
    def printed(self) -> str:
        return f"{self.label}{self.heading}{self.mark}{self.text}"


def rows_of(document: Document) -> tuple[list[Row], str]:
    """The rows of a document in printed order, and its text: what of it is printed, one provision a line."""
    taken: set[str] = set()
    pieces: list[tuple[int, Part | Read]] = [(_start(part), part) for part in document.parts if part.text.strip()]
    pieces += [(_start(top), top) for top in document.provisions]
    rows: list[Row] = []
    for _, piece in sorted(pieces, key=lambda pair: pair[0]):
        if isinstance(piece, Part):
            rows.append(Row(_free(f"0/{piece.kind}", taken), "", "", "", _clean(piece.text), 0, "", "part"))
        else:
            _add(piece, rows, taken, 0, "")
    return rows, "\n".join(row.printed for row in rows)


def _start(piece: Part | Read) -> int:
    return piece.pieces[0][0] if piece.pieces else 0


def _add(provision: Read, rows: list[Row], taken: set[str], depth: int, parent: str) -> None:
    path = _free(provision.path, taken)
    heading, mark, text = provision.heading, provision.mark, provision.text
    if len(heading) > 400:  # not a heading but a sentence
        heading, mark, text = "", "", heading + mark + text
    own, paragraphs = _paragraphs(text, own_line=bool(heading) and not mark)
    rows.append(Row(path, _clean(provision.label)[:40], _clean(heading), mark[:8], own, depth, parent))
    for number, paragraph in paragraphs:
        rows.append(Row(_free(f"{path}/p{number}", taken), "", "", "", paragraph, depth + 1, path, "para"))
    for child in provision.children:
        _add(child, rows, taken, depth + 1, path)


def _paragraphs(text: str, *, own_line: bool) -> tuple[str, list[tuple[int, str]]]:
    """Several paragraphs get an address each (`4.1/p2`). The first stays with a label or heading printed before it in
    the same line; one that stands on a line of its own (`own_line`) has its paragraphs below it."""
    parts = [part for part in map(_clean, text.split("\n")) if part]
    if len(parts) < 2:
        return _clean(text), []
    numbered = list(enumerate(parts, 1))
    return ("", numbered) if own_line else (parts[0], numbered[1:])


def _free(path: str, taken: set[str]) -> str:
    """`path`, or where the numbering repeats, `path#2`: every provision has an address of its own."""
    path = (path or "0")[:110]
    found, number = path, 1
    while found in taken:
        number += 1
        found = f"{path}#{number}"
    taken.add(found)
    return found


def _clean(text: str) -> str:
    return text.replace("\x00", "").strip()


def first_words(document: Document) -> str:
    """What a document without a title may be called by: its first line."""
    first = next(document.walk(), None)
    return _clean(first.heading or first.text)[:60] if first else ""


def reading_of(document: Document) -> dict[str, Any]:
    """What the reader understood besides the text, as `luoshi gazette parse --json` prints it."""
    whole = document.to_json()
    return {key: whole[key] for key in ("responsibilities", "targets", "deadlines", "annexes", "attached_title")}


def differs(version: InstrumentVersion, rows: list[Row]) -> bool:
    """Whether the stored provisions are not these rows."""
    stored = version.provisions.order_by("order").values_list(
        "path", "label", "heading", "mark", "text", "depth", "parent__path", "sort"
    )
    fresh = [(r.path, r.label, r.heading, r.mark, r.text, r.depth, r.parent or None, r.sort) for r in rows]
    return list(stored) != fresh


def write(version: InstrumentVersion, rows: list[Row]) -> None:
    """Store the rows as the provisions of `version`, in place of those it had. One insert per level and batch."""
    version.provisions.all().delete()
    made: dict[str, Provision] = {}
    for depth in sorted({row.depth for row in rows}):
        level = [
            Provision(
                version=version, path=row.path, label=row.label, heading=row.heading, mark=row.mark, text=row.text,
                order=order, depth=depth, sort=row.sort, parent=made.get(row.parent),
            )
            for order, row in enumerate(rows)
            if row.depth == depth
        ]  # fmt: skip
        for provision in Provision.objects.bulk_create(level, batch_size=_BATCH):
            made[provision.path] = provision
