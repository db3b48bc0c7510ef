"""A table-top drill: a scenario's injects on a timeline of its own, played on the acts of a real incident.

Players work on the ordinary screens; what they do is checked by the same rules, told on the same tree and timed by the
same clocks, and nothing leaves the machine. The director moves the time and shows the injects. At the end the log is
scored by the engine that scores every drill.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from luoshi.clocks import actions as clocks
from luoshi.emergency import actions, drilling, drills, hooks, paper, replaying, scenarios
from luoshi.emergency.models import DrillRun, Incident
from luoshi.emergency.sitting import Asked
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.actions import append, recording
from luoshi.norms import factfile

DIRECTOR = "演练导演组"
STEPS = (1, 5, 30)  # minutes a director moves at once
FURTHEST = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Coming:
    """An entry of the scenario that has not been shown. `kind` inject: shown to players; act: what is expected."""

    at: datetime
    kind: str
    words: str
    told: Mapping[str, Any]


def register() -> None:
    hooks.on_refused(tried)


def open_run(name: str, user: Any, *, via: str = "web") -> DrillRun:
    """Begin: a lane standing at the scenario's first moment, and an exercise incident on it."""
    found = drills.checked(name)
    first = _moments(found.told)[0]
    by: Actor = user.as_actor(via)
    with recording():
        lane = clocks.open_lane(f"演练：{found.title}"[:120], by=by, start_at=first)
        run = DrillRun.objects.create(
            name=found.title[:120], scenario=name, text=found.text, mode="tabletop", lane=lane,
            plans=found.plans, started_at=when.now(), by=by.name, user=user,
        )  # fmt: skip
        data = {"exercise": True, "name": run.name, "scenario": name, "sm3": found.digest, "lane": lane.pk}
        append("emergency.drill_opened", by=by, subject=f"drill:{run.pk}", data=data)
        with when.at(lane.now):
            actions.open_incident(
                found.title, user, Asked(via=via), places=[str(p) for p in found.told.get("places") or []],
                exercise=True, lane=lane, drill=run,
            )  # fmt: skip
    return run


def incident_of(run: DrillRun) -> Incident:
    return Incident.objects.select_related("lane").get(drill=run)


def _moments(told: Mapping[str, Any]) -> list[datetime]:
    """When each entry of the timeline happens; a scenario without a date is played today."""
    return drilling.moments({**told, "date": told.get("date") or when.today().isoformat()})


def coming(run: DrillRun) -> list[Coming]:
    """What the scenario still holds, in order."""
    told = scenarios.read(run.text.encode(), run.scenario).told
    dated = {**told, "date": told.get("date") or when.aware(run.started_at).date().isoformat()}
    entries = list(zip(drilling.moments(dated), told["timeline"], strict=True))
    return [_coming(moment, entry[1]) for moment, entry in entries[run.cursor :]]


def _coming(moment: datetime, told: Mapping[str, Any]) -> Coming:
    if "act" in told:
        by = told.get("by")
        who = by.get("post", "") if isinstance(by, Mapping) else str(by or "")
        cites = "、".join(paper.place(str(cite)) for cite in told.get("cites") or [told.get("cite")] if cite)
        about = "，".join(filter(None, [who, cites]))
        words = drilling.act_words(str(told["act"]))
        return Coming(moment, "act", f"预期动作：{words}{f'（{about}）' if about else ''}", told)
    words = str(told.get("inject") or told.get("note") or "")
    facts = [drilling.fact_words(name, value) for name, value in (told.get("set") or {}).items()]
    return Coming(moment, "inject", "；".join(filter(None, [words, *facts])), told)


def advance(run: DrillRun, user: Any, minutes: int, *, via: str = "web") -> int:
    """Move the time on, showing what the scenario holds until then at its own moment. Returns how many injects."""
    if not 0 < minutes <= FURTHEST / timedelta(minutes=1):
        raise BadInput("请写 1 以上的分钟数", field="minutes")
    lane = _open(run).lane
    assert lane is not None
    return _to(run, user, when.aware(lane.now) + timedelta(minutes=minutes), via)


