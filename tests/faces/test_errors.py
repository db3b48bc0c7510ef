"""What a person sees when something is wrong: what happened, what to do, and what was typed, kept."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import include, path

from luoshi.faces import forms as face_forms
from luoshi.faces.errors import handler400, handler403, handler404, handler500  # noqa: F401 Django looks here
from luoshi.kernel.errors import BadInput, Refused


def bad(request: Any) -> HttpResponse:
    raise BadInput("第 3 列不是日期", file="/srv/uploads/反馈.xlsx", line=7, field="办结日期", hint="写成 2026-11-23")


def no(request: Any) -> HttpResponse:
    raise Refused("办结须由他人核验", cite="08:三(二)")


def forbidden(request: Any) -> HttpResponse:
    raise PermissionDenied("x")


def defect(request: Any) -> HttpResponse:
    raise RuntimeError("secret detail")


class Note(forms.Form):
    words = forms.CharField(label="内容")


def noted(request: Any) -> HttpResponse:
    form = Note(request.POST)
    form.is_valid()

    def act() -> None:
        raise BadInput("太短", field="words")

    assert face_forms.attempt(form, act) is None
    return HttpResponse("；".join(form.errors["words"]))


DONE: list[str] = []


def start(request: Any) -> HttpResponse:
    def act(reason: str) -> None:
        if reason == "不行":
            raise Refused("现在不能启动", cite="21:4.1")
        DONE.append(reason)

    return face_forms.confirm(
        request,
        act,
        title="启动三级响应",
        follows=["通知 12 个单位", "开始 30 分钟计时"],
        button="启动",
        back="/start/",
        to="/done/",
    )


urlpatterns = [
    path("bad/", bad),
    path("no/", no),
    path("forbidden/", forbidden),
    path("defect/", defect),
    path("noted/", noted),
    path("start/", start),
    path("", include("luoshi.server.urls")),
]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


def test_unusable_input_is_answered_with_place_reason_and_what_was_typed(client: Client) -> None:
    answer = client.post("/bad/", {"words": "我写了很久的说明", "password": "geheim", "phone": "13800000000"})
    html = answer.content.decode()
    assert answer.status_code == 422
    for part in ("第 3 列不是日期", "反馈.xlsx", "7", "办结日期", "写成 2026-11-23", "我写了很久的说明"):
        assert part in html
    assert "/srv/uploads" not in html and "geheim" not in html and "13800000000" not in html


def test_a_rule_that_forbids_names_its_clause(client: Client) -> None:
    answer = client.post("/no/", {})
    assert answer.status_code == 409
    assert "办结须由他人核验" in answer.content.decode() and "/d/08/" in answer.content.decode()


@pytest.mark.parametrize(("address", "status"), [("/forbidden/", 403), ("/nothing-here/", 404), ("/defect/", 500)])
def test_an_error_page_says_what_to_do_and_tells_no_secrets(client: Client, address: str, status: int) -> None:
    answer = client.get(address)
    html = answer.content.decode()
    assert answer.status_code == status and f"编号 {status}" in html and "Traceback" not in html
    assert "secret detail" not in html and "首页" in html


def test_a_stale_form_is_explained(settings: Any) -> None:
    answer = Client(enforce_csrf_checks=True).post("/follow/", {"cite": "09:一"})
    assert answer.status_code == 403 and "表单已经过期" in answer.content.decode()


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100)
def test_a_form_too_large_is_told_so(client: Client) -> None:
    answer = client.post("/follow/", {"cite": "x" * 500})
    assert answer.status_code == 413 and "文件太大了" in answer.content.decode()


def test_a_refusal_lands_on_the_field_it_is_about(client: Client) -> None:
    assert client.post("/noted/", {"words": "啊"}).content.decode() == "太短"


def test_an_irreversible_act_says_what_follows_and_asks_why(client: Client) -> None:
    DONE.clear()
    html = client.get("/start/").content.decode()
    assert "通知 12 个单位" in html and "开始 30 分钟计时" in html
    answer = client.post("/start/", {"reason": ""})
    assert answer.status_code == 422 and "请写明理由" in answer.content.decode() and DONE == []
    answer = client.post("/start/", {"reason": "不行"})
    assert (
        answer.status_code == 422
        and "现在不能启动" in answer.content.decode()
        and "不行</textarea>" in answer.content.decode()
    )
    answer = client.post("/start/", {"reason": "暴雨致多点中断"})
    assert answer.status_code == 302 and answer.headers["Location"] == "/done/" and DONE == ["暴雨致多点中断"]


def test_pages_may_load_only_what_the_house_serves(client: Client) -> None:
    policy = client.get("/about/").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "unsafe" not in policy


def test_no_page_brings_its_own_scripts_or_styles() -> None:
    """Templates of every room: the policy above would silently break them."""
    import re
    from pathlib import Path

    import luoshi

    wrong = re.compile(
        r"<style|\sstyle=|\son(click|load|change|submit|input)=|<script(?![^>]*\ssrc=)|javascript:|https?://(?!www\.w3\.org)"
    )
    found = [
        f"{file.name}: {match[0]}"
        for file in Path(luoshi.__file__).parent.glob("*/templates/**/*.html")
        for match in wrong.finditer(file.read_text())
    ]
    assert not found


class Day(forms.Form):
    day = forms.DateField(widget=forms.DateInput({"type": "date"}))
    at = forms.DateTimeField(widget=forms.DateTimeInput({"type": "datetime-local"}))


def test_a_day_a_form_already_knows_is_shown_as_browsers_take_it() -> None:
    shown = str(Day(initial={"day": date(2026, 11, 24), "at": datetime(2026, 11, 24, 9, 30)}))
    assert 'value="2026-11-24"' in shown and 'value="2026-11-24T09:30"' in shown
    for typed in ("2026-11-24", "2026/11/24", "2026.11.24", "2026年11月24日"):
        assert Day({"day": typed, "at": "2026-11-24T09:30"}).is_valid(), typed


class Everything(forms.Form):
    name = forms.CharField(max_length=4)
    day = forms.DateField()
    count = forms.IntegerField(max_value=9)
    share = forms.DecimalField()
    kind = forms.ChoiceField(choices=[("a", "甲")])
    file = forms.FileField()


def test_a_form_says_in_plain_words_what_is_wrong_with_each_item() -> None:
    typed = {"name": "一二三四五", "day": "2024-02-30", "count": "10", "share": "许多", "kind": "b"}
    said = {name: errors[0] for name, errors in Everything(typed).errors.items()}
    assert said == {
        "name": "最多 4 字，现有 5 字。",
        "day": "日历上没有这一天，日期应写成 2024-12-31。",
        "count": "不能大于 9。",
        "share": "请填数字。",
        "kind": "没有“b”这个选项，请重新选择。",
        "file": "请选择文件。",
    }
    assert {errors[0] for name, errors in Everything({}).errors.items() if name != "file"} == {"请填写这一项。"}
