"""What the directory reads from a pack: bodies with the ways documents print them, areas, posts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from luoshi.kernel.errors import BadInput
from luoshi.kernel.packing import Context, Day, Entry, Pack, Problem, Row, repeated

BodyKind = Literal[
    "government", "party_organ", "department", "vertical_branch", "institution", "leading_group", "town",
    "subdistrict", "community", "mass_organization", "court", "military", "association", "enterprise",
    "upper_level_authority",
]  # fmt: skip
Words = Field(min_length=1)


class AliasRow(Row):
    """A printed name that means this body in one document only (`document`: its slug)."""

    name: str = Words
    document: str = ""


class SuccessorRow(Row):
    to: str = Words
    function: str = Words
    since: Day | None = None
    note: str = ""


class BodyRow(Row):
    """A body under its one canonical name. `uncertain`: we are not sure it is one body, and say so."""

    name: str = Field(min_length=1, max_length=120)
    kind: BodyKind
    full_name: str = ""
    collective: bool = False
    uncertain: bool = False
    note: str = ""
    aliases: list[str | AliasRow] = []
    ocr: list[str] = []
    role_phrases: list[str | AliasRow] = []
    plaques: list[str] = []
    successors: list[SuccessorRow] = []
    valid_from: Day | None = None
    valid_until: Day | None = None

    def names(self) -> Iterator[tuple[str, str, str]]:
        """Every way to print it but the canonical one: (name, sort, document)."""
        sorts = (
            ("alias", self.aliases),
            ("ocr", self.ocr),
            ("role_phrase", self.role_phrases),
            ("plaque", self.plaques),
        )
        for sort, names in sorts:
            for name in names:
                if isinstance(name, AliasRow):
                    yield name.name, sort, name.document
                else:
                    yield name, sort, ""


class LimitRow(Row):
    side: Literal["east", "west", "south", "north"]
    text: str = Words
    inclusion: Literal["inclusive", "exclusive", "unresolved"] = "unresolved"


class AreaRow(Row):
    """A territory for a time. `code` is ours when the documents print none, and then says nothing official."""

    code: str = Words
    name: str = Words
    full_name: str = ""
    sort: Literal["district", "town", "subdistrict", "community", "village", "grid"]
    parent: str = ""
    body: str = ""
    valid_from: Day | None = None
    valid_until: Day | None = None
    limits: list[LimitRow] = []
    basis: str = ""


class PostRow(Row):
    body: str = Words
    title: str = Words
    head: bool = False


SECTIONS: dict[str, type[Row]] = {"bodies.yaml": BodyRow, "areas.yaml": AreaRow, "posts.yaml": PostRow}


def index(pack: Pack) -> None:
    """Say what a printed name means: a name for one document before a name for all."""
    meant: dict[tuple[str, str], list[str]] = defaultdict(list)
    for entry in pack.of(BodyRow):
        meant[fold(entry.row.name), ""].append(entry.row.name)
        for name, _, document in entry.row.names():
            if entry.row.name not in meant[fold(name), document]:
                meant[fold(name), document].append(entry.row.name)
    pack.resolve = lambda name, slug: meant.get((fold(name), slug)) or meant.get((fold(name), "")) or []


def fold(name: str) -> str:
    return name.strip().translate(str.maketrans("\uff08\uff09", "()"))


def check(pack: Pack) -> Iterator[Problem]:
    bodies = pack.of(BodyRow)
    yield from repeated(bodies, lambda row: row.name, "name")
    yield from _check_names(bodies)
    known = {entry.row.name for entry in bodies}
    for entry in bodies:
        for field, names in (("aliases", entry.row.aliases), ("role_phrases", entry.row.role_phrases)):
            for i, alias in enumerate(names):
                if isinstance(alias, AliasRow) and alias.document and alias.document not in pack.cites:
                    yield entry.problem(f"包内没有文件“{alias.document}”", field, i, "document")
        for i, successor in enumerate(entry.row.successors):
            if successor.to not in known:
                yield entry.problem(f"没有名为“{successor.to}”的机构", "successors", i, "to")
        if entry.row.valid_from and entry.row.valid_until and entry.row.valid_until < entry.row.valid_from:
            yield entry.problem("失效早于生效", "valid_until")
    yield from _check_areas(pack)
    for post in pack.of(PostRow):
        if not pack.resolve(post.row.body, ""):
            yield post.problem(f"没有名为“{post.row.body}”的机构", "body")


def _check_names(bodies: list[Entry[BodyRow]]) -> Iterator[Problem]:
    canonical = {fold(entry.row.name): entry for entry in bodies}
    claimed: dict[tuple[str, str], Entry[BodyRow]] = {}
    for entry in bodies:
        for name, sort, document in entry.row.names():
            loc = {"alias": "aliases", "role_phrase": "role_phrases", "plaque": "plaques"}.get(sort, sort)
            other = canonical.get(fold(name))
            if other and other is not entry:
                yield entry.problem(
                    f"“{name}”已是另一机构的正式名（{other.file} 第{other.line()}行）：同一机构只能有一个正式名", loc
                )
            elif (first := claimed.get((fold(name), document))) and first is not entry:
                yield entry.problem(
                    f"“{name}”同时属于“{first.row.name}”（{first.file} 第{first.line()}行），一个称谓只能指一个机构",
                    loc,
                )
            claimed.setdefault((fold(name), document), entry)


def compare(one: Pack, two: Pack) -> Iterator[Problem]:
    """Where two packs say different things of one body, or use one name for two bodies."""
    first = {entry.row.name: entry for entry in one.of(BodyRow)}
    for entry in two.of(BodyRow):
        known = first.get(entry.row.name)
        if known is None:
            for meant in one.resolve(entry.row.name, ""):
                yield entry.problem(f"“{entry.row.name}”在另一个包里是“{meant}”的别称（{_at(first[meant])}）", "name")
            continue
        for field in ("kind", "full_name", "collective", "valid_from", "valid_until"):
            ours, theirs = getattr(known.row, field), getattr(entry.row, field)
            if ours != theirs:
                reason = (
                    f"“{entry.row.name}”写作“{theirs or '空'}”，另一个包写作“{ours or '空'}”（{_at(known, field)}）"
                )
                yield entry.problem(reason, field)
        for name, _, document in entry.row.names():
            for meant in one.resolve(name, document):
                if meant != entry.row.name:
                    yield entry.problem(f"“{name}”在另一个包里指“{meant}”（{_at(first[meant])}）", "aliases")


def _at(entry: Entry[BodyRow], *loc: str) -> str:
    return f"{entry.file} 第{entry.line(*loc)}行"


def _check_areas(pack: Pack) -> Iterator[Problem]:
    areas = pack.of(AreaRow)
    codes = {entry.row.code for entry in areas}
    yield from repeated(areas, lambda row: f"{row.code}@{row.valid_from or ''}", "code")
    for entry in areas:
        if entry.row.parent and entry.row.parent not in codes:
            yield entry.problem(f"没有编码为“{entry.row.parent}”的上级区域", "parent")
        if entry.row.body and not pack.resolve(entry.row.body, ""):
            yield entry.problem(f"没有名为“{entry.row.body}”的机构", "body")
        if entry.row.basis and entry.row.basis not in pack.cites:
            yield entry.problem(f"引用了不存在的条款“{entry.row.basis}”", "basis")


def runs(pack: Pack) -> Iterator[tuple[str, str]]:
    """Clauses that an area with its limits carries."""
    for entry in pack.of(AreaRow):
        if entry.row.basis:
            yield entry.row.basis, "区域"


def load(pack: Pack, context: Context) -> None:
    """Bring the tables to what the pack says. Rows people added by hand, and people's own entries, stay."""
    from luoshi.directory import models

    _refuse_contradictions(pack, models)
    bodies = _load_bodies(pack, models)
    _load_areas(pack, models, bodies)
    for entry in pack.of(PostRow):
        body = bodies[pack.resolve(entry.row.body, "")[0]]
        models.Post.objects.get_or_create(body=body, title=entry.row.title, defaults={"head": entry.row.head})
    context.count("机构", len(bodies))


