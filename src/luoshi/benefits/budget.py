"""预算: pots of money for a year, the instalments that become due, and reserving money for them in a shown order.

A pot is only ever moved by conditional updates (`_move`); the database refuses what would overdraw it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import F, Q

from luoshi.benefits.course import COMMITTED, ORDER_RULES, Part, money_state
from luoshi.benefits.deciding import lines
from luoshi.benefits.engine import instalments as equal_parts
from luoshi.benefits.models import Claim, Instalment, Pot
from luoshi.benefits.standing import actor_of, check, keep, lock, must
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.kernel.money import fen as fen_of
from luoshi.kernel.money import yuan
from luoshi.ledger.actions import append, recording

MONTHLY = "25:二(六)"


def set_pot(
    scope: str,
    year: int,
    total_fen: int,
    *,
    user: Any,
    order_rule: str = "approved",
    source: str = "",
    via: str = "web",
) -> Pot:
    """编列预算 of a measure ("25:二(一)") or a whole document ("25") for a year. Never below what is already bound."""
    must(user, "benefits.budget")
    if order_rule not in ORDER_RULES:
        raise BadInput("没有这种先后规则", field="order_rule")
    if total_fen < 0:
        raise BadInput("预算不能是负数", field="total")
    actor = actor_of(user, via)
    with recording():
        pot = Pot.objects.select_for_update().filter(scope=scope, year=year).first() or Pot(scope=scope, year=year)
        was = pot.total_fen if pot.pk else None
        if total_fen < pot.reserved_fen + pot.paid_fen:
            raise Refused(f"已预留和已支付共 {yuan(pot.reserved_fen + pot.paid_fen)}，预算不能少于它", cite=scope)
        pot.total_fen, pot.order_rule, pot.source = total_fen, order_rule, source.strip()[:200]
        pot.by, pot.at = actor.name, when.now()
        pot.save()
        append(
            "benefits.budget",
            by=actor,
            subject=pot.ref,
            data={"scope": scope, "year": year, "total_fen": total_fen, "was_fen": was, "order": order_rule,
                  "source": pot.source},
        )  # fmt: skip
        allocate(pot, actor)
    pot.refresh_from_db()
    return pot


def pot_of(measure: str, year: int) -> Pot | None:
    """The pot that pays a measure in a year: its own, else that of its document."""
    own = Pot.objects.filter(Q(scope=measure) | Q(scope=measure.partition(":")[0]), year=year)
    return max(own, key=lambda pot: len(pot.scope), default=None)


def plan(claim: Claim) -> None:
    """The instalments of a claim just approved; a stipend grows month by month (`grow`)."""
    if claim.limb == "talent":
        grow(claim, claim.decision["result"])
        return
    line = next((line for line in lines(claim.decision["result"]) if line.limb == claim.limb), None)
    extras = line.extras if line else {}
    if "instalments_yuan" in extras:
        _yearly(claim, len(extras["instalments_yuan"]))
    else:
        Instalment.objects.create(
            claim=claim, number=1, label="一次性", due_on=when.today(), amount_fen=claim.amount_fen
        )


def _yearly(claim: Claim, count: int) -> None:
    """Equal yearly parts in arrears from the declaration, each after proof of interest paid (s4.payout)."""
    first = claim.decision["facts"].get("application_date") or when.today().isoformat()
    start = date.fromisoformat(str(first))
    for number, amount in enumerate(equal_parts(claim.amount_fen, count), 1):
        Instalment.objects.create(
            claim=claim,
            number=number,
            label=f"第 {number} 年",
            due_on=years_after(start, number),
            amount_fen=amount,
            needs_proof=True,
        )


def years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)


def grow(claim: Claim, result: Any) -> int:
    """Add the months a stipend has earned since (`months_payable` of a decision). Never beyond the entitlement."""
    line = next((line for line in lines(result) if line.limb == claim.limb), None)
    if line is None:
        return 0
    have = list(claim.instalments.values_list("number", "state", "amount_fen"))
    kept = sum(amount for _, state, amount in have if state != "dropped")
    monthly = fen_of(str(result["amount_yuan"]))
    months = min(int(line.extras.get("months", 0)), (claim.amount_fen - kept) // monthly if monthly else 0)
    last = max((number for number, _, _ in have), default=0)
    Instalment.objects.bulk_create(
        Instalment(claim=claim, number=n, label=f"第 {n} 个月", due_on=when.today(), amount_fen=monthly)
        for n in range(last + 1, last + 1 + months)
    )
    return months


def prove(
    claim: Claim, number: int, user: Any, *, words: str, interest_fen: int | None = None, version: int | None = None,
    via: str = "web",
) -> Instalment:  # fmt: skip
    """登记付息凭证: the year's interest was paid. Where s4.cap_by_actual_interest holds, the part is capped by it."""
    if not words.strip():
        raise BadInput("请写明凭证名称、编号", field="words")
    if interest_fen is not None and interest_fen < 0:
        raise BadInput("利息不能是负数", field="interest")
    with recording():
        found = lock(claim.pk, version)
        check(found, user, "prove", words)
        part = Instalment.objects.select_for_update().filter(claim=found, number=number).first()
        if part is None or not part.needs_proof or part.state != "planned":
            raise Refused("这一期不需要或已不能登记凭证", cite=found.cite)
        actor = actor_of(user, via)
        was = part.amount_fen
        if interest_fen is not None and _capped(found):
            part.amount_fen = min(part.amount_fen, interest_fen)
        part.proof = {
            "words": words.strip(),
            "interest_fen": interest_fen,
            "by": actor.name,
            "at": when.now().isoformat(),
        }
        if part.amount_fen == 0:
            part.amount_fen, part.state = was, "dropped"
        part.save()
        kept = {"instalment": number, "interest_fen": interest_fen, "amount_fen": part.amount_fen, "was_fen": was}
        keep(found, "prove", actor, words=words.strip(), data=kept)
        allocate_for(found, actor)
    claim.refresh_from_db()
    return part


