"""Lines of the original, told apart by their shape: page furniture, signatures, dates, titles, labels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from luoshi.text.marks import HAN, SPACES, fold

TITLE_WORDS = (
    "通知|批复|决定|决议|意见|方案|办法|规定|条例|公告|通告|公报|通报|函|令|法|细则|规则|规程|规划|计划|预案|措施|报告|请示|议案|"
    "纪要|要点|目录|清单|标准|准则|章程|制度|指南|指引|解释|答复|纲要|政策|法典|守则|工作任务|任务分工|实施清单"
)
TITLE_END = re.compile(rf"(?:{TITLE_WORDS})(?:\([^()]{{1,20}}\))?$")
_YEAR = r"(?:\d{4}|[〇○零OoО0一二三四五六七八九]{4})"
_DAY = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})"
DATE = rf"{_YEAR} ?年 ?{_DAY} ?月 ?{_DAY} ?日"
_GAP = " *"

NUMBER = re.compile(
    rf"^\(?(?P<org>[{HAN}]{{0,20}}){_GAP}[\[〔【(〈<]{_GAP}(?P<year>\d{{4}}|[〇○零一二三四五六七八九]{{4}}){_GAP}[\]〕】)〉>]{_GAP}"
    rf"(?:第{_GAP})?(?P<no>\d{{1,5}}|[一二三四五六七八九十百]{{1,5}}){_GAP}号\)?$"
)
ORDER = re.compile(
    rf"^\(? *(?P<org>[{HAN}]{{2,30}}?(?:令|公告|通告))? *(?:\d{{4}} ?年 ?)?第 *[\d{HAN}]{{1,8}}?"
    r" *号 *(?:令|公告)? *\)?$"
)
PUBLIC = re.compile(r"^\(? ?此件 ?(?P<how>[^()\n]{2,16}?) ?\)?$")
DATE_LINE = re.compile(rf"^\(?{DATE}(?: ?印发)?\)?$")
SIGNED = re.compile(rf"^(?P<who>[{HAN}A-Z× 、()]{{2,60}}?) *(?P<date>{DATE})$")
PASSED = re.compile(rf"^\( ?{_YEAR} ?年.{{2,300}}$")
PAGE = re.compile(
    r"^(?:[-—–·~ ]*\d{1,4}[-—–·~ ]*|第 ?\d{1,4} ?页(?:[ ,/]*共 ?\d{1,4} ?页)?|\d{1,4} ?/ ?\d{1,4}|- ?[ivxIVX]{1,6} ?-)$"
)
RUNNING = re.compile(
    rf"^(?:[-—·\d ]{{0,8}})(?=.{{0,60}}(?:公报|政报|期|GONGBAO))"
    rf"(?:[{HAN}A-Za-z]{{0,40}}(?:公报|政报|公报汇编|GONGBAO))?"
    r" *(?:\d{4} ?(?:年|\.|·|,) ?(?:第 ?)?\d{1,3} ?(?:期)?|\d{4})? *(?:[(第总 \d期)]{0,20})(?:[-—·\d ]{0,8})$"
)
CONTENTS = re.compile(r"^(?:目|見|且) ?(?:录|録)$|^目 +次$|^CONTENTS$")
IMPRINT = re.compile(
    r"^(?:主 *办(?:单 *位)?|主 *管(?:单 *位)?|编 *辑(?:出 *版|部)?|出 *版(?:单 *位)?|地 *址|邮 *编|邮 *政 *编 *码|"
    r"电 *话|传 *真|网 *址|印 *刷(?:单 *位)?|"
    r"发 *行(?:单 *位)?|准 *印 *证(?:号)?|刊 *号|主 *编|责 *任 *编 *辑|电 *子 *邮 *箱|投 *稿 *邮 *箱) ?:"
)
COPY_TO = re.compile(
    r"^(?:抄 *送|主题词|分 *送|报 *送) ?:|^.{2,40}(?:办公室|秘书处|办公厅) *\d{4} ?年 ?\d{1,2} ?月 ?\d{1,2} ?日 ?印发$"
)
REDHEAD = re.compile(rf"^[{HAN}]{{3,30}}文件$")
ORGAN = (
    "人民政府办公室|人民政府办公厅|人民政府|政府办公室|办公室|办公厅|委员会|常务委员会|指挥部|领导小组|管理局|局|厅|部|委|院|署|总队|法院|检察院|"
    "人民代表大会|国务院|中心|集团|公司|协会|联合会|总工会"
)
ORGAN_LINE = re.compile(rf"^[{HAN}A-Z× 、()]{{2,60}}(?:{ORGAN})$")
BULLET = re.compile(r"^(?:[-*•●▪◆■□○][ \u3000]+|[•●▪◆■□])(?=\S)")
MARKUP = re.compile(r"</?[a-zA-Z][a-zA-Z0-9]{0,9}/?>")


@dataclass(slots=True)
class Line:
    """A line without its outer spaces. `start`/`end` bound `text` in the original; `gap` = blank lines before it,
    `indent` = columns of space before it (a full-width space is two)."""

    start: int
    end: int
    text: str
    fold: str
    gap: int
    indent: int
    no: int


def lines(pieces: Iterable[str]) -> Iterator[Line]:
    """Non-blank lines of a text that comes in pieces cut anywhere. Memory: the longest line."""
    at, gap = 0, 0
    for no, raw in enumerate(_whole_lines(pieces), 1):
        body = raw.strip(" \t\r\n\x0b\x0c\x1c\x1d\x1e\x85\u00a0\u2002\u2003\u2028\u2029\u3000\ufeff\u200b")
        if body:
            lead = raw.find(body[0])
            indent = lead and len(raw[:lead].encode("gb18030", "replace"))
            yield Line(at + lead, at + lead + len(body), body, fold(body), gap, indent, no)
            gap = 0
        else:
            gap += 1
        at += len(raw)


def _whole_lines(pieces: Iterable[str]) -> Iterator[str]:
    held: list[str] = []
    for piece in pieces:
        parts = piece.splitlines(keepends=True)
        if not parts:
            continue
        if held:
            parts[0] = "".join([*held, parts[0]]) if len(parts) > 1 or _ended(parts[0]) else parts[0]
            held = held if len(parts) == 1 and not _ended(parts[0]) else []
        if not _ended(parts[-1]) or parts[-1].endswith("\r"):
            held.append(parts.pop())
        yield from parts
    if held:
        yield from "".join(held).splitlines(keepends=True)


def _ended(line: str) -> bool:
    return line[-1] in "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"


def flat(text: str) -> str:
    """Folded text without white space."""
    return SPACES.sub("", text)


def dated(line: Line) -> bool:
    """A line that is only a date, or a signature with its date."""
    text = line.fold
    if len(text) > 120 or "年" not in text or "日" not in text[-8:]:
        return False
    return DATE_LINE.match(text) is not None or (SIGNED.match(text) is not None and "," not in text)
