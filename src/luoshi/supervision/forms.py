"""Forms of this room. Labels and help in plain words; what an act needs decides which fields it shows."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms

from luoshi.directory.models import Body
from luoshi.directory.queries import resolve
from luoshi.kernel import when
from luoshi.norms.models import Instrument
from luoshi.supervision.actions import Asked
from luoshi.supervision.drafting import DraftBody, DraftTarget, bodies_of
from luoshi.supervision.engine import Act, Who
from luoshi.supervision.measures import number
from luoshi.supervision.models import OPS, Conflict, Duty, Target
from luoshi.supervision.periods import PERIOD_LABELS

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, list | tuple) else [data] if data else []
        return [super(FilesField, self).clean(item, initial) for item in given]


class ActForm(forms.Form):
    """The form of one act on one duty."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, act: Act, duty: Duty, user: Any, open_targets: tuple[str, ...] = (), **more: Any):
        super().__init__(*args, **more)
        self.act, self.duty, self.user = act, duty, user
        self.fields["version"].initial = duty.version
        self._body_field()
        if act.code == "assign" and duty.deadline is None and not duty.continuous:
            self.fields["grade"] = forms.ChoiceField(
                label="办理类别",
                choices=[
                    ("", "不定期限"),
                    ("simple", "一般事项（13710：7 日）"),
                    ("complex", "复杂事项（13710：一个月）"),
                ],
                required=False,
                help_text="文中没有写期限。13710 是省里的工作做法，不是本文件的规定。",
            )
        if act.code == "extend":
            self.fields["deadline"] = forms.DateField(label="新期限", widget=DAY)
        if act.code not in ("assign", "receive", "verify", "resume"):
            self.fields["words"] = forms.CharField(
                label=act.words, widget=forms.Textarea(attrs={"rows": 4}), required=act.needs_words, max_length=5000
            )
        if act.code == "feedback":
            self._feedback_fields()
        if act.code in ("feedback", "request_completion"):
            self.fields["files"] = FilesField(
                label="佐证材料", required=False, help_text="可多选。PDF、Office、OFD、图片、ZIP，每个不超过 50 MB。"
            )
        if act.code == "accept" and open_targets:
            self.fields["despite"] = forms.CharField(
                label="仍予通过的理由",
                required=False,
                help_text="指标尚不能认定完成：" + ";".join(open_targets),
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    def _body_field(self) -> None:
        if self.act.who not in (Who.BODY, Who.LEAD):
            return
        rows = [
            b
            for b in self.duty.bodies.all()
            if b.body_id
            and (self.act.who is Who.BODY or b.role == "lead")
            and self.user.may("supervision.handle", body=b.body_id)
            and (self.act.code != "receive" or b.received_at is None)
            and (self.act.code != "feedback" or b.received_at is not None)
        ]
        if len(rows) > 1:
            self.fields["body"] = forms.ChoiceField(
                label="代表单位", choices=[(str(b.body_id), b.printed) for b in rows]
            )

    def _feedback_fields(self) -> None:
        self.fields["progress"] = forms.IntegerField(
            label="完成进度（%）", required=False, min_value=0, max_value=100, initial=self.duty.progress
        )
        if self.duty.continuous:
            self.fields["covers_until"] = forms.DateField(
                label="反馈截至", widget=DAY, required=False, initial=when.today(), help_text="这次反馈说到哪一天为止。"
            )

    def asked(self, files: list[Any], via: str = "web") -> Asked:
        data = self.cleaned_data
        body = data.get("body")
        return Asked(
            words=data.get("words") or "",
            body=int(body) if body else None,
            despite=data.get("despite") or "",
            progress=data.get("progress"),
            covers_until=data.get("covers_until"),
            files=files,
            version=data.get("version"),
            via=via,
        )


class ReasonForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(label="理由", widget=forms.Textarea(attrs={"rows": 3}), max_length=2000)


class ConfirmForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        label="立项意见", widget=forms.Textarea(attrs={"rows": 2}), required=False, max_length=2000
    )


class MergeForm(ReasonForm):
    into = forms.CharField(
        label="并入哪一项（编号）", max_length=160, help_text="如 09:三(一)1-2，可在“全部事项”里查到。"
    )

    field_order = ["into", "reason"]

    def clean_into(self) -> Duty:
        found = Duty.objects.filter(key=self.cleaned_data["into"].strip()).first()
        if found is None:
            raise forms.ValidationError("没有这个编号的事项")
        return found


