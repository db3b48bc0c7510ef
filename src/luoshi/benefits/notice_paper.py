"""The published list (公示) as .docx: what is to be paid to whom under which clause, until when one may object."""

from __future__ import annotations

from collections.abc import Sequence

from luoshi.benefits import catalogue, rulebook
from luoshi.benefits import pack as packs
from luoshi.benefits.lists import money_of, public_name
from luoshi.benefits.models import Claim
from luoshi.directory.queries import resolve
from luoshi.faces.citations import label
from luoshi.faces.papers import Paper
from luoshi.kernel import when
from luoshi.kernel.errors import Refused
from luoshi.kernel.money import yuan

MOST = 2000
HEADS = ("序号", "主体", "事项", "依据", "金额")
WIDTHS = (12, 50, 44, 26, 28)  # mm, 160 in all


def document(rows: Sequence[Claim]) -> bytes:
    """Refused when nothing is published."""
    if not rows:
        raise Refused("眼下没有公示的事项")
    paper = Paper(mark="演示数据" if any(row.synthetic for row in rows) else "")
    paper.title("惠企措施兑现公示")
    until = max(row.published_until for row in rows if row.published_until)
    paper.paragraph(
        f"按照有关文件，拟对下列 {len(rows)} 项予以兑现，现予公示。公示期为 {rulebook.on().publish_days} 个工作日，"
        f"最晚至 {when.aware(until):%Y年%m月%d日}。对公示内容有异议的，请在公示期内提出。"
    )
    names = catalogue.names(catalogue.pack_in_use())
    for measure in dict.fromkeys(row.measure for row in rows):
        mine = [row for row in rows if row.measure == measure]
        paper.heading(f"{names.get(measure, measure)}（{label(measure)}）")
        lines = [
            (str(n), public_name(row.subject), row.title, label(row.cite).rpartition(" ")[2], _money(row))
            for n, row in enumerate(mine, 1)
        ]
        paper.table(HEADS, lines, widths=WIDTHS)
    paper.paragraph("公示天数是系统口径，文件没有写明。", size=12)
    day = when.today()
    for text in filter(None, (_office(rows[0].measure), f"{day.year}年{day.month}月{day.day}日")):
        paper.paragraph(text, right=True)
    return paper.bytes()


def _office(measure: str) -> str:
    """The body that answers for the measure's document, by its full name where the directory knows it."""
    questions = packs.read(measure.partition(":")[0], catalogue.pack_in_use()).questions
    name = next((row.body for row in questions.values() if row.body), "")
    body = resolve(name) if name else None
    return (body.full_name or body.name) if body else name


def _money(row: Claim) -> str:
    amount = money_of(row)
    return "待定" if amount is None else yuan(amount)
