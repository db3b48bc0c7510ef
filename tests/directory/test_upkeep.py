"""The editor keeps the directory: people, posts, names, successions, areas. Each act leaves one record."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from luoshi.accounts.models import Grant, User
from luoshi.directory import queries
from luoshi.directory.models import Area, Body, BodyAlias, Holding, Person, Post, Resident, Succession
from luoshi.ledger.models import Entry as Record

pytestmark = pytest.mark.django_db


def signed_in(role: str, body: Body | None = None) -> Client:
    user, _ = User.objects.get_or_create(username=role)
    Grant.objects.create(user=user, role=role, body=body)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def office() -> Body:
    return Body.objects.create(name="区甲局", kind="department")


@pytest.fixture
def other() -> Body:
    return Body.objects.create(name="区乙局", kind="department")


@pytest.fixture
def editor() -> Client:
    return signed_in("editor")


def text(response: Any) -> str:
    return response.content.decode()


def recorded(kind: str) -> int:
    return Record.objects.filter(kind=f"directory.{kind}").count()


def test_editor_enters_a_person_and_corrects_the_entry_without_seeing_the_number(
    office: Body, other: Body, editor: Client
) -> None:
    data = {"name": "甲一", "body": "区甲局", "phone": "10012345678"}
    assert editor.post("/directory/people/add/", data).status_code == 302
    person = Person.objects.get()
    page = text(editor.get(f"/directory/people/{person.pk}/"))
    assert "甲一" in page and "10012345678" not in page
    assert editor.post(f"/directory/people/{person.pk}/", {"name": "甲一", "body": "区乙局"}).status_code == 302
    person.refresh_from_db()
    assert (person.body, person.phone) == (other, "10012345678")
    entry = Record.objects.get(kind="directory.person_changed")
    assert '"changed":["body"]' in entry.payload and "10012345678" not in entry.payload


def test_unknown_body_is_named_and_what_was_typed_stays(editor: Client) -> None:
    response = editor.post("/directory/people/add/", {"name": "甲一", "body": "没有的局", "phone": "1"})
    assert response.status_code == 422 and "没有叫“没有的局”的机构" in text(response) and "甲一" in text(response)
    assert not Person.objects.exists()


def test_post_is_made_filled_and_left(office: Body, editor: Client) -> None:
    assert (
        editor.post(f"/directory/bodies/{office.pk}/posts/add/", {"title": "主要负责人", "head": "on"}).status_code
        == 302
    )
    head = Post.objects.get()
    editor.post(f"/directory/bodies/{office.pk}/posts/add/", {"title": "联络员", "stand_in": head.pk})
    contact = Post.objects.get(title="联络员")
    assert contact.stand_in == head
    twice = editor.post(f"/directory/bodies/{office.pk}/posts/add/", {"title": "联络员"})
    assert twice.status_code == 422 and "已有同名岗位" in text(twice)
    first, second = Person.objects.create(name="甲一"), Person.objects.create(name="甲二")
    for person, since in ((first, "2024-01-01"), (second, "2024-07-01")):
        sent = {"person": person.name, "since": since, "closing": "on"}
        assert editor.post(f"/directory/posts/{contact.pk}/appoint/", sent).status_code == 302
    assert Holding.objects.get(person=first).until == date(2024, 6, 30)
    held = Holding.objects.get(person=second)
    early = editor.post(f"/directory/holdings/{held.pk}/leave/", {"until": "2024-06-01"})
    assert early.status_code == 422 and "离任日期早于任职日期" in text(early)
    editor.post(f"/directory/holdings/{held.pk}/leave/", {"until": "2024-12-31"})
    again = editor.post(f"/directory/holdings/{held.pk}/leave/", {"until": "2025-01-31"})
    assert "已经结束" in text(again)
    assert [recorded(k) for k in ("post_added", "appointed", "left")] == [2, 2, 1]
    assert "任职" in text(editor.get(f"/directory/bodies/{office.pk}/"))


def test_two_people_of_one_name_must_be_told_apart(office: Body, editor: Client) -> None:
    post = Post.objects.create(body=office, title="联络员")
    one, two = (Person.objects.create(name="甲一") for _ in range(2))
    asked = editor.post(f"/directory/posts/{post.pk}/appoint/", {"person": "甲一", "since": "2024-01-01"})
    assert asked.status_code == 422 and f"甲一#{two.pk}" in text(asked)
    editor.post(f"/directory/posts/{post.pk}/appoint/", {"person": f"甲一#{two.pk}", "since": "2024-01-01"})
    assert Holding.objects.get().person == two and one.holdings.count() == 0


def test_posts_cannot_stand_in_for_each_other_in_a_circle(office: Body, other: Body, editor: Client) -> None:
    a = Post.objects.create(body=office, title="甲岗")
    b = Post.objects.create(body=office, title="乙岗", stand_in=a)
    circle = editor.post(f"/directory/posts/{a.pk}/", {"title": "甲岗", "stand_in": b.pk})
    assert circle.status_code == 422 and "绕成了一圈" in text(circle)
    stranger = Post.objects.create(body=other, title="丙岗")
    assert editor.post(f"/directory/posts/{a.pk}/", {"title": "甲岗", "stand_in": stranger.pk}).status_code == 422
    assert editor.post(f"/directory/posts/{a.pk}/", {"title": "甲一岗"}).status_code == 302
    a.refresh_from_db()
    assert a.title == "甲一岗" and recorded("post_changed") == 1


def test_new_printed_name_is_understood_at_once_and_never_means_two(office: Body, other: Body, editor: Client) -> None:
    data = {"name": "甲分局", "sort": "alias", "note": "文件第三页"}
    assert editor.post(f"/directory/bodies/{office.pk}/names/add/", data).status_code == 302
    assert queries.resolve("甲分局") == office
    taken = editor.post(f"/directory/bodies/{other.pk}/names/add/", data)
    assert taken.status_code == 422 and "已经指“区甲局”" in text(taken)
    own = editor.post(f"/directory/bodies/{other.pk}/names/add/", {**data, "name": "区甲局"})
    assert own.status_code == 422
    assert editor.post(f"/directory/bodies/{office.pk}/names/add/", {**data, "note": ""}).status_code == 422
    alias = BodyAlias.objects.get()
    editor.post(f"/directory/names/{alias.pk}/remove/", {"note": "误记"})
    assert queries.resolve("甲分局") is None and recorded("alias_removed") == 1


def test_succession_is_proposed_before_it_counts(office: Body, other: Body, editor: Client) -> None:
    path = f"/directory/bodies/{office.pk}/successions/add/"
    assert editor.post(path, {"new": "区甲局"}).status_code == 422
    assert editor.post(path, {"new": "区乙局", "function": "教育", "note": "机构改革"}).status_code == 302
    assert queries.successor(office, "教育") is None
    row = Succession.objects.get()
    editor.post(f"/directory/successions/{row.pk}/confirm/", {"note": "机构改革方案"})
    assert queries.successor(office, "教育") == other


def test_change_of_an_area_keeps_what_it_was(editor: Client) -> None:
    data = {"code": "t1", "name": "甲镇", "sort": "town", "note": "行政区划"}
    assert editor.post("/directory/areas/add/", data).status_code == 302
    assert "已有区域" in text(editor.post("/directory/areas/add/", data))
    old = Area.objects.get()
    child = Area.objects.create(code="c1", name="子社区", sort="community", parent=old)
    someone = Resident.objects.create(name="某", born=date(1950, 1, 1), area=old)
    Area.objects.filter(pk=old.pk).update(limits=[{"side": "east", "text": "河", "inclusion": "inclusive"}])
    change = {"since": "2025-03-01", "name": "甲街道", "note": "撤镇设街道"}
    assert editor.post(f"/directory/areas/{old.pk}/change/", change).status_code == 302
    new, before = queries.area("t1", date(2025, 3, 1)), queries.area("t1", date(2025, 2, 28))
    assert new is not None and before is not None
    assert (new.name, before.name, before.valid_until) == ("甲街道", "甲镇", date(2025, 2, 28))
    assert new.limits == [{"side": "east", "text": "河"}] and before.limits[0]["inclusion"] == "inclusive"
    child.refresh_from_db()
    someone.refresh_from_db()
    assert child.parent == new and someone.area == new
    stale = editor.post(f"/directory/areas/{old.pk}/change/", {**change, "since": "2025-04-01"})
    assert stale.status_code == 422 and "现行的一条" in text(stale)
    assert "登记调整" in text(editor.get(f"/directory/areas/{new.pk}/"))


def test_words_of_a_limit_are_entered_and_must_be_settled_again_after_a_change(editor: Client) -> None:
    area = Area.objects.create(
        code="x", name="某社区", sort="community", limits=[{"side": "west", "text": "厂", "inclusion": "exclusive"}]
    )
    path = f"/directory/areas/{area.pk}/limits/words/"
    assert editor.post(path, {"side": "east", "text": "河", "note": "批复"}).status_code == 302
    assert "没有任何改动" in text(editor.post(path, {"side": "west", "text": "厂", "note": "批复"}))
    editor.post(path, {"side": "west", "text": "厂西墙", "note": "批复"})
    area.refresh_from_db()
    assert [(one["side"], one["text"], one["inclusion"]) for one in area.limits] == [
        ("east", "河", "unresolved"),
        ("west", "厂西墙", "unresolved"),
    ]


@pytest.mark.parametrize("role", ["handler", "supervisor", "secadmin"])
def test_others_neither_see_the_buttons_nor_pass_the_forms(office: Body, role: str) -> None:
    client = signed_in(role)
    assert "设立岗位" not in text(client.get(f"/directory/bodies/{office.pk}/"))
    for path in ("people/add/", f"bodies/{office.pk}/posts/add/", f"bodies/{office.pk}/names/add/", "areas/add/"):
        assert client.post(f"/directory/{path}", {"name": "x", "title": "x"}).status_code == 403
    assert not Record.objects.exists()


def test_editor_of_one_body_keeps_that_body_only(office: Body, other: Body) -> None:
    client = signed_in("editor", office)
    assert client.get(f"/directory/bodies/{office.pk}/posts/add/").status_code == 200
    assert client.get(f"/directory/bodies/{other.pk}/posts/add/").status_code == 403
    assert client.post("/directory/people/add/", {"name": "甲一", "body": "区乙局"}).status_code == 403
    area = {"code": "q", "name": "q", "sort": "town", "note": "x"}
    assert client.post("/directory/areas/add/", area).status_code == 403


def test_pack_loaded_again_does_not_undo_a_change_somebody_entered(editor: Client) -> None:
    from luoshi.directory import pack as room
    from luoshi.kernel.packing import Context, Entry, Pack

    rows = [
        room.AreaRow(code="t1", name="甲镇", sort="town"),
        room.AreaRow(code="c1", name="子社区", sort="community", parent="t1"),
    ]
    given = Pack("jccq", Path("."), entries={room.AreaRow: [Entry(row, "areas.yaml", {}) for row in rows]})
    room.load(given, Context(by=None))
    old = Area.objects.get(code="t1")
    editor.post(f"/directory/areas/{old.pk}/change/", {"since": "2025-03-01", "name": "甲街道", "note": "撤镇设街道"})
    room.load(given, Context(by=None))
    old.refresh_from_db()
    new = queries.area("t1", date(2025, 3, 1))
    assert new is not None and old.valid_until == date(2025, 2, 28) and new.name == "甲街道"
    assert Area.objects.get(code="c1").parent == new and Area.objects.count() == 3
