"""Fifty walls look at one incident: how long after an act do they show it, and what does looking cost?

    python -m benchmarks.wall [--screens 50] [--acts 20] [--every 0.7]

A real server (granian, as `luoshi serve` starts it) on a synthetic incident under a running response. Every screen is a
connection of its own that asks for news with its stamp, as the wall's script does, and notes when a new act's words
arrived. Acts are written by another process, as another worker would. Prints median, p95 and the slowest delay in
milliseconds, requests per second, the share answered 304, and the time of one unchanged and one changed answer.
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TARGET = 1000  # ms from an act to every screen


@dataclass
class Seen:
    """What one screen noted: act number → when its words arrived; how long answers took, by status."""

    acts: dict[int, float] = field(default_factory=dict)
    took: dict[int, list[float]] = field(default_factory=dict)
    broken: int = 0


def main(argv: list[str] | None = None) -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--screens", type=int, default=50)
    options.add_argument("--acts", type=int, default=20)
    options.add_argument("--every", type=float, default=0.7, help="seconds between two questions of a screen")
    asked = options.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="luoshi-wall-") as folder:
        os.environ["LUOSHI_DATA"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "luoshi.server.settings")
        from luoshi.server.boot import ensure_data

        ensure_data()
        incident, cookie, user = _scene()
        port = _free()
        server = _serve(folder, port)
        try:
            _wait(port)
            return _measure(asked, port, f"/emergency/wall/{incident.pk}/news/", cookie, incident, user)
        finally:
            server.terminate()
            server.wait(20)


def _scene() -> tuple[Any, str, Any]:
    """An incident under a running response with tasks, groups and people who have not answered; one signed-in wall."""
    from datetime import date
    from importlib import import_module

    from django.conf import settings

    from luoshi.accounts.models import Grant, User
    from luoshi.directory.models import Body, Holding, Person, Post
    from luoshi.emergency import actions
    from luoshi.emergency.actions import Asked, Stated

    people = {}
    for name, body, title, role in (("duty", "区工信局", "值班员", "duty_officer"),
                                    ("head", "区政府", "分管通信工作副区长", "commander")):  # fmt: skip
        unit, _ = Body.objects.get_or_create(name=body, defaults={"kind": "department"})
        post, _ = Post.objects.get_or_create(body=unit, title=title)
        person = Person.objects.create(name=f"虚构{name}", body=unit, synthetic=True)
        Holding.objects.create(person=person, post=post, since=date(2024, 1, 1))
        people[name] = User.objects.create(username=name, display_name=person.name, person=person, synthetic=True)
        Grant.objects.create(user=people[name], role=role, since=date(2024, 1, 1))
    act = actions.open_incident("测量用（虚构）", people["duty"], Asked(), places=["北石店镇"])
    facts = {"stage": "occurred", "cause": "external_emergency", "multi_point_operators": ["移动城区分公司"]}
    actions.add_facts(act.incident, [Stated(k, v) for k, v in facts.items()], people["duty"], Asked())
    actions.triage(act.incident, "21", "true", people["duty"], Asked())
    actions.propose(act.incident, "21", people["duty"], Asked())
    actions.start(act.incident, "21", people["head"], Asked())
    for i in range(200):
        actions.note(act.incident, f"此前的记录 {i}", people["duty"], Asked())
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    session[SESSION_KEY] = str(people["duty"].pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]  # the first only counts failures
    session[HASH_SESSION_KEY] = people["duty"].get_session_auth_hash()
    session.save()
    return act.incident, f"{settings.SESSION_COOKIE_NAME}={session.session_key}", people["duty"]


def _free() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _serve(folder: str, port: int) -> subprocess.Popen[bytes]:
    command = [str(Path(sys.executable).with_name("luoshi")), "serve", "--port", str(port), "--pack", "none"]
    log = (Path(folder) / "serve.log").open("wb")
    return subprocess.Popen(command, env={**os.environ}, stdout=log, stderr=log)


def _wait(port: int) -> None:
    for _ in range(120):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/accounts/sign-in/")
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.5)
    raise SystemExit("the server did not answer")


def _screen(port: int, url: str, cookie: str, every: float, start: float, stop: threading.Event, seen: Seen) -> None:
    """One wall: asks with its stamp, notes when the words of an act arrive."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    stamp = ""
    time.sleep(start)
    while not stop.is_set():
        began = time.monotonic()
        try:
            connection.request("GET", url, headers={"Cookie": cookie, "If-None-Match": stamp or '""'})
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            seen.broken += 1
            connection.close()
            time.sleep(0.2)
            continue
        now = time.monotonic()
        seen.took.setdefault(answer.status, []).append((now - began) * 1000)
        if answer.status == 200:
            stamp = answer.headers["ETag"]
            for number in re.findall(r"动作第(\d+)号", body.decode()):
                seen.acts.setdefault(int(number), now)
        time.sleep(max(0.0, every - (now - began)))


