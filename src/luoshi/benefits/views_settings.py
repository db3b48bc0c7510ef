"""口径: what the text leaves open, the answers and what each is worth, who must answer, who proposed, who confirmed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from luoshi.benefits import catalogue, gauging, queries, settling
from luoshi.benefits import pack as packs
from luoshi.benefits.models import SettingAnswer
from luoshi.benefits.showing import answer_words
from luoshi.faces.forms import attempt
from luoshi.kernel.acting import access
from luoshi.rules.rows import SettingRow


@require_GET
@access("benefits.read")
def settings(request: HttpRequest) -> HttpResponse:
    """Every open question, the dearest first; undecided ones before decided ones."""
    pack = catalogue.pack_in_use()
    made = gauging.kept()
    only = request.GET.get("state", "")
    groups = []
    for slug in catalogue.slugs(pack):
        measures = packs.read(slug, pack)
        given = settling.in_force(slug).given
        waiting = _waiting(slug)
        rows = [_line(row, measures, given, waiting, made) for row in measures.questions.values()]
        rows.sort(key=lambda line: (line["decided"], -(line["widest"] or 0)))
        shown = [line for line in rows if not only or line["status"] == only]
        groups.append((slug, queries.instruments([slug]).get(slug), shown, sum(not line["decided"] for line in rows)))
    user: Any = request.user
    context = {
        "groups": groups,
        "made": made,
        "job": gauging.running(),
        "only": only,
        "may_settle": user.may("benefits.settle"),
    }
    return render(request, "benefits/settings.html", context)


def _waiting(slug: str) -> set[str]:
    """The questions whose newest answer waits for a second person. One query."""
    newest = dict(SettingAnswer.objects.filter(slug=slug).order_by("id").values_list("key", "state"))
    return {key for key, state in newest.items() if state == SettingAnswer.State.PROPOSED}


def _line(row: SettingRow, measures: packs.Measures, given: Any, waiting: set[str], made: Any) -> dict[str, Any]:
    now = given.get(row.key)
    stake = gauging.of_question(made, measures.slug, row.key)
    decided = now is not None and now["status"] == "confirmed"
    status = "waiting" if row.key in waiting else "decided" if decided else "open"
    return {
        "row": row,
        "answer": answer_words(now["value"] if now else row.default, measures, row.key),
        "decided": decided,
        "status": status,
        "by": now["by"] if now else "",
        "date": now["date"] if now else "",
        "widest": stake["widest"] if stake else None,
    }


class AnswerForm(forms.Form):
    """One answer to one question: an option of the pack's, or what its kind takes."""

    def __init__(self, *args: Any, row: SettingRow, **more: Any) -> None:
        super().__init__(*args, **more)
        self.row = row
        self.fields["value"] = _value_field(row)
        self.fields["valid_from"] = forms.DateField(
            label="自哪一天起",
            required=False,
            widget=forms.DateInput(attrs={"type": "date"}),
            help_text="不填就是今天。",
        )
        self.fields["reason"] = forms.CharField(
            label="理由", widget=forms.Textarea(attrs={"rows": 3}), max_length=2000,
            help_text="写明依据。会和答案一起显示在每一个用到它的决定上。",
        )  # fmt: skip

    def value(self) -> Any:
        """The answer as the rules take it."""
        raw = self.cleaned_data["value"]
        if self.row.type == "bool":
            return raw == "true"
        if self.row.type == "words" and not self.row.options:
            return [part.strip() for part in raw.replace("；", "、").split("、") if part.strip()]
        return _table(raw) if self.row.type == "table" else raw


def _value_field(row: SettingRow) -> forms.Field:
    options = [(option.value, option.label) for option in row.options]
    if row.type == "bool":
        return forms.ChoiceField(label="答案", choices=[("true", "是"), ("false", "否")], widget=forms.RadioSelect)
    if row.type == "words" and options:
        return forms.MultipleChoiceField(label="答案", choices=options, widget=forms.CheckboxSelectMultiple)
    if options:
        return forms.ChoiceField(label="答案", choices=options, widget=forms.RadioSelect)
    if row.type == "date":
        return forms.CharField(label="答案", widget=forms.DateInput(attrs={"type": "date"}))
    if row.type == "table":
        help_ = "一行一个：行 列 金额（元），如：省(市)级 一等奖 15000"
        return forms.CharField(label="答案", widget=forms.Textarea(attrs={"rows": 6}), help_text=help_)
    help_ = "几项之间用顿号隔开" if row.type == "words" else ""
    return forms.CharField(label="答案", max_length=2000, help_text=help_)


