"""Scanned lines back to paragraphs: hard wraps and page breaks joined, bullets and mark-up set aside and named."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import dataclass, field

from luoshi.text.labels import Label, read_label
from luoshi.text.lines import (
    BULLET,
    COPY_TO,
    DATE,
    IMPRINT,
    MARKUP,
    ORGAN,
    PAGE,
    PUBLIC,
    RUNNING,
    TITLE_END,
    Line,
    dated,
)  # fmt: skip
from luoshi.text.marks import CLOSERS, HAN, OPENERS, SPACES, TERMINAL, fold, wide
from luoshi.text.model import Part, Pieces
from luoshi.text.tables import cells

KEYED = re.compile(rf"^[{HAN}]{{2,8}}(?:\([{HAN}]{{1,8}}\))?:")
DUTY_KEY = re.compile(
    "^[-—－ ]{0,4}(?:(?:责任|牵头|配合|参与|组成|成员|主管|实施|落实|协助|协办|承办|主办|督办|分管)(?:责任)?"
    "(?:单位|部门|主体|领导|人)|(?:完成|办结|实施|落实)?(?:时限|时间)(?:要求)?[:;]|职责:)"
)
_ANNEX_LIST = re.compile(r"^附 ?件 ?:")
_LATE_SIGN = re.compile(rf"(?<=[。;!?)])[ 　]+(?=[{HAN}]{{2,40}}(?:{ORGAN})(?: *{DATE})?$)")
_SECOND_LABEL = re.compile(rf"^[^。;,:!?]{{2,40}}?[ 　]+(?=\([一二三四五六七八九十]{{1,3}}\)[{HAN}])")
_SENTENCE = re.compile("[,。;:、]")


@dataclass(slots=True)
class Block:
    """A paragraph. `text` as printed without its line breaks, `fold` the same length, `breaks` the places in `text`
    where white space was taken out, `pieces` where `text` stands in the original."""

    text: str
    fold: str
    pieces: Pieces
    breaks: list[int]
    label: Label | None
    no: int
    gap: int
    cells: list[str] = field(default_factory=list)  # of a row of a table, as printed


class _Draft:
    """A paragraph still growing. Parts are kept apart until it is done, so that joining stays linear."""

    def __init__(self, line: Line, text: str, folded: str, label: Label | None) -> None:
        self.texts, self.folds = [text], [folded]
        self.pieces: Pieces = []
        self.breaks: list[int] = []
        self.label, self.no, self.gap = label, line.no, line.gap
        self.length, self.tail = len(text), folded[-20:]
        self.short = False  # the last printed line ended well before the margin
        self.sibling_ended = False  # the label before it in the same family ended a sentence
        self.plain = not _SENTENCE.search(folded[label.length :] if label else folded)
        self.duty = DUTY_KEY.match(folded) is not None
        self.open = _balance(folded)  # brackets opened and not yet closed

    def add(self, text: str, folded: str, pieces: Pieces, breaks: list[int]) -> None:
        seam, left = self.length, self.texts[-1][-1]
        glue = " " if left.isalpha() and text[0].isalpha() and not wide(left) and not wide(text[0]) else ""
        self.breaks += [seam, *(seam + len(glue) + b for b in breaks)]
        self.texts += [glue, text] if glue else [text]
        self.folds += [glue, folded] if glue else [folded]
        self.pieces += pieces
        self.length += len(glue) + len(text)
        self.tail = (self.tail + folded)[-20:]
        self.open += _balance(folded)
        self.plain = self.plain and not _SENTENCE.search(folded)

    def closed(self) -> bool:
        """Whether nothing more of this paragraph can follow."""
        last = self.tail[-1:]
        return last in TERMINAL or (last in CLOSERS and _bracket_ends(self.tail))

    def heading_only(self) -> bool:
        """A bare heading, or a title: no sentence goes on after it."""
        if self.label is None:
            return self.plain and TITLE_END.search(self.tail) is not None
        return self.plain and not self.sibling_ended

    def block(self) -> Block:
        return Block("".join(self.texts), "".join(self.folds), self.pieces, self.breaks, self.label, self.no, self.gap)


def _balance(folded: str) -> int:
    return sum(map(folded.count, OPENERS)) - sum(map(folded.count, CLOSERS))


def _bracket_ends(text: str) -> bool:
    tail = text[-16:-1]
    if re.search(r"[。;]\([^()]*\)$", text):
        return True
    return text[-1] in "]〕」】" or any(word in tail for word in ("负责", "配合", "推进", "底前", "发布"))


@dataclass(slots=True)
class Paragraphs:
    blocks: list[Block] = field(default_factory=list)
    furniture: list[Part] = field(default_factory=list)


def paragraphs(lines: list[Line]) -> Paragraphs:
    """Lines of a document's body as paragraphs."""
    found = Paragraphs()
    running = _running_heads(lines)
    maker = _Maker(found, _width(lines))
    for line in lines:
        if PAGE.match(line.fold) or line.fold in running:
            kind = "页码" if PAGE.match(line.fold) else "书眉"
            found.furniture.append(Part(kind, line.text, [(line.start, line.end)]))
            maker.page_turned = True
            continue
        for piece in [line] if cells(line.text) else _split(line):
            maker.place(piece)
    maker.finish()
    return found


