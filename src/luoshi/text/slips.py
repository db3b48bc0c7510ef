"""Recognition slips: what a scanner misreads and what type-setting mixes up. Found and reported, never corrected."""

from __future__ import annotations

import re
from collections.abc import Iterator

from luoshi.text.marks import HAN
from luoshi.text.model import Finding

# 人 for 入 after a verb of entering. `but`: the words 人 may begin instead (人员, 人才 …).
_ENTER = "纳列准投收融输注嵌植录转存并切陷深加进引介侵渗汇计"
_PEOPLE = "员才口数们均士物大工选力事民群类身生体家次人格道际"
# what may stand before such a verb when 人 is meant: 批准人, 引进人, 中介人 …
_BEFORE_ENTER = {
    "准": "批核", "进": "引先推促改递跟前新", "引": "吸牵", "介": "中简推", "收": "吸回招", "列": "系前",
    "加": "增参添每",
    "录": "记纪", "并": "吞", "深": "资高", "计": "会设审统合共", "输": "运", "转": "流", "注": "关", "融": "金",
    "植": "种",
    "纳": "缴接出采", "切": "一",
}  # fmt: skip
# misread word, the word it stands for, characters before it and after it that make it right after all
_TABLE = """
接职责 按职责
接照 按照
接规定 按规定
接要求 按要求
接程序 按程序
接时 按时 连直交对 间段期
接期 按期 - 间
目间 日间
目常 日常
节假目 节假日
工作目 工作日 - 标录的
今目 今日
見录 目录
目綠 目录
制官 制宜 - 员兵
适官 适宜
官居 宜居
阳碍 阻碍
阳断 阻断
阳止 阻止
阳塞 阻塞
阳挠 阻挠
阳力 阻力
己经 已经 自利知律克
己建成 已建成 自
末来 未来 期月周年岁季
末按 未按 期月周年
末经 未经 期月周年
士地 土地 战人护女男烈卫兵
国士 国土 爱
人学 入学 老军本世工客个商仁 习校科
人驻 入驻
人库 入库
人户 入户 - 均
人园 入园
人选 入选 候当推荐提合适继
做个好 做好
贯砌 贯彻
布署 部署
按排 安排
既使 即使
规化 规划 正范常
"""

# Words typed for others of the same sound, or near it: right in their own place, told by what stands around them.
_SOUNDS = [
    (re.compile(pattern), wrong, right)
    for pattern, wrong, right in (
        ("(?<=[信讯络务电水气热])终端(?=[或、和及](?:[阻阳拥堵瘫]|受阻|故障))", "终端", "中断"),
        (
            "(?:造成|导致|引起|引发|致使)[^,。;]{0,12}[信讯络务电水气热]终端(?=[,。;]|的(?:情况|事[件故]|,|。|;)|$)",
            "终端",
            "中断",
        ),
        ("截止(?=到?(?:\\d{4}年|\\d{1,2}月|目前|现在|[上去今本]年|[上本]月))", "截止", "截至"),
        ("(?:行政|执法|审批|公共)权利(?=清单|事项|运行|和?责任清单)", "权利", "权力"),
    )
]


def _words() -> dict[str, tuple[str, str, str]]:
    words = {}
    for row in _TABLE.split("\n"):
        if row:
            wrong, right, before, after = [*row.split(" "), "-", "-"][:4]
            words[wrong] = (right, before.strip("-"), after.strip("-"))
    words["人学"] = (words["人学"][0], words["人学"][1] + _ENTER, words["人学"][2])
    for verb in _ENTER:
        but = _PEOPLE + ("注深入胜" if verb == "引" else "")
        words[verb + "人"] = (verb + "入", _BEFORE_ENTER.get(verb, ""), but)
    return words


_WORDS = _words()
_SLIP = re.compile("|".join(sorted(map(re.escape, _WORDS), key=len, reverse=True)))
_EXPECTED = (
    "\\x09-\\x0d\\x20-\\x7e\u00a0·×÷±°²³μµ√≤≥≈∞%‰℃㎡㎥§\u0370-\u03ff\u2000-\u206f\u2100-\u218f\u2190-\u22ff\u2460-\u24ff"
    f"\u2500-\u27bf\u2e80-\u30ff\u3200-\u33ff{HAN}\ue000-\uf8ff\ufe10-\ufe6f\uff00-\uffef\U00010000-\U0003ffff"
)
_STRAY = re.compile(f"[^{_EXPECTED}]+")
_PRIVATE = re.compile("[\ue000-\uf8ff\ufffd]+")
_SUBSCRIPT = re.compile(r"[A-Za-z]*[_^]\{[^{}]{1,10}\}")
_ROMAN_DIGIT = re.compile("(?<![0-9第])1(?=级(?:应急)?(?:响应|预警|事件))")
_ROMAN = re.compile("[IⅠ]级")
_DASH = re.compile(rf"^一{{1,2}}(?=[{HAN}]{{4,40}}[。,])(?!一|[、.])")
_ITEM_COLON = re.compile(rf"^[{HAN}]{{2,4}};[{HAN}]")
_NO_YUAN = re.compile(
    r"(?:不超过?|最高|奖励|补贴|补助|罚款|资助|给予)[^,。;\d]{0,12}\d+(?:\.\d+)?[万亿](?=[,。;、)]|$)"
)
_LEVEL = "[IVX\u2160-\u216b一二三四五六七八九十1-9]{1,4}[级类等档]"
_LEVELS = re.compile(
    rf"(?P<list>{_LEVEL}(?:[、,和及]{_LEVEL}){{1,9}})"
    "(?P<count>[一二两三四五六七八九十\\d]{1,2})?(?:个|大)?(?P<kind>级别|等级|类别|档次|档|情形)?"
)
_BOOK = r"《[^《》]{4,80}》(?:\([^()]{1,20}\))?"
_TWICE = re.compile(rf"(?P<a>{_BOOK})和(?P<b>{_BOOK})和(?P<c>《[^《》]{{4,80}}》)")
_COUNTS = {c: n for n, c in enumerate("零一二三四五六七八九十")} | {"两": 2}


