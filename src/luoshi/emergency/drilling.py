"""A drill: a scenario on virtual time, with the engine of a real incident and nothing leaving the machine.

Everything it returns has status Exercise. An act that a rule forbids is refused, recorded with its clause, and the
drill goes on: that is what a drill is for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from luoshi.emergency import acts, scoring, stage, wording
from luoshi.emergency.case import Case
from luoshi.emergency.desk import desk
from luoshi.emergency.plans import SHIPPED
from luoshi.emergency.stage import STATUS, Drill
from luoshi.kernel.errors import BadInput, Refused
from luoshi.kernel.when import SHANGHAI
from luoshi.norms import factfile

FIRST_DAY = "2026-01-01"
LARGEST = 20_000  # entries of a timeline


def shipped() -> list[Path]:
    """The scenarios that ship with the packs."""
    return sorted(SHIPPED.glob("*/drills/*.yaml"))


def find(name: str) -> str:
    """A file, `-`, or the name of a scenario that ships."""
    if name == "-" or Path(name).is_file():
        return name
    found = next((path for path in shipped() if path.stem == name), None)
    if found is None:
        names = "、".join(path.stem for path in shipped())
        raise BadInput("没有这个演练脚本", file=name, hint=f"自带的有：{names}")
    return str(found)


def run(scenario: Mapping[str, Any], *, pack: str = "jccq", file: str = "") -> dict[str, Any]:
    """The whole drill. Raises BadInput for a scenario that cannot be used, naming the entry of its timeline."""
    drill = _begin(scenario, pack, file)
    entries = list(_timeline(scenario, drill))
    for moment, entry, place in entries:
        _advance(drill, moment)
        for key, value in entry.items():
            _one(drill, key, value, entry, place)
    _finish(drill)
    return _result(drill)


def problems(scenario: Mapping[str, Any], *, pack: str = "jccq", file: str = "") -> list[BadInput]:
    """Everything that keeps a scenario from running, entry by entry; a head that cannot be used hides the rest."""
    found: list[BadInput] = []
    try:
        drill = _begin(scenario, pack, file)
        entries = _entries(scenario, drill)
    except BadInput as error:
        return [error]
    last = drill.date
    for i, entry in enumerate(entries, 1):
        try:
            last, told, place = _entry(drill, entry, i, last)
            _advance(drill, last)
            for key, value in told.items():
                _one(drill, key, value, told, place)
        except BadInput as error:
            found.append(error)
    return found


def _begin(scenario: Mapping[str, Any], pack: str, file: str) -> Drill:
    known = {"name", "exercise", "note", "date", "plans", "settings", "facts", "places", "timeline", "expect", "plan"}
    for name in scenario:
        if name not in known:
            raise BadInput("没有这个字段", file=file, field=str(name), hint="可用的有：" + "、".join(sorted(known)))
    if scenario.get("exercise", True) is not True:
        raise BadInput("演练脚本的 exercise 只能是 true", file=file, field="exercise")
    settings = _mapping(scenario, "settings", file)
    at = desk(settings, pack, file=file)
    day = str(scenario.get("date") or FIRST_DAY)
    try:
        start = datetime.fromisoformat(day).replace(tzinfo=SHANGHAI, hour=0, minute=0, second=0, microsecond=0)
    except ValueError:
        raise BadInput(f"应为日期，如 2026-01-01，现为 {day!r}", file=file, field="date") from None
    plans = _list(scenario, "plans", file) or ([str(scenario["plan"])] if scenario.get("plan") else [])
    for slug in plans:
        if slug not in at.plans.by_slug:
            raise BadInput(f"没有预案 {slug}", file=file, field="plans")
    chosen = plans or list(at.plans.by_slug)
    name = str(scenario.get("name") or "演练")
    drill = Drill(at, name, start, _list(scenario, "places", file), chosen, file, start)
    drill.cases = {slug: Case(at.plans.by_slug[slug]) for slug in chosen}
    drill.facts = _mapping(scenario, "facts", file)
    at.given(drill.facts, file)
    return drill


def _mapping(scenario: Mapping[str, Any], name: str, file: str) -> dict[str, Any]:
    value = scenario.get(name) or {}
    if not isinstance(value, Mapping):
        raise BadInput("应写作 名称: 值", file=file, field=name)
    return dict(value)


def _list(scenario: Mapping[str, Any], name: str, file: str) -> list[str]:
    value = scenario.get(name) or []
    if not isinstance(value, list):
        raise BadInput("应为列表", file=file, field=name)
    return [str(item) for item in value]


def _timeline(scenario: Mapping[str, Any], drill: Drill) -> Iterator[tuple[datetime, Mapping[str, Any], str]]:
    last = drill.date
    for i, entry in enumerate(_entries(scenario, drill), 1):
        last, told, place = _entry(drill, entry, i, last)
        yield last, told, place


def _entries(scenario: Mapping[str, Any], drill: Drill) -> list[Any]:
    entries = scenario.get("timeline")
    if not isinstance(entries, list) or not entries:
        raise BadInput("缺少时间线，或为空", file=drill.file, field="timeline")
    if len(entries) > LARGEST:
        raise BadInput(f"时间线过长，上限 {LARGEST} 项", file=drill.file, field="timeline")
    return entries


def _entry(drill: Drill, entry: Any, i: int, last: datetime) -> tuple[datetime, Mapping[str, Any], str]:
    place = f"timeline[{i}]"
    if not isinstance(entry, list) or len(entry) != 2 or not isinstance(entry[1], Mapping):
        raise BadInput('应写作 ["09:00:00", {…}]', file=drill.file, field=place)
    moment = _moment(drill, entry[0], place)
    if moment < last:
        raise BadInput(f"时间倒退：{entry[0]}", file=drill.file, field=place, hint="过零点写 24:10:00")
    if not drill.log and i == 1:
        drill.now = moment
    return moment, entry[1], place


def _moment(drill: Drill, text: Any, place: str) -> datetime:
    parts = str(text).strip().split(":")
    try:
        if len(parts) not in (2, 3) or not all(part.isdigit() for part in parts):
            raise ValueError
        hours, minutes, seconds = (int(part) for part in [*parts, "0"][:3])
        if minutes > 59 or seconds > 59 or hours > 24 * 30:
            raise ValueError
    except ValueError:
        raise BadInput(f"应为时刻，如 09:00:00，现为 {text!r}", file=drill.file, field=place) from None
    return drill.date + timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _advance(drill: Drill, moment: datetime) -> None:
    stage.overdue(drill, moment)
    drill.now = moment


def _one(drill: Drill, key: str, value: Any, entry: Mapping[str, Any], place: str) -> None:
    if key == "set":
        _set(drill, value, place)
    elif key == "act":
        _act(drill, entry, place)
    elif key in ("note", "inject"):
        drill.say(key, text=str(value))
    elif key == "tried":
        _tried(drill, value)
    elif "act" not in entry:
        raise BadInput("没有这种事项", file=drill.file, field=f"{place}.{key}", hint="可用的有：set、act、note、inject")


def _tried(drill: Drill, told: Mapping[str, Any]) -> None:
    """What a rule refused in a drill that was played: it was not done, and it is on the record."""
    by, reason, cite = (str(told.get(name, "")) for name in ("by", "reason", "cite"))
    slug = cite.partition(":")[0]
    case = drill.cases.get(slug) or next(iter(drill.cases.values()))
    case.refusals.append((drill.now, "", by, reason, cite))
    drill.say("refused", plan=case.plan.slug, by=by, reason=reason, cite=cite)


def _set(drill: Drill, value: Any, place: str) -> None:
    if not isinstance(value, Mapping):
        raise BadInput("set 应写作 事实: 值", file=drill.file, field=place)
    drill.facts = drill.facts | dict(value)
    try:
        drill.desk.given(drill.facts)
    except BadInput as error:
        raise BadInput(error.reason, file=drill.file, field=f"{place}.set.{error.field}", hint=error.hint) from None
    drill.say("set", facts=dict(value))
    stage.grade(drill)


def _act(drill: Drill, entry: Mapping[str, Any], place: str) -> None:
    name = str(entry["act"])
    told = {key: value for key, value in entry.items() if key not in ("act", "set", "note", "inject")}
    _shapes(told, drill.file, place)
    slugs = _plans_of(drill, told.pop("plan", None), place)
    act = acts.find(name, drill.desk.plans)
    if act is None:
        raise BadInput(f"没有这个动作：{name}", file=drill.file, field=place, hint=_known(drill))
    for slug in slugs:
        case = drill.cases[slug]
        try:
            act(drill, slug, case, name, dict(told))
        except Refused as error:
            case.refusals.append((drill.now, name, str(told.get("by", "")), error.reason, error.cite))
            drill.say("refused", plan=slug, act=name, by=told.get("by"), reason=error.reason, cite=error.cite)
        except BadInput as error:
            raise BadInput(error.reason, file=drill.file, field=f"{place}.{error.field}", hint=error.hint) from None


_LISTS = ("to", "parts", "acknowledged", "cites", "groups")


def _shapes(told: Mapping[str, Any], file: str, place: str) -> None:
    """The fields of an act that are lists or mappings are so; a wrong shape is named, not stumbled over."""
    for name in _LISTS:
        if not isinstance(told.get(name), list | None):
            raise BadInput("应为列表", file=file, field=f"{place}.{name}")
    if not isinstance(told.get("evidence"), Mapping | None):
        raise BadInput("应写作 条件: 依据", file=file, field=f"{place}.evidence")
    if not isinstance(told.get("by"), str | Mapping | None):
        raise BadInput("应为职务，或 {post, name}", file=file, field=f"{place}.by")


def _known(drill: Drill) -> str:
    return "可用的有：" + "、".join(acts.names(drill.desk.plans))


def _plans_of(drill: Drill, plan: Any, place: str) -> list[str]:
    """The plans an act is under: those named; else those that run; else those that apply; else all of the drill."""
    if plan is not None:
        slugs = [str(item) for item in plan] if isinstance(plan, list) else [str(plan)]
        for slug in slugs:
            if slug not in drill.cases:
                raise BadInput(f"演练中没有预案 {slug}", file=drill.file, field=f"{place}.plan")
        return slugs
    running = [slug for slug, case in drill.cases.items() if case.response.state not in ("none", "ended")]
    warned = [slug for slug, case in drill.cases.items() if case.warning.state not in ("none", "lifted")]
    ended = [slug for slug, case in drill.cases.items() if case.response.state == "ended"]
    applying = [slug for slug, case in drill.cases.items() if case.card and case.card["applies"] is True]
    return running or warned or ended or applying or list(drill.cases)


def _finish(drill: Drill) -> None:
    for slug, case in drill.cases.items():
        for clock in case.clocks:
            if clock.running and clock.due is not None:
                drill.say("clock", plan=slug, clock=clock.row.name, state="late" if clock.told else "running",
                          minutes=clock.row.minutes, cite=clock.row.cite, open=True)  # fmt: skip


def _result(drill: Drill) -> dict[str, Any]:
    log = sorted(drill.log, key=lambda event: str(event["at"]))
    score = scoring.sheet(drill)
    return {
        "drill": drill.name,
        "status": STATUS,
        "marked": "演练：全部内容为虚构，不得外发",
        "plans": drill.plans,
        "titles": [_title(case) for case in drill.cases.values()],
        "places": drill.places,
        "events": log,
        "proposals": [e for e in log if e["kind"] == "proposal"],
        "starts": [e for e in log if e["kind"] == "start"],
        "warnings": [e for e in log if e["kind"] == "warning"],
        "notices": [e for e in log if e["kind"] == "notice"],
        "clocks": [e for e in log if e["kind"] == "clock"],
        "refused": [e for e in log if e["kind"] == "refused"],
        "ends": [e for e in log if e["kind"] == "end"],
        "score": score,
        "sent": 0,
    }


def moments(scenario: Mapping[str, Any]) -> list[datetime]:
    """When each entry of a usable scenario happens."""
    drill = _begin(scenario, "jccq", "")
    return [_moment(drill, entry[0], "") for entry in scenario["timeline"]]


def act_words(name: str) -> str:
    """An act as people call it: its own word, else what a step of a plan says, else where a clock begins or ends."""
    if name in wording.ACTS:
        return wording.ACTS[name]
    plans = desk().plans.by_slug.values()
    steps = [step.what for plan in plans for step in plan.steps if step.act == name]
    ends = [clock.stops for plan in plans for clock in plan.clocks if clock.off == name]
    begins = [clock.starts for plan in plans for clock in plan.clocks if clock.on == name]
    return next(iter([*steps, *ends, *begins]), name)


def event_words(event: Mapping[str, Any]) -> str:
    """A line of the course for a reader: facts, acts, conditions and people by the names people give them."""
    words, told, by = desk().plans.vocabulary, dict(event), event.get("by")
    if isinstance(by, Mapping):
        told["by"] = " ".join(str(by[part]) for part in ("post", "name") if by.get(part))
    if "ask" in told:
        told["ask"] = [words.label(name) for name in told["ask"]]
    if told.get("outcome"):
        told["outcome"] = words.shown("triage", told["outcome"])
    if told.get("act"):
        told["act"] = act_words(str(told["act"]))
    if told.get("key"):
        told["key"] = _condition(str(told["key"]))
    return wording.event_words(told)


def _condition(key: str) -> str:
    """What must be shown before an end or a lifting, in the words of the plan."""
    rows = (row for plan in desk().plans.by_slug.values() for row in (*plan.row.end, *plan.row.lift))
    return next((row.text for row in rows if row.key == key), key)


def fact_words(name: str, value: Any) -> str:
    words = desk().plans.vocabulary
    return f"{words.label(name)}：{words.shown(name, value)}"


def _title(case: Case) -> str:
    row = case.plan.row
    return f"{case.plan.slug}号《{row.title}》"


def load(name: str) -> tuple[dict[str, Any], str]:
    """A scenario by file, `-` or shipped name, and the file it was read from."""
    path = find(name)
    return factfile.mapping(path), factfile.shown(path)
