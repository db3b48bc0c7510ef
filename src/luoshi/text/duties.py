"""Who answers for what: responsibility brackets in all their forms, and the lines 牵头部门:… 配合单位:…"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from luoshi.text.bodies import looks_like_body, split_list
from luoshi.text.deadlines import deadline
from luoshi.text.marks import CLOSERS, OPENERS, PAIR
from luoshi.text.model import Finding, Responsibility

_BRACKET = re.compile(r"[(\[〔「【{)\]〕」】}]")
_KEY = re.compile(
    "(?P<key>(?:责任|牵头|配合|参与|组成|成员|主管|实施|落实|协助|协办|承办|主办|督办|分管)(?:责任)?(?:(?:市|区|县)?(?:单位|部门|主体)|领导|人)|"
    "(?:完成|办结|实施|落实)?(?:时限|时间)(?:要求)?|工作分工|分工)(?P<sep>[:;]|[】])"
)
_HEAD = re.compile("^(?:责任|牵头|配合|参与|主管|实施|落实|承办|协办|督办|完成|时限|工作分工|分工|由)")
_TAIL = re.compile(
    "(?:负责|牵头|配合|落实|参与|协助|推进|实施|成效|[年月]底前|日前|坚持|各?成员单位|部门|完成|办结)[)。]?$"
)
_RUN_ON = re.compile(
    "(?<=[。;])(?=(?:责任|牵头|主管|主办|承办|落实)(?:责任)?(?:单位|部门|主体):)[^。]{4,400}"
    "(?:。(?:(?:配合|参与|责任|协办)单位|(?:完成|办结)?时限):[^。]{2,400}){0,4}。?$"
)
_ROLE = re.compile(
    "(?P<open>等(?:[省市县区]直?)?(?:各)?(?:相关|有关)?(?:职能)?(?:部门|单位)?(?:和单位)?)?"
    "(?P<role>(?:(?:按|接|依|根据|按照|接照|依据|分别)(?:照)?(?:各自)?(?:职责|职能|工作)?(?:分工|权限)?(?:分别|共同|各自)?)?"
    "(?:具体|共同|分别|统筹)?(?:牵头|负责|配合|落实|参与|协助|实施|协同)(?:负责|落实|实施|组织实施|做好|推进|配合)?)$"
)
_OPEN = re.compile("等(?:[省市县区]直?)?各?(?:相关|有关)?(?:职能)?(?:部门|单位)?(?:和单位)?$")
_GLUED = re.compile("(?<=牵头)(?=[各区市县镇乡省])|(?<=牵头负责)(?=[各区市县镇乡省])")
_DATED = re.compile(r"[,;](?:\d{4}年)?\d{1,2}月(?:底|末|\d{1,2}日)?(?:之?前)?(?:完成)?。?$")
_LED = re.compile("[（(]牵头(?:单位|部门)?[)）]$")
_LEAD_KEYS = ("牵头", "主办", "主管")
_HELP_KEYS = ("配合", "参与", "组成", "成员", "协助", "协办")


@dataclass(slots=True)
class Group:
    """A bracket of a paragraph: [start, end) with its brackets; `fault` is "" or a finding code."""

    start: int
    end: int
    fault: str = ""


@dataclass(slots=True)
class Reading:
    """The responsibilities of a paragraph, where they stand, and what is odd about them."""

    items: list[Responsibility] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def brackets(folded: str) -> tuple[list[Group], list[tuple[int, str]]]:
    """Matched groups in order of their ends (mixed pairs marked), and brackets without a partner."""
    groups: list[Group] = []
    stack: list[int] = []
    lonely: list[tuple[int, str]] = []
    for found in _BRACKET.finditer(folded):
        at, char = found.start(), found.group()
        if char in OPENERS:
            stack.append(at)
        elif not stack:
            lonely.append((at, char))
        else:
            start = stack.pop()
            groups.append(Group(start, at + 1, "" if PAIR[folded[start]] == char else "bracket_mixed"))
    lonely += [(at, folded[at]) for at in stack]
    return groups, sorted(lonely)


def read_duties(path: str, text: str, folded: str, year: int | None) -> Reading:
    """The responsibility brackets of one paragraph."""
    reading = Reading()
    groups, lonely = brackets(folded)
    taken = -1
    for group in sorted(groups, key=lambda g: (g.start, -g.end)):
        if group.start < taken:
            continue
        inner = group.start + 1, group.end - 1
        if responsible(folded, *inner, at_end=len(folded) - group.end <= 1):
            _take(reading, path, text, folded, inner, (group.start, group.end), year)
            taken = group.end
            if group.fault:
                _fault(reading, path, "bracket_mixed", "责任括号前后形式不一致", text[group.start : group.end], folded)
        elif group.fault and group.end - group.start < 400:
            _fault(reading, path, "bracket_mixed", "括号前后形式不一致", text[group.start : group.end], folded)
    run_on = _RUN_ON.search(folded, max(taken, len(folded) - 900, 0)) if "位:" in folded or "门:" in folded else None
    if run_on:
        _take(reading, path, text, folded, run_on.span(), run_on.span(), year)
        if not all(map(looks_like_body, reading.items[-1].bodies)):
            reading.items.pop(), reading.spans.pop()
    for at, char in lonely[:50]:
        _lonely(reading, path, text, folded, at, char, taken, year)
    return reading


def _fault(reading: Reading, path: str, code: str, message: str, raw: str, _folded: str) -> None:
    proper = raw[0] + "…" + PAIR.get(raw[0], raw[-1]) if len(raw) > 1 else None
    short = raw if len(raw) <= 40 else raw[:12] + "…" + raw[-12:]
    reading.findings.append(Finding(code, message, short, proper, path=path))


def _lonely(
    reading: Reading, path: str, text: str, folded: str, at: int, char: str, taken: int, year: int | None
) -> None:
    """A bracket without a partner; a responsibility is still read when one side of it is there."""
    if char in OPENERS and at >= taken and responsible(folded, at + 1, len(folded), at_end=True):
        _take(reading, path, text, folded, (at + 1, len(folded)), (at, len(folded)), year)
    elif char in CLOSERS and at >= len(folded) - 2:
        start = max(folded.rfind("。", 0, at), folded.rfind(";", 0, at)) + 1
        if start >= taken and responsible(folded, start, at, at_end=True):
            _take(reading, path, text, folded, (start, at), (start, at + 1), year)
    place = text[max(0, at - 8) : at + 9]
    reading.findings.append(Finding("bracket_unmatched", f"括号“{char}”没有配对", place, path=path))


def responsible(folded: str, start: int, end: int, at_end: bool) -> bool:
    """Whether the inside of a bracket says who answers: told by its first and last words, in constant time."""
    if not 2 < end - start < 3000:
        return False
    head, tail = folded[start : min(end, start + 60)], folded[max(start, end - 16) : end]
    if _HEAD.match(head) and _KEY.match(head):
        return True
    first = re.split("[、,;:]|等|牵头|负责|配合|按职责|接职责", head, maxsplit=1)[0]
    if not looks_like_body(first):
        return False
    if _TAIL.search(tail) and re.search("负责|牵头|配合|落实|参与|时限|时间", folded[max(start, end - 60) : end]):
        return True
    dated = _DATED.search(folded, max(start, end - 24), end)  # (市卫健委,2025年12月)
    if not at_end or end - start > 400 or not (dated or "、" in head):
        return False
    names = folded[start : dated.start() if dated else end]
    return all(looks_like_body(names[a:b]) for a, b in split_list(names))


def _take(
    reading: Reading,
    path: str,
    text: str,
    folded: str,
    inner: tuple[int, int],
    outer: tuple[int, int],
    year: int | None,
) -> None:
    item = parse(path, text[inner[0] : inner[1]], folded[inner[0] : inner[1]], year, reading.findings)
    item.raw = text[outer[0] : outer[1]]
    reading.items.append(item)
    reading.spans.append(outer)


def parse(path: str, text: str, folded: str, year: int | None, findings: list[Finding]) -> Responsibility:
    """`责任部门:A、B等;完成时限:…` or `A、B等按职责分工负责,C配合` → Responsibility."""
    item = Responsibility(path, [], raw=text)
    sections = _sections(folded)
    for key, start, end, sep in sections:
        if (key and sep == ";") or (start > 0 and key and _glued_by_colon(folded, start, key)):
            findings.append(
                Finding(
                    "punctuation", f"“{key}”前后标点有误", text[max(0, start - len(key) - 2) : start + 6], path=path
                )
            )
        if key.endswith(("领导", "人")):
            _people(item, key, text, folded, start, end, findings)
        elif "时限" in key or "时间" in key:
            item.deadline = deadline(folded[start:end].strip(",;。 "), year, text[start:end].strip("，,；;。 "))
        else:
            _bodies(item, key, text, folded, start, end, findings, year)
    _settle(item, findings, path)
    return item


def _glued_by_colon(folded: str, start: int, key: str) -> bool:
    before = start - len(key) - 2
    return before >= 0 and folded[before] == ":"


def _sections(folded: str) -> list[tuple[str, int, int, str]]:
    """(key, start, end, separator) of the keyed sections; key "" for words before the first key."""
    marks = list(_KEY.finditer(folded))
    if not marks:
        return [("", 0, len(folded), "")]
    sections = [("", 0, marks[0].start(), "")] if marks[0].start() > 0 else []
    for index, mark in enumerate(marks):
        end = marks[index + 1].start() if index + 1 < len(marks) else len(folded)
        sections.append((mark["key"], mark.end(), end, mark["sep"]))
    return sections


def _bodies(
    item: Responsibility,
    key: str,
    text: str,
    folded: str,
    start: int,
    end: int,
    findings: list[Finding],
    year: int | None = None,
) -> None:
    """Reads one body section; roles go by clause, a clause without a role shares that of the next."""
    waiting: list[str] = []
    for begin, stop in _clauses(folded, start, end):
        if begin > start and _timed(item, text, folded, begin, stop, year):
            continue
        names, role, opened = _clause(text, folded, begin, stop)
        item.lead += [_LED.sub("", name) for name in names if _LED.search(name)]
        names = [_LED.sub("", name) for name in names]
        item.open_list = item.open_list or opened
        waiting += names
        if role:
            _assign(item, key, role, waiting)
            waiting = []
    if waiting:
        _assign(item, key, "", waiting)
    if _GLUED.search(folded, start, end):
        findings.append(Finding("punctuation", "“牵头”之后缺逗号", text[start:end][:40], path=item.path))


def _timed(item: Responsibility, text: str, folded: str, start: int, end: int, year: int | None) -> bool:
    """Whether a clause of a bracket without keys is its time limit: (县住建局负责;8月底前完成)."""
    clause = folded[start:end]
    if looks_like_body(clause) or (_ROLE.search(clause) and not re.search("[年月]", clause)):
        return False
    limit = deadline(clause.strip(), year, text[start:end].strip())
    if limit.date is None and not (limit.continuous or limit.stage_result):
        return False
    item.deadline = limit
    return True


def _people(
    item: Responsibility, key: str, text: str, folded: str, start: int, end: int, findings: list[Finding]
) -> None:
    """责任领导:张某(区委常委): persons and their posts; where bodies are printed instead, bodies."""
    words = folded[start:end].strip(" ,;。")
    spans = split_list(words.replace(";", ","))
    if spans and all(looks_like_body(words[a:b]) for a, b in spans):
        _bodies(item, key, text, folded, start, end, findings)
        return
    at = start + len(folded[start:end]) - len(folded[start:end].lstrip(" ,;。"))
    item.people += [text[at + a : at + b].strip() for a, b in spans]


def _clauses(folded: str, start: int, end: int) -> list[tuple[int, int]]:
    cuts = [start]
    depth = 0
    for at in range(start, end):
        char = folded[at]
        if char in OPENERS:
            depth += 1
        elif char in CLOSERS:
            depth = max(0, depth - 1)
        elif char in ",;。" and depth == 0:
            cuts += [at, at + 1]
    cuts += [found.start() for found in _GLUED.finditer(folded, start, end) for _ in (0, 1)]
    cuts = sorted([*cuts, end])
    return [(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False) if b > a]


def _clause(text: str, folded: str, start: int, end: int) -> tuple[list[str], str, bool]:
    """(names, role, whether the list is left open by 等)."""
    clause = folded[start:end]
    if clause.startswith("由"):
        start, clause = start + 1, clause[1:]
    found = _ROLE.search(clause)
    role = found["role"].replace("接", "按") if found else ""
    opened = bool(found and found["open"])
    cut = found.start() if found else len(clause)
    if not found:
        ending = _OPEN.search(clause)
        opened, cut = (True, ending.start()) if ending else (False, cut)
    names = [text[start + a : start + b] for a, b in split_list(clause[:cut])]
    return [name for name in (n.strip("：:；; 。") for n in names) if name], role, opened


def _assign(item: Responsibility, key: str, role: str, names: list[str]) -> None:
    item.bodies += names
    helping = (re.search("配合|参与|协助|协同", role) and "牵头" not in role) or key.startswith(_HELP_KEYS)
    if helping:
        item.cooperate += names
        return
    if role and "牵头" not in role and item.lead and "牵头" in item.division:
        item.cooperate += names  # 甲牵头,乙、丙按职责分工负责
    elif role or key.startswith(_LEAD_KEYS):
        item.lead += names
    if role:
        item.division = f"{item.division};{role}" if item.division else role


def _settle(item: Responsibility, findings: list[Finding], path: str) -> None:
    """A name printed twice counts once and is reported."""
    repeated = sorted({name for name in item.bodies if item.bodies.count(name) > 1}, key=item.bodies.index)
    if repeated:
        message = f"责任单位印了 {len(item.bodies)} 个名称，其中重复的有：{'、'.join(repeated)}"
        findings.append(Finding("body_repeated", message, "、".join(repeated), path=path))
    for names in (item.bodies, item.lead, item.cooperate):
        names[:] = list(dict.fromkeys(names))


def keyed(path: str, text: str, folded: str, year: int | None, findings: list[Finding]) -> Responsibility | None:
    """A paragraph that is itself such a line: `牵头部门:区工信局`. None when it is not."""
    lead = len(folded) - len(folded.lstrip("-—【 "))
    found = _KEY.match(folded, lead)
    if not found or len(folded) > 1500 or found["key"] in ("时间", "实施时间", "分工", "工作分工"):
        return None
    if lead and folded[0] == "【" and found["sep"] != "】":
        return None  # a bracket of its own line
    item = parse(path, text[lead:].rstrip("。"), folded[lead:].rstrip("。"), year, findings)
    item.raw = text
    return item if item.bodies or item.deadline.raw or item.people else None


def merge(first: Responsibility, more: Responsibility) -> None:
    """Joins the line after (配合单位:… after 牵头单位:…) to the first."""
    first.bodies += [b for b in more.bodies if b not in first.bodies]
    first.lead += [b for b in more.lead if b not in first.lead]
    first.cooperate += [b for b in more.cooperate if b not in first.cooperate]
    first.people += [p for p in more.people if p not in first.people]
    first.open_list = first.open_list or more.open_list
    first.division = first.division or more.division
    first.raw = f"{first.raw}\n{more.raw}"
    if more.deadline.raw:
        first.deadline = more.deadline