def _refuse_contradictions(pack: Pack, models: Any) -> None:
    """One body, told by its full name, is the same in every pack held. Districts may share short names."""
    others = models.Body.objects.exclude(pack=pack.id).exclude(full_name="")
    held = {body.full_name: body for body in others.only("pack", "name", "full_name", "kind", "collective")}
    for entry in pack.of(BodyRow):
        known = held.get(entry.row.full_name)
        if known is None:
            continue
        for name in ("kind", "collective"):
            ours, theirs = getattr(entry.row, name), getattr(known, name)
            if ours != theirs:
                raise BadInput(
                    f"“{entry.row.full_name}”写作“{ours}”，已装载的规范包“{known.pack}”写作“{theirs}”",
                    file=entry.file, line=entry.line(name) or None, field=name,
                )  # fmt: skip


_BODY_FIELDS = ("kind", "full_name", "collective", "uncertain", "note", "valid_from", "valid_until")


def _load_bodies(pack: Pack, models: Any) -> dict[str, Any]:
    rows = [entry.row for entry in pack.of(BodyRow)]
    models.Body.objects.bulk_create(
        [
            models.Body(pack=pack.id, name=row.name, **{name: getattr(row, name) for name in _BODY_FIELDS})
            for row in rows
        ],
        update_conflicts=True,
        unique_fields=["pack", "name"],
        update_fields=list(_BODY_FIELDS),
    )
    bodies = {body.name: body for body in models.Body.objects.filter(pack=pack.id)}
    aliases = [
        models.BodyAlias(body=bodies[row.name], name=name, sort=sort, document=document)
        for row in rows
        for name, sort, document in row.names()
        if name != row.name or sort != "alias"
    ]
    models.BodyAlias.objects.bulk_create(aliases, ignore_conflicts=True)
    models.Succession.objects.bulk_create(
        [
            models.Succession(old=bodies[row.name], new=bodies[s.to], function=s.function, since=s.since, note=s.note)
            for row in rows
            for s in row.successors
        ],
        ignore_conflicts=True,
    )
    return bodies


def _load_areas(pack: Pack, models: Any, bodies: dict[str, Any]) -> None:
    known: dict[str, Any] = {}
    held = {(a.code, a.valid_from): a for a in models.Area.objects.filter(pack=pack.id)}
    current = {a.code: a for a in held.values() if a.valid_until is None}
    for entry in pack.of(AreaRow):
        row = entry.row
        body = bodies[pack.resolve(row.body, "")[0]] if row.body else None
        mine = held.get((row.code, row.valid_from))
        values = {
            "name": row.name,
            "full_name": row.full_name,
            "sort": row.sort,
            "parent": known.get(row.parent),
            "body": body,
            "valid_until": row.valid_until or (mine.valid_until if mine else None),  # somebody entered a change since
            "limits": _limits(row, mine.limits if mine else []),
            "basis": row.basis,
        }
        made, _ = models.Area.objects.update_or_create(
            pack=pack.id, code=row.code, valid_from=row.valid_from, defaults=values
        )
        known[row.code] = made if made.valid_until is None else current.get(row.code, made)


def _limits(row: AreaRow, held: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The limits as the pack has them, except those somebody has settled: these stay as decided."""
    decided = {limit["side"]: limit for limit in held if limit.get("decided_by")}
    return [decided.get(limit.side) or limit.model_dump() for limit in row.limits]
