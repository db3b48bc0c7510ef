"""Where an incident is, without tiles from anywhere: outlines when somebody imported them, else boxes of towns.

The documents name areas and print no map. Boxes say which town, not where; the drawing says so itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from luoshi.directory.models import Area
from luoshi.emergency.models import AreaShape, Incident
from luoshi.kernel import when

WIDTH, COLUMNS, BOX, GAP = 640, 3, 88, 12
BOXES = "示意图：方块只表示有哪些镇、街道，不表示位置和大小"
OUTLINES = "轮廓来源：{}"
Ring = Sequence[Sequence[int]]  # [lon, lat] in millionths of a degree


@dataclass(frozen=True, slots=True)
class Town:
    """`hit`: the incident is known to touch it; `known` False: named in the incident, not in the directory."""

    name: str
    hit: bool
    known: bool = True
    rings: tuple[Any, ...] = ()


@dataclass(slots=True)
class Map:
    svg: SafeString
    caption: str
    hit: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    unknown: bool = False  # nobody has said where


def of(incident: Incident, facts: Mapping[str, Any]) -> Map:
    """The map of an incident. Two queries."""
    named = facts.get("towns_affected")
    touched = list(dict.fromkeys([*(str(p) for p in incident.places), *(str(t) for t in named or [])]))
    day = when.today()
    areas = list(
        Area.objects.filter(sort="town")
        .filter(Q(valid_from__isnull=True) | Q(valid_from__lte=day))
        .filter(Q(valid_until__isnull=True) | Q(valid_until__gte=day))
        .select_related("body")
        .order_by("code")
    )
    shapes = {s.area_id: s for s in AreaShape.objects.filter(area__in=[a.pk for a in areas])}
    towns = [_town(area, touched, shapes.get(area.pk)) for area in areas]
    matched = {name for area in areas for name in touched if _same(area, name)}
    towns += [Town(name, True, False) for name in touched if name not in matched]
    return draw(towns, sorted({s.source for s in shapes.values()}), unknown=not touched)


def _town(area: Area, touched: Iterable[str], shape: AreaShape | None) -> Town:
    return Town(area.name, any(_same(area, name) for name in touched), True, tuple(shape.rings) if shape else ())


def _same(area: Area, name: str) -> bool:
    spelt = {area.name, area.full_name, area.body.name if area.body else ""} - {""}
    return name in spelt or any(name == f"{one}人民政府" or name == f"{one}办事处" for one in spelt)


def draw(towns: Sequence[Town], sources: Sequence[str] = (), *, unknown: bool = False) -> Map:
    """The drawing. Outlines only when every town of the directory has one: half a map misleads."""
    known = [town for town in towns if town.known]
    outlined = bool(known) and all(town.rings for town in known)
    svg = _outlines(known, [t for t in towns if not t.known]) if outlined else _boxes(towns)
    caption = OUTLINES.format("、".join(sources)) if outlined else BOXES
    hit, rest = [t.name for t in towns if t.hit], [t.name for t in towns if not t.hit]
    return Map(svg, caption, hit, rest, unknown)


def _boxes(towns: Sequence[Town]) -> SafeString:
    rows = max(1, math.ceil(len(towns) / COLUMNS))
    width = (WIDTH - GAP * (COLUMNS - 1)) // COLUMNS
    parts = []
    for i, town in enumerate(towns):
        x, y = (i % COLUMNS) * (width + GAP), (i // COLUMNS) * (BOX + GAP)
        parts.append(
            (_class(town), x, y, width, BOX, x + width / 2, y + 40, town.name, x + width / 2, y + 68, _word(town))
        )
    body = format_html_join(
        "",
        '<g class="{}"><rect x="{}" y="{}" width="{}" height="{}" rx="3"/><text x="{}" y="{}" text-anchor="middle">{}'
        '</text><text class="town-word" x="{}" y="{}" text-anchor="middle">{}</text></g>',
        parts,
    )
    return _frame(body, rows * BOX + (rows - 1) * GAP, towns)


def _outlines(towns: Sequence[Town], outside: Sequence[Town]) -> SafeString:
    """Equirectangular, true to scale at the middle latitude: a district is small."""
    points = [point for town in towns for ring in town.rings for point in ring]
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    squeeze = math.cos(math.radians((south + north) / 2e6))
    scale = min(WIDTH / max(1.0, (east - west) * squeeze), 460 / max(1, north - south))

    def at(point: Sequence[int]) -> tuple[float, float]:
        return round((point[0] - west) * squeeze * scale, 1), round((north - point[1]) * scale, 1)

    parts = []
    for town in towns:
        path = "".join("M" + "L".join(f"{x} {y}" for x, y in map(at, ring)) + "Z" for ring in town.rings)
        xs, ys = zip(*(at(point) for point in town.rings[0]), strict=True)
        parts.append((_class(town), path, (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2, town.name))
    body = format_html_join(
        "",
        '<g class="{}"><path d="{}" fill-rule="evenodd"/><text x="{}" y="{}" text-anchor="middle">{}</text></g>',
        parts,
    )
    return _frame(body, (north - south) * scale, [*towns, *outside])


def _frame(body: SafeString, height: float, towns: Sequence[Town]) -> SafeString:
    hit = "、".join(town.name for town in towns if town.hit) or "尚未确定"
    return format_html(
        '<svg class="townmap" role="img" aria-label="涉及地点：{}" viewBox="-4 -4 {} {}">{}</svg>',
        hit, WIDTH + 8, round(height) + 8, body,
    )  # fmt: skip


def _class(town: Town) -> str:
    return "town town-hit" if town.hit else "town"


def _word(town: Town) -> str:
    return "名录中没有，事件中提到" if not town.known else "涉及" if town.hit else "没有报告"
