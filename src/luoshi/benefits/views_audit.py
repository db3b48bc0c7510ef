"""Any payment found and followed: from the bank's answer to the sentence it rests on, with its evidence package."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from luoshi.benefits import auditing, banking, catalogue, queries
from luoshi.benefits.filters import PaymentFilter
from luoshi.benefits.lists import PAYMENT_MARKS, PAYMENTS
from luoshi.benefits.models import Claim
from luoshi.benefits.showing import shown
from luoshi.faces.downloads import attached
from luoshi.faces.forms import confirm
from luoshi.faces.lists import listing
from luoshi.faces.reach import opens
from luoshi.kernel import when
from luoshi.kernel.acting import access
from luoshi.kernel.errors import Refused
from luoshi.ledger import evidence
from luoshi.ledger.models import Entry


@require_GET
@access("benefits.read")
def payments(request: HttpRequest) -> HttpResponse:
    return listing(
        request,
        queries.payments(),
        columns=PAYMENTS,
        filters=PaymentFilter,
        order=("-id",),
        export="付款.csv",
        template="benefits/payments.html",
        context={"discrepancies": auditing.discrepancies()},
        empty="编制付款批次后，每一笔付款都可以在这里查到。",
        caption="付款",
    )


@require_GET
@access("benefits.read")
def payment(request: HttpRequest, pk: int) -> HttpResponse:
    """One payment: its account of who did what, why it is owed, and its package."""
    found = get_object_or_404(queries.payments().select_related("claim__payee", "claim__matter", "file"), pk=pk)
    user: Any = request.user
    claim = found.claim
    result = claim.decision.get("result") or {}
    entries = Entry.objects.filter(subject__in=[claim.ref, found.batch.ref]).order_by("seq")[:200]
    ledger = opens(user, reverse("ledger:entries"))
    context = {
        "payment": found,
        "claim": claim,
        "mark": PAYMENT_MARKS[found.state],
        "view": shown(result, claim.provenance, limb=claim.limb, pack=catalogue.pack_in_use()) if result else None,
        "others": claim.payments.exclude(pk=pk).select_related("batch"),
        "entries": entries,
        "ledger": ledger,
        "may_evidence": user.may("benefits.evidence"),
        "may_overrule": user.may("benefits.batch") and found.state in ("paid", "failed", "returned", "reconciled"),
    }
    return render(request, "benefits/payment.html", context)


@require_POST
@access("benefits.evidence")
def package(request: HttpRequest, pk: int) -> HttpResponse:
    """The evidence package of a claim: entries, chain, cited texts, the decision to be computed again. Recorded."""
    claim = get_object_or_404(Claim, pk=pk)
    user: Any = request.user
    return attached(evidence.export(claim.ref, user.as_actor()), f"evidence-{claim.number}-{when.today()}.zip")


@require_http_methods(["GET", "POST"])
@access("benefits.batch")
def overrule(request: HttpRequest, pk: int) -> HttpResponse:
    """更正: what the bank answered was wrong, as a person found out."""
    found = queries.payments().filter(pk=pk).first()
    if found is None:
        raise Http404("没有这笔付款")
    if found.state not in ("paid", "failed", "returned", "reconciled"):
        raise Refused("这笔付款还没有银行结果")
    paid = found.state in ("failed", "returned")
    follows = (
        ["记为已支付，占用预算", "通知收款人"]
        if paid
        else ["记为已退票，预算退回预留，账户须重新确认", "通知收款人和经办人"]
    )
    return confirm(
        request,
        lambda reason: banking.overrule(found, request.user, paid=paid, words=reason),
        title=f"更正 {found.reference}：记为{'已支付' if paid else '没有付成'}",
        follows=follows,
        button="更正",
        back=redirect("benefits:payment", pk).url,
        done="已更正",
        danger=True,
    )
