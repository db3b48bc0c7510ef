"""Reads an issue: lines → documents → provisions → responsibilities, targets and findings."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO, TextIO

from luoshi.kernel.errors import BadInput
from luoshi.kernel.limits import check_size
from luoshi.text import encoding as enc
from luoshi.text.across import compare
from luoshi.text.checks import check
from luoshi.text.examine import examine
from luoshi.text.head import read_head
from luoshi.text.lines import lines
from luoshi.text.model import Document, Finding, Issue
from luoshi.text.split import Chunk, chunks
from luoshi.text.tree import Para, Tree

Known = Mapping[str, str] | None


def read(data: bytes | str, name: str = "", known: Known = None, limit: int = enc.LIMIT) -> Issue:
    """An issue as read. `data`: bytes (UTF-8, UTF-16 with a mark, GB18030) or text; `known`: body names and aliases →
    the name they stand for; `limit` in bytes. BadInput: empty, binary, too large, an encoding that cannot be read."""
    encoding = "text"
    if isinstance(data, str):
        check_size(len(data), name, limit)
        text = data
    else:
        text, encoding = enc.decode(data, name, limit)
    if not text.strip(" \t\r\n\ufeff\u3000"):
        raise BadInput("文件是空的，没有可读的内容", file=name)
    documents = list(_documents([text], known))
    issue = Issue(documents, [], name, encoding, text)
    if encoding not in ("utf-8", "text"):
        issue.findings.append(Finding("encoding", f"文件编码为 {encoding}，已按此读取", encoding, "utf-8"))
    if enc.chinese(text) is False:
        issue.findings.append(Finding("not_chinese", "文件里几乎没有汉字，不像中文公文", text.strip()[:40], None))
    for document in documents:
        issue.findings += document.findings
    issue.findings += compare(documents, known)
    return issue


def read_documents(
    stream: BinaryIO | TextIO, name: str = "", known: Known = None, limit: int = enc.LIMIT
) -> Iterator[Document]:
    """Documents of a stream one by one; memory is bounded by the largest document. Each carries its findings."""
    pieces: Iterable[str]
    if isinstance(stream, io.TextIOBase):
        pieces = iter(lambda: stream.read(enc.CHUNK), "")
    else:
        pieces = enc.chunks(stream, name, limit)  # type: ignore[arg-type]
    none = True
    for document in _documents(pieces, known):
        none = False
        yield document
    if none:
        raise BadInput("文件是空的，没有可读的内容", file=name)


def _documents(pieces: Iterable[str], known: Known) -> Iterator[Document]:
    for chunk in chunks(lines(pieces)):
        yield _document(chunk, known)


def _document(chunk: Chunk, known: Known) -> Document:
    document = Document(line=chunk.lines[0].no, start=chunk.lines[0].start, end=chunk.lines[-1].end)
    zones = read_head(chunk, document)
    seen: dict[str, int] = {}
    paras: list[Para] = []
    for zone in zones:
        tree = Tree(zone.prefix, zone.lead, zone.blocks, seen, document.findings)
        document.provisions += tree.roots
        paras += tree.paras
    examine(document, paras, known)
    check(document, paras, known)
    for finding in document.findings:
        finding.document = document.number
    return document