class _Maker:
    def __init__(self, found: Paragraphs, width: int) -> None:
        self.found, self.width = found, width
        self.draft: _Draft | None = None
        self.page_turned = False
        self._ends: dict[str, bool] = {}

    def place(self, line: Line) -> None:
        text, folded, pieces, breaks = _clean(line, self.found.furniture)
        if not text:
            return
        row = cells(line.text)
        if row:
            self.finish()
            whole = [(line.start, line.end)]
            self.found.blocks.append(Block(line.text, line.fold, whole, [], None, line.no, line.gap, row))
            self.page_turned = False
            return
        label = read_label(folded)
        draft = self.draft
        if draft is not None and label is None and self._continues(draft, line, folded):
            draft.add(text, folded, pieces, breaks)
        else:
            self.finish()
            draft = self.draft = _Draft(line, text, folded, label)
            draft.pieces, draft.breaks = pieces, breaks
            draft.sibling_ended = label is not None and self._ends.get(label.family, False)
        draft.short = self.width > 0 and _columns(line) < self.width - 6
        self.page_turned = False

    def finish(self) -> None:
        if self.draft is None:
            return
        if self.draft.label is not None:
            self._ends[self.draft.label.family] = self.draft.tail[-1] in "。;"
        self.found.blocks.append(self.draft.block())
        self.draft = None

    def _keyed(self, last: _Draft, text: str) -> bool:
        """Whether a line names who is responsible; a sentence cut at the margin may go on with 主管部门, too."""
        key = DUTY_KEY.match(text)
        if key is None:
            return False
        return ":" in text[key.start() : key.end() + 1] or last.closed() or last.short or not self.width

    def _continues(self, last: _Draft, line: Line, text: str) -> bool:
        """Whether an unlabelled line goes on with the paragraph before it."""
        if structural(line) or BULLET.match(line.fold) or self._keyed(last, text):
            return False
        if last.heading_only() and (last.short or not self.width or line.gap):
            return False
        if last.duty and KEYED.match(text):
            return False
        if line.gap == 0 and not self.page_turned and self.width:
            ragged = last.length >= 16 and not last.closed() and not last.plain
            return line.indent < 2 and (ragged or not last.short)
        if last.closed() or KEYED.match(text):
            return False
        if last.open > 0 and last.length < 5000:
            return True
        return last.length >= 16 and _SENTENCE.search(text) is not None


def _split(line: Line) -> list[Line]:
    """Two things printed on one line: a signature after the last sentence, a heading and the label below it."""
    if len(line.fold) > 2000 or (" " not in line.fold):
        return [line]
    tail = line.fold[-60:]
    late = _LATE_SIGN.search(tail)
    cut = 0
    if late:
        cut = len(line.fold) - len(tail) + late.start()
    elif read_label(line.fold) is not None:
        second = _SECOND_LABEL.match(line.fold)
        cut = second.end() if second else 0
    if not cut:
        return [line]
    head, rest = line.text[:cut].rstrip(), line.text[cut:]
    lead = len(rest) - len(rest.lstrip())
    rest = rest.strip()
    start = line.start + cut + lead
    return [
        Line(line.start, line.start + len(head), head, fold(head), line.gap, line.indent, line.no),
        Line(start, start + len(rest), rest, fold(rest), 0, 2, line.no),
    ]


