"""Invented hotels, homestays and people with enough variety to fill every list; everything is marked 演示数据 / 虚构.

What happened to them was done by the room's own acts as if on earlier days; nothing is written past the course.
"""

from __future__ import annotations

import contextlib
import random
from datetime import date, datetime, time, timedelta
from typing import Any

from luoshi.accounts.models import Grant, User
from luoshi.benefits import (
    actions,
    banking,
    batches,
    budget,
    daily,
    demo_imports,
    demo_register,
    linking,
    payfile,
    recovering,
    rulebook,
)
from luoshi.benefits import screening as screenings
from luoshi.benefits.models import Batch, Claim, Membership, Subject
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.actions import append

BY = Actor("演示数据")
LAST = date(2027, 7, 1)  # a demo opened after the measures have run out shows their last weeks
BANK = "演示银行（虚构）城区支行"
MORE = {
    "culture2": ("culture", "演示文旅局复核"),
    "finance2": ("finance", "演示财政复核"),
    "enterprise2": ("enterprise", "演示企业用户二"),
}


def fill(seed: int, people: int) -> int:
    """Registers, accounts, and claims in every state. Idempotent: does nothing once a subject is marked."""
    rulebook.ensure_parameters()
    staff = _staff()
    if Subject.objects.filter(synthetic=True, matters__isnull=False).exists() or staff is None or not daily.measures():
        return 0
    today = min(when.today(), LAST)
    chance = random.Random(seed)  # noqa: S311 synthetic data, repeatable by design
    hotels = demo_register.fill(chance, today)
    _members(hotels)
    append("benefits.demo_filled", by=BY, subject="demo:benefits", data={"subjects": len(hotels), "seed": seed})
    _live(today, staff)
    demo_imports.fill(staff["culture"])
    return Claim.objects.filter(synthetic=True).count()


def _staff() -> dict[str, User] | None:
    """The demo's people; the second ones make four eyes possible."""
    found = {user.username: user for user in User.objects.filter(synthetic=True)}
    if not {"culture", "finance", "enterprise"} <= set(found):
        return None
    for username, (role, label) in MORE.items():
        if username not in found:
            like = found[role]
            made = User.objects.create(username=username, display_name=label, password=like.password, synthetic=True)
            grant = like.grants.first()
            Grant.objects.create(user=made, role=role, body=grant.body if grant else None, reason="演示账号")
            found[username] = made
    ago = when.today() - timedelta(days=500)
    Grant.objects.filter(user__in=found.values()).update(since=ago)
    return {user.username: user for user in User.objects.filter(pk__in=[user.pk for user in found.values()])}


def _members(hotels: list[Subject]) -> None:
    for username, mine in (("enterprise", hotels[:2]), ("enterprise2", hotels[2:4])):
        user = User.objects.get(username=username)
        Membership.objects.bulk_create(Membership(subject=subject, user=user) for subject in mine)
    linking.ask(User.objects.get(username="enterprise2"), hotels[4].key, "本店财务，执照可当面核对（演示）")