def _capped(claim: Claim) -> bool:
    from luoshi.benefits.settling import in_force

    given = claim.decision.get("settings", {}).get("s4.cap_by_actual_interest")
    return bool(given["value"]) if given else bool(in_force("25").value("s4.cap_by_actual_interest", True))


def allocate_for(claim: Claim, by: Actor) -> int:
    pot = pot_of(claim.measure, when.today().year)
    return allocate(pot, by) if pot else 0


def allocate(pot: Pot, by: Actor) -> int:
    """Reserve money for what is due, in the pot's order, until the next does not fit: nobody is overtaken.

    Returns how many instalments were reserved. Must run inside `recording`.
    """
    found = Pot.objects.select_for_update().get(pk=pot.pk)
    reserved: list[Instalment] = []
    free = found.free_fen
    for part in waiting(found):
        if part.amount_fen > free:
            break
        free -= part.amount_fen
        reserved.append(part)
    if not reserved:
        return 0
    _move(found, reserved_fen=sum(part.amount_fen for part in reserved))
    now = when.now()
    for part in reserved:
        part.pot, part.state, part.reserved_at = found, "reserved", now
    Instalment.objects.bulk_update(reserved, ["pot", "state", "reserved_at"])
    append(
        "benefits.reserve",
        by=by,
        subject=found.ref,
        data={
            "parts": [[part.claim.number, part.number, part.amount_fen] for part in reserved],
            "order": found.order_rule,
        },
    )
    return len(reserved)


def waiting(pot: Pot, day: date | None = None) -> Iterable[Instalment]:
    """What is due and waits for money of this pot, in its order. Pots of single measures are served by themselves."""
    day = day or when.today()
    rows = Instalment.objects.filter(state="planned", due_on__lte=day, claim__state__in=COMMITTED, claim__doubt="")
    rows = rows.exclude(needs_proof=True, proof={})
    rows = rows.filter(claim__measure=pot.scope) if ":" in pot.scope else _shared(rows, pot)
    order = {
        "approved": ["claim__approved_at", "claim_id", "number"],
        "event": ["claim__event_date", "claim__approved_at", "claim_id", "number"],
        "small": ["amount_fen", "claim__approved_at", "claim_id", "number"],
    }[pot.order_rule]
    return rows.exclude(claim__state="recovering").select_related("claim").order_by(*order)


def _shared(rows: Any, pot: Pot) -> Any:
    own = Pot.objects.filter(year=pot.year, scope__startswith=f"{pot.scope}:").values_list("scope", flat=True)
    return rows.filter(claim__measure__startswith=f"{pot.scope}:").exclude(claim__measure__in=list(own))


def _move(pot: Pot, **by: int) -> None:
    """Add to the pot's columns where the total allows it. Refused when it would be overdrawn."""
    after = F("reserved_fen") + F("paid_fen") + sum(by.values())
    moved = Pot.objects.filter(pk=pot.pk, total_fen__gte=after).update(
        **{name: F(name) + amount for name, amount in by.items()}
    )
    if not moved:
        raise Refused(f"预算“{pot}”不够，没有改动", cite=pot.scope)


def release(part: Instalment, state: str = "planned") -> None:
    """Give back what was reserved for an instalment."""
    if part.pot is not None:
        _move(part.pot, reserved_fen=-part.amount_fen)
    part.pot, part.state, part.reserved_at = None, state, None
    part.save()


def spend(part: Instalment) -> None:
    """Reserved money has gone out."""
    assert part.pot is not None
    _move(part.pot, reserved_fen=-part.amount_fen, paid_fen=part.amount_fen)


def unspend(part: Instalment) -> None:
    """Money that had gone out came back (退票): it is still owed, and stays reserved."""
    assert part.pot is not None
    _move(part.pot, reserved_fen=part.amount_fen, paid_fen=-part.amount_fen)


def drop_open(claim: Claim, by: Actor, words: str) -> int:
    """Cancel what was not paid and is not under way; reserved money goes back. Returns how many."""
    rows = list(
        claim.instalments.select_for_update(of=("self",))
        .filter(state__in=("planned", "reserved"))
        .select_related("pot")
    )
    for part in rows:
        release(part, "dropped")
    return len(rows)


def settle_state(claim: Claim) -> str:
    """The claim's state as its instalments stand now; the caller keeps it."""
    last: dict[int, str] = {}
    for instalment, state in claim.payments.order_by("attempt").values_list("instalment_id", "state"):
        last[instalment] = state
    parts = [Part(part.state, last.get(part.pk, "")) for part in claim.instalments.all()]
    kept = sum(part.amount_fen for part in claim.instalments.all() if part.state != "dropped")
    more = claim.limb == "talent" and claim.closed_at is None and kept < claim.amount_fen
    return money_state(parts, more_to_come=more)
