"""Forms of drills: a scenario as text or as a file."""

from __future__ import annotations

from typing import Any

from django import forms

from luoshi.emergency import scenarios

STARTER = """name: 演练 夜间两家企业网络故障
exercise: true
note: 虚构情景。
plans: ['21']
places: [演练甲街道]
timeline:
- ['02:00:00', {inject: 热线转来断网报告（演练）}]
- ['02:05:00', {set: {stage: occurred, cause: external_emergency, operators_affected: [移动城区分公司]}}]
- ['02:08:00', {act: triage, outcome: 'true', by: 值班人员}]
"""


class ScenarioForm(forms.Form):
    """`editing`: the name is fixed and the version as seen goes along."""

    name = forms.CharField(label="名称", max_length=80, help_text="小写字母、数字和连字符，如 night-flood。")
    file = forms.FileField(
        label="脚本文件", required=False, help_text="选了文件就用文件的内容，不用下面的文字。YAML 或 JSON。"
    )
    text = forms.CharField(
        label="脚本",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 24, "class": "mono", "spellcheck": "false"}),
        help_text="时间线每项是一个时刻和要发生的事：set（事实）、act（动作）、inject（注入）、note（说明）。",
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, editing: bool = False, **more: Any) -> None:
        super().__init__(*args, **more)
        if editing:
            self.fields["name"].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        given = data.get("file")
        if given is not None:
            if given.size > scenarios.LARGEST:
                self.add_error("file", f"文件过大，上限 {scenarios.LARGEST // 1000} KB")
                return data
            data["text"] = given.read().decode("utf-8-sig", "replace")
        elif not (data.get("text") or "").strip():
            self.add_error("text", "请写脚本，或选择一个文件。")
        return data


class MinutesForm(forms.Form):
    """How far the director moves the time."""

    minutes = forms.IntegerField(label="分钟", min_value=1, max_value=43200)


class LessonForm(forms.Form):
    """A lesson of a drill or an incident; ticking `defect` makes it a defect of a plan."""

    text = forms.CharField(label="教训", widget=forms.Textarea(attrs={"rows": 3}), max_length=4000)
    action = forms.CharField(
        label="改进措施", widget=forms.Textarea(attrs={"rows": 3}), max_length=4000, required=False
    )
    plan = forms.ChoiceField(
        label="涉及预案的缺陷", required=False, help_text="选了预案，就同时登记为该预案的一条缺陷。"
    )
    cites = forms.CharField(
        label="涉及条款", required=False, max_length=200, help_text="如 21:4.3.2(2)，多条用顿号分开。"
    )
    major = forms.BooleanField(label="是重大缺陷（触发修订，7.2）", required=False)

    def __init__(self, *args: Any, plans: list[str], **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["plan"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "不涉及预案"), *((slug, f"{slug}号") for slug in plans)]
