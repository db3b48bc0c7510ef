"""Whose name is this: aliases, dates, documents, brackets; and never a guess between two."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from luoshi.directory import actions, queries
from luoshi.directory.models import Body, BodyAlias, Holding, Person, Post, Succession
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.models import Entry

pytestmark = pytest.mark.django_db
BY = Actor("文本管理员")


def body(name: str, **more: object) -> Body:
    return Body.objects.create(name=name, kind="department", **more)


def test_reader_finds_a_body_by_any_printed_name() -> None:
    found = body("区甲局", full_name="某市某区甲局")
    BodyAlias.objects.create(body=found, name="区甲(乙)局", sort="alias")
    for name in ("区甲局", "某市某区甲局", "区甲(乙)局", "区甲\uff08乙\uff09局", " 区甲局 "):
        assert queries.resolve(name) == found, name
        assert queries.Resolver().resolve(name) == found, name
    assert queries.resolve("区丁局") is None


def test_name_two_bodies_share_is_a_question_not_a_guess() -> None:
    for name in ("区甲局", "区乙局"):
        BodyAlias.objects.create(body=body(name), name="主管部门", sort="role_phrase")
    assert queries.resolve("主管部门") is None
    assert queries.Resolver().resolve("主管部门") is None


def test_phrase_means_another_body_in_its_own_document() -> None:
    everywhere, here = body("区甲局"), body("区乙局")
    BodyAlias.objects.create(body=everywhere, name="成员单位", sort="role_phrase")
    BodyAlias.objects.create(body=here, name="成员单位", sort="role_phrase", document="26")
    assert queries.resolve("成员单位") == everywhere
    assert queries.resolve("成员单位", document="26") == here
    assert queries.resolve("成员单位", document="21") == everywhere
    assert queries.Resolver().resolve("成员单位", "26") == here


def test_alias_holds_only_in_its_time() -> None:
    old, new = body("区甲局"), body("区乙局")
    BodyAlias.objects.create(body=old, name="区丙办", valid_until=date(2024, 6, 30))
    BodyAlias.objects.create(body=new, name="区丙办", valid_from=date(2024, 7, 1))
    assert queries.resolve("区丙办", date(2024, 6, 30)) == old
    assert queries.resolve("区丙办", date(2024, 7, 1)) == new
    assert queries.resolve("区丙办") is None


def test_body_that_ended_is_not_found_afterwards() -> None:
    gone = body("区甲局", valid_until=date(2024, 6, 30))
    assert queries.resolve("区甲局", date(2024, 6, 30)) == gone
    assert queries.resolve("区甲局", date(2024, 7, 1)) is None


def test_function_passes_on_only_when_someone_confirmed_it() -> None:
    old, new = body("区教科局", uncertain=True), body("区教育局")
    row = Succession.objects.create(old=old, new=new, function="教育")
    assert queries.successor(old, "教育") is None
    with pytest.raises(BadInput):
        actions.confirm_succession(row, by=BY, note=" ")
    actions.confirm_succession(row, by=BY, note="机构改革方案")
    assert queries.successor(old, "教育") == new
    assert queries.successor(old, "科技") is None
    with pytest.raises(Refused):
        actions.confirm_succession(row, by=BY, note="再来一次")
    assert Entry.objects.filter(kind="directory.succession_confirmed").count() == 1


def test_names_are_looked_up_once_within_a_request() -> None:
    found = body("区甲局")
    with queries.memo():
        queries.resolve("区甲局")
        with CaptureQueriesContext(connection) as seen:
            assert queries.resolve("区甲局") == found
    assert len(seen) == 0


def test_new_holder_ends_the_term_of_the_old_one() -> None:
    post = Post.objects.create(body=body("区甲局"), title="局长", head=True)
    first, second = Person.objects.create(name="甲一"), Person.objects.create(name="乙二")
    actions.appoint(first, post, by=BY, since=date(2024, 1, 1))
    actions.appoint(second, post, by=BY, since=date(2024, 7, 1))
    assert queries.holders(post, date(2024, 6, 30)) == [first]
    assert queries.holders(post, date(2024, 7, 1)) == [second]
    assert queries.head_of(post.body, date(2024, 3, 1)) == first
    assert Holding.objects.get(person=first).until == date(2024, 6, 30)
    with pytest.raises(Refused):
        actions.appoint(second, post, by=BY)


def test_ledger_never_holds_the_phone_number() -> None:
    actions.add_person("甲一", by=BY, phone="10012345678")
    assert not Entry.objects.filter(payload__contains="10012345678").exists()


@pytest.mark.needs("shared")
def test_all_124_bodies_of_the_pack_are_found_by_every_printed_name(shared: object) -> None:
    import json
    from pathlib import Path

    from luoshi.norms import packs

    packs.load(packs.folder("jccq"))
    resolver = queries.Resolver()
    assert len(resolver.bodies) == 124
    lost = []
    for row in json.loads((Path(str(shared)) / "spec" / "bodies.json").read_text()):
        for name in [row["canonical"], *row["aliases"]]:
            found = resolver.resolve(name)
            if found is not None and found.name != row["canonical"]:
                lost.append((name, row["canonical"], found.name))
    assert lost == []
