"""What the auditor sees, and others do not."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from luoshi.accounts.models import Grant, User
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.ledger import actions, guard, package, verifying
from luoshi.ledger.models import Entry

pytestmark = pytest.mark.django_db
WANG = Actor("王督查", user_id=7, post="督查员", via="web")


def sign_in(client: Client, role: str) -> User:
    user = User.objects.create_user(role, display_name=role)
    Grant.objects.create(user=user, role=role)
    client.force_login(user)
    return user


@pytest.fixture
def auditor(client: Client) -> User:
    return sign_in(client, "auditor")


def some(count: int) -> None:
    actions.append_many(
        actions.Record("supervision.confirmed", WANG, f"duty:{n}", ["09:三(一)1"], {"理由": "演示"})
        for n in range(count)
    )


def get(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_only_the_auditor_reads_the_ledger(client: Client) -> None:
    assert client.get("/ledger/").status_code == 302
    sign_in(client, "supervisor")
    assert client.get("/ledger/").status_code == client.get("/ledger/verify/").status_code == 403


def test_an_empty_ledger_says_what_will_fill_it(client: Client, auditor: User) -> None:
    assert "台账还是空的" in get(client, "/ledger/")
    assert client.get("/ledger/1/").status_code == 404


def test_the_list_is_filtered_by_kind_subject_person_and_day(client: Client, auditor: User) -> None:
    some(3)
    with when.at(when.now() - timedelta(days=40)):
        actions.append("ledger.sealed", by=Actor("李审计"), subject="seal:3", data={"seq": 3})
    day = (when.today() - timedelta(days=30)).isoformat()
    for query, inside, outside in (
        ("subject=duty:1", "任务 1<", "任务 2<"),
        ("kind=封存", "李审计", "任务 2<"),
        ("kind=supervision.", "任务 2<", "李审计"),
        ("actor=李审计", "封存 3<", "任务 2<"),
        (f"at_after={day}", "任务 2<", "李审计"),
        (f"at_before={day}", "李审计", "任务 2<"),
    ):
        text = get(client, f"/ledger/?{query}").partition("<tbody>")[2]
        assert inside in text and outside not in text, query
    assert "没有符合这些条件的内容" in get(client, "/ledger/?subject=duty:99")
    assert get(client, "/ledger/?at_after=昨天")


def test_the_list_costs_the_same_however_long_the_ledger_is(client: Client, auditor: User) -> None:
    some(60)
    get(client, "/ledger/")
    with CaptureQueriesContext(connection) as few:
        get(client, "/ledger/")
    some(3000)
    with CaptureQueriesContext(connection) as many:
        get(client, "/ledger/")
    assert len(many) <= len(few) <= 14


def test_one_entry_shows_everything_and_whether_it_is_sound(client: Client, auditor: User) -> None:
    some(3)
    text = get(client, "/ledger/2/")
    assert "本条完好" in text and "王督查" in text and "督查员" in text and "理由" in text
    guard.remove(connection)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_entry SET payload = replace(payload, '演示', '演练') WHERE seq = 2")
    guard.install(connection)
    assert "本条有问题" in get(client, "/ledger/2/")
    answer = client.post("/ledger/verify/")
    assert "发现问题" in answer.content.decode() and "/ledger/2/" in answer.content.decode()


def test_the_auditor_verifies_and_that_is_recorded(client: Client, auditor: User) -> None:
    some(3)
    assert "还没有校验过" in get(client, "/ledger/verify/")
    assert "台账完好" in client.post("/ledger/verify/").content.decode()
    last = Entry.objects.order_by("-seq")[0]
    assert (last.kind, last.actor, last.data["ok"], last.data["entries"]) == ("ledger.verified", "auditor", True, 3)
    assert "上次校验" in get(client, "/ledger/")


def test_a_ledger_too_long_for_a_click_is_left_to_the_command(
    client: Client, auditor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    some(3)
    monkeypatch.setattr(verifying, "LARGEST", 2)
    answer = client.post("/ledger/verify/")
    assert answer.status_code == 422 and "luoshi ledger verify" in answer.content.decode()


def test_an_evidence_package_is_downloaded_and_recorded(client: Client, auditor: User) -> None:
    some(3)
    answer = client.post("/ledger/evidence/", {"subject": "duty:1"})
    assert answer.status_code == 200 and package.check(answer.content).ok
    assert "manifest.json" in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert Entry.objects.order_by("-seq")[0].kind == "ledger.evidence"


def test_programs_read_and_verify_the_ledger(client: Client, auditor: User) -> None:
    some(5)
    page = client.get("/api/v1/ledger/entries?limit=2").json()
    assert [e["seq"] for e in page["entries"]] == [5, 4] and page["next_before"] == 4
    assert client.get(f"/api/v1/ledger/entries?before={page['next_before']}").json()["next_before"] is None
    assert client.get("/api/v1/ledger/entries/3").json()["content"]["data"] == {"理由": "演示"}
    assert client.get("/api/v1/ledger/head").json()["seq"] == 5
    assert client.post("/api/v1/ledger/verify").json()["ok"] is True
    client.logout()
    assert client.get("/api/v1/ledger/entries").status_code == 401


def test_a_name_with_control_characters_does_not_break_the_record() -> None:
    with transaction.atomic():
        entry = actions.append("a.b", by=Actor("王\x1f\n督查"), subject="duty:1")
    assert entry.actor == "王  督查" == entry.content["actor"]["name"]
