"""What this room puts into other faces: margin, to-do, search, wall, body pages; each in a bounded query count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Q
from django.urls import reverse

from luoshi.directory.hooks import Panel, register_panel
from luoshi.directory.models import Body
from luoshi.faces import finders, tiles, todo
from luoshi.kernel import when
from luoshi.norms import margin
from luoshi.norms.margin import MarginNote
from luoshi.norms.models import Instrument
from luoshi.supervision import proposals, queries
from luoshi.supervision.engine import State
from luoshi.supervision.lights import LIGHT_LABELS, LIGHTS
from luoshi.supervision.models import Conflict, Duty, Tally

SHOWN = 50  # to-do lines of one person; more are one line with a link


def register() -> None:
    proposals.register()
    margin.register(margin_notes)
    todo.register(todos)
    finders.register("督办事项", find, permission="supervision.read", order=20)
    tiles.register(wall, order=20)
    register_panel(panel)


def margin_notes(instrument: Instrument) -> dict[str, list[MarginNote]]:
    """Beside each provision: the light of its duties, who owns them, and conflicts to be settled. Three queries."""
    notes: dict[str, list[MarginNote]] = {}
    rows = queries.confirmed().filter(instrument=instrument).select_related("lead").order_by("id")
    for duty in rows.defer("gist", "note", "broken"):
        path = _place(duty)
        owner = duty.lead.name if duty.lead else ""
        notes.setdefault(path, []).append(
            MarginNote(
                "duty",
                f"{duty.title}：{duty.light_why}",
                light=duty.light,
                url=reverse("supervision:public", args=[duty.pk]),
                owner=owner,
            )
        )
    open_now = Conflict.objects.filter(state=Conflict.State.OPEN, members__duty__instrument=instrument)
    for conflict in open_now.distinct().prefetch_related("members"):
        for target in conflict.members.all():
            slug, _, path = target.citation.partition(":")
            if slug == instrument.slug:
                url = reverse("supervision:conflict", args=[conflict.pk])
                note = MarginNote("finding", f"指标冲突：{conflict.indicator}", url=url, public=False)
                notes.setdefault(path, []).append(note)
    return notes


def _place(duty: Duty) -> str:
    """Where the note stands: beside the sentence, or beside the clause while the text is not imported."""
    cited = duty.citation if duty.provision_id or not duty.clauses else duty.clauses[0]
    return str(cited).partition(":")[2]


def todos(user: Any) -> Iterator[todo.Todo]:
    """What a supervisor or a body's people must do with duties now. At most five queries."""
    if user.may("supervision.supervise"):
        yield from _for_supervisors()
    bodies = [b.pk for b in user.bodies() if user.may("supervision.handle", body=b)]
    if bodies:
        yield from _for_bodies(bodies)


def _for_supervisors() -> Iterator[todo.Todo]:
    waiting = queries.rows().filter(state__in=[State.COMPLETION_REQUESTED, State.VERIFYING]).order_by("due", "id")
    for duty in waiting[:SHOWN]:
        yield _todo(duty, f"核验：{duty.title}")
    proposed = Duty.objects.filter(status=Duty.Status.PROPOSED).count()
    if proposed:
        yield todo.Todo(f"{proposed} 项待立项", reverse("supervision:proposals"), light="grey", source="督办")
    conflicts = Conflict.objects.filter(state=Conflict.State.OPEN).count()
    if conflicts:
        link = reverse("supervision:conflicts") + "?state=open"
        yield todo.Todo(f"{conflicts} 个指标冲突待裁定", link, light="yellow", source="督办")
    tally = Tally.objects.filter(axis="state", measure=State.ESTABLISHED, count__gt=0).first()
    if tally is not None:
        link = reverse("supervision:duties") + f"?state={State.ESTABLISHED}"
        yield todo.Todo(f"{tally.count} 项已立项，尚未分办", link, light="grey", source="督办")


