"""The bulletin (通报) of a month as .docx, laid out as GB/T 9704-2012 asks as far as Word's model goes.

A4, margins 37/35/28/26 mm, 22 lines of 28 characters: body in 仿宋 of size 3 (16 pt) on a fixed 28.95 pt line; title in
小标宋 of size 2 (22 pt); first-level headings 黑体, second-level 楷体. Fonts are named, not embedded.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from luoshi.directory.models import Body
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

FANGSONG, TITLE, HEI, KAI = "仿宋_GB2312", "方正小标宋简体", "黑体", "楷体_GB2312"
LINE = Pt(28.95)  # 22 lines on 225 mm
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
    doc = Document()
    _page(doc)
    _base_style(doc)
    _paragraph(doc, title_of(made), font=TITLE, size=22, centre=True, after=28)
    for text in _opening(made):
        _paragraph(doc, text)
    _heading(doc, "一、总体情况")
    for text in _overall(made):
        _paragraph(doc, text)
    _table(doc, ["文件", "正常", "临期", "逾期", "未知"], _document_rows(made))
    _heading(doc, "二、逾期事项")
    if made.late:
        _table(doc, ["序号", "事项", "牵头（负责）单位", "情况"], _late_rows(made))
        if made.late_more:
            _paragraph(doc, f"另有{made.late_more}项，见台账。")
    else:
        _paragraph(doc, "本月没有逾期事项。")
    _heading(doc, "三、各单位得分")
    _paragraph(doc, f"得分按截至{_day_words(made.as_of)}的办理记录计算。{made.formula}。{FINE}")
    _table(
        doc,
        ["名次", "单位", "得分"],
        [[str(i), n, p] for i, (n, p) in enumerate(made.scores[:60], 1)] or [["", "无", ""]],
    )
    _heading(doc, "四、下步要求")
    _paragraph(doc, "请有关单位对照上列逾期事项，说明原因和完成时间，按期反馈，并附佐证材料。")
    _signature(doc, made)
    out = io.BytesIO()
    doc.save(out)
    return out.getvalue()


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


def _page(doc: Any) -> None:
    section = doc.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    grid = OxmlElement("w:docGrid")
    grid.set(qn("w:type"), "linesAndChars")
    grid.set(qn("w:linePitch"), "579")  # twentieths of a point: 28.95 pt, 22 lines
    grid.set(qn("w:charSpace"), "-849")  # 28 characters of 16 pt on 156 mm
    for old in section._sectPr.findall(qn("w:docGrid")):
        section._sectPr.remove(old)
    section._sectPr.append(grid)
    _page_number(section.footer.paragraphs[0])


def _page_number(paragraph: Any) -> None:
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for kind, text in (("text", "— "), ("begin", ""), ("instr", "PAGE"), ("end", ""), ("text", " —")):
        run = paragraph.add_run(text if kind == "text" else "")
        _font(run, "宋体", 14)
        if kind in ("begin", "end"):
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)
        elif kind == "instr":
            code = OxmlElement("w:instrText")
            code.text = text
            run._r.append(code)


def _base_style(doc: Any) -> None:
    style = doc.styles["Normal"]
    style.font.name, style.font.size = FANGSONG, Pt(16)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FANGSONG)


def _paragraph(
    doc: Any, text: str, *, font: str = FANGSONG, size: float = 16, centre: bool = False, after: float = 0
) -> Any:
    paragraph = doc.add_paragraph()
    shape = paragraph.paragraph_format
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, LINE if size <= 16 else Pt(36)
    shape.space_before, shape.space_after = Pt(0), Pt(after)
    if centre:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    elif not text.endswith(("：", ":")):
        shape.first_line_indent = Pt(32)  # two characters
    _font(paragraph.add_run(text), font, size)
    return paragraph


def _heading(doc: Any, text: str) -> None:
    _paragraph(doc, text, font=HEI)


def _font(run: Any, name: str, size: float) -> None:
    run.font.name, run.font.size = name, Pt(size)
    run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), name)


def _table(doc: Any, heads: list[str], rows: list[list[str]]) -> None:
    table = doc.add_table(rows=1, cols=len(heads))
    table.style, table.alignment = "Table Grid", WD_TABLE_ALIGNMENT.CENTER
    for cell, head in zip(table.rows[0].cells, heads, strict=True):
        _cell(cell, head, HEI)
    repeat = OxmlElement("w:tblHeader")
    table.rows[0]._tr.get_or_add_trPr().append(repeat)  # the head stands on every page the table runs over
    for values in rows:
        for cell, value in zip(table.add_row().cells, values, strict=True):
            _cell(cell, value, FANGSONG)


def _cell(cell: Any, text: str, font: str) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(0)
    _font(paragraph.add_run(text), font, 12)


def _signature(doc: Any, made: Figures) -> None:
    day = when.today()
    for text in (
        f"{made.district}人民政府办公室" if made.district else "区政府办公室",
        f"{day.year}年{day.month}月{day.day}日",
    ):
        paragraph = _paragraph(doc, text)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        paragraph.paragraph_format.right_indent = Pt(64)  # four characters from the right edge


__all__ = ["Figures", "document", "figures", "issue", "title_of"]
