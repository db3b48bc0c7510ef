"""Forms that keep the directory, with the words people read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from luoshi.directory import queries
from luoshi.directory.models import ALIAS_SORTS, AREA_SORTS, SEXES, Area, Body, Person, Post
from luoshi.directory.upkeep import SIDES

DIALLED = RegexValidator(r"^[\d+() \uff08\uff09\u8f6c*-]{5,}$", "电话只能写数字、+、-、括号和“转”。")
NOTE_HELP = "例如：任免文件或批复的文号。会原样记入台账。"


def day(label: str, *, required: bool = True, help_text: str = "") -> forms.DateField:
    return forms.DateField(
        label=label, required=required, help_text=help_text, widget=forms.DateInput({"type": "date"})
    )


def note() -> forms.CharField:
    return forms.CharField(label="依据", max_length=200, help_text=NOTE_HELP)


SUGGESTED = 400  # names a browser offers while one is typed; any other spelling is understood all the same


class Suggesting(forms.TextInput):
    """A text field that offers names while one types; without it, it is a text field like any other."""

    def __init__(self, names: Callable[[], Iterable[str]]) -> None:
        super().__init__({"autocomplete": "off"})
        self.names = names

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        known = f"{name}-names"
        field = super().render(name, value, {**(attrs or {}), "list": known}, renderer)
        options = format_html_join("", '<option value="{}"></option>', ((one,) for one in self.names()))
        return format_html('{}<datalist id="{}">{}</datalist>', field, known, options)


def _bodies() -> list[str]:
    rows = Body.objects.filter(valid_until__isnull=True).order_by("name").values_list("name", flat=True)
    return list(dict.fromkeys(rows[:SUGGESTED]))


def _areas() -> list[str]:
    rows = Area.objects.filter(valid_until__isnull=True).order_by("code").values_list("name", flat=True)
    return list(dict.fromkeys(rows[:SUGGESTED]))


def _short(typed: str) -> str:
    return typed if len(typed) <= 30 else f"{typed[:30]}…"


class BodyField(forms.CharField):
    """A body by any way documents print it."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"widget": Suggesting(_bodies), **given})

    def clean(self, value: Any) -> Body | None:
        typed = super().clean(value)
        if not typed:
            return None
        found = queries.resolve(typed)
        if found is None:
            raise forms.ValidationError(f"没有叫“{_short(typed)}”的机构，或者这个名称不止指一个机构")
        return found


def area_words(area: Area | None) -> str:
    """How people name an area so that `AreaField` finds it again: its name, or its code where several have the name."""
    if area is None:
        return ""
    alone = Area.objects.filter(name=area.name, valid_until__isnull=True)[:2]
    return area.name if len(alone) == 1 else area.code


