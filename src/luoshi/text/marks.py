"""Characters: one spelling for recognition, of the same length as the original, so that every offset stays true."""

from __future__ import annotations

import re

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff〇"
CN_NUMBER = "一二三四五六七八九十百千零〇两"
TITLE = re.compile("《[^《》]{1,80}》|〈[^〈〉]{1,80}〉")  # of another document, named in a sentence

_PAIRS = {
    "（": "(", "）": ")", "［": "[", "］": "]", "｛": "{", "｝": "}", "﹝": "〔", "﹞": "〕", "，": ",", "：": ":",
    "；": ";", "．": ".", "。": "。", "！": "!", "？": "?", "％": "%", "“": '"', "”": '"', "＂": '"', "‘": "'",
    "’": "'", "　": " ", "\t": " ", "\u00a0": " ", "\u2003": " ", "\u2002": " ", "\ufeff": " ", "\u200b": " ",
    "～": "~", "〜": "~", "＋": "+", "－": "-", "﹣": "-", "／": "/", "＜": "<", "＞": ">", "﹒": ".",
    "﹕": ":", "﹔": ";",
    "﹐": ",", "﹑": "、", "､": "、", "｡": "。", "＝": "=", "＊": "*", "＿": "_", "\r": " ", "\x0b": " ", "\x0c": " ",
    "\x85": " ", "\u2028": " ", "\u2029": " ",
}  # fmt: skip
_WIDE = {chr(0xFF10 + n): str(n) for n in range(10)}
_WIDE |= {chr(0xFF21 + n): chr(65 + n) for n in range(26)} | {chr(0xFF41 + n): chr(97 + n) for n in range(26)}
_FOLD = str.maketrans(_PAIRS | _WIDE)

OPENERS = "([〔「【{"
CLOSERS = ")]〕」】}"
PAIR = dict(zip(OPENERS, CLOSERS, strict=True))
TERMINAL = "。;!?:"

SPACES = re.compile(r"[ \t\r\n\x0b\x0c\x1c-\x1e\x85\u00a0\u2002\u2003\u2028\u2029\u3000\ufeff\u200b]+")
_WIDE_CHAR = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f\u2460-\u24ff\u2014\u2018-\u201d]")

_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2, "O": 0, "Ｏ": 0}
_UNITS = {"十": 10, "百": 100, "千": 1000}


def fold(text: str) -> str:
    """Full-width digits, letters, brackets and punctuation as half-width; the length never changes."""
    return text.translate(_FOLD)


def wide(char: str) -> bool:
    """Whether a line break beside this character hides no space (Han, full-width punctuation, circled numbers)."""
    return _WIDE_CHAR.match(char) is not None


def cn_int(text: str) -> int | None:
    """`二十一` → 21, `〇` → 0, `12` → 12; None when it is not a number. Arabic digits pass through."""
    if text.isascii():
        return int(text) if text.isdigit() and len(text) < 10 else None
    total, digit = 0, 0
    plain = True
    for char in text:
        if char in _DIGITS:
            digit = _DIGITS[char] if plain or char not in "零〇" else 0
            if plain and total == 0 and len(text) > 1 and not any(u in text for u in _UNITS):
                return _year_like(text)
        elif char in _UNITS:
            total += (digit or 1) * _UNITS[char]
            digit, plain = 0, False
        else:
            return None
    return total + digit


def _year_like(text: str) -> int | None:
    digits = [_DIGITS.get(c, -1) for c in text]
    return None if -1 in digits or len(digits) > 9 else int("".join(map(str, digits)))


def is_han(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff"


def squeeze(text: str) -> str:
    """`text` without any white space: how titles and names are compared."""
    return SPACES.sub("", text)
