"""Targets in words: 不低于90%, 突破30家, 稳定在90%以上, 新建5个…, 动态清零, 负增长. Rules on wording alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from luoshi.text.deadlines import Time, times
from luoshi.text.marks import cn_int
from luoshi.text.model import Target
from luoshi.text.quantities import COUNTS, MEASURES, RATES, SPANS, Quantity, quantities

_QUICK = re.compile(
    "[0-9]|清零|全覆盖|[负零]增长|翻[一两]?番|覆盖所有|平均水平|市定|下达|前移|新突破|基本(?:实现|消除|建成)|严禁新增|不再新"
)
_MASK = re.compile(
    '《[^《》]{1,120}》|〈[^〈〉]{1,80}〉|<[^<>]{1,80}>|"[^"]{1,60}"|\\([^()]{1,60}\\)|[\\[〔][^\\[\\]〔〕]{1,60}[\\]〕]'
)
_LONGEST, _REACH = 1000, 200  # characters of a sentence, of a clause
_SENTENCE_END = re.compile("[。!?]")
_CLAUSE_END = re.compile("[,;:]")
_COMPARE = re.compile(
    r"""(?:
      (?P<ge>不低于|不少于|不得低于|不得少于|不小于|至少(?:建有|建成|建设|完成|配备|拥有|有)?|最低|力争达|(?:提高|提升|增长|增加|上升|扩大|增|升)(?:到|至)|达到?了?)
    | (?P<gt>突破|超过|高于|大于|超)
    | (?P<le>不超过|不得超过|不高于|不得高于|不大于|不多于|不超|最高不超过?|至多|最多
        |(?:稳定|严格)?控制在|(?:下降|降低|减少|压减|压缩|缩短|降|减)(?:到|至))
    | (?P<lt>低于|小于|少于)
    | (?P<keep>(?:稳定)?(?:保持|维持|稳定)在)
    | (?P<up>(?:年均)?(?:增长|提高|提升|上升|增加|递增)(?:率)?)
    | (?P<down>(?:年均)?(?:下降|降低|减少|压减|削减|减排)(?:率)?)
    )(?:约|近)?$""",
    re.VERBOSE,
)
_ACTION = re.compile(
    "新建|改建|扩建|新增|建设|建成|建立|打造|新?培育|引进|引领|引入|推出|发放|组织|开展|举办|签约|整合|提升|创建|完成|改造|实施|孵化|设立|布局|安排|投放|淘汰|关停|"
    "拆除|办理|整治|认定|争取|入驻|吸纳|带动|落地|提供|新改建|建有|培训|种植|创成|争创|开发|投入|加快|推进|更新|铺设|敷设|疏浚|绿化|修建|修复|维修|服务$|建$"
)
_DONE = re.compile("关停|退出|建成|投产|淘汰|拆除|达标|整改|投运|开工|竣工|落地|改造")
_PAST = re.compile(
    "已|现有|共有|原有|拥有|全国|全省|全市|第$|前$|等级|其中|联发|任意|其他|历时|距|每(?!年|季度|月)|这$|该$|上述"
)
_OWN_AIM = re.compile(f"全[省市国](?=(?:累计|共|再|要|将)?(?:{_ACTION.pattern.removesuffix('|服务$|建$')}))")
_MONEY = re.compile("奖励|补贴|补助|贴息|罚款|罚|赔偿|资助|收费|缴纳|押金")
_TRIM = re.compile(
    "^(?:[、,且则的—-]|[和](?!谐)|及(?!时)|与|并(?!网)|确保|力争|努力|争取|使(?!用)|推动|实现|全年|年内|到(?!位)|其中|以及|坚决|力求|"
    "要(?!求|素|点)|应(?![急对用收尽])|须|继续|进一步|把|将(?!来)|让|对(?![口接外]))+"
)
_TAIL = re.compile(
    "(?:做到|实现|达到|逐步|动态|力争|确保|年内|要|应|须|需|均|都|稳定|基本|全部|将|有望|累计|总数|努力|为|约|近)+$"
)
_FUZZY = re.compile(
    "每年|每半年|每季度|每月|力争|争取|稳定控制在|稳定在|稳定保持在|保持在|维持在|左右|上下|大约|约(?=\\d)|近(?=\\d)|基本|逐步|原则上|有所|明显|大幅"
)
_BASELINE = re.compile(
    "(?:比|较|与)(?P<base>(?:\\d{4}年?|上年|去年|同期|上年同期|基准年|前[一三五]年)(?:同期|底|末|基数|[上下]半年)?)(?:相比|比)?"
)
_ZERO = re.compile("(?:动态)?清零|(?:严禁|禁止|杜绝)新增[^,。;、]{2,20}|不再(?:新上|新增|新建)[^,。;、]{2,20}")
_FULL = re.compile("全覆盖|覆盖(?:率达到百分之百|所有[^,。;、]{2,20})")
_NEGATIVE = re.compile("负增长|零增长")
_DOUBLE = re.compile("翻(?P<times>[一两])?番")
_RANK = re.compile(
    "(?:进入|位居|位列|排名|居|列|跻身|保持|稳定|稳)[^,。;、\\d]{0,10}前(?P<n>\\d{1,3}|[一二三四五六七八九十]{1,2})(?P<u>名|位|强)?(?!章|期|款|条)"
)
_SHARED = re.compile("分别|均|都|双双")
_MEASURED = re.compile("(?:率|比|比例|比重|数|量|值|额|收入|浓度|面积|度|指数|水平|里程|规模)$")
_UNSET = re.compile(
    "(?:达到|完成|落实|符合)(?P<what>(?P<level>(?:国家|省|市|上级)(?:定|级?下达)|[全省市国]{1,2}平均水平)(?:[^,。;]{0,40}?(?:指标|目标|任务))?)"
)
_LOOSE = re.compile("基本(?:实现|消除|建成|建立|完成|达到)|实现新突破|(?:稳定|持续)?前移")


def read_targets(
    path: str, folded: str, year: int | None, carried: date | None, cut: int | None, aim: bool
) -> list[Target]:
    """Targets of one paragraph, in order. `carried`: a due date set by an earlier paragraph of the same aims;
    `cut`: where a responsibility bracket begins; `aim`: whether the provision is headed 目标 or 指标."""
    if cut is not None:
        folded = folded[:cut]
    if not _QUICK.search(folded):
        return []
    masked = _MASK.sub(_blank, folded)
    found: list[Target] = []
    for start, end in _pieces(folded, 0, len(folded), _SENTENCE_END):
        if _QUICK.search(folded, start, end):
            sentence = _Sentence(path, folded[start:end], masked[start:end], year, carried, aim)
            found += sentence.targets()
            carried = sentence.opening() or carried
    return found


def _blank(found: re.Match[str]) -> str:
    """The same length without figures; Latin letters and Han stay for the indicator's name."""
    return re.sub(r"[0-9,;。]", "\0", found.group())