def _live(today: date, staff: dict[str, User]) -> None:
    """Two months of work in a few seconds."""

    def on(days_ago: int, hour: int = 10) -> Any:
        return when.at(datetime.combine(today - timedelta(days=days_ago), time(hour)))

    with on(60):
        for measure in daily.measures():
            screenings.screen(measure, by=daily.NIGHT)
        year = today.year
        budget.set_pot("25", year, 600_000_000, user=staff["finance"], source="演示预算（虚构）")
        budget.set_pot(
            "25:二(一)", year, 260_000_000, user=staff["finance"], source="演示预算（虚构）", order_rule="event"
        )
    claims = list(Claim.objects.order_by("id"))
    with on(55):
        for index, claim in enumerate(claims):
            if claim.state in ("found", "notified") and index % 7 != 6:
                _confirm(claim, index, staff)
    with on(50):
        _rule(claims, staff)
    ready = [claim for claim in _fresh(claims) if claim.state in ("confirmed", "recognised")]
    ready = ready[0::3] + ready[1::3] + ready[2::3]  # so that a batch holds several measures
    early, late = ready[: len(ready) * 2 // 3], ready[len(ready) * 2 // 3 :]
    with on(45):
        _each(early, lambda claim: actions.publish(claim, staff["culture"]))
    with on(30):
        _each(early[:-1], lambda claim: actions.approve(claim, staff["culture2"]))
    with on(28):
        first = _batch(staff, [claim.pk for claim in early[:4]])
        second = _batch(staff, [claim.pk for claim in early[4:9]])
    with on(24):
        _answer(first, staff)
        _answer(second, staff, only=1)
    with on(20):
        batches.reconcile(first, staff["finance"], statement_fen=first.total_fen)
    with on(4, 9):
        _each(late[:4], lambda claim: actions.publish(claim, staff["culture"]))
        if late:
            actions.object_to(
                late[0], by="演示群众（虚构）", words="这家酒店评星公告上的名称与公示的不一致，请核对。", contact=""
            )
    with on(3):
        _shake(early[0], staff)
        if late[4:]:
            actions.refuse(late[4], staff["culture"], words="经核对，评定公告已被评定机构撤回（演示）")
        with contextlib.suppress(Refused):
            batches.make_batch(staff["finance"], note="演示：待复核的批次")


def _fresh(claims: list[Claim]) -> list[Claim]:
    rows = Claim.objects.in_bulk([claim.pk for claim in claims])
    return [rows[claim.pk] for claim in claims]


def _each(claims: list[Claim], act: Any) -> None:
    """The act on each claim it is open to; what the rules refuse stays as it is, as in life."""
    for claim in claims:
        try:
            act(claim)
        except (Refused, BadInput):
            claim.refresh_from_db()


def _confirm(claim: Claim, index: int, staff: dict[str, User]) -> None:
    user = next((row.user for row in claim.subject.members.select_related("user")), None)
    words = "" if user else "财务人员电话提供并传真盖章（演示）"
    actions.confirm_account(
        claim, user or staff["culture"], words=words, bank_name=BANK, bank_account=f"62220000{index:08d}"
    )


def _rule(claims: list[Claim], staff: dict[str, User]) -> None:
    """People recognise every second claim that waits for them."""
    for index, claim in enumerate(_fresh(claims)):
        waiting = [row for row in claim.needs if not row.get("done")]
        if not waiting or claim.state not in ("review", "confirmed") or index % 2:
            continue
        amount = claim.hi_fen if claim.lo_fen != claim.hi_fen else None
        actions.recognise(claim, staff["culture"], verdict=True, words="材料齐全，同意（演示）", amount_fen=amount)


def _batch(staff: dict[str, User], claims: list[int]) -> Batch:
    made = batches.make_batch(staff["finance"], claims=claims, note="演示批次")
    batches.release_batch(made, staff["finance2"])
    batches.send_batch(made, staff["finance2"])
    return made


def _answer(batch: Batch, staff: dict[str, User], only: int | None = None) -> None:
    """The bank pays all lines, or with `only` pays one, refuses one and is silent about the rest."""
    rows = [",".join(("付款编号", "金额（元）", "结果", "支付日期", "说明"))]
    for number, line in enumerate(payfile.lines(batch)):
        if only is not None and number > only:
            continue
        good = only is None or number < only
        day = when.today().isoformat()
        rows.append(",".join((line[1], f"{line[5]:.2f}", "成功" if good else "失败", day, "" if good else "户名不符")))
    banking.take_bank_file("\n".join(rows).encode(), f"演示回单-{batch.number}.csv", staff["finance"])
    batch.refresh_from_db()


def _shake(claim: Claim, staff: dict[str, User]) -> None:
    """A paid claim's fact falls: the rating announcement was withdrawn, a recovery is proposed and told."""
    claim.refresh_from_db()
    if not claim.paid_fen:
        return
    recovery = recovering.claw_back(
        claim, staff["culture"], amount_fen=claim.paid_fen, words="评定机构公告撤销该酒店星级（演示）", cite=claim.cite
    )
    recovering.tell_recovery(recovery, staff["culture"], words="已书面送达（演示）")
