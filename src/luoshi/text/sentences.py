"""Who answers for what where a sentence says so: 由甲局牵头,乙局、丙局配合; 甲局会同乙局制定; 甲局:负责…

Precision first: the subject must be recognisable as one or more bodies, must open the clause (or follow 由), and the
verb is one of a closed list. What names nobody (各自负责, 主要负责人) names nobody here either."""

from __future__ import annotations

import re
from functools import lru_cache

from luoshi.text.bodies import looks_like_body, split_list
from luoshi.text.deadlines import times
from luoshi.text.marks import CLOSERS, OPENERS
from luoshi.text.model import Deadline, Responsibility

_QUICK = re.compile("牵头|负责|会同")
_VERB = re.compile(
    "牵头(?!负责解释|单位|部门|人|领导)|负责(?!人|同志|制|任|解释|部门|单位)|会同|配合|协助|协同|参与|(?:按照?|依据|根据|在)各自的?职责(?:分工|权限|范围)?内?(?=做好|承担|开展|落实|,|$)"
)
_STOP = re.compile("[。;!?]")
_CUT = re.compile("[,:]")
_REACH = 160  # characters a list of bodies may reach back from its verb
_ADVERB = re.compile(
    "(?:(?:等(?:[省市县区]直?)?各?(?:相关|有关)?(?:职能)?(?:部门|单位)?)?"
    "(?:要|应当?|须|按照?(?:各自)?(?:职责|职能)?(?:分工)?|根据(?:各自)?职责(?:分工)?|具体|共同|分别|统一|统筹|主要|总体|各自|全面|密切|积极|依法)*)$"
)
_STRONG = re.compile(
    "(?:局|厅|委|办|办公室|署|部|院|处|所|站|社|政府|办事处|街道|乡|镇|镇街|中心|公司|集团|大队|支队|总队|联合会|工会|妇联|残联|科协|银行|委员会|管委会|指挥部|领导小组|专班|"
    "工作组|园区|开发区|学校|医院|主管部门|(?:有关|相关|各|政|务|安|理|通|业|设|管|会|育|技|化|康|障|监|计|审批)部门|(?:有关|相关|成员|各|直属|主管)单位)$"
)
_NO_BODY = re.compile(
    "[的了将使让把对为并且或若凡其此该本某]|^(?:加强|推动|督促|指导|支持|鼓励|引导|建立|完善|成立|要求|明确|依托|协调|发挥|强化|压实|落实|联合|根据|经(?!济|信|发|开|贸)|报|向|以|在|从|按|即|如|"
    "未|不|需|可|应(?!急)|进|做|与|和|是|有(?!关)|无(?!线)|由)|(?:内|全|局|干|外|总|到|各|好|场|住|之|用|近|以)[部处所]$|^[^县区市州省]?(?:会所|公办|民办|主办|承办|督办|交办|催办|首问|厕所)$"
)
_TAIL = re.compile(
    "(?:负责|组织|制定|实施|推进|落实|做好|抓好|开展|建立|编制|修订|统筹|推动|协调|研究|按|共同|完成|出台|提出|加强|指导|对|根据|依法|定期|及时|并|督促|适时|联合|在|于)"
)
_HELP = ("配合", "协助", "协同", "参与")
_AFTER_HELP = re.compile("[,;。)]|$|做好|实施|推进|开展|落实|完成|抓好|工作|执行|办理|参与|配合|支持")


@lru_cache(4096)
def is_body(name: str) -> bool:
    """Whether a folded name can only be a body: its ending, its beginning, no word a clause is made of."""
    plain = re.sub(r"\([^()]{0,40}\)", "", name)
    return (
        1 < len(plain) <= 24
        and _STRONG.search(plain) is not None
        and _NO_BODY.search(plain) is None
        and looks_like_body(plain)
    )


def read_sentences(path: str, text: str, folded: str, year: int | None) -> list[Responsibility]:
    """The responsibilities stated in the sentences of one paragraph, in order; each marked `sentence`."""
    if not _QUICK.search(folded):
        return []
    found: list[Responsibility] = []
    start = 0
    for stop in [*(m.start() for m in _STOP.finditer(folded)), len(folded)]:
        if stop > start and _QUICK.search(folded, start, stop):
            found += _sentence(path, text[start:stop], folded[start:stop], year)
        start = stop + 1
    return found


def _sentence(path: str, text: str, folded: str, year: int | None) -> list[Responsibility]:
    items: list[Responsibility] = []
    for verb in _VERB.finditer(folded):
        names, opened, adverb = _subject(text, folded, verb.start())
        if names:
            _state(items, path, text, folded, verb, names, adverb)
            if items:
                items[-1].open_list = items[-1].open_list or opened
        elif verb.group() == "会同" and items and folded[verb.start() - 1 : verb.start()] in (",", "头"):
            _add(items[-1], _objects(text, folded, verb.end()), helping=True)
    limit = _limit(text, folded, year) if items else Deadline()
    for item in items:
        item.deadline = limit
    return items


