"""Deadlines, responsibilities and targets in the words official documents use."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luoshi.text import Document, Target, read
from luoshi.text.deadlines import deadline
from luoshi.text.model import exact
from luoshi.text.quantities import quantities


def document(sentence: str, heading: str = "工作任务", known: dict[str, str] | None = None) -> Document:
    head = "青江市人民政府\n关于演示的通知\n\n青政发〔2025〕1号\n\n各县:\n\n"
    text = head + f"一、{heading}\n\n(一)甲。{sentence}\n\n青江市人民政府\n2025年1月2日\n"
    return read(text, known=known).documents[0]


def one(sentence: str) -> Target:
    (target,) = document(sentence).targets
    return target


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("2024年底前", date(2024, 12, 31)),
        ("2024年年底前", date(2024, 12, 31)),
        ("2024年12月底前", date(2024, 12, 31)),
        ("2024年2月底前", date(2024, 2, 29)),
        ("年底前", date(2025, 12, 31)),
        ("9月底前", date(2025, 9, 30)),
        ("7月15日前", date(2025, 7, 15)),
        ("2026年7月15日前", date(2026, 7, 15)),
        ("到2025年", date(2025, 12, 31)),
        ("到2025年底", date(2025, 12, 31)),
        ("2025年上半年", date(2025, 6, 30)),
        ("2025年第三季度末", date(2025, 9, 30)),
        ("到2026年6月", date(2026, 6, 30)),
        ("“十四五”期末", date(2025, 12, 31)),
        ("年内", date(2025, 12, 31)),
        ("2025年13月底前", None),
        ("2025年2月30日前", None),
        ("尽快", None),
        ("三年内", None),
        ("自发布之日起30日内", None),
    ],
)
def test_days_are_read_and_never_invented(words: str, day: date | None) -> None:
    folded = words.replace("“", '"').replace("”", '"')
    assert deadline(folded, 2025).date == day


def test_a_year_taken_from_the_document_is_marked() -> None:
    assert deadline("9月底前", 2025).assumed_year
    assert not deadline("2025年9月底前", 2025).assumed_year
    assert deadline("9月底前", None).date is None


@pytest.mark.parametrize(
    ("words", "day", "stage", "continuous"),
    [
        ("2024年底前取得阶段性成效,持续推进", date(2024, 12, 31), True, True),
        ("持续推进", None, False, True),
        ("长期坚持", None, False, True),
        ("每年", None, False, True),
        ("每年12月底前", None, False, True),
        ("2025年12月底前", date(2025, 12, 31), False, False),
    ],
)
def test_a_time_limit_says_day_stage_and_duration(words: str, day: date | None, stage: bool, continuous: bool) -> None:
    found = deadline(words, 2024)
    assert (found.date, found.stage_result, found.continuous) == (day, stage, continuous)


@pytest.mark.parametrize(
    ("bracket", "bodies", "lead", "cooperate", "division"),
    [
        ("[区住建局牵头负责]", ["区住建局"], ["区住建局"], [], "牵头负责"),
        (
            "〔区住建局、区财政局等按职责分工负责〕",
            ["区住建局", "区财政局"],
            ["区住建局", "区财政局"],
            [],
            "按职责分工负责",
        ),
        (
            "[区住建局、区发改(能源)局等按职责分工牵头负责,各镇(街道)配合]",
            ["区住建局", "区发改(能源)局", "各镇(街道)"],
            ["区住建局", "区发改(能源)局"],
            ["各镇(街道)"],
            "按职责分工牵头负责",
        ),
        ("(责任单位:县住建局、县水务局)", ["县住建局", "县水务局"], [], [], ""),
        ("「责任部门:县住建局;完成时限:持续推进」", ["县住建局"], [], [], ""),
        (
            "【牵头单位：市住建局；配合单位：市财政局、市审计局】",
            ["市住建局", "市财政局", "市审计局"],
            ["市住建局"],
            ["市财政局", "市审计局"],
            "",
        ),
        (
            "[市住建局牵头,市财政局、各有关部门按职责分工负责]",
            ["市住建局", "市财政局", "各有关部门"],
            ["市住建局"],
            ["市财政局", "各有关部门"],
            "牵头;按职责分工负责",
        ),
        ("(县住建局、县财政局)", ["县住建局", "县财政局"], [], [], ""),
    ],
)
def test_brackets_name_bodies_in_printed_order(
    bracket: str, bodies: list[str], lead: list[str], cooperate: list[str], division: str
) -> None:
    (item,) = document("推进改造。" + bracket).responsibilities
    assert (item.bodies, item.lead, item.cooperate, item.division) == (bodies, lead, cooperate, division)
    assert item.raw == bracket


@pytest.mark.parametrize(
    "aside", ["(试行)", "(以下简称中心)", "(含阳光小区)", "[2024年版]", "(区网信办)", "(运距500公里以上)", "(见附件1)"]
)
def test_other_brackets_name_nobody(aside: str) -> None:
    assert document("推进改造" + aside).responsibilities == []


def test_lines_of_lead_and_help_make_one_responsibility() -> None:
    text = "演示预案\n\n一、分工\n\n(一)抢修组\n\n牵头部门:区住建局\n\n组成部门:区水务局、区应急局\n\n职责:抢修。"
    (item,) = read(text).documents[0].responsibilities
    assert (item.path, item.lead, item.cooperate) == ("一(一)", ["区住建局"], ["区水务局", "区应急局"])


def test_a_body_outside_the_known_list_is_named_with_its_neighbour() -> None:
    known = {"区财政局": "区财政局", "区住建局": "区住房和城乡建设局"}
    found = document("推进。[区对政局、区住建局负责]", known=known)
    assert found.responsibilities[0].known == {"区住建局": "区住房和城乡建设局"}
    (finding,) = [f for f in found.findings if f.code == "body_unknown"]
    assert (finding.raw, finding.suggestion, finding.path) == ("区对政局", "区财政局", "一(一)")


@pytest.mark.parametrize(
    ("sentence", "indicator", "op", "value", "unit"),
    [
        ("秸秆综合利用率稳定在90%以上。", "秸秆综合利用率", ">=", "90", "%"),
        ("年均浓度控制在35微克/立方米以下。", "年均浓度", "<=", "35", "微克/立方米"),
        ("高新技术企业突破30家。", "高新技术企业", ">", "30", "家"),
        ("农产品标准化率达到100%。", "农产品标准化率", "=", "100", "%"),
        ("食品抽检合格率达98.5%以上。", "食品抽检合格率", ">=", "98.5", "%"),
        ("次品率不高于0.35%。", "次品率", "<=", "0.35", "%"),
        ("推出不少于30个跨市通办事项。", "推出跨市通办事项", ">=", "30", "个"),
        ("发放3000万元消费券。", "发放消费券", ">=", "3000", "万元"),
        ("新建5个夜经济专区。", "新建夜经济专区", ">=", "5", "个"),
        ("新增造林1,200亩。", "新增造林", ">=", "1200", "亩"),
        ("推进燃煤设施动态清零。", "推进燃煤设施", "=", "0", ""),
        ("城区管网实现全覆盖。", "城区管网", "=", "100", "%"),
        ("80%以上的敬老院评定为一级。", "敬老院评定为一级", ">=", "80", "%"),
    ],
)
def test_targets_are_read_from_their_words(sentence: str, indicator: str, op: str, value: str, unit: str) -> None:
    target = one(sentence)
    assert (target.indicator, target.op, target.value, target.unit) == (indicator, op, Decimal(value), unit)


@pytest.mark.parametrize(
    ("sentence", "indicator", "op", "value", "unit"),
    [
        ("大宗货物中长距离运输(运距800公里以上)优先采用铁路运输。", "运距", ">=", "800", "公里"),
        ("新建年运量200万吨以上的物流园区,原则上接入铁路专用线。", "年运量", ">=", "200", "万吨"),
        ("6蒸吨及以下的生物质锅炉逐步实施清洁能源替代。", "生物质锅炉", "<=", "6", "蒸吨"),
        ("推进淘汰第三阶段及以下排放标准的机械。", "排放标准的机械", "<=", "3", "阶段"),
        ("加快淘汰国三及以下排放标准柴油货车。", "排放标准柴油货车", "<=", "3", "阶段"),
        ("2万平方米以上公共建筑一律采用绿色建材。", "公共建筑", ">=", "2", "万平方米"),
    ],
)
def test_a_bound_of_a_rule_is_read_and_marked(sentence: str, indicator: str, op: str, value: str, unit: str) -> None:
    target = one(sentence)
    assert target.indicator.endswith(indicator)
    assert (target.op, target.value, target.unit, target.threshold) == (op, Decimal(value), unit, True)


def test_a_bounded_class_completed_is_all_of_it() -> None:
    target = one("完成20蒸吨/小时及以上燃气锅炉监控设施安装,并与监管部门联网。")
    assert (target.op, target.value, target.unit, target.implied, target.threshold) == ("=", 100, "%", True, False)


def test_the_average_of_the_others_is_once_that() -> None:
    target = one("到2026年,劳动生产率力争达到全市平均水平。")
    assert (target.indicator, target.value, target.unit, target.baseline) == ("劳动生产率", 1, "倍", "全市平均水平")
    assert target.fuzzy == "力争"


def test_hours_of_opening_are_a_target_and_a_watch_is_not() -> None:
    assert (one("自助超市24小时不打烊。").value, one("自助超市24小时不打烊。").unit) == (24, "小时")
    assert document("实行24小时值班制度。").targets == []


@pytest.mark.parametrize(
    "sentence",
    [
        "落实人才新政20条。",
        "65岁以上老年人优先办理。",
        "年产值在500吨以上的企业名单另行公布。",
        "降雨量达到50毫米以上时。",
        "总投资1000万元以上的项目优先支持。",
        "配备2吨以上叉车。",
        "已出台惠企措施16条。",
        "在全国168个重点城市排名中前进。",
        "对新评定的酒店给予奖励50万元。",
        "处5万元以上10万元以下罚款。",
        "年营业额在1000万元以上的酒店纳入。",
        "30分钟内再呈送文字报告。",
        "依托12345热线受理。",
        "执行《标准》(GB/T 41648-2022)。",
        "2024年7月9日召开会议。",
        "第61次常务会议研究。",
        "造成10人以上死亡的事故。",
        '推行"1+1+N"体系。',
        "构建四级9个领域清单。",
    ],
)
def test_figures_that_are_no_aim_are_left_alone(sentence: str) -> None:
    assert document(sentence).targets == []


def test_a_target_keeps_its_due_date_fuzzy_words_and_baseline() -> None:
    rate, coal = document("到2025年,清扫率力争达80%左右,煤炭消费量较2020年实现负增长。").targets
    assert (rate.due, rate.fuzzy, rate.value) == (date(2025, 12, 31), "力争、左右", 80)
    assert (coal.due, coal.baseline, coal.op, coal.value, coal.implied) == (date(2025, 12, 31), "2020", "<", 0, True)


def test_a_range_is_two_numbers() -> None:
    target = one("打造5-10个星级生活圈。")
    assert (target.op, target.value) == ("range", [5, 10])


def test_figures_without_a_number_stay_without_one() -> None:
    targets = document("到2025年,甲指标、乙指标完成市定指标。").targets
    assert [(t.indicator, t.value, t.fuzzy) for t in targets] == [("甲指标", None, "市定"), ("乙指标", None, "市定")]


def test_one_indicator_with_two_figures_is_reported() -> None:
    found = document("年内高新技术企业达到30家。高新技术企业年内突破55家。")
    assert "target_conflict" in [f.code for f in found.findings]


@given(st.decimals(min_value=0, max_value=10**9, places=4, allow_nan=False, allow_infinity=False))
def test_numbers_are_exact_down_to_the_json(value: Decimal) -> None:
    (quantity,) = quantities(f"达到{value}%")
    assert quantity.value == value
    assert Decimal(str(exact(value))) == value
