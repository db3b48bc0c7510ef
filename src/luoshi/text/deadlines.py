"""Deadlines in words: 2024年底前, 9月底前, 到2025年, 2025年上半年, 持续推进 … to days.

What is not printed is not invented: a missing year is the document's own and marked so; a wording without a day keeps
its words and has no date.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

from luoshi.text.marks import cn_int
from luoshi.text.model import Deadline

_MONTH, _DAY_NO = r"\d{1,2}|[一二三四五六七八九十]{1,2}", r"\d{1,2}|[一二三四五六七八九十]{1,3}"
_TIME = re.compile(
    r"""
    (?=[0-9到至截年十取持长常每今本当全自从春国元中五汛供采开两三一二四上下第"])(?:
    (?P<words>[自从][^,。;:()]{2,24}?之日起,?(?:\d{1,3}|[一二两三四五六七八九十]{1,3})个?(?:工作日|日|天|月|年)(?:之?内|后|以内)
        |(?<![至到在\d一二两三四五六七八九十])(?:\d{1,3}|[一二两三四五六七八九十]{1,3})个工作日(?:之?内|以内)
        |(?:春节|国庆节?|元旦|中秋节?|五一|汛期|供暖季|采暖季|开学|开工)(?:来临|到来)?(?:之前|以前|前)(?![后夕期往来])
    )
  |     (?:(?:到|至|截至|截止)?(?P<y1>\d{4})年|(?<![\d年到至])|(?P<to>[到至]))(?P<m>MONTH)月(?:(?P<d>DAY)日
        |(?P<me>底|末))?(?P<before>之前|以前|前)
  | (?:到|至|截至|截止)(?P<y2>\d{4})年(?P<m2>MONTH)月(?:(?P<d2>DAY)日|底|末)?(?!前)
  | (?:到|至|截至|截止)?(?P<y3>\d{4})年年?(?:底|末)(?:之前|以前|前)?
  | (?P<y4>\d{4})年(?P<part>上半年|下半年|第?[一二三四1-4]季度)(?:底|末|内)?(?:之前|以前|前)?
  | (?:到|至|截至|截止)(?P<y5>\d{4})年(?![\d度版])(?:之前|以前|前)?
  | (?P<y6>\d{4})年(?:之前|以前|前|内)
  | (?<![\d一二三四五六七八九十两几多半周整])
        (?P<own>年底|年末|年内|(?:今|本|当)年(?:年底|年末|底|末|内)|全年)(?:之前|以前|前)?
  | (?<![年\d度第前去年比较])(?P<half>[上下]半年|第?[一二三四]季度)
        (?=[底末内前]|完成|启动|开工|建成|投用|实现|力争|取得|改造|新建|改建|新增|建设|培育|开展|组织|举办|出台|整治|$)
        (?:底|末|内)?(?:之前|以前|前)?
  | "?十(?P<plan>[三四五六])五"?(?:规划)?(?P<planend>期?末|期间|时期)
  | (?P<stage>取得阶段性(?:成效|成果|进展))
  | (?P<go>持续(?:推进|实施|开展|落实|用力|深化)|长期(?:坚持|推进|实施|落实)?
        |常态化(?:推进|开展|实施)?|每(?:年|半年|季度|月|周|日)度?(?:年?[底末](?:之前|以前|前)?)?)
  | (?P<bare>(?<![\d第较比与自从以于至到—~-])(?P<y7>\d{4})年)(?![\d底末度版前内上下第月至到-])
    )
    """.replace("MONTH", _MONTH).replace("DAY", _DAY_NO),
    re.VERBOSE,
)
_QUICK = re.compile("[年月]|工作日|之日起|季度|[节旦期季学五]前|节前|持续|长期|常态|阶段性|十[三四五六]五")
_CN_YEAR = re.compile("[一二][〇○零九][〇○零一二三四五六七八九]{2}(?=年)")
# In a time limit a month is a limit without 前, too, and the last one named is meant: 2025年3月至12月底.
_MONTHS = re.compile(
    r"(?:(?P<y>\d{4})年)?(?<!\d)(?P<m>\d{1,2})月(?:(?P<d>\d{1,2})日|底|末)?(?!\d|份?起|[上中下]旬|开始|启动|以来|以?后)"
)
_FIGURES = str.maketrans("〇○零一二三四五六七八九", "000123456789")
_PLAN_END = {"三": 2020, "四": 2025, "五": 2030, "六": 2035}


@dataclass(frozen=True, slots=True)
class Time:
    """A wording of time at [start, end) of a folded text. `kind`: day, bare (a year alone), stage, continuous,
    words (a limit no calendar day can be told from: 自印发之日起30日内)."""

    start: int
    end: int
    kind: str
    day: date | None
    assumed: bool = False


def times(folded: str, year: int | None) -> list[Time]:
    """Every wording of time in a folded text. `year`: the document's own, for 年底前 and 9月底前."""
    if not _QUICK.search(folded):
        return []
    if "年" in folded and _CN_YEAR.search(folded):
        folded = _CN_YEAR.sub(lambda m: m.group().translate(_FIGURES), folded)
    found: list[Time] = []
    last: int | None = None
    for match in _TIME.finditer(folded):
        time = _time(match, last, year)
        if time is None:
            continue
        found.append(time)
        if time.day is not None:
            last = time.day.year
    return found


def _time(match: re.Match[str], last: int | None, year: int | None) -> Time | None:
    start, end = match.span()
    if match["words"]:
        return Time(start, end, "words", None)
    if match["half"]:
        return Time(start, end, "day", _part(year, match["half"]) if year else None, True)
    if match["stage"]:
        return Time(start, end, "stage", None)
    if match["go"]:
        return Time(start, end, "continuous", None)
    if match["own"]:
        return Time(start, end, "day", date(year, 12, 31) if year else None, True)
    printed = match["y1"] or match["y2"]
    if match["m"] or match["m2"]:
        base = int(printed) if printed else last or year
        day = _day(match, base) if base and 1900 < base < 2200 else None
        return Time(start, end, "day", day, printed is None)
    if match["plan"]:
        last_year = _PLAN_END[match["plan"]]
        return Time(start, end, "bare" if year and last_year < year else "day", date(last_year, 12, 31))
    return _yearly(match, start, end)


def _yearly(match: re.Match[str], start: int, end: int) -> Time | None:
    for name in ("y3", "y5", "y6", "y7"):
        if match[name]:
            number = int(match[name])
            if not 1980 <= number <= 2100:
                return None
            return Time(start, end, "bare" if name == "y7" else "day", date(number, 12, 31))
    number, part = int(match["y4"]), match["part"]
    if not 1980 <= number <= 2100:
        return None
    return Time(start, end, "day", _part(number, part))


def _part(year: int, part: str) -> date:
    """The last day of 上半年, 第三季度 …"""
    month = {"上": 6, "下": 12}.get(part[0]) or 3 * (cn_int(part.strip("第季度")) or 4)
    return date(year, month, calendar.monthrange(year, month)[1])


def _day(match: re.Match[str], year: int) -> date | None:
    month = cn_int(match["m"] or match["m2"]) or 0
    printed = match["d"] or match["d2"]
    day = (cn_int(printed) or 99) if printed else 0
    if not 1 <= month <= 12:
        return None
    if match["m"] and not day and not match["me"]:  # 12月前: before the month begins
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    last = calendar.monthrange(year, month)[1]
    if day and not 1 <= day <= last:
        return None
    return date(year, month, day or last)


def deadline(folded: str, year: int | None, raw: str = "") -> Deadline:
    """One time limit as worded in a responsibility bracket: the last day named, stage result, continuous."""
    result = Deadline(raw=raw or folded)
    yearly = "每" in folded
    for time in times(folded, year):
        if time.kind == "stage":
            result.stage_result = True
        elif time.kind == "continuous":
            result.continuous = True
        elif not yearly and time.day:
            result.date, result.assumed_year = time.day, time.assumed
    if not (yearly or result.date or result.stage_result or result.continuous):
        result.date, result.assumed_year = _last_month(folded, year)
    return result


def _last_month(folded: str, year: int | None) -> tuple[date | None, bool]:
    """The end of the last month (or the last day) a time limit names, and whether its year is not printed."""
    day, assumed = None, False
    for found in _MONTHS.finditer(folded):
        printed = int(found["y"]) if found["y"] else day.year if day else None
        month, base = int(found["m"]), printed or year
        if base is None or not (1 <= month <= 12 and 1980 <= base <= 2100):
            return None, False
        last = calendar.monthrange(base, month)[1]
        if int(found["d"] or last) > last:
            return None, False
        day, assumed = date(base, month, int(found["d"] or last)), printed is None
    return day, assumed