def _state(
    items: list[Responsibility], path: str, text: str, folded: str, verb: re.Match[str], names: list[str], adverb: str
) -> None:
    word = verb.group()
    after = folded[verb.end() : verb.end() + 4]
    if word in _HELP or "各自" in word:
        if items and ("各自" in word or _AFTER_HELP.match(after)):
            _add(items[-1], names, helping=True)
        elif items and (more := _objects(text, folded, verb.end())):
            _add(items[-1], [*names, *more] if set(more) - set(items[-1].bodies) else names, helping=True)
        return
    if word == "会同":
        partners = _objects(text, folded, verb.end())
        if partners:
            items.append(Responsibility(path, [], division=word, raw=text, sentence=True))
            _add(items[-1], names, helping=False)
            _add(items[-1], partners, helping=True)
        return
    adverb = re.sub("^(?:要|应当?|须)", "", adverb)
    division = adverb + (word + "负责" if word == "牵头" and after.startswith("负责") else word)
    if items and word == "负责" and after[:1] in ("", ",") and "牵头" in items[-1].division:
        _add(items[-1], names, helping=True)
        items[-1].division += ";" + division
        return
    items.append(Responsibility(path, [], division=division, raw=text, sentence=True))
    _add(items[-1], names, helping=False)


def _add(item: Responsibility, names: list[str], helping: bool) -> None:
    new = [name for name in dict.fromkeys(names) if name not in item.bodies]
    item.bodies += new
    (item.cooperate if helping else item.lead).extend(new)


def _subject(text: str, folded: str, end: int) -> tuple[list[str], bool, str]:
    """(the bodies printed before a verb, whether the list is left open, the adverb between)."""
    low = max(0, end - _REACH)
    stop = end
    while True:
        before = max(folded.rfind(mark, low, stop) for mark in ",:")
        if before < 0 or before < end - 1 or before + 1 == low:
            break
        stop = before  # 甲局:负责 — the colon belongs to the verb
    if before < 0 and low > 0:
        return [], False, ""
    start = before + 1
    by = folded.rfind("由", start, end)
    start = by + 1 if by >= 0 else start
    start += folded[start : start + 1] == "请"
    clause = folded[start:stop]
    adverb = _ADVERB.search(clause)
    cut = adverb.start() if adverb else len(clause)
    if (seat := re.search("设[在于立](?!备|施|计)", clause[:cut])) is not None:
        cut = seat.start()  # 办公室设在某局,负责…: the office answers, not its seat
    names = _list(text[start : start + cut], clause[:cut])
    words = adverb.group() if adverb else ""
    opened = words.startswith("等")
    return names, opened, re.sub("^等(?:[省市县区]直?)?各?(?:相关|有关)?(?:职能)?(?:部门|单位)?", "", words)


def _list(text: str, folded: str) -> list[str]:
    """The items of a list when every one of them is a body, else nothing."""
    names: list[str] = []
    begun = -1
    for a, b in split_list(folded):
        if b - a == 1 and folded[a] in "省市县区州":  # 市、县财政部门: one name for two levels
            begun = a if begun < 0 else begun
            continue
        for c, d in _joined(folded, a, b):
            if not (is_body(folded[c:d]) or (names and folded[c:d] in ("政府", "党委"))):
                return []
            names.append(text[begun if begun >= 0 else c : d])
            begun = -1
    return names if begun < 0 else []


def _joined(folded: str, start: int, end: int) -> list[tuple[int, int]]:
    """`县工信局和县商务局` as two; a 和 inside a name (发展和改革局) joins nothing."""
    for at in range(start + 1, end - 1):
        if folded[at] in "和与及" and is_body(folded[start:at]):
            return [(start, at), *_joined(folded, at + 1, end)]
    return [(start, end)]


def _objects(text: str, folded: str, start: int) -> list[str]:
    """The bodies that follow 会同 or 配合, up to the verb after them."""
    names: list[str] = []
    depth, at = 0, start
    for end in range(start, min(len(folded), start + _REACH) + 1):
        char = folded[end : end + 1]
        depth += (char != "" and char in OPENERS) - (char != "" and char in CLOSERS)
        if depth <= 0 and (char == "" or char in "、,和及等"):
            whole = is_body(folded[at:end])
            name = text[at:end] if whole else _opening(text[at:end], folded[at:end])
            if name:
                names.append(name)
            if char not in ("、", "和", "及") or (not whole and char == "、"):
                return names
            at = end + 1 if whole else at
    return names


def _opening(text: str, folded: str) -> str:
    """The body a chunk opens with, when what follows it is a verb."""
    for end in range(min(len(folded), 24), 2, -1):
        if _TAIL.match(folded, end) and is_body(folded[:end]):
            return text[:end]
    return ""


def _limit(text: str, folded: str, year: int | None) -> Deadline:
    """The one day a sentence names."""
    days = [t for t in times(folded, year) if t.kind == "day" and t.day is not None]
    if len({t.day for t in days}) != 1:
        return Deadline()
    return Deadline(days[0].day, raw=text[days[0].start : days[0].end], assumed_year=days[0].assumed)


def fresh(stated: list[Responsibility], bracketed: list[Responsibility]) -> list[Responsibility]:
    """Those of the sentences that say more than the brackets of the same paragraph."""
    told = {name for item in bracketed for name in item.bodies}
    return [item for item in stated if not set(item.bodies) <= told]