def _for_bodies(bodies: list[int]) -> Iterator[todo.Todo]:
    rows = queries.for_bodies(bodies)
    unsigned = rows.filter(
        state__in=[State.ASSIGNED, State.RECEIVED, State.IN_PROGRESS],
        bodies__body_id__in=bodies,
        bodies__received_at__isnull=True,
    )
    for duty in unsigned.distinct().order_by("due", "id")[:SHOWN]:
        yield _todo(duty, f"签收：{duty.title}")
    owing = rows.filter(state__in=[State.RECEIVED, State.IN_PROGRESS]).filter(
        Q(light__in=["red", "yellow"]) | Q(returned=True)
    )
    for duty in owing.order_by("due", "id")[:SHOWN]:
        yield _todo(duty, f"{'补充反馈' if duty.returned else '反馈'}：{duty.title}")


def _todo(duty: Duty, title: str) -> todo.Todo:
    link = reverse("supervision:duty", args=[duty.pk])
    return todo.Todo(title, link, due=duty.due, light=duty.light, source=duty.citation, note=duty.light_why)


def find(words: str, user: Any, limit: int) -> Iterable[finders.Found]:
    """Duties whose title, key or gist contains the words. One query, cut at `limit`."""
    text = words.strip()
    if not text:
        return []
    rows = queries.confirmed().filter(Q(title__icontains=text) | Q(key__icontains=text) | Q(gist__icontains=text))
    return [
        finders.Found(
            d.title,
            reverse("supervision:duty", args=[d.pk]),
            snippet=d.gist[:120],
            citation=d.citation,
            light=d.light,
        )
        for d in rows.order_by("id")[:limit]
    ]


def wall() -> Iterator[tiles.Tile]:
    """The wall's figures by light, the longest overdue, and the documents, as boards. A constant number of queries."""
    board = queries.board()
    counts = board.all
    if not counts.total:
        yield tiles.Tile("督办事项", None, note="还没有事项")
        return
    yield tiles.Tile("逾期", counts.red, light="red" if counts.red else "green", unit="项")
    yield tiles.Tile(f"{LIGHT_LABELS['yellow']}", counts.yellow, light="yellow" if counts.yellow else "", unit="项")
    yield tiles.Tile("还不能判断", counts.grey, light="grey", unit="项", note=f"共 {counts.total} 项")
    yield tiles.Tile(f"{LIGHT_LABELS['green']}", counts.green, light="green" if counts.green else "", unit="项")
    late = tuple((d.title, d.lead.name if d.lead else "未列", _short(d.light_why)) for d in queries.late(8))
    if late:
        yield tiles.Tile("逾期最久", None, columns=("事项", "牵头（首列）单位", "逾期情况"), lines=late)
    rows = tuple((r.label, *(str(r.count(light)) for light in LIGHTS)) for r in board.documents[:8])
    yield tiles.Tile("按文件", None, columns=("文件", *(LIGHT_LABELS[light] for light in LIGHTS)), lines=rows)


def _short(why: str) -> str:
    """A reason that fits one line across the room."""
    return why if len(why) <= 16 else f"{why[:15]}…"


def panel(body: Body, user: Any) -> Panel | None:
    """On a body's page: its duties by light, the late ones first. Two queries."""
    if not getattr(user, "is_authenticated", False) or not user.may("supervision.read"):
        return None
    counts = {t.measure: t.count for t in Tally.objects.filter(axis="body", ref=str(body.pk))}
    if not any(counts.get(light) for light in LIGHTS):
        return None
    rows = queries.for_bodies([body.pk]).filter(light__in=["red", "yellow"]).order_by("due", "id")[:8]
    context = {
        "body": body,
        "counts": [(light, LIGHT_LABELS[light], counts.get(light, 0)) for light in LIGHTS],
        "rows": rows,
        "today": when.today(),
    }
    return Panel("督办事项", "supervision/_panel.html", context, order=20)
