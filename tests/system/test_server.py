"""The installation as an operator meets it: started, checked, refused, killed, stopped."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from luoshi.kernel.errors import Refused
from luoshi.server import keeping, safety
from luoshi.server.middleware import Requests

# Processes of their own use the embedded database; once is enough.
pytestmark = pytest.mark.skipif(
    os.environ.get("LUOSHI_DATABASE_URL", "").startswith("postgres"), reason="needs no second run on postgres"
)
LUOSHI = [sys.executable, "-m", "luoshi"]
START = 60  # seconds a slow machine may need to create the data and answer


def env(folder: Path, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("LUOSHI_")}
    return {**kept, "LUOSHI_DATA": str(folder), **more}


def run(folder: Path, *args: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [*LUOSHI, *args]
    return subprocess.run(command, env=env(folder, **more), capture_output=True, text=True, timeout=120, check=False)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(url: str) -> tuple[int, Mapping[str, str], str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            return response.status, response.headers, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def until(what: Any, seconds: float = START) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if found := what():
                return found
        except (OSError, AssertionError):
            pass
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds} s: {what}")


def test_command_on_a_bare_folder_makes_its_data_and_says_so(tmp_path: Path) -> None:
    first = run(tmp_path / "new", "user", "list", "--json")
    assert (first.returncode, json.loads(first.stdout)) == (0, [])
    assert first.stderr.startswith("luoshi: 已建立") and len(first.stderr.splitlines()) == 1
    again = run(tmp_path / "new", "user", "list", "--json")
    assert again.stderr == ""
    assert (tmp_path / "new" / "secret.key").stat().st_mode & 0o077 == 0


def test_two_commands_started_together_on_a_new_folder_both_work_and_init_finds_all_done(tmp_path: Path) -> None:
    command = [*LUOSHI, "user", "list", "--json"]
    both = [subprocess.Popen(command, env=env(tmp_path), stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [(p.communicate(timeout=120)[0].strip(), p.returncode) for p in both] == [("[]", 0), ("[]", 0)]
    again = run(tmp_path, "init", "--pack", "none")
    assert again.returncode == 0 and "已是最新" in again.stdout and "已有" in again.stdout


def test_check_says_what_is_missing_without_making_anything(tmp_path: Path) -> None:
    answer = run(tmp_path, "check", "--json", "--strict")
    points = {p["code"]: p["status"] for p in json.loads(answer.stdout)["points"]}
    assert answer.returncode == 1 and points["migrations"] == "missing"


@pytest.mark.django_db
def test_check_names_what_an_empty_installation_lacks() -> None:
    points = {point.code: point for point in safety.data()}
    assert points["migrations"].status == "ok" and points["administrators"].status == "missing"
    assert points["pack"].status == "missing" and points["pack"].hint


GOOD = {
    "LUOSHI_ENV": "production",
    "LUOSHI_HOSTS": "luoshi.example.gov.cn",
    "LUOSHI_SECRET_KEY": "s" * 50,
    "LUOSHI_PROXIES": "1",
}


@pytest.mark.parametrize(
    ("change", "variables", "code"),
    [
        ({}, {"LUOSHI_NOW": "2026-01-01T00:00"}, "clock"),
        ({"ALLOWED_HOSTS": ["*"]}, {"LUOSHI_HOSTS": "*"}, "hosts"),
        ({}, {"LUOSHI_HOSTS": ""}, "hosts"),
        ({"SECRET_KEY": "short"}, {}, "secret"),
        ({"TLS": False}, {}, "tls"),
        ({"SECOND_FACTOR_ROLES": frozenset()}, {}, "second_factor"),
        ({"SECOND_FACTOR_ROLES": frozenset({"king"})}, {}, "second_factor"),
        ({"DEMO": True}, {}, "environment"),
        ({"ENV": "prod"}, {}, "environment"),
    ],
)
def test_production_refuses_each_unsafe_setting_by_name(
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, Any],
    variables: dict[str, str],
    code: str,
) -> None:
    from luoshi.accounts.roles import ADMINISTRATORS

    sound = {"ENV": "production", "PRODUCTION": True, "DEMO": False, "TLS": True, "TRUSTED_PROXIES": 1}
    sound |= {"SECRET_KEY": "s" * 50, "SECOND_FACTOR_ROLES": frozenset(ADMINISTRATORS), "ALLOWED_HOSTS": ["x.gov.cn"]}
    for name, value in (sound | change).items():
        setattr(settings, name, value)
    for name, text in ({"LUOSHI_HOSTS": "x.gov.cn", "LUOSHI_SECRET_KEY": "s" * 50} | variables).items():
        monkeypatch.setenv(name, text)
    with pytest.raises(Refused, match=code) as caught:
        safety.refuse_unsafe()
    assert str(caught.value).count("(") == 1 or "（" in str(caught.value), "one point, with what to do"


@pytest.mark.parametrize("change", [{"LUOSHI_NOW": "2026-01-01T00:00"}, {"LUOSHI_HOSTS": "*"}])
def test_production_does_not_start_under_unsafe_settings(tmp_path: Path, change: dict[str, str]) -> None:
    answer = run(tmp_path, "serve", "--pack", "none", "--port", str(free_port()), **(GOOD | change))
    assert answer.returncode == 2 and "Traceback" not in answer.stderr
    assert not (tmp_path / "luoshi.sqlite3").exists(), "refused before anything is made"


def test_production_with_safe_settings_has_nothing_unsafe(tmp_path: Path) -> None:
    points = json.loads(run(tmp_path, "check", "--json", **GOOD).stdout)["points"]
    assert [p for p in points if p["status"] == "unsafe"] == []


def test_demo_is_refused_in_production(tmp_path: Path) -> None:
    answer = run(tmp_path, "serve", "--demo", "--port", str(free_port()), **GOOD)
    assert answer.returncode == 2 and "演示" in answer.stderr
    assert not (tmp_path / "luoshi.sqlite3").exists()


@pytest.mark.django_db
def test_demo_is_refused_where_real_accounts_are(settings: Any) -> None:
    from luoshi.accounts.models import User
    from luoshi.server import demo

    settings.DEMO = True
    User.objects.create_user("zhang")
    with pytest.raises(Refused, match="正式账号"):
        demo.fill(1, 10)
    assert User.objects.count() == 1


def test_impossible_port_is_refused(tmp_path: Path) -> None:
    assert run(tmp_path, "serve", "--port", "65536").returncode == 2


def test_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        answer = run(tmp_path, "serve", "--pack", "none", "--port", str(taken.getsockname()[1]))
    assert answer.returncode == 2 and "已被占用" in answer.stderr and len(answer.stderr.splitlines()) == 1


def test_unreachable_database_is_said_in_one_line(tmp_path: Path) -> None:
    url = f"postgres://nobody@127.0.0.1:{free_port()}/none"
    answer = run(tmp_path, "user", "list", LUOSHI_DATABASE_URL=url)
    assert answer.returncode == 2 and "LUOSHI_DATABASE_URL" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[str], str, Path]]:
    folder, port = tmp_path_factory.mktemp("served"), free_port()
    command = [*LUOSHI, "serve", "--demo", "--pack", "none", "--people", "10", "--port", str(port)]
    log = (folder / "log").open("w")
    process = subprocess.Popen(command, env=env(folder), stdout=log, stderr=log, text=True)
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: get(f"{url}/accounts/sign-in/")[0] == 200)
        yield process, url, folder
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def children(parent: int) -> dict[str, int]:
    """Name of each kept process → its id, from what the system says."""
    listed = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(parent)], capture_output=True, text=True, check=True
    )
    found = re.findall(r"^\s*(\d+) .*-m luoshi (web|clocks)", listed.stdout, re.M)
    return {name: int(pid) for pid, name in found}


def test_operator_reads_address_and_accounts_at_start(served: tuple[Any, str, Path]) -> None:
    _, url, folder = served
    said = (folder / "log").read_text()
    assert f"{url}/" in said and "supervisor" in said and "演示数据" in said
    assert (folder / "demo.password").read_text() in said
    assert (folder / "demo.password").stat().st_mode & 0o077 == 0


def test_pages_come_with_their_guards(served: tuple[Any, str, Path]) -> None:
    _, url, _ = served
    status, headers, page = get(f"{url}/accounts/sign-in/")
    policy = headers["Content-Security-Policy"]
    assert status == 200 and "unsafe-inline" not in policy and "default-src 'self'" in policy
    assert headers["X-Frame-Options"] == "DENY" and headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin" and "camera=()" in headers["Permissions-Policy"]
    assert re.fullmatch(r"[0-9a-f]{16}", headers["X-Request-ID"])
    assert "演示数据" in page
    assert not re.search(r"<script(?![^>]*src=)[^>]*>(?!\s*</script>)|\sstyle=|\son[a-z]+=", page)


def test_missing_page_and_closed_api_say_so_plainly(served: tuple[Any, str, Path]) -> None:
    _, url, _ = served
    assert get(f"{url}/no/such/page")[0] == 404
    assert get(f"{url}/api/v1/me")[0] == 401
    status, _, page = get(f"{url}/api/v1/docs")
    assert status == 200 and "https://" not in page


def test_process_that_is_killed_is_started_again(served: tuple[Any, str, Path]) -> None:
    process, url, _ = served
    before = until(lambda: (c := children(process.pid)) and len(c) == 2 and c)
    time.sleep(5.2)  # a child that lived is restarted at once
    os.kill(before["clocks"], signal.SIGKILL)
    after = until(lambda: (c := children(process.pid)).get("clocks", before["clocks"]) != before["clocks"] and c)
    os.kill(after["web"], signal.SIGKILL)
    until(lambda: children(process.pid).get("web", after["web"]) != after["web"])
    until(lambda: get(f"{url}/accounts/sign-in/")[0] == 200)


def test_stopping_ends_everything_in_order(served: tuple[Any, str, Path]) -> None:
    process, url, folder = served
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0
    with pytest.raises(OSError):
        get(f"{url}/accounts/sign-in/")
    assert "Traceback" not in (folder / "log").read_text()


def test_request_id_of_a_proxy_is_kept_and_a_strange_one_is_not() -> None:
    inner = Requests(lambda request: HttpResponse("x"))
    make = RequestFactory()
    assert inner(make.get("/", HTTP_X_REQUEST_ID="abcdef-12345"))["X-Request-ID"] == "abcdef-12345"
    assert inner(make.get("/", HTTP_X_REQUEST_ID="a\r\nSet-Cookie: x"))["X-Request-ID"] != "a\r\nSet-Cookie: x"


@pytest.mark.django_db
def test_fault_of_ours_shows_a_plain_page_and_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    from luoshi.accounts import views

    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(views, "render", broken)
    response = Client(raise_request_exception=False).get("/accounts/sign-in/")
    page = response.content.decode()
    assert response.status_code == 500 and "secret detail" not in page and "Traceback" not in page
    assert "系统出了问题" in page


@pytest.mark.django_db
def test_fault_in_the_api_is_json_with_the_id_of_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    from luoshi.accounts import auth, queries
    from luoshi.accounts.models import Grant, User

    user = User.objects.create_user("zhang")
    Grant.objects.create(user=user, role="handler")

    def broken(request: HttpRequest) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(queries, "post_of", broken)
    client = Client(raise_request_exception=False)
    client.force_login(user)
    response = client.get("/api/v1/me")
    assert response.status_code == 500
    assert response.json() == {"error": "internal", "request_id": response["X-Request-ID"]}
    assert auth.api_auth


def test_address_behind_proxies_is_counted_from_the_end(settings: Any) -> None:
    from luoshi.accounts.auth import client_address

    request = RequestFactory().get("/", HTTP_X_FORWARDED_FOR="6.6.6.6, 10.1.1.1", REMOTE_ADDR="127.0.0.1")
    settings.TRUSTED_PROXIES = 0
    assert client_address(request) == "127.0.0.1", "nobody's word is taken"
    settings.TRUSTED_PROXIES = 1
    assert client_address(request) == "10.1.1.1"
    settings.TRUSTED_PROXIES = 3
    assert client_address(request) == "127.0.0.1"


def test_wrong_number_in_a_setting_is_named(tmp_path: Path) -> None:
    answer = run(tmp_path, "check", LUOSHI_PROXIES="many")
    assert answer.returncode == 2 and "LUOSHI_PROXIES" in answer.stderr


class Dead:
    def poll(self) -> int:
        return -9


def test_what_has_run_once_is_started_again_for_ever_and_what_never_came_up_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Somebody kills the web process again and again at night; in the morning it runs without anybody's help."""
    monkeypatch.setattr(keeping.Child, "start", lambda child: None)

    def dies(child: keeping.Child, times: int, after: float) -> float:
        """Seconds until it is started again, the last time."""
        for _ in range(times):
            child.process = Dead()  # type: ignore[assignment]
            assert "ended with -9" in str(child.look(child.started + after))
        return child.not_before - after

    fresh, kept = keeping.Child("web", [], {}), keeping.Child("web", [], {})
    assert dies(fresh, 5, 1.0) > 1 and not fresh.hopeless()
    dies(fresh, 1, 1.0)
    assert fresh.hopeless()
    assert dies(kept, 1, 60.0) == 0
    assert [dies(kept, 1, 1.0) for _ in range(3)] == [1.0, 2.0, 4.0]
    assert dies(kept, 5000, 1.0) == 30.0 and not kept.hopeless()
