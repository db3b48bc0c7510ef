"""Lights, marks, citations, dates and money as people read them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django import forms
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from luoshi.faces import citations, days, marks
from luoshi.kernel import when


def drawn(source: str, **context: Any) -> str:
    return Template("{% load faces %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("colour", "word", "shape"), [("green", "正常", "circle"), ("yellow", "临期", "M6 .8"), ("red", "逾期", "M1 1h10")]
)
def test_a_light_is_colour_shape_and_word(colour: str, word: str, shape: str) -> None:
    html = drawn("{% light colour %}", colour=colour)
    assert f"light-{colour}" in html and word in html and shape in html


@pytest.mark.parametrize("colour", ["grey", "", None, "purple"])
def test_what_is_not_known_is_never_drawn_as_a_colour(colour: str | None) -> None:
    html = drawn("{% light colour %}", colour=colour)
    assert "light-grey" in html and "未知" in html and "stroke-dasharray" in html


def test_a_reading_of_ours_is_marked_until_confirmed() -> None:
    assert "待确认 <b>A01</b>" in drawn('{% interpretation "A01" "inferred" %}')
    assert "reading-confirmed" in drawn('{% interpretation "A01" "confirmed" %}')


def test_a_citation_links_to_its_provision_and_a_law_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(citations, "_namers", [lambda slug: "城政发〔2024〕9号" if slug == "09" else None])
    monkeypatch.setattr(citations, "_names", {})
    html = drawn('{% citation "09:三(一)1-2" %}')
    assert 'href="/d/09/%E4%B8%89(%E4%B8%80)1"' in html and "城政发〔2024〕9号 三(一)1-2" in html
    assert drawn('{% citation "21:4.1/p1" %}').count('href="/d/21/4.1/p1"') == 1 and "21号文件" in drawn(
        '{% citation "21:4.1/p1" %}'
    )
    assert "href" not in drawn('{% citation "《中华人民共和国行政处罚法》" %}')


def test_a_place_is_told_in_words_and_a_time_of_day_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(citations, "_namers", [lambda slug: f"{slug}号"])
    monkeypatch.setattr(citations, "_names", {})
    assert citations.told("另看(22:4.2(2)③)，22:10 前报 21:4.1/p1s3；21:1.4/b。") == (
        "另看(22号 4.2(2)③)，22:10 前报 21号 4.1第1段第3句；21号 1.4第2种情形。"
    )
    assert citations.told("结束条件（21:4.6/条件）") == "结束条件（21号 4.6/条件）"


def test_a_page_of_citations_asks_for_a_documents_name_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(citations, "_namers", [lambda slug: asked.append(slug) or "城政发〔2024〕9号"])  # type: ignore[func-returns-value,list-item]
    monkeypatch.setattr(citations, "_names", {})
    drawn("{% for n in '12345' %}{% citation '09:一' %}{% endfor %}")
    assert asked == ["09"]


def test_dates_money_and_numbers_are_written_as_an_official_would() -> None:
    assert drawn("{{ t|moment }}", t=datetime(2026, 11, 23, 7, 4, tzinfo=UTC)) == "2026-11-23 15:04"
    assert drawn("{{ t|day }}", t=datetime(2026, 11, 23, 17, 0, tzinfo=UTC)) == "2026-11-24"
    assert drawn("{{ t|moment }}{{ n|day }}", t=date(2026, 11, 23), n=None) == "2026-11-23—"
    assert drawn("{{ f|yuan }} {{ f|wan }}", f=50_000_000) == "￥500,000.00 50.00"
    assert drawn("{{ f|yuan }} {{ f|wan }}", f=None) == "未知 未知"
    assert drawn("{{ n|docno }}", n="城政发[2024]9号") == "城政发〔2024〕9号"


@given(st.text(max_size=40), st.text(max_size=6))
def test_highlighting_changes_no_character_and_lets_no_markup_through(text: str, words: str) -> None:
    import html
    import re

    shown = str(marks.highlight(text, words))
    assert html.unescape(re.sub(r"</?mark>", "", shown)) == text
    assert not re.search(r"<(?!/?mark>)", shown)


class Application(forms.Form):
    name = forms.CharField(label="单位名称", help_text="与公章一致。", error_messages={"required": "请填写单位名称。"})
    stars = forms.ChoiceField(label="星级", choices=[("3", "三星"), ("4", "四星")], widget=forms.RadioSelect)
    agree = forms.BooleanField(label="我已核对", required=False)
    proof = forms.FileField(label="材料", required=False)


def test_a_field_ties_help_and_error_to_its_control() -> None:
    form = Application({"name": "", "stars": "3"})
    html = drawn("{% field form.name %}", form=form)
    assert 'aria-describedby="id_name-help id_name-error"' in html and 'aria-invalid="true"' in html
    assert (
        'id="id_name-help"' in html
        and 'id="id_name-error"' in html
        and '<label class="field-label" for="id_name">' in html
    )


def test_radio_buttons_are_one_group_with_a_name() -> None:
    html = drawn("{% field form.stars %}", form=Application({"name": "x"}))
    assert "<fieldset" in html and "<legend" in html and "星级" in html and 'aria-describedby="id_stars-error"' in html


def test_an_optional_field_says_so() -> None:
    assert "可不填" in drawn("{% field form.proof %}", form=Application())
    assert "可不填" not in drawn("{% field form.name %}", form=Application())


def test_the_error_summary_leads_to_each_field() -> None:
    form = Application({"name": ""})
    form.add_error(None, "两处内容互相矛盾。")
    html = drawn("{% error_summary form %}", form=form)
    assert (
        'role="alert"' in html
        and 'href="#id_name"' in html
        and "请填写单位名称。" in html
        and "两处内容互相矛盾。" in html
    )
    assert drawn("{% error_summary form %}", form=Application()).strip() == ""


@pytest.mark.parametrize(
    ("due", "words"),
    [
        (date(2026, 11, 20), "逾期 3 天"),
        (date(2026, 11, 23), "今天到期"),
        (datetime(2026, 11, 23, 23, 59, tzinfo=UTC), "还剩 1 个工作日"),
        (date(2026, 11, 30), "还剩 5 个工作日"),
        (date(2029, 1, 1), "还剩 770 天"),
        (None, ""),
    ],
)
def test_what_is_left_is_counted_in_working_days_where_the_calendar_knows_them(
    due: date | None, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def weekdays(a: date, b: date) -> int | None:
        span = (b - a).days
        return sum((a + timedelta(n)).weekday() < 5 for n in range(1, span + 1)) if b.year < 2027 else None

    monkeypatch.setattr(days, "_counters", [weekdays])
    with when.at(when.parse_moment("2026-11-23T09:00")):
        assert drawn("{{ due|left }}", due=due) == words
