"""付款批次: made by one, released by another, sent once, answered by the bank, reconciled to the fen."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from luoshi.benefits import banking, batches, catalogue, course, kept, queries
from luoshi.benefits.filters import BatchFilter
from luoshi.benefits.forms import fen, yuan_field
from luoshi.benefits.lists import BATCH_MARKS, BATCHES, PAYMENT_MARKS
from luoshi.benefits.models import BankFile, Batch
from luoshi.faces import paging
from luoshi.faces.downloads import attached
from luoshi.faces.forms import attempt, confirm
from luoshi.faces.lists import listing
from luoshi.kernel.acting import access
from luoshi.kernel.errors import BadInput, Refused
from luoshi.kernel.money import yuan


class BatchForm(forms.Form):
    measure = forms.ChoiceField(label="措施", required=False)
    note = forms.CharField(label="说明", max_length=500, required=False)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        names = catalogue.names(catalogue.pack_in_use())
        self.fields["measure"].choices = [("", "全部措施"), *names.items()]  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@access("benefits.read")
def batch_list(request: HttpRequest) -> HttpResponse:
    """Batches, and what a new one would take up now."""
    user: Any = request.user
    makes = user.may("benefits.batch")
    form = BatchForm(request.POST or None)
    if request.method == "POST":
        if not makes:
            raise Refused("没有编制批次的权限")
        if form.is_valid():
            given = form.cleaned_data
            made = attempt(form, lambda: batches.make_batch(user, measure=given["measure"], note=given["note"]))
            if made is not None:
                messages.success(request, f"已编制 {made.number}，请另一人复核")
                return redirect("benefits:batch", made.pk)
    ready = batches.payable().order_by()
    context = {
        "form": form if makes else None,
        "may_batch": makes,
        "ready": ready.aggregate(fen=Sum("amount_fen", default=0))["fen"],
        "ready_count": ready.count(),
    }
    response = listing(
        request,
        queries.batches(),
        columns=BATCHES,
        filters=BatchFilter,
        order=("-made_at", "-id"),
        export="付款批次.csv",
        template="benefits/batches.html",
        context=context,
        empty="事项批准并预留预算后，可以编制付款批次。",
        caption="付款批次",
    )
    response.status_code = 422 if form.errors else 200
    return response


@require_GET
@access("benefits.read")
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """One batch: its lines, what is open to this person now, the files that came back."""
    found = get_object_or_404(Batch, pk=pk)
    user: Any = request.user
    rows = found.payments.select_related("claim__subject", "instalment")
    page = paging.paginate(rows, request.GET, order=("id",), per_page=50)
    context = {
        "batch": found,
        "mark": BATCH_MARKS[found.state],
        "page": page,
        "marks": PAYMENT_MARKS,
        "totals": [(course.PAYMENT_STATES[s], PAYMENT_MARKS[s], *n) for s, n in batches.totals(found).items()],
        "acts": _acts(found, user),
        "files": BankFile.objects.filter(batch=found).order_by("-at")[:20],
        "has_file": found.state not in ("draft", "cancelled"),
        "may_file": user.may("benefits.batch") or user.may("benefits.release"),
        "ledger": user.may("ledger.read"),
        "answers": found.state in ("sent", "answered") and user.may("benefits.batch"),
    }
    return render(request, "benefits/batch.html", context)


# act → (what it is called, who may, what will follow)
ACTS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "release": ("复核放行", "benefits.release", ("放行后可以送出付款文件", "编制和复核不能是同一人")),
    "send": ("送出", "benefits.batch", ("付款文件定稿，摘要记入台账", "只送一次；重新下载得到同一份文件")),
    "reconcile": ("对账", "benefits.batch", ("对账单与回单合计一分不差才能对上", "事项转为“已对账”")),
    "cancel": ("撤销批次", "benefits.batch", ("本批次作废，事项回到“已批准”，可以重新编制",)),
}


def _acts(found: Batch, user: Any) -> list[tuple[str, str, str]]:
    """(code, label, why not) of what fits the state and this person; empty why not: open."""
    shown = []
    for code, (label, permission, _) in ACTS.items():
        why_not = course.batch_refusal(found.state, code, user.pk, found.made_by_id)
        fits = not why_not or "同一人" in why_not
        if fits and user.may(permission):
            shown.append((code, label, why_not))
    return shown


@require_http_methods(["GET", "POST"])
@access("benefits.read")
def batch_act(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """One act on a batch, with what will follow."""
    found = get_object_or_404(Batch, pk=pk)
    user: Any = request.user
    if code not in ACTS:
        raise Http404("没有这个操作")
    label, permission, follows = ACTS[code]
    if not user.may(permission):
        raise Refused(f"没有“{label}”的权限")
    why_not = course.batch_refusal(found.state, code, user.pk, found.made_by_id)
    if why_not:
        raise Refused(why_not)
    if code == "reconcile":
        return _reconcile(request, found, label, follows)
    back = reverse("benefits:batch", args=[pk])

    def act(reason: str) -> Any:
        if code == "release":
            return batches.release_batch(found, user, words=reason)
        if code == "cancel":
            return batches.cancel_batch(found, user, words=reason)
        return batches.send_batch(found, user)

    return confirm(
        request, act, title=f"{label}：{found.number}", follows=follows, button=label, back=back, done=f"已{label}",
        facts=[("笔数", found.count), ("金额", yuan(found.total_fen)), ("编制", found.made_by_name)],
        reason_optional=code != "cancel", danger=code == "cancel",
    )  # fmt: skip


class ReconcileForm(forms.Form):
    statement = yuan_field("对账单上本批次的付款合计")
    words = forms.CharField(label="对账单", max_length=500, required=False, help_text="写明对账单的日期、编号。")


def _reconcile(request: HttpRequest, found: Batch, label: str, follows: tuple[str, ...]) -> HttpResponse:
    form = ReconcileForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        done = attempt(
            form,
            lambda: batches.reconcile(
                found, request.user, statement_fen=fen(given["statement"]) or 0, words=given["words"]
            ),
        )
        if done is not None:
            messages.success(request, "已对账")
            return redirect("benefits:batch", found.pk)
    context = {"form": form, "title": f"{label}：{found.number}", "follows": follows, "button": label,
               "back": reverse("benefits:batch", args=[found.pk])}  # fmt: skip
    return render(request, "benefits/form.html", context, status=422 if form.errors else 200)


@require_GET
@access("benefits.read")
def batch_file(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """The payment file: the .csv whose digest is kept, or the same as .xlsx."""
    found = get_object_or_404(Batch, pk=pk)
    user: Any = request.user
    if kind not in ("csv", "xlsx"):
        raise Http404("没有这种文件")
    if not (user.may("benefits.batch") or user.may("benefits.release")):
        raise Refused("付款文件有账号，只有财政人员可以下载")
    name, data = batches.file_of(found, kind)
    return attached(data, name)


class BankFileForm(forms.Form):
    file = forms.FileField(label="银行回单", help_text=".xlsx 或 .csv，要有付款编号、金额、结果三列。")


@require_http_methods(["GET", "POST"])
@access("benefits.batch")
def bank_files(request: HttpRequest) -> HttpResponse:
    """Bring in what the bank answered: read and shown first; entering it is a second step."""
    form = BankFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        data = given.read()
        read = attempt(form, lambda: banking.preview(data, given.name))
        if read is not None:
            digest = kept.keep(data, banking.FOLDER)
            return redirect(reverse("benefits:bank_file", args=[digest]) + f"?name={given.name}")
    rows = BankFile.objects.select_related("batch").order_by("-at", "-id")
    page = paging.paginate(rows, request.GET, order=("-at", "-id"), per_page=50)
    return render(request, "benefits/bank_files.html", {"form": form, "page": page}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@access("benefits.batch")
def bank_file(request: HttpRequest, digest: str) -> HttpResponse:
    """What a file of the bank says and would do, row by row; a POST enters it, whole or not at all."""
    try:
        data = kept.read(banking.FOLDER, digest)
    except BadInput as error:
        raise Http404(error.reason) from None
    name = (request.POST.get("name") or request.GET.get("name") or "回单.csv")[-200:]
    if request.method == "POST":
        row = banking.take_bank_file(data, name, request.user)
        if row.state == BankFile.State.TAKEN:
            messages.success(request, "回单已入账")
        else:
            messages.error(request, f"回单有 {len(row.errors)} 处问题，一笔也没有入账")
        if row.batch_id:
            return redirect("benefits:batch", row.batch_id)
        return redirect("benefits:bank_files")
    read = banking.preview(data, name)
    steps = [
        (step, sum(payment.amount_fen for payment in step.payments), PAYMENT_MARKS.get(step.to, "plain"),
         course.PAYMENT_STATES.get(step.to, "重复，不再入账"))
        for step in read.steps[:500]
    ]  # fmt: skip
    labels = {**course.PAYMENT_STATES, "repeated": "重复，不再入账"}
    context = {
        "read": read,
        "steps": steps,
        "counts": [(labels[code], n) for code, n in read.counts.items()],
        "errors": read.errors[:500],
        "name": name,
        "taken": BankFile.objects.filter(sm3=digest, state=BankFile.State.TAKEN).first(),
    }
    return render(request, "benefits/bank_file.html", context)