def _clean(line: Line, furniture: list[Part]) -> tuple[str, str, Pieces, list[int]]:
    """The text of a line without bullet, mark-up and lay-out spaces."""
    text, folded, start = line.text, line.fold, line.start
    bullet = BULLET.match(line.fold)
    if bullet:
        cut = bullet.end()
        furniture.append(Part("列表符号", text[:cut].rstrip(), [(start, start + len(text[:cut].rstrip()))]))
        text, folded, start = text[cut:], folded[cut:], start + cut
    if "<" in text and MARKUP.search(text):
        joined, pieces, breaks = _without_markup(text, start, furniture)
        return joined, fold(joined), pieces, breaks
    if " " not in folded:
        return text, folded, [(start, start + len(text))], []
    joined, pieces, breaks = _tighten(text, start)
    if not breaks:
        return joined, folded, pieces, breaks
    return joined, "".join(folded[a - start : b - start] for a, b in pieces), pieces, breaks


def _without_markup(text: str, start: int, furniture: list[Part]) -> tuple[str, Pieces, list[int]]:
    at, joined, pieces, breaks = 0, "", [], []
    spans = [(m.start(), m.end()) for m in MARKUP.finditer(text)] + [(len(text), len(text))]
    for begin, end in spans:
        if begin > at:
            part, spots, gaps = _tighten(text[at:begin], start + at)
            breaks += [len(joined) + g for g in gaps]
            pieces += spots
            joined += part
        if end > begin:
            furniture.append(Part("标记", text[begin:end], [(start + begin, start + end)]))
        at = end
    return joined, pieces, breaks


def _tighten(text: str, start: int) -> tuple[str, Pieces, list[int]]:
    """Spaces beside Han characters are lay-out and go; between Latin words and digits they stay."""
    pieces: Pieces = []
    kept: list[str] = []
    breaks: list[int] = []
    at = length = 0
    for space in SPACES.finditer(text):
        begin, end = space.span()
        if begin == 0 or end == len(text):
            drop = True
        else:
            drop = wide(text[begin - 1]) or wide(text[end]) or not (text[begin - 1].isalnum() or text[end].isalnum())
        if not drop:
            continue
        if begin > at:
            kept.append(text[at:begin])
            pieces.append((start + at, start + begin))
            length += begin - at
        breaks.append(length)
        at = end
    if at < len(text):
        kept.append(text[at:])
        pieces.append((start + at, start + len(text)))
    return "".join(kept), pieces, breaks


def structural(line: Line) -> bool:
    """A line that stands alone whatever precedes it: a date, a signature, a public mark, an annex list, an imprint."""
    text = line.fold
    if len(text) > 200:
        return False
    if dated(line) or (text[0] in "(此" and PUBLIC.match(text)):
        return True
    keyed = ":" in text[:16] and (IMPRINT.match(text) or _ANNEX_LIST.match(text))
    return bool(keyed or ((":" in text or "印发" in text) and COPY_TO.match(text)))


def _columns(line: Line) -> int:
    """The printed width of a line: two columns for a Han character, one for a Latin letter."""
    return len(line.fold.encode("gb18030", "replace")) + line.indent


def _width(lines: list[Line]) -> int:
    """Columns of a full line where the text is hard-wrapped with line feeds, else 0.

    A margin cuts sentences: where most of the lines that reach it end with one, they are paragraphs of like length.
    """
    if len(lines) < 4:
        return 0
    inner = ((line, _columns(line)) for line in lines if line.gap == 0 and line.indent <= 8)
    tight = [(n, line.fold[-1] in TERMINAL) for line, n in inner if 24 < n <= 400]
    if len(tight) < 3:
        return 0
    top = sorted(n for n, _ended in tight)[int(len(tight) * 0.9)]
    near = [ended for n, ended in tight if top - 8 <= n <= top + 4]
    return top if top <= 240 and len(near) * 3 >= len(tight) and sum(near) * 2 <= len(near) else 0


def _running_heads(lines: list[Line]) -> set[str]:
    """Short lines that come back on page after page beside page numbers, or that only name the journal."""
    counts = Counter(line.fold for line in lines if len(line.fold) <= 40)
    heads = {text for text in counts if RUNNING.match(text) and not PAGE.match(text)}
    beside: Counter[str] = Counter()
    for before, after in itertools.pairwise(lines):
        if PAGE.match(before.fold):
            beside[after.fold] += 1
        if PAGE.match(after.fold):
            beside[before.fold] += 1
    repeated = {t for t, n in beside.items() if n >= 3 and len(t) <= 40 and t[-1] not in TERMINAL and not read_label(t)}
    return heads | {t for t in repeated if not PAGE.match(t)}
