"""Who pays for what was done in an incident (6.6). Pure.

The payer depends on the cause, and the two sentences of each plan overlap (A17): until the cause is settled it is 待定,
with both sentences beside it. Nothing here decides; it says what the text would have, a person settles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PENDING = "待定"
FINANCE, OPERATOR = "财政分级承担", "运营企业承担"
OWN = ("own_fault",)  # 21:6.6/s2 通信事故
CYBER = ("cyber",)  # 22:6.6/s2 网络安全事故


@dataclass(frozen=True, slots=True)
class Payer:
    """`payer` 待定 or who the sentence names; `cites`: the sentences; `reading`: A17 where it decides."""

    payer: str
    cites: tuple[str, ...]
    why: str
    reading: str = ""

    @property
    def pending(self) -> bool:
        return self.payer == PENDING


def payer(plans: Sequence[str], cause: str | None, answers: Mapping[str, str] | None = None, said: str = "") -> Payer:
    """What 6.6 of the plans under which it was done would have.

    `cause`: the settled cause, None when nobody knows; `said`: the same in words.
    """
    slugs = list(plans) or ["21"]
    both = tuple(f"{slug}:6.6/{part}" for slug in slugs for part in ("s1", "s2"))
    if cause is None or cause == "unknown":
        return _unsettled(both, (answers or {}).get("A17", "pending"))
    found = {slug: _of(slug, cause) for slug in slugs}
    names = {one for one, _ in found.values()}
    cites = tuple(cite for _, cite in found.values())
    if len(names) > 1:
        told = "、".join(f"{slug}号为{name}" for slug, (name, _) in found.items())
        return Payer(PENDING, both, f"两份预案说法不一：{told}；由人确定", "A17")
    name = names.pop()
    overlap = "22" in slugs and cause in CYBER
    why = f"原因为{said or cause}" + ("；22号两句都及于处置费用，按原因一句" if overlap else "")
    return Payer(name, both if overlap else cites, why, "A17" if overlap else "")


def _unsettled(both: tuple[str, ...], answer: str) -> Payer:
    first = {"finance_first": "财政先行垫付", "operator_first": "企业先行承担"}.get(answer)
    if first is None:
        return Payer(PENDING, both, "原因未定，查明原因后再定", "A17")
    return Payer(f"{PENDING}（{first}）", both, f"原因未定，按解释A17{first}，查明后结清", "A17")


def _of(slug: str, cause: str) -> tuple[str, str]:
    own = OWN if slug == "21" else (*OWN, *CYBER)
    return (OPERATOR, f"{slug}:6.6/s2") if cause in own else (FINANCE, f"{slug}:6.6/s1")
