"""The forms of acts on an incident: each asks only for what its act needs, and keeps what was typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django import forms

from luoshi.emergency import course, people
from luoshi.emergency.live import Table
from luoshi.emergency.sitting import Asked
from luoshi.faces import citations

HOWS = (("", "本人在系统办理"), ("电话", "电话命令"), ("当面", "当面命令"), ("书面", "书面命令"))


@dataclass(frozen=True, slots=True)
class Spec:
    """An act as a form. `who`: the permissions of which one is needed. `reason`: required | optional | none."""

    label: str
    button: str
    who: tuple[str, ...]
    reason: str = "optional"
    fields: tuple[str, ...] = ()
    danger: bool = False
    oral: bool = False
    plan: bool = True


INTAKE, COMMAND, BOTH = ("emergency.intake",), ("emergency.command",), ("emergency.intake", "emergency.command")
SPECS: dict[str, Spec] = {
    "triage": Spec("分流", "确定分流", INTAKE, fields=("outcome", "transferee")),
    "propose": Spec("建议启动响应", "提出建议", INTAKE, fields=("response_level",)),
    "confirm": Spec("指挥部确认", "确认", BOTH, oral=True),
    "start": Spec("启动响应", "启动", BOTH, danger=True, oral=True, fields=("start_level",)),
    "drop": Spec("不启动响应", "不启动", BOTH, "required"),
    "take_over": Spec("记录上级接管", "记录接管", BOTH, "none", fields=("superior",)),
    "superior_agrees": Spec("记录上级同意结束", "记录", BOTH, "none", fields=("said",)),
    "evidence": Spec("记录结束、解除条件的依据", "记录", BOTH, "none", fields=("key", "text")),
    "end": Spec("结束响应", "宣布结束", BOTH, danger=True, oral=True, fields=("conditions",)),
    "groups": Spec("启用工作组", "启用", BOTH, "none", fields=("groups",)),
    "propose_warning": Spec("建议预警", "提出建议", INTAKE, fields=("warning_level",)),
    "confirm_warning": Spec("核定达到预警情形", "核定", BOTH, oral=True),
    "issue_warning": Spec("发布预警", "发布", BOTH, danger=True, oral=True, fields=("to", "form")),
    "drop_warning": Spec("不发布预警", "不发布", BOTH, "required"),
    "lift_warning": Spec("解除预警", "解除", BOTH, oral=True, fields=("lift", "vanished")),
    "choose": Spec("选定预案", "选定", BOTH, "required", fields=("plans",), plan=False),
    "places": Spec("事发地", "保存", INTAKE, "none", fields=("places",), plan=False),
    "opinion": Spec("指挥部的意见", "记录意见", BOTH, "required", oral=True, fields=("opinion_level",)),
    "appoint": Spec("指定现场指挥负责人", "指定", BOTH, "none", fields=("person",), oral=True),
    "note": Spec("记事", "记下", BOTH, "none", fields=("text",), plan=False),
    "close": Spec("结案", "结案", INTAKE, "required", danger=True, plan=False),
    "reopen": Spec("恢复办理", "恢复办理", INTAKE, "required", plan=False),
}


class ActForm(forms.Form):
    """The form of one act, made for one incident (and plan) as it stands."""

    use_required_attribute = False  # what is missing is said by the server, with its clause

    def __init__(self, *args: Any, spec: Spec, table: Table, slug: str, user: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.spec, self.table, self.slug, self.user = spec, table, slug, user
        self.fields["version"] = forms.IntegerField(widget=forms.HiddenInput, initial=table.incident.version)
        self.fields["once"] = forms.CharField(widget=forms.HiddenInput, initial=uuid4().hex, max_length=64)
        for name in spec.fields:
            for key, field in MAKERS[name](self).items():
                self.fields[key] = field
        if spec.plan:
            self._hands()
        if spec.reason != "none":
            self.fields["reason"] = forms.CharField(
                label="理由", required=spec.reason == "required", max_length=2000,
                widget=forms.Textarea(attrs={"rows": 3}), error_messages={"required": "请写明理由。"},
                help_text="会原样记入台账。",
            )  # fmt: skip

    def _hands(self) -> None:
        """In which post one acts, when one holds several; and whose oral order it is, when written down for another."""
        rules = self.table.plan(self.slug)
        held = people.posts_of(self.user, rules, incident=self.table.incident)
        if len(held) > 1:
            choices = [("", "自动选用有权的职务"), *((post, post) for post in held)]
            self.fields["post"] = forms.ChoiceField(label="以什么职务办理", choices=choices, required=False)
        if self.spec.oral and self.user.may("emergency.intake"):
            posts = rules.command
            if self.spec in (SPECS["issue_warning"], SPECS["lift_warning"]):
                posts = course.signers(self.table.context(self.slug)) or posts
            found = [(f"{post}|{one.name}", f"{post} {one.name}")
                     for post, held_by in people.holders_of(rules, posts).items() for one in held_by]  # fmt: skip
            self.fields["ordered"] = forms.ChoiceField(
                label="代录谁的命令", choices=[("", "不是代录，本人办理"), *found], required=False,
                help_text="指挥员口头下令时，由值班人员代录；页面会一直标明“口头命令，待补签”。",
            )  # fmt: skip
            self.fields["ordered_how"] = forms.ChoiceField(label="命令方式", choices=HOWS, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("ordered") and not data.get("ordered_how"):
            self.add_error("ordered_how", "请选命令是以什么方式下达的。")
        return data

    def asked(self, via: str = "web") -> Asked:
        data = self.cleaned_data
        post, _, person = str(data.get("ordered") or "").partition("|")
        return Asked(
            reason=data.get("reason") or "", post=post or data.get("post") or "", version=data.get("version"),
            once=data.get("once") or "", via=via, ordered_by=person, ordered_how=data.get("ordered_how") or "",
        )  # fmt: skip


Fields = dict[str, forms.Field]


def _radio(label: str, choices: Sequence[tuple[str, str]], **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, widget=forms.RadioSelect, **more)


def _outcome(form: ActForm) -> Fields:
    rows = form.table.plan(form.slug).row.triage
    labels = {"true": "真实", "false_alarm": "误报", "unrelated": "无关"}
    choices = [(row.outcome, f"{labels[row.outcome]}：{row.what}（{citations.label(row.cite)}）") for row in rows]
    return {"outcome": _radio("分流结论", choices, error_messages={"required": "请选一个结论。"})}


def _transferee(form: ActForm) -> Fields:
    field = forms.CharField(
        label="转交给", required=False, max_length=120, help_text="结论为“无关”时必填：相关主管机构。"
    )
    return {"transferee": field}


def _levels(form: ActForm, kind: str) -> list[tuple[str, str]]:
    rules = form.table.plan(form.slug)
    return [(row.level, rules.row.level_names.get(row.level, row.level)) for row in rules.of_kind(kind)]


def _level_field(form: ActForm, kind: str) -> Fields:
    case = form.table.cases[form.slug]
    by_facts = case.response_level if kind == "response" else case.warning_level
    told = (
        f"现有事实得出的是{by_facts}；另选须写理由。"
        if by_facts
        else "现有事实没有得出级别；任选一级都须写理由，由指挥部裁量。"
    )
    field = _radio("级别", _levels(form, kind), initial=by_facts or None, help_text=told,
                   error_messages={"required": "请选级别。"})  # fmt: skip
    return {"level": field}


def _start_level(form: ActForm) -> Fields:
    waiting = form.table.cases[form.slug].responses.filter(state__in=["proposed", "confirmed"]).first()
    field = _radio(
        "级别",
        _levels(form, "response"),
        initial=waiting.level if waiting else None,
        help_text="与办公室建议的级别不同，须写理由。",
        error_messages={"required": "请选级别。"},
    )
    return {"level": field}


def _opinion(form: ActForm) -> Fields:
    choices = [*_levels(form, "response"), ("不启动", "不启动")]
    return {"level": _radio("指挥部认为应当", choices, error_messages={"required": "请选一项。"})}


def _key(form: ActForm) -> Fields:
    row = form.table.plan(form.slug).row
    known = {item.key: f"{item.text}（{citations.label(item.cite)}）" for item in (*row.end, *row.lift)}
    return {"key": _radio("条件", list(known.items()), error_messages={"required": "请选条件。"})}


def _conditions(form: ActForm) -> Fields:
    """One box for each condition; what a plan only asks about may be acknowledged instead."""
    from luoshi.emergency.queries import end_rows

    made: Fields = {}
    for row in end_rows(form.table, form.slug):
        told = (row["evidence"] or {}).get("text", "")
        note = f"依据 {citations.label(row['cite'])}" + ("；两份预案同时启动，按较严的条件" if row["stricter"] else "")
        made[f"end_{row['key']}"] = forms.CharField(
            label=row["text"], required=row["blocking"], initial=told, max_length=2000, help_text=note,
            widget=forms.Textarea(attrs={"rows": 2}),
            error_messages={"required": f"结束条件“{row['text']}”还没有依据（{citations.label(row['cite'])}）。"},
        )  # fmt: skip
        if not row["blocking"]:
            made[f"ack_{row['key']}"] = forms.BooleanField(label=f"已知悉：{row['text']}，仍结束", required=False)
    return made


def _lift(form: ActForm) -> Fields:
    case = form.table.cases[form.slug]
    return {
        f"lift_{row.key}": forms.CharField(
            label=row.text, required=False, initial=(case.evidence.get(row.key) or {}).get("text", ""), max_length=2000,
            help_text=f"依据 {citations.label(row.cite)}", widget=forms.Textarea(attrs={"rows": 2}),
        )
        for row in form.table.plan(form.slug).row.lift
    }  # fmt: skip


def _groups(form: ActForm) -> Fields:
    rules, case = form.table.plan(form.slug), form.table.cases[form.slug]
    choices = [(group.name, f"{group.name}（牵头 {group.lead}；{'、'.join(group.members)}）") for group in rules.groups]
    return {"groups": forms.MultipleChoiceField(
        label="工作组", choices=choices, required=False, initial=case.groups or [group.name for group in rules.groups],
        widget=forms.CheckboxSelectMultiple, help_text="视情况启用全部或一部分。",
    )}  # fmt: skip


def _to(form: ActForm) -> Fields:
    rules = form.table.plan(form.slug)
    names = [name for row in rules.row.warning_notify for name in (row.to or [row.who])]
    inside = rules.row.warning_internal
    note = f"{inside.what}（{citations.label(inside.cite)}）。" if inside else "条文没有限定范围，名单由人确认（A35）。"
    return {"to": forms.CharField(
        label="接收单位", initial="\n".join(dict.fromkeys(names)), widget=forms.Textarea(attrs={"rows": 5}),
        help_text=f"一行一个。{note}", error_messages={"required": "请写明发给谁。"},
    )}  # fmt: skip


def _form(form: ActForm) -> Fields:
    choices = [(word, word) for word in ("文件传真", "电话", "电子邮件", "会议电视")]
    return {"form": forms.ChoiceField(label="发布形式", choices=choices)}


def _plans(form: ActForm) -> Fields:
    made: Fields = {}
    for slug, case in form.table.cases.items():
        applies = {"true": "规则认为适用", "false": "规则认为不在适用范围", "unknown": "是否适用还不清楚"}
        initial = {True: "yes", False: "no", None: ""}[case.chosen]
        made[f"plan_{slug}"] = _radio(
            f"{slug}号 {form.table.plan(slug).row.title}", [("yes", "适用"), ("no", "不适用")], initial=initial,
            help_text=applies.get(case.applies, ""), error_messages={"required": "请选是否适用。"},
        )  # fmt: skip
    return made


def _places(form: ActForm) -> Fields:
    return {"places": forms.CharField(
        label="事发地镇（街道）", required=False, initial="\n".join(form.table.incident.places),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="一行一个，可以有几个；“事发地镇政府（街道办事处）”按它们确定。",
    )}  # fmt: skip


def _text(label: str, name: str, help_text: str = "", rows: int = 3) -> Any:
    def make(form: ActForm) -> Fields:
        widget = forms.Textarea(attrs={"rows": rows})
        field = forms.CharField(label=label, widget=widget, max_length=4000, help_text=help_text,
                                error_messages={"required": f"请填写{label}。"})  # fmt: skip
        return {name: field}

    return make


def _vanished(form: ActForm) -> Fields:
    return {"vanished": forms.CharField(
        label="威胁消失", required=False, max_length=1000,
        help_text="条件没有全部具备、而威胁已经消失时填写情况；会标明按 A33 解除。",
    )}  # fmt: skip


MAKERS: dict[str, Any] = {
    "outcome": _outcome, "transferee": _transferee, "start_level": _start_level, "opinion_level": _opinion,
    "response_level": lambda form: _level_field(form, "response"),
    "warning_level": lambda form: _level_field(form, "warning"),
    "key": _key, "text": _text("依据或内容", "text"), "conditions": _conditions, "lift": _lift, "groups": _groups,
    "to": _to, "form": _form, "plans": _plans, "places": _places, "vanished": _vanished,
    "person": _text("姓名", "person", "由指挥部指定；口径把启动人读作现场指挥负责人时，由其启动。", rows=1),
    "superior": _text("接管的上级机构", "superior", rows=1),
    "said": _text("何人何时以何方式同意", "said", rows=2),
}  # fmt: skip
