"""The parts of a document that are not provisions: title block, addressees, signature, dates, annex list, furniture."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from luoshi.text.blocks import Block, paragraphs
from luoshi.text.bodies import split_list
from luoshi.text.citations import normalise_number
from luoshi.text.dates import find_date, parse
from luoshi.text.lines import (
    COPY_TO,
    DATE,
    DATE_LINE,
    IMPRINT,
    NUMBER,
    ORGAN,
    ORGAN_LINE,
    PAGE,
    PASSED,
    PUBLIC,
    REDHEAD,
    RUNNING,
    SIGNED,
    TITLE_END,
    TITLE_WORDS,
    Line,
    flat,
)  # fmt: skip
from luoshi.text.marks import HAN, cn_int, fold
from luoshi.text.model import Document, Finding, Part
from luoshi.text.split import ADDRESSEE, Chunk, titlelike

_KIND = re.compile(rf"({TITLE_WORDS})(?:\([^()]{{1,20}}\))?$")
_ISSUER = re.compile(rf"^[{HAN}A-Z×]{{2,40}}?(?:{ORGAN})(?=印发|转发|批转|关于|公布|发布|令$|公告$|通告$|$)")
_ANNOUNCED = re.compile("印发|转发|公布|发布|批转|同意|施行")
_SIGNATORY = re.compile(
    "^(?:代 ?)?(?:省|市|区|县|州|部|局|署|主|院|会)?(?:长|主席|主任|总理|州长|委员长)"
    rf" *:? *[{HAN}]{{2,4}}(?: ?[{HAN}]{{1,2}})?$"
)
_CLOSING = re.compile("^(?:特此|此)(?:通知|批复|公告|通告|函告|函复|报告|复|令)[。!]?$")
_ANNEX_LIST = re.compile(r"^附 ?件 ?:")
_ANNEX_NAMED = re.compile(rf"(?:{TITLE_WORDS}|名单|名录|一览表|[统计汇总分工任务项目]表|表|图)(?:\([^()]*\))?$")
_ANNEX_ITEM = re.compile(rf"(?:\d{{1,2}} ?[.、] ?|附 ?件 ?:)([{HAN}《\"(][^;。\d]{{1,80}})")
_IMPRINT_SURE = re.compile(r"^(?:主 *办|主 *管|编 *辑|出 *版|印 *刷|发 *行|准 *印|刊 *号)")


@dataclass(slots=True)
class Zone:
    """Blocks under one root: the covering notice, the attached text, an annex."""

    prefix: str
    lead: str
    blocks: list[Block] = field(default_factory=list)


def read_head(chunk: Chunk, document: Document) -> list[Zone]:
    """Fills the title block of `document` from a chunk and returns its blocks of text by zone."""
    lines = chunk.lines
    start, number_at = _title_bounds(chunk)
    _cover(lines[:start], chunk.contents, document)
    after = _title(lines, start, number_at, document)
    body = [line for index, line in enumerate(lines[after:], after) if index not in chunk.contents]
    contents = [lines[index] for index in sorted(chunk.contents) if index >= after]
    document.furniture += [_furniture("目录", line) for line in contents]
    body, imprint = _imprint(body)
    document.furniture += [_furniture("版权页", line) for line in imprint]
    found = paragraphs(body)
    document.furniture += found.furniture
    return _Sorter(document).sort(found.blocks)


def _title_bounds(chunk: Chunk) -> tuple[int, int | None]:
    if chunk.title is not None:
        return chunk.title, chunk.number
    if chunk.lines and 0 not in chunk.contents and titlelike(chunk.lines[0].fold):
        run = next((i for i, line in enumerate(chunk.lines[:8]) if not titlelike(line.fold)), len(chunk.lines[:8]))
        if TITLE_END.search("".join(flat(line.fold) for line in chunk.lines[:run])):
            return 0, None
    return 0, 0  # no title at all: everything is text


def _furniture(kind: str, line: Line) -> Part:
    return Part(kind, line.text, [(line.start, line.end)])


def _cover(lines: list[Line], contents: set[int], document: Document) -> None:
    for index, line in enumerate(lines):
        kind = "目录" if index in contents else "刊头"
        if index not in contents and (PAGE.match(line.fold) or RUNNING.match(line.fold)):
            kind = "页码" if PAGE.match(line.fold) else "书眉"
        document.furniture.append(_furniture(kind, line))


def _title(lines: list[Line], start: int, number_at: int | None, document: Document) -> int:
    """Reads title and number; the index of the first line after them."""
    at = start
    while at < len(lines) and REDHEAD.match(lines[at].fold) and at != number_at:
        document.furniture.append(_furniture("版头", lines[at]))
        at += 1
    title: list[Line] = []
    stop = number_at if number_at is not None else len(lines)
    while at < stop and titlelike(lines[at].fold) and len(title) < 8:
        title.append(lines[at])
        at += 1
    if number_at is not None and number_at < len(lines):
        at, below = max(at, number_at), not title
        at = _number(lines, at, title, document)
        while below and at < len(lines) and titlelike(lines[at].fold) and len(title) < 6:
            title.append(lines[at])
            at += 1
    for line in title:
        document.parts.append(Part("标题", line.text, [(line.start, line.end)]))
    _name(document, "".join(flat(line.text) for line in title))
    return at


def _number(lines: list[Line], at: int, title: list[Line], document: Document) -> int:
    line = lines[at]
    if not (NUMBER.match(line.fold) or re.search(r"第 *\S{1,8} *号", line.fold[:60])) or len(line.fold) > 60:
        return at
    document.parts.append(Part("文号", line.text, [(line.start, line.end)]))
    document.raw_number, document.line = line.text, line.no
    document.number = normalise_number(line.text) or _in_figures(line.fold)
    if not NUMBER.match(line.fold):
        before = flat(title[-1].fold) if title else ""
        own = flat(line.fold).strip("()")
        document.number = (
            before + own if re.search("(?:令|公告|通告)$", before) and "关于" not in before and len(own) < 12 else own
        )
    return at + 1


def _in_figures(folded: str) -> str:
    """A number printed in Chinese figures, 金政复〔二〇二三〕九号, in its one spelling."""
    found = NUMBER.match(folded)
    if found is None or (count := cn_int(found["no"])) is None:
        return ""
    year = "".join(str(cn_int(figure) or 0) for figure in found["year"])
    return f"{flat(found['org'])}〔{year}〕{count}号"


def _name(document: Document, title: str) -> None:
    folded = fold(title)
    document.title = title
    kind = _KIND.search(folded)
    document.kind = kind[1] if kind else ""
    issuer = _ISSUER.match(folded)
    document.issuer = issuer.group() if issuer else ""


def _imprint(lines: list[Line]) -> tuple[list[Line], list[Line]]:
    """Splits off the journal's imprint: three or more lines such as 主办单位: … 印刷: …, and all after them."""
    marks = [index for index, line in enumerate(lines) if len(line.fold) < 80 and IMPRINT.match(line.fold)]
    for place, index in enumerate(marks):
        near = [other for other in marks[place : place + 8] if other - index < 12]
        if len(near) >= 3 and any(_IMPRINT_SURE.match(lines[other].fold) for other in near):
            return lines[:index], lines[index:]
    return lines, []


