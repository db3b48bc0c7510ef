"""Targets over HTTP: added, measured, verified, and filled when another level has given the figure."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router, Schema

from luoshi.accounts.auth import api_auth, require
from luoshi.kernel import when
from luoshi.supervision import aims, measures, queries, rulebook
from luoshi.supervision.drafting import DraftTarget
from luoshi.supervision.models import Reading, Target
from luoshi.supervision.wire import duty_json, exact, reading_json

router = Router(tags=["supervision"], auth=api_auth)
Json = dict[str, Any]


class RemoveIn(Schema):
    reason: str
    version: int | None = None


class ReadingIn(Schema):
    value: str
    period_end: date
    source: str
    document: str = ""
    period_start: date | None = None
    reference: str | None = None
    note: str = ""


class TargetIn(Schema):
    """`op`: >= > <= < = between done. `value` and `high` exact numbers as text; a slot another level fills has none."""

    indicator: str
    op: str
    value: str | None = None
    high: str | None = None
    unit: str = ""
    due: date | None = None
    baseline: str = ""
    fuzzy: str = ""
    awaited_from: str = ""
    reason: str
    version: int | None = None


@router.post("/duties/{pk}/targets", summary="Add a target to a duty (添加指标)")
def add_target(request: HttpRequest, pk: int, given: TargetIn) -> Json:
    """The duty with its targets as they are now. 422 names the field, 409 when the duty is closed or has changed."""
    user = require(request, "supervision.supervise")
    found = queries.whole(pk)
    if found is None:
        raise Http404
    value, high = (
        measures.number(v, field=n) if v else None for n, v in (("value", given.value), ("high", given.high))
    )
    draft = DraftTarget(
        given.indicator.strip(), given.op, value, high, unit=given.unit.strip(), due=given.due,
        baseline=given.baseline, fuzzy=given.fuzzy, awaited_from=given.awaited_from.strip(),
    )  # fmt: skip
    aims.add_target(found, user, draft, reason=given.reason, version=given.version, via="api")
    whole = queries.whole(pk) or found
    return {"id": whole.pk, "version": whole.version, **duty_json(whole, when.today(), rulebook.on())}


@router.post("/targets/{pk}/remove", summary="Take a target off its duty (移除指标)")
def remove_target(request: HttpRequest, pk: int, given: RemoveIn) -> Json:
    """The duty as it is now. 409 for a target of a pack, one already removed, and a duty that is closed or changed."""
    user = require(request, "supervision.supervise")
    target = aims.remove_target(_target(pk), user, reason=given.reason, version=given.version, via="api")
    whole = queries.whole(target.duty_id) or target.duty
    return {"id": whole.pk, "version": whole.version, **duty_json(whole, when.today(), rulebook.on())}


@router.get("/targets/{pk}/readings", summary="The readings of a target")
def list_readings(request: HttpRequest, pk: int) -> list[Json]:
    require(request, "supervision.read")
    return [reading_json(r) for r in _target(pk).readings.all()]


@router.post("/targets/{pk}/readings", summary="Enter a reading")
def add_reading(request: HttpRequest, pk: int, given: ReadingIn) -> Json:
    user = require(request, "supervision.measure")
    reference = measures.number(given.reference, field="reference") if given.reference else None
    made = measures.Measured(
        measures.number(given.value),
        given.period_end,
        given.source,
        given.document,
        given.period_start,
        reference,
        given.note,
    )
    return reading_json(measures.enter(_target(pk), user, made, via="api"))


@router.post("/readings/{pk}/verify", summary="Verify a reading")
def verify_reading(request: HttpRequest, pk: int) -> Json:
    user = require(request, "supervision.supervise")
    found = Reading.objects.select_related("target").filter(pk=pk).first()
    if found is None:
        raise Http404
    return reading_json(measures.verify(found, user, via="api"))


class ValueIn(Schema):
    value: str
    source: str
    on: date | None = None


@router.post("/targets/{pk}/value", summary="Fill a slot that waited for another level's figure")
def set_value(request: HttpRequest, pk: int, given: ValueIn) -> Json:
    user = require(request, "supervision.supervise")
    target = _target(pk)
    measures.set_value(target, user, value=measures.number(given.value), source=given.source, on=given.on, via="api")
    return {"id": target.pk, "indicator": target.indicator, "value": exact(target.value)}


def _target(pk: int) -> Target:
    found = Target.objects.select_related("duty__instrument").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
