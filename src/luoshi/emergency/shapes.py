"""Outlines of towns for the wall, from a GeoJSON file somebody has: names are matched, the source is kept."""

from __future__ import annotations

import json
from typing import Any

from luoshi.directory.models import Area
from luoshi.emergency.models import AreaShape
from luoshi.kernel import when
from luoshi.kernel.canonical import sm3
from luoshi.kernel.errors import BadInput
from luoshi.ledger.actions import append, recording

LARGEST = 5 * 1024 * 1024
MOST_POINTS = 20_000  # in all: a wall needs no more
MILLION = 1_000_000


def bring_in(data: bytes, source: str, user: Any, *, via: str = "web") -> int:
    """Keep the outlines of a FeatureCollection, all or none. A feature's `name` is that of a town of the directory."""
    if not source.strip():
        raise BadInput("请写明轮廓的来源（测绘成果、公开地图等）", field="source")
    if len(data) > LARGEST:
        raise BadInput(f"文件过大，上限 {LARGEST // 1048576} MB", field="file")
    try:
        told = json.loads(data, parse_float=str)
        features = told["features"]
        assert isinstance(features, list) and features
    except (ValueError, KeyError, TypeError, AssertionError, RecursionError):
        raise BadInput("应为 GeoJSON 的 FeatureCollection", field="file") from None
    towns = {area.name: area for area in Area.objects.filter(sort="town", valid_until__isnull=True)}
    found = [_feature(feature, n, towns) for n, feature in enumerate(features, 1)]
    if sum(len(ring) for _, rings in found for ring in rings) > MOST_POINTS:
        raise BadInput(f"点数超过 {MOST_POINTS}，请先简化轮廓", field="file")
    with recording():
        by = user.as_actor(via)
        for area, rings in found:
            kept = {"rings": rings, "source": source.strip()[:200], "by": by.name, "at": when.now()}
            AreaShape.objects.update_or_create(area=area, defaults=kept)
        names = [area.name for area, _ in found]
        append("emergency.shapes_kept", by=by, subject="areas:town",
               data={"towns": names, "source": source.strip(), "sm3": sm3(data)})  # fmt: skip
    return len(found)


def _feature(feature: Any, n: int, towns: dict[str, Area]) -> tuple[Area, list[list[list[int]]]]:
    try:
        name = str(feature["properties"]["name"])
        geometry = feature["geometry"]
        given = geometry["coordinates"]
        polygons = {"Polygon": [given], "MultiPolygon": given}[geometry["type"]]
        rings = [[_point(point) for point in ring] for polygon in polygons for ring in polygon]
        assert rings and all(len(ring) >= 4 for ring in rings)
    except (KeyError, TypeError, ValueError, ArithmeticError, AssertionError):
        raise BadInput(f"第 {n} 个要素不能用：须有 name 和 Polygon 或 MultiPolygon，经纬度为度", field="file") from None
    if name not in towns:
        raise BadInput(
            f"第 {n} 个要素：名录里没有镇、街道“{name}”", field="file", hint="、".join(towns) or "名录是空的"
        )
    return towns[name], rings


def _point(point: Any) -> list[int]:
    """Degrees, as they are written → millionths; 0.1 m is exact enough for a wall."""
    from decimal import Decimal

    lon, lat = (int(Decimal(str(value)) * MILLION) for value in point[:2])
    if abs(lon) > 180 * MILLION or abs(lat) > 90 * MILLION:
        raise ValueError
    return [lon, lat]
