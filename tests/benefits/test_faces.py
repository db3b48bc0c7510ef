"""What each person sees: an enterprise only itself, the public masked names, four eyes on every page, nothing lost."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.test import Client
from tests.benefits.conftest import World

from luoshi.accounts.models import User
from luoshi.benefits import gauging, recovering, settling
from luoshi.benefits.models import Claim, Finding, Membership, Objection, Recovery, SettingAnswer, Subject
from luoshi.clocks import jobs


def as_(world: World, name: str) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(world.people[name])
    return client


def read(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, f"{path}: {answer.status_code}"
    return answer.content.decode()


def other_enterprise(world: World) -> Client:
    from luoshi.accounts.models import Grant

    user = User.objects.create_user("stranger")
    Grant.objects.create(user=user, role="enterprise")
    Membership.objects.create(subject=world.hotel("别家酒店（虚构）", member=False), user=user)
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def test_an_enterprise_sees_why_on_the_sentence_and_confirms_with_one_tap(world: World) -> None:
    claim = world.found()
    mine = as_(world, "enterprise")
    assert "填写收款账户" in read(mine, "/benefits/mine/")
    Subject.objects.filter(pk=claim.subject_id).update(
        bank_name="演示银行", bank_account="62220000000001", account_name="甲"
    )
    body = read(mine, "/benefits/mine/")
    assert "确认付到 演示银行 尾号 0001" in body and "62220000000001" not in body
    answer = mine.post(
        f"/benefits/claims/{claim.pk}/do/confirm_account/",
        {"version": claim.version, "account_name": "甲", "bank_name": "演示银行"},
    )
    assert answer.status_code == 302
    claim.refresh_from_db()
    assert claim.state == "confirmed" and "年营业额达到门槛" in read(mine, f"/benefits/mine/claims/{claim.pk}/")
    assert read(mine, f"/benefits/claims/{claim.pk}/", 302) == ""  # the desk's page leads to its own


def test_nothing_of_other_subjects_is_visible(world: World) -> None:
    claim = world.published()
    stranger = other_enterprise(world)
    assert claim.subject.name not in read(stranger, "/benefits/mine/")
    for path in (
        f"/benefits/mine/claims/{claim.pk}/", f"/benefits/mine/findings/{Finding.objects.get().pk}/",
    ):  # fmt: skip
        read(stranger, path, 404)
    read(stranger, f"/benefits/claims/{claim.pk}/", 403)
    read(stranger, f"/benefits/claims/{claim.pk}/do/give_up/", 403)
    assert stranger.get(f"/api/v1/benefits/claims/{claim.pk}").status_code == 404
    assert stranger.get("/api/v1/benefits/claims").json()["claims"] == []
    assert [one["id"] for one in as_(world, "enterprise").get("/api/v1/benefits/claims").json()["claims"]] == [claim.pk]


def test_a_person_is_published_by_a_masked_name(world: World) -> None:
    claim = world.published()
    Subject.objects.filter(pk=claim.subject_id).update(kind="person", name="欧阳小明")
    body = read(Client(), "/benefits/published/")
    assert "欧**明" in body and "欧阳小明" not in body
    told = Client().get("/api/v1/benefits/published").json()["published"]
    assert [row["subject"] for row in told] == ["欧**明"]
    paper = as_(world, "culture").get("/benefits/publication/list.docx")
    with zipfile.ZipFile(io.BytesIO(paper.content)) as opened:
        words = opened.read("word/document.xml").decode()
    assert "欧**明" in words and "欧阳小明" not in words and "￥500,000.00" in words


def test_anybody_may_object_and_the_answer_names_what_follows(world: World) -> None:
    claim = world.published()
    path = f"/benefits/published/{claim.pk}/object/"
    wrong = Client().post(path, {"by": "群众甲（虚构）", "words": "", "contact": ""})
    assert wrong.status_code == 422 and "群众甲（虚构）" in wrong.content.decode()
    given = {"by": "群众甲（虚构）", "words": "评定公告名称不符", "contact": "13800000000"}
    assert Client().post(path, given).status_code == 200
    desk = as_(world, "culture")
    assert "13800000000" in read(desk, f"/benefits/objections/{Objection.objects.get().pk}/answer/")
    assert "13800000000" not in read(as_(world, "enterprise"), f"/benefits/mine/claims/{claim.pk}/")
    world.later(10)
    assert "1 件异议尚未答复" in read(as_(world, "chief"), f"/benefits/claims/{claim.pk}/")


def test_the_page_says_why_an_act_is_not_open_and_a_stale_form_changes_nothing(world: World) -> None:
    claim = world.published()
    world.later(10)
    assert "公示和批准不能是同一人" in read(as_(world, "culture"), f"/benefits/claims/{claim.pk}/")
    read(as_(world, "culture"), f"/benefits/claims/{claim.pk}/do/approve/", 409)
    stale = as_(world, "chief").post(f"/benefits/claims/{claim.pk}/do/approve/", {"version": 0, "words": "同意，照办"})
    assert (
        stale.status_code == 422 and "刚刚有变化" in stale.content.decode() and "同意，照办" in stale.content.decode()
    )
    claim.refresh_from_db()
    assert claim.state == "published"


@pytest.mark.parametrize("code", ["refuse", "give_up", "redo"])
def test_acts_that_need_a_reason_say_so_and_keep_the_claim(world: World, code: str) -> None:
    claim = world.published() if code == "redo" else world.found()
    answer = as_(world, "culture").post(
        f"/benefits/claims/{claim.pk}/do/{code}/", {"version": claim.version, "words": " "}
    )
    assert answer.status_code == 422 and "请写明理由" in answer.content.decode()


def test_an_answer_to_an_open_question_needs_two_people(world: World) -> None:
    path = "/benefits/settings/25/s1.green_both/"
    first, second = as_(world, "culture"), as_(world, "culture2")
    assert first.post(path, {"value": "每家", "reason": "x"}).status_code == 422
    assert first.post(path, {"value": "each_label", "reason": "两种标识各有标准"}).status_code == 302
    assert "s1.green_both" not in settling.in_force("25").given  # proposed, not in force
    assert "等第二人确认" in read(first, path) and "您提出的答案要由另一人确认" in read(first, path)
    same = first.post(path, {"agreed": "yes", "reason": "同意"})
    assert same.status_code == 422 and "不能是同一人" in same.content.decode()
    assert second.post(path, {"agreed": "yes", "reason": "同意"}).status_code == 302
    assert settling.in_force("25").given["s1.green_both"]["value"] == "each_label"
    history = list(SettingAnswer.objects.order_by("id").values_list("state", "by"))
    assert history == [("proposed", "culture（虚构）"), ("confirmed", "culture2（虚构）")]
    assert "每种各一次" in read(second, path)


def test_a_proposal_laid_aside_changes_nothing(world: World) -> None:
    settling.propose("25", "s1.rerating", "allow", user=world.people["culture"], reason="试")
    as_(world, "culture2").post("/benefits/settings/25/s1.rerating/", {"agreed": "no", "reason": "依据不足"})
    assert settling.in_force("25").given == {} and settling.open_proposal("25", "s1.rerating") is None


def test_the_money_between_answers_is_computed_in_the_background_and_shown(world: World) -> None:
    world.matter(
        world.hotel(),
        "green",
        green_labels_new=["五叶级中国绿色饭店", "金树叶级绿色旅游饭店"],
        green_event_date="2025-03-01",
    )
    desk = as_(world, "culture")
    assert "未测算" in read(desk, "/benefits/settings/")
    desk.post("/benefits/settings/stakes/")
    while jobs.work_one():
        pass
    found = gauging.of_question(gauging.kept(), "25", "s1.green_both")
    assert found is not None and found["widest"] == 10_000_000
    assert "￥100,000.00" in read(desk, "/benefits/settings/25/s1.green_both/")


def test_what_if_on_screen_keeps_what_was_chosen_and_stores_nothing(world: World) -> None:
    world.star(world.hotel("大酒店（虚构）", turnover_prior_year_yuan="9000000.00"), star=4)
    desk = as_(world, "culture")
    empty = desk.post("/benefits/whatif/?measure=25:二(一)", {"measure": "25:二(一)"})
    assert empty.status_code == 422 and "还没有改动" in empty.content.decode()
    page = desk.post("/benefits/whatif/?measure=25:二(一)", {"measure": "25:二(一)", "f-turnover_min": "8,000,000"})
    body = page.content.decode()
    assert (
        page.status_code == 200 and "大酒店（虚构）" in body and "￥200,000.00" in body and 'value="8,000,000"' in body
    )
    assert Claim.objects.count() == 0


def test_a_recovery_is_decided_by_another_and_only_its_subject_objects(world: World) -> None:
    batch = world.sent()
    from luoshi.benefits import banking

    banking.take_bank_file(world.answer(batch), "r.csv", world.people["finance"])
    claim = Claim.objects.get()
    recovering.claw_back(claim, world.people["culture"], amount_fen=claim.paid_fen, words="公告撤销")
    row = Recovery.objects.get()
    assert as_(world, "culture").post(f"/benefits/recoveries/{row.pk}/do/tell/", {"words": ""}).status_code == 302
    assert as_(world, "enterprise").get(f"/benefits/mine/recoveries/{row.pk}/object/").status_code == 200
    assert other_enterprise(world).get(f"/benefits/mine/recoveries/{row.pk}/object/").status_code == 404
    world.later(30)
    assert "提出追回和决定追回不能是同一人" in read(as_(world, "culture"), f"/benefits/recoveries/{row.pk}/")
    body = as_(world, "culture").post(f"/benefits/recoveries/{row.pk}/do/decide/", {"words": "应退"}).content.decode()
    assert "不能是同一人" in body and "应退" in body


def test_a_bank_file_with_an_error_is_shown_row_by_row_and_touches_nothing(world: World) -> None:
    batch = world.sent()
    finance = as_(world, "finance")
    data = io.BytesIO(world.answer(batch, amount="1.00"))
    data.name = "错.csv"
    shown = finance.post("/benefits/bank/", {"file": data}, follow=True)
    body = shown.content.decode()
    assert "不能入账" in body and "应为 ￥500,000.00" in body and ">入账<" not in body
    finance.post(shown.redirect_chain[-1][0])
    assert Claim.objects.get().paid_fen == 0 and batch.payments.get().state == "sent"


def test_pages_of_one_desk_are_shut_to_others(world: World) -> None:
    actions_of: dict[str, list[str]] = {
        "finance": ["/benefits/publication/"],
        "culture": ["/benefits/pots/set/", "/benefits/bank/"],
        "enterprise": ["/benefits/claims/", "/benefits/settings/", "/benefits/payments/", "/benefits/pots/"],
    }
    for name, paths in actions_of.items():
        for path in paths:
            read(as_(world, name), path, 403)
    assert Client().get("/benefits/claims/").status_code == 302
    refused = as_(world, "culture").post("/benefits/batches/", {})
    assert refused.status_code == 409


@pytest.mark.parametrize("count", [2, 12])
def test_lists_ask_no_more_the_longer_they_are(world: World, django_assert_max_num_queries: Any, count: int) -> None:
    for n in range(count):
        world.star(world.hotel(f"酒店{n}（虚构）", member=False))
    world.screen()
    assert Claim.objects.count() == count
    desk = as_(world, "culture")
    with django_assert_max_num_queries(16):
        read(desk, "/benefits/claims/")
    with django_assert_max_num_queries(16):
        read(desk, "/benefits/published/")


def test_an_installation_without_measures_says_what_would_fill_its_pages(db: None) -> None:
    from luoshi.accounts.models import Grant
    from luoshi.norms.models import Pack

    Pack.objects.create(id="leer", district="演示县")
    for role, paths in {
        "culture": ("claims", "nearly", "screenings", "publication", "objections", "recoveries", "settings", "whatif"),
        "finance": ("pots", "pots/set", "batches", "bank", "payments"),
        "enterprise": ("mine",),
    }.items():
        user = User.objects.create_user(role)
        Grant.objects.create(user=user, role=role)
        client = Client()
        client.force_login(user)
        for path in (*paths, "published"):
            assert "Traceback" not in read(client, f"/benefits/{path}/")
        read(client, "/benefits/")
