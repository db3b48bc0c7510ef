"""Targets in words: 不低于90%, 突破30家, 稳定在90%以上, 新建5个…, 动态清零, 负增长. Rules on wording alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from luoshi.text.implied import implied
from luoshi.text.model import Target
from luoshi.text.quantities import COUNTS, MEASURES, RATES, SPANS, Quantity, quantities
from luoshi.text.surroundings import REACH, Sentence
from luoshi.text.thresholds import thresholds

_QUICK = re.compile(
    "[0-9]|[段一二三四五六Ⅰ-ⅥIV]及?以[上下]|清零|全覆盖|[负零]增长|翻[一两]?番|覆盖所有|平均水平|市定|下达|前移|新突破|基本(?:实现|消除|建成)|严禁新增|不再新|全面消除|百分之|成以[上下]|[一二两三四五六七八九][十百千万]|[个家处所条项名座户]以[上内]"
)
_MASK = re.compile(
    '《[^《》]{1,120}》|〈[^〈〉]{1,80}〉|<[^<>]{1,80}>|"[^"]{1,60}"|\\([^()]{1,60}\\)|[\\[〔][^\\[\\]〔〕]{1,60}[\\]〕]'
)
_LONGEST = 1000  # characters of a sentence
_SENTENCE_END = re.compile("[。!?]")
_COMPARE = re.compile(
    r"""(?:
      (?P<ge>不低于|不少于|不得低于|不得少于|不小于|至少(?:建有|建成|建设|完成|配备|拥有|有|召开|开展|组织|举办|新增)?|最低|力争达|(?:提高|提升|增长|增加|上升|扩大|增|升)(?:到|至)|达到?了?)
    | (?P<gt>突破|超过|高于|大于|超)
    | (?P<le>不超过|不得超过|不高于|不得高于|不大于|不多于|不超|最高不超过?|至多|最多
        |(?:稳定|严格)?控制在|(?:下降|降低|减少|压减|压缩|缩短|降|减)(?:到|至))
    | (?P<lt>低于|小于|少于)
    | (?P<keep>(?:稳定)?(?:保持|维持|稳定)在?)
    | (?P<up>(?:年均)?(?:增长|提高|提升|上升|增加|递增)(?:率)?)
    | (?P<down>(?:年均)?(?:下降|降低|减少|压减|削减|减排)(?:率)?)
    )(?:约|近)?$""",
    re.VERBOSE,
)
_ACTION = re.compile(
    "新建|改扩建|改建|扩建|新开|筹集|新增|建设|建成|建立|打造|新?培育|引进|引领|引入|推出|发放|组织|开展|举办|签约|整合|提升|创建|完成|改造|实施|孵化|设立|布局|安排|投放|淘汰|关停|"
    "拆除|办理|整治|认定|争取|入驻|吸纳|带动|落地|提供|新改建|建有|培训|种植|创成|争创|开发|投入|加快|推进|更新|铺设|敷设|疏浚|绿化|修建|修复|维修|压减|盘活|栽植|惠及|服务$|(?<!违)建$"
)
_DONE = re.compile("关停|退出|建成|投产|淘汰|拆除|达标|整改|投运|开工|竣工|落地|改造")
_PAST = re.compile(
    "已|现有|共有|原有|拥有|全国|全省|全市|第$|前$|等级|其中|联发|任意|其他|历时|距|每(?!年|季度|月)|这$|该$|上述"
)
_OWN_AIM = re.compile(f"全[省市国](?=(?:累计|共|再|要|将)?(?:{_ACTION.pattern.removesuffix('|服务$|(?<!违)建$')}))")
_MONEY = re.compile("奖励|补贴|补助|贴息|罚款|罚|赔偿|资助|收费|缴纳|押金")
_SHARED = re.compile("分别|均|都|双双")
_MEASURED = re.compile("(?:率|比|比例|比重|数|量|值|额|收入|浓度|面积|度|指数|水平|里程|规模)$")


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
            sentence = _Figures(path, folded[start:end], masked[start:end], year, carried, aim)
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
        cut = text.rfind(",", start + REACH, start + _LONGEST)
        cut = cut + 1 if cut > 0 else start + _LONGEST
        yield start, cut
        start = cut
    if end > start:
        yield start, end


class _Figures(Sentence):
    """The figures of a sentence that are aimed at."""

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
        found += implied(self)
        found += thresholds(self, {at for at, _target in found})
        return [target for _at, target in sorted(found, key=lambda pair: pair[0])]

    def opening(self) -> date | None:
        """The day of a sentence that opens with it (到2025年,…): it holds for the sentences after it, too."""
        first = self.times[0] if self.times else None
        return first.day if first and first.start < 3 and self.text[first.start] in "到至" else None

    def _joined(self, indicator: str) -> list[str]:
        """`甲率和乙率` (均 or 分别 follows) as two names; none when they are not all names of measures."""
        names = [self.tidy(name) for name in re.split("、|和|以及|及", indicator.removesuffix("分别"))]
        return names if len(names) > 1 and all(len(n) > 2 and _MEASURED.search(n) for n in names) else []

    # figures

    def _number(self, number: Quantity) -> Target | None:
        start, stop = self.clause(number.start, number.end)
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
            ("数", "总量", "面积", "总额") if self.aim or self.due(number.start) else ()
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
        if right.startswith("时"):
            return None  # 达到50毫米以上时: when something holds
        attributive = (
            number.suffix.endswith(("以上", "以下"))
            and right[:1] not in ("", "、")
            and kind in ("gt", "lt", "up", "down")
        )
        if attributive or (right.startswith(("的", "以上的")) and number.unit not in RATES):
            return None
        if (
            number.unit in SPANS
            and number.unit != "岁"
            and not re.search("压缩|缩短|控制|不超过|时长|时间|[降减][到至]", left)
        ):
            return None
        words = self.text[start : start + len(left) - len(left[-16:]) + compare.start()]
        if not words.strip("、,力争确保 "):
            words = self.subject(start) + right if kind != "ge" or not right else right
        elif right and compare.group()[:2] == "至少" and compare.group()[2:]:
            words = compare.group()[2:] + right  # 每半年至少召开1次推进会
        elif number.unit in COUNTS and right and (act := _ACTION.search(words)) and act.end() == len(words):
            words += right
        if kind in ("up", "down"):
            words += re.sub("年均|率", "", compare.group()) + "率"
        return self._finish(number, words, _op(kind, number))

    def _finish(self, number: Quantity, words: str, op: str) -> Target:
        if number.unit == "%" and number.value == 100 and op == ">=":
            op = "="
        target = self.target(number.start, number.end, words, op, number.value, number.unit)
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
            if not right and words.endswith(act) and self.tidy(words) != act:
                return self._finish(number, words, _count_op(number))  # 居家适老化改造2000户
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
            wider, _stop = self.comma(at, at)
            before = self.masked[wider:start]
            acts = [] if _PAST.search(before) else _ACTION.findall(before)
        if len(acts) > 1 and left.endswith(acts[-2] + acts[-1]):
            return acts[-2]  # 开展培训20场: the second verb is what the first one does
        return acts[-1] if acts else ""


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
