"""What anybody may see without signing in: the measures, the self-check that stores nothing, and what is published."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from luoshi.benefits import catalogue, engine, queries, selfcheck, settling
from luoshi.benefits.filters import PublishedFilter
from luoshi.benefits.lists import PUBLISHED
from luoshi.benefits.showing import presumed_words, shown
from luoshi.faces.forms import attempt
from luoshi.faces.lists import listing
from luoshi.kernel import when
from luoshi.kernel.acting import PUBLIC, access
from luoshi.kernel.errors import BadInput
from luoshi.rules.rule import Rule


@require_GET
@access(PUBLIC)
def measures(request: HttpRequest) -> HttpResponse:
    """The two lists residents ask for: what comes by itself (免申即享), and what needs a person first (即申即享)."""
    pack = catalogue.pack_in_use()
    found = catalogue.listed(queries.answers_in_force(pack), pack)
    parts = [(one, part) for one in found for part in one.parts]
    context = {
        "automatic": [(one, part) for one, part in parts if part.way == catalogue.AUTOMATIC],
        "person": [(one, part) for one, part in parts if part.way in (catalogue.PERSON, catalogue.PART)],
        "referred": [(one, part) for one, part in parts if part.way == catalogue.REFERRED],
        "counts": queries.public_counts(),
        "gists": queries.gists([part.limb.cite for _, part in parts]),
        "instruments": queries.instruments({one.slug for one in found}),
    }
    return render(request, "benefits/measures.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@access(PUBLIC)
def check(request: HttpRequest, measure: str) -> HttpResponse:
    """Ask a measure about oneself. What is typed goes nowhere: no table, no ledger, no address of a page."""
    pack = catalogue.pack_in_use()
    try:
        rule, found = engine.rule_of(measure, pack)
    except BadInput as error:
        raise Http404(error.reason) from None
    given = settling.in_force(found.slug).given
    groups = selfcheck.groups(rule, engine.settings_of(rule, given))
    form = CheckForm(request.POST or None, groups=groups)
    view, assumed, status = None, list[tuple[str, str]](), 200
    if request.method == "POST":
        if form.is_valid():
            facts = selfcheck.facts_given(groups, form.cleaned_data)
            day = form.cleaned_data["as_of"] or when.today()
            result = attempt(form, lambda: engine.decide(measure, facts, day, given, pack=pack))
            if result is not None:
                view, assumed = shown(result, pack=pack), _assumed(rule, groups, facts)
        status = 422 if form.errors else 200
    context = {
        "rule": rule,
        "form": form,
        "groups": form.laid_out(groups),
        "view": view,
        "assumed": assumed,
        "instrument": queries.instruments({found.slug}).get(found.slug),
        "others": [(key, name) for key, name in catalogue.names(pack).items() if key != rule.key],
    }
    return render(request, "benefits/check.html", context, status=status)


def _assumed(rule: Rule, groups: list[selfcheck.Group], facts: dict[str, Any]) -> list[tuple[str, str]]:
    """What the answer took for granted because nothing was said about it: (label, in words)."""
    asked = [question for group in groups for question in group.questions if question.presumed]
    return [
        (question.label, presumed_words(rule.scope.facts[question.name], rule))
        for question in asked
        if question.name not in facts
    ]


class CheckForm(forms.Form):
    """One field per question, none required: what is left blank is unknown, never no."""

    def __init__(self, *args: Any, groups: list[selfcheck.Group], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for group in groups:
            for question in group.questions:
                for name, asked in _asked(question):
                    self.fields[name] = _field(asked)
        self.fields["as_of"] = forms.DateField(
            label="按哪一天判断",
            required=False,
            help_text="不填就按今天。",
            widget=forms.DateInput(attrs={"type": "date"}),
        )

    def laid_out(self, groups: list[selfcheck.Group]) -> list[dict[str, Any]]:
        """Per group: fields to answer, fields only if they apply, and records (label, rows of fields)."""
        return [
            {
                "title": group.title,
                "asked": [self[q.name] for q in group.questions if not q.presumed],
                "rare": [self[q.name] for q in group.questions if q.presumed and not q.parts],
                "records": [(q.label, self._rows(q)) for q in group.questions if q.parts],
            }
            for group in groups
        ]

    def _rows(self, question: selfcheck.Question) -> list[list[Any]]:
        return [[self[question.of_row(row, part)] for part in question.parts] for row in range(selfcheck.ROWS)]


def _asked(question: selfcheck.Question) -> list[tuple[str, selfcheck.Question]]:
    """The fields of a question: itself, or every part of every record."""
    if not question.parts:
        return [(question.name, question)]
    return [(question.of_row(row, part), part) for row in range(selfcheck.ROWS) for part in question.parts]


def _field(question: selfcheck.Question) -> forms.Field:
    common: dict[str, Any] = {"label": question.label, "required": False, "help_text": question.help}
    if question.sort == "bool":
        choices = [("true", "是"), ("false", "否"), ("", "不清楚")]
        return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, initial="", **common)
    if question.sort == "word":
        return forms.ChoiceField(choices=[("", "不清楚"), *question.options], **common)
    if question.sort == "date":
        return forms.CharField(widget=forms.DateInput(attrs={"type": "date"}), max_length=40, **common)
    attrs = {"inputmode": "decimal", "autocomplete": "off"} if question.sort in ("money", "number", "rate") else {}
    return forms.CharField(max_length=2000, widget=forms.TextInput(attrs=attrs), **common)


@require_GET
@access(PUBLIC)
def published(request: HttpRequest) -> HttpResponse:
    """公示: what is published for objection now, and what has been. Names of persons are masked."""
    return listing(
        request,
        queries.published(),
        columns=PUBLISHED,
        filters=PublishedFilter,
        order=("-published_at", "-id"),
        template="benefits/published.html",
        context={"now": when.now()},
        empty="眼下没有公示的兑现事项。公示期间，任何人都可以提出异议。",
        caption="兑现公示",
    )
