"""Registers as people send them: read exactly, or refused with file, row, column and reason. No database."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from luoshi.benefits import cells, reading, registers, sheet
from luoshi.benefits.cells import credit_code
from luoshi.benefits.register_rows import spelt
from luoshi.kernel.errors import BadInput

LIMIT = 10 * 1024 * 1024


def code(number: int) -> str:
    first = f"91140502MA0K{number:05d}"
    return first + credit_code(first)


def read(
    kind: str, data: bytes | str, name: str = "名册.csv", mapping: dict[str, str] | None = None
) -> reading.Reading:
    register = registers.get(f"25:{kind}")
    known = reading.known(register)
    raw = data.encode() if isinstance(data, str) else data
    table = sheet.read(raw, name, limit=LIMIT, known=lambda head: spelt(head) in known)
    return reading.read(table, register, mapping or reading.propose(table.heads, register))


def said(made: reading.Reading) -> list[str]:
    return made.records["said"].to_list()


def told(made: reading.Reading) -> list[tuple[int, str, str]]:
    return made.faults.select("line", "column", "reason").rows()


def workbook(rows: list[list[Any]]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


ROWS = [["统一社会信用代码", "企业名称", "事项", "星级", "日期"], [code(1), "甲酒店", "新评定", "五星级", "2025-05-01"]]


def test_one_register_reads_alike_from_xlsx_csv_gb18030_and_parquet() -> None:
    text = "\n".join(",".join(map(str, row)) for row in ROWS)
    dated = [ROWS[0], [*ROWS[1][:4], datetime(2025, 5, 1)]]
    columns = dict(zip(ROWS[0], [[cell] for cell in [*ROWS[1][:4], date(2025, 5, 1)]], strict=True))
    packed = io.BytesIO()
    pl.DataFrame(columns).write_parquet(packed)
    files = [(text.encode(), "a.csv"), (text.encode("gb18030"), "a.csv"), (("\ufeff" + text).encode(), "a.csv"),
             (workbook(ROWS), "a.xlsx"), (workbook(dated), "a.xlsx"), (packed.getvalue(), "a.parquet")]  # fmt: skip
    found = [read("stars", data, name).records.drop("line") for data, name in files]
    assert all(one.equals(found[0]) for one in found) and found[0].height == 1
    assert found[0]["matter_key"].to_list() == [f"{code(1)}/star/2025"]


@pytest.mark.parametrize(
    "day",
    [
        "2025-05-01",
        "2025/5/1",
        "2025.5.1",
        "2025年5月1日",
        "２０２５年５月１日",
        "20250501",
        "二〇二五年五月一日",
        "2025-05-01 00:00:00",
    ],
)
def test_a_day_may_be_written_in_many_ways(day: str) -> None:
    made = read("stars", f"代码,事项,星级,日期\n{code(1)},新评定,5,{day}\n", mapping={
        "代码": "key", "事项": "star_event", "星级": "star", "日期": "event_date"})  # fmt: skip
    assert '"event_date":"2025-05-01"' in said(made)[0]


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("45778", "日期序号"),
        ("2025年5月", "应为日期"),
        ("5/1/2025", "应为日期"),
        ("2025-02-30", "日历上没有"),
        ("", "没有填"),
    ],
)
def test_a_day_that_cannot_be_known_is_not_guessed(day: str, reason: str) -> None:
    made = read("stars", f"信用代码,事项,星级,日期\n{code(1)},新评定,5,{day}\n")
    [(line, column, why)] = told(made)
    assert (line, column) == (2, "日期") and reason in why and made.records.height == 0


@pytest.mark.parametrize(
    ("head", "cell", "kept"),
    [
        ("营业额（万元）", "1200", "12000000.00"),
        ("营业额", "１，２００．５万元", "12005000.00"),
        ("营业额", "￥12,000,000", "12000000.00"),
        ("营业额(元)", "12000000.5", "12000000.50"),
        ("营业额", "0.12亿元", "12000000.00"),
    ],
)
def test_money_is_exact_whatever_its_unit(head: str, cell: str, kept: str) -> None:
    made = read("turnover", f'信用代码,年度,{head}\n{code(1)},2024年,"{cell}"\n')
    assert said(made) == [f'{{"turnover_year_yuan":"{kept}"}}'], told(made)
    assert made.records["part"].to_list() == ["25:turnover/2024"]


def test_an_empty_cell_is_unknown_and_never_no() -> None:
    made = read("hotels", f"信用代码,名称,是否在城区经营,依法经营\n{code(1)},甲,,否\n{code(2)},乙,/,是\n")
    assert said(made) == [
        '{"in_district":null,"lawful_operation":false}',
        '{"in_district":null,"lawful_operation":true}',
    ]


def test_a_loan_of_minus_one_leaves_out_its_whole_project() -> None:
    text = f"信用代码,项目编号,合同编号,合同金额\n{code(1)},P1,a,-1\n{code(1)},P1,b,500\n{code(2)},P2,c,600\n"
    made = read("loans", text)
    assert made.records["matter_key"].to_list() == [f"{code(2)}/interest/P2"]
    assert told(made)[0] == (2, "合同金额", "不能是负数，现为“-1”")
    assert told(made)[1][0] == 3 and "整个事项没有采用" in told(made)[1][2]


def test_a_thousand_duplicate_rows_are_told_and_used_once() -> None:
    row = f"{code(1)},甲,是\n"
    made = read("hotels", "信用代码,名称,在城区经营\n" + row * 1001)
    assert made.records.height == 1 and made.duplicates == 1000 and made.wrong == 0
    assert told(made)[-1] == (1002, "统一社会信用代码", "与第 2 行重复，只采用一次")


def test_rows_that_contradict_each_other_are_all_left_out() -> None:
    made = read("hotels", f"信用代码,名称,在城区经营\n{code(1)},甲,是\n{code(1)},甲,否\n{code(2)},乙,是\n")
    assert made.records["key"].to_list() == [code(2)] and {line for line, _, _ in told(made)} == {2, 3}


def test_a_missing_column_is_named_before_any_row_is_read() -> None:
    with pytest.raises(BadInput, match="缺少“营业额”列") as caught:
        read("turnover", f"信用代码,年度\n{code(1)},2024\n")
    assert caught.value.line == 1 and caught.value.file == "名册.csv"


def test_unknown_codes_and_words_are_told_by_row_and_column() -> None:
    made = read(
        "stars", f"信用代码,事项,星级,日期\n91140502MA0K00001X,新评定,5,2025-05-01\n{code(2)},摘星,5,2025-05-01\n"
    )
    assert [(line, column) for line, column, _ in told(made)] == [(2, "信用代码"), (3, "事项")]
    assert "末位校验不符" in told(made)[0][2] and "应为" in told(made)[1][2]


def test_a_formula_that_failed_or_was_never_computed_is_no_value() -> None:
    made = read(
        "turnover",
        workbook([["信用代码", "年度", "营业额"], [code(1), 2024, "#REF!"], [code(2), 2024, "=1+1"]]),
        "a.xlsx",
    )
    assert [line for line, _, _ in told(made)] == [2, 3] and made.records.height == 0
    assert "公式出错" in told(made)[0][2] and "公式没有算出" in told(made)[1][2]


def test_headings_below_a_title_are_found_and_lines_count_as_in_the_file() -> None:
    made = read(
        "turnover",
        f"城区住宿业营业额,,\n填表单位：某局,,\n信用代码,年度,营业额\n{code(1)},2024,x\n\n{code(2)},2024,5\n",
    )
    assert told(made)[0][0] == 4 and made.records["line"].to_list() == [6]


def test_an_identity_number_is_not_kept_and_never_repeated() -> None:
    number = "00000019900101001" + "0"
    from luoshi.directory.engine import check_digit

    right = number[:17] + check_digit(number[:17])
    rest = f"{code(1)},硕士,2024-09-01"
    text = f"身份证号,姓名,单位代码,学历,合同起始日\n{right},张三,{rest}\n{right[:17]}Q,李四,{rest}\n"
    made = read("employment", text)
    assert made.records["key"].to_list() == [reading.person_key(right)]
    assert right[:17] not in str(made.records.to_dicts()) + str(made.faults.to_dicts())


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"", "a.csv", "空的"),
        (b"\xd0\xcf\x11\xe0rest", "a.xls", ".xls"),
        (b"%PDF-1.7", "a.pdf", "PDF"),
        (b"PK\x03\x04broken", "a.xlsx", "打开"),
        (b"PAR1nonsense", "a.parquet", "打开"),
        (b"\x00\x01\x02", "a.csv", "CSV"),
        (b"\xff\xfe\xfa\xfb\xff", "a.csv", "文字"),
        (b"a,b\n" * 3_000_000, "a.csv", "上限"),
        ("信用代码,年度,营业额\n1,2,3,4\n".encode(), "a.csv", "多出"),
        (b"\n\n", "a.csv", "列名"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(data: bytes, name: str, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        read("turnover", data, name)


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(st.binary(max_size=400), st.text(max_size=300).map(str.encode)),
    st.sampled_from(["a.csv", "a.xlsx", "a.parquet"]),
)
def test_no_bytes_raise_anything_but_bad_input(data: bytes, name: str) -> None:
    try:
        read("stars", data, name, mapping={})
    except BadInput as error:
        assert error.reason


CELL = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "是",
            "否",
            "5",
            "五星级",
            "2025-05-01",
            "-1",
            "1e9",
            "１２万元",
            "#REF!",
            "=1",
            "/",
            "未知",
            "新评定",
            code(1),
            "nan",
            "∞",
            "٣",
        ]
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(list(registers.read("25"))), st.data())
def test_any_cells_are_read_or_told_and_the_fast_way_reads_as_the_slow(key: str, data: st.DataObject) -> None:
    register = registers.get(key)
    heads = [column.head for column in register.columns]
    rows = data.draw(st.lists(st.lists(CELL, min_size=len(heads), max_size=len(heads)), max_size=5))
    rows = [[code(i) if c.role in ("key", "employer") and register.about == "business" else cell
             for c, cell in zip(register.columns, row, strict=True)] for i, row in enumerate(rows)]  # fmt: skip
    frame = pl.DataFrame(
        [[i + 2, *(" ".join(cell.split()) for cell in row)] for i, row in enumerate(rows)],
        schema={"line": pl.Int64, **dict.fromkeys(heads, pl.String)}, orient="row",
    )  # fmt: skip
    made = reading.read(sheet.Sheet("x", tuple(heads), frame), register, {c.head: c.name for c in register.columns})
    lines = set(made.records["line"]) | set(made.faults["line"])
    assert lines <= set(frame["line"]) and (register.listed or lines == set(frame["line"]))
    for column in register.columns:
        fast = reading._fast(frame[column.head], column, column.head, register.about == "person")
        if fast is not None:
            slow = cells.reader(column, personal=register.about == "person")
            for text, value in zip(frame[column.head], fast, strict=True):
                assert value is None or value == slow(text)


@given(st.decimals(min_value=0, max_value=10**9, places=2), st.sampled_from(["", "元", "万元"]))
@settings(max_examples=100)
def test_an_amount_survives_the_way_through_a_register(amount: Decimal, unit: str) -> None:
    column = registers.get("25:turnover").column("turnover_year_yuan")
    scale = 10_000 if unit == "万元" else 1
    shown = format((amount / scale).normalize(), "f")
    assert cells.reader(column, unit)(shown) == format(amount, ".2f")
