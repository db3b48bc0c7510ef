"""The bulletin (通报) of a month: what it counts, and the paper it is printed on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any

from luoshi.directory.models import Body
from luoshi.faces.papers import Paper
from luoshi.kernel import when
from luoshi.kernel.canonical import sm3
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.actions import append, recording
from luoshi.norms.models import Pack
from luoshi.supervision import course, evidence, queries, rulebook
from luoshi.supervision.facts import as_at, light_of
from luoshi.supervision.lights import LIGHTS
from luoshi.supervision.models import Bulletin, Duty, Event
from luoshi.supervision.scoring import Weights, formula, score

FINE = "权重是本系统的设定，不是文件的规定；未知的不计入。"
LISTED = 200  # overdue duties printed one by one; more are counted


@dataclass(slots=True)
class Figures:
    """What a bulletin prints, all as it stood at the end of the month (or today, in a month that still runs)."""

    month: str
    as_of: str
    district: str
    lights: dict[str, int] = field(default_factory=dict)
    closed: int = 0
    documents: list[tuple[str, dict[str, int]]] = field(default_factory=list)
    late: list[tuple[str, str, str, str]] = field(default_factory=list)  # citation, title, leads, why
    late_more: int = 0
    scores: list[tuple[str, str]] = field(default_factory=list)
    formula: str = ""
    demo: bool = False

    @property
    def total(self) -> int:
        return sum(self.lights.values())


def figures(month: str) -> Figures:
    """Count the month. Every confirmed duty is judged as of the month's last day from its own history."""
    as_of = _last_day(month)
    rules = rulebook.on(as_of)
    pack = Pack.objects.order_by("id").first()
    found = Figures(month, as_of.isoformat(), pack.district if pack else "")
    found.lights = dict.fromkeys(LIGHTS, 0)
    documents: dict[str, dict[str, int]] = {}
    bodies = Bodies()
    for duty in queries.as_of_rows(as_of):
        events = list(duty.events.all())
        light = light_of(duty, as_of, rules, events)
        found.lights[light.colour] += 1
        found.demo = found.demo or duty.demo
        closed = as_at(duty, events, as_of)["closed_on"]
        found.closed += bool(closed and f"{closed:%Y-%m}" == month)
        row = documents.setdefault(duty.instrument.number or duty.instrument.title, dict.fromkeys(LIGHTS, 0))
        row[light.colour] += 1
        bodies.count(duty, events, light.colour, as_of)
        if light.colour == "red":
            _late(found, duty, light.why)
    found.documents = list(documents.items())
    found.scores = bodies.scores(rules.weights)
    found.formula = formula(rules.weights)
    return found


class Bodies:
    """What the scoreboard counts, by body, from histories as they stood on a day: the board itself keeps today's."""

    def __init__(self) -> None:
        self.counts: dict[int, Counter[str]] = {}

    def count(self, duty: Duty, events: Sequence[Event], light: str, as_of: date) -> None:
        """One duty's light for each of its bodies, and what each body did in time or late up to and with `as_of`."""
        for pk in {b.body_id for b in duty.bodies.all() if b.body_id}:
            self._of(pk)[light] += 1
        for event in events:
            if event.body_id and when.aware(event.at).date() <= as_of:
                self._of(event.body_id).update(event.data.get(course.OUTCOMES, []))

    def _of(self, pk: int) -> Counter[str]:
        return self.counts.setdefault(pk, Counter())

    def scores(self, weights: Weights) -> list[tuple[str, str]]:
        """(body, points), best first; bodies with nothing to judge are left out."""
        names = dict(Body.objects.filter(pk__in=self.counts).values_list("pk", "name"))
        scored = [
            (names[pk], points)
            for pk, counts in self.counts.items()
            if sum(counts[light] for light in LIGHTS) and (points := score(counts, weights).points) is not None
        ]
        return [(name, f"{points}") for name, points in sorted(scored, key=lambda pair: (-pair[1], pair[0]))]


def _late(found: Figures, duty: Duty, why: str) -> None:
    if len(found.late) >= LISTED:
        found.late_more += 1
        return
    leads = "、".join(b.printed for b in duty.bodies.all() if b.role == "lead") or "未列责任单位"
    found.late.append((duty.citation, duty.title, leads, why))


