"""Deadlines as an iCalendar feed behind a private address."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django.db import transaction
from icalendar import Calendar, Event

from luoshi.accounts.engine import digest
from luoshi.kernel import when
from luoshi.ledger.actions import append
from luoshi.supervision import queries
from luoshi.supervision.lights import LIGHT_LABELS
from luoshi.supervision.models import CalendarFeed, Duty

MOST = 2000  # events in a feed; calendar programs fetch it whole, several times a day
BACK, AHEAD = timedelta(days=90), timedelta(days=400)


def new_feed(user: Any, *, via: str = "web") -> str:
    """A new private address for `user`; earlier ones stop working. Returns the token, shown once."""
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        CalendarFeed.objects.filter(user=user, revoked_at__isnull=True).update(revoked_at=when.now())
        CalendarFeed.objects.create(user=user, digest=digest(token), created_at=when.now())
        append("supervision.calendar_feed", by=user.as_actor(via), subject=f"user:{user.pk}")
    return token


def owner(token: str) -> Any | None:
    """Whose feed a token opens: an enabled account that may still read duties. None otherwise."""
    feed = CalendarFeed.objects.select_related("user").filter(digest=digest(token), revoked_at__isnull=True).first()
    if feed is None or not feed.user.is_active or not feed.user.may("supervision.read"):
        return None
    return feed.user


def feed(user: Any, link: str) -> bytes:
    """The calendar of a person: the duties of their bodies, or all of them for those bound to none."""
    today = when.today()
    bodies = [b.pk for b in user.bodies()]
    rows = queries.for_bodies(bodies) if bodies else queries.rows()
    rows = rows.filter(due__gte=today - BACK, due__lte=today + AHEAD).exclude(state="closed").order_by("due", "id")
    made = Calendar()
    made.add("prodid", "-//luoshi//duties//ZH")
    made.add("version", "2.0")
    made.add("x-wr-calname", "督办期限")
    for duty in rows[:MOST]:
        made.add_component(_event(duty, link))
    return bytes(made.to_ical())


def _event(duty: Duty, link: str) -> Event:
    made = Event()
    assert duty.due is not None
    made.add("uid", f"duty-{duty.pk}@luoshi")
    made.add("dtstamp", duty.updated_at)
    made.add("dtstart", duty.due)
    made.add("dtend", duty.due + timedelta(days=1))
    made.add("summary", f"[{LIGHT_LABELS[duty.light]}] {duty.title}")
    made.add("description", f"{duty.instrument.number} {duty.citation}\n{duty.light_why}")
    made.add("url", f"{link}{duty.pk}/")
    made.add("transp", "TRANSPARENT")
    return made
