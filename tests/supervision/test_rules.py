"""The pure rules: who may act, which light, which verdict, what conflicts. No database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luoshi.kernel.errors import BadInput
from luoshi.supervision.engine import ACTS, ActorFacts, DutyFacts, State, Who, Wish, after, open_acts, refusal
from luoshi.supervision.lights import GREEN, GREY, RED, YELLOW, LightFacts, LightRules, light
from luoshi.supervision.likeness import Claim, clashes, indicator_key, most_similar, similarity
from luoshi.supervision.measures import number
from luoshi.supervision.periods import MONTHS, following, period_of, previous
from luoshi.supervision.scoring import Weights, score
from luoshi.supervision.verdicts import Aim, Leanings, Measured, Verdict, judge, plain

DAY = date(2024, 12, 31)
days = st.dates(date(2023, 1, 1), date(2028, 12, 31))
ids = st.frozensets(st.integers(1, 4), max_size=3)
duties = st.builds(
    DutyFacts,
    state=st.sampled_from(State),
    confirmed=st.booleans(),
    leads=ids,
    cooperating=ids,
    received=ids,
    doers=ids,
    continuous=st.booleans(),
    stage_result=st.booleans(),
    stage_done=st.booleans(),
    deadline=st.none() | days,
    evidence=st.integers(0, 2),
    returned_without_answer=st.booleans(),
    open_targets=st.sampled_from([(), ("产值",)]),
    resume_to=st.none() | st.sampled_from(State),
)
actors = st.builds(ActorFacts, user=st.integers(1, 4), supervises=st.booleans(), handles=ids, belongs=ids)


@given(duties, actors, st.sampled_from(sorted(ACTS)), st.text(max_size=3))
def test_every_refusal_says_why_and_every_open_act_leads_somewhere(duty, actor, code, words) -> None:
    why = refusal(duty, actor, Wish(code, words=words))
    assert why is None or why.strip()
    if why is None:
        assert duty.state in ACTS[code].sources and after(duty, code) in State


@given(duties, actors)
def test_nobody_accepts_own_work_whatever_roles_they_hold(duty, actor) -> None:
    for code in ("verify", "accept"):
        if refusal(duty, actor, Wish(code, words="核实", despite="理由")) is None:
            assert actor.supervises
            assert actor.user not in duty.doers
            assert not actor.belongs & duty.bodies


@given(duties, actors)
def test_only_the_bodies_people_do_the_bodies_acts(duty, actor) -> None:
    for act in open_acts(duty, actor):
        if act.who in (Who.BODY, Who.LEAD):
            assert actor.handles & duty.bodies
        else:
            assert actor.supervises


@given(duties)
def test_a_closed_duty_is_reached_only_through_verification(duty) -> None:
    for code, act in ACTS.items():
        if act.to is State.CLOSED:
            assert code == "accept" and act.sources == {State.VERIFYING}


lightfacts = st.builds(
    LightFacts,
    state=st.sampled_from(State),
    confirmed=st.booleans(),
    goal=st.booleans(),
    deadline=st.none() | days,
    continuous=st.booleans(),
    stage_done=st.none() | days,
    closed_on=st.none() | days,
    started_on=st.none() | days,
    reported_until=st.none() | days,
    period=st.sampled_from(sorted(MONTHS)),
    broken=st.sampled_from([(), ("签收",)]),
    unset=st.sampled_from([(), ("PM10",)]),
    missed=st.sampled_from([(), ("产值",)]),
    unjudged=st.sampled_from([(), ("比重",)]),
    met=st.sampled_from([(), ("家数",)]),
)


@given(lightfacts, days)
def test_a_slot_the_city_has_not_set_is_never_green(facts, day) -> None:
    found = light(facts, day)
    assert found.why
    if facts.unset:
        assert found.colour != GREEN


def test_a_period_never_reported_stays_red_while_the_next_may_still_be() -> None:
    facts = LightFacts(State.IN_PROGRESS, continuous=True, period="month", started_on=date(2023, 1, 1))
    assert [light(facts, date(2023, month, day)).colour for month, day in ((2, 3), (2, 11), (3, 3), (3, 11))] == [
        YELLOW, RED, RED, RED,
    ]  # fmt: skip
    reported = replace(facts, reported_until=date(2023, 1, 31))
    assert light(reported, date(2023, 3, 3)).colour == YELLOW


@given(lightfacts, days)
def test_a_light_keeps_its_colour_until_the_day_it_says(facts, day) -> None:
    """The daily recomputation looks only at duties whose day has come: a light must not turn before."""
    found = light(facts, day)
    end = found.until or day + timedelta(days=200)
    assert end > day
    for later in (day + timedelta(days=1), day + (end - day) // 2, end - timedelta(days=1)):
        events = [d for d in (facts.closed_on, facts.stage_done, facts.started_on) if d and day < d <= later]
        if day < later < end and not events:
            assert light(facts, later).colour == found.colour


@pytest.mark.parametrize(
    ("day", "colour"),
    [
        (date(2024, 11, 30), GREEN),
        (date(2024, 12, 1), YELLOW),
        (date(2024, 12, 31), YELLOW),
        (date(2025, 1, 1), RED),
    ],
)
@pytest.mark.clause("09:三(一)1-2")
def test_a_dated_duty_turns_yellow_thirty_days_before_and_red_the_day_after(day, colour) -> None:
    assert light(LightFacts(State.IN_PROGRESS, deadline=DAY), day, LightRules(warn_days=30)).colour == colour


def test_a_continuing_duty_is_judged_by_its_reporting_period_and_nothing_else() -> None:
    going = LightFacts(State.IN_PROGRESS, continuous=True, started_on=date(2024, 10, 8))
    assert light(LightFacts(State.ESTABLISHED, continuous=True), DAY).colour == GREY
    assert light(going, date(2024, 11, 1)).colour == GREEN
    assert light(going, date(2024, 12, 25)).colour == YELLOW
    assert light(going, date(2025, 1, 10)).colour == YELLOW
    assert light(going, date(2025, 1, 11)).colour == RED
    reported = LightFacts(State.IN_PROGRESS, continuous=True, started_on=date(2024, 10, 8), reported_until=DAY)
    assert light(reported, date(2025, 1, 11)).colour == GREEN


def test_a_goal_is_green_only_when_every_binding_target_is_known_to_be_met() -> None:
    assert light(LightFacts(State.ESTABLISHED, goal=True, met=("甲",)), DAY).colour == GREEN
    assert light(LightFacts(State.ESTABLISHED, goal=True, met=("甲",), unjudged=("乙",)), DAY).colour == GREY
    assert light(LightFacts(State.ESTABLISHED, goal=True, met=("甲",), missed=("乙",)), DAY).colour == RED


@given(st.sampled_from(sorted(MONTHS)), days)
def test_periods_tile_the_calendar(kind, day) -> None:
    period = period_of(kind, day)
    assert period.first <= day <= period.last
    assert following(period).first == period.last + timedelta(days=1)
    assert previous(following(period)) == period


def reading(value: str, end: date = DAY, **more) -> Measured:
    return Measured(Decimal(value), end, **more)


@pytest.mark.clause("26:一(二)1-2")
def test_breaking_through_thirty_needs_thirty_one() -> None:
    aim = Aim("高新技术企业数", ">", Decimal(30), due=DAY)
    after_due = DAY + timedelta(days=1)
    assert judge(aim, [reading("30")], after_due).verdict == Verdict.MISSED
    assert judge(aim, [reading("31")], after_due).verdict == Verdict.MET


@pytest.mark.clause("09:二(一)")
def test_a_value_the_city_has_not_given_is_awaited_even_with_readings() -> None:
    aim = Aim("环境空气质量约束性指标", "=", awaited_from="晋城市人民政府", due=DAY)
    found = judge(aim, [reading("35")], DAY)
    assert found.awaited and found.label == "待下达" and found.verdict == Verdict.UNKNOWN


@pytest.mark.clause("26:一(二)1-1")
def test_a_rate_without_its_base_period_cannot_be_judged() -> None:
    aim = Aim("单位GDP能源消耗下降率", ">=", Decimal(18), unit="%", due=DAY, baseline_missing=True)
    found = judge(aim, [reading("20")], DAY + timedelta(days=1))
    assert found.verdict == Verdict.UNKNOWN and "缺基期" in found.why


@pytest.mark.clause("09:三(四)14-6")
def test_about_eighty_percent_leans_on_a_named_tolerance() -> None:
    aim = Aim("机械化清扫率", ">=", Decimal(80), unit="%", due=DAY, fuzzy="左右")
    later = DAY + timedelta(days=1)
    found = judge(aim, [reading("76")], later)
    assert found.verdict == Verdict.MET and found.leanings[0].key == "督办·左右"
    assert judge(aim, [reading("75.9")], later).verdict == Verdict.MISSED
    assert judge(aim, [reading("76")], later, Leanings(about_tolerance=Decimal(0))).verdict == Verdict.MISSED


@pytest.mark.clause("09:三(四)16-2", "26:一(二)3-1")
def test_stable_above_ninety_means_every_period() -> None:
    aim = Aim("秸秆综合利用率", ">=", Decimal(90), stable=True, since=date(2024, 5, 9))
    rows = [reading("89", date(2024, 6, 30)), reading("93", date(2024, 12, 31))]
    assert judge(aim, rows, DAY).verdict == Verdict.MISSED
    assert judge(aim, rows, DAY, Leanings(stable_every_period=False)).verdict == Verdict.MET
    earlier = [reading("80", date(2023, 12, 31)), reading("93")]
    assert judge(aim, earlier, DAY).verdict == Verdict.MET


@pytest.mark.clause("09:三(三)11.1-3")
def test_basically_all_has_no_number_and_is_not_guessed() -> None:
    aim = Aim("新能源占比", ">=", None, unit="%", due=DAY, fuzzy="基本实现")
    assert judge(aim, [reading("96")], DAY).verdict == Verdict.UNKNOWN


@pytest.mark.clause("09:二(二)2")
def test_a_rank_is_compared_with_the_same_period_last_year_or_not_at_all() -> None:
    aim = Aim("综合指数排名", "<", None, baseline="上年同期", binding=False)
    assert judge(aim, [reading("112")], DAY).verdict == Verdict.UNKNOWN
    assert judge(aim, [reading("112", reference=Decimal(120))], DAY).verdict == Verdict.MET
    assert judge(aim, [reading("115", reference=Decimal(112))], DAY).verdict == Verdict.MISSED


def test_not_yet_reached_before_the_due_date_is_no_failure() -> None:
    aim = Aim("家数", ">=", Decimal(65), due=DAY)
    found = judge(aim, [reading("40", date(2024, 9, 30))], date(2024, 10, 10))
    assert found.verdict == Verdict.UNKNOWN and "尚未到期" in found.why
    stale = judge(aim, [reading("40", date(2024, 9, 30))], date(2025, 1, 10))
    assert stale.verdict == Verdict.UNKNOWN and "缺到期日的读数" in stale.why


def test_a_later_reading_does_not_change_what_was_true_on_the_day() -> None:
    aim = Aim("家数", ">=", Decimal(65), due=DAY)
    rows = [reading("60"), reading("70", date(2025, 3, 31))]
    assert judge(aim, rows, date(2025, 4, 10)).verdict == Verdict.MISSED
    assert judge(aim, rows, date(2024, 12, 30)).verdict == Verdict.UNKNOWN


@given(
    st.decimals(-1000, 1000, places=2),
    st.decimals(-1000, 1000, places=2),
    st.sampled_from([">=", ">", "<=", "<", "="]),
    days,
)
def test_verdicts_are_exact_and_never_unknown_with_a_reading_at_the_due_date(value, goal, op, day) -> None:
    found = judge(Aim("x", op, goal, due=DAY), [Measured(value, DAY)], DAY + timedelta(days=1))
    truth = {">=": value >= goal, ">": value > goal, "<=": value <= goal, "<": value < goal, "=": value == goal}[op]
    assert found.verdict == (Verdict.MET if truth else Verdict.MISSED)


@pytest.mark.clause("26:二(五)3", "26:三(八)3", "26:一(二)1-2")
def test_thirty_and_fifty_five_high_tech_enterprises_are_a_conflict() -> None:
    year = date(2024, 12, 31)
    claims = [
        Claim(1, "高新技术企业数", ">=", Decimal(30), "家", year),
        Claim(2, "全区高新技术企业", ">", Decimal(55), "家", year),
        Claim(3, "高新技术企业", ">", Decimal(30), "家", date(2025, 12, 31)),
        Claim(4, "新培育专精特新企业", ">=", Decimal(5), "家", year),
    ]
    [found] = clashes(claims)
    assert found.members == (1, 2, 3) and "不一致" in found.why and "要求低" in found.why


def test_a_value_that_rises_with_the_years_is_a_plan_and_no_conflict() -> None:
    claims = [
        Claim(1, "绿化率", ">=", Decimal(30), "%", date(2024, 12, 31)),
        Claim(2, "绿化率", ">=", Decimal(40), "%", date(2025, 12, 31)),
        Claim(3, "绿化率", ">=", None, "%", date(2025, 12, 31)),
    ]
    assert clashes(claims) == []
    assert clashes([Claim(1, "甲", "=", Decimal(1), "家", DAY), Claim(2, "甲", "=", Decimal(2), "个", DAY)]) == []


@given(st.text(alphabet="高新技术企业全区年内力争家个总数量达到突破()() ,·ABab12", max_size=20))
def test_indicator_names_have_one_spelling(name) -> None:
    assert indicator_key(indicator_key(name)) == indicator_key(name)
    assert indicator_key("全区" + "高新技术企业数") == indicator_key("高新技术企业(家数)".replace("家数", ""))


@given(st.text(max_size=30), st.text(max_size=30))
def test_similarity_is_symmetric_and_bounded(one, other) -> None:
    assert similarity(one, other) == similarity(other, one)
    assert 0 <= similarity(one, other) <= 1
    assert most_similar("建设政务自助超市", [(1, "新建政务自助超市"), (2, "秸秆还田")]) == 1


@given(
    st.dictionaries(
        st.sampled_from(["red", "green", "yellow", "grey", "receipt_ok", "report_late"]), st.integers(0, 50)
    )
)
def test_scores_stay_within_a_hundred_and_unknown_is_left_out(counts) -> None:
    found = score(counts)
    assert found.points is None or 0 <= found.points <= 100
    assert score({**counts, "grey": 999}).points == found.points
    assert score({"grey": 5}).points is None
    assert score({"green": 1, "red": 1}, Weights()).points == Decimal("50.0")


@pytest.mark.parametrize(("text", "value"), [("35", "35"), ("98.5%", "98.5"), (" 1,200 ", "1200"), ("-3.25", "-3.25")])
def test_people_type_numbers_in_many_ways(text, value) -> None:
    assert plain(number(text)) == value


@pytest.mark.parametrize("text", ["", "三十", "1e99", "NaN", "0.1234567", "inf"])
def test_what_is_no_number_is_said_to_be_none(text) -> None:
    with pytest.raises(BadInput):
        number(text)