def next_inject(run: DrillRun, user: Any, *, via: str = "web") -> int:
    """Go to the next inject, passing by the acts that were expected before it."""
    left = coming(_open(run))
    following = next((one for one in left if one.kind == "inject"), None)
    if following is None:
        raise BadInput("脚本里没有更多的注入了", field="minutes")
    lane = run.lane
    assert lane is not None
    return _to(run, user, max(following.at, when.aware(lane.now)), via, most=1)


def _to(run: DrillRun, user: Any, until: datetime, via: str, most: int | None = None) -> int:
    """Each inject is shown at its own moment, with the clocks before it fired; then the time goes on to `until`."""
    shown = 0
    for one in coming(run):
        if one.at > until or (most is not None and shown >= most):
            break
        _move(run, one.at)
        if one.kind == "inject":
            _show(run, one, user, via)
            shown += 1
        run.cursor += 1
        run.save(update_fields=["cursor"])
    _move(run, until)
    return shown


def _move(run: DrillRun, to: datetime) -> None:
    lane = run.lane
    assert lane is not None
    lane.refresh_from_db()
    if to > lane.now:
        clocks.advance(lane, to)


def _show(run: DrillRun, one: Coming, user: Any, via: str) -> None:
    """The players read it in the incident's log; facts come as what the director's group reports."""
    incident = incident_of(run)
    said = str(one.told.get("inject") or one.told.get("note") or "").strip()
    if said:
        actions.note(incident, f"【注入】{said}", user, Asked(via=via))
    facts = [
        actions.Stated(name, value, source="演练注入", reporter=DIRECTOR)
        for name, value in (one.told.get("set") or {}).items()
        if name != "triage"
    ]
    if facts:
        actions.add_facts(incident, facts, user, Asked(via=via))


def tried(incident: Incident, by: Actor, error: Refused) -> None:
    """A rule refused what a player tried: in a drill that is part of what is scored."""
    if incident.drill_id is None or incident.lane is None:
        return
    with recording():
        run = DrillRun.objects.select_for_update().get(pk=incident.drill_id)
        row = {
            "at": when.aware(incident.lane.now).isoformat(),
            "by": by.name,
            "reason": error.reason,
            "cite": error.cite,
        }
        run.said = [*run.said, row]
        run.save(update_fields=["said"])
        data = {"exercise": True, "incident": incident.number, "reason": error.reason}
        append("emergency.drill_refused", by=by, subject=f"drill:{run.pk}", cites=[error.cite] if error.cite else [],
               data=data)  # fmt: skip


def finish(run: DrillRun, user: Any, *, via: str = "web") -> DrillRun:
    """End the drill: its time stops, its log is scored, the incident is closed as an exercise."""
    by: Actor = user.as_actor(via)
    with recording():
        run = DrillRun.objects.select_for_update(of=("self",)).select_related("lane").get(pk=run.pk)
        incident = incident_of(_open(run))
        told = replaying.scenario(incident, run.said, name=run.name)
        result = drilling.run(told, file=run.scenario)
        result |= {
            "held_on": when.aware(run.started_at).date().isoformat(),
            "manner": "桌面演练（参演人员在事件页面上处置）",
        }
        result["incident"] = incident.number
        kept = json.loads(factfile.to_json(result))
        run.score = kept.pop("score")
        run.result, run.plans, run.state, run.ended_at = kept, result["plans"], "done", when.now()
        run.save()
        lane = run.lane
        assert lane is not None
        _close(incident, by)
        clocks.close_lane(lane, by)
        drills.seal(run, by, scenarios.read(run.text.encode(), run.scenario).digest)
    return run


def _close(incident: Incident, by: Actor) -> None:
    Incident.objects.filter(pk=incident.pk).update(
        state=Incident.State.CLOSED, closed_at=when.now(), close_reason="演练结束", version=incident.version + 1
    )
    data = {"exercise": True, "incident": incident.number, "reason": "演练结束"}
    append("emergency.closed", by=by, subject=incident.subject, data=data)


def _open(run: DrillRun) -> DrillRun:
    if run.state != "open" or run.lane_id is None:
        raise Refused("这次演练已经结束")
    return run
