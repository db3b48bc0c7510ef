"""The pack's clauses beside the text: which provision says what each clause asks, and what does not match."""

from __future__ import annotations

from dataclasses import dataclass, field

from luoshi.norms import engine
from luoshi.norms.models import Clause, InstrumentVersion, Provision


@dataclass(slots=True)
class Links:
    """How many clauses stand in the text, which do not, and which provisions no clause covers (keys and paths)."""

    clauses: int = 0
    linked: int = 0
    unmatched: list[str] = field(default_factory=list)
    uncovered: list[str] = field(default_factory=list)


def link(version: InstrumentVersion) -> Links:
    """Tie every clause of the instrument to a provision of `version`. Five queries, however many clauses."""
    provisions = list(version.provisions.order_by("order"))
    by_path = {p.path: p for p in provisions}
    texts = {p.path: p.text for p in provisions}
    clauses = list(version.instrument.clauses.order_by("order", "id"))
    links = Links(clauses=len(clauses))
    for clause in clauses:
        place = find(clause, texts)
        clause.provision = by_path.get(place.path) if place else None
        clause.fit = place.fit if place else Clause.Fit.NONE
        if place is None:
            links.unmatched.append(clause.key)
    Clause.objects.bulk_update(clauses, ["provision", "fit"], batch_size=300)
    links.linked = len(clauses) - len(links.unmatched)
    if clauses:
        links.uncovered = uncovered(provisions, {c.provision_id for c in clauses if c.provision_id})
    return links


def find(clause: Clause, texts: dict[str, str]) -> engine.Place | None:
    """By the clause's own key first, it is the finer one; then by the path the pack gives it."""
    own = engine.split_key(clause.key)[1]
    found = engine.locate(own, texts)
    if found is not None and (found.fit == "exact" or clause.path == own):
        return found
    return engine.locate(clause.path, texts) if clause.path in texts and found is None else found


def uncovered(provisions: list[Provision], linked: set[int]) -> list[str]:
    """Numbered provisions with words of their own which no clause names, nor names anything around or under them."""
    parents = {p.pk: p.parent_id for p in provisions}
    covered = set(linked)
    for pk in linked:  # a clause under a provision covers its lead-in too
        while (above := parents.get(pk)) is not None:
            covered.add(above)
            pk = above
    missing = []
    for provision in provisions:
        if provision.parent_id in linked:  # a clause on the whole speaks for its parts
            linked.add(provision.pk)
            covered.add(provision.pk)
        said = provision.sort != Provision.Sort.PART and provision.text and provision.path not in ("通知", "序言")
        if said and provision.pk not in covered:
            missing.append(provision.path)
    return missing
