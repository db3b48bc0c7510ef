"""Charts where a picture answers faster than a row: drawn on the server, coloured by the stylesheet, no script, and
always with the same numbers as a table beneath. `None` is unknown: a gap in the picture, 未知 in the table, never 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import count
from typing import Any

import pygal
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from pygal.etree import etree

Number = int | Decimal | None
Series = Mapping[str, Sequence[Number]]
COLOURS = ("accent", "ok", "warn", "late", "unknown", "plan")
_ids = count(1)


def bars(
    labels: Sequence[str],
    series: Series,
    *,
    title: str,
    unit: str = "",
    colours: Mapping[str, str] | None = None,
    stacked: bool = False,
    horizontal: bool = False,
    note: str = "",
) -> SafeString:
    """Bars side by side, or `stacked`; `horizontal` when the labels are names of bodies.

    `colours`: series name → accent · ok · warn · late · unknown (hatched) · plan (grey).
    """
    kinds = {
        (False, False): pygal.Bar,
        (False, True): pygal.HorizontalBar,
        (True, False): pygal.StackedBar,
        (True, True): pygal.HorizontalStackedBar,
    }
    height = max(140, 44 + (26 if stacked or len(series) == 1 else 20 * len(series)) * len(labels))
    chart = kinds[stacked, horizontal](
        **_look(series),
        height=height if horizontal else 260,
        spacing=12,
        print_values=horizontal and not stacked,
        print_zeroes=False,
        margin_left=_room_for(labels) if horizontal else 10,
    )
    # pygal draws horizontal bars from the bottom up; people read from the top down
    flip = -1 if horizontal else 1
    chart.x_labels = list(labels)[::flip]
    for name, values in series.items():
        chart.add(name, [_drawn(v) for v in values][::flip])
    return _figure(chart, labels, series, title, unit, colours or {}, note)


def lines(
    labels: Sequence[str],
    series: Series,
    *,
    title: str,
    unit: str = "",
    colours: Mapping[str, str] | None = None,
    note: str = "",
) -> SafeString:
    """Lines over time: a burn-down, a measured value against its plan. A `plan` series is dashed."""
    step = max(1, len(labels) // 8)
    chart = pygal.Line(
        **_look(series),
        height=280,
        dots_size=2.5,
        show_only_major_dots=len(labels) > 40,
        include_x_axis=True,
        show_minor_x_labels=False,
        x_labels_major=list(labels)[::step],
        allow_interruptions=True,
    )
    chart.x_labels = list(labels)
    for name, values in series.items():
        chart.add(name, [_drawn(v) for v in values])
    return _figure(chart, labels, series, title, unit, colours or {}, note)


def _room_for(labels: Sequence[str]) -> int:
    """Pixels a label needs beyond what pygal reserves, which counts every character as a narrow one."""
    return 12 + max((sum(7 if ord(c) > 0x2E80 else 1 for c in label) for label in labels), default=0)


def _look(series: Series) -> dict[str, Any]:
    known = [v for values in series.values() for v in values if v is not None]
    whole = all(v == int(v) for v in known)
    few = {"y_labels": list(range(int(max(known, default=0)) + 1))} if whole and 0 <= max(known, default=0) <= 5 else {}
    return {
        **few,
        "width": 760,
        "show_legend": False,
        "js": [],
        "css": [],
        "disable_xml_declaration": True,
        "margin": 10,
        "value_formatter": (lambda v: f"{v:,.0f}") if whole else (lambda v: f"{v:,.2f}".rstrip("0").rstrip(".")),
        "no_data_text": "没有数据",
        "truncate_label": -1,
        "min_scale": 3,
        "max_scale": 6,
    }


def _drawn(value: Number) -> float | int | None:
    return float(value) if isinstance(value, Decimal) else value  # pixels only; the table keeps the exact value


def _figure(
    chart: Any, labels: Sequence[str], series: Series, title: str, unit: str, colours: Mapping[str, str], note: str
) -> SafeString:
    names = [(name, _colour(colours.get(name, ""), i)) for i, name in enumerate(series)]
    identity = f"chart{next(_ids)}"
    table = [(label, [_said(values[i]) for values in series.values()]) for i, label in enumerate(labels)]
    drawable = any(v for values in series.values() for v in values)  # nothing but zeros and unknowns is no picture
    known = any(v is not None for values in series.values() for v in values)
    svg = "" if not drawable else _svg(chart.render_tree(), title, identity, [c for _, c in names])
    context = {"svg": svg, "title": title, "unit": unit, "names": names, "table": table, "note": note, "known": known}
    return mark_safe(render_to_string("faces/_chart.html", context))  # noqa: S308 a template of ours, escaped


def _colour(asked: str, index: int) -> str:
    return asked if asked in COLOURS else ("accent", "plan", "ok", "warn")[index % 4]


def _said(value: Number) -> str:
    if value is None:
        return "未知"
    text = f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _svg(root: Any, title: str, identity: str, colours: Sequence[str]) -> SafeString:
    """pygal's drawing without its scripts, styles and tooltips, named for those who cannot see it."""
    _prune(root, colours)
    hatch = f"{identity}-hatch"
    defs = etree.SubElement(root, "defs")
    lines = etree.SubElement(defs, "pattern", id=hatch, width="6", height="6", patternUnits="userSpaceOnUse")
    etree.SubElement(lines, "path", {"d": "M0 6 6 0M-1 1 1-1M5 7 7 5", "class": "hatch-line"})
    for series in root.iter("g"):
        if series.get("class") == "series c-unknown":  # unknown is hatched, with a pattern of this drawing's own
            for bar in series.iter("rect"):
                bar.attrib.update({"class": "hatched", "fill": f"url(#{hatch})"})
    name = etree.Element("title", id=f"{identity}-title")
    name.text = title
    root.insert(0, name)
    root.attrib.update({"role": "img", "aria-labelledby": f"{identity}-title", "id": identity, "class": "drawing"})
    return SafeString(etree.tostring(root, encoding="unicode"))


def _prune(node: Any, colours: Sequence[str]) -> None:
    """Takes away whatever the stylesheet or the page does itself, and names each series by its colour."""
    node.attrib.pop("style", None)
    for name in (node.get("class") or "").split():
        if name.startswith("serie-"):
            index = int(name.removeprefix("serie-"))
            node.set("class", f"series c-{colours[index]}" if index < len(colours) else "series")
    for child in list(node):
        local = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
        if local in ("", "script", "style", "desc", "title", "defs") or "tooltip-overlay" in (child.get("class") or ""):
            node.remove(child)
        else:
            _prune(child, colours)
