"""The two files of a batch: what 财政局 is sent, and what the bank answers. Reading an answer is pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from luoshi.kernel import sheets
from luoshi.kernel.canonical import sm3
from luoshi.kernel.errors import BadInput
from luoshi.kernel.money import fen

if TYPE_CHECKING:
    from luoshi.benefits.models import Batch

HEADS = ("序号", "付款编号", "户名", "开户行", "账号", "金额（元）", "用途", "依据")
LIMIT = 8 * 1024 * 1024  # bytes of a bank file
ROWS = 20_000
KEPT = 200  # errors shown of one file
RESULTS = {
    "paid": ("成功", "已支付", "支付成功", "付款成功", "交易成功", "已入账", "paid", "success"),
    "failed": ("失败", "付款失败", "支付失败", "交易失败", "拒绝", "failed"),
    "returned": ("退票", "退回", "已退票", "已退回", "退汇", "returned"),
}
_WORDS = {word: result for result, words in RESULTS.items() for word in words}
_COLUMNS = {
    "reference": ("付款编号", "编号", "业务编号", "客户流水号", "reference"),
    "amount": ("金额（元）", "金额", "交易金额", "付款金额", "amount"),
    "result": ("结果", "处理结果", "交易结果", "状态", "result"),
    "date": ("支付日期", "日期", "交易日期", "入账日期", "date"),
    "why": ("原因", "说明", "备注", "失败原因", "reason"),
}
_NEEDED = {"reference": "付款编号", "amount": "金额", "result": "结果"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One row of a bank file. `line` counts as the file's reader sees it, the heading being 1."""

    line: int
    reference: str
    amount_fen: int
    result: str
    on: date | None
    why: str


def lines(batch: Batch) -> list[tuple[Any, ...]]:
    """One line per payee and claim; the instalments of one claim are added up. One query."""
    found: dict[str, list[Any]] = {}
    for payment in batch.payments.exclude(state="cancelled").select_related("claim").order_by("id"):
        line = found.setdefault(
            payment.reference,
            [payment.reference, payment.payee_name, payment.bank_name, payment.bank_account, 0, payment.claim],
        )
        line[4] += payment.amount_fen
    return [
        (number, ref, name, bank, account, Decimal(amount) / 100, f"{claim.title}（{claim.number}）", claim.cite)
        for number, (ref, name, bank, account, amount, claim) in enumerate(found.values(), 1)
    ]


def csv_file(batch: Batch) -> tuple[str, bytes]:
    """The same batch gives the same bytes: UTF-8 with a mark, as spreadsheets want it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADS)
    for row in lines(batch):
        writer.writerow([f"{cell:.2f}" if isinstance(cell, Decimal) else _quoted(cell) for cell in row])
    return f"{batch.number}.csv", out.getvalue().encode("utf-8-sig")


def workbook(batch: Batch) -> tuple[str, bytes]:
    """The same as .xlsx; account numbers are text."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet(batch.number)
    for column, width in zip("ABCDEFGH", (6, 22, 28, 28, 26, 16, 46, 16), strict=True):
        sheet.column_dimensions[column].width = width
    sheet.append(list(HEADS))
    for row in lines(batch):
        sheet.append([_quoted(cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return f"{batch.number}.xlsx", out.getvalue()


def _quoted(cell: Any) -> Any:
    """Text a spreadsheet would take for a formula is quoted."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def digest(data: bytes) -> str:
    return sm3(data)


def masked(account: str) -> str:
    """`6222021234567890` → `6222********7890`."""
    return account[:4] + "*" * (len(account) - 8) + account[-4:] if len(account) > 8 else "*" * len(account)


def read(data: bytes, name: str) -> tuple[list[Answer], list[dict[str, Any]]]:
    """The rows of a bank's answer and what is wrong with the others. BadInput when the file itself is unusable."""
    rows = sheets.rows(data, name, limit=LIMIT)
    heading = next(rows, None)
    if heading is None:
        raise BadInput("文件是空的", file=name)
    columns = _columns([sheets.plain(cell).strip() for cell in heading], name)
    answers: list[Answer] = []
    errors: list[dict[str, Any]] = []
    for line, row in enumerate(rows, 2):
        if line > ROWS:
            raise BadInput(f"超过 {ROWS} 行", file=name)
        cells = {what: sheets.plain(row[at]).strip() if at < len(row) else "" for what, at in columns.items()}
        if not any(cells.values()) or (not cells["reference"] and cells["result"] in ("", "合计")):
            continue
        try:
            answers.append(_answer(line, cells))
        except BadInput as error:
            errors.append({"line": line, "column": error.field, "reason": error.reason})
    _repeated(answers, errors)
    if not answers and not errors:
        raise BadInput("只有表头，没有一行结果", file=name)
    return answers, errors


def _columns(heading: list[str], name: str) -> dict[str, int]:
    plain = [head.replace("(", "（").replace(")", "）").lower() for head in heading]
    found = {what: next((plain.index(word) for word in words if word in plain), -1) for what, words in _COLUMNS.items()}
    for what, label in _NEEDED.items():
        if found[what] < 0:
            raise BadInput(f"缺少“{label}”一列", file=name, line=1, hint=f"现有：{'、'.join(heading[:12])}")
    return {what: at for what, at in found.items() if at >= 0}


def _answer(line: int, cells: Mapping[str, str]) -> Answer:
    if not cells["reference"]:
        raise BadInput("没有付款编号", field="付款编号")
    result = _WORDS.get(cells["result"].lower())
    if result is None:
        raise BadInput(f"“{cells['result']}”不是可以识别的结果（成功、失败、退票）", field="结果")
    try:
        amount = fen(re.sub(r"[，,元¥￥\s]", "", cells["amount"]))
    except BadInput:
        raise BadInput(f"“{cells['amount']}”不是金额（元，最多两位小数）", field="金额") from None
    if amount <= 0:
        raise BadInput("金额应大于 0", field="金额")
    return Answer(line, cells["reference"], amount, result, _day(cells.get("date", "")), cells.get("why", "")[:200])


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return sheets.day(text)
    except ValueError as error:
        raise BadInput(str(error), field="支付日期") from None


def _repeated(answers: Iterable[Answer], errors: list[dict[str, Any]]) -> None:
    """A reference on two rows: the file answers twice. The same answer again is harmless, another one is an error."""
    seen: dict[str, Answer] = {}
    for answer in answers:
        first = seen.setdefault(answer.reference, answer)
        if (first.result, first.amount_fen) != (answer.result, answer.amount_fen):
            reason = f"“{answer.reference}”在第 {first.line} 行已有另一个结果，一份回单对同一笔不能答复两次"
            errors.append({"line": answer.line, "column": "付款编号", "reason": reason})
