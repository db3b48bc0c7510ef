"""What benefits tells the rooms below: how its subjects are called, what it adds to margins, to-do lists and tiles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Q, Sum
from django.urls import NoReverseMatch, reverse

from luoshi.benefits import evidence
from luoshi.benefits.course import ACTS, BEFORE, DONE, OPEN_RECOVERY
from luoshi.benefits.models import Batch, Claim, Dispute, Finding, Objection, Pot, Recovery
from luoshi.faces import tiles, todo
from luoshi.kernel import when
from luoshi.kernel.money import yuan
from luoshi.ledger import subjects, words
from luoshi.norms import margin
from luoshi.norms.margin import MarginNote
from luoshi.norms.models import Instrument

SUBJECTS = (
    ("claim", "兑现事项", "benefits:claim"),
    ("batch", "付款批次", "benefits:batch"),
    ("pot", "预算", "benefits:pot"),
    ("screening", "筛查", ""),
    ("recovery", "追回", "benefits:recovery"),
    ("benefit_subject", "惠企主体", ""),
    ("register_file", "名册文件", ""),
    ("bank_file", "银行回单", ""),
    ("setting", "口径", ""),
)
ENTRIES = {
    "benefits.open": "兑现事项：发现",
    "benefits.refresh": "兑现事项：事实更新",
    "benefits.doubt": "兑现事项：存疑",
    "benefits.withdraw": "兑现事项：撤回",
    "benefits.fell": "兑现事项：重新决定后不再成立",
    "benefits.remind": "兑现事项：提醒确认账户",
    "benefits.publication_over": "兑现事项：公示期满",
    "benefits.answer_late": "兑现事项：异议逾期未答复",
    "benefits.unbatch": "兑现事项：撤出付款批次",
    "benefits.paid": "兑现事项：已付款",
    "benefits.failed": "兑现事项：付款失败",
    "benefits.returned": "兑现事项：退票",
    "benefits.grow": "兑现事项：按月增加",
    "benefits.ended": "兑现事项：停发",
    "benefits.tail": "兑现事项：期满停止",
    "benefits.tell_recovery": "追回：告知",
    "benefits.recovery_window_over": "追回：异议期满",
    "benefits.decide_recovery": "追回：决定",
    "benefits.drop_recovery": "追回：不再追回",
    "benefits.money_returned": "追回：登记退回",
    "benefits.settled": "裁定口径",
    "benefits.screened": "筛查",
    "benefits.budget": "编列预算",
    "benefits.reserve": "预留预算",
    "benefits.batch": "编制付款批次",
    "benefits.release": "复核付款批次",
    "benefits.send": "送出付款文件",
    "benefits.cancel_batch": "撤销付款批次",
    "benefits.bank_file": "导入银行回单",
    "benefits.reconcile": "对账",
    "benefits.demo_filled": "载入演示事项",
}
SHOWN = 50  # to-do lines of one person; more are one line with a link


def register() -> None:
    """Called once, when the app is ready."""
    for sort, label, name in SUBJECTS:
        subjects.register(sort, label, name)
    words.register({f"benefits.{code}": f"兑现事项：{act.label}" for code, act in ACTS.items()} | ENTRIES)
    evidence.register()
    margin.register(margin_notes)
    todo.register(todos)
    tiles.register(wall, order=30)


def margin_notes(instrument: Instrument) -> dict[str, list[MarginNote]]:
    """Beside each limb of a measure: how many were paid, are under way, are in doubt. Two queries."""
    prefix = f"{instrument.slug}:"
    rows = Claim.objects.filter(measure__startswith=prefix).order_by().values("cite")
    rows = rows.annotate(
        paid=Count("id", filter=Q(state__in=DONE)),
        fen=Sum("paid_fen"),
        doubtful=Count("id", filter=~Q(doubt="") | Q(state="recovering")),
        under_way=Count("id", filter=Q(state__in=BEFORE)),
    )
    notes: dict[str, list[MarginNote]] = {}
    for row in rows:
        light = "yellow" if row["doubtful"] else "green" if row["paid"] else ""
        words = f"{row['paid']} 已兑付，{row['doubtful']} 存疑"
        more = f"（已付 {yuan(row['fen'] or 0)}，在办 {row['under_way']} 件）"
        note = MarginNote("measure", words + more, light=light, url=_link("benefits:measures"), label="免申即享")
        notes.setdefault(row["cite"].partition(":")[2], []).append(note)
    near = Finding.objects.filter(measure__startswith=prefix, status="pending").order_by().values("measure")
    for lacking in near.annotate(n=Count("id")):
        note = MarginNote("measure", f"{lacking['n']} 件尚缺事实", url=_link("benefits:nearly"), public=False)
        notes.setdefault(lacking["measure"].partition(":")[2], []).append(note)
    return notes


def _link(name: str, *args: Any) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def todos(user: Any) -> Iterator[todo.Todo]:
    """What culture, finance and enterprises must do now. At most eight queries."""
    if user.may("benefits.handle"):
        yield from _for_culture()
    if user.may("benefits.recognise"):
        waiting = Claim.objects.filter(Q(state="review") | (Q(state="confirmed") & ~Q(needs=[])))
        yield from _lines(waiting, "待认定", "yellow")
    if user.may("benefits.approve"):
        over = Claim.objects.filter(state="published", published_until__lte=when.now()).exclude(published_by=user.pk)
        yield from _lines(over, "公示期满，可批准", "yellow")
    if user.may("benefits.release"):
        for batch in Batch.objects.filter(state="draft").exclude(made_by=user.pk)[:SHOWN]:
            url = _link("benefits:batch", batch.pk)
            yield todo.Todo(f"复核付款批次 {batch.number}", url, light="yellow", source="免申即享")
    if user.may("benefits.own"):
        mine = Claim.objects.filter(
            Q(subject__members__user=user) | Q(payee__members__user=user), state__in=("found", "notified")
        )
        yield from _lines(mine.distinct(), "请确认收款账户", "yellow", "benefits:my_claim")


def _for_culture() -> Iterator[todo.Todo]:
    ready = Claim.objects.filter(Q(state="recognised") | Q(state="confirmed", needs=[]))
    yield from _lines(ready, "可以公示", "grey")
    yield from _lines(Claim.objects.exclude(doubt="").exclude(state="recovering"), "存疑待查", "red")
    open_ = Objection.objects.filter(state="open").count()
    if open_:
        yield todo.Todo(f"{open_} 件异议待答复", _link("benefits:objections"), light="red", source="免申即享")
    torn = Dispute.objects.filter(state="open").count()
    if torn:
        yield todo.Todo(f"{torn} 处来源分歧待核定", _link("benefits:disputes"), light="yellow", source="免申即享")


def _lines(rows: Any, words: str, light: str, screen: str = "benefits:claim") -> Iterator[todo.Todo]:
    found = list(rows.select_related("subject").order_by("found_at", "id")[: SHOWN + 1])
    for claim in found[:SHOWN]:
        title = f"{words}：{claim.subject.name} {claim.title}"
        yield todo.Todo(title, _link(screen, claim.pk), light=light, source=claim.cite, note=claim.doubt)
    if len(found) > SHOWN:
        yield todo.Todo(f"{words}：还有更多", _link("benefits:claims"), light=light, source="免申即享")


def wall() -> Iterator[tiles.Tile]:
    """Paid this year, under way, in doubt, and what is left in the pots. Three queries."""
    counts = Claim.objects.aggregate(
        paid=Count("id", filter=Q(state__in=DONE)),
        under_way=Count("id", filter=Q(state__in=BEFORE)),
        doubtful=Count("id", filter=~Q(doubt="")),
        total=Count("id"),
    )
    if not counts["total"]:
        yield tiles.Tile("免申即享", None, note="还没有发现事项")
        return
    yield tiles.Tile("已兑付", counts["paid"], light="green", unit="件")
    yield tiles.Tile("办理中", counts["under_way"], unit="件")
    recovering = Recovery.objects.filter(state__in=OPEN_RECOVERY).count()
    doubtful = counts["doubtful"] + recovering
    yield tiles.Tile("存疑和追回", doubtful, light="red" if doubtful else "green", unit="件")
    pots = Pot.objects.filter(year=when.today().year)
    lines = tuple((pot.scope, yuan(pot.total_fen), yuan(pot.paid_fen), yuan(pot.free_fen)) for pot in pots[:8])
    if lines:
        yield tiles.Tile("预算", None, columns=("措施", "总额", "已付", "可用"), lines=lines)
