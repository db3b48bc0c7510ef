"""What waits in the demo's registers: a file with errors, two sources that disagree (演示数据，虚构)."""

from __future__ import annotations

import csv
import io

from luoshi.accounts.models import User
from luoshi.benefits import disputes, importing
from luoshi.benefits.models import Record, Source, Subject
from luoshi.kernel import when
from luoshi.kernel.canonical import dumps, sm3

HEAD = (("2025 年度住宿业营业额（演示）", "", "", ""), ("信用代码", "企业名称", "年度", "营业额（万元）"))
CELLS = ("１２５０", "-1", "约两千", "1,830.5", "#REF!", "", "2210", "2210")


def fill(by: User) -> None:
    """A contest two sources tell of differently, and an uploaded register somebody must look at."""
    _dispute()
    source = Source.objects.filter(code="ys-tax").first()
    hotels = Subject.objects.filter(synthetic=True, kind="hotel").order_by("id")[: len(CELLS)]
    if source is None:
        return
    text = io.StringIO()
    rows = [(one.key, one.name, "2025年", cell) for one, cell in zip(hotels, CELLS, strict=False)]
    csv.writer(text).writerows([*HEAD, *rows])
    data, name = text.getvalue().encode("gb18030"), "演示-纳税申报营业额.csv"
    importing.receive(data, name, "25:turnover", source, when.today(), by=by.as_actor())


def _dispute() -> None:
    said = Record.objects.filter(subject__synthetic=True, matter__kind="contest", values__award_level="区级").first()
    if said is None:
        return
    source, _ = Source.objects.get_or_create(
        code="ys-organiser", defaults={"name": "大赛主办方公告（演示）", "priority": 15, "synthetic": True}
    )
    values = {"award_level": "市级"}
    Record.objects.create(
        subject=said.subject, matter=said.matter, source=source, part=said.part, values=values, as_of=said.as_of,
        digest=sm3(dumps(values)), changed_at=when.now(),
    )  # fmt: skip
    disputes.refresh([(said.subject_id, said.matter_id)])
