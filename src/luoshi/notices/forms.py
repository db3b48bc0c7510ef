"""What people type: when they confirm for someone else, and when they change the words of a notice."""

from __future__ import annotations

from typing import Any

from django import forms

from luoshi.notices import kinds


class CodeForm(forms.Form):
    code = forms.CharField(
        label="对方报出的确认码",
        help_text="短信或消息里的六位数字。",
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": "请输入对方报出的六位数字。"},
    )


class BehalfForm(forms.Form):
    note = forms.CharField(
        label="通话情况",
        help_text="与谁、何时、用什么方式联系上；会原样记入台账。",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "请写明与谁、何时通话。"},
    )


class WordingForm(forms.Form):
    title = forms.CharField(
        label="标题",
        max_length=kinds.TITLE_MAX,
        error_messages={"required": "标题不能空着。"},
        widget=forms.TextInput(),
    )
    body = forms.CharField(
        label="正文",
        max_length=kinds.BODY_MAX,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "正文不能空着。"},
    )
    reason = forms.CharField(
        label="改动理由",
        help_text="会原样记入台账；只看效果时可以不填。",
        max_length=500,
        error_messages={"required": "请写明改动理由。"},
    )
    version = forms.IntegerField(widget=forms.HiddenInput())

    def __init__(self, *args: Any, reason_needed: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = reason_needed
