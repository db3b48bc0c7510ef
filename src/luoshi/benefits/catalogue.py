"""The measures there are, and how far each part of one can be paid without an application (免申即享, 即申即享)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from luoshi.benefits import engine
from luoshi.benefits import pack as packs
from luoshi.norms.models import Pack
from luoshi.rules.answers import Answers
from luoshi.rules.rule import Limb, Rule

# Facts that are a person's decision: no register can hold them.
HUMAN = {"recognition": "经认定", "human_approval": "文件用“可”，须经同意"}
AUTOMATIC, PERSON, PART, REFERRED = "automatic", "person", "part", "referred"
WAYS = {
    AUTOMATIC: "免申即享",
    PERSON: "即申即享",
    PART: "即申即享",
    REFERRED: "转其他部门",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One limb: `way` as in WAYS, `why` the reason in the text or the open question that stands in the way."""

    limb: Limb
    way: str
    why: str
    amounts: tuple[tuple[str, str], ...] = ()

    @property
    def label(self) -> str:
        return WAYS[self.way]


@dataclass(frozen=True, slots=True)
class Listed:
    rule: Rule
    measures: packs.Measures
    parts: tuple[Part, ...]

    @property
    def slug(self) -> str:
        return self.measures.slug


@lru_cache(maxsize=4)
def slugs(pack: str = "jccq") -> tuple[str, ...]:
    """The instruments of a pack that have measures, in order."""
    for folder in (packs.SHIPPED / pack, Path(pack)):
        if folder.is_dir():
            return tuple(sorted(found.parent.name for found in folder.glob("*/measures.yaml")))
    return ()


def pack_in_use() -> str:
    """The pack this installation runs on; the shipped one while none is loaded."""
    return Pack.objects.order_by("id").values_list("id", flat=True).first() or "jccq"


def rules(pack: str = "jccq") -> Iterator[tuple[Rule, packs.Measures]]:
    for slug in slugs(pack):
        found = packs.read(slug, pack)
        for rule in found.assembly.rules.values():
            yield rule, found


def names(pack: str = "jccq") -> dict[str, str]:
    """Measure → its name, in the pack's order."""
    return {rule.key: rule.name for rule, _ in rules(pack)}


def limb_names(pack: str = "jccq") -> dict[tuple[str, str], str]:
    return {(rule.key, limb.key): limb.name for rule, _ in rules(pack) for limb in rule.limbs}


def listed(settings: Mapping[str, Mapping[str, Any]], pack: str = "jccq") -> list[Listed]:
    """Every measure with the way of each part. `settings`: slug → answers in force."""
    found = []
    for rule, measures in rules(pack):
        in_force = engine.settings_of(rule, settings.get(measures.slug, {}))
        parts = tuple(part_of(limb, rule, in_force) for limb in rule.limbs)
        found.append(Listed(rule, measures, parts))
    return found


def part_of(limb: Limb, rule: Rule, in_force: Answers) -> Part:
    """Whether a limb can run by itself: nobody must recognise, agree, or first fix an amount."""
    if limb.refers:
        return Part(limb, REFERRED, f"由{limb.refers}按其规定办理")
    asked = {name for condition in limb.conditions for name in condition.facts}
    person = [words for name, words in HUMAN.items() if name in asked]
    if person:
        return Part(limb, PERSON, "；".join(person))
    tables = [key for key, found in rule.scope.settings.items() if found.kind == "table"]
    open_ = [key for key in tables if not in_force.by_key[key].value]
    if limb.upto is not None and open_:
        return Part(limb, PART, "文件只写了幅度，金额标准定下前须由人决定")
    return Part(limb, AUTOMATIC, "数据齐全即可自动判断，只须确认收款账户")
