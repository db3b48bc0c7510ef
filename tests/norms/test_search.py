"""Search finds every substring and nothing else, on both databases."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from luoshi.norms import frequency, index, words
from luoshi.norms.models import SearchEntry
from luoshi.norms.search import search, snippet_of

from .conftest import Make

pytestmark = pytest.mark.django_db
ALPHABET = "_{}²₅养老服务居家护理的一二PMpm2.5,。、()〔〕[]“”'\"\\:*&|!<>- \n12345\u20000áß①"
texts = st.lists(st.text(alphabet=ALPHABET, max_size=90), min_size=1, max_size=6)


def paths(query: str, **more: object) -> set[str]:
    return {hit.path for hit in search(query, **more) if hit.path}  # type: ignore[arg-type]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=texts, data=st.data())
def test_reader_finds_every_substring_and_nothing_else(
    make_instrument: Make, texts: list[str], data: st.DataObject
) -> None:
    with transaction.atomic():
        make_instrument("P1", {f"p{n}": text for n, text in enumerate(texts)})
        whole = data.draw(st.sampled_from(texts))
        start = data.draw(st.integers(0, max(0, len(whole) - 1)))
        query = whole[start : start + data.draw(st.integers(1, 12))] or "养"
        if data.draw(st.booleans()):
            query = data.draw(st.text(alphabet=ALPHABET, min_size=1, max_size=3))
        query = "".join(query.split()) or "服"
        wanted = words.fold(query)
        expected = {f"p{n}" for n, text in enumerate(texts) if wanted and wanted in words.fold(text)}
        assert paths(query) == expected
        transaction.set_rollback(True)


@given(a=st.text(), b=st.text())
def test_folding_goes_character_by_character(a: str, b: str) -> None:
    assert words.fold(a + b) == words.fold(a) + words.fold(b)


@given(
    text=st.text(alphabet="养老服务PM2.5, ß", min_size=1, max_size=900), at=st.integers(0, 899), size=st.integers(1, 64)
)
def test_every_substring_within_reach_lies_whole_in_one_piece(text: str, at: int, size: int) -> None:
    part = words.fold(text)[at : at + size]
    pieces = [words.fold(piece) for piece in words.chunks(text)]
    assert part == "" or any(part in piece for piece in pieces)
    assert all(len(piece) <= words.CHUNK + 2 for piece in pieces)


def test_reader_searches_one_character_two_characters_and_mixed_words(make_instrument: Make) -> None:
    make_instrument("S1", {"一": "到2025年,PM2.5浓度控制在规定范围。", "二": "发展居家养老,拨打12345热线。"})
    assert paths("养") == {"二"}
    assert paths("养老") == {"二"}
    assert paths("pm2.5") == {"一"}
    assert paths("PM2.5浓度") == {"一"}
    assert paths("345热") == {"二"}
    assert paths("线。") == {"二"}
    assert paths("。") == {"一", "二"}
    assert paths("老养") == set()
    assert paths("   ") == set()


def test_reader_finds_lowered_figures_however_the_scan_wrote_them(make_instrument: Make) -> None:
    make_instrument("S8", {"一": "PM_{2.5}年均浓度", "二": "PM\u2082.\u2085年均浓度", "三": "PM25"})
    assert paths("PM2.5年均") == {"一", "二"}
    assert paths("PM_{2.5}") == {"一", "二"}


def test_reader_types_any_bracket_form_of_a_document_number(make_instrument: Make) -> None:
    make_instrument("9", {"一": "正文"})
    assert [hit.citation for hit in search("演政发[2024]9号")] == ["9"]
    assert [hit.citation for hit in search("〔2024〕 9号")] == ["9"]


def test_words_apart_by_spaces_must_stand_in_one_provision(make_instrument: Make) -> None:
    far = "甲" * 400
    make_instrument("S2", {"一": f"养老{far}护理", "二": "养老", "三": "护理"})
    assert paths("护理 养老") == {"一"}


def test_long_provision_is_found_once_by_a_query_longer_than_a_piece(make_instrument: Make) -> None:
    text = "".join(chr(0x4E00 + n % 700) for n in range(1500))
    make_instrument("S3", {"一": text, "二": text[:700] + "止"})
    assert [hit.path for hit in search(text[600:900])] == ["一"]
    assert paths(text[600:660]) == {"一", "二"}


def test_higher_and_newer_documents_come_first(make_instrument: Make) -> None:
    make_instrument("old", {"一": "共同的词"}, on=date(2020, 1, 1))
    make_instrument("office", {"一": "共同的词"}, issuer="演示县人民政府办公室", on=date(2024, 9, 1))
    make_instrument("new", {"一": "共同的词"}, on=date(2024, 1, 1))
    make_instrument("city", {"一": "共同的词"}, issuer="演示市人民政府", on=date(2010, 1, 1))
    assert [hit.slug for hit in search("共同的词")] == ["city", "new", "old", "office"]


def test_search_as_of_a_day_answers_from_what_was_in_force(make_instrument: Make) -> None:
    made = make_instrument("S4", {"一": "限期内有效"}, on=date(2024, 7, 19))
    assert paths("有效", as_of=date(2024, 7, 18)) == set()
    assert paths("有效", as_of=date(2024, 7, 19)) == {"一"}
    made.valid_until = date(2027, 7, 18)
    made.save()
    assert paths("有效", as_of=date(2027, 7, 18)) == {"一"}
    assert paths("有效", as_of=date(2027, 7, 19)) == set()


def test_residents_do_not_find_documents_that_are_not_public(make_instrument: Make) -> None:
    made = make_instrument("S5", {"一": "内部事项"})
    made.public = False
    made.save()
    assert paths("内部", public_only=True) == set()
    assert paths("内部") == {"一"}


def test_removed_entries_are_found_no_more(make_instrument: Make) -> None:
    make_instrument("S6", {"一": "将被移除", "二": "将被保留"})
    index.remove(SearchEntry.objects.filter(path="一"))
    assert paths("将被") == {"二"}
    index.remove(SearchEntry.objects.all())
    assert search("将") == []


def test_search_asks_a_bounded_number_of_queries(make_instrument: Make, django_assert_max_num_queries: object) -> None:
    for n in range(12):
        make_instrument(f"Q{n}", {f"{m}": "同一句话" for m in range(10)})
    with django_assert_max_num_queries(3):  # type: ignore[operator]
        assert len(search("同一", limit=100)) == 100


def test_snippet_shows_the_words_where_they_stand() -> None:
    text = "甲" * 60 + "养\n老" + "乙" * 60
    snippet, start, end = snippet_of(text, "养老")
    assert snippet[start:end] == "养老"
    assert snippet.startswith("…") and snippet.endswith("…") and len(snippet) < 90


def test_tidying_the_index_changes_no_answer(make_instrument: Make) -> None:
    for n in range(30):
        make_instrument(f"T{n}", {str(m): f"第{n}份第{m}段养老" for m in range(10)}, on=date(2024, 1, 1 + n % 28))
    wanted = ("养老", "养", "段养老", "第3段", "份第9段养老")
    before = [[hit.citation for hit in search(word, limit=300)] for word in wanted]
    connection.check_constraints()  # nothing is pending, as after a commit
    index.tidy()
    frequency._read_at.clear()  # from here on PostgreSQL knows which of them are common
    assert [[hit.citation for hit in search(word, limit=300)] for word in wanted] == before


def test_a_long_word_is_as_common_as_its_pairs_go_on_from_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    shares = {"养": 0.5, "老": 0.4, "服": 0.3, "养老": 0.2, "老服": 0.1}
    monkeypatch.setattr(frequency, "_shares", lambda: shares)
    assert frequency.share("养") == 0.5 and frequency.share("养老") == 0.2
    assert frequency.share("养老服") == pytest.approx(0.2 * 0.1 / 0.4)
    assert frequency.share("养老服务") == 0.0, "服务 is rarer than all that are named"
    assert frequency.rarest("养老服务") == ["服务", "老服", "养老"]
