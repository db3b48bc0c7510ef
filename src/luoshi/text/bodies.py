"""Names of bodies: what looks like one, lists of them, and slips in them. General rules; no district's own names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from luoshi.text.marks import CLOSERS, HAN, OPENERS

_SUFFIX = (
    "支行|分行|局|办|委|部|厅|院|署|处|室|会|联|团|队|所|站|校|组|镇|乡|街道|县|区|市|村|社|馆|台|厂|段|中心|公司|集团|企业|银行|单位|部门|机构|政府|工会|党校|学院|大学|"
    "指挥部|指挥长|办事处|委员会|人武部|管理部|联合会|网信办|政法委|园区|开发区|总站|法院|检察院|群团组织|社会组织|行业协会|运营商|责任人|医院|学校|妇联|残联|科协"
)
_BODY = re.compile(rf"^[{HAN}A-Za-z0-9·\"“”]{{1,30}}(?:{_SUFFIX})$")
_PAREN = re.compile(r"\([^()]{0,40}\)")
COLLECTIVE = re.compile(
    "^(?:街道|乡镇|镇|乡|村|社区|园区)(?:办)?$|^(?:各|全[区市县省]|有关|相关|其他|其它|辖区|属地|所有|[省市县区]直各?(?:有关|相关)|[省市县区]级)|(?:有关|相关|各)(?:部门|单位|镇|街道|企业)|成员单位"
)
# What departments are called after, anywhere in the country: a name made of none of these is looked at twice.
_STEMS = (
    "发展改革|发展和改革|发改|能源|粮食|物资储备|工业和信息化|工信|信息化|教育体育|教育|教体|教科|科学技术|科技|民族|宗教|公安|公安分|交警|民政|司法|财政|人力资源|社会保障|"
    "人社|自然资源|规划|生态环境|环保|住房|城乡建设|住建|城市管理|城管|综合执法|执法|交通运输|交通|公路|水务|水利|农业农村|农业|农机|畜牧|林业|林草|园林|商务|投资促进|招商|文化|"
    "旅游|文旅|文物|广电|新闻出版|卫生健康|卫健|卫体|卫生|体育|疾控|医疗保障|医保|退役军人|退役军人事务|应急管理|应急|消防救援|消防|审计|市场监管|市场监督管理|市场监督|统计|信访|"
    "行政审批|审批|政务服务|数据|大数据|数字|民营经济|金融|国资|国有资产|乡村振兴|扶贫|供销|税务|气象|地震|人防|机关事务|直属机关|档案|保密|机要|编办|机构编制|组织|宣传|统战|"
    "政法|网信|文明|外事|侨务|台办|总工会|工会|团委|妇联|残联|科协|工商联|红十字|法院|检察院|人武|武装|融媒体|供电|电力|通信|邮政|铁路|电信|移动|联通|铁塔|公积金|烟草|海关|市容|环卫|"
    "环境卫生|养老|儿童|疏导|房产|房屋|征收|地质|矿产|煤炭|经济|开发区|园区|河长|防汛|抗旱|禁毒|指挥|督查|政府|人大|政协|纪委|监委|巡察|区委|市委|县委|省委|中心|公司|知识产权|药品|食品"
)
_STEM = re.compile(_STEMS)
_KNOWN_SHAPE = re.compile("(?:局|分局)$")
# glyphs a scanner confuses, both ways
CONFUSED = {
    frozenset(pair)
    for pair in ("政改", "对财", "人入", "按接", "日目", "己已", "宜官", "阻阳", "未末", "土士", "民良", "住佳")
}


@lru_cache(4096)
def looks_like_body(name: str) -> bool:
    """Whether a folded name has the shape of a body: an office, a company, a town, or `各镇(街道)`."""
    plain = _PAREN.sub("", name)
    return 1 < len(plain) <= 34 and (_BODY.match(plain) is not None or COLLECTIVE.match(plain) is not None)


def split_list(text: str) -> list[tuple[int, int]]:
    """[start, end) of the items of a list with 、 (not inside brackets)."""
    spans, depth, start = [], 0, 0
    for at, char in enumerate(text):
        if char in OPENERS:
            depth += 1
        elif char in CLOSERS:
            depth = max(depth - 1, 0)
        elif char in "、," and depth == 0:
            spans.append((start, at))
            start = at + 1
    spans.append((start, len(text)))
    return [(a, b) for a, b in spans if b > a]


@lru_cache(4096)
def doubtful(name: str) -> bool:
    """A bureau (…局) whose name holds no word that bureaus are called after."""
    plain = _PAREN.sub("", name)
    return _KNOWN_SHAPE.search(plain) is not None and _STEM.search(plain) is None


def nearest(name: str, others: Iterable[str], beside: Iterable[str] = ()) -> list[str]:
    """Names one character away from `name`, best first: confused glyphs, then any; none that stands beside it."""
    taken = set(beside)
    close: list[tuple[int, str]] = []
    for other in others:
        if other == name or other in taken or abs(len(other) - len(name)) > 1:
            continue
        rank = _one_apart(name, other)
        if rank:
            close.append((rank, other))
    return [other for _rank, other in sorted(close)]


def _one_apart(left: str, right: str) -> int:
    """1: one confused glyph; 2: one other character changed; 3: one added or lost; 0: further apart."""
    if len(left) == len(right):
        differ = [(a, b) for a, b in zip(left, right, strict=True) if a != b]
        if len(differ) != 1:
            return 0
        return 1 if frozenset(differ[0]) in CONFUSED else 2
    short, long = sorted((left, right), key=len)
    at = next((i for i, char in enumerate(short) if char != long[i]), len(short))
    return 3 if short[at:] == long[at + 1 :] else 0


def variants(names: Iterable[str], known: Mapping[str, str] | None) -> list[tuple[str, str]]:
    """Pairs (longer, shorter) that may be one body: same first character and ending, the shorter's characters in
    order within the longer. Pairs that `known` settles are left out."""
    ordered = sorted({n for n in names if not COLLECTIVE.search(n) and 3 < len(n) < 24}, key=lambda n: (len(n), n))[
        :300
    ]
    pairs = []
    for index, short in enumerate(ordered):
        for long in ordered[index + 1 :]:
            if len(long) == len(short) or long[0] != short[0] or long[-1] != short[-1]:
                continue
            if known and known.get(short) and known.get(short) == known.get(long):
                continue
            if within(short, long) and _same_stem(short, long):
                pairs.append((long, short))
    return pairs


def within(short: str, long: str) -> bool:
    """Whether the characters of `short` stand in `long` in the same order."""
    rest = iter(long)
    return all(char in rest for char in short)


def _same_stem(short: str, long: str) -> bool:
    """区工信局 and 区工业和信息化局 yes; 区委宣传部 and 区委统战宣传部 no matter."""
    return short[1:2] == long[1:2]
