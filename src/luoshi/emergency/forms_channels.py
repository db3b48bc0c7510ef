"""Forms of intake, call-out, tasks and reports. Each keeps what was typed and asks only for what is needed."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms

from luoshi.directory.models import Body
from luoshi.emergency import heard, live, reporting
from luoshi.emergency.heard import Heard
from luoshi.emergency.models import Incident
from luoshi.emergency.sitting import Asked

MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
EXACT = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S")
NEW, LATER = "new", "later"


class Keyed(forms.Form):
    """`once`: the same form sent twice is done once."""

    once = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["once"].initial = uuid4().hex

    def asked(self, **more: Any) -> Asked:
        return Asked(once=str(self.cleaned_data.get("once") or ""), **more)


def _words(label: str, rows: int = 3, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": rows}), max_length=4000, **more)


class IntakeForm(Keyed):
    """接报: form, phone note and hotline transfer are one page; what differs is where it came from."""

    source = forms.ChoiceField(
        label="来源", choices=[(key, word) for key, word in heard.SOURCES.items() if key not in heard.MACHINES],
        widget=forms.RadioSelect, initial="phone",
    )  # fmt: skip
    reporter = forms.CharField(label="报告人或单位", max_length=120, help_text="不愿具名的写“匿名”。")
    contact = forms.CharField(label="联系方式", max_length=80, required=False)
    text = _words("说了什么", 5, help_text="先记数据痕迹、细节，再记损失、影响、现场控制情况。国家秘密不得录入。")
    occurred_at = forms.DateTimeField(label="发生时间", widget=MOMENT, required=False, help_text="不清楚就空着。")
    places = forms.CharField(label="地点（镇、街道）", max_length=200, required=False, help_text="几处用顿号隔开。")
    number = forms.CharField(
        label="对方编号", max_length=100, required=False, help_text="热线工单号、来文号；同一编号的同一内容只记一次。"
    )
    clause = forms.ChoiceField(label="属于预案列的哪种信息来源", required=False)
    where = forms.ChoiceField(label="归到哪里")
    title = forms.CharField(
        label="事件名称", max_length=200, required=False, help_text="立新事件时填写；空着就用来报的第一行。"
    )

    def __init__(self, *args: Any, incidents: list[Incident], **more: Any) -> None:
        super().__init__(*args, **more)
        self.incidents = {str(row.pk): row for row in incidents}
        known = [(key, f"{row.number} {row.title}"[:80]) for key, row in self.incidents.items()]
        self.fields["where"].choices = [(NEW, "立新事件"), *known, (LATER, "先记下，稍后处理")]  # type: ignore[attr-defined]
        plans = live.plans_of(live.current()).by_slug.values()
        rows = [(row.cite, f"{plan.slug}号 {row.what}") for plan in plans for row in plan.row.sources]
        self.fields["clause"].choices = [("", "不清楚"), *rows]  # type: ignore[attr-defined]

    def heard(self) -> Heard:
        data = self.cleaned_data
        return Heard(
            data["source"], data["text"], key=data["number"].strip(), reporter=data["reporter"].strip(),
            occurred_at=data["occurred_at"], places=heard.listed(data["places"]),
        )  # fmt: skip


class PlaceForm(Keyed):
    """Where a report that waits belongs."""

    where = forms.ChoiceField(label="归到哪里")
    title = forms.CharField(label="事件名称", max_length=200, required=False, help_text="立新事件时填写。")

    def __init__(self, *args: Any, incidents: list[Incident], **more: Any) -> None:
        super().__init__(*args, **more)
        self.incidents = {str(row.pk): row for row in incidents}
        known = [(key, f"{row.number} {row.title}"[:80]) for key, row in self.incidents.items()]
        self.fields["where"].choices = [(NEW, "立新事件"), *known]  # type: ignore[attr-defined]


class FeedForm(forms.Form):
    name = forms.CharField(label="系统名称", max_length=80, help_text="如“移动网管告警平台”。")
    body = forms.ModelChoiceField(label="所属单位", queryset=Body.objects.none(), required=False)
    exercise = forms.BooleanField(label="只作演练", required=False, help_text="勾选后，它发来的一切都按演练处理。")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["body"].queryset = Body.objects.filter(kind="enterprise").order_by("name")  # type: ignore[attr-defined]


class WordsForm(Keyed):
    """One text: feedback, what was done, what help is wanted, why."""

    text = _words("内容")

    def __init__(self, *args: Any, label: str = "内容", hint: str = "", **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["text"].label, self.fields["text"].help_text = label, hint


def _happened(label: str, told: str) -> forms.DateTimeField:
    """When it was, to the second: thirty minutes are judged by it, not by when it is written down."""
    return forms.DateTimeField(label=label, widget=EXACT, required=False, help_text=f"空着为现在。{told}")


class QueryForm(Keyed):
    asked_by = forms.CharField(label="谁的要求", max_length=120)
    text = _words("要求报告、核实什么")
    received_at = _happened("收到时间", "补登的写实际收到的时间，30 分钟从那时起算。")


class AnswerForm(WordsForm):
    answered_at = _happened("回应时间", "先回应、后登记的，写实际回应的时间，登记时间另记。")


class ReportForm(Keyed):
    """One report: its parts as drafted, where it goes and how."""

    to = forms.CharField(label="报送对象", max_length=300, help_text="几个用顿号隔开。")
    upward = forms.BooleanField(label="向上级报告", required=False, initial=True)
    channel = forms.ChoiceField(
        label="报送方式", choices=[(name, name) for name in reporting.CHANNELS], widget=forms.RadioSelect,
        initial=reporting.CHANNELS[0], help_text="向上级报告默认用保密方式；用其他方式须写明理由（A32）。",
    )  # fmt: skip
    channel_reason = forms.CharField(label="用其他方式的理由", max_length=200, required=False)
    delivered_at = _happened("送达时间", "先送达、后登记的，写实际送达的时间：按时与否看送达，登记时间另记。")
    secret = forms.BooleanField(
        label="内容涉及国家秘密", required=False, help_text="勾选后内容不保存，只留存根；请另行以保密方式报送。"
    )

    def __init__(self, *args: Any, kind: str, drafted: dict[str, str], **more: Any) -> None:
        super().__init__(*args, **more)
        self.kind, self.labels = kind, list(drafted) if kind != "oral" else ["口头报告要点"]
        for n, label in enumerate(self.labels):
            self.fields[f"part{n}"] = _words(label, 3, required=False)
            self.fields[f"part{n}"].initial = drafted.get(label, "")
        if kind == "oral":
            self.fields["channel"].initial = "电话"
            said = _happened("报告时间", "补登的写实际报告的时间，30 分钟从那时起算。")
            self.fields["delivered_at"] = said
        order = [f"part{n}" for n in range(len(self.labels))]
        self.order_fields(["to", *order, "upward", "channel", "channel_reason", "delivered_at", "secret"])

    def draft(self) -> reporting.Draft:
        data = self.cleaned_data
        parts = {label: data.get(f"part{n}", "") for n, label in enumerate(self.labels)}
        return reporting.Draft(
            self.kind, heard.listed(data["to"]), {} if data["secret"] else parts, data["upward"], data["channel"],
            data["channel_reason"], data["secret"], data.get("delivered_at"),
        )  # fmt: skip
