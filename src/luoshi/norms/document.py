"""A document as its page shows it: lines in reading order with their margin, read in a bounded number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import quote

from django.db.models import Count

from luoshi.kernel import when
from luoshi.norms import deadlines, engine, margin, queries
from luoshi.norms.margin import MarginNote
from luoshi.norms.models import Clause, Instrument, InstrumentVersion, Interpretation, Provision, Relation

SHOWN = 3  # margin notes beside one provision; the rest open on request
_FIRST = ("duty", "clock", "measure", "plan", "interpretation")  # what has become of it, then how we read it


@dataclass(slots=True)
class Line:
    """One provision (or, before the import, one clause's gist) with what stands beside it."""

    path: str
    url: str
    label: str = ""
    heading: str = ""
    mark: str = ""
    text: str = ""
    depth: int = 0
    sort: str = "item"
    gist: bool = False
    notes: list[MarginNote] = field(default_factory=list)

    @property
    def first_notes(self) -> list[MarginNote]:
        return self.notes[:SHOWN]

    @property
    def more_notes(self) -> list[MarginNote]:
        return self.notes[SHOWN:]

    @property
    def anchor(self) -> str:
        return f"p-{self.path}"

    @property
    def part(self) -> str:
        """What a part around the numbered text is (标题, 主送, 署名日期); "" for the text itself."""
        return self.path.removeprefix("0/").partition("#")[0] if self.sort == "part" else ""

    @property
    def spaced(self) -> bool:
        """A label in figures (4.1) stands apart from its heading; 一、 and (一) bring their own space."""
        return self.label[-1:].isdigit()


@dataclass(slots=True)
class Page:
    """Everything the document page draws. `version` None: the text is not imported, or not yet in force then."""

    instrument: Instrument
    version: InstrumentVersion | None
    lines: list[Line]
    versions: list[InstrumentVersion]
    relations: list[Relation]
    related_from: list[Relation]
    as_of: date | None
    notes: list[MarginNote]
    readings: int
    revision_due: date | None
    revision_cite: str
    gist: bool

    @property
    def expired(self) -> bool:
        until = self.instrument.valid_until
        return until is not None and until < (self.as_of or when.today())

    @property
    def revision_late(self) -> bool:
        return self.revision_due is not None and self.revision_due < (self.as_of or when.today())

    @property
    def contents(self) -> list[Line]:
        """The headings of the first level, for the list of contents."""
        return [line for line in self.lines if line.depth == 0 and line.sort == "item" and line.heading]

    @property
    def related(self) -> list[tuple[str, list[Relation]]]:
        """What the document says of others, by kind of relation."""
        kinds: dict[str, list[Relation]] = {}
        for relation in self.relations:
            kinds.setdefault(relation.kind, []).append(relation)
        return list(kinds.items())

    @property
    def not_yet(self) -> bool:
        """There is a text, but not yet on the day asked about."""
        return self.version is None and bool(self.versions)


def permalink(slug: str, path: str = "") -> str:
    return f"/d/{quote(slug)}/" + (quote(path, safe="/()") if path else "")


def page(instrument: Instrument, *, as_of: date | None, public: bool) -> Page:
    """The document as of a day (None: now), with its margin. The number of queries does not grow with the text."""
    versions = list(instrument.versions.select_related("upload").defer("text", "reading").order_by("-no"))
    version = queries.version_on(instrument, as_of)
    gist = version is None and not versions
    lines = _gists(instrument) if gist else lines_of(instrument, version)
    notes = margin.collect(instrument, public=public) if as_of is None or as_of == when.today() else {}
    left = _set_notes(lines, notes)
    due, cite = deadlines.revision_due(instrument)
    return Page(
        instrument=instrument, version=version, lines=lines, versions=versions,
        relations=list(instrument.relations.select_related("target").order_by("id")),
        related_from=list(instrument.related_from.select_related("instrument").order_by("id")),
        as_of=as_of, notes=left,
        readings=instrument.interpretations.filter(status=Interpretation.Status.INFERRED).count(),
        revision_due=due, revision_cite=cite, gist=gist,
    )  # fmt: skip


def lines_of(instrument: Instrument, version: InstrumentVersion | None) -> list[Line]:
    """A version's provisions in printed order; none when there is no version. One query."""
    if version is None:
        return []
    rows = version.provisions.order_by("order").exclude(path="0/文号")  # the number is printed in the masthead
    return [
        Line(p.path, permalink(instrument.slug, p.path), p.label, p.heading, p.mark, p.text, p.depth, p.sort)
        for p in rows
    ]


def _gists(instrument: Instrument) -> list[Line]:
    """Before the import: our own words for each clause, in the document's order."""
    rows = instrument.clauses.order_by("order", "id").values_list("key", "heading", "gist")
    found = []
    for key, heading, gist in rows:
        path = key.partition(":")[2]
        found.append(Line(path, permalink(instrument.slug, path), path, heading, "", gist, 1, "item", gist=True))
    return found


def _set_notes(lines: list[Line], notes: dict[str, list[MarginNote]]) -> list[MarginNote]:
    """Put notes beside their lines; those whose place is not on the page are the document's own."""
    by_path = {line.path: line for line in lines}
    left = sorted(notes.get("", ()), key=_rank)
    for path, found in notes.items():
        if not path:
            continue
        place = path if path in by_path else engine.coarser(path, by_path)
        if place:
            by_path[place].notes.extend(found)
        else:
            left.extend(found)
    for line in lines:
        line.notes.sort(key=_rank)
    return left


def _rank(note: MarginNote) -> tuple[int, int]:
    """Late before soon before the rest, within the order of kinds."""
    kind = _FIRST.index(note.kind) if note.kind in _FIRST else len(_FIRST)
    return kind, ("red", "yellow", "green", "grey").index(note.light) if note.light else 4


@dataclass(slots=True)
class ProvisionPage:
    """One provision: its text with what stands under it, where it stands, its clauses, readings and margin."""

    instrument: Instrument
    version: InstrumentVersion | None
    line: Line
    under: list[Line]
    around: list[Line]
    clauses: list[Clause]
    before: Line | None
    after: Line | None
    asked: str
    citation: str
    copy_text: str


def provision_page(instrument: Instrument, path: str, *, as_of: date | None, public: bool) -> ProvisionPage | None:
    """The page of a provision or of a clause within one; None when the document has no such place."""
    whole = page(instrument, as_of=as_of, public=public)
    by_path = {line.path: line for line in whole.lines}
    found = by_path.get(path) or by_path.get(engine.coarser(path, by_path))
    linked = Clause.objects.filter(key=f"{instrument.slug}:{path}", provision__isnull=False).first()
    if path not in by_path and linked is not None and linked.provision is not None:
        found = by_path.get(linked.provision.path, found)
    if found is None and whole.gist:
        found = _place_of_clauses(whole, path)
    if found is None:
        return None
    at = whole.lines.index(found)
    under = _under(whole.lines, at)
    clauses = _clauses(instrument, [found.path, *(line.path for line in under)], gist=whole.gist)
    following = whole.lines[at + 1 + len(under) :]
    name = f"《{instrument.title}》" + (f"（{instrument.number}）" if instrument.number else "")
    return ProvisionPage(
        instrument=instrument, version=whole.version, line=found, under=under, around=_around(whole.lines, at),
        clauses=clauses, before=whole.lines[at - 1] if at else None, after=following[0] if following else None,
        asked=path, citation=f"{instrument.slug}:{found.path}", copy_text=f"{name}{found.path}",
    )  # fmt: skip


def _place_of_clauses(whole: Page, path: str) -> Line | None:
    """Before the import: a place known only by the clauses within it, put on the page before the first of them."""
    within = [n for n, line in enumerate(whole.lines) if engine.lies_in(f"x:{line.path}", f"x:{path}")]
    if not within:
        return None
    parts = [whole.lines[n] for n in within]
    place = Line(
        path, permalink(whole.instrument.slug, path), path, "", "", "".join(p.text for p in parts), 1, gist=True
    )
    place.notes = sorted((note for part in parts for note in part.notes), key=_rank)
    whole.lines.insert(within[0], place)
    return place


def _under(lines: list[Line], at: int) -> list[Line]:
    depth = lines[at].depth
    found = []
    for line in lines[at + 1 :]:
        if line.depth <= depth or line.sort == "part":
            break
        found.append(line)
    return found if not lines[at].gist else []


def _around(lines: list[Line], at: int) -> list[Line]:
    """The headings the provision stands under, outermost first."""
    found: list[Line] = []
    depth = lines[at].depth
    for line in reversed(lines[:at]):
        if line.depth < depth and line.sort == "item":
            found.insert(0, line)
            depth = line.depth
    return found if not lines[at].gist else []


def _clauses(instrument: Instrument, paths: Iterable[str], *, gist: bool) -> list[Clause]:
    rows = Clause.objects.filter(instrument=instrument).order_by("order", "id")
    if gist:
        return list(rows.filter(key__in=[f"{instrument.slug}:{path}" for path in paths]))
    return list(rows.filter(provision__path__in=list(paths), provision__version__valid_until=None))


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list of documents: how much of it there is, and how many readings await an answer."""

    instrument: Instrument
    provisions: int
    clauses: int
    readings: int
    imported: bool


def listed(instruments: Iterable[Instrument]) -> list[Listed]:
    """Documents with their counts, in three queries however many."""
    rows = list(instruments)
    ids = [row.pk for row in rows]
    in_force = Provision.objects.filter(version__instrument__in=ids, version__valid_until=None)
    provisions = dict(in_force.values_list("version__instrument").annotate(n=Count("id")).order_by())
    clauses = dict(
        Clause.objects.filter(instrument__in=ids).values_list("instrument").annotate(n=Count("id")).order_by()
    )
    open_ = Interpretation.objects.filter(instrument__in=ids, status=Interpretation.Status.INFERRED)
    readings = dict(open_.values_list("instrument").annotate(n=Count("id")).order_by())
    return [
        Listed(row, provisions.get(row.pk, 0), clauses.get(row.pk, 0), readings.get(row.pk, 0), row.pk in provisions)
        for row in rows
    ]
