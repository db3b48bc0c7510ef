"""Charts: no script, no style of their own, named, and always with the same numbers as a table."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest

from luoshi.faces import charts, heat
from luoshi.kernel import when

SERIES = {"办结": [3, 5], "未知": [1, None]}


@pytest.mark.parametrize("stacked", [True, False])
@pytest.mark.parametrize("horizontal", [True, False])
def test_bars_bring_neither_script_nor_style_and_name_themselves(stacked: bool, horizontal: bool) -> None:
    html = charts.bars(["区住建局", "区文旅局"], SERIES, title="各单位", stacked=stacked, horizontal=horizontal)
    assert not re.search(r"<script|<style|style=|onload|http://(?!www\.w3\.org)", html)
    assert 'role="img"' in html and re.search(r'aria-labelledby="(chart\d+-title)".*id="\1"', html, re.S)


def test_the_numbers_stand_in_a_table_and_unknown_is_a_word_not_a_zero() -> None:
    html = charts.bars(["甲", "乙"], SERIES, title="各单位", colours={"未知": "unknown", "办结": "ok"}, stacked=True)
    rows = re.findall(r'<tr><th scope="row">(.)</th>((?:<td.*?</td>)+)</tr>', html)
    assert [(label, re.findall(r">([^<]+)<", cells)) for label, cells in rows] == [
        ("甲", ["3", "1"]),
        ("乙", ["5", "未知"]),
    ]
    assert "c-ok" in html and 'class="hatched"' in html


def test_exact_decimals_are_not_rounded_by_the_drawing() -> None:
    html = charts.lines(["1月", "2月"], {"PM2.5": [Decimal("46.25"), None]}, title="浓度", unit="μg/m³")
    assert "46.25" in html and "未知" in html and "μg/m³" in html


def test_a_chart_without_data_says_so() -> None:
    html = charts.lines([], {"计划": []}, title="燃尽")
    assert "还没有可画的数据" in html and "<svg" not in html


def test_two_charts_on_a_page_share_no_id() -> None:
    html = charts.bars(["甲"], {"a": [1]}, title="x") + charts.bars(["甲"], {"a": [1]}, title="x")
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_markup_in_names_is_escaped() -> None:
    html = charts.bars(["<b>"], {"<i>": [1]}, title="<u>")
    assert "<b>" not in html and "<i>" not in html.replace("<i></i>", "") and "<u>" not in html


def test_deadline_calendar_reads_as_a_table_with_words() -> None:
    days = {date(2026, 11, 23): heat.Day(4, late=1, url="/x/"), date(2026, 11, 24): heat.Day(1)}
    with when.at(when.parse_moment("2026-11-25T09:00")):
        html = heat.heat(days, date(2026, 11, 9), 1, title="期限")
    assert "11月23日，4 项，其中 1 项逾期" in html and 'href="/x/"' in html
    assert html.count("<tr>") == 7 and 'class="h0 today"' in html and "2026 年 11 月" in html
