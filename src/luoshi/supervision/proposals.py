"""From a freshly imported text to proposed duties: its responsibilities and targets, one proposal per sentence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from luoshi.directory.queries import Resolver
from luoshi.kernel.acting import Actor
from luoshi.ledger.actions import append
from luoshi.norms.imports import on_import
from luoshi.norms.models import InstrumentVersion
from luoshi.supervision import conflicts
from luoshi.supervision.drafting import Draft, DraftTarget, bodies_of, current_provisions, provision_for, store
from luoshi.supervision.likeness import indicator_key, most_similar
from luoshi.supervision.models import Duty
from luoshi.text.model import Document, Responsibility, Target

TITLE = 60  # characters of a sentence that stand for it where the text prints no heading
COMPARED = 5000  # duties a proposal is compared with to find one it repeats


def register() -> None:
    on_import(propose)


def propose(version: InstrumentVersion, document: Document, by: Actor) -> dict[str, Any]:
    """Propose a duty for every sentence that names who is responsible and is no duty yet; link known ones."""
    instrument = version.instrument
    linked = _link(version)
    taken = {c.partition(":")[2] for c in Duty.objects.filter(instrument=instrument).values_list("citation", flat=True)}
    resolver = Resolver(pack=instrument.pack_id or "jccq")
    texts = {p.path: p for p in document.walk()}
    drafts = [
        _draft(version, found, document, resolver)
        for found in document.responsibilities
        if found.path in texts and not _covered(found.path, taken) and not _standing(found, document)
    ]
    drafts += _goals(version, document, drafts, taken)
    _unique_keys(drafts)
    duties = store(drafts)
    _mark_similar(duties)
    opened = conflicts.detect(by, {indicator_key(t.indicator) for d in drafts for t in d.targets}) if drafts else 0
    if duties:
        append(
            "supervision.proposed",
            by=by,
            subject=f"instrument:{instrument.slug}",
            cites=[d.citation for d in duties[:200]],
            data={"proposals": len(duties)},
        )
    return {"proposals": len(duties), "duties_linked": linked, "conflicts": opened}


def _link(version: InstrumentVersion) -> int:
    """Duties already known for this document point to the sentences of its newest wording."""
    provisions = current_provisions({version.instrument_id}).get(version.instrument_id, {})
    changed = []
    for duty in Duty.objects.filter(instrument=version.instrument):
        provision = provision_for(duty.citation.partition(":")[2], provisions)
        if provision is not None and duty.provision_id != provision.pk:
            duty.provision = provision
            changed.append(duty)
    Duty.objects.bulk_update(changed, ["provision"], batch_size=500)
    return len(changed)


def _standing(found: Responsibility, document: Document) -> bool:
    """A sentence that says what a body is for (区某局:负责…) and asks for nothing by a day or to a figure: no task."""
    due = found.deadline
    asks = (
        due.date or due.continuous or due.raw or any(t.path == found.path and not t.threshold for t in document.targets)
    )
    return found.sentence and not asks


def _covered(path: str, taken: Iterable[str]) -> bool:
    """Whether a known duty already stands for this sentence, a part of it, or what it is part of."""
    return any(t == path or t.startswith(path) or (t and path.startswith(t)) for t in taken)


def _draft(version: InstrumentVersion, found: Responsibility, document: Document, resolver: Resolver) -> Draft:
    slug = version.instrument.slug
    lead = found.lead or [b for b in found.bodies if b not in found.cooperate]
    cooperate = [b for b in found.bodies if b not in lead]  # 牵头单位:甲;责任单位:乙、丙: the latter answer, too
    due = found.deadline
    title, text = _words(document, found.path)
    return Draft(
        key=f"{slug}:{found.path}"[:150],
        instrument=version.instrument,
        path=found.path,
        title=title,
        gist=text,
        bodies=bodies_of(lead, cooperate, lambda name: resolver.resolve(name, slug)),
        division=found.division,
        no_lead_marked=not found.lead,
        joint_lead=len(lead) > 1,
        open_list=found.open_list,
        open_words="等" if found.open_list else "",
        deadline=due.date,
        deadline_words=due.raw,
        deadline_note="年份按文件所在年份理解" if due.assumed_year else "",
        stage_result=due.stage_result,
        continuous=due.continuous,
        targets=[
            _target(t, slug) for t in document.targets if not t.threshold and _belongs(t.path, found.path, document)
        ],
        source=Duty.Source.IMPORT,
        status=Duty.Status.PROPOSED,
    )


def _belongs(path: str, duty_path: str, document: Document) -> bool:
    """A target belongs to the innermost sentence with a responsibility around it."""
    around = [r.path for r in document.responsibilities if path == r.path or path.startswith(r.path)]
    return bool(around) and max(around, key=len) == duty_path


def _goals(version: InstrumentVersion, document: Document, drafts: list[Draft], taken: set[str]) -> list[Draft]:
    """Targets no sentence names a body for: one goal per provision."""
    placed = {r.path for r in document.responsibilities}
    loose: dict[str, list[Target]] = {}
    for target in document.targets:
        if target.threshold or any(target.path.startswith(p) for p in placed) or _covered(target.path, taken):
            continue
        loose.setdefault(target.path, []).append(target)
    goals = []
    for path, targets in loose.items():
        title, text = _words(document, path)
        goals.append(
            Draft(
                key=f"{version.instrument.slug}:{path}"[:150],
                instrument=version.instrument,
                path=path,
                title=title,
                gist=text,
                deadline=max((t.due for t in targets if t.due), default=None),
                targets=[_target(t, version.instrument.slug) for t in targets],
                source=Duty.Source.IMPORT,
                status=Duty.Status.PROPOSED,
            )
        )
    return goals


def _words(document: Document, path: str) -> tuple[str, str]:
    """A title (heading, else the beginning of the sentence) and the sentence itself."""
    provision = document.provision(path)
    if provision is None:
        return path, ""
    text = "".join(p.text for p in provision.walk())
    return (provision.heading or text[:TITLE]).strip() or path, text


def _target(found: Target, slug: str) -> DraftTarget:
    low, high = (found.value[0], found.value[-1]) if isinstance(found.value, list) else (found.value, None)
    return DraftTarget(
        indicator=found.indicator,
        op="between" if high is not None else found.op,
        value=low,
        high=high,
        unit=found.unit,
        due=found.due,
        baseline=found.baseline or "",
        fuzzy=found.fuzzy or "",
        implied=found.implied,
        awaited_from="上级" if low is None and "下达" in found.raw else "",
        citation=f"{slug}:{found.path}",
    )


def _unique_keys(drafts: list[Draft]) -> None:
    used = set(Duty.objects.filter(key__in=[d.key for d in drafts]).values_list("key", flat=True))
    for draft in drafts:
        base, n = draft.key, 2
        while draft.key in used:
            draft.key, n = f"{base}#{n}", n + 1
        used.add(draft.key)


def _mark_similar(duties: list[Duty]) -> None:
    """Point each proposal at a duty of another document that seems to be the same, for the desk to judge."""
    if not duties:
        return
    others = (
        Duty.objects.filter(status__in=conflicts.LIVE)
        .exclude(instrument=duties[0].instrument)
        .order_by("-id")
        .values_list("id", "title")[:COMPARED]
    )
    pool = list(others)
    marked = []
    for duty in duties:
        match = most_similar(duty.title, pool)
        if match is not None:
            duty.similar_to_id = match
            marked.append(duty)
    Duty.objects.bulk_update(marked, ["similar_to"], batch_size=500)
