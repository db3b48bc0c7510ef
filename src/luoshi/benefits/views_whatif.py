"""测算: the registers under a changed measure: who gains, who loses, what it costs, by month. Stores nothing."""

from __future__ import annotations

from typing import Any

import polars as pl
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from luoshi.benefits import assembling, catalogue, drafts, engine, settling, showing, whatif
from luoshi.benefits import pack as packs
from luoshi.benefits.models import Subject
from luoshi.faces import charts
from luoshi.faces.forms import attempt
from luoshi.kernel import when
from luoshi.kernel.acting import access

LISTED = 100
BARS = 18  # more months than this are drawn as lines
CHART = {
    "yuan": "按事项发生月份的金额（含须由人决定的）",
    "yuan_per_month": "逐月发放的金额（摊到发放的每个月，含须由人决定的）",
}


@require_http_methods(["GET", "POST"])
@access("benefits.read")
def whatif_page(request: HttpRequest) -> HttpResponse:
    """Choose a measure, change answers, figures or files, and see what would follow. What was typed stays."""
    pack = catalogue.pack_in_use()
    names = catalogue.names(pack)
    sent = request.POST or request.GET
    measure = sent.get("measure") or next(iter(names), "")
    if measure not in names:
        return render(request, "benefits/whatif.html", {"names": names}, status=404 if measure else 200)
    rule, measures = engine.rule_of(measure, pack)
    keys = whatif.leaned(rule)
    form = ChangeForm(request.POST or None, request.FILES or None, measures=measures, keys=keys, pack=pack)
    found = None
    if request.method == "POST" and form.is_valid():
        found = attempt(form, lambda: _compare(rule.key, measures.slug, pack, form))
    context = {
        "names": names,
        "measure": measure,
        "rule": rule,
        "form": form,
        "questions": [form[name] for name in form.questions],
        "figures": [form[name] for name in form.figures],
        "found": found,
        **(_shown(found) if found else {}),
    }
    return render(request, "benefits/whatif.html", context, status=422 if form.errors else 200)


class Files(forms.ClearableFileInput):
    allow_multiple_selected = True


class ManyFiles(forms.FileField):
    widget = Files

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, list | tuple) else [data] if data else []
        return [super(ManyFiles, self).clean(one, initial) for one in given]


class ChangeForm(forms.Form):
    """Each question with "as now" first; each figure as it stands; whole files of the measures to replace."""

    def __init__(self, *args: Any, measures: packs.Measures, keys: list[str], pack: str, **more: Any) -> None:
        super().__init__(*args, **more)
        self.questions: dict[str, str] = {}
        self.figures: dict[str, dict[str, Any]] = {}
        for key in keys:
            row = measures.questions[key]
            options = [(o.value, o.label) for o in row.options] or (
                [("true", "是"), ("false", "否")] if row.type == "bool" else []
            )
            name = f"q-{key}"
            if options and row.type != "words":
                self.fields[name] = forms.ChoiceField(
                    label=row.question, choices=[("", "按现在"), *options], required=False
                )
            elif row.type == "words" and options:
                self.fields[name] = forms.MultipleChoiceField(
                    label=row.question, choices=options, required=False, widget=forms.CheckboxSelectMultiple,
                    help_text="一个不选就是按现在",
                )  # fmt: skip
            elif row.type == "date":
                self.fields[name] = forms.CharField(
                    label=row.question, required=False, widget=forms.DateInput(attrs={"type": "date"})
                )
            else:
                continue
            self.questions[name] = key
        for figure in drafts.figures_of(measures.slug, pack):
            name = f"f-{figure['key']}"
            self.fields[name] = forms.CharField(
                label=figure["label"], required=False, max_length=30, help_text=_now(figure),
                widget=forms.TextInput(attrs={"inputmode": "decimal"}),
            )  # fmt: skip
            self.figures[name] = figure
        self.fields["files"] = ManyFiles(
            label="改过的措施文件", required=False,
            help_text=f"可多选，文件名为 {'、'.join(packs.FILES)}。只用于这一次测算。",
        )  # fmt: skip

    def answers(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, key in self.questions.items():
            given = self.cleaned_data.get(name)
            if given:
                found[key] = {"true": True, "false": False}.get(given, given) if isinstance(given, str) else given
        return found

    def changed_figures(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, figure in self.figures.items():
            raw = str(self.cleaned_data.get(name) or "").replace(",", "").replace("，", "").strip()
            if not raw:
                continue
            number = raw.replace(".", "", 1).isdigit()
            if not number:
                self.add_error(name, "应为数字")
            else:
                found[figure["key"]] = int(raw) if raw.isdigit() else raw
        return found


def _now(figure: dict[str, Any]) -> str:
    value = figure["value"]
    if value is None:
        return "现在没有标准"
    said = f"{value:,}" if isinstance(value, int | float) else str(value)
    return f"现为 {said}{' 元' if figure['type'] == 'money' else ''}"


def _compare(measure: str, slug: str, pack: str, form: ChangeForm) -> whatif.Comparison | None:
    figures = form.changed_figures()
    if form.errors:
        return None
    files = {one.name: one.read(drafts.LARGEST + 1) for one in form.cleaned_data["files"]}
    answers = form.answers()
    if not (figures or files or answers):
        form.add_error(None, "还没有改动。换一个答案、一个数额，或者上传改过的措施文件。")
        return None
    now = settling.in_force(slug).given
    frame = _named(assembling.frame_of(measure, pack=pack))
    with drafts.changed(slug, pack, figures=figures, files=files) as folder:
        after = whatif.Side({**now, **answers}, folder if figures or files else pack)
        return whatif.compare(measure, frame, when.today(), whatif.Side(now, pack), after)


def _named(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with the names of its subjects, as the list of changes shows them."""
    if "subject" not in frame.columns or not frame.height:
        return frame
    ids = frame.get_column("subject").unique().to_list()
    names = dict(Subject.objects.filter(pk__in=ids).values_list("pk", "name"))
    told = [names.get(pk, "") for pk in frame.get_column("subject").to_list()]
    return frame.with_columns(pl.Series("name", told, dtype=pl.String))


def _shown(found: whatif.Comparison) -> dict[str, Any]:
    months = found.months
    labels = [month or "日期未知" for month, _, _ in months]
    chart = ""
    if months:
        draw = charts.bars if len(labels) <= BARS else charts.lines
        chart = draw(
            labels,
            {"现在": [b.most // 100 for _, b, _ in months], "改动后": [a.most // 100 for _, _, a in months]},
            title=CHART[found.unit], unit="元", colours={"现在": "plan", "改动后": "accent"},
        )  # fmt: skip
    words = showing.STATUSES
    return {
        "chart": chart,
        "sure": found.after.sure - found.before.sure,
        "most": found.after.most - found.before.most,
        "moves": [(words[b][1], words[a][1], n) for (b, a), n in found.moves.items() if b != a],
        "changed": [(one, words[one.before][1], words[one.after][1]) for one in found.changed[:LISTED]],
        "more": max(0, found.gain + found.lose + found.moved - LISTED),
    }
