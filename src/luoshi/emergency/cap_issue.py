"""The CAP 1.2 message of a warning that was issued, adjusted or lifted, made from its row whenever it is asked for."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from luoshi.emergency import cap_out
from luoshi.emergency.live import Table
from luoshi.emergency.models import Warning
from luoshi.kernel import when
from luoshi.kernel.errors import Refused
from luoshi.norms.models import Pack

ISSUED = ("issued", "adjusted", "lifted")


def message(warning: Warning) -> bytes:
    """The latest message of this warning: its issue, or its lifting. Refused for one that was never issued."""
    case = warning.case
    table = Table(case.incident)
    plan, ctx = table.plan(case.plan), table.context(case.plan)
    if warning.state not in ISSUED or warning.issued_at is None:
        raise Refused("预警还没有发布，没有可发的消息", cite=plan.row.hq.cite)
    earlier, lifted = _earlier(warning), warning.state == "lifted"
    inside = plan.row.warning_internal
    internal = inside is not None and ctx.answer(inside.reading) != inside.allowed
    levels = [row.level for row in plan.of_kind("warning")]
    row = plan.level("warning", warning.level)
    shown = plan.row.level_names.get(warning.level, warning.level)
    signed = f"{warning.issued_post} {warning.issued_name}签发" if not lifted else f"{warning.ended_name}宣布解除"
    public = not internal and any(word in name for name in warning.recipients for word in _PUBLIC)
    return cap_out.write(
        cap_out.Message(
            kind="Cancel" if lifted else "Update" if earlier else "Alert",
            identifier=identifier(warning, lifted=lifted),
            sender=sender(),
            sent=_moment(warning.ended_at if lifted and warning.ended_at else warning.issued_at),
            exercise=case.incident.exercise,
            event=plan.row.subject,
            level=shown,
            order=levels.index(warning.level) if warning.level in levels else -1,
            issuer=warning.issuer or plan.row.warning_issuer,
            headline=f"{'解除' if lifted else ''}{shown}预警：{case.incident.title}",
            description=f"{plan.row.title}，{signed}。" + (f"威胁消失：{warning.vanished}" if warning.vanished else ""),
            instruction="" if lifted else "；".join(m.what for m in plan.row.warning_measures),
            stage=str(table.facts.get("stage") or ""),
            cite=row.cite if row else "",
            internal=inside.what if internal and inside else "",
            internal_cite=inside.cite if inside else "",
            public=public,
            recipients=warning.recipients,
            areas=[str(place) for place in case.incident.places],
            earlier=[*earlier, *([_own(warning)] if lifted else [])],
            incident=case.incident.number,
        )
    )


_PUBLIC = ("社会", "公众")


def identifier(warning: Warning, *, lifted: bool = False) -> str:
    return f"{_ascii(warning.case.incident.number)}-{warning.case.plan}-W{warning.pk}{'-C' if lifted else ''}"


def _ascii(number: str) -> str:
    """Numbers of drills begin with 演; identifiers travel between systems and stay plain."""
    return number.replace("演", "EX")


def sender() -> str:
    """Who sends, as systems tell each other apart: the pack of the district at this installation's address."""
    pack = Pack.objects.order_by("pk").values_list("pk", flat=True).first()
    host = settings.CSRF_TRUSTED_ORIGINS[0].partition("://")[2] if settings.CSRF_TRUSTED_ORIGINS else "luoshi.local"
    return f"{pack or 'luoshi'}@{host}"


def _own(warning: Warning) -> tuple[str, datetime]:
    assert warning.issued_at is not None
    return identifier(warning), _moment(warning.issued_at)


def _earlier(warning: Warning) -> list[tuple[str, datetime]]:
    """The messages of the levels before this one, oldest first."""
    found: list[tuple[str, datetime]] = []
    before = warning.previous
    while before is not None and before.issued_at is not None and len(found) < 50:
        found.insert(0, _own(before))
        before = before.previous
    return found


def _moment(at: datetime) -> datetime:
    return when.aware(at)
