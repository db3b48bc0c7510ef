"""信息报告: an oral report, then in writing, then follow-ups until the end; a superior's query and its answer.

State secrets never enter (4.1/p1s6): what is marked secret is refused, its words are kept nowhere, a stub says that
there was such a report. Upward the secure way is the default; another needs a reason (A32).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from luoshi.emergency import course, drafting, sitting, timing
from luoshi.emergency.live import Table
from luoshi.emergency.models import LIVE, Act, Incident, Query, Report, Response
from luoshi.emergency.sitting import Asked, Sitting
from luoshi.kernel import when
from luoshi.kernel.canonical import dumps, sm3
from luoshi.kernel.errors import BadInput, Refused

KINDS = {"oral": "电话快报", "first": "初报", "follow_up": "续报", "final": "终报", "answer": "回应上级"}
CHANNELS = (course.SECURE, "电话", "会议电视", "传真", "电子邮件", "当面")
EVENTS = {"oral": "oral_report", "first": "written_report", "follow_up": "follow_up", "final": "written_report"}
_MARK = re.compile(r"(绝密|机密|秘密)\s*[★☆]|密级\s*[：:]\s*(绝密|机密|秘密)|国家秘密事项")


@dataclass(slots=True)
class Draft:
    """A report as it is to go out. `parts`: label → words; `delivered_at`: when the other side had or heard it
    (default: now); earlier than now for one written down afterwards."""

    kind: str
    to: Sequence[str]
    parts: Mapping[str, str] = field(default_factory=dict)
    upward: bool = True
    channel: str = course.SECURE
    channel_reason: str = ""
    secret: bool = False
    delivered_at: datetime | None = None


def report(incident: Incident, draft: Draft, user: Any, asked: Asked) -> Report:
    """Record and number a report; its clocks start and stop. Refused for secret content, after a stub was kept."""
    if draft.kind not in KINDS or draft.kind == "answer":
        raise BadInput("没有这种报告", field="kind", hint="、".join(KINDS.values()))
    _complete(draft)
    if draft.secret or any(_MARK.search(text) for text in draft.parts.values()):
        raise _kept_out(incident, draft, user, asked)
    with sitting.sitting(incident.pk, user, asked, closed=True) as at:
        if at.before:
            return Report.objects.get(pk=at.before.data["report"])
        cite = _allowed(at, draft)
        late = timing.late(at.incident)
        made = _row(at, draft)
        names = "、".join(made.to)
        text = (
            f"{title(made)}，报{names}，{made.channel}"
            + (f"（{made.channel_reason}）" if made.channel_reason else "")
            + _written_later(made.delivered_at, made.entered_at)
        )
        data = {"report": made.pk, "kind": made.kind, "number": made.number, "to": made.to, "upward": made.upward,
                "channel": made.channel, "reason": made.channel_reason, "digest": made.sm3,
                "delivered_at": made.delivered_at, "entered_at": made.entered_at}  # fmt: skip
        at.log(EVENTS[made.kind], text, cite=cite, data=data, reading="A32" if made.channel_reason else "")
        for event in _events(at.incident, made):
            at.emit("did", None, {"act": event, "at_time": made.delivered_at})
        _in_time_after_all(at, late, made.delivered_at)
        at.move()
    return made


def _written_later(happened: datetime | None, entered: datetime | None) -> str:
    """Beside what was done earlier than it was written down here: both times."""
    if happened is None or entered is None or happened == entered:
        return ""
    return f"（{when.aware(happened):%m-%d %H:%M:%S}；{when.aware(entered):%H:%M:%S}补登）"


def _in_time_after_all(at: Sitting, late: Collection[int], moment: datetime | None) -> None:
    """A clock that broke because nobody had written it down here: the log says it was in time, and by what."""
    for clock in timing.corrected(late):
        text = f"“{clock.name}”实为按时：{when.aware(moment or clock.due_at):%H:%M:%S}已办，此前所记超时更正"
        at.log("in_time", text, cite=clock.cite, data={"clock": clock.pk, "due": clock.due_at, "done": clock.ended_at})


def _events(incident: Incident, made: Report) -> list[str]:
    """Any written report is the writing-up that an oral one waits for; any report after the first is a follow-up."""
    if made.kind == "oral":
        again = Report.objects.filter(incident=incident, secret=False).exclude(pk=made.pk).exists()
        return ["oral_report", *(["follow_up"] if again else [])]
    return ["written_report", *(["follow_up"] if made.kind in ("follow_up", "final") else [])]


def _complete(draft: Draft) -> None:
    if not [name for name in draft.to if name.strip()]:
        raise BadInput("请写明报送对象", field="to")
    if not draft.channel.strip():
        raise BadInput("请写明用什么方式报送", field="channel")
    if not any(text.strip() for text in draft.parts.values()) and not draft.secret:
        raise BadInput("请写明报告内容", field="parts")


def _earlier(given: datetime | None, now: datetime, field: str, what: str) -> datetime:
    """The moment given, which may not lie ahead; now, when none was."""
    moment = when.aware(given) if given is not None else now
    if moment > now:
        raise BadInput(f"{what}不能晚于现在", field=field)
    return moment


def _kept_out(incident: Incident, draft: Draft, user: Any, asked: Asked) -> Refused:
    """Keep the stub, in a transaction of its own, and nothing of the words; the refusal to raise."""
    with sitting.sitting(incident.pk, user, asked, closed=True) as at:
        cite = next((c for c in (_secret_cite(at.table, slug) for slug in timing.relevant(at.table)) if c), "")
        if not at.before:
            made = Report.objects.create(
                incident=at.incident, kind=draft.kind, to=list(draft.to), upward=draft.upward, channel="另行以保密方式",
                secret=True, by=at.actor.name, user=user, sent_at=timing.moment(at.incident),
                entered_at=timing.moment(at.incident),
            )  # fmt: skip
            data = {"report": made.pk, "kind": made.kind, "to": made.to}
            at.log("stub", f"{KINDS[draft.kind]}涉密，内容不进入本系统，只留存根", cite=cite, data=data)
    return Refused("涉密内容不进入本系统，已留存根；请另行以保密方式报送", cite=cite)


def _secret_cite(table: Table, slug: str) -> str:
    rows = [row.cite for row in table.plan(slug).row.forbids if row.cite.endswith("4.1/p1s6")]
    return rows[0] if rows else ""


def _allowed(at: Sitting, draft: Draft) -> str:
    """Judged by every plan in play. Returns the clause a report of this kind rests on."""
    table = at.table
    slugs = timing.relevant(table) or list(table.cases)
    for slug in slugs:
        course.report(
            table.context(slug), upward=draft.upward, channel=draft.channel.strip(),
            reason=draft.channel_reason.strip(), secret=False,
        )  # fmt: skip
    cite = _cite(table, slugs, draft.kind)
    known = Report.objects.filter(incident=at.incident, secret=False)
    if draft.kind == "first" and known.filter(kind="first").exists():
        raise Refused("初报已报，之后为续报", cite=cite)
    if draft.kind in ("follow_up", "final") and not known.filter(kind__in=("first", "oral")).exists():
        raise Refused("还没有初报", cite=cite)
    if draft.kind == "final" and Response.objects.filter(case__incident=at.incident, state__in=LIVE).exists():
        raise Refused("响应还在运行，续报至处置结束，结束后再报终报", cite=cite)
    return cite


def _cite(table: Table, slugs: Sequence[str], kind: str) -> str:
    ends = {"oral": "4.1/p1s2", "first": "4.1/p1s3"}.get(kind, "4.1/p1s4")
    return f"{slugs[0]}:{ends}" if slugs else ""


def _row(at: Sitting, draft: Draft) -> Report:
    now = timing.moment(at.incident)
    delivered = _earlier(draft.delivered_at, now, "delivered_at", "送达时间")
    number = Report.objects.filter(incident=at.incident, kind=draft.kind, secret=False).count() + 1
    parts = {str(label): text.strip() for label, text in draft.parts.items() if text.strip()}
    sealed = sm3(dumps({"incident": at.incident.number, "kind": draft.kind, "number": number, "parts": parts}))
    return Report.objects.create(
        incident=at.incident, kind=draft.kind, number=number, to=[name.strip() for name in draft.to if name.strip()],
        upward=draft.upward, channel=draft.channel.strip()[:40], channel_reason=draft.channel_reason.strip()[:200],
        parts=parts, sm3=sealed, sent_at=delivered, delivered_at=delivered, entered_at=now, by=at.actor.name,
        user=at.user,
    )  # fmt: skip


def title(made: Report) -> str:
    """初报, 续报（2）, 终报."""
    name = KINDS.get(made.kind, made.kind)
    return f"{name}（{made.number}）" if made.kind in ("follow_up", "oral") else name


def asked_by_superior(
    incident: Incident, who: str, text: str, user: Any, asked: Asked, *, received_at: datetime | None = None
) -> Query:
    """催报、核实: a superior asks; thirty minutes from when it came to an effective answer (4.1/p1s5)."""
    if not who.strip():
        raise BadInput("请写明是谁的要求", field="asked_by")
    if not text.strip():
        raise BadInput("请写明要求的内容", field="text")
    with sitting.sitting(incident.pk, user, asked, closed=True) as at:
        if at.before:
            return Query.objects.get(pk=at.before.data["query"])
        now = timing.moment(at.incident)
        came = _earlier(received_at, now, "received_at", "收到时间")
        made = Query.objects.create(
            incident=at.incident, asked_by=who.strip()[:120], text=text.strip(), received_at=came, entered_at=now
        )
        cite = _query_cite(at.table)
        data = {"query": made.pk, "received_at": came, "entered_at": now}
        at.log("superior_query", f"{made.asked_by}催报、核实：{made.text}", cite=cite, data=data)
        at.emit("did", None, {"act": "superior_query", "ref": f"query:{made.pk}", "at_time": came})
        made.clock = next((c for c in timing.open_clocks(at.incident) if c.data.get("ref") == f"query:{made.pk}"), None)
        made.save(update_fields=["clock"])
        at.move()
    return made


def _query_cite(table: Table) -> str:
    rows = [clock.cite for slug in timing.relevant(table) or table.cases for clock in table.plan(slug).clocks
            if clock.off == "answer_query"]  # fmt: skip
    return rows[0] if rows else ""


def answer(query: Query, content: str, user: Any, asked: Asked, *, answered_at: datetime | None = None) -> Act:
    """An effective answer, given at `answered_at` (default: now); “收到” is refused and the time runs on."""
    with sitting.sitting(query.incident_id, user, asked, closed=True) as at:
        if at.before:
            return at.before
        row = Query.objects.select_for_update().get(pk=query.pk)
        cite = _query_cite(at.table)
        if row.answered_at is not None:
            raise Refused(f"已由{row.answered_by}回应", cite=cite)
        slug = next(iter(timing.relevant(at.table) or at.table.cases))
        course.answer_query(at.table.plan(slug), content, cite)
        if _MARK.search(content):
            raise Refused("涉密内容不进入本系统，请另行以保密方式回应", cite=_secret_cite(at.table, slug))
        now, late = timing.moment(at.incident), timing.late(at.incident)
        given = _earlier(answered_at, now, "answered_at", "回应时间")
        if given < row.received_at:
            raise BadInput("回应时间早于收到要求的时间", field="answered_at")
        row.answer, row.answered_at, row.answered_by = content.strip(), given, at.actor.name
        row.answer_entered_at = now
        row.save()
        text = f"回应{row.asked_by}：{row.answer[:200]}{_written_later(given, now)}"
        data = {"query": row.pk, "answered_at": given, "entered_at": now}
        act = at.log("answer_query", text, cite=cite, data=data)
        at.emit("did", None, {"act": "answer_query", "ref": f"query:{row.pk}", "at_time": given})
        _in_time_after_all(at, late, given)
        at.move()
    return act


def begun(incident: Incident) -> dict[str, str]:
    """The five parts and the additions as far as the incident knows them, for a person to check and complete."""
    return drafting.parts(Table(incident))