class CorrectForm(ReasonForm):
    title = forms.CharField(label="事项", max_length=400)
    deadline = forms.DateField(label="期限", widget=DAY, required=False)
    continuous = forms.BooleanField(label="持续推进", required=False)
    stage_result = forms.BooleanField(label="期限处只须阶段性成效", required=False)
    period = forms.ChoiceField(label="报送周期（持续推进的）", choices=list(PERIOD_LABELS.items()))
    lead = forms.CharField(label="牵头（或负责）单位", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    cooperate = forms.CharField(label="配合单位", widget=forms.Textarea(attrs={"rows": 2}), required=False)

    field_order = ["title", "lead", "cooperate", "deadline", "continuous", "stage_result", "period", "reason"]

    def __init__(self, *args: Any, duty: Duty, **more: Any):
        self.duty = duty
        rows = list(duty.bodies.all())
        more.setdefault(
            "initial",
            {
                "title": duty.title,
                "deadline": duty.deadline,
                "continuous": duty.continuous,
                "stage_result": duty.stage_result,
                "period": duty.period,
                "lead": "\n".join(b.printed for b in rows if b.role == "lead"),
                "cooperate": "\n".join(b.printed for b in rows if b.role != "lead"),
                "version": duty.version,
            },
        )
        super().__init__(*args, **more)
        self.fields["lead"].help_text = "一行一个，按文件印的次序。名录里没有的名称会提示。"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        bodies: list[tuple[str, int | None, str]] = []
        for role in ("lead", "cooperate"):
            for name in re.split(r"[\n、,,]+", data.get(role) or ""):
                if name.strip():
                    bodies.append((name.strip(), self._body(role, name.strip()), role))
        before = [(b.printed, b.body_id, str(b.role)) for b in self.duty.bodies.all()]
        data["bodies"] = tuple(bodies) if bodies != before and bodies else None
        return data

    def _body(self, role: str, name: str) -> int | None:
        known = next((b for b in self.duty.bodies.all() if b.printed == name and b.body_id), None)
        if known is not None:
            return known.body_id
        found: Body | None = resolve(name, document=self.duty.instrument.slug)
        if found is None:
            self.add_error(role, f"机构名录里没有“{name}”，或一名多指")
        return found.pk if found else None


class EstablishForm(forms.Form):
    """A duty entered by hand. The body fields take names as the document prints them."""

    title = forms.CharField(label="事项", max_length=400)
    instrument = forms.ModelChoiceField(
        label="文件", queryset=Instrument.objects.order_by("order", "slug"), empty_label="请选择"
    )
    path = forms.CharField(
        label="条款", max_length=120, help_text="依据在文件的哪一处，如 三(一)1；也可粘贴 09:三(一)1 这样的出处。"
    )
    lead = forms.CharField(
        label="牵头（或负责）单位", widget=forms.Textarea(attrs={"rows": 2}), help_text="一行一个，按文件印的次序。"
    )
    cooperate = forms.CharField(label="配合单位", widget=forms.Textarea(attrs={"rows": 2}), required=False)
    deadline = forms.DateField(label="期限", widget=DAY, required=False, help_text="文件没有写期限的，留空。")
    continuous = forms.BooleanField(label="持续推进", required=False)
    reason = forms.CharField(label="理由", widget=forms.Textarea(attrs={"rows": 3}), max_length=2000)

    def clean_path(self) -> str:
        """The path alone, with the brackets citations use; a pasted citation must be of the chosen document."""
        text = str(self.cleaned_data["path"]).strip().translate(str.maketrans("（）：", "():"))
        slug, colon, path = text.rpartition(":")
        chosen = self.cleaned_data.get("instrument")
        if colon and chosen is not None and slug != chosen.slug:
            raise forms.ValidationError(f"出处“{text}”不在所选的文件里")
        return path

    def bodies(self) -> list[DraftBody]:
        """The named bodies, leads first; `body` None where the directory does not know the name."""
        data = self.cleaned_data
        lead, cooperate = (split_names(data.get(role) or "") for role in ("lead", "cooperate"))
        slug = data["instrument"].slug
        return bodies_of(lead, cooperate, lambda name: resolve(name, document=slug))


def split_names(text: str) -> list[str]:
    """Names one to a line, or separated by 、 or a comma."""
    return [name.strip() for name in re.split(r"[\n、,，]+", text) if name.strip()]


class ReadingForm(forms.Form):
    value = forms.CharField(label="数值", max_length=40)
    reference = forms.CharField(label="参照值", max_length=40, required=False)
    period_start = forms.DateField(label="期初", widget=DAY, required=False)
    period_end = forms.DateField(label="期末", widget=DAY)
    source = forms.CharField(label="数据来源", max_length=200, help_text="如：区统计局月报。")
    document = forms.CharField(label="依据文件", max_length=200, required=False)
    note = forms.CharField(label="说明", widget=forms.Textarea(attrs={"rows": 2}), required=False, max_length=1000)

    def __init__(self, *args: Any, target: Target, **more: Any):
        super().__init__(*args, **more)
        unit = target.unit or "无单位"
        self.fields["value"].help_text = "1=已完成，0=未完成" if target.op == "done" else f"单位：{unit}"
        against = target.baseline if target.value is None else target.relative_to
        if against:
            self.fields["reference"].label = f"参照值（{against}）"
        else:
            del self.fields["reference"]


class TargetForm(ReasonForm):
    """A target added by hand: what is measured, against what, by when."""

    indicator = forms.CharField(label="指标", max_length=200, help_text="照文件的说法写，如：空气质量优良天数比例。")
    op = forms.ChoiceField(label="怎样比较", choices=list(OPS.items()))
    value = forms.CharField(label="数值", max_length=40, required=False, help_text="区间填下限；只要求完成的不填。")
    high = forms.CharField(label="上限（区间）", max_length=40, required=False)
    unit = forms.CharField(label="单位", max_length=40, required=False, help_text="如：%、个、万吨。")
    due = forms.DateField(label="时限", widget=DAY, required=False)
    baseline = forms.CharField(label="基期", max_length=120, required=False, help_text="如：比 2020 年。")
    fuzzy = forms.CharField(
        label="文中的用语", max_length=40, required=False, help_text="原样写：左右、力争、稳定、以上……"
    )
    awaited_from = forms.CharField(
        label="待哪一级下达", max_length=120, required=False, help_text="数值还没有下达的，填上级名称，数值留空。"
    )

    field_order = ["indicator", "op", "value", "high", "unit", "due", "baseline", "fuzzy", "awaited_from", "reason"]

    def drafted(self) -> DraftTarget:
        """The target as typed. BadInput when a number is none."""
        data = self.cleaned_data
        value, high = (number(data[name], field=name) if data[name] else None for name in ("value", "high"))
        words = {name: data[name].strip() for name in ("indicator", "unit", "baseline", "fuzzy", "awaited_from")}
        return DraftTarget(op=data["op"], value=value, high=high, due=data["due"], **words)


class ValueForm(forms.Form):
    value = forms.CharField(label="下达的数值", max_length=40)
    source = forms.CharField(label="下达文件", max_length=400, help_text="文号和条款。没有文件不能录入。")
    on = forms.DateField(label="下达日期", widget=DAY, required=False)


class DecideForm(forms.Form):
    chosen = forms.ChoiceField(label="督办以哪一个为准", widget=forms.RadioSelect)
    reason = forms.CharField(label="理由", widget=forms.Textarea(attrs={"rows": 3}), max_length=2000)

    def __init__(self, *args: Any, conflict: Conflict, **more: Any):
        super().__init__(*args, **more)
        from luoshi.supervision.facts import target_words

        choices = [
            (str(t.pk), f"{target_words(t)}（{t.citation}{f'，到 {t.due}' if t.due else ''}）")
            for t in conflict.members.all()
        ]
        field = self.fields["chosen"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [*choices, ("all", "并存，各按各的口径督办")]


class BulletinForm(forms.Form):
    month = forms.CharField(label="月份", widget=forms.TextInput(attrs={"type": "month", "placeholder": "2024-12"}))

    def clean_month(self) -> str:
        text = str(self.cleaned_data["month"]).strip()
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
            raise forms.ValidationError("月份写成 2024-12 这样")
        if date(int(text[:4]), int(text[5:]), 1) > when.today():
            raise forms.ValidationError("这个月还没有到")
        return text


class WorkbookForm(forms.Form):
    file = forms.FileField(label="反馈表（.xlsx 或 .csv）", help_text="用下面的模板填写。")
