"""Forms that keep what was typed, and the page that asks before something irreversible is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from luoshi.faces import citations
from luoshi.kernel.errors import BadInput, Refused

T = TypeVar("T")


def attempt(form: forms.BaseForm, act: Callable[[], T]) -> T | None:
    """Run `act`; when a rule or the input forbids it, put the reason on the form and return None."""
    try:
        return act()
    except BadInput as error:
        place = f"第 {error.line} 行：" if error.line is not None else ""
        message = f"{place}{error.reason}" + (f"（{error.hint}）" if error.hint else "")
        form.add_error(error.field if error.field in form.fields else None, message)
    except Refused as error:
        form.add_error(None, f"{error.reason}（依据：{citations.label(error.cite)}）" if error.cite else error.reason)
    return None


class ReasonForm(forms.Form):
    """The reason an irreversible act is done for; it goes to the ledger as typed."""

    reason = forms.CharField(
        label="理由",
        help_text="会原样记入台账，请写清楚依据或情况。",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "请写明理由。"},
    )

    def __init__(self, *args: Any, optional: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = not optional


def confirm(
    request: HttpRequest,
    act: Callable[[str], Any],
    *,
    title: str,
    follows: Sequence[str],
    button: str,
    back: str,
    done: str = "",
    facts: Sequence[tuple[str, Any]] = (),
    reason_optional: bool = False,
    danger: bool = False,
    to: str | Callable[[Any], str] = "",
) -> HttpResponse:
    """One page that says what will follow and asks for the reason; a POST runs `act(reason)`, then `to` or `back`.

    `follows`: one sentence each, who is told, which clocks start, what it costs. `facts`: what the act is about.
    """
    form = ReasonForm(request.POST or None, optional=reason_optional)
    if request.method == "POST" and form.is_valid():
        result = attempt(form, lambda: (act(form.cleaned_data["reason"]),))
        if result is not None:
            if done:
                messages.success(request, done)
            return HttpResponseRedirect(to(result[0]) if callable(to) else (to or back))
    context = {"form": form, "title": title, "follows": follows, "button": button, "back": back, "facts": facts}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "faces/confirm.html", {**context, "danger": danger}, status=status)
