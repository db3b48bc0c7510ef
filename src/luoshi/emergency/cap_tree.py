"""XML of strangers as a plain tree: no document types, no entities, no depth, no size beyond bounds. Pure.

Nothing is ever fetched or expanded: a document type declaration ends the reading, and that is where entities live.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from luoshi.emergency import cap
from luoshi.kernel.errors import BadInput

LARGEST = 512 * 1024
DEEPEST, MOST = 12, 20_000


@dataclass(slots=True)
class Node:
    """An element: its local name, text, children, and the line it begins on."""

    name: str
    line: int
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def all(self, name: str) -> Iterator[Node]:
        return (child for child in self.children if child.name == name)

    def one(self, name: str) -> Node | None:
        return next(self.all(name), None)

    def said(self, name: str) -> str:
        found = self.one(name)
        return found.text.strip() if found else ""


class _Builder:
    """Collects elements of the CAP namespace; those of others (signatures) are passed over with all they hold."""

    def __init__(self, parser: expat.XMLParserType) -> None:
        self.parser, self.count, self.foreign = parser, 0, 0
        self.open: list[Node] = []
        self.root: Node | None = None
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self.start, self.end
        parser.CharacterDataHandler = self.data
        parser.StartDoctypeDeclHandler = self.refuse
        parser.EntityDeclHandler = self.refuse
        parser.ProcessingInstructionHandler = lambda *_: None

    def refuse(self, *_: object) -> None:
        raise BadInput("不接受 DOCTYPE 和实体声明", line=self.parser.CurrentLineNumber, field="xml")

    def start(self, name: str, _: object) -> None:
        self.count += 1
        line = self.parser.CurrentLineNumber
        if self.count > MOST or len(self.open) + self.foreign >= DEEPEST:
            raise BadInput("元素过多或嵌套过深", line=line, field="xml")
        space, _, local = name.rpartition(" ")
        if self.foreign or (space != cap.NAMESPACE and self.open):
            self.foreign += 1
            return
        node = Node(local, line)
        if space != cap.NAMESPACE:
            raise BadInput(f"命名空间应为 {cap.NAMESPACE}，现为 {space or '无'}", line=line, field=local)
        if self.open:
            self.open[-1].children.append(node)
        else:
            self.root = node
        self.open.append(node)

    def end(self, _: str) -> None:
        if self.foreign:
            self.foreign -= 1
        else:
            self.open.pop()

    def data(self, text: str) -> None:
        if self.open and not self.foreign:
            self.open[-1].text += text


def parse(body: bytes, *, largest: int = LARGEST) -> Node:
    """The root element. BadInput with line for whatever is not well-formed, too large, or declares entities."""
    if len(body) > largest:
        raise BadInput(f"超过 {largest} 字节", field="xml")
    parser = expat.ParserCreate(namespace_separator=" ")
    builder = _Builder(parser)
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise BadInput(f"不是完整的 XML：{expat.errors.messages[error.code]}", line=error.lineno, field="xml") from None
    except (ValueError, LookupError) as error:  # an encoding nobody knows
        raise BadInput(f"不是可读的 XML：{error}", field="xml") from None
    if builder.root is None:
        raise BadInput("没有内容", field="xml")
    return builder.root
