"""Labelled paragraphs to a tree of provisions with the paths of the text's own numbering."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from luoshi.text.blocks import Block
from luoshi.text.labels import RANK, STRUCTURE, Label
from luoshi.text.model import Finding, Provision

_LAW = set(STRUCTURE.values())
_ALIKE = {("nump", "circled"), ("circled", "nump"), ("num", "nump"), ("nump", "num"), ("cn", "cnp"), ("cnp", "cn")}
_STOP = re.compile("[,。;:!?]")
_HEADING_LIMIT = {"cn": 60, "cnp": 48, "num": 40, "decimal": 40, "nump": 16, "circled": 0, "letter": 24}
_BRACKET_HEADING = re.compile("^【[^】]{1,30}】|^\\([^()]{2,24}\\)(?=[^,。;])")
_CHINESE = "零一二三四五六七八九十"


@dataclass(slots=True)
class Para:
    """One paragraph of a provision, without label and heading, as later readers want it."""

    provision: Provision
    text: str
    fold: str
    no: int
    heading: bool = False  # the words are the provision's heading, nothing else is printed there
    cells: list[str] = field(default_factory=list)  # of a row of a table


class Tree:
    """Grows provisions from blocks. `prefix` opens every path (`附件1`, `通知`)."""

    def __init__(self, prefix: str, lead: str, blocks: list[Block], seen: dict[str, int], findings: list[Finding]):
        self.prefix, self.lead = prefix, lead
        self.root = prefix + "·" if prefix else ""  # 附件1·1, or the annex and its first item would read 附件11
        self.roots: list[Provision] = []
        self.paras: list[Para] = []
        self._stack: list[Provision] = []
        self._numbers: dict[int, tuple[int, ...]] = {}
        self._texts: dict[int, list[str]] = {}
        self._last: dict[str, int] = {}
        self._under: dict[str, str] = {}
        self._running: set[str] = set()
        self._odd: Finding | None = None
        self._sibling: dict[tuple[int, str], int] = {}
        self._seen, self._findings = seen, findings
        self._decimal = sum(len(b.label.numbers) > 1 for b in blocks if b.label) >= 2
        self._pure = _pure_families(blocks)
        labelled = any(b.label is not None and self._accept(b.label) for b in blocks)
        self._ordinals = not labelled and not lead and not prefix
        for block in blocks:
            self._place(block)
        for provision in (p for root in self.roots for p in root.walk()):
            provision.text = "\n".join(self._texts.get(id(provision), []))

    def _accept(self, label: Label) -> bool:
        return label.family != "decimal" or len(label.numbers) > 1 or self._decimal

    def _place(self, block: Block) -> None:
        label = block.label
        if label is not None:
            label = self._promote(label, block)
        if label is None or not self._accept(label) or label.family == "annex":
            self._plain(block)
            return
        family = self._descend(label, block)
        provision = self._provision(block, label, family)
        if self._odd is not None:
            self._odd.path, self._odd = provision.path, None
        self._check(provision, block)
        self._attach(provision)

    def _promote(self, label: Label, block: Block) -> Label | None:
        """`1.` is the top of a decimal numbering when 1.1 follows below it and it is a bare heading."""
        if label.family != "num" or not self._decimal or _STOP.search(block.fold[label.length :]):
            return label
        top = next(
            (self._numbers[id(p)][0] for p in self._stack if p.family == "decimal"), self._last.get("decimal", 0)
        )
        return (
            Label("decimal", label.ordinal, label.key, label.length, (label.ordinal,))
            if label.ordinal == top + 1
            else label
        )

    # where a paragraph hangs

    def _descend(self, label: Label, block: Block) -> str:
        """Cuts the stack down to the parent of the new provision; the family it is read as."""
        family = label.family
        if family == "decimal":
            self._cut_decimal(label.numbers)
            return family
        index = self._index(family)
        if index is None:
            self._cut_unseen(label)
            return family
        if self._stack[index].ordinal + 1 != label.ordinal:
            for deeper in range(len(self._stack) - 1, index, -1):
                frame = self._stack[deeper]
                if (family, frame.family) in _ALIKE and frame.ordinal + 1 == label.ordinal:
                    del self._stack[deeper:]
                    raw = block.text[: label.length]
                    proper = relabel(frame.family, label.ordinal)
                    message = f"标号“{raw}”与同级标号形式不一致，按“{proper}”编入"
                    self._odd = Finding("label_form", message, raw, proper, line=block.no)
                    self._findings.append(self._odd)
                    return frame.family
        del self._stack[index:]
        return family

    def _index(self, family: str) -> int | None:
        for index in range(len(self._stack) - 1, -1, -1):
            if self._stack[index].family == family:
                return index
        return None

    def _cut_decimal(self, numbers: tuple[int, ...]) -> None:
        first = None
        for index, frame in enumerate(self._stack):
            if frame.family != "decimal":
                continue
            first = index if first is None else first
            own = self._numbers[id(frame)]
            if len(own) >= len(numbers) or numbers[: len(own)] != own:
                del self._stack[index:]
                return
            rest = next((i for i in range(index + 1, len(self._stack)) if self._stack[i].family == "decimal"), None)
            if rest is None:
                del self._stack[index + 1 :]
                return

    def _cut_unseen(self, label: Label) -> None:
        family = label.family
        if family in _LAW:
            self._pop(lambda frame: frame.family not in _LAW or RANK[frame.family] >= RANK[family])
        elif family in self._under:
            parent = self._under[family]
            index = self._index(parent) if parent else None
            if parent in ("article", "para"):  # an item stands under the 款 above it
                index = max((i for i, f in enumerate(self._stack) if f.family in ("article", "para")), default=None)
            if index is not None:
                del self._stack[index + 1 :]
            elif not parent:
                self._pop(lambda frame: frame.family not in _LAW)
        elif self._stack and not (label.ordinal == 1 and self._open_ended()):
            self._pop(lambda frame: RANK.get(frame.family, 99) > RANK[family] and frame.family != "para")

    def _open_ended(self) -> bool:
        top = self._stack[-1]
        texts = self._texts.get(id(top))
        last = texts[-1] if texts else top.heading + top.mark
        return last[-1:] in ":："

    def _pop(self, unwanted: Callable[[Provision], bool]) -> None:
        while self._stack and unwanted(self._stack[-1]):
            self._stack.pop()

    def _attach(self, provision: Provision) -> None:
        siblings = self._stack[-1].children if self._stack else self.roots
        siblings.append(provision)
        self._stack.append(provision)

    # provisions

    def _provision(self, block: Block, label: Label, family: str) -> Provision:
        key = label.key if family == label.family else relabel(family, label.ordinal)
        heading, mark, text = self._heading(block, label, family)
        path = self._path(family, key)
        printed = block.text[: label.length].rstrip()
        provision = Provision(path, printed, heading, mark, "", list(block.pieces), family, label.ordinal)
        if label.numbers:
            self._numbers[id(provision)] = label.numbers
        start = label.length + len(heading) + len(mark)
        if text:
            self._texts[id(provision)] = [text]
            self.paras.append(Para(provision, text, block.fold[start:], block.no))
        elif heading:
            self.paras.append(Para(provision, heading, block.fold[label.length : start], block.no, heading=True))
        return provision

    def _path(self, family: str, key: str) -> str:
        if family == "article" or family == "decimal":
            path = self.root + key
        else:
            path = (self._stack[-1].path if self._stack else self.root) + key
        return self._unique(path)

    def _unique(self, path: str) -> str:
        count = self._seen[path] = self._seen.get(path, 0) + 1
        return path if count == 1 else f"{path}#{count}"

    def _heading(self, block: Block, label: Label, family: str) -> tuple[str, str, str]:
        """(heading, mark, text) of a labelled paragraph."""
        text, folded = block.text[label.length :], block.fold[label.length :]
        bracket = _BRACKET_HEADING.match(folded) if family == "article" else None
        if bracket:
            return text[: bracket.end()], "", text[bracket.end() :]
        if family in ("article", "para"):
            return "", "", text
        stop = _STOP.search(folded)
        if stop is None:
            return (text, "", "") if len(text) <= 80 else ("", "", text)
        early = next((b - label.length for b in block.breaks if b > label.length), 0)
        if family in self._pure and 2 <= early < stop.start() and stop.end() < len(folded):
            return text[:early], "", text[early:]
        return self._sentence_heading(text, folded, family)

    def _sentence_heading(self, text: str, folded: str, family: str) -> tuple[str, str, str]:
        if folded[-1] == ":" and len(folded) <= 16 and _STOP.search(folded).start() == len(folded) - 1:  # type: ignore[union-attr]
            return text[:-1], text[-1], ""
        end = folded.find("。", 0, _HEADING_LIMIT.get(family, 40) + 1)
        if end < 1 or end == len(folded) - 1 or self._in_law():
            return "", "", text
        head = folded[:end]
        few = head.count(",") <= (2 if family in ("cn", "cnp", "num") else 0) and not re.search("[;:]", head)
        return (text[:end], text[end], text[end + 1 :]) if few else ("", "", text)

    def _in_law(self) -> bool:
        return any(frame.family == "article" for frame in self._stack)

    def _plain(self, block: Block) -> None:
        """A paragraph without a label: more of the provision above it, a 款 of its article, or the opening words."""
        article = next((f for f in reversed(self._stack) if f.family == "article"), None)
        if block.cells and self._stack:
            self._more(self._stack[-1], block)
        elif article is not None:
            self._pop(lambda frame: frame is not article)
            order = self._sibling[id(article), "para"] = self._sibling.get((id(article), "para"), 1) + 1
            key = article.path + f"第{_count(order)}款"
            self._attach(self._bare(self._unique(key), "para", order, block))
        elif self._stack:
            self._more(self._stack[-1], block)
        elif self._ordinals:
            order = len(self.roots) + 1
            self.roots.append(self._bare(self._unique(str(order)), "ordinal", order, block))
        elif self.roots and self.roots[-1].family == "lead":
            self._more(self.roots[-1], block)
        else:
            path = self._unique(self.prefix + self.lead if self.lead else self.prefix or "序言")
            self.roots.append(self._bare(path, "lead", 0, block))

    def _bare(self, path: str, family: str, order: int, block: Block) -> Provision:
        provision = Provision(path, "", "", "", "", list(block.pieces), family, order)
        self._texts[id(provision)] = [block.text]
        self.paras.append(Para(provision, block.text, block.fold, block.no, cells=block.cells))
        return provision

    def _more(self, provision: Provision, block: Block) -> None:
        self._texts.setdefault(id(provision), []).append(block.text)
        provision.pieces += block.pieces
        self.paras.append(Para(provision, block.text, block.fold, block.no, cells=block.cells))

    # numbering

    def _check(self, provision: Provision, block: Block) -> None:
        family, ordinal = provision.family, provision.ordinal
        place = (id(self._stack[-1]) if self._stack else 0, family)
        before = self._sibling.get(place)
        self._sibling[place] = ordinal
        self._under.setdefault(family, self._stack[-1].family if self._stack else "")
        if before == ordinal and "之" in block.text[: len(provision.label)]:
            code, text = "", ""  # 第五条之一 stands after 第五条
        elif before is None:
            code, text = self._check_first(family, ordinal)
        else:
            code, text = _check_next(before, ordinal)
        if code:
            raw = block.text[:24]
            self._findings.append(Finding(code, text, raw, path=provision.path, line=block.no))
        self._last[family] = ordinal

    def _check_first(self, family: str, ordinal: int) -> tuple[str, str]:
        last = self._last.get(family, 0)
        if family == "decimal":
            return ("", "") if ordinal == 1 else ("number_skip", f"下级标号从 {ordinal} 开始，前面缺号")
        if ordinal == last + 1:
            if last and ordinal > 1:
                self._running.add(family)
            return "", ""
        if ordinal == 1:
            if family in self._running or family == "article":
                return "number_restart", f"前文连续编号到 {last}，此处又从 1 开始"
            return "", ""
        if last and ordinal <= last:
            return "number_repeat", f"标号 {ordinal} 在前文已经用过"
        return "number_skip", f"标号从 {ordinal} 开始，前面缺号"


def _check_next(before: int, ordinal: int) -> tuple[str, str]:
    if ordinal == before + 1:
        return "", ""
    if ordinal == before:
        return "number_repeat", f"标号 {ordinal} 重复"
    if ordinal == 1:
        return "number_restart", f"同级标号到 {before} 之后又从 1 开始"
    if ordinal < before:
        return "number_order", f"标号 {ordinal} 排在 {before} 之后"
    missing = f"{before + 1}" if ordinal == before + 2 else f"{before + 1} 至 {ordinal - 1}"
    return "number_skip", f"标号从 {before} 跳到 {ordinal}，缺 {missing}"


def _pure_families(blocks: list[Block]) -> set[str]:
    """Families whose labels mostly open a bare heading."""
    pure: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for block in blocks:
        if block.label:
            total[block.label.family] += 1
            pure[block.label.family] += not _STOP.search(block.fold[block.label.length :])
    return {family for family, n in total.items() if n > 2 and pure[family] * 5 >= n * 3}


def relabel(family: str, ordinal: int) -> str:
    """The key of an ordinal in a family: ("circled", 7) → ⑦."""
    if family == "circled" and ordinal <= 20:
        return chr(0x245F + ordinal)
    if family == "nump":
        return f"({ordinal})"
    if family == "cnp":
        return f"({_count(ordinal)})"
    return _count(ordinal) if family == "cn" else str(ordinal)


def _count(number: int) -> str:
    if number <= 10:
        return _CHINESE[number]
    tens, ones = divmod(number, 10)
    if number < 100:
        return ("" if tens == 1 else _CHINESE[tens]) + "十" + (_CHINESE[ones] if ones else "")
    return str(number)