def slips(text: str, folded: str, path: str) -> Iterator[Finding]:
    """Findings in one paragraph (or one line of furniture)."""
    for found in _SLIP.finditer(folded):
        word = found.group()
        right, before, after = _WORDS[word]
        left, next_ = folded[found.start() - 1 : found.start()], folded[found.end() : found.end() + 1]
        if (left and left in before) or (next_ and next_ in after):
            continue
        yield _slip(text, found.start(), found.end(), right, path)
    for pattern, wrong, right in _SOUNDS:
        if wrong in folded:
            for found in pattern.finditer(folded):
                start = found.end() - len(wrong)
                yield _slip(text, start, found.end(), right, path)
    for found in _STRAY.finditer(text):
        place = text[max(0, found.start() - 6) : found.end() + 6]
        yield Finding("stray_character", f"不该出现的字符“{found.group()}”，疑为识别错误", place, path=path)
    for found in _PRIVATE.finditer(text):
        place = text[max(0, found.start() - 6) : found.end() + 6]
        yield Finding("stray_character", "无法显示的字符，原字已丢失", place, path=path)
    if "{" in text:
        for found in _SUBSCRIPT.finditer(text):
            plain = re.sub(r"[_^{}]", "", found.group())
            yield Finding("markup", "识别软件留下的上下标标记", found.group(), plain, path=path)
    yield from _patterns(text, folded, path)


def _slip(text: str, start: int, end: int, right: str, path: str) -> Finding:
    raw = text[start:end]
    place = text[max(0, start - 6) : end + 6]
    return Finding("recognition_slip", f"“{raw}”疑为“{right}”（{place}）", raw, right, path=path)


def _patterns(text: str, folded: str, path: str) -> Iterator[Finding]:
    if "级" in folded or "类" in folded:
        yield from _level_lists(text, folded, path)
        for found in _ROMAN_DIGIT.finditer(folded):
            place = text[max(0, found.start() - 4) : found.end() + 5]
            yield Finding("recognition_slip", "数字“1”疑为罗马数字“I”", place, place.replace("1级", "I级"), path=path)
    dash = _DASH.match(folded)
    if dash:
        yield Finding("recognition_slip", "段首“一”疑为破折号“——”", text[:12], "——", path=path)
    if _ITEM_COLON.match(folded):
        yield Finding("punctuation", "名称之后的分号疑为冒号", text[:12], text[: folded.index(";")] + "：", path=path)
    for found in _NO_YUAN.finditer(folded):
        raw = text[found.start() : found.end()]
        yield Finding("missing_unit", f"金额“{raw}”缺“元”", raw, raw + "元", path=path)
    if folded.count("和《") > 1:
        for found in _TWICE.finditer(folded):
            names = {found[name].partition("》")[0] for name in "abc"}
            if len(names) < 3:
                yield Finding(
                    "name_repeated", "并列的文件名称有重复", text[found.start() : found.end()][:120], path=path
                )


def _level_lists(text: str, folded: str, path: str) -> Iterator[Finding]:
    for found in _LEVELS.finditer(folded):
        names = re.split("[、,和及]", found["list"])
        raw = text[found.start() : found.end()]
        if len(set(names)) < len(names):
            twice = "、".join(sorted({n for n in names if names.count(n) > 1}))
            yield Finding("level_repeated", f"并列的级别名称重复：{twice}", raw, path=path)
        elif found["count"] and found["kind"]:
            count = int(found["count"]) if found["count"].isdigit() else _COUNTS.get(found["count"], len(names))
            if count != len(names):
                yield Finding("count_mismatch", f"写明 {count} 个，实列 {len(names)} 个", raw, path=path)


def roman(folded: str) -> bool:
    """Whether a text numbers its levels with Roman numerals."""
    return _ROMAN.search(folded) is not None