class AreaField(forms.CharField):
    """An area of today by its code or, where only one has it, its name."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"widget": Suggesting(_areas), **given})

    def clean(self, value: Any) -> Area | None:
        typed = super().clean(value)
        if not typed:
            return None
        found = queries.area(typed)
        if found is None:
            named = list(Area.objects.filter(name=typed, valid_until__isnull=True)[:2])
            found = named[0] if len(named) == 1 else None
        if found is None:
            raise forms.ValidationError(f"没有叫“{_short(typed)}”的区域，或者同名的不止一个，请填编码")
        return found


class ResidentForm(forms.Form):
    """What is to be put right of one resident; what is left empty stays as it is."""

    name = forms.CharField(label="姓名", max_length=80, required=False)
    sex = forms.ChoiceField(label="性别", choices=[("", "不改"), *SEXES.items()], required=False)
    born = day("出生日期", required=False)
    id_number = forms.CharField(label="身份证号", max_length=20, required=False)
    phone = forms.CharField(label="电话", max_length=40, required=False)
    address = forms.CharField(label="住址", max_length=200, required=False)
    household = forms.CharField(label="户号", max_length=24, required=False)
    area = AreaField(label="村（社区）", required=False)
    left_on = day("注销（迁出或去世）日期", required=False, help_text="注销后不再列入底册，原来的一行保留。")
    reason = forms.CharField(
        label="理由和依据", max_length=500, help_text="例如：本人持户口簿申请更正。会原样记入台账，不要写个人信息。"
    )

    def __init__(self, *args: Any, now: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, shown in now.items():
            clear = "；要清空请填“无”" if shown and name in ("id_number", "phone", "address", "household") else ""
            self.fields[name].help_text = f"现在：{shown or '没有登记'}{clear}"
        for name in ("name", "id_number", "phone", "address"):
            self.fields[name].widget.attrs["autocomplete"] = "off"


class PersonForm(forms.Form):
    name = forms.CharField(label="姓名", max_length=80)
    body = BodyField(label="单位", max_length=200, required=False)
    phone = forms.CharField(label="手机", max_length=40, required=False, validators=[DIALLED])

    def __init__(self, *args: Any, person: Person | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if person is not None:  # the number is personal data: it is replaced, not shown
            self.fields["phone"].help_text = "不填就保留原来的号码。"


class PostForm(forms.Form):
    title = forms.CharField(label="岗位", max_length=80, help_text="例如：主要负责人、联络员。")
    head = forms.BooleanField(label="是主要负责人", required=False)
    stand_in: Any = forms.ModelChoiceField(
        Post.objects.none(), label="联系不上时由谁代行", required=False, empty_label="没有"
    )

    def __init__(self, *args: Any, body: Body, post: Post | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Post.objects.filter(body=body).select_related("body", "stand_in")
        stand_in: Any = self.fields["stand_in"]
        stand_in.queryset = others.exclude(pk=post.pk) if post else others


class AppointForm(forms.Form):
    person = forms.CharField(
        label="任职的人", max_length=80, help_text="填登记过的姓名；重名时请加编号，例如：张三#12。"
    )
    since = day("任职日期")
    closing = forms.BooleanField(label="现任者前一日离任", required=False, initial=True)

    def clean_person(self) -> Person:
        name, _, number = str(self.cleaned_data["person"]).partition("#")
        rows = Person.objects.filter(name=name.strip(), left_on__isnull=True)
        rows = rows.filter(pk=int(number)) if number.isascii() and number.isdigit() and len(number) < 15 else rows
        found = list(rows.select_related("body").order_by("pk")[:6])
        if not found:
            raise forms.ValidationError("没有登记这个人，请先在“人员”里登记")
        if len(found) > 1:
            choices = "、".join(f"{p.name}#{p.pk}（{p.body or '无单位'}）" for p in found[:5])
            raise forms.ValidationError(f"不止一个人叫这个名字，请写明是哪一位：{choices}")
        return found[0]


class LeaveForm(forms.Form):
    until = day("离任日期", help_text="任职的最后一天。")


class AliasForm(forms.Form):
    name = forms.CharField(label="写法", max_length=200)
    sort = forms.ChoiceField(label="性质", choices=list(ALIAS_SORTS.items()))
    document = forms.CharField(
        label="仅限哪份文件", max_length=40, required=False, help_text="文件编号；不填就是所有文件。"
    )
    note = note()


class NoteForm(forms.Form):
    note = note()


class SuccessionForm(forms.Form):
    new = BodyField(label="承接单位", max_length=200)
    function = forms.CharField(label="职能", max_length=120, required=False, help_text="不填就是全部职能。")
    since = day("自", required=False)
    note = forms.CharField(label="依据", max_length=200, required=False, help_text=NOTE_HELP)


class AreaForm(forms.Form):
    code = forms.CharField(label="编码", max_length=32)
    name = forms.CharField(label="名称", max_length=120)
    full_name = forms.CharField(label="规范名称", max_length=200, required=False)
    sort = forms.ChoiceField(label="层级", choices=list(AREA_SORTS.items()))
    parent = AreaField(label="上级区域", max_length=120, required=False, help_text="名称或编码。")
    body = BodyField(label="管理单位", max_length=200, required=False)
    valid_from = day("生效", required=False)
    note = note()


class VersionForm(forms.Form):
    since = day("自何日起", help_text="前一日以前仍按原来的归属。")
    name = forms.CharField(label="名称", max_length=120)
    full_name = forms.CharField(label="规范名称", max_length=200, required=False)
    parent = AreaField(label="上级区域", max_length=120, required=False, help_text="名称或编码。")
    body = BodyField(label="管理单位", max_length=200, required=False)
    note = note()


class LimitForm(forms.Form):
    side = forms.ChoiceField(label="方位", choices=list(SIDES.items()))
    text = forms.CharField(label="至何处", max_length=200)
    note = note()
