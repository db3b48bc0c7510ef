"""Forms of this room, with the words people read."""

from __future__ import annotations

from typing import Any

from django import forms

from luoshi.accounts.roles import ROLES
from luoshi.directory.forms import AreaField, BodyField

PASSWORD = {"autocomplete": "current-password"}
NEW_PASSWORD = {"autocomplete": "new-password"}
CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "autocapitalize": "off", "spellcheck": "false"}


class SignIn(forms.Form):
    username = forms.CharField(
        label="用户名", max_length=64, widget=forms.TextInput({"autocomplete": "username", "autocapitalize": "off"})
    )
    password = forms.CharField(label="密码", strip=False, widget=forms.PasswordInput(PASSWORD))


class OneTimeCode(forms.Form):
    code = forms.CharField(
        label="动态口令", max_length=10, help_text="手机验证器上的 6 位数字。", widget=forms.TextInput(CODE)
    )

    def clean_code(self) -> str:
        code = "".join(str(self.cleaned_data["code"]).split())
        if not (code.isascii() and code.isdigit() and len(code) == 6):
            raise forms.ValidationError("动态口令是 6 位数字")
        return code


class Recovery(forms.Form):
    code = forms.CharField(
        label="恢复码",
        max_length=20,
        help_text="启用动态口令时保存的十个恢复码之一，每个只能用一次。",
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )


class PasswordChange(forms.Form):
    old = forms.CharField(label="现在的密码", strip=False, widget=forms.PasswordInput(PASSWORD))
    new = forms.CharField(
        label="新密码",
        strip=False,
        help_text="至少 10 个字符，不能是常见密码，不能全是数字。",
        widget=forms.PasswordInput(NEW_PASSWORD),
    )
    again = forms.CharField(label="再输一次新密码", strip=False, widget=forms.PasswordInput(NEW_PASSWORD))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "new" in cleaned and "again" in cleaned and cleaned["new"] != cleaned["again"]:
            self.add_error("again", "两次输入的新密码不一样")
        return cleaned


class Preferences(forms.Form):
    theme = forms.ChoiceField(
        label="显示",
        choices=[("auto", "跟随系统"), ("light", "浅色"), ("dark", "深色")],
        widget=forms.RadioSelect,
    )
    elder = forms.BooleanField(label="长辈版（大字、宽行距）", required=False)


class NewToken(forms.Form):
    name = forms.CharField(label="用途", max_length=80, help_text="例如：每日导出任务台账。")
    read_only = forms.BooleanField(label="只能读取，不能办理", required=False, initial=True)
    days = forms.ChoiceField(label="有效期", choices=[("30", "30 天"), ("90", "90 天"), ("365", "一年")], initial="90")


class NewUser(forms.Form):
    username = forms.CharField(label="用户名", max_length=64, widget=forms.TextInput({"autocomplete": "off"}))
    display_name = forms.CharField(label="姓名", max_length=80, widget=forms.TextInput({"autocomplete": "off"}))
    email = forms.EmailField(label="电子邮箱", required=False, widget=forms.EmailInput({"autocomplete": "off"}))


class Reason(forms.Form):
    """Acts that only need to say why."""

    reason = forms.CharField(label="事由", max_length=200)


class NewGrant(forms.Form):
    role = forms.ChoiceField(label="角色", choices=[("", "请选择"), *ROLES.items()])
    body = BodyField(label="限于单位", required=False, help_text="单位名称或文件中的任一写法；不填表示全区。")
    area = AreaField(label="限于区域", required=False, help_text="区域名称或编码；不填表示不限。")
    since = forms.DateField(
        label="自", required=False, widget=forms.DateInput({"type": "date"}), help_text="不填为今天。"
    )
    until = forms.DateField(label="至", required=False, widget=forms.DateInput({"type": "date"}))
    reason = forms.CharField(label="事由", max_length=200, help_text="例如：任职文件、岗位调整。")
