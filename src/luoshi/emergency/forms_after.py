"""Forms of what comes after: one for each sort of review, and those of a plan's upkeep."""

from __future__ import annotations

from typing import Any

from django import forms

from luoshi.emergency import after
from luoshi.emergency.after import TOPICS
from luoshi.emergency.forms_resources import DAY, YuanField
from luoshi.emergency.models import Review

SPARE = 3  # empty rows offered at the end of a table


class ReviewForm(forms.Form):
    """What a review holds. Tables are rows of fields; an empty row is left out."""

    def __init__(self, *args: Any, review: Review, **more: Any) -> None:
        self.review, self.kind = review, after.KINDS[review.kind]
        data = review.data
        super().__init__(*args, **more)
        if self.kind.people:
            self._people(data)
        have = len(data.get("rows", []))
        self.lines = range(have + SPARE if self.kind.table else 0)
        for i in self.lines:
            row = data["rows"][i] if i < have else {}
            for key, label, sort in self.kind.table:
                self.fields[f"r{i}_{key}"] = _field(sort, f"{label}（第 {i + 1} 行）", row.get(key))
        self.fields["text"] = forms.CharField(
            label=self.kind.text, required=False, max_length=8000, initial=data.get("text", ""),
            widget=forms.Textarea(attrs={"rows": 5}),
        )  # fmt: skip

    def _people(self, data: dict[str, Any]) -> None:
        for name, label in (("members", "调查组成员（有关人员）"), ("experts", "技术专家")):
            self.fields[name] = forms.CharField(
                label=label, required=False, max_length=1000, initial="\n".join(data.get(name, [])),
                widget=forms.Textarea(attrs={"rows": 2}), help_text="一行一个。",
            )  # fmt: skip
        for i, topic in enumerate(TOPICS):
            self.fields[f"topic_{i}"] = forms.CharField(
                label=topic, required=False, max_length=4000, initial=data.get("topics", {}).get(topic, ""),
                widget=forms.Textarea(attrs={"rows": 2}),
            )  # fmt: skip

    def plain_fields(self) -> list[Any]:
        return [self[name] for name in self.fields if not name.startswith("r")]

    def table_rows(self) -> list[list[Any]]:
        return [[self[f"r{i}_{key}"] for key, _, _ in self.kind.table] for i in self.lines]

    def told(self) -> dict[str, Any]:
        """As a review keeps it: no floats, days as text, money in fen."""
        data = self.cleaned_data
        rows = []
        for i in self.lines:
            row = {key: _plain(data.get(f"r{i}_{key}")) for key, _, _ in self.kind.table}
            if any(value not in (None, "") for value in row.values()):
                rows.append(row)
        made: dict[str, Any] = {"text": data["text"].strip()} | ({"rows": rows} if self.kind.table else {})
        if self.kind.people:
            made |= {name: _lines(data[name]) for name in ("members", "experts")}
            made["topics"] = {topic: data[f"topic_{i}"].strip() for i, topic in enumerate(TOPICS)}
        return made


def _field(sort: str, label: str, value: Any) -> forms.Field:
    if sort == "int":
        return forms.IntegerField(label=label, required=False, min_value=0, initial=value)
    if sort == "day":
        return forms.DateField(label=label, required=False, widget=DAY, initial=value)
    if sort == "yuan":
        first = None if value is None else f"{value // 100}.{value % 100:02d}"
        return YuanField(label=label, required=False, max_length=20, initial=first)
    return forms.CharField(label=label, required=False, max_length=400, initial=value)


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


class TriggerForm(forms.Form):
    plan = forms.ChoiceField(label="预案")
    kind = forms.ChoiceField(
        label="情形", choices=[("law", "依据的法律法规有重大改变"), ("organisation", "机构职责有重大调整")]
    )
    text = forms.CharField(label="情况", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    source = forms.CharField(label="来源", max_length=200)

    def __init__(self, *args: Any, plans: list[str], **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["plan"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(slug, f"{slug}号") for slug in plans]


class DecideTriggerForm(forms.Form):
    state = forms.ChoiceField(
        label="核实结果", widget=forms.RadioSelect, choices=[("fired", "属实，应当修订"), ("dismissed", "核实后不构成")]
    )
    reason = forms.CharField(label="核实意见", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class DefectForm(forms.Form):
    state = forms.ChoiceField(
        label="处理结果", widget=forms.RadioSelect,
        choices=[("accepted", "确是缺陷，留待修订"), ("dismissed", "不是缺陷"), ("fixed", "已在修订中改正")],
    )  # fmt: skip
    major = forms.BooleanField(label="是重大缺陷（触发修订，7.2）", required=False)
    reason = forms.CharField(label="处理意见", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class LinkedPlanForm(forms.Form):
    title = forms.CharField(label="方案名称", max_length=200)
    file = forms.FileField(label="方案文件", required=False, help_text="PDF、Word、OFD 或 WPS，不超过 30 MB。")
