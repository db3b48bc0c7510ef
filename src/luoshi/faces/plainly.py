"""What a form says about what was typed, in people's words: the framework's own speak of fields and variables."""

from __future__ import annotations

from django import forms
from django.core import validators

_NO_SUCH = "没有“%(value)s”这个选项，请重新选择。"
_SAID: dict[type[forms.Field], dict[str, str]] = {
    forms.Field: {"required": "请填写这一项。"},
    forms.IntegerField: {"invalid": "请填整数。"},
    forms.DecimalField: {"invalid": "请填数字。"},
    forms.DateField: {"invalid": "日历上没有这一天，日期应写成 2024-12-31。"},
    forms.DateTimeField: {"invalid": "时间应写成 2024-12-31 09:00。"},
    forms.TimeField: {"invalid": "时间应写成 09:00。"},
    forms.ChoiceField: {"invalid_choice": _NO_SUCH},
    forms.MultipleChoiceField: {"invalid_choice": _NO_SUCH, "invalid_list": "请重新选择。"},
    forms.ModelChoiceField: {"invalid_choice": "没有这个选项，可能刚刚被去掉，请重新选择。"},
    forms.FileField: {
        "required": "请选择文件。",
        "invalid": "没有收到文件，请重新选择。",
        "missing": "没有收到文件，请重新选择。",
        "empty": "文件是空的。",
    },
}
_LIMITS: dict[type[validators.BaseValidator], str] = {
    validators.MaxLengthValidator: "最多 %(limit_value)d 字，现有 %(show_value)d 字。",
    validators.MinLengthValidator: "最少 %(limit_value)d 字，现有 %(show_value)d 字。",
    validators.MaxValueValidator: "不能大于 %(limit_value)s。",
    validators.MinValueValidator: "不能小于 %(limit_value)s。",
}


def speak() -> None:
    """Use these words in every form that says nothing of its own."""
    for kind, said in _SAID.items():
        kind.default_error_messages = {**kind.default_error_messages, **said}
    for limit, sentence in _LIMITS.items():
        limit.message = sentence
