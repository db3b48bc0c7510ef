"""The forms of the room, and the filters of its lists."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet

from luoshi.faces.forms import ReasonForm
from luoshi.norms.models import Finding, Instrument, Interpretation, Parameter, Upload

_DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class UploadForm(forms.Form):
    file = forms.FileField(
        label="公报的文字版",
        help_text="一期一个文本文件（UTF-8 或 GB18030）。同一份文件再传一次不会重复存入。",
        allow_empty_file=True,
        error_messages={"required": "请选择一个文件。"},
    )


class RevisionForm(ReasonForm):
    """The day by which a document is next to be revised, and why that day."""

    due = forms.DateField(label="应于何日前修订", widget=_DATE, error_messages={"required": "请填写日期。"})
    field_order = ["due", "reason"]


class AnswerForm(ReasonForm):
    """Answer a reading: one of its options, or in words where it has none."""

    def __init__(self, *args: Any, reading: Interpretation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(o["value"]), o["label"]) for o in reading.options]
        answer: forms.Field
        if choices:
            answer = forms.ChoiceField(
                label="答复", choices=choices, widget=forms.RadioSelect, error_messages={"required": "请选择一项。"}
            )
        else:
            answer = forms.CharField(label="答复", max_length=500, error_messages={"required": "请填写答复。"})
        self.fields = {"answer": answer, **self.fields}


class ParameterForm(forms.Form):
    value = forms.CharField(label="数值", error_messages={"required": "请填写数值。"})
    valid_from = forms.DateField(label="自哪天起", widget=_DATE, error_messages={"required": "请填写起始日。"})
    valid_until = forms.DateField(label="到哪天止（不含当天）", widget=_DATE, required=False)
    source = forms.CharField(
        label="依据", max_length=400, help_text="文号、会议纪要或通知的名称。",
        error_messages={"required": "请写明依据。"},
    )  # fmt: skip

    def __init__(self, *args: Any, parameter: Parameter, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        helps = {"fen": "单位：元", "list": "每行一项", "flag": "填“是”或“否”", "date": "写成 2025-01-01 的样子"}
        self.fields["value"].help_text = helps.get(parameter.kind, f"单位：{parameter.unit}" if parameter.unit else "")
        if parameter.kind == "list":
            self.fields["value"].widget = forms.Textarea(attrs={"rows": 4})


class FindingForm(ReasonForm):
    state = forms.ChoiceField(
        label="处理结果",
        choices=[("accepted", "属实，保留原文并注明"), ("corrected", "属实，另行注明更正"), ("dismissed", "不属实")],
        widget=forms.RadioSelect,
        error_messages={"required": "请选择处理结果。"},
    )
    correction = forms.CharField(
        label="更正为", required=False, help_text="原文不改，更正注在页边。", max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    field_order = ("state", "correction", "reason")


class _Documents(django_filters.ModelChoiceFilter):  # type: ignore[misc] # the library has no types
    def __init__(self, **more: Any) -> None:
        super().__init__(
            label="文件", queryset=Instrument.objects.order_by("order", "slug"), to_field_name="slug",
            empty_label="全部", **more,
        )  # fmt: skip


class FindingFilter(django_filters.FilterSet):  # type: ignore[misc] # the library has no types
    document = _Documents(field_name="instrument")
    state = django_filters.ChoiceFilter(label="状态", choices=Finding.State.choices, empty_label="全部")
    code = django_filters.CharFilter(label="代码", field_name="code")

    class Meta:
        model = Finding
        fields: list[str] = []


class InterpretationFilter(django_filters.FilterSet):  # type: ignore[misc] # the library has no types
    document = _Documents(field_name="instrument")
    status = django_filters.ChoiceFilter(label="状态", choices=Interpretation.Status.choices, empty_label="全部")
    body = django_filters.CharFilter(label="有权解释机关", field_name="body", lookup_expr="contains")
    words = django_filters.CharFilter(label="问题中的字", field_name="question", lookup_expr="contains")

    class Meta:
        model = Interpretation
        fields: list[str] = []


class ParameterFilter(django_filters.FilterSet):  # type: ignore[misc] # the library has no types
    document = _Documents(field_name="instrument")
    words = django_filters.CharFilter(label="名称中的字", field_name="label", lookup_expr="contains")
    blank = django_filters.BooleanFilter(label="只看没有数值的", method="only_blank", widget=forms.CheckboxInput)

    class Meta:
        model = Parameter
        fields: list[str] = []

    def only_blank(self, rows: QuerySet[Parameter], name: str, value: bool) -> QuerySet[Parameter]:
        return rows.filter(values__isnull=True) if value else rows


class UploadFilter(django_filters.FilterSet):  # type: ignore[misc] # the library has no types
    state = django_filters.ChoiceFilter(label="状态", choices=Upload.State.choices, empty_label="全部")

    class Meta:
        model = Upload
        fields: list[str] = []
