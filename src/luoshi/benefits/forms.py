"""Forms of this room. What an act needs decides which fields it shows; what was typed stays."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from luoshi.benefits.course import Act, Need
from luoshi.benefits.models import Claim
from luoshi.kernel import money

WORDS = forms.Textarea(attrs={"rows": 4})
REASON = {"required": "请写明理由。"}


def yuan_field(label: str, *, required: bool = True, help_text: str = "") -> forms.DecimalField:
    """An amount in yuan, to be kept in fen."""
    return forms.DecimalField(
        label=label, required=required, min_value=Decimal("0.01"), max_digits=14, decimal_places=2,
        help_text=help_text or "单位：元", widget=forms.TextInput(attrs={"inputmode": "decimal"}), localize=False,
    )  # fmt: skip


def fen(amount: Decimal | None) -> int | None:
    return None if amount is None else money.fen(amount)


class ActForm(forms.Form):
    """The form of one act on one claim."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, act: Act, claim: Claim, need: Need | None, own: bool, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["version"].initial = claim.version
        add = getattr(self, f"_{act.code}", None)
        if add is not None:
            add(claim, need, own)
        if act.words or act.code in ("notify",):
            self.fields["words"] = forms.CharField(
                label=_words_label(act.code), widget=WORDS, max_length=5000, error_messages=REASON,
                help_text="会原样记入台账，当事人能看到。",
            )  # fmt: skip
        elif act.code in ("publish", "approve"):
            self.fields["words"] = forms.CharField(label="说明", widget=WORDS, max_length=5000, required=False)

    def _confirm_account(self, claim: Claim, need: Need | None, own: bool) -> None:
        payee = claim.payee
        known = bool(payee.bank_account)
        tail = f"已有账户尾号 {payee.bank_account[-4:]}，不改就空着。" if known else ""
        self.fields["account_name"] = forms.CharField(
            label="户名", max_length=200, required=False, initial=payee.account_name or payee.name
        )
        self.fields["bank_name"] = forms.CharField(
            label="开户行", max_length=120, required=not known, initial=payee.bank_name
        )
        self.fields["bank_account"] = forms.CharField(
            label="账号", max_length=64, required=not known, help_text=tail,
            widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        )  # fmt: skip
        if not own:
            self.fields["words"] = forms.CharField(
                label="依据", widget=WORDS, max_length=2000, error_messages=REASON,
                help_text="代为登记须写明谁提供、以什么方式。",
            )  # fmt: skip

    def _recognise(self, claim: Claim, need: Need | None, own: bool) -> None:
        sort = need.sort if need else "ruling"
        yes, no = {"recognition": ("认定", "不予认定"), "grant": ("同意给予", "不同意给予")}.get(
            sort, ("给予", "不予给予")
        )
        self.fields["verdict"] = forms.ChoiceField(
            label="意见", choices=[("yes", yes), ("no", no)], widget=forms.RadioSelect, error_messages=REASON
        )
        if sort == "ruling" and claim.lo_fen != claim.hi_fen:
            span = f"在 {money.yuan(claim.lo_fen)} 至 {money.yuan(claim.hi_fen)} 之间"
            self.fields["amount"] = yuan_field("金额", required=False, help_text=span)

    def _prove(self, claim: Claim, need: Need | None, own: bool) -> None:
        parts = [p for p in claim.instalments.all() if p.needs_proof and not p.proof and p.state != "dropped"]
        self.fields["instalment"] = forms.ChoiceField(
            label="哪一期", choices=[(p.number, p.label or f"第 {p.number} 期") for p in parts]
        )
        self.fields["interest"] = yuan_field("该期实际付息")
        self.fields["words"] = forms.CharField(label="凭证", widget=WORDS, max_length=2000, error_messages=REASON)

    def _claw_back(self, claim: Claim, need: Need | None, own: bool) -> None:
        at_most = claim.paid_fen - claim.recovered_fen
        self.fields["amount"] = yuan_field("应追回", help_text=f"最多 {money.yuan(at_most)}（已付未追回的数额）")
        self.fields["amount"].initial = Decimal(at_most) / 100


def _words_label(code: str) -> str:
    return {"notify": "以什么方式、通知了谁", "give_up": "为什么放弃"}.get(code, "理由")


class ObjectionForm(forms.Form):
    """Anybody may object; who objects says who they are and how to reach them."""

    by = forms.CharField(label="姓名或单位", max_length=150)
    contact = forms.CharField(
        label="联系方式", max_length=120, required=False, help_text="用来答复您。不公开，只有经办人能看到。"
    )
    words = forms.CharField(label="异议内容", widget=WORDS, max_length=5000, help_text="写明不符合哪一条、有什么依据。")


class AnswerForm(forms.Form):
    upheld = forms.ChoiceField(
        label="答复", choices=[("no", "异议不成立"), ("yes", "异议成立")], widget=forms.RadioSelect
    )
    then = forms.ChoiceField(
        label="成立后怎样处理", choices=[("redo", "重新核定"), ("refuse", "不予兑现")], required=False
    )
    words = forms.CharField(label="答复内容", widget=WORDS, max_length=5000, error_messages=REASON)
