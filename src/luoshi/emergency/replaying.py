"""A live drill as a scenario: what its log says was done, in order, so that the same engine scores it again.

A fact is set as it was known at each moment (`knowing`): where reporters disagreed it is unknown until one was chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from luoshi.emergency import knowing, live
from luoshi.emergency.models import Act, Incident, Query, Report, TaskEntry
from luoshi.kernel import when

Entry = tuple[datetime, dict[str, Any]]
_REPORTS = {"oral": "oral_report", "first": "written_report", "follow_up": "follow_up", "final": "follow_up"}
# A kind of line in the log: the act of the course it is, and which of its data go along (field → key).
_COURSE: dict[str, tuple[str, dict[str, str]]] = {
    "opened": ("received", {}),
    "triaged": ("triage", {"outcome": "outcome", "transferee": "transferee"}),
    "proposed": ("propose", {"level": "level", "reason": "reason"}),
    "confirmed": ("confirm", {}),
    "started": ("start", {"level": "level", "reason": "reason"}),
    "taken_over": ("take_over", {"by": "superior"}),
    "superior_agreed": ("superior_agrees", {}),
    "evidence": ("evidence", {"key": "key", "text": "text"}),
    "groups": ("groups", {"groups": "groups"}),
    "ended": ("end", {"evidence": "conditions", "acknowledged": "acknowledged"}),
    "warning_proposed": ("propose_warning", {"level": "level"}),
    "warning_confirmed": ("confirm_warning", {}),
    "warning_issued": ("issue_warning", {"to": "to"}),
    "warning_lifted": ("lift_warning", {"evidence": "conditions", "vanished": "vanished"}),
}


def scenario(incident: Incident, tried: list[dict[str, Any]], *, name: str) -> dict[str, Any]:
    """The drill's log as a scenario. `tried`: what players tried and a rule refused, with its time. Five queries."""
    entries = [*_acts(incident), *_reports(incident), *_queries(incident), *_tasks(incident), *_tried(tried)]
    entries.sort(key=lambda entry: entry[0])
    begun = when.aware(entries[0][0]) if entries else when.aware(incident.opened_at)
    midnight = begun.replace(hour=0, minute=0, second=0, microsecond=0)
    chosen = [case.plan for case in incident.cases.all() if case.chosen is not False]
    told: dict[str, Any] = {
        "name": name,
        "exercise": True,
        "date": midnight.date().isoformat(),
        "places": list(incident.places),
        "settings": live.spelt_settings(live.desk()),
        "timeline": [[_clock(midnight, moment), entry] for moment, entry in entries]
        or [["00:00:00", {"note": "没有记录"}]],
    }
    return told | ({"plans": chosen} if chosen else {})


def _clock(midnight: datetime, moment: datetime) -> str:
    seconds = max(0, int((when.aware(moment) - midnight) / timedelta(seconds=1)))
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _acts(incident: Incident) -> Iterator[Entry]:
    heard = _Heard()
    for act in Act.objects.filter(incident=incident).select_related("case").order_by("at", "pk"):
        for told in _act(act, heard):
            yield act.at, told


def _act(act: Act, heard: _Heard) -> Iterator[dict[str, Any]]:
    data, plan = act.data, {"plan": act.case.plan} if act.case else {}
    who = {"by": {"post": act.post, "name": act.actor} if act.post else act.actor}
    if act.kind in _COURSE:
        name, fields = _COURSE[act.kind]
        given = {
            field: list(data[key]) if field == "groups" else data[key]
            for field, key in fields.items()
            if data.get(key) not in (None, "")
        }
        yield {"act": name, **who, **given, **plan}
    elif act.kind in ("fact", "fact_chosen"):
        changed = heard.say(data.get("facts_stated") or [data])
        yield {"set": changed} if changed else {"note": act.text}
    elif data.get("act"):
        yield {"act": str(data["act"]), "ref": str(data.get("ref", "")), **plan, **who}
    else:
        yield {"note": act.text}


@dataclass(slots=True)
class _Statement:
    """One statement of the log, as `knowing.Said`."""

    pk: int
    name: str
    value: Any
    reporter: str
    at: datetime
    replaced: bool = False
    chosen: bool = False


@dataclass(slots=True)
class _Heard:
    """Everything said so far, kept as the desk kept it; `known`: what the engine has been told of it."""

    said: list[_Statement] = field(default_factory=list)
    known: dict[str, Any] = field(default_factory=dict)

    def say(self, rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
        """The facts these statements change, by name; None: no longer known."""
        for row in rows:
            self._keep(row)
        self.said.sort(key=lambda one: (one.at, one.pk))
        now = {name: one.value for name, one in knowing.know(self.said).items()}
        changed = {
            name: value for name, value in now.items() if knowing.spelt(value) != knowing.spelt(self.known.get(name))
        }
        self.known |= changed
        return changed

    def _keep(self, row: dict[str, Any]) -> None:
        name, value, moment = str(row["name"]), row["value"], when.parse_moment(row["at"])
        same = [one for one in self.said if (one.name, one.reporter) == (name, row["reporter"])]
        kept = next(
            (one for one in same if one.at == moment and knowing.spelt(one.value) == knowing.spelt(value)), None
        )
        if kept is None:
            earlier, late = knowing.replaces([one for one in same if not one.replaced], moment)
            for one in earlier:
                one.replaced = True
            kept = _Statement(len(self.said), name, value, row["reporter"], moment, replaced=late)
            self.said.append(kept)
        if row.get("chosen"):
            for one in self.said:
                one.chosen = one is kept or (one.chosen and one.name != name)


def _reports(incident: Incident) -> Iterator[Entry]:
    for row in Report.objects.filter(incident=incident).select_related("case").order_by("sent_at", "pk"):
        act = _REPORTS.get(row.kind)
        if act is None:
            continue
        told: dict[str, Any] = {"act": act, "by": row.by, "upward": row.upward, "channel": row.channel}
        told |= {"reason": row.channel_reason or "见记录", "secret": row.secret, "final": row.kind == "final"}
        if row.kind == "first" and not row.secret:
            told["parts"] = [label for label, words in row.parts.items() if str(words).strip()]
        moment = row.delivered_at if row.kind != "oral" and row.delivered_at else row.sent_at
        yield moment, told | ({"plan": row.case.plan} if row.case else {})


def _queries(incident: Incident) -> Iterator[Entry]:
    for row in Query.objects.filter(incident=incident):
        yield row.received_at, {"act": "superior_query", "by": row.asked_by, "ref": f"q{row.pk}"}
        if row.answered_at is not None:
            yield (
                row.answered_at,
                {"act": "answer_query", "by": row.answered_by, "content": row.answer, "ref": f"q{row.pk}"},
            )


def _tasks(incident: Incident) -> Iterator[Entry]:
    rows = TaskEntry.objects.filter(task__incident=incident, kind="done").select_related("task__case")
    for row in rows.order_by("at", "pk"):
        plan = row.task.case.plan
        cites = [cite for cite in row.task.cites or [row.task.cite] if str(cite).startswith(f"{plan}:")]
        if cites:
            yield row.at, {"act": "do", "cites": cites, "by": row.by, "plan": plan}


def _tried(tried: list[dict[str, Any]]) -> Iterator[Entry]:
    for row in tried:
        yield (
            when.parse_moment(row["at"]),
            {"tried": {key: row.get(key, "") for key in ("by", "reason", "cite", "act")}},
        )