def _measure(asked: argparse.Namespace, port: int, url: str, cookie: str, incident: Any, user: Any) -> int:
    from luoshi.emergency import actions
    from luoshi.emergency.actions import Asked

    stop, screens = threading.Event(), [Seen() for _ in range(asked.screens)]
    threads = [
        threading.Thread(
            target=_screen, args=(port, url, cookie, asked.every, asked.every * i / asked.screens, stop, s)
        )
        for i, s in enumerate(screens)
    ]
    for thread in threads:
        thread.start()
    time.sleep(3)
    written: dict[int, float] = {}
    began = time.monotonic()
    for number in range(asked.acts):
        actions.note(incident, f"动作第{number}号", user, Asked())
        written[number] = time.monotonic()  # committed: the earliest moment anybody could know
        time.sleep(1.37)
    time.sleep(2)
    lasted = time.monotonic() - began
    stop.set()
    for thread in threads:
        thread.join()
    return _report(asked, screens, written, lasted)


def _report(asked: argparse.Namespace, screens: list[Seen], written: dict[int, float], lasted: float) -> int:
    delays = sorted((s.acts[n] - at) * 1000 for s in screens for n, at in written.items() if n in s.acts)
    missed = sum(n not in s.acts for s in screens for n in written)
    took = {status: sorted(t for s in screens for t in s.took.get(status, [])) for status in (200, 304)}
    asks = sum(map(len, took.values()))
    if not delays:
        raise SystemExit(
            f"no screen saw anything; answers by status: { {k: len(v) for k, v in screens[0].took.items()} }"
        )
    other = sum(len(v) for s in screens for k, v in s.took.items() if k not in took)
    within = sum(d <= TARGET for d in delays) / max(1, len(delays) + missed)
    print(f"{asked.screens} screens, {asked.acts} acts, asking every {asked.every:g} s")
    print(f"act to screen: median {statistics.median(delays):.0f} ms, p95 {_p(delays, 95):.0f} ms, "
          f"slowest {delays[-1]:.0f} ms; within {TARGET} ms: {within:.1%}; never seen: {missed}")  # fmt: skip
    print(f"requests: {asks / lasted:.0f}/s, {len(took[304]) / max(1, asks):.1%} answered 304; errors "
          f"{other + sum(s.broken for s in screens)}")  # fmt: skip
    for status, name in ((304, "unchanged"), (200, "changed")):
        if took[status]:
            print(
                f"{name:9} answer: median {statistics.median(took[status]):.1f} ms, p95 {_p(took[status], 95):.1f} ms"
            )
    return 0 if not missed and delays[-1] < TARGET * 1.5 and _p(delays, 95) < TARGET else 1


def _p(values: list[float], percent: int) -> float:
    return values[min(len(values) - 1, len(values) * percent // 100)]


if __name__ == "__main__":
    raise SystemExit(main())
