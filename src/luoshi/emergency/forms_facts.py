"""Facts as a person types them: one form for each kind of fact, with who says so and when."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms

from luoshi.emergency.live import Table

SOURCES = ("值班员核实", "电话", "现场", "网管系统", "书面材料", "上级通报")
UNKNOWN = "unknown"


class FactForm(forms.Form):
    """One fact: its value, the source, the reporter, the time it speaks of."""

    def __init__(self, *args: Any, table: Table, name: str, **more: Any) -> None:
        super().__init__(*args, **more)
        self.table, self.name = table, name
        self.row = table.desk.plans.vocabulary.facts[name]
        self.fields["once"] = forms.CharField(widget=forms.HiddenInput, initial=uuid4().hex, max_length=64)
        for key, field in self._value().items():
            self.fields[key] = field
        self.fields["reporter"] = forms.CharField(
            label="谁说的", max_length=120, help_text="单位和姓名；留空记为您本人。", required=False
        )
        self.fields["source"] = forms.ChoiceField(label="来源", choices=[(word, word) for word in SOURCES])
        self.fields["at"] = forms.DateTimeField(
            label="所指时间", required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
            help_text="留空为现在。迟到的消息请写明它说的是什么时候。",
        )  # fmt: skip

    def _value(self) -> dict[str, forms.Field]:
        row = self.row
        if row.fields:
            return self._record()
        if row.type == "bool":
            choices = [("yes", "是"), ("no", "否"), (UNKNOWN, "不知道")]
        elif row.type == "word":
            choices = [*((value, row.say(value)) for value in row.values), (UNKNOWN, "不知道")]
        elif row.type == "list":
            return self._list()
        elif row.type == "int":
            return {"value": forms.IntegerField(label=row.label, required=False, min_value=0, max_value=row.max,
                                                help_text="留空为不知道。")}  # fmt: skip
        else:
            return {"value": forms.CharField(label=row.label, widget=forms.Textarea(attrs={"rows": 4}))}
        return {"value": forms.ChoiceField(label=row.label, choices=choices, widget=forms.RadioSelect)}

    def _list(self) -> dict[str, forms.Field]:
        """The names known are offered; others are typed. A list is complete, or unknown."""
        row, known = self.row, self._known()
        return {
            "known": forms.MultipleChoiceField(
                label=row.label, choices=[(name, name) for name in known], required=False,
                widget=forms.CheckboxSelectMultiple,
            ),
            "other": forms.CharField(
                label="其他（一行一个）", required=False, widget=forms.Textarea(attrs={"rows": 2})
            ),
            "complete": forms.ChoiceField(
                label="这份名单", choices=[("yes", "是全部（不选就是没有）"), (UNKNOWN, "不知道")],
                widget=forms.RadioSelect, initial="yes", help_text="没有列出的就是没有受影响；还不清楚请选“不知道”。",
            ),
        }  # fmt: skip

    def _known(self) -> list[str]:
        words = self.table.desk.plans.vocabulary
        if self.row.holds == "operators":
            return [row.name for row in words.operators] + list(self.table.desk.operators)
        if self.row.holds == "places":
            from luoshi.directory.models import Area

            rows = Area.objects.filter(sort__in=["town", "subdistrict"]).order_by("code").values_list("name", flat=True)
            return list(dict.fromkeys([*self.table.incident.places, *rows]))
        return []

    def _record(self) -> dict[str, forms.Field]:
        made: dict[str, forms.Field] = {
            "has": forms.ChoiceField(
                label=self.row.label, choices=[("yes", "有"), ("no", "没有"), (UNKNOWN, "不知道")],
                widget=forms.RadioSelect,
            )
        }  # fmt: skip
        labels = {"grade": "等级", "by": "来源（谁定的）", "from": "谁下达的", "level": "要求的级别", "reason": "理由"}
        for name, kind in self.row.fields.items():
            if kind.values:
                choices = [("", "—"), *((value, value) for value in kind.values)]
                field: forms.Field = forms.ChoiceField(label=labels.get(name, name), choices=choices, required=False)
            else:
                field = forms.CharField(label=labels.get(name, name), max_length=200, required=False)
            made[f"f_{name}"] = field
        return made

    def value(self) -> Any:
        """What was stated; None for 不知道."""
        data, row = self.cleaned_data, self.row
        if row.fields:
            if data["has"] != "yes":
                return False if data["has"] == "no" else None
            return {name: data[f"f_{name}"] for name in row.fields if data.get(f"f_{name}")}
        if row.type == "list":
            if data["complete"] == UNKNOWN:
                return None
            typed = [line.strip() for line in data["other"].splitlines() if line.strip()]
            return list(dict.fromkeys([*data["known"], *typed]))
        if row.type == "int":
            return data["value"]
        return None if data["value"] == UNKNOWN else data["value"]


class SettleForm(forms.Form):
    """Which of several statements holds, and why."""

    reason = forms.CharField(
        label="采信理由", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "请写明理由。"},
    )  # fmt: skip

    def __init__(self, *args: Any, table: Table, name: str, **more: Any) -> None:
        super().__init__(*args, **more)
        known, words = table.known[name], table.desk.plans.vocabulary
        choices = [(str(row.pk), f"{words.shown(name, row.value)}（{row.reporter}，{row.source}）")
                   for row in known.standing if row.value is not None]  # fmt: skip
        if sum(isinstance(row.value, list) for row in known.standing) > 1:
            choices.append(("join", "合并：各方说到的都算"))
        self.fields["choice"] = forms.ChoiceField(label="以哪一说为准", choices=choices, widget=forms.RadioSelect)
        self.fields["once"] = forms.CharField(widget=forms.HiddenInput, initial=uuid4().hex, max_length=64)
        self.order_fields(["choice", "reason", "once"])
