"""Acts on a claim, each on a page of its own: what it needs, what will follow. Who may is decided by the course."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from luoshi.benefits import actions, budget, course, queries, recovering, rulebook, standing
from luoshi.benefits.forms import ActForm, AnswerForm, ObjectionForm, fen
from luoshi.benefits.lists import public_name
from luoshi.benefits.models import Claim, Objection
from luoshi.faces.forms import attempt
from luoshi.kernel import when
from luoshi.kernel.acting import PUBLIC, SIGNED_IN, access
from luoshi.kernel.errors import Refused
from luoshi.kernel.money import yuan


@require_http_methods(["GET", "POST"])
@access(SIGNED_IN)
def act(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """One act on one claim, for the desk and for an account of the subject itself."""
    user: Any = request.user
    found = queries.claim(pk)
    rule = course.ACTS.get(code)
    own = found is not None and user.may("benefits.own") and standing.acts_for(user, found)
    if not user.may("benefits.read") and not own:
        raise PermissionDenied("benefits.read")
    if found is None or rule is None or code in ("object", "answer_objection"):
        raise Http404("没有这个操作")
    where = standing.standing_of(found)
    why_not = course.refusal(where, standing.who_of(user, found), code, when.now(), words="-")
    if why_not and request.method == "GET":
        raise Refused(why_not, cite=found.cite)
    back = "benefits:my_claim" if own and not user.may("benefits.read") else "benefits:claim"
    need = course.pending_need(where)
    form = ActForm(request.POST or None, act=rule, claim=found, need=need, own=own)
    if request.method == "POST" and form.is_valid():
        attempt(form, lambda: _do(found, code, user, form.cleaned_data))
        if form.is_valid():
            messages.success(request, f"已{rule.label}")
            return redirect(back, pk)
    context = {
        "claim": found,
        "title": rule.label,
        "form": form,
        "need": need if code == "recognise" else None,
        "follows": follows(code, found),
        "danger": code in ("refuse", "revoke", "claw_back", "give_up"),
        "back": back,
    }
    return render(request, "benefits/act.html", context, status=422 if form.errors else 200)


def _do(found: Claim, code: str, user: Any, given: dict[str, Any]) -> None:
    words, version = given.get("words", ""), given.get("version")
    if code == "recognise":
        actions.recognise(
            found, user, verdict=given["verdict"] == "yes", words=words, amount_fen=fen(given.get("amount")),
            version=version,
        )  # fmt: skip
    elif code == "confirm_account":
        bank = {name: given.get(name, "") for name in ("bank_name", "bank_account", "account_name")}
        actions.confirm_account(found, user, words=words, version=version, **bank)
    elif code == "claw_back":
        recovering.claw_back(found, user, amount_fen=fen(given["amount"]) or 0, words=words, version=version)
    elif code == "prove":
        number = int(given["instalment"])
        budget.prove(found, number, user, words=words, interest_fen=fen(given["interest"]), version=version)
    else:
        getattr(actions, code)(found, user, words=words, version=version)


def follows(code: str, claim: Claim) -> list[str]:
    """What an act brings about, said before it is done."""
    rules, name, money = rulebook.on(), claim.payee.name, yuan(claim.amount_fen)
    said = {
        "confirm_account": [f"款项以后付到这个账户，{rules.account_days} 日内不必再确认", "需要人认定的，通知经办人"],
        "recognise": ["意见和理由记入台账，当事人能看到", "不予认定的，本事项办结并通知当事人"],
        "publish": [
            "先按今天的事实和口径重新核定一次",
            f"向社会公示 {rules.publish_days} 个工作日（系统口径，文件没有写），任何人可以提出异议",
            f"通知 {claim.subject.name}",
        ],
        "approve": [
            "先按今天的事实和口径重新核定一次，有一项未知就不批准",
            f"从预算预留 {money}，等财政编制付款批次",
            f"通知 {name}",
            "公示、认定、批准不能是同一人",
        ],
        "redo": ["回到公示之前重新核定，人的意见要重新给出", f"通知 {claim.subject.name}"],
        "refuse": ["本事项办结，不付款", f"理由通知 {claim.subject.name}，事实和口径不变时不再发现"],
        "give_up": ["本事项办结，不付款", "事实和口径不变时，不会再次通知"],
        "revoke": ["预留的资金退回预算", f"理由通知 {claim.subject.name}"],
        "claw_back": [
            f"告知 {name}，{rules.recovery_days} 个工作日内可以提出异议",
            "期满由另一人决定，决定前不再付款",
        ],
        "clear_doubt": ["存疑解除，付款可以继续"],
        "notify": [f"{rules.confirm_days} 个工作日内未确认账户，再提醒"],
        "prove": ["凭证登记后，这一期可以安排付款"],
    }
    return said.get(code, [])


@require_http_methods(["GET", "POST"])
@access("benefits.handle")
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """答复异议: whether it is right, what happens then, in words the objector will read."""
    user: Any = request.user
    found = get_object_or_404(Objection.objects.select_related("claim__subject"), pk=pk)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        done = attempt(
            form,
            lambda: actions.answer_objection(
                found, user, upheld=given["upheld"] == "yes", words=given["words"], then=given["then"] or "redo"
            ),
        )
        if done is not None:
            messages.success(request, "已答复")
            return redirect("benefits:claim", found.claim_id)
    context = {
        "claim": found.claim,
        "objection": found,
        "title": "答复异议",
        "form": form,
        "back": "benefits:claim",
        "follows": ["答复发给提出人", "异议成立的，事项重新核定或办结；不成立的，公示期满可以批准"],
    }
    return render(request, "benefits/act.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@access(PUBLIC)
def object_to(request: HttpRequest, pk: int) -> HttpResponse:
    """提出异议: anybody may, while the claim is published; no account needed."""
    found = queries.published().filter(pk=pk).first()
    if found is None:
        raise Http404("没有这项公示")
    user: Any = request.user if request.user.is_authenticated else None
    form = ObjectionForm(request.POST or None, initial={"by": user.get_full_name() if user else ""})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made = attempt(form, lambda: actions.object_to(found, user=user, **given))
        if made is not None:
            return render(request, "benefits/objected.html", {"objection": made, "days": rulebook.on().answer_days})
    context = {
        "claim": found,
        "name": public_name(found.subject),
        "form": form,
        "closed": found.state != "published" or bool(found.published_until and when.now() > found.published_until),
        "days": rulebook.on().answer_days,
    }
    return render(request, "benefits/object.html", context, status=422 if form.errors else 200)
