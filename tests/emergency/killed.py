"""What the test of a power cut runs in a process of its own: `python -m tests.emergency.killed SEED`, one JSON line."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import sys
import time
from datetime import date, timedelta
from typing import Any

UNITS = ("区公安分局", "区应急局", "区财政局", "区水务局", "区商务局", "区气象局", "区总工会", "区人武部")
PEOPLE = 3  # of each unit


def prepare() -> None:
    """An incident whose level II waits to be started, and units whose people are reached by SMS alone."""
    from django.apps import apps
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from luoshi.accounts.models import Grant, User
    from luoshi.directory.models import Body, Holding, Person, Post
    from luoshi.emergency import actions
    from luoshi.emergency.actions import Asked, Stated
    from luoshi.ledger import guard

    # the tables as the models say, without the history of migrations: that is tried elsewhere and costs half a minute
    settings.MIGRATION_MODULES = {config.label: None for config in apps.get_app_configs()}
    call_command("migrate", verbosity=0, run_syncdb=True)
    guard.install(connection)
    number = 0
    for name in UNITS:
        body = Body.objects.create(name=name, kind="department")
        for _ in range(PEOPLE):
            number += 1
            person = Person.objects.create(
                name=f"虚构{number}", phone=f"1380000{number:04d}", body=body, synthetic=True
            )
            user = User.objects.create(username=f"u{number}", display_name=person.name, person=person)
            Grant.objects.create(user=user, role="handler", body=body)
    office = Body.objects.create(name="区工信局", kind="department")
    government = Body.objects.create(name="区政府", kind="government")
    users = {}
    for username, body, title, role in (
        ("duty", office, "值班员", "duty_officer"),
        ("commander", government, "分管通信工作副区长", "commander"),
    ):
        person = Person.objects.create(name=username, body=body)
        post = Post.objects.create(body=body, title=title)
        Holding.objects.create(person=person, post=post, since=date(2024, 1, 1))
        users[username] = User.objects.create(username=username, person=person)
        Grant.objects.create(user=users[username], role=role)
    incident = actions.open_incident("虚构", users["duty"], Asked(), places=[]).incident
    told = {"stage": "occurred", "cause": "external_emergency", "multi_point_operators": ["移动城区分公司"]}
    actions.add_facts(incident, [Stated(k, v) for k, v in told.items()], users["duty"], Asked())
    actions.triage(incident, "21", "true", users["duty"], Asked())
    actions.propose(incident, "21", users["duty"], Asked(reason="虚构"))


FORM = "5f1d3c0a9b7e4d21a6c8"  # the key of the form the commander sends, and sends again


def start(cut: str = "") -> None:
    """Start the response. `cut`: the power goes when all is written and not yet kept, or as soon as it is `kept`."""
    from django.db import transaction

    from luoshi.accounts.models import User
    from luoshi.emergency import actions, hooks
    from luoshi.emergency.actions import Asked
    from luoshi.emergency.models import Incident

    def dies(*_: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    if cut:
        hooks.on("started", (lambda *_: transaction.on_commit(dies)) if cut == "kept" else dies, name="zz.cut")
    actions.start(Incident.objects.get(), "21", User.objects.get(username="commander"), Asked(once=FORM))


def cut_off(fork: Any, cut: str) -> bool:
    """A start in a process of its own that is killed at `cut`; whether it was."""
    from django.db import connections

    connections.close_all()
    worker = fork.Process(target=start, args=(cut,))
    worker.start()
    worker.join()
    return bool(worker.exitcode == -signal.SIGKILL)


def deliver(later: int) -> None:
    """Hand out what is due, as the clocks process does, `later` minutes on: a lease of two minutes has run out."""
    from luoshi.kernel import when
    from luoshi.notices.actions import deliver_due

    moment = when.now() + timedelta(minutes=later)
    while deliver_due(moment, limit=10):
        pass


CALLS, EACH = 60, 8  # calls of a monitoring system, alarms in each; every call is sent a second time


def flood_comes() -> None:
    """A monitoring system reports faster than can be joined: everything is stored and waits."""
    from luoshi.emergency import feeds, flood
    from luoshi.emergency.models import Feed

    flood._pace, flood.wake = flood.Pace(calm=0), lambda: None
    feed = Feed.objects.create(name="虚构网管", prefix="lf_", digest="0" * 64, created_by="虚构")
    for n in [*range(CALLS), *range(CALLS)]:
        alerts = [{"status": "firing", "labels": {"alertname": "Down", "site": f"{n}-{i}"}} for i in range(EACH)]
        told = {"version": "4", "groupKey": "g", "receiver": "r", "alerts": alerts}
        feeds.alertmanager(feed, json.dumps(told).encode())


def join(*, cut: bool = False) -> None:
    """Join what waits, three calls at a time; with `cut` the power goes when the second three are written, not kept."""
    from luoshi.emergency import flood, intake

    flood.REPORTS, real, batches = 3 * EACH, intake.take_all, [0]

    def take_all(calls: Any) -> Any:
        taken = real(calls)
        batches[0] += 1
        if batches[0] == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return taken

    if cut:
        intake.take_all = take_all  # type: ignore[assignment]
    while flood.join_some():
        pass


def joined() -> dict[str, Any]:
    """What has become of each alarm that was accepted."""
    from luoshi.emergency import flood
    from luoshi.emergency.models import Feed, Signal
    from luoshi.ledger.reading import verify

    repeats = list(Signal.objects.filter(source="alertmanager").values_list("repeats", flat=True))
    waiting, received = flood.gauge().waiting, Feed.objects.get().received
    return {"waiting": waiting, "distinct": len(repeats), "heard": len(repeats) + sum(repeats),
            "received": received, "ledger": verify().ok}  # fmt: skip


def kill_while_joining(dice: random.Random) -> list[dict[str, Any]]:
    """A flood, and the process that joins it killed three times; what there was after each, and at the end."""
    from django.db import connections

    fork, found = multiprocessing.get_context("fork"), []
    flood_comes()
    for cut in (True, False, False):
        connections.close_all()
        worker = fork.Process(target=join, kwargs={"cut": cut})
        worker.start()
        if not cut:
            time.sleep(dice.uniform(0.05, 0.15))
            worker.kill()
        worker.join()
        found.append(joined())
    join()
    return [*found, joined()]


def count() -> dict[str, Any]:
    from luoshi.emergency.models import Act, CallOut, Response, Task
    from luoshi.ledger.reading import verify
    from luoshi.notices.models import Delivery, Notice

    calls = Delivery.objects.filter(notice__kind="emergency.start", channel="sms")
    return {
        "lines": Act.objects.filter(kind="started").count(),
        "running": Response.objects.filter(state="running").count(),
        "callouts": CallOut.objects.filter(purpose="start").count(),
        "tasks": Task.objects.count(),
        "notices": Notice.objects.filter(kind="emergency.start").count(),
        "sent": sorted(calls.filter(state="sent").values_list("address", flat=True)),
        "dial": sorted(calls.filter(dial=True).values_list("address", flat=True)),
        "open": calls.filter(state__in=("queued", "sending")).count(),
        "ledger": verify().ok,
    }


def main(seed: int) -> dict[str, Any]:
    """A start cut off, one cut off once kept and sent again, a call-out killed three times: what was there after."""
    from django.db import connections

    prepare()
    fork, dice, later = multiprocessing.get_context("fork"), random.Random(seed), 0
    found: dict[str, Any] = {"killed": cut_off(fork, "written"), "after_cut": count()}
    found |= {"killed_kept": cut_off(fork, "kept"), "kept": count()}
    start()  # the commander saw no answer, and sends the same form again
    found["started"] = count()
    for _ in range(3):
        connections.close_all()
        worker = fork.Process(target=deliver, args=(later,))
        worker.start()
        time.sleep(dice.uniform(0.06, 0.2))
        worker.kill()
        worker.join()
        later += 3
    deliver(later)
    return found | {"end": count(), "flood": kill_while_joining(dice)}


if __name__ == "__main__":
    import django

    django.setup()
    sys.stdout.write(json.dumps(main(int(sys.argv[1]))) + "\n")
