"""What people do here: bring in a file, answer and confirm a reading, set a parameter, decide a finding.

One function per act; each is one transaction with one ledger entry.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from luoshi.accounts.models import User
from luoshi.directory.queries import resolve
from luoshi.kernel import when
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger import actions as ledger
from luoshi.norms import deadlines, values
from luoshi.norms.models import Finding, Instrument, Interpretation, Parameter, ParameterValue


def answer_interpretation(reading: Interpretation, value: Any, *, reason: str, by: User, via: str = "web") -> None:
    """Answer an open question. The answer counts at once, as inferred; someone else must confirm it.

    Answering a confirmed reading anew opens it again. BadInput for a value outside the options or a blank reason.
    """
    _allowed(by, "norms.answer", reading.body, reading)
    chosen = _option(reading, value)
    reason = _said(reason)
    with ledger.recording():
        row = Interpretation.objects.select_for_update().get(pk=reading.pk)
        before = {"answer": row.answer, "status": row.status}
        row.answer, row.reason, row.status = chosen, reason, Interpretation.Status.INFERRED
        row.answered_by, row.answered_at, row.confirmed_by, row.confirmed_at = by, when.now(), None, None
        row.save()
        _record("norms.answered", by, via, f"interpretation:{row.key}", row.cites,
                {"key": row.key, "answer": chosen, "reason": reason, "before": before})  # fmt: skip
    reading.refresh_from_db()


def confirm_interpretation(reading: Interpretation, *, reason: str, by: User, via: str = "web") -> None:
    """Confirm the answer given. Only for the body that may interpret, and never by who answered (四眼原则)."""
    _allowed(by, "norms.confirm", reading.body, reading)
    reason = _said(reason)
    with ledger.recording():
        row = Interpretation.objects.select_for_update().get(pk=reading.pk)
        if row.answer is None:
            raise Refused("还没有人答复，不能确认", cite=_first(row.cites))
        if row.status == Interpretation.Status.CONFIRMED:
            raise Refused("这条口径已经确认，不必再确认", cite=_first(row.cites))
        if row.answered_by_id == by.pk:
            raise Refused("答复人不能自己确认，请由另一人确认", cite=_first(row.cites))
        row.status, row.confirmed_by, row.confirmed_at = Interpretation.Status.CONFIRMED, by, when.now()
        row.save()
        _record("norms.confirmed", by, via, f"interpretation:{row.key}", row.cites,
                {"key": row.key, "answer": row.answer, "body": row.body, "reason": reason})  # fmt: skip
    reading.refresh_from_db()


def set_parameter(
    parameter: Parameter, typed: str, *, valid_from: date, source: str, by: User,
    valid_until: date | None = None, via: str = "web",
) -> ParameterValue:  # fmt: skip
    """Set a value from a day on. The open value before it ends on that day; a later value ends this one.

    A value that begins the same day is replaced; the ledger keeps both. Without a source nothing is set.
    """
    _allowed(by, "norms.parameters", "", None)
    value = values.stored(parameter.kind, typed)
    source = source.strip()
    if not source:
        raise BadInput("请写明依据（文号、会议或通知），没有依据的数值不能生效", field="source")
    if valid_until is not None and valid_until <= valid_from:
        raise BadInput("截止日应晚于起始日", field="valid_until")
    with ledger.recording():
        rows = list(ParameterValue.objects.select_for_update().filter(parameter=parameter).order_by("valid_from"))
        before = next((row for row in rows if row.valid_from == valid_from), None)
        valid_until = _make_room(rows, valid_from, valid_until)
        row, _ = ParameterValue.objects.update_or_create(
            parameter=parameter,
            valid_from=valid_from,
            defaults={"value": value, "valid_until": valid_until, "source": source, "set_by": by},
        )
        cites = [parameter.cite] if parameter.cite else []
        _record("norms.parameter_set", by, via, f"parameter:{parameter.key}", cites,
                {"key": parameter.key, "value": value, "unit": parameter.unit, "from": valid_from,
                 "until": valid_until, "source": source, "before": before.value if before else None})  # fmt: skip
    return row


def _make_room(rows: list[ParameterValue], since: date, until: date | None) -> date | None:
    """End the value in force on `since`; return where the new one must end so that no two hold on one day."""
    for row in rows:
        if row.valid_from < since and (row.valid_until is None or row.valid_until > since):
            row.valid_until = since
            row.save(update_fields=["valid_until"])
    later = min((row.valid_from for row in rows if row.valid_from > since), default=None)
    if later is None:
        return until
    if until is not None and until > later:
        raise BadInput(f"{later} 起已另有数值，本次截止日不能晚于它", field="valid_until")
    return until or later


def decide_finding(
    finding: Finding, state: str, *, reason: str, by: User, correction: str = "", via: str = "web"
) -> None:
    """Say of a finding that it is so (accepted), is not (dismissed), or is put right (corrected). The text stays as
    printed; the correction stands beside it with a name."""
    _allowed(by, "norms.findings", "", None)
    reason = _said(reason)
    if state not in (Finding.State.ACCEPTED, Finding.State.DISMISSED, Finding.State.CORRECTED):
        raise BadInput("请选择处理结果", field="state")
    correction = correction.strip()
    if state == Finding.State.CORRECTED and not correction:
        raise BadInput("请填写更正后的文字", field="correction")
    with ledger.recording():
        row = Finding.objects.select_for_update().get(pk=finding.pk)
        before = row.state
        row.state, row.reason, row.decided_by, row.decided_at = state, reason, by, when.now()
        row.correction = correction if state == Finding.State.CORRECTED else ""
        row.save()
        cites = [f"{row.instrument.slug}:{row.path}"] if row.instrument and row.path else []
        _record("norms.finding_decided", by, via, f"finding:{row.pk}", cites,
                {"code": row.code, "raw": row.raw, "before": before, "state": state,
                 "correction": row.correction, "reason": reason})  # fmt: skip
    finding.refresh_from_db()


def set_revision(slug: str, due: date, *, reason: str, by: User, via: str = "web") -> Instrument:
    """Note when a document is next due for revision (after one, `due` moves on); its clock is started anew."""
    _allowed(by, "norms.import", "", None)
    reason = _said(reason)
    with ledger.recording():
        instrument = Instrument.objects.select_for_update().get(slug=slug)
        if due < when.today():
            raise BadInput("修订期限不能早于今天", field="due")
        if due == deadlines.revision_due(instrument)[0]:
            raise BadInput("与现在的修订期限相同", field="due")
        before, instrument.revision_due = instrument.revision_due, due
        instrument.save(update_fields=["revision_due"])
        deadlines.watch(instrument, by=by.as_actor(via))
        _record("norms.revision_set", by, via, f"instrument:{slug}", [slug],
                {"before": before, "due": due, "reason": reason})  # fmt: skip
    return instrument


def _allowed(user: User, permission: str, body_name: str, reading: Interpretation | None) -> None:
    """The permission, and where a body is named as the one to answer, that the person acts for it."""
    pack = reading.instrument.pack_id if reading else None
    body = resolve(body_name, pack=pack) if body_name and pack else None
    if user.may(permission, body=body):
        return
    if body is not None and user.may(permission):
        raise Refused(
            f"这条口径由{body_name}答复和确认，您没有代表该机关的授权", cite=_first(reading.cites if reading else [])
        )
    raise Refused("您没有办理此事的权限，请与系统管理员联系")


def _option(reading: Interpretation, value: Any) -> Any:
    allowed = [option["value"] for option in reading.options]
    if not allowed:
        if not str(value or "").strip():
            raise BadInput("请填写答复", field="answer")
        return str(value).strip()
    for option in allowed:
        if option == value or str(option) == str(value):
            return option
    raise BadInput("请从所列选项中选择", field="answer")


def _said(reason: str) -> str:
    if not reason.strip():
        raise BadInput("请写明理由", field="reason")
    return reason.strip()


def _first(cites: list[str]) -> str:
    return cites[0] if cites else ""


def _record(kind: str, by: User, via: str, subject: str, cites: list[str], data: dict[str, Any]) -> None:
    ledger.append(kind, by=by.as_actor(via), subject=subject, cites=cites, data=data)
