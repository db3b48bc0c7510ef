"""What residents read: documents with how far they have been carried out, and the provisions they follow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, QuerySet

from luoshi.faces import citations
from luoshi.kernel import when
from luoshi.norms import margin
from luoshi.norms.models import Instrument, Pack, Provision
from luoshi.supervision.models import Duty

LIGHTS = ("red", "yellow", "grey", "green")
_SHORT = 90  # characters of a provision shown in a list


@dataclass(frozen=True, slots=True)
class Progress:
    """How many duties of a document stand at each light."""

    counts: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def parts(self) -> list[tuple[str, int]]:
        return [(light, self.counts[light]) for light in LIGHTS if self.counts.get(light)]


@dataclass(frozen=True, slots=True)
class Followed:
    """One provision a resident follows, with what has become of it. `gone`: the text no longer has this place."""

    citation: str
    label: str
    url: str
    document: str
    words: str
    notes: Sequence[margin.MarginNote] = ()
    gone: bool = False


def district() -> str:
    return Pack.objects.order_by("id").values_list("district", flat=True).first() or ""


def documents() -> QuerySet[Instrument]:
    """Public documents, newest first."""
    return Instrument.objects.filter(public=True).order_by("-date", "order", "slug")


def progress(of: Iterable[Instrument]) -> dict[int, Progress]:
    """Lights of the duties of each document. One query."""
    rows = (
        Duty.objects.filter(instrument__in=list(of), status=Duty.Status.CONFIRMED, goal=False)
        .order_by()
        .values_list("instrument_id", "light")
        .annotate(n=Count("id"))
    )
    found: dict[int, dict[str, int]] = {}
    for instrument_id, light, n in rows:
        found.setdefault(instrument_id, {})[light] = n
    return {key: Progress(counts) for key, counts in found.items()}


def with_progress(of: Sequence[Instrument]) -> list[tuple[Instrument, Progress | None]]:
    found = progress(of)
    return [(instrument, found.get(instrument.pk)) for instrument in of]


def due_soon(limit: int = 5) -> list[Duty]:
    """Confirmed duties of public documents that fall due next. One query."""
    rows = Duty.objects.filter(
        status=Duty.Status.CONFIRMED, instrument__public=True, due__gte=when.today(), closed_on__isnull=True
    )
    return list(rows.select_related("lead", "instrument").order_by("due", "id")[:limit])


def followed(cites: Sequence[str]) -> list[Followed]:
    """What became of each citation. Queries grow with the number of documents followed, not of provisions."""
    split = {cite: citations.split(cite) for cite in cites}
    slugs = {slug for slug, _ in split.values()}
    instruments = {i.slug: i for i in Instrument.objects.filter(slug__in=slugs, public=True)}
    notes = {slug: margin.collect(instrument, public=True) for slug, instrument in instruments.items()}
    texts = _texts(instruments.values(), {path for _, path in split.values()})
    return [_followed(cite, *split[cite], instruments, notes, texts) for cite in cites]


def _texts(instruments: Iterable[Instrument], paths: Iterable[str]) -> dict[tuple[str, str], Provision]:
    rows = Provision.objects.filter(
        version__instrument__in=list(instruments), version__valid_until__isnull=True, path__in=list(paths)
    ).select_related("version__instrument")
    return {(p.version.instrument.slug, p.path): p for p in rows}


def _followed(
    cite: str,
    slug: str,
    path: str,
    instruments: dict[str, Instrument],
    notes: dict[str, dict[str, list[margin.MarginNote]]],
    texts: dict[tuple[str, str], Any],
) -> Followed:
    instrument, provision = instruments.get(slug), texts.get((slug, path))
    if instrument is None:
        return Followed(cite, cite, "", "", "", gone=True)
    words = f"{provision.label}{provision.heading or provision.text}" if provision else instrument.title
    return Followed(
        citation=cite,
        label=f"{instrument.number or instrument.title} {path}".strip(),
        url=citations.url(cite),
        document=instrument.title,
        words=words if len(words) <= _SHORT else words[:_SHORT] + "…",
        notes=notes[slug].get(path, ()),
        gone=bool(path) and provision is None and path not in notes[slug],
    )
