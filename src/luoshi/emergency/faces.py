"""What this room puts into other faces: navigation, margin, to-do, search, wall tiles; each in few queries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Q
from django.urls import reverse

from luoshi.emergency import live, queries
from luoshi.emergency.models import LIVE, WAITING, DrillRun, Incident, Response
from luoshi.faces import finders, nav, tiles, todo
from luoshi.kernel import when
from luoshi.norms import leaning, margin
from luoshi.norms.leaning import Leaning
from luoshi.norms.margin import MarginNote
from luoshi.norms.models import Instrument, Interpretation

GROUP = "应急"


def register() -> None:
    nav.register("值班台", "emergency:desk", "emergency.read", group=GROUP, order=40)
    nav.register("应急事件", "emergency:incidents", "emergency.read", group=GROUP, order=41)
    nav.register("预案文本与检查", "emergency:plan_editions", "emergency.read", group=GROUP, order=590)
    margin.register(margin_notes)
    leaning.register(leanings)
    todo.register(todos)
    finders.register("应急事件", find, permission="emergency.read", order=15)
    tiles.register(wall, order=10)


def _slugs() -> set[str]:
    snapshot = live.current()
    return set(live.plans_of(snapshot).by_slug)


def margin_notes(instrument: Instrument) -> dict[str, list[MarginNote]]:
    """Beside a plan: what runs under it, when it was last drilled. Three queries."""
    if instrument.slug not in _slugs():
        return {}
    notes: dict[str, list[MarginNote]] = {}
    rules = live.plans_of(live.current()).by_slug[instrument.slug]
    rows = Response.objects.filter(state__in=LIVE, case__plan=instrument.slug).select_related("case__incident")
    for row in rows.order_by("started_at"):
        level = rules.level("response", row.level)
        path = level.cite.partition(":")[2] if level else ""
        kind = "演练" if row.case.incident.exercise else "应急"
        text = f"{kind}响应{row.level}级运行中：{row.case.incident.title}"
        url = reverse("emergency:incident", args=[row.case.incident_id])
        light = "grey" if row.case.incident.exercise else "red"
        notes.setdefault(path, []).append(MarginNote("plan", text, light=light, url=url, public=False, label="运行中"))
    notes.setdefault("", []).append(_drilled(instrument.slug))
    return notes


def _drilled(slug: str) -> MarginNote:
    ran = DrillRun.objects.exclude(ended_at=None).order_by("-ended_at").only("plans", "ended_at", "name")[:50]
    last = next((row for row in ran if slug in row.plans), None)
    if last is None or last.ended_at is None:
        return MarginNote("plan", "还没有演练记录；预案没有规定演练次数", light="grey", public=False, label="演练")
    day = when.aware(last.ended_at).date()
    return MarginNote("plan", f"上次演练 {day}：{last.name}", public=False, label="演练")


def leanings(reading: Interpretation) -> Iterable[Leaning]:
    """The decisions that rested on a reading: the last fifty proposals and starts. One query."""
    rows = Response.objects.filter(started_at__isnull=False).select_related("case__incident").order_by("-started_at")
    for row in rows[:50]:
        if any(told.get("key") == reading.key for told in row.leaned):
            url = reverse("emergency:incident", args=[row.case.incident_id])
            yield Leaning("决定", f"{row.case.incident.title}：{row.case.plan}号{row.level}级响应", url)


def todos(user: Any) -> Iterator[todo.Todo]:
    """What waits for this person: reports without an incident, proposals to decide, oral orders to sign for."""
    intake, command = user.may("emergency.intake"), user.may("emergency.command")
    if not (intake or command):
        return
    if intake:
        yield from _for_duty()
    rows = Response.objects.filter(case__incident__state="open").select_related("case__incident")
    if command:
        for row in rows.filter(state__in=WAITING).order_by("proposed_at")[:20]:
            yield _todo(row, f"待{'启动' if row.state == 'confirmed' else '决定'}：{row.level}级响应")
    mine = user.get_full_name()
    for row in rows.exclude(flags=[]).order_by("-pk")[:50]:
        if any(flag.get("oral") == mine and not flag.get("signed_at") for flag in row.flags):
            yield _todo(row, f"补签口头命令：{row.level}级响应")


def _for_duty() -> Iterator[todo.Todo]:
    signals = queries.unplaced().count()
    if signals:
        yield todo.Todo(f"{signals} 条来报待处理", reverse("emergency:desk"), light="yellow", source=GROUP)
    waiting = Incident.objects.filter(state="open", cases__triage="").distinct().order_by("opened_at")[:20]
    for incident in waiting:
        url = reverse("emergency:incident", args=[incident.pk])
        yield todo.Todo(f"分流：{incident.title}", url, light="yellow", source=GROUP, note=incident.number)
    for query in queries.unanswered()[:20]:
        url = reverse("emergency:incident", args=[query.incident_id])
        yield todo.Todo(f"回应上级：{query.text[:60]}", url, light="red", source=GROUP, note="30 分钟内有效回应")


def _todo(row: Response, title: str) -> todo.Todo:
    url = reverse("emergency:incident", args=[row.case.incident_id])
    return todo.Todo(f"{title}：{row.case.incident.title}", url, light="red", source=f"{row.case.plan}号")


def find(words: str, user: Any, limit: int) -> Iterable[finders.Found]:
    """Incidents by title, number, or what was reported. One query, cut at `limit`."""
    text = words.strip()
    if not text:
        return []
    rows = Incident.objects.filter(
        Q(title__icontains=text) | Q(number__icontains=text) | Q(signals__text__icontains=text)
    ).distinct()
    return [
        finders.Found(row.title, reverse("emergency:incident", args=[row.pk]), snippet=row.number)
        for row in rows.order_by("-opened_at")[:limit]
    ]


def wall() -> Iterator[tiles.Tile]:
    """Two figures and what runs. Three queries."""
    told = queries.counts()
    if not told["real"] and not told["running"]:
        yield tiles.Tile("应急响应", 0, unit="个", note="没有办理中的事件")
        return
    yield tiles.Tile("应急响应运行", told["running"], light="red" if told["running"] else "", unit="个")
    yield tiles.Tile(
        "办理中的事件", told["real"], unit="个", note=f"另有演练 {told['drills']} 个" if told["drills"] else ""
    )
    rows = Response.objects.filter(state__in=LIVE, case__incident__exercise=False).select_related("case__incident")
    lines = tuple(
        (row.case.incident.title, f"{row.case.plan}号{row.level}级", f"{when.aware(row.started_at):%m-%d %H:%M}")
        for row in rows.order_by("started_at")[:6]
        if row.started_at
    )
    if lines:
        yield tiles.Tile("运行中的响应", None, columns=("事件", "级别", "启动"), lines=lines)
