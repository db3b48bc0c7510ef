"""What other rooms ask of the norms: the text behind a citation, a reading, a parameter on a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from luoshi.norms import engine, values
from luoshi.norms.models import (
    Clause,
    Instrument,
    InstrumentVersion,
    Interpretation,
    Parameter,
    ParameterValue,
    Provision,
)


def instrument(slug: str) -> Instrument | None:
    return Instrument.objects.filter(slug=slug).first()


def number_of(slug: str) -> str | None:
    """The document number of a slug: what a citation is called on a screen."""
    return Instrument.objects.filter(slug=slug).values_list("number", flat=True).first() or None


def version_on(of: Instrument, as_of: date | None = None) -> InstrumentVersion | None:
    """The wording in force on `as_of` (None: now). None when the text is not imported, or was not yet in force."""
    versions = of.versions.all()
    if as_of is None:
        return versions.filter(valid_until__isnull=True).first()
    return (
        versions.filter(Q(valid_from__isnull=True) | Q(valid_from__lte=as_of))
        .filter(Q(valid_until__isnull=True) | Q(valid_until__gt=as_of))
        .order_by("-no")
        .first()
    )


def provision_text(citation: str) -> str | None:
    """The text a citation points to, with what stands under it. Of an unimported document: the clause's gist.

    None when there is no such place. `09` alone gives the whole document.
    """
    return provision_texts([citation]).get(citation)


def provision_texts(citations: Iterable[str]) -> dict[str, str]:
    """`provision_text` for many citations in at most three queries per document; unknown ones are left out."""
    by_slug: dict[str, list[str]] = {}
    for citation in citations:
        by_slug.setdefault(engine.split_key(citation)[0], []).append(citation)
    found: dict[str, str] = {}
    for slug, wanted in by_slug.items():
        found |= _texts_of(slug, wanted)
    return found


def _texts_of(slug: str, wanted: list[str]) -> dict[str, str]:
    version = InstrumentVersion.objects.filter(instrument__slug=slug, valid_until__isnull=True).first()
    if version is None:
        rows = Clause.objects.filter(key__in=wanted).values_list("key", "gist")
        return dict(rows)
    provisions = {p.path: p for p in Provision.objects.filter(version=version).order_by("order")}
    linked = dict(
        Clause.objects.filter(key__in=wanted, provision__version=version).values_list("key", "provision__path")
    )
    found = {}
    for citation in wanted:
        path = linked.get(citation) or engine.split_key(citation)[1]
        if not path:
            found[citation] = version.text
        elif path in provisions or (path := engine.coarser(path, provisions)):
            found[citation] = with_children(provisions[path], list(provisions.values()))
    return found


def with_children(top: Provision, provisions: list[Provision]) -> str:
    """A provision's text with everything under it, in reading order, as printed."""
    inside = {top.pk}
    parts = [printed(top)]
    for provision in provisions:
        if provision.parent_id in inside:
            inside.add(provision.pk)
            parts.append(printed(provision))
    return "\n".join(part for part in parts if part)


def printed(provision: Provision) -> str:
    """One provision as one paragraph."""
    return f"{provision.label}{provision.heading}{provision.mark}{provision.text}".strip()


def interpretation(key: str) -> Interpretation | None:
    return Interpretation.objects.select_related("instrument").filter(key=key).first()


def interpretations_for(slug: str, path: str) -> list[Interpretation]:
    """Readings that concern a provision: those citing it, or a clause within it."""
    wanted = f"{slug}:{path}"
    rows = Interpretation.objects.select_related("instrument").order_by("key")
    return [row for row in rows if any(cite == wanted or engine.lies_in(cite, wanted) for cite in row.cites)]


def parameter(key: str, on: date) -> values.Value | None:
    """The value of a parameter on a day, typed (Decimal, int, date, bool, str, list; money in fen).

    None means not configured: never 0, never a default. An unknown key is None too.
    """
    return parameters([key], on).get(key)


def parameters(keys: Iterable[str], on: date) -> dict[str, values.Value]:
    """The values of several parameters on a day, in one query; those not configured are left out."""
    rows = in_force(ParameterValue.objects.filter(parameter__key__in=list(keys)), on)
    found: dict[str, values.Value] = {}
    for key, kind, value in rows.order_by("valid_from").values_list("parameter__key", "parameter__kind", "value"):
        typed = values.typed(kind, value)
        if typed is not None:
            found[key] = typed
    return found


def in_force(rows: QuerySet[ParameterValue], on: date) -> QuerySet[ParameterValue]:
    return rows.filter(valid_from__lte=on).filter(Q(valid_until__isnull=True) | Q(valid_until__gt=on))


def current_value(of: Parameter, on: date) -> ParameterValue | None:
    return in_force(of.values.all(), on).order_by("-valid_from").first()


def reading(key: str) -> dict[str, Any] | None:
    """A reading as a decision lists it: {"key", "value", "status"}; the default until somebody answered."""
    found = interpretation(key)
    if found is None:
        return None
    value = found.default if found.answer is None else found.answer
    return {"key": found.key, "value": value, "status": found.status}
