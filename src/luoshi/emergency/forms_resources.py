"""Forms of resources, rosters, operators and costs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from luoshi.directory.models import Person
from luoshi.emergency import resources, rosters
from luoshi.emergency.models import Asset, Incident
from luoshi.emergency.stock import KINDS, MOVES
from luoshi.kernel import money, when
from luoshi.kernel.errors import BadInput

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class YuanField(forms.CharField):
    """An amount typed in yuan, kept in fen; nothing typed is None."""

    def clean(self, value: Any) -> Any:
        text = str(super().clean(value) or "").strip()
        if not text:
            return None
        try:
            found = money.fen(text, field="amount")
        except BadInput:
            raise forms.ValidationError("写成元，最多两位小数，如 1200.50") from None
        if found < 0:
            raise forms.ValidationError("金额不能为负数")
        return found


class AssetForm(forms.Form):
    name = forms.CharField(label="名称", max_length=120)
    owner_name = forms.CharField(label="归属单位", max_length=120, required=False)
    place = forms.CharField(label="存放地点", max_length=200, required=False)
    quantity = forms.IntegerField(label="数量", min_value=0, max_value=1_000_000, initial=1)
    unit = forms.CharField(label="计量单位", max_length=12, required=False)
    contact = forms.CharField(label="联系人", max_length=120, required=False)
    checked_on = forms.DateField(label="最近检查", required=False, widget=DAY)
    state = forms.ChoiceField(label="状态", choices=list(resources.STATES.items()))

    def __init__(self, *args: Any, kind: str, asset: Asset | None = None, **more: Any) -> None:
        if asset is not None:
            first = {name: getattr(asset, name) for name in resources.FIELDS} | {
                f"x_{k}": v for k, v in asset.data.items()
            }
            more.setdefault("initial", first)
        super().__init__(*args, **more)
        self.kind = kind
        self.fields["unit"].help_text = f"不填就是“{KINDS[kind].unit}”。"
        for key, label in KINDS[kind].extra:
            self.fields[f"x_{key}"] = forms.CharField(label=label, max_length=200, required=False)
        if kind == "system":
            self.fields["owner_name"].required = True
            self.fields["owner_name"].help_text = "一家的几个系统算1家（A24），单位名称要写得一样。"
        if asset is not None:
            del self.fields["quantity"]  # it changes by moves alone

    def given(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        extra = {key: data.pop(f"x_{key}", "") for key, _ in KINDS[self.kind].extra}
        return data | {"data": extra}


class MoveForm(forms.Form):
    kind = forms.ChoiceField(label="办理", choices=[(code, move.label) for code, move in MOVES.items()])
    quantity = forms.IntegerField(label="数量", min_value=0, max_value=1_000_000, initial=1)
    incident = forms.ModelChoiceField(
        label="哪次事件", queryset=Incident.objects.none(), required=False, empty_label="不属于事件",
        help_text="征用、补偿须写明事件；归还写当时调用、征用的事件。",
    )  # fmt: skip
    cost = YuanField(label="金额（元）", required=False, max_length=20)
    note = forms.CharField(label="说明", required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["incident"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Incident.objects.order_by("state", "-opened_at")


class FileForm(forms.Form):
    file = forms.FileField(label="工作簿（.xlsx 或 .csv）", help_text="有一行出错，就一行也不入库。")
    only_check = forms.BooleanField(label="只检查，不入库", required=False)


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """People with their body: names alone are not enough to tell them apart."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name}（{obj.body.name if obj.body else '未列单位'}）"


class ShiftForm(forms.Form):
    role = forms.CharField(
        label="岗位", max_length=60, initial=rosters.MAIN, widget=forms.TextInput(attrs={"list": "roles"})
    )
    person = PersonField(label="人员", queryset=Person.objects.none())
    starts_at = forms.DateTimeField(label="开始", widget=MOMENT)
    ends_at = forms.DateTimeField(label="结束", widget=MOMENT)
    override = forms.BooleanField(label="是调班（在这段时间替换原来排的人）", required=False)
    reason = forms.CharField(label="理由", max_length=200, required=False, help_text="调班须写明理由。")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["person"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = (
            Person.objects.filter(left_on__isnull=True).select_related("body").order_by("body__name", "name")
        )

    def times(self) -> tuple[datetime, datetime]:
        data = self.cleaned_data
        return when.aware(data["starts_at"]), when.aware(data["ends_at"])


class OperatorForm(forms.Form):
    name = forms.CharField(label="企业名称", max_length=120)
    counts = forms.ChoiceField(
        label="是否计入基础电信运营企业", widget=forms.RadioSelect,
        choices=[("yes", "计入"), ("no", "不计入"), ("", "没有定论（计数时按可能计入、可能不计入）")], required=False,
    )  # fmt: skip
    source = forms.CharField(label="依据", max_length=200, help_text="文号、会议或区工信局的答复；没有依据不能设置。")


class CostForm(forms.Form):
    what = forms.CharField(label="费用事项", max_length=200)
    amount = YuanField(label="金额（元）", max_length=20)


class SettleForm(forms.Form):
    payer = forms.CharField(label="承担方", max_length=120)
    reason = forms.CharField(label="理由和依据", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
