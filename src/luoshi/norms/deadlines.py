"""The two promises a document makes about itself: to be revised (应修订), and to end (有效期)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from luoshi.clocks import actions as clocks
from luoshi.clocks import queries as clock_queries
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.norms.models import Clause, Instrument

REVISION, EXPIRY = "norms.revision_due", "norms.expiry"
WARN_BEFORE = (timedelta(days=180), timedelta(days=90), timedelta(days=30))
_OVER = ("finished", "cancelled", "broken")


def revision_due(instrument: Instrument) -> tuple[date | None, str]:
    """When an instrument is due for revision, and the clause that says so; (None, "") when nothing says so.

    A date set by a person stands; otherwise the document's date and the cycle its clause states (facts.cycle_years).
    """
    rule = Clause.objects.filter(instrument=instrument, facts__has_key="cycle_years").order_by("order").first()
    if instrument.revision_due is not None:
        return instrument.revision_due, rule.key if rule else ""
    since = instrument.valid_from or instrument.date
    if rule is None or since is None:
        return None, ""
    return years_later(since, int(rule.facts["cycle_years"])), rule.key


def years_later(day: date, years: int) -> date:
    """The same day `years` on; the last day of February for 29 February."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def watch(instrument: Instrument, *, by: Actor) -> None:
    """Start the instrument's clocks, or start them anew when the dates have changed. Does nothing twice."""
    due, cite = revision_due(instrument)
    _keep(instrument, REVISION, f"《{instrument.title}》应修订", due, cite, by)
    _keep(instrument, EXPIRY, f"《{instrument.title}》有效期届满", instrument.valid_until, instrument.slug, by)


def watch_all(instruments: Iterable[Instrument], *, by: Actor) -> None:
    for instrument in instruments:
        watch(instrument, by=by)


def _keep(instrument: Instrument, kind: str, name: str, day: date | None, cite: str, by: Actor) -> None:
    subject = f"instrument:{instrument.slug}"
    wanted = when.aware(datetime.combine(day, time(23, 59, 59))) if day else None  # the day itself is still in time
    held = [clock for clock in clock_queries.of(subject) if clock.kind == kind]
    for clock in held:
        if clock.state not in _OVER and clock.due_at != wanted:
            clocks.cancel(clock, "日期已变更", by)
    if wanted is not None and not any(clock.due_at == wanted and clock.state != "cancelled" for clock in held):
        clocks.start(
            kind,
            subject=subject,
            name=name,
            cite=cite or instrument.slug,
            due_at=wanted,
            warn_before=WARN_BEFORE,
            by=by,
        )
