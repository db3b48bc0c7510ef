"""Which network operators count as 基础电信运营企业 (A27): the three the plans list, and those the district adds.

Kept where grading reads it: two dated parameters, each change with its source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from luoshi.emergency import live
from luoshi.kernel import when
from luoshi.kernel.errors import BadInput, Refused
from luoshi.norms import actions as norms_actions
from luoshi.norms import queries as norms
from luoshi.norms.models import Parameter

CHOICES = {"yes": True, "no": False, "": None}


@dataclass(frozen=True, slots=True)
class Operator:
    """`counts` None: nobody has settled it, and a count with it is a range. `fixed`: the text lists it."""

    name: str
    aliases: tuple[str, ...]
    counts: bool | None
    fixed: bool
    cite: str = ""
    reading: str = ""
    why: str = ""


def listed() -> list[Operator]:
    """Every operator as grading counts it now."""
    at = live.desk()
    found = []
    for row in at.plans.vocabulary.operators:
        answer = at.answers.by_key.get(row.reading) if row.reading else None
        counts = str(answer.shown) == row.when if answer is not None and row.when else row.counts
        why = (
            f"按解释{row.reading}（{'已确认' if answer.status == 'confirmed' else '待确认'}）" if answer else "条文所列"
        )
        override = at.operators.get(row.name)
        if override is not None:
            counts, why = override, "按本区设置"
        found.append(Operator(row.name, tuple(row.aliases), counts, True, row.cite, row.reading, why))
    known = {one.name for one in found}
    found += [Operator(n, (), c, False, why="本区增列") for n, c in at.operators.items() if n not in known]
    return found


def set_counts(name: str, counts: bool | None, user: Any, *, source: str, via: str = "web") -> str:
    """Say of an operator whether it counts; its name. None takes back what the district said. Needs a source (A27)."""
    name = name.strip()
    if not name:
        raise BadInput("请写企业名称", field="name")
    fixed = next((one for one in listed() if one.name == name and one.fixed), None)
    if fixed is not None and fixed.reading:
        raise Refused(f"{name}计不计入由解释{fixed.reading}决定，请在解释台账答复", cite=fixed.cite)
    if fixed is not None:
        raise Refused(f"{name}是条文所列的企业", cite=fixed.cite)
    for key, mine in ((live.COUNTED, True), (live.NOT_COUNTED, False)):
        _write(key, name, counts is mine, user, source, via)
    return name


def _write(key: str, name: str, wanted: bool, user: Any, source: str, via: str) -> None:
    parameter = Parameter.objects.filter(key=key).first()
    if parameter is None:
        raise Refused("规范包还没有载入，不能设置企业名单")
    held = norms.parameter(key, when.today())
    names = [str(one) for one in held] if isinstance(held, list) else []
    if wanted == (name in names):
        return
    names = [*names, name] if wanted else [one for one in names if one != name]
    norms_actions.set_parameter(
        parameter, "\n".join(names) or "无", valid_from=when.today(), source=source, by=user, via=via
    )
