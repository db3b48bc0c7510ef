"""What people type when they confirm for someone else."""

from __future__ import annotations

from django import forms


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
