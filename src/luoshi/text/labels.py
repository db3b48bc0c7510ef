"""The numbering families of official documents and the labels that open a line."""

from __future__ import annotations

import re
from dataclasses import dataclass

from luoshi.text.marks import CN_NUMBER, HAN, cn_int

# from the outermost to the innermost, as official documents nest them
ORDER = ("annex", "part", "chapter", "section", "article", "cn", "cnp", "decimal", "num", "nump", "circled", "letter")
RANK = {family: rank for rank, family in enumerate(ORDER)}
STRUCTURE = {"编": "part", "章": "chapter", "节": "section", "条": "article"}

_CN = f"[{CN_NUMBER}]"
_LABEL = re.compile(
    rf"""
    第\ *(?P<law>{_CN}{{1,8}}|\d{{1,4}})\ *(?P<unit>[编章节条])(?P<sub>(?:之[{CN_NUMBER}]{{1,3}})?)
        (?=[ 【"(《]|$|[{HAN}])(?!之|第[{CN_NUMBER}\d]|的|规定|所|至|和|、|,)
  | (?P<cn>{_CN}{{1,5}})\ *[、]\ *
  | (?P<cn2>{_CN}{{1,5}})[.]\ *(?=[{HAN}])
  | \(\ *(?P<cnp>{_CN}{{1,5}})\ *\)\ *[、.]?
  | (?P<cnu>[㈠-㈩])
  | (?P<dec>\d{{1,2}}(?:\.\d{{1,2}}){{1,4}})(?![\d.])
        (?!\s*(?:[%万亿元倍米吨个家]|[公平][里方]|小时|蒸吨|以上|-|—|~))\ *[.、]?
  | (?P<num>\d{{1,3}})\ *[.、](?!\d{{1,3}}(?!\d))\ *
  | (?P<numu>[⒈-⒛])
  | \(\ *(?P<nump>\d{{1,3}})\ *\)\ *[、.]?
  | (?P<numpu>[⑴-⒇])
  | (?P<num2>\d{{1,2}})\)\ *
  | (?P<circled>[①-⑳㉑-㉟])
  | (?P<letter>[A-H])[.、](?=[{HAN} ])\ *
  | (?P<top>\d{{1,2}})(?=\ *[{HAN}]{{2,24}}$)
        (?!\ *(?:年|月|日|个|家|项|人|条|类|级|号|期|天|时|分|万|亿|元|吨|米|公里|大|名|次|套|台|户|处|所
            |座|周|岁|种|章|届|页))
  | (?P<annex>附件|附录|附表)\ *(?P<annex_no>\d{{1,2}}|{_CN}{{1,3}}|[A-H])?\ *[:.]?\ *(?=$|[{HAN}《])
    """,
    re.VERBOSE,
)
_KINDS = (
    "law",
    "cn",
    "cn2",
    "cnp",
    "cnu",
    "dec",
    "num",
    "numu",
    "nump",
    "numpu",
    "num2",
    "circled",
    "letter",
    "top",
    "annex",
)
_FIRST = re.compile(rf"[第\d({CN_NUMBER}①-⑳㉑-㉟㈠-㈩⑴-⒇⒈-⒛A-H附]")
_SIMPLE = {"cn": "cn", "cn2": "cn", "cnp": "cnp", "num": "num", "nump": "nump", "num2": "nump"}


@dataclass(frozen=True, slots=True)
class Label:
    """A label as printed. `key` is its place in a path (`三`, `(一)`, `1`, `4.3.1`, `①`); `length` in characters."""

    family: str
    ordinal: int
    key: str
    length: int
    numbers: tuple[int, ...] = ()


def read_label(text: str) -> Label | None:
    """The label that opens a folded line, or None. What is doubtful (`2 总则`) is settled where the tree is built."""
    if not text or not _FIRST.match(text):
        return None
    found = _LABEL.match(text)
    if not found:
        return None
    label = _label(found)
    return label if label is None or label.ordinal or label.family == "annex" else None


def _label(found: re.Match[str]) -> Label | None:
    kind = next(name for name in _KINDS if found[name])
    length = found.end()
    if found["law"]:
        return _law(found, length)
    if found["cn"]:
        return _numbered("cn", found["cn"], found["cn"], length)
    if found["annex"]:
        ordinal = cn_int(found["annex_no"]) if found["annex_no"] else 0
        return Label("annex", ordinal or 0, found["annex"] + (found["annex_no"] or ""), length)
    value = found[kind]
    if kind in _SIMPLE:
        family = _SIMPLE[kind]
        key = f"({value})" if family in ("cnp", "nump") else value
        return _numbered(family, value, key, length)
    if kind in ("dec", "top"):
        numbers = tuple(int(n) for n in value.split("."))
        return Label("decimal", numbers[-1], ".".join(map(str, numbers)), length, numbers)
    return _single(kind, value, length)


def _law(found: re.Match[str], length: int) -> Label | None:
    ordinal = cn_int(found["law"])
    key = f"第{found['law']}{found['unit']}{found['sub'] or ''}"
    return Label(STRUCTURE[found["unit"]], ordinal, key, length) if ordinal else None


def _numbered(family: str, value: str, key: str, length: int) -> Label | None:
    ordinal = cn_int(value)
    return Label(family, ordinal, key, length) if ordinal else None


_BASES = {"cnu": ("cnp", "㈠"), "numu": ("num", "⒈"), "numpu": ("nump", "⑴")}


def _single(kind: str, char: str, length: int) -> Label | None:
    """One-character labels: ㈠ ⒈ ⑴ ① and A."""
    if kind == "letter":
        return Label("letter", ord(char) - 64, char, length)
    if kind == "circled":
        ordinal = ord(char) - 0x245F if char <= "⑳" else ord(char) - 0x3251 + 21
        return Label("circled", ordinal, char, length)
    family, base = _BASES[kind]
    ordinal = ord(char) - ord(base) + 1
    key = {"cnp": f"({'一二三四五六七八九十'[(ordinal - 1) % 10]})", "num": str(ordinal), "nump": f"({ordinal})"}[
        family
    ]
    return Label(family, ordinal, key, length)
