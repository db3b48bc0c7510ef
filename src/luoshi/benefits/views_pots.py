"""预算: what each pot holds, what is bound and paid, money over months, and who waits for it in what order."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from luoshi.benefits import budget, catalogue, course, queries
from luoshi.benefits.forms import fen, yuan_field
from luoshi.benefits.models import Pot
from luoshi.faces import charts, paging
from luoshi.faces.forms import attempt
from luoshi.kernel import when
from luoshi.kernel.acting import access

YEARS = 5


@require_GET
@access("benefits.read")
def pots(request: HttpRequest) -> HttpResponse:
    """Money by pot: the whole, what is bound, what is paid, what is free; and what waits for money."""
    rows = [(pot, *_shares(pot), _waiting(pot)) for pot in queries.pots().order_by("-year", "scope")[: 4 * YEARS]]
    names = _scopes()
    user: Any = request.user
    context = {"pots": rows, "names": names, "may_budget": user.may("benefits.budget")}
    return render(request, "benefits/pots.html", context)


def _shares(pot: Pot) -> tuple[int, int]:
    """Per cent paid and reserved of the whole, for the bar; whole numbers, never more than 100 together."""
    if not pot.total_fen:
        return 0, 0
    paid = pot.paid_fen * 100 // pot.total_fen
    return paid, min(100 - paid, -(-pot.reserved_fen * 100 // pot.total_fen))


def _waiting(pot: Pot) -> int:
    found = budget.waiting(pot)
    return sum(part.amount_fen for part in list(found)[:2000])


def _scopes() -> dict[str, str]:
    pack = catalogue.pack_in_use()
    slugs = queries.instruments(catalogue.slugs(pack))
    return {slug: found.number or slug for slug, found in slugs.items()} | catalogue.names(pack)


@require_GET
@access("benefits.read")
def pot(request: HttpRequest, pk: int) -> HttpResponse:
    """One pot: money over months against it, and its queue in the order of its rule."""
    found = get_object_or_404(Pot, pk=pk)
    paid, reserved = _shares(found)
    months = queries.paid_by_month(found)
    waiting = list(budget.waiting(found))
    context = {
        "pot": found,
        "name": _scopes().get(found.scope, found.scope),
        "paid": paid,
        "reserved": reserved,
        "chart": _chart(found, months),
        "waiting": waiting[:200],
        "waiting_fen": sum(part.amount_fen for part in waiting),
        "waiting_count": len(waiting),
        "instalments": paging.paginate(
            found.instalments.select_related("claim__subject"), request.GET, order=("claim_id", "number"), per_page=50
        ),
        "rule": course.ORDER_RULES[found.order_rule],
        "may_budget": request.user.may("benefits.budget"),  # type: ignore[union-attr]
    }
    return render(request, "benefits/pot.html", context)


def _chart(found: Pot, months: list[tuple[str, int]]) -> str:
    if not months:
        return ""
    labels = [f"{found.year}-{m:02d}" for m in range(1, 13)]
    by_month, sum_ = dict(months), 0
    line: list[int | None] = []
    last = max(label for label in by_month)
    for label in labels:
        sum_ += by_month.get(label, 0)
        line.append(sum_ // 100 if label <= last else None)
    series: dict[str, list[int | None]] = {"累计已付": line, "预算": [found.total_fen // 100] * 12}
    return charts.lines(
        labels, series, title="各月累计付款与预算", unit="元", colours={"累计已付": "accent", "预算": "plan"}
    )


class PotForm(forms.Form):
    scope = forms.ChoiceField(label="措施或文件", help_text="选文件的，几项措施共用；选措施的，专款专用。")
    year = forms.IntegerField(label="年度", min_value=2024, max_value=2100)
    total = yuan_field("总额")
    order_rule = forms.ChoiceField(label="钱不够时谁先", choices=list(course.ORDER_RULES.items()))
    source = forms.CharField(label="预算依据", max_length=200, help_text="文件没有写预算总额，请写明批准预算的文号。")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["scope"].choices = list(_scopes().items())  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@access("benefits.budget")
def set_pot(request: HttpRequest) -> HttpResponse:
    """编列预算: a new pot, or another total of one; never below what is already bound."""
    start = {"year": when.today().year, "scope": request.GET.get("scope", "")}
    form = PotForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made = attempt(
            form,
            lambda: budget.set_pot(
                given["scope"], given["year"], fen(given["total"]) or 0, user=request.user,
                order_rule=given["order_rule"], source=given["source"],
            ),
        )  # fmt: skip
        if made is not None:
            messages.success(request, "已编列预算，排队等钱的事项按先后规则预留")
            return redirect("benefits:pot", made.pk)
    context = {
        "form": form,
        "title": "编列预算",
        "lead": "增加预算后，排队的事项按先后规则立即预留；减少不能低于已预留和已支付。",
        "button": "编列",
    }
    return render(request, "benefits/form.html", context, status=422 if form.errors else 200)