def _pieces(text: str, start: int, end: int, stop: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    at = start
    for found in stop.finditer(text, start, end):
        yield from _short_pieces(text, at, found.start())
        at = found.end()
    yield from _short_pieces(text, at, end)


def _short_pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A sentence no person wrote is cut at a comma, so that the work stays linear."""
    while end - start > _LONGEST:
        cut = text.rfind(",", start + _REACH, start + _LONGEST)
        cut = cut + 1 if cut > 0 else start + _LONGEST
        yield start, cut
        start = cut
    if end > start:
        yield start, end


class _Sentence:
    def __init__(self, path: str, text: str, masked: str, year: int | None, carried: date | None, aim: bool):
        self.path, self.text, self.masked, self.carried, self.aim = path, text, masked, carried, aim
        self.times: list[Time] = [t for t in times(masked, year) if t.kind in ("day", "bare")]

    def targets(self) -> list[Target]:
        found: list[tuple[int, Target]] = []
        spent = [(t.start, t.end) for t in self.times]
        shared: tuple[Target, int] | None = None  # 甲率和乙率分别达到…: the figure before, and where it ends
        names: list[str] = []
        for number in quantities(self.masked):
            if any(a <= number.start < b for a, b in spent[:40]):
                continue
            target = self._number(number)
            if target is None and shared and self.masked[shared[1] : number.start] in ("、", "和", "及", "以及"):
                target = replace(shared[0], value=number.value, op=_op("ge", number), unit=number.unit)
                target.indicator = names.pop(0)
                found.append((number.start, target))
                shared = (target, number.end) if names else None
            elif target is not None:
                before = self.masked[max(0, number.start - 16) : number.start]
                names = self._joined(target.indicator) if _SHARED.search(before) else []
                each = "分别" not in before
                for name in names[: None if each else 1] or [target.indicator]:
                    found.append((number.start, replace(target, indicator=name)))
                names = [] if each else names[1:]
                shared = (target, number.end) if names else None
        found += self._words()
        return [target for _at, target in sorted(found, key=lambda pair: pair[0])]

    def opening(self) -> date | None:
        """The day of a sentence that opens with it (到2025年,…): it holds for the sentences after it, too."""
        first = self.times[0] if self.times else None
        return first.day if first and first.start < 3 and self.text[first.start] in "到至" else None

    def _joined(self, indicator: str) -> list[str]:
        """`甲率和乙率` (均 or 分别 follows) as two names; none when they are not all names of measures."""
        names = [self._tidy(name) for name in re.split("、|和|以及|及", indicator.removesuffix("分别"))]
        return names if len(names) > 1 and all(len(n) > 2 and _MEASURED.search(n) for n in names) else []

    # the surroundings of a place

    def _comma(self, at: int, end: int) -> tuple[int, int]:
        """The clause around [at, end), told by commas and semicolons."""
        low, high = max(0, at - _REACH), min(len(self.masked), end + _REACH)
        start = max(max(self.masked.rfind(mark, low, at) for mark in ",;:") + 1, low)
        after = _CLAUSE_END.search(self.masked, end, high)
        return start, after.start() if after else high

    def _clause(self, at: int, end: int) -> tuple[int, int]:
        """The same, parted also by 、 and 和 where what precedes them holds a figure of its own."""
        start, stop = self._comma(at, end)
        if at - start > 1 and self.masked[at - 1] in "和及" and re.search(r"\d", self.masked[start:at]):
            return at, stop
        mark = self.masked.rfind("、", start, at)
        while mark >= 0:
            left = max(self.masked.rfind("、", start, mark), start - 1) + 1
            if re.search(r"\d", self.masked[left:mark]):
                start = mark + 1
                break
            mark = self.masked.rfind("、", start, mark)
        return start, stop

    def _due(self, at: int) -> date | None:
        before = [t for t in self.times if t.start <= at]
        return before[-1].day if before else self.carried

    def _target(self, at: int, end: int, indicator: str, op: str, value: Decimal | None, unit: str) -> Target:
        start, stop = self._clause(at, end)
        clause = self.text[start:stop]
        words = list(dict.fromkeys(_FUZZY.findall(clause)))
        base = _BASELINE.search(clause)
        fuzzy = "、".join(words) or None
        return Target(
            self.path, self._tidy(indicator), op, value, unit, self._due(at), fuzzy,
            re.sub(r"(?<=\d)年$", "", base["base"]) if base else None, raw=clause,
        )  # fmt: skip

    def _tidy(self, words: str) -> str:
        for time in self.times:
            printed = self.text[time.start : time.end]
            words = words.replace(printed + "、", "").replace(printed, "")
        words = _BASELINE.sub("", words.replace("、、", "、")).replace("_{2.5}", "2.5").replace("_{10}", "10")
        return _TAIL.sub("", _TRIM.sub("", words.strip("—- ,、"))).strip("—- ,、\0")[:60]

    # figures

    def _number(self, number: Quantity) -> Target | None:
        start, stop = self._clause(number.start, number.end)
        stop = self._until(number.end, stop)
        left, right = self.masked[start : number.start], self.masked[number.end : stop]
        clause = self.masked[start:stop]
        if _MONEY.search(clause) and (number.unit.endswith("元") or number.unit in ("", "万", "亿", "%")):
            return None
        compare = _COMPARE.search(left[-16:])
        if compare:
            return self._compared(number, start, left, right, compare)
        if number.unit in RATES and number.suffix in ("以上", "以下") and right.startswith("的"):
            words = self.text[number.end + 1 : stop]
            return self._finish(number, words, ">=" if number.suffix == "以上" else "<=")
        ends = ("率", "比", "比例", "比重") + (
            ("数", "总量", "面积", "总额") if self.aim or self._due(number.start) else ()
        )
        if (number.unit in RATES or (len(ends) > 4 and number.unit not in SPANS)) and left.endswith(ends):
            return self._finish(number, self.text[start : number.start], ">=")
        return self._counted(number, start, stop, left, right)

    def _until(self, end: int, stop: int) -> int:
        """Where the words of this figure end when the next figure of the clause has words of its own."""
        mark = self.masked.find("、", end, stop)
        while mark >= 0:
            after = self.masked.find("、", mark + 1, stop)
            if re.search(r"\d", self.masked[mark : after if after >= 0 else stop]):
                return mark
            mark = after
        both = re.compile("[和及](?=\\d)").search(self.masked, end, stop)
        return both.start() if both else stop

    def _compared(self, number: Quantity, start: int, left: str, right: str, compare: re.Match[str]) -> Target | None:
        kind = compare.lastgroup or ""
        if (number.unit in SPANS and number.unit != "岁" and kind not in ("le", "ge")) or (
            kind in ("up", "down", "gt") and not number.unit
        ):
            return None
        attributive = (
            number.suffix.endswith(("以上", "以下"))
            and right[:1] not in ("", "、")
            and kind in ("gt", "lt", "up", "down")
        )
        if attributive or (right.startswith(("的", "以上的")) and number.unit not in RATES):
            return None
        if number.unit in SPANS and number.unit != "岁" and not re.search("压缩|缩短|控制|不超过|时长|时间", left):
            return None
        words = self.text[start : start + len(left) - len(left[-16:]) + compare.start()]
        if not words.strip("、,力争确保 "):
            words = self._subject(start) + right if kind != "ge" or not right else right
        elif number.unit in COUNTS and right and (act := _ACTION.search(words)) and act.end() == len(words):
            words += right
        if kind in ("up", "down"):
            words += re.sub("年均|率", "", compare.group()) + "率"
        return self._finish(number, words, _op(kind, number))

    def _subject(self, start: int) -> str:
        """The clause before, when this one begins with its comparison."""
        before = self.text[max(0, start - 40) : max(0, start - 1)]
        return re.split("[,;:]", before)[-1]

    def _finish(self, number: Quantity, words: str, op: str) -> Target:
        if number.unit == "%" and number.value == 100 and op == ">=":
            op = "="
        target = self._target(number.start, number.end, words, op, number.value, number.unit)
        if number.upper is not None:
            target.op, target.value = "range", [number.value, number.upper]
        return target

    def _counted(self, number: Quantity, start: int, stop: int, left: str, right: str) -> Target | None:
        """A number of things that an action is to bring about: 新建5个…, 培育…10家, 1家砖厂关停退出."""
        if number.unit not in COUNTS and number.unit not in MEASURES:
            return None
        if (
            number.unit in ("分", "次", "组", "种", "部", "门", "位", "人")
            and not number.suffix
            and number.unit != "人"
        ):
            return None
        if _PAST.search(_OWN_AIM.sub("", left)):
            return None
        if number.suffix and right and not number.suffix.startswith("左"):
            direct = [m.end() for m in _ACTION.finditer(left)][-1:] == [len(left)]
            if not direct or number.unit not in COUNTS or right.startswith("的"):
                return None
        act = self._action(number.start, start, left)
        if act:
            words = self.text[number.end : stop] if right else self.text[start : number.start]
            return self._finish(number, act + re.sub(f"^.*{act}", "", words), _count_op(number))
        if left[-1:] in ("为", "给", "向") and (provide := _ACTION.search(right)):
            return self._finish(number, provide.group() + right[: provide.start()], ">=")
        if left.strip("、和及与 ") == "" and _DONE.search(self.masked[number.end : number.end + 30]):
            return self._finish(number, self.text[number.end : stop], _count_op(number))
        return None

    def _action(self, at: int, start: int, left: str) -> str:
        """The verb that brings the number about, in this clause or in the part of the sentence's clause before it."""
        acts: list[str] = _ACTION.findall(left)
        if not acts and start > 0 and self.masked[start - 1] in "、和及":
            wider, _stop = self._comma(at, at)
            before = self.masked[wider:start]
            acts = [] if _PAST.search(before) else _ACTION.findall(before)
        if len(acts) > 1 and left.endswith(acts[-2] + acts[-1]):
            return acts[-2]  # 开展培训20场: the second verb is what the first one does
        return acts[-1] if acts else ""

    # words that stand for figures

    def _words(self) -> Iterator[tuple[int, Target]]:
        for found in _ZERO.finditer(self.masked):
            start, _stop = self._comma(found.start(), found.end())
            if "原则上" in self.text[start : found.end()]:
                continue
            words = (
                self.text[start : found.start()] if "清零" in found.group() else self.text[found.start() : found.end()]
            )
            yield self._implied(found, words, "=", Decimal(0), "")
        for found in _FULL.finditer(self.masked):
            start, _stop = self._comma(found.start(), found.end())
            words = self.text[start : found.start()]
            words = words if self._tidy(words) else self._subject(start)
            yield self._implied(found, words, "=", Decimal(100), "%")
        for found in _NEGATIVE.finditer(self.masked):
            start, _stop = self._comma(found.start(), found.end())
            op = "<" if found.group() == "负增长" else "<="
            yield self._implied(found, self.text[start : found.start()], op, Decimal(0), "%")
        yield from self._places()
        for found in _UNSET.finditer(self.masked):
            yield from self._unset(found)
        for found in _LOOSE.finditer(self.masked):
            start, stop = self._comma(found.start(), found.end())
            if self._due(found.start()) or self.aim or "力争" in self.text[start:stop]:
                word = found.group()
                value = Decimal(0) if "消除" in word else None
                yield self._implied(found, self.text[start:stop].replace(word, ""), _loose_op(word), value, "")

    def _places(self) -> Iterator[tuple[int, Target]]:
        """翻一番, and a place among the first: 进入全省前10名."""
        for found in _DOUBLE.finditer(self.masked):
            start, _stop = self._comma(found.start(), found.end())
            fold_ = Decimal(4 if found["times"] == "两" else 2)
            yield self._implied(found, self.text[start : found.start()], ">=", fold_, "倍")
        for found in _RANK.finditer(self.masked):
            start, stop = self._comma(found.start(), found.end())
            place, words = cn_int(found["n"]), self.text[start : found.start()]
            if place is None or re.search("连续|已|曾|蝉联|奖", self.text[start:stop]):
                continue
            words = re.sub("(?:总?排名)$", "", words if self._tidy(words) else self._subject(start)) + "排名"
            yield (
                found.start(),
                self._target(found.start(), found.end(), words, "<=", Decimal(place), found["u"] or "名"),
            )

    def _implied(
        self, found: re.Match[str], words: str, op: str, value: Decimal | None, unit: str
    ) -> tuple[int, Target]:
        target = self._target(found.start(), found.end(), words, op, value, unit)
        word = re.sub("(?<=严禁)新增.*|(?<=禁止)新增.*|(?<=不再新.).*", "", found.group())
        words_ = [w for w in (target.fuzzy or "").split("、") if w not in word]
        target.fuzzy = "、".join([*words_, word]).strip("、")
        target.implied = value is not None
        return found.start(), target

    def _unset(self, found: re.Match[str]) -> Iterator[tuple[int, Target]]:
        """A figure that another level sets: one target per indicator named, and per year named after it."""
        start, stop = self._comma(found.start(), found.end())
        names = [name for name in re.split("、", self.text[start : found.start()]) if name.strip()]
        years = sorted({t.day for t in self.times if t.day and start <= t.start <= stop + 12})
        inner: list[date | None] = [day for day in years if str(day.year) in found["what"]]
        for name in names if not inner else re.split("和|以及", found["what"]):
            for day in inner or [self._due(found.start())]:
                at, target = self._implied(found, name, ">=", None, "")
                target.due, target.fuzzy = day, found["level"]
                target.indicator = self._tidy(name)
                yield at, target


def _loose_op(word: str) -> str:
    if word.endswith("前移"):
        return "<"
    return ">" if "突破" in word else "=" if "消除" in word else ">="


def _count_op(number: Quantity) -> str:
    return "<=" if number.suffix.endswith(("以下", "以内")) else ">="


def _op(kind: str, number: Quantity) -> str:
    if number.suffix in ("以下", "以内", "之内", "及以下"):
        return "<="
    if kind == "keep":
        return ">=" if number.suffix != "左右" else "="
    if kind in ("gt", "lt") and number.suffix:
        return ">=" if kind == "gt" else "<="
    return {"ge": ">=", "gt": ">", "le": "<=", "lt": "<", "up": ">=", "down": ">="}[kind]
