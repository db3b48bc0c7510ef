"""Readings, parameters and findings: who may say, four eyes, dated values, nothing silent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luoshi.accounts.models import User
from luoshi.directory.models import Body
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.queries import history
from luoshi.norms import actions, queries, values
from luoshi.norms.models import Finding, Instrument, Interpretation, Pack, Parameter

pytestmark = pytest.mark.django_db
Person = Callable[..., User]


@pytest.fixture
def instrument(db: None) -> Instrument:
    pack = Pack.objects.create(id="demo", district="演示县")
    return Instrument.objects.create(
        pack=pack, slug="03", number="演政发〔2024〕3号", title="演示", date=date(2024, 3, 1)
    )


@pytest.fixture
def bureau(db: None) -> Body:
    return Body.objects.create(pack="demo", name="县文旅局", kind="bureau")


@pytest.fixture
def reading(instrument: Instrument, bureau: Body) -> Interpretation:
    return Interpretation.objects.create(
        key="A01", instrument=instrument, question="“以上”是否含本数?", body="县文旅局", cites=["03:二(一)"],
        options=[{"value": "inclusive", "label": "含"}, {"value": "exclusive", "label": "不含"}], default="inclusive",
    )  # fmt: skip


def test_answer_counts_as_inferred_until_another_person_confirms(
    reading: Interpretation, bureau: Body, person: Person
) -> None:
    first, second = person("甲", "chief", body=bureau), person("乙", "chief", body=bureau)
    assert queries.reading("A01") == {"key": "A01", "value": "inclusive", "status": "inferred"}
    actions.answer_interpretation(reading, "exclusive", reason="局务会", by=first)
    assert queries.reading("A01") == {"key": "A01", "value": "exclusive", "status": "inferred"}
    with pytest.raises(Refused, match="另一人"):
        actions.confirm_interpretation(reading, reason="同意", by=first)
    actions.confirm_interpretation(reading, reason="同意", by=second)
    assert queries.reading("A01") == {"key": "A01", "value": "exclusive", "status": "confirmed"}
    assert [entry.kind for entry in history("interpretation:A01")] == ["norms.answered", "norms.confirmed"]


def test_only_people_acting_for_the_named_body_may_answer(reading: Interpretation, person: Person) -> None:
    other = Body.objects.create(pack="demo", name="县教育局", kind="bureau")
    with pytest.raises(Refused, match="县文旅局"):
        actions.answer_interpretation(reading, "inclusive", reason="试", by=person("丙", "chief", body=other))
    with pytest.raises(Refused, match="权限"):
        actions.answer_interpretation(reading, "inclusive", reason="试", by=person("丁", "clerk"))
    assert history("interpretation:A01") == []


def test_answer_outside_the_options_or_without_reason_is_not_taken(
    reading: Interpretation, bureau: Body, person: Person
) -> None:
    chief = person("甲", "chief", body=bureau)
    with pytest.raises(BadInput, match="选项"):
        actions.answer_interpretation(reading, "maybe", reason="试", by=chief)
    with pytest.raises(BadInput, match="理由"):
        actions.answer_interpretation(reading, "inclusive", reason="  ", by=chief)
    with pytest.raises(Refused, match="还没有人答复"):
        actions.confirm_interpretation(reading, reason="同意", by=chief)


def test_answering_anew_opens_a_confirmed_reading(reading: Interpretation, bureau: Body, person: Person) -> None:
    first, second = person("甲", "chief", body=bureau), person("乙", "chief", body=bureau)
    actions.answer_interpretation(reading, "exclusive", reason="会议", by=first)
    actions.confirm_interpretation(reading, reason="同意", by=second)
    actions.answer_interpretation(reading, "inclusive", reason="市里来文", by=second)
    assert (reading.status, reading.confirmed_by) == ("inferred", None)


@pytest.fixture
def limit(instrument: Instrument) -> Parameter:
    return Parameter.objects.create(key="p.limit", instrument=instrument, label="限额", kind="fen", cite="03:二(一)")


def test_parameter_without_a_value_is_not_configured_never_nought(limit: Parameter) -> None:
    assert queries.parameter("p.limit", date(2024, 6, 1)) is None
    assert limit.blank_word == "未配置"
    limit.awaited_from = "市文旅局"
    assert limit.blank_word == "待下达"


def test_editor_sets_a_value_from_a_day_and_the_older_one_ends_there(limit: Parameter, person: Person) -> None:
    editor = person("文", "editor")
    actions.set_parameter(limit, "5,000.50", valid_from=date(2024, 1, 1), source="甲文", by=editor)
    actions.set_parameter(limit, "6000", valid_from=date(2025, 1, 1), source="乙文", by=editor)
    assert queries.parameter("p.limit", date(2023, 12, 31)) is None
    assert queries.parameter("p.limit", date(2024, 12, 31)) == 500050
    assert queries.parameter("p.limit", date(2025, 1, 1)) == 600000
    assert len(history("parameter:p.limit")) == 2


def test_value_set_before_a_later_one_ends_where_that_begins(limit: Parameter, person: Person) -> None:
    editor = person("文", "editor")
    actions.set_parameter(limit, "2", valid_from=date(2025, 1, 1), source="乙文", by=editor)
    row = actions.set_parameter(limit, "1", valid_from=date(2024, 1, 1), source="甲文", by=editor)
    assert row.valid_until == date(2025, 1, 1)
    with pytest.raises(BadInput, match="2025-01-01"):
        actions.set_parameter(
            limit, "1", valid_from=date(2024, 3, 1), valid_until=date(2025, 2, 1), source="丙文", by=editor
        )


@pytest.mark.parametrize(("typed", "field"), [("", "value"), ("abc", "value"), ("1.234", "value"), ("nan", "value")])
def test_value_that_is_no_amount_is_refused_with_its_field(
    limit: Parameter, person: Person, typed: str, field: str
) -> None:
    with pytest.raises(BadInput) as caught:
        actions.set_parameter(limit, typed, valid_from=date(2024, 1, 1), source="甲文", by=person("文", "editor"))
    assert caught.value.field == field
    with pytest.raises(BadInput, match="依据"):
        actions.set_parameter(limit, "1", valid_from=date(2024, 1, 1), source=" ", by=person("武", "editor"))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9))
def test_numbers_typed_come_back_exact(number: Decimal) -> None:
    assert values.typed("number", values.stored("number", str(number))) == number


def test_editor_decides_a_finding_and_the_correction_stands_beside_the_text(
    instrument: Instrument, person: Person, django_assert_num_queries: object
) -> None:
    from luoshi.kernel import when
    from luoshi.norms import margin

    finding = Finding.objects.create(
        instrument=instrument, code="slip", path="二(一)", message="疑为误识", raw="准人", suggestion="准入",
        fingerprint="1", found_at=when.now(),
    )  # fmt: skip
    editor = person("文", "editor")
    with pytest.raises(BadInput, match="更正后"):
        actions.decide_finding(finding, "corrected", reason="对照原件", by=editor)
    with pytest.raises(Refused):
        actions.decide_finding(finding, "dismissed", reason="无误", by=person("窗", "clerk"))
    assert "二(一)" not in margin.collect(instrument, public=True)
    actions.decide_finding(finding, "corrected", correction="准入", reason="对照原件", by=editor)
    note = margin.collect(instrument, public=True)["二(一)"][0]
    assert "准人" in note.text and "准入" in note.text
    assert history(f"finding:{finding.pk}")[0].kind == "norms.finding_decided"
