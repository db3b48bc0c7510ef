"""The kinds of notices there are, and how the words of each are filled in. Pure.

A wording is plain text with named places in braces: `督办事项待签收：{事项}`. Nothing else means anything in it: no
format codes, no attributes, no calls; what a place is filled with is never read for places again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from luoshi.kernel.errors import BadInput

_PLACE = re.compile(r"\{([^{}]*)\}")
TITLE_MAX, BODY_MAX = 200, 2000


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of notice. `fields`: {name of a place: an example, for the preview}. `occasion`: when, and to whom, it
    goes."""

    code: str
    label: str
    occasion: str
    title: str
    body: str
    fields: Mapping[str, str] = field(default_factory=dict)


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Declare a kind of notice, from a room's `ready`. ValueError when its own wording does not hold."""
    try:
        check(kind, kind.title, kind.body)
    except BadInput as error:
        raise ValueError(f"{kind.code}: {error.field}: {error.reason}") from None
    _kinds[kind.code] = kind
    return kind


def known() -> list[Kind]:
    """Every kind, by code."""
    return [_kinds[code] for code in sorted(_kinds)]


def find(code: str) -> Kind | None:
    return _kinds.get(code)


def label(code: str) -> str:
    """What people call a kind; the code itself when nobody declared it."""
    return _kinds[code].label if code in _kinds else code


def fill(text: str, values: Mapping[str, object]) -> str:
    """`text` with its places filled. A place nobody fills is left out, so that a message never fails over its words."""
    return _PLACE.sub(lambda place: str(values.get(place[1].strip(), "")), text)


def strangers(text: str, kind: Kind) -> tuple[str, ...]:
    """The places in `text` that this kind of notice does not know."""
    return tuple(dict.fromkeys(name for name in _PLACE.findall(text) if name.strip() not in kind.fields))


def stray(text: str) -> bool:
    """Whether a brace in `text` opens or closes nothing."""
    return bool(set(_PLACE.sub("", text)) & {"{", "}"})


def check(kind: Kind, title: str, body: str) -> None:
    """Raises BadInput, naming the field, when a wording cannot be used for `kind`."""
    for name, text, most in (("title", title, TITLE_MAX), ("body", body, BODY_MAX)):
        if not text.strip():
            raise BadInput("不能空着", field=name)
        if len(text) > most:
            raise BadInput(f"最多 {most} 字，现有 {len(text)} 字", field=name)
        if unknown := strangers(text, kind):
            wrong = "、".join("{" + one + "}" for one in unknown)
            can = "、".join("{" + one + "}" for one in kind.fields)
            raise BadInput(f"没有 {wrong} 这一项，可用的有 {can}", field=name)
        if stray(text):
            raise BadInput("花括号要成对，里面写项目名，例如 {" + next(iter(kind.fields), "") + "}", field=name)
    if "\n" in title.strip():
        raise BadInput("标题只能有一行", field="title")