def _table(raw: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for line in raw.splitlines():
        parts = line.split()
        if len(parts) == 3:
            found.setdefault(parts[0], {})[parts[1]] = parts[2].replace("元", "").replace(",", "")
        elif parts:
            raise forms.ValidationError(f"“{line.strip()}”应写作：行 列 金额")
    return found


class JudgeForm(forms.Form):
    agreed = forms.ChoiceField(label="意见", choices=[("yes", "确认"), ("no", "不采用")], widget=forms.RadioSelect)
    reason = forms.CharField(label="理由", widget=forms.Textarea(attrs={"rows": 3}), max_length=2000)


@require_http_methods(["GET", "POST"])
@access("benefits.read")
def setting(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """One question: the sentence, options with the money between them, the answer in force, its history.

    A POST proposes an answer, or (with `agreed`) confirms or lays aside what another person proposed.
    """
    row, measures = _question(slug, key)
    user: Any = request.user
    may_settle = user.may("benefits.settle")
    proposal = settling.open_proposal(slug, key)
    judging = request.method == "POST" and "agreed" in request.POST
    form = AnswerForm(request.POST if request.method == "POST" and not judging else None, row=row)
    judge = JudgeForm(request.POST if judging else None)
    if request.method == "POST" and may_settle:
        done = _judge(judge, proposal, user) if judging else _propose(form, slug, key, user)
        if done:
            messages.success(request, done)
            return redirect("benefits:setting", slug, key)
    given = settling.in_force(slug).given.get(key)
    made = gauging.kept()
    context = {
        "row": row,
        "slug": slug,
        "form": form,
        "judge": judge,
        "proposal": proposal,
        "proposed": answer_words(proposal.value, measures, key) if proposal else "",
        "own": proposal is not None and proposal.user_id == user.pk,
        "now": given,
        "answer": answer_words(given["value"] if given else row.default, measures, key),
        "default": answer_words(row.default, measures, key),
        "options": _options(row, measures, gauging.of_question(made, slug, key)),
        "made": made,
        "history": [(one, answer_words(one.value, measures, key)) for one in queries.setting_history(slug, key)[:50]],
        "may_settle": may_settle,
        "gist": queries.gists([row.cite]).get(row.cite, ""),
    }
    return render(request, "benefits/setting.html", context, status=422 if form.errors or judge.errors else 200)


def _question(slug: str, key: str) -> tuple[SettingRow, packs.Measures]:
    pack = catalogue.pack_in_use()
    if slug not in catalogue.slugs(pack):
        raise Http404("没有这份文件的口径")
    measures = packs.read(slug, pack)
    if key not in measures.questions:
        raise Http404("没有这个口径")
    return measures.questions[key], measures


def _propose(form: AnswerForm, slug: str, key: str, user: Any) -> str:
    if not form.is_valid():
        return ""

    def act() -> Any:
        given = form.cleaned_data
        return settling.propose(
            slug, key, form.value(), user=user, reason=given["reason"], valid_from=given["valid_from"]
        )

    try:
        made = attempt(form, act)
    except (ValueError, forms.ValidationError) as error:
        form.add_error("value", "；".join(getattr(error, "messages", [str(error)])))
        return ""
    return "已提出，等另一人确认后生效" if made is not None else ""


def _judge(form: JudgeForm, proposal: SettingAnswer | None, user: Any) -> str:
    if proposal is None or not form.is_valid():
        return ""
    agreed = form.cleaned_data["agreed"] == "yes"
    made = attempt(form, lambda: settling.judge(proposal, user, agreed=agreed, reason=form.cleaned_data["reason"]))
    if made is None:
        return ""
    return "已确认，今后的决定按这个答案；已批准的不变" if agreed else "已记为不采用"


def _options(row: SettingRow, measures: packs.Measures, stake: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The options in the pack's words, with what each would change in the registers as they are."""
    tried = {str(one["value"]): one for one in stake["options"]} if stake else {}
    found = [
        {"label": option.label, "value": option.value, **_worth(tried.pop(option.value, None))}
        for option in row.options
        if row.type != "words"
    ]
    found += [
        {"label": answer_words(one["value"], measures, row.key), "value": one["value"], **_worth(one)}
        for one in tried.values()
    ]
    return found


def _worth(one: dict[str, Any] | None) -> dict[str, Any]:
    if one is None:
        return {"known": False}
    return {name: one[name] for name in ("present", "subjects", "sure", "most")} | {"known": True}


@require_POST
@access("benefits.read")
def gauge(request: HttpRequest) -> HttpResponse:
    """Have the money at stake computed again in the background."""
    user: Any = request.user
    gauging.request(user.as_actor())
    messages.success(request, "正在后台重新测算，做完后刷新本页就能看到")
    return redirect("benefits:settings")
