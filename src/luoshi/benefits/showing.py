"""A decision as people read it: the answer first, then each condition on the document's own sentence, with the facts
it used (value, source, day), the answers to open questions it leaned on, and what is missing. At most four queries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from luoshi.benefits import engine, placing, selfcheck
from luoshi.benefits.pack import Measures
from luoshi.kernel import money
from luoshi.norms.models import Clause
from luoshi.norms.queries import provision_texts
from luoshi.rules.rule import Rule
from luoshi.rules.tree import Fact
from luoshi.rules.values import spoken

_CITED = re.compile(r"[(（]\w+:([^\s;；,，。()（）]+(?:[(（][^\s()（）]*[)）][^\s;；,，。()（）]*)*)[)）]")
# status → (state mark of the faces, what it is called)
STATUSES = {
    "eligible": ("ok", "符合条件"),
    "refused": ("late", "不符合条件"),
    "pending": ("unknown", "暂不能决定"),
    "referred": ("info", "转其他部门办理"),
    "human_review": ("warn", "须由人决定"),
    "not_claimed": ("plain", "未涉及"),
}
MARKS = {
    "true": ("ok", "满足"),
    "false": ("late", "不满足"),
    "unknown": ("unknown", "未知"),
    "amount": ("info", "金额"),
}
CONFIDENCE = {"official": "权威来源", "reported": "单位申报", "inferred": "推断"}


@dataclass(frozen=True, slots=True)
class ShownFact:
    name: str
    label: str
    value: str
    known: bool
    source: str = ""
    as_of: str = ""
    confidence: str = ""
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class ShownStep:
    number: int
    cite: str
    condition: str
    value: str
    mark: str
    word: str
    facts: tuple[ShownFact, ...]
    amount: str = ""
    formula: str = ""


@dataclass(frozen=True, slots=True)
class ShownPhrase:
    text: str
    value: str
    word: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ShownSentence:
    phrases: tuple[ShownPhrase, ...]
    steps: tuple[ShownStep, ...]


@dataclass(frozen=True, slots=True)
class ShownPlace:
    cite: str
    printed: bool
    sentences: tuple[ShownSentence, ...]
    steps: tuple[ShownStep, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """An answer to an open question this decision leaned on."""

    key: str
    question: str
    answer: str
    status: str
    by: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    measure: str
    name: str
    status: str
    mark: str
    word: str
    why: str
    amount: str
    unit: str
    missing: tuple[ShownFact, ...]
    limbs: tuple[dict[str, Any], ...]
    places: tuple[ShownPlace, ...]
    readings: tuple[Reading, ...]
    counted: Mapping[str, int] = field(default_factory=dict)


def shown(
    result: Mapping[str, Any],
    provenance: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    disputed: Iterable[str] = (),
    limb: str = "",
    pack: str = "jccq",
) -> Shown:
    """`result` is a decision as `engine.decide` answers it. `provenance`: fact → {source, as_of, confidence}.

    `limb`: only what concerns this part of a measure of several parts.
    """
    rule, measures = engine.rule_of(str(result["measure"]), pack)
    trace = [step for step in result.get("trace", ()) if not limb or _concerns(step, rule, limb)]
    steps = placing.steps_of(trace)
    facts = _Facts(rule, provenance or {}, frozenset(disputed))
    clauses = Clause.objects.filter(instrument__slug=measures.slug).select_related("provision")
    found = {clause.key: clause for clause in clauses}
    paths = {key: f"{measures.slug}:{c.provision.path}" for key, c in found.items() if c.provision is not None}
    texts = provision_texts(dict.fromkeys(paths[step.cite] for step in steps if step.cite in paths))
    gists = {key: clause.gist for key, clause in found.items()}
    mark, word = STATUSES[str(result["status"])]
    return Shown(
        measure=rule.key,
        name=rule.name,
        status=str(result["status"]),
        mark=mark,
        word=word,
        why=plain_words(str(result.get("why", ""))),
        amount=amount_words(result.get("amount_yuan"), str(result.get("unit", "yuan"))),
        unit=str(result.get("unit", "yuan")),
        missing=tuple(facts.one(name, None) for name in result.get("missing", ()) if name in rule.scope.facts),
        limbs=tuple(_limb(raw) for raw in result.get("limbs", ()) if not limb or raw["limb"] == limb),
        places=tuple(_place(place, facts) for place in placing.on_text(steps, texts, gists, paths)),
        readings=readings(result.get("interpretations", ()), measures),
        counted={value: sum(step.value == value for step in steps) for value in MARKS},
    )


def plain_words(why: str) -> str:
    """A reason with its citations as people read them: （25:二(一).3） → （二(一).3）."""
    return _CITED.sub(lambda found: f"（{found.group(1)}）", why)


def _concerns(step: Mapping[str, Any], rule: Rule, limb: str) -> bool:
    """Whether a step is of the gate or of `limb`: the trace names conditions, not limbs."""
    own = next((one for one in rule.limbs if one.key == limb), None)
    if own is None:
        return True
    asked = {(c.cite, c.text) for c in rule.conditions(own)}
    name = str(step["condition"])
    return (str(step["cite"]), name) in asked or name.startswith(own.name)


def _limb(raw: Mapping[str, Any]) -> dict[str, Any]:
    mark, word = STATUSES[str(raw["status"])]
    return {**raw, "mark": mark, "word": word}


def _place(place: placing.Place, facts: _Facts) -> ShownPlace:
    return ShownPlace(
        place.cite,
        place.printed,
        tuple(
            ShownSentence(
                tuple(
                    ShownPhrase(
                        phrase.text,
                        phrase.value,
                        MARKS[phrase.value][1] if phrase.value else "",
                        tuple(step.number for step in phrase.steps),
                    )
                    for phrase in sentence.phrases
                ),
                tuple(facts.step(step) for step in sentence.steps),
            )
            for sentence in place.sentences
        ),
        tuple(facts.step(step) for step in place.steps),
    )


class _Facts:
    """Facts by name, with the words people know them by and where each came from."""

    def __init__(self, rule: Rule, provenance: Mapping[str, Mapping[str, Any]], disputed: frozenset[str]) -> None:
        self.rule, self.provenance, self.disputed = rule, provenance, disputed

    def one(self, name: str, value: Any) -> ShownFact:
        fact = self.rule.scope.facts.get(name)
        told = self.provenance.get(name) or {}
        return ShownFact(
            name,
            fact.label if fact else name,
            value_words(value, name, self.rule),
            value is not None,
            str(told.get("source") or ""),
            str(told.get("as_of") or ""),
            CONFIDENCE.get(str(told.get("confidence")), ""),
            name in self.disputed,
        )

    def step(self, step: placing.Step) -> ShownStep:
        mark, word = MARKS[step.value]
        return ShownStep(
            step.number,
            step.cite,
            step.condition,
            step.value,
            mark,
            word,
            tuple(self.one(name, value) for name, value in step.facts if name != "as_of"),
            amount_words(step.shown) if step.value == "amount" else "",
            step.formula,
        )


def value_words(value: Any, name: str, rule: Rule) -> str:
    """A fact's value as people say it; a fact nobody told is 未知."""
    fact = rule.scope.facts.get(name)
    if value is None or fact is None:
        return "未知" if value is None else str(value)
    if fact.presumed and fact.type.kind in ("date", "number") and str(value) == str(fact.absent):
        return "没有提到"
    if isinstance(value, bool):
        return "是" if value else "否"
    if fact.type.kind == "list":
        return "；".join(_item(item, fact) for item in value) or "没有"
    if name.endswith("_yuan"):
        return amount_words(value)
    question = selfcheck.question_of(fact)
    return dict(question.options).get(str(value), str(value)) if question else str(value)