def _last_day(month: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", month) or month < "1900":
        raise BadInput("月份写成 2024-12 这样", field="month")
    first = date(int(month[:4]), int(month[5:]), 1)
    if first > when.today():
        raise BadInput("这个月还没有到", field="month")
    return min((first + timedelta(days=32)).replace(day=1) - timedelta(days=1), when.today())


def issue(month: str, user: Any, *, via: str = "web") -> Bulletin:
    """印发: make the bulletin, keep its file by its digest, record who issued it."""
    if not user.may("supervision.publish"):
        raise Refused("通报由督查员印发")
    made = figures(month)
    data = document(made)
    digest = sm3(data)
    with recording():
        evidence.keep(data, "bulletins", digest)
        row = Bulletin.objects.create(
            month=month,
            title=title_of(made),
            figures=asdict(made),
            sm3=digest,
            issued_by_id=user.pk,
            issued_at=when.now(),
        )
        append(
            "supervision.bulletin_issued",
            by=user.as_actor(via),
            subject=f"bulletin:{row.pk}",
            data={"month": month, "sm3": digest, "lights": made.lights, "closed": made.closed},
        )
    return row


def title_of(made: Figures) -> str:
    return f"关于{made.month[:4]}年{int(made.month[5:])}月重点工作督查落实情况的通报"


def document(made: Figures) -> bytes:
    """The bulletin as a .docx file."""
    paper = Paper()
    paper.title(title_of(made))
    for text in _opening(made):
        paper.paragraph(text)
    paper.heading("一、总体情况")
    for text in _overall(made):
        paper.paragraph(text)
    paper.table(["文件", "正常", "临期", "逾期", "未知"], _document_rows(made))
    paper.heading("二、逾期事项")
    if made.late:
        paper.table(["序号", "事项", "牵头（负责）单位", "情况"], _late_rows(made))
        if made.late_more:
            paper.paragraph(f"另有{made.late_more}项，见台账。")
    else:
        paper.paragraph("本月没有逾期事项。")
    paper.heading("三、各单位得分")
    paper.paragraph(f"得分按截至{_day_words(made.as_of)}的办理记录计算。{made.formula}。{FINE}")
    paper.table(
        ["名次", "单位", "得分"],
        [[str(i), n, p] for i, (n, p) in enumerate(made.scores[:60], 1)] or [["", "无", ""]],
    )
    paper.heading("四、下步要求")
    paper.paragraph("请有关单位对照上列逾期事项，说明原因和完成时间，按期反馈，并附佐证材料。")
    _signature(paper, made)
    return paper.bytes()


def _opening(made: Figures) -> list[str]:
    lines = ["区直各有关单位，各镇（街道）："]
    if made.demo:
        lines.append("（演示数据：本通报含生成的办理记录，不是真实情况。）")
    lines.append(f"现将截至{_day_words(made.as_of)}重点工作督查落实情况通报如下。")
    return lines


def _day_words(iso: str) -> str:
    day = date.fromisoformat(iso)
    return f"{day.year}年{day.month}月{day.day}日"


def _overall(made: Figures) -> list[str]:
    count = made.lights
    return [
        f"纳入督办的事项共{made.total}项：正常{count['green']}项，临期{count['yellow']}项，"
        f"逾期{count['red']}项，尚不能判断{count['grey']}项；本月销号{made.closed}项。"
    ]


def _document_rows(made: Figures) -> list[list[str]]:
    return [[name, *(str(c[k]) for k in ("green", "yellow", "red", "grey"))] for name, c in made.documents]


def _late_rows(made: Figures) -> list[list[str]]:
    return [[str(i), f"{t}({c})", leads, why] for i, (c, t, leads, why) in enumerate(made.late, 1)]


def _signature(paper: Paper, made: Figures) -> None:
    day = when.today()
    paper.paragraph(f"{made.district}人民政府办公室" if made.district else "区政府办公室", right=True)
    paper.paragraph(f"{day.year}年{day.month}月{day.day}日", right=True)


__all__ = ["Figures", "document", "figures", "issue", "title_of"]
