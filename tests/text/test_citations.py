"""One spelling for citations and document numbers."""

from __future__ import annotations

import pytest

from luoshi.kernel.errors import BadInput
from luoshi.text import format_citation, normalise_number, parse_citation


@pytest.mark.parametrize(
    ("printed", "normal"),
    [
        ("城政发[2024]7号", "城政发〔2024〕7号"),
        ("国办发〔2023〕1 号", "国办发〔2023〕1号"),
        ("青政函【2024】27号", "青政函〔2024〕27号"),
        ("青政办发(2025)11号", "青政办发〔2025〕11号"),
        ("北农发（２０２６）第８号", "北农发〔2026〕8号"),
        ("（晋司发﹝2024﹞38号）", "晋司发〔2024〕38号"),
        ("青江市人民政府令 第 12 号", "青江市人民政府令第12号"),
        ("第十二号公告", "第十二号公告"),
        ("没有文号", ""),
    ],
)
def test_numbers_in_every_bracket_are_one_number(printed: str, normal: str) -> None:
    assert normalise_number(printed) == normal


@pytest.mark.parametrize(
    ("text", "slug", "path", "provision"),
    [
        ("09:三(一)1", "09", "三(一)1", "三(一)1"),
        ("09：三（一）1-2", "09", "三(一)1-2", "三(一)1"),
        ("21:4.1/p1s2", "21", "4.1/p1s2", "4.1"),
        ("21:4.3.1(1)①", "21", "4.3.1(1)①", "4.3.1(1)①"),
        ("08:二(六).责", "08", "二(六).责", "二(六)"),
        ("25:二(一).3", "25", "二(一).3", "二(一)"),
        ("10", "10", "", ""),
    ],
)
def test_citations_are_read_and_lead_to_a_provision(text: str, slug: str, path: str, provision: str) -> None:
    citation = parse_citation(text)
    assert (citation.slug, citation.path, citation.provision) == (slug, path, provision)
    assert format_citation(slug, path) == str(citation)


@pytest.mark.parametrize("text", ["", ":三", "三(一)1"])
def test_what_is_no_citation_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="引用"):
        parse_citation(text)