def presumed_words(fact: Fact, rule: Rule) -> str:
    """What a measure takes for granted of a fact nobody mentions: of a number, the one it computes with."""
    if fact.type.kind != "number":
        return value_words(fact.absent, fact.name, rule)
    return amount_words(fact.absent) if fact.name.endswith("_yuan") else str(fact.absent)


def _item(item: Any, fact: Fact) -> str:
    """One of a list; of a record what is known, in its order: 星级复核，5，￥200,000.00，2025-11-02."""
    parts = item.items() if isinstance(item, Mapping) else [("", item)]
    known = [(name, part) for name, part in parts if part is not None]
    return "，".join(
        amount_words(part) if name.endswith("_yuan") else spoken(str(part), fact.spellings) for name, part in known
    )


def amount_words(amount: Any, unit: str = "yuan") -> str:
    """`500000` → `￥500,000.00`; a range both ends; None is what cannot be computed here."""
    if amount is None:
        return "不在此计算"
    if isinstance(amount, list | tuple):
        ends = [amount_words(end) for end in amount]
        return " 至 ".join(ends) + ("／月" if unit == "yuan_per_month" else "")
    return money.yuan(money.fen(Decimal(str(amount)))) + ("／月" if unit == "yuan_per_month" else "")


def readings(raw: Iterable[Mapping[str, Any]], measures: Measures) -> tuple[Reading, ...]:
    """The open questions leaned on, those nobody has decided first."""
    found = []
    for one in raw:
        key = str(one["key"])
        row = measures.questions.get(key)
        found.append(
            Reading(
                key,
                row.question if row else key,
                answer_words(one.get("value"), measures, key),
                str(one.get("status", "inferred")),
                str(one.get("by", "")),
                str(one.get("date", "")),
            )
        )
    return tuple(sorted(found, key=lambda reading: reading.status == "confirmed"))


def answer_words(value: Any, measures: Measures, key: str) -> str:
    """An answer in the pack's own words for its options."""
    row = measures.questions.get(key)
    labels = {option.value: option.label for option in row.options} if row else {}
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Mapping):
        rows = [f"{r} {c} {v} 元" for r, columns in value.items() for c, v in dict(columns).items()]
        return "；".join(rows) or "未定"
    if isinstance(value, list | tuple | set | frozenset):
        return "、".join(labels.get(str(item), str(item)) for item in value) or "未定"
    return "未定" if value in (None, "") else labels.get(str(value), str(value))
