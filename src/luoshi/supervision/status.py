"""Keeps what lists filter by up to date: the light, the next due day, and the counts of the board."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncMonth

from luoshi.kernel import when
from luoshi.supervision import rulings
from luoshi.supervision.facts import light_of
from luoshi.supervision.models import Duty, DutyBody, Tally
from luoshi.supervision.rulebook import Rules, on

BATCH = 500
NEVER = "9999-99"
Key = tuple[str, str, str]


def whole() -> QuerySet[Duty]:
    """Duties with everything a light needs, in a bounded number of queries."""
    return Duty.objects.select_related("instrument").prefetch_related(
        "bodies", "targets__readings", rulings.of_targets(), "evidence"
    )


def refresh(duty: Duty, rules: Rules | None = None) -> None:
    """Recompute one duty's light after an act and move the board's counts with it. Inside the act's transaction."""
    before = keys_of(duty) if duty.status == Duty.Status.CONFIRMED and duty.pk else []
    _light(duty, rules or on())
    after = keys_of(duty) if duty.status == Duty.Status.CONFIRMED else []
    shift(before, after)


def recount_of(duty: Duty, counted: list[Key], rules: Rules | None = None) -> None:
    """As `refresh`, when the caller has changed what is counted; `counted` is from before."""
    _light(duty, rules or on())
    shift(counted, keys_of(duty) if duty.status == Duty.Status.CONFIRMED else [])


def _light(duty: Duty, rules: Rules) -> None:
    for name in ("bodies", "targets", "evidence"):
        duty.__dict__.get("_prefetched_objects_cache", {}).pop(name, None)
    _compute(duty, rules)
    duty.save(update_fields=["light", "light_why", "due", "month", "changes_on", "lead", "updated_at"])


def _compute(duty: Duty, rules: Rules) -> None:
    found = light_of(duty, when.today(), rules)
    leads = [b.body_id for b in duty.bodies.all() if b.role == "lead" and b.body_id]
    duty.light, duty.light_why = found.colour, found.why[:400]
    duty.due, duty.changes_on = found.due, found.until
    duty.month = f"{found.due:%Y-%m}" if found.due else ""
    duty.lead_id = leads[0] if leads else None
    duty.updated_at = when.now()


def keys_of(duty: Duty) -> list[Key]:
    """The counters one confirmed duty stands in."""
    light = duty.light
    keys: list[Key] = [("all", "", light), ("document", str(duty.instrument_id), light), ("month", duty.month, light)]
    keys += [("state", "", duty.state)]
    if duty.deadline:
        keys.append(("deadline", f"{duty.deadline:%Y-%m}", "dated"))
        keys += [("closed", f"{duty.closed_on:%Y-%m}", "dated")] if duty.closed_on else []
    keys += [("body", str(i), light) for i in sorted({b.body_id for b in duty.bodies.all() if b.body_id})]
    return keys


def shift(before: Iterable[Key], after: Iterable[Key]) -> None:
    """Move counts from `before` to `after`; only what differs is written."""
    change = Counter(after)
    change.subtract(Counter(before))
    for (axis, ref, measure), by in sorted(change.items()):
        if by:
            add(axis, ref, measure, by)


def add(axis: str, ref: str, measure: str, by: int = 1) -> None:
    found = Tally.objects.filter(axis=axis, ref=ref, measure=measure).update(count=F("count") + by)
    if not found:
        Tally.objects.create(axis=axis, ref=ref, measure=measure, count=by)


def refresh_due(limit: int = 5000) -> int:
    """Recompute the lights that the passage of time has changed. Returns how many were looked at."""
    done = 0
    rules = on()
    while done < limit:
        with transaction.atomic():
            rows = list(
                whole()
                .filter(changes_on__lte=when.today())
                .order_by("changes_on", "id")
                .select_for_update(of=("self",))[:BATCH]
            )
            _refresh_rows(rows, rules)
        done += len(rows)
        if len(rows) < BATCH:
            break
    return done


def refresh_all(rules: Rules | None = None) -> int:
    """Recompute every light: after the settings changed, or a bulk load. The counts are rebuilt whole."""
    rules, last, done = rules or on(), 0, 0
    while True:
        rows = list(whole().filter(pk__gt=last).order_by("pk")[:BATCH])
        if not rows:
            break
        with transaction.atomic():
            for duty in rows:
                _compute(duty, rules)
            _write(rows)
        last, done = rows[-1].pk, done + len(rows)
    rebuild()
    return done


FIELDS = ["light", "light_why", "due", "month", "changes_on", "lead", "updated_at"]


def _refresh_rows(rows: list[Duty], rules: Rules) -> None:
    before: list[Key] = []
    after: list[Key] = []
    for duty in rows:
        confirmed = duty.status == Duty.Status.CONFIRMED
        before += keys_of(duty) if confirmed else []
        _compute(duty, rules)
        if duty.changes_on and duty.changes_on <= when.today():
            duty.changes_on = None  # nothing more to wait for: never look at the same day twice
        after += keys_of(duty) if confirmed else []
    _write(rows)
    shift(before, after)


def _write(rows: list[Duty]) -> None:
    """One prepared UPDATE for many rows: a CASE over thousands of parameters takes ten times as long."""
    fields: list[Any] = [Duty._meta.get_field(name) for name in FIELDS]
    sets = ", ".join(f"{connection.ops.quote_name(f.column)} = %s" for f in fields)
    values = [[*(f.get_db_prep_save(getattr(d, f.attname), connection) for f in fields), d.pk] for d in rows]
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {connection.ops.quote_name(Duty._meta.db_table)} SET {sets} WHERE id = %s", values)  # noqa: S608 names from the model


def rebuild() -> None:
    """Count everything again from the duties: after a bulk load, or when `luoshi check` finds a difference."""
    confirmed = Duty.objects.filter(status=Duty.Status.CONFIRMED)
    counts: Counter[Key] = Counter()
    for axis, field in (("document", "instrument_id"), ("month", "month")):
        for row in confirmed.values(field, "light").annotate(n=Count("id")).order_by():
            counts[axis, str(row[field]), row["light"]] += row["n"]
    for row in confirmed.values("light").annotate(n=Count("id")).order_by():
        counts["all", "", row["light"]] += row["n"]
    for row in confirmed.values("state").annotate(n=Count("id")).order_by():
        counts["state", "", row["state"]] += row["n"]
    named: Iterable[Any] = (
        DutyBody.objects.filter(duty__status=Duty.Status.CONFIRMED, body__isnull=False)
        .values("body_id", "duty__light")
        .annotate(n=Count("duty_id", distinct=True))
        .order_by()
    )
    for row in named:
        counts["body", str(row["body_id"]), row["duty__light"]] += row["n"]
    for axis, field in (("deadline", "deadline"), ("closed", "closed_on")):
        dated = confirmed.filter(deadline__isnull=False).filter(**{f"{field}__isnull": False})
        months: Iterable[Any] = dated.annotate(m=TruncMonth(field)).values("m").annotate(n=Count("id")).order_by()
        for row in months:
            counts[axis, f"{row['m']:%Y-%m}", "dated"] += row["n"]
    lights = Q(measure__in=["red", "yellow", "green", "grey", "dated"]) | Q(axis="state")
    with transaction.atomic():
        Tally.objects.filter(lights).delete()
        Tally.objects.bulk_create(Tally(axis=a, ref=r, measure=m, count=n) for (a, r, m), n in counts.items())
