"""Bytes to text: UTF-8, UTF-16 with a mark and GB18030 are read; anything else is named, never guessed at."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from luoshi.kernel import limits
from luoshi.kernel.errors import BadInput
from luoshi.kernel.limits import check_size

LIMIT = limits.UPLOAD  # bytes of one file
CHUNK = 1 << 18

_MAGIC = {
    b"%PDF": "PDF 文件", b"PK\x03\x04": "压缩包或 Word/Excel/OFD 文件", b"\xd0\xcf\x11\xe0": "旧版 Word/Excel 文件",
    b"\x89PNG": "PNG 图片", b"\xff\xd8\xff": "JPEG 图片", b"GIF8": "GIF 图片", b"II*\x00": "TIFF 图片",
    b"MM\x00*": "TIFF 图片", b"Rar!": "RAR 压缩包", b"7z\xbc\xaf": "7z 压缩包", b"\x1f\x8b": "gzip 压缩文件",
    b"{\\rtf": "RTF 文件", b"SQLite": "SQLite 数据库",
}  # fmt: skip
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_TAGS = re.compile(rb"</(?:html|head|body|div|p|span|table|t[rdh]|ul|ol|li|a|font|strong|script|style)>")
_KANA = (("shift_jis", "Shift-JIS（日文）"), ("euc_jp", "EUC-JP（日文）"))
# The commonest characters of official Chinese: text decoded in the wrong encoding has almost none of them.
_COMMON = set(
    "的一是在不了有和人这中大为上个国以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处府办镇街道城市县省号印发局"
)


def sniff(head: bytes, name: str = "") -> str:
    """The encoding of a file by its first bytes (a whole file is best). BadInput when it is no readable text."""
    if not head.strip():
        raise BadInput("文件是空的，没有可读的内容", file=name)
    if is_web_page(head.removeprefix(codecs.BOM_UTF8)):
        raise BadInput("这是网页（HTML），不是文字版；请打开网页，复制正文存为文本文件", file=name)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    for magic, what in _MAGIC.items():
        if head.startswith(magic):
            raise BadInput(f"这是{what}，不是文本；请先另存为文本文件", file=name)
    if b"\x00" in head:
        even, odd = head[0::2].count(0), head[1::2].count(0)
        if max(even, odd) > len(head) // 8 and min(even, odd) < max(even, odd) // 8 + 1:
            raise BadInput("看来是没有字节序标记的 UTF-16 文本；请另存为 UTF-8", file=name)
        raise BadInput("文件含有二进制内容，不是文本", file=name)
    if sum(head.count(c) for c in range(1, 9)) > len(head) // 100 + 1:
        raise BadInput("文件含有大量控制字符，不是文本", file=name)
    return _without_mark(head, name)


def is_web_page(head: bytes) -> bool:
    """Whether it is the source of a web page: it says so at its beginning, or is full of closing tags."""
    begin = head[:4096].lstrip().lower()
    return begin.startswith((b"<!doctype html", b"<html")) or len(_TAGS.findall(head[: 1 << 16].lower())) >= 5


def _without_mark(head: bytes, name: str) -> str:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
        return "utf-8"
    except UnicodeDecodeError:
        pass
    try:
        text = codecs.getincrementaldecoder("gb18030")().decode(head)
    except UnicodeDecodeError:
        text = ""
    share = _share(text)
    if text and share >= 0.25:
        return "gb18030"
    for encoding, what in _KANA:
        if _kana(head, encoding) >= 0.2:
            raise BadInput(f"看来是 {what}编码；请另存为 UTF-8 或 GB18030", file=name)
    for encoding, what in (("big5", "Big5（繁体）"), ("euc_jp", "EUC-JP（日文）"), ("euc_kr", "EUC-KR（韩文）")):
        try:
            other = codecs.getincrementaldecoder(encoding)().decode(head)
        except UnicodeDecodeError:
            continue
        if _share(other) > share + 0.1:
            raise BadInput(f"看来是 {what}编码；请另存为 UTF-8 或 GB18030", file=name)
    if text and share > 0.1:
        return "gb18030"
    place = _first_bad(head)
    raise BadInput(f"编码无法识别（既不是 UTF-8 也不是 GB18030），第 {place} 个字节起读不出", file=name)


def _kana(head: bytes, encoding: str) -> float:
    """How much of it would be Japanese syllables. Half-width ones do not count: GB18030 bytes look like them."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return 0.0
    beyond = [c for c in text[:20000] if c > "\x7f"]
    return sum("\u3041" <= c <= "\u30fe" for c in beyond) / len(beyond) if len(beyond) > 3 else 0.0


def _share(text: str) -> float:
    han = [c for c in text[:20000] if "\u4e00" <= c <= "\u9fff"]
    return sum(c in _COMMON for c in han) / len(han) if len(han) > 3 else 0.0


def chinese(text: str) -> bool | None:
    """Whether a text is written in Chinese characters, by its first letters; None when there are too few to tell."""
    letters = [c for c in text[:20000] if c.isalpha()]
    han = sum("\u3400" <= c <= "\u9fff" or c >= "\U00020000" for c in letters)
    return han * 5 >= len(letters) if len(letters) >= 40 else None


def _first_bad(head: bytes) -> int:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError as error:
        return error.start + 1
    return len(head)


def decode(data: bytes, name: str = "", limit: int = LIMIT) -> tuple[str, str]:
    """(text, encoding) of a whole file; `limit` in bytes."""
    check_size(len(data), name, limit)
    encoding = sniff(data, name)
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadInput(f"按 {encoding} 读到第 {error.start + 1} 个字节出错", file=name, line=line) from None


def chunks(stream: BinaryIO, name: str, limit: int) -> Iterator[str]:
    """Decoded text of a binary stream, a chunk at a time. The encoding is told from the first 256 KB."""
    head = stream.read(CHUNK)
    encoding = sniff(head, name)
    decoder = codecs.getincrementaldecoder(encoding)()
    size, chunk = 0, head
    while chunk:
        size += len(chunk)
        check_size(size, name, limit)
        yield _step(decoder, chunk, name, encoding, size)
        chunk = stream.read(CHUNK)
    yield _step(decoder, b"", name, encoding, size, final=True)


def _step(
    decoder: codecs.IncrementalDecoder, chunk: bytes, name: str, encoding: str, size: int, final: bool = False
) -> str:
    try:
        return decoder.decode(chunk, final)
    except UnicodeDecodeError:
        raise BadInput(f"按 {encoding} 读到第 {size} 个字节之前出错", file=name) from None
