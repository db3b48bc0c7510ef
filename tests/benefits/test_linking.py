"""An enterprise account and its business: asked for, agreed by the department, ended; nobody links itself."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from tests.benefits.conftest import World
from tests.benefits.registering import code
from tests.benefits.test_faces import as_, read

from luoshi.benefits import linking, register_hooks
from luoshi.benefits.models import LinkAsk, Membership, Subject
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.models import Entry
from luoshi.notices.models import Notice


def unlinked(world: World) -> Subject:
    """A hotel with a claim nobody could be told of."""
    hotel = world.hotel("山泉酒店（虚构）", member=False)
    Subject.objects.filter(pk=hotel.pk).update(key=code(1))
    world.found(world.star(hotel))
    person = Subject.objects.create(kind="person", key="p1", name="赵演示（虚构）", employer=hotel)
    world.matter(
        person, "talent", date(2024, 9, 1), degree="硕士研究生", major="酒店管理", contract_start="2024-09-01",
        contract_end="2027-08-31", insured_months=8, contract_performing=True,
    )  # fmt: skip
    world.screen("25:二(六)")
    return Subject.objects.get(pk=hotel.pk)


def asks(client: Client, typed: str, words: str = "我是本店财务") -> int:
    return client.post("/benefits/mine/claim/", {"code": typed, "words": words}).status_code


def test_a_hotel_asks_for_its_business_and_acts_for_it_once_the_department_agrees(world: World) -> None:
    hotel, mine, desk = unlinked(world), as_(world, "enterprise"), as_(world, "culture")
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in code(1).lower())
    assert asks(mine, wide) == 302
    assert "待区文旅局核对" in read(mine, "/benefits/mine/") and hotel.name not in read(mine, "/benefits/mine/")
    assert "已经申请过" in mine.post("/benefits/mine/claim/", {"code": code(1)}).content.decode()
    assert [one.title for one in register_hooks.waiting(world.people["culture"])] == ["1 个账号申请认领单位"]
    path = f"/benefits/links/asks/{LinkAsk.objects.get().pk}/"
    assert hotel.name in read(desk, path) and "我是本店财务" in read(desk, path)
    assert desk.post(path, {"agreed": "yes", "reason": " "}).status_code == 422
    assert desk.post(path, {"agreed": "yes", "reason": "核对营业执照原件和授权书"}).status_code == 302
    assert "填写收款账户" in read(mine, "/benefits/mine/")  # what was found before is now told
    assert Notice.objects.filter(kind="benefits.found").count() == 2  # its own and its master's
    assert Entry.objects.get(kind="benefits.linked").data["account"] == "enterprise"
    again = desk.post(path, {"agreed": "no", "reason": "x"})
    assert again.status_code == 422 and "已经答复过" in again.content.decode()


def test_the_department_links_in_two_steps_and_ends_it_with_a_reason(world: World) -> None:
    hotel, desk = unlinked(world), as_(world, "culture")
    for typed, why in (
        ({"code": code(1)[:17], "username": "enterprise"}, "应为 18 位"),
        ({"code": code(2), "username": "enterprise"}, "名册里没有这个代码的单位"),
        ({"code": code(1), "username": "nobody"}, "没有这个用户名的账号"),
        ({"code": code(1), "username": "finance"}, "不是企业用户"),
    ):
        wrong = desk.post("/benefits/links/", typed)
        assert wrong.status_code == 422 and why in wrong.content.decode() and typed["code"] in wrong.content.decode()
    first = desk.post("/benefits/links/", {"code": code(1), "username": "enterprise"})
    assert first.status_code == 302 and not Membership.objects.exists()
    assert hotel.name in read(desk, first["Location"]) and "enterprise（虚构）" in read(desk, first["Location"])
    assert desk.post(first["Location"], {"reason": ""}).status_code == 422
    assert desk.post(first["Location"], {"reason": "来函，盖章"}).status_code == 302
    mine = as_(world, "enterprise")
    assert hotel.name in read(mine, "/benefits/mine/")
    path = f"/benefits/links/{Membership.objects.get().pk}/unlink/"
    assert desk.post(path, {"reason": "人员离职"}).status_code == 302
    assert hotel.name not in read(mine, "/benefits/mine/")
    kinds = Entry.objects.filter(subject=hotel.subject).order_by("seq").values_list("kind", flat=True)
    assert [kind for kind in kinds if "link" in kind] == ["benefits.linked", "benefits.unlinked"]


def test_a_declined_ask_says_why_and_opens_nothing(world: World) -> None:
    hotel, mine = unlinked(world), as_(world, "enterprise")
    assert asks(mine, code(3)) == 302  # a business the registers do not know
    asked = LinkAsk.objects.get()
    with pytest.raises(Refused, match="名册里没有"):
        linking.answer(asked, world.people["culture"], agreed=True, words="看过")
    linking.answer(asked, world.people["culture"], agreed=False, words="代码与执照不符")
    assert "代码与执照不符" in read(mine, "/benefits/mine/") and not Membership.objects.exists()
    for name in ("enterprise", "finance", "auditor"):
        with pytest.raises(Refused, match="没有这样办的权限"):
            linking.link(hotel, world.people["enterprise"], world.people[name], words="自己对上")
    for number in range(10, 10 + linking.MOST_OPEN):
        linking.ask(world.people["enterprise"], code(number))
    with pytest.raises(Refused, match="等答复"):
        linking.ask(world.people["enterprise"], code(20))
    with pytest.raises(BadInput, match="末位校验"):
        linking.code_of(code(1)[:17] + ("0" if code(1)[17] != "0" else "1"))