class _Sorter:
    """Goes through the blocks once and gives each its place."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.zones: list[Zone] = [Zone("", "")]
        self.signed = False
        self.listing = False  # inside the list of annexes before a signature
        self.sentences = 0

    def sort(self, blocks: list[Block]) -> list[Zone]:
        at = self._addressees(blocks)
        while at < len(blocks):
            at = self._next(blocks, at)
        document = self.document
        if document.dates:
            document.date = document.dates[0]
        cover = self.zones[0]
        if document.attached_title:
            cover.lead = document.kind or "通知"
            if any(block.label for block in cover.blocks):
                cover.prefix = cover.lead
        return [zone for zone in self.zones if zone.blocks]

    def _part(self, kind: str, block: Block) -> None:
        self.document.parts.append(Part(kind, block.text, block.pieces))

    def _passed(self, block: Block) -> None:
        """`(2023年…通过)` under a title: the day counts when nothing else dates the document."""
        self._part("题注", block)
        found = re.search(DATE, block.fold)
        day = parse(found.group()) if found else None
        if day and not self.document.dates:
            self.document.dates.append(day)

    def _addressees(self, blocks: list[Block]) -> int:
        at = 0
        while at < len(blocks) and at < 2 and PASSED.match(blocks[at].fold):
            self._passed(blocks[at])
            at += 1
        if at < len(blocks) and blocks[at].label is None and ADDRESSEE.match(blocks[at].fold):
            block = blocks[at]
            self._part("主送", block)
            names = [block.text[a:b].strip("：:；; ") for a, b in split_list(block.fold.replace(";", ","))]
            self.document.addressees = [name for name in names if name]
            at += 1
        return at

    def _next(self, blocks: list[Block], at: int) -> int:
        block = blocks[at]
        folded = block.fold
        short = len(folded) <= 200
        if len(folded) <= 120 and folded[-1] not in "。;:" and (signed := self._signature(blocks, at)):
            return signed
        if short and "此件" in folded[:4] and (public := PUBLIC.match(folded)):
            self._part("公开", block)
            self.document.public = not re.search("^不|依申请|不予|不得", public["how"])
            return at + 1
        if short and _CLOSING.match(folded):
            self._part("结语", block)
            return at + 1
        if short and COPY_TO.match(folded):
            self._part("版记", block)
            return at + 1
        if _ANNEX_LIST.match(folded) and len(folded) <= 2000:
            self.listing = True
            self._annexes(block)
            return at + 1
        if self.listing and block.label is not None and block.label.family == "num" and len(folded) < 120:
            self._annexes(block)
            return at + 1
        self.listing = False
        if block.label is not None and block.label.family == "annex" and self._annex_here(block):
            return self._annex(blocks, at)
        attached = self._attached(blocks, at)
        if attached:
            return attached
        self.zones[-1].blocks.append(block)
        self.sentences += "。" in folded
        return at + 1

    def _annexes(self, block: Block) -> None:
        self._part("附件说明", block)
        names = [name.strip(" .、") for name in _ANNEX_ITEM.findall(block.fold)]
        self.document.annexes += [name for name in names if len(name) > 1]

    def _annex_here(self, block: Block) -> bool:
        return (self.signed or self.sentences > 0) and len(block.fold) <= 60

    def _annex(self, blocks: list[Block], at: int) -> int:
        """An annex opens: its label and its title lines; what follows stands under it."""
        block = blocks[at]
        key = block.label.key if block.label else "附件"
        self.zones.append(Zone(key, ""))
        self._part(key, block)
        at += 1
        named = False
        for _ in range(4):
            if at == len(blocks) or blocks[at].label is not None or not titlelike(blocks[at].fold):
                break
            if named and blocks[at].fold[0] != "(":
                break
            self._part("附件标题", blocks[at])
            named = _ANNEX_NAMED.search(blocks[at].fold) is not None or named
            at += 1
        self.listing = False
        return at

    def _signature(self, blocks: list[Block], at: int) -> int:
        """Index after a signature that starts at `at`, or 0."""
        end = at
        while end < len(blocks) and end - at < 8 and self._signs(blocks[end]):
            end += 1
        if end < len(blocks) and (DATE_LINE.match(blocks[end].fold) or SIGNED.match(blocks[end].fold)):
            end += 1
        elif end == at or not self._alone(blocks, at, end):
            return 0
        if blocks[at].label is not None and end == at + 1:
            return 0
        for block in blocks[at:end]:
            self._sign(block)
        self.signed, self.listing = True, False
        return end

    def _alone(self, blocks: list[Block], at: int, end: int) -> bool:
        """An issuer's name at the very end, without a date."""
        return end == len(blocks) and bool(self.document.issuer) and blocks[at].fold.startswith(self.document.issuer)

    def _signs(self, block: Block) -> bool:
        folded = block.fold
        if block.label is not None or len(folded) > 60 or re.search('[,。;:"]', folded.replace("长:", "长")):
            return False
        return folded == self.document.issuer or bool(ORGAN_LINE.match(folded) or _SIGNATORY.match(folded))

    def _sign(self, block: Block) -> None:
        day, raw = find_date(block.fold)
        self._part("署名日期" if raw and len(block.fold) > len(raw) + 2 else "成文日期" if raw else "署名", block)
        who = SIGNED.match(block.fold)
        name = who["who"].strip() if who else block.fold if not raw else ""
        if name and not self.document.issuer and not _SIGNATORY.match(name):
            self.document.issuer = name
        if day:
            self.document.dates.append(day)
        elif raw:
            finding = Finding("bad_date", f"“{raw}”不是日历上的日期", raw, line=block.no)
            self.document.findings.append(finding)

    def _attached(self, blocks: list[Block], at: int) -> int:
        """Index after the title of the text that a notice issues, or 0."""
        document = self.document
        if document.attached_title or blocks[at].label is not None or not (self.signed or self.sentences):
            return 0
        end = at
        while end < len(blocks) and end - at < 5 and blocks[end].label is None and titlelike(blocks[end].fold):
            end += 1
        joined = "".join(block.text for block in blocks[at:end])
        kind = _KIND.search(fold(joined))
        if not kind or not 4 <= len(joined) <= 160 or len(self.zones) > 1 or end == len(blocks):
            return 0
        cover = "".join(block.fold for block in self.zones[0].blocks[:6])
        if not self.signed and not (_ANNOUNCED.search(cover[:4000]) and not any(b.label for b in self.zones[0].blocks)):
            return 0
        document.attached_title, document.attached_kind = joined, kind[1]
        for block in blocks[at:end]:
            self._part("正文标题", block)
        while end < len(blocks) and end - at < 7 and PASSED.match(blocks[end].fold):
            self._passed(blocks[end])
            end += 1
        self.zones.append(Zone("", ""))
        return end
