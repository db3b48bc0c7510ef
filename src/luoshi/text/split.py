"""Where one document of an issue ends and the next begins, line by line, holding no more than one document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from luoshi.text.labels import read_label
from luoshi.text.lines import (
    CONTENTS,
    COPY_TO,
    DATE,
    IMPRINT,
    NUMBER,
    ORDER,
    ORGAN,
    ORGAN_LINE,
    PAGE,
    PASSED,
    PUBLIC,
    REDHEAD,
    RUNNING,
    TITLE_END,
    Line,
    dated,
    flat,
)  # fmt: skip
from luoshi.text.marks import HAN

_STARTS_ORGAN = re.compile(rf"^[{HAN}]{{2,40}}?(?:{ORGAN})(?:印发|转发|批转|关于|公布|发布|办公室|办公厅)?")
_LAW = re.compile(r"^第 *[一1] *[编章条](?! *第)")
ADDRESSEE = re.compile(
    rf"^(?:各|[{HAN}A-Za-z0-9 、,()\"]{{2,400}})"
    '(?:政府|办事处|单位|部门|机构|委员会|局|办|院|厅|企业|公司|街道|中心|学校|镇|乡|你们|同志|委)[)"]?:$'
)
_OWN_TITLE = re.compile("的(?:通知|通告|公告|决定|意见|批复|函|通报)$")
_ENTRY = re.compile(r"\(? ?\d{1,4} ?\)?$|[.…·]{3,}")
_ISSUES = re.compile("印发|转发|公布|发布|批转|同意")


@dataclass(slots=True)
class Chunk:
    """The lines of one document. `title` and `number` are indexes into `lines` (None when there is none)."""

    lines: list[Line] = field(default_factory=list)
    contents: set[int] = field(default_factory=set)  # indexes of lines of a table of contents
    title: int | None = None
    number: int | None = None
    labels: int = 0
    sentences: int = 0
    attached: bool = False
    signed: bool = False


def titlelike(text: str) -> bool:
    """A folded line that may belong to a title: short, no end of sentence, no label, no furniture."""
    if len(text) > 90 or len(text) < 2 or text[-1] in "。;!?:,、" or "。" in text:
        return False
    if not re.search(f"[{HAN}]", text) or IMPRINT.match(text) or COPY_TO.match(text) or PUBLIC.match(text):
        return False
    if re.search(DATE, text) or PAGE.match(text) or RUNNING.match(text) or CONTENTS.match(text) or text[0] == "【":
        return False
    return read_label(text) is None


def title_start(held: list[Line], end: int, contents: set[int]) -> int | None:
    """Index of the first line of the title that ends just before `end`; None when no title stands there."""
    first, joined = None, ""
    for index in range(end - 1, max(end - 8, -1), -1):
        line = held[index]
        if index in contents or not titlelike(line.fold):
            break
        if first is not None and held[first].gap and _complete(joined, line.fold):
            break
        first, joined = index, flat(line.fold) + joined
    return first


def _complete(title: str, before: str) -> bool:
    if ORGAN_LINE.match(before) and not before.endswith("公报") and not _STARTS_ORGAN.match(title):
        return False
    return len(title) > 6 and TITLE_END.search(title) is not None


class Splitter:
    """Feeds on lines, gives whole documents. A document starts at its title; a title is known by what follows it."""

    def __init__(self) -> None:
        self.chunk = Chunk()
        self._contents_from: str | None = None
        self._in_contents = False

    def feed(self, line: Line) -> Chunk | None:
        """The document that `line` shows to be finished, if any."""
        done = None
        held = self.chunk.lines
        text = line.fold
        if self._contents(line):
            self.chunk.contents.add(len(held))
        elif len(text) <= 420:
            done = self._boundary(line)
        self.chunk.lines.append(line)
        return done

    def _contents(self, line: Line) -> bool:
        text = line.fold
        if CONTENTS.match(text):
            self._in_contents, self._contents_from = True, None
            return True
        if not self._in_contents:
            return False
        entry = _entry_name(text)
        if self._contents_from is None:
            self._contents_from = entry
            return True
        looks = "\t" in line.text or _ENTRY.search(text) or text[0] == "【" or read_label(text) is not None
        repeats = entry == self._contents_from or (len(entry) > 5 and self._contents_from.startswith(entry))
        if repeats or text[-1] in "。;:" or (line.gap and not looks) or len(text) > 120:
            self._in_contents = False
            return False
        return True

    def _boundary(self, line: Line) -> Chunk | None:
        chunk, text = self.chunk, line.fold
        number = NUMBER.match(text) or (ORDER.match(text) if len(text) < 50 else None)
        if number:
            return self._numbered(line)
        if _LAW.match(text) or (len(text) < 320 and PASSED.match(text)) or ADDRESSEE.match(text):
            return self._unnumbered(bool(ADDRESSEE.match(text)))
        if read_label(text) is not None:
            chunk.labels += 1
        if dated(line):
            chunk.signed = True
        if "。" in text or text[-1] == ":":
            if chunk.signed and chunk.sentences and chunk.lines and _OWN_TITLE.search(flat(chunk.lines[-1].fold)):
                return self._untold(line)
            chunk.sentences += "。" in text
        return None

    def _untold(self, line: Line) -> Chunk | None:
        """A document without number or addressee, after another that is signed: 关于…的通告 and its first sentence."""
        chunk = self.chunk
        start = title_start(chunk.lines, len(chunk.lines), chunk.contents)
        title = "".join(flat(held.fold) for held in chunk.lines[start:]) if start else ""
        if not start or not _OWN_TITLE.search(title) or self._announces(title):
            return None
        done = self._cut(start)
        self.chunk.sentences = 1 if "。" in line.fold else 0
        return done

    def _numbered(self, line: Line) -> Chunk | None:
        chunk = self.chunk
        start = title_start(chunk.lines, len(chunk.lines), chunk.contents)
        if start is None:
            fresh = not chunk.lines or _closes(chunk.lines[-1], line)
            if chunk.number is not None and not fresh:
                return None  # a number cited on a line of its own
            start = len(chunk.lines)
        if chunk.number is None and chunk.sentences == 0 and chunk.labels == 0:
            chunk.title, chunk.number = start, len(chunk.lines)
            return None
        if chunk.number is not None and chunk.labels == 0 and chunk.sentences == 0:
            return None
        return self._cut(start, numbered=True)

    def _unnumbered(self, addressed: bool) -> Chunk | None:
        """A law's first chapter, a bracket `(…通过)` or an addressee: the lines before it are a title."""
        chunk = self.chunk
        start = title_start(chunk.lines, len(chunk.lines), chunk.contents)
        if start is None or (chunk.title is not None and start <= (chunk.number or chunk.title) + 1):
            return None
        if chunk.title is None and chunk.sentences == 0 and chunk.labels == 0:
            chunk.title = start
            return None
        title = "".join(flat(held.fold) for held in chunk.lines[start:])
        if not TITLE_END.search(title):
            return None
        if not addressed and not chunk.attached and chunk.labels == 0 and self._announces(title):
            chunk.attached = True
            return None
        before = chunk.lines[start - 1].fold if start else ""
        if before and before[-1] not in "。)" and not dated(chunk.lines[start - 1]) and not PUBLIC.match(before):
            return None
        return self._cut(start)

    def _announces(self, title: str) -> bool:
        head = "".join(flat(held.fold) for held in self.chunk.lines[:40])
        return _ISSUES.search(head) is not None and title.strip("《》") in head

    def _cut(self, start: int, numbered: bool = False) -> Chunk:
        done, fresh = self.chunk, Chunk()
        fresh.lines = done.lines[start:]
        del done.lines[start:]
        fresh.title = 0
        fresh.number = len(fresh.lines) if numbered else None
        self.chunk = fresh
        return done


def _closes(last: Line, line: Line) -> bool:
    """Whether a document can end with `last` when the next line is a number: signed, or a sentence and a blank line."""
    if dated(last) or PUBLIC.match(last.fold) or REDHEAD.match(last.fold):
        return True
    number = NUMBER.match(line.fold)
    return line.gap > 0 and last.fold[-1] in "。)" and number is not None and number["org"] != ""


def _entry_name(text: str) -> str:
    return flat(re.sub(r"[.…· ]*\(? ?\d{1,4} ?\)?$|[.…·]{3,}.*$", "", text))


def chunks(source: Iterable[Line]) -> Iterator[Chunk]:
    splitter = Splitter()
    for line in source:
        done = splitter.feed(line)
        if done is not None:
            yield done
    if splitter.chunk.lines:
        yield splitter.chunk
