"""Who may what, who acts for whom."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from django.apps import apps
from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Lower

from luoshi.accounts.engine import Reach, covers
from luoshi.directory.engine import in_force
from luoshi.directory.models import Area, Body
from luoshi.kernel import when
from luoshi.kernel.acting import Permission, RoomConfig

if TYPE_CHECKING:
    from luoshi.accounts.models import Grant, User


@cache
def permissions() -> dict[str, Permission]:
    """Every permission the installed rooms declare, by its code `room.verb`."""
    found: dict[str, Permission] = {}
    for config in apps.get_app_configs():
        if isinstance(config, RoomConfig):
            found.update(config.permissions)
    return found


def permissions_of(role: str) -> dict[str, Permission]:
    return {code: permission for code, permission in permissions().items() if role in permission.roles}


def current_grants(user: User) -> list[Grant]:
    """Grants of `user` in force today; none for a disabled account. Read once per user object."""
    if not user.is_active:
        return []
    known: list[Grant] | None = user.__dict__.get("_grants")
    if known is None:
        fetched = "grants" in getattr(user, "_prefetched_objects_cache", {})
        rows = user.grants.all() if fetched else user.grants.filter(revoked_at__isnull=True)
        known = list(rows if fetched else rows.select_related("body", "area"))
        user.__dict__["_grants"] = known
    today = when.today()
    return [grant for grant in known if grant.revoked_at is None and in_force(grant.since, grant.until, today)]


def locked_out(usernames: Iterable[str] | None = None) -> dict[str, datetime]:
    """Names (in lower case) that may not sign in for now after wrong passwords, and until when. One query.

    A lock holds for one name from one address; the latest counts. Names nobody has can be locked too.
    """
    from axes.models import AccessAttempt

    cooloff = timedelta(hours=settings.AXES_COOLOFF_TIME)
    rows = AccessAttempt.objects.filter(
        failures_since_start__gte=settings.AXES_FAILURE_LIMIT, attempt_time__gt=when.now() - cooloff
    )
    if usernames is not None:
        rows = rows.annotate(low=Lower("username")).filter(low__in=[name.lower() for name in usernames])
    found: dict[str, datetime] = {}
    for name, at in rows.order_by("attempt_time").values_list("username", "attempt_time"):
        found[name.lower()] = at + cooloff
    return found


def forget_grants(user: User) -> None:
    """Grants changed: the next question reads them again."""
    user.__dict__.pop("_grants", None)


def may(user: User, permission: str, *, body: Body | int | None = None, area: Area | int | None = None) -> bool:
    declared = permissions().get(permission)
    if declared is None:
        return False
    body_id = body.pk if isinstance(body, Body) else body
    grants = [grant for grant in current_grants(user) if grant.role in declared.roles]
    if not grants:
        return False
    around = area_codes(area) if area is not None else frozenset()
    return any(
        covers(Reach(grant.body_id, grant.area.code if grant.area else None), body_id, around) for grant in grants
    )


def area_codes(area: Area | int) -> frozenset[str]:
    """The code of an area and of every area around it."""
    codes: set[str] = set()
    pk: int | None = area.pk if isinstance(area, Area) else area
    while pk is not None:
        row = Area.objects.filter(pk=pk).values_list("code", "parent_id").first()
        if row is None or row[0] in codes:
            break
        codes.add(row[0])
        pk = row[1]
    return frozenset(codes)


def areas_of(user: User, permission: str) -> frozenset[int] | None:
    """The areas (primary keys) in which `user` holds `permission`; None = everywhere. The same answer as `may(area=…)`.

    A grant bound to a body alone reaches no area: whose files a body keeps is not whose neighbours it may look up.
    """
    declared = permissions().get(permission)
    grants = [g for g in current_grants(user) if declared is not None and g.role in declared.roles]
    if any(g.body_id is None and g.area_id is None for g in grants):
        return None
    codes = {g.area.code for g in grants if g.area is not None}
    if not codes:
        return frozenset()
    rows: dict[int, tuple[str, int | None]] = {
        pk: (code, parent) for pk, code, parent in Area.objects.values_list("pk", "code", "parent_id")
    }
    within = frozenset(pk for pk in rows if _within(pk, rows, codes))
    return None if len(within) == len(rows) else within


def _within(pk: int | None, rows: dict[int, tuple[str, int | None]], codes: set[str]) -> bool:
    seen: set[int] = set()
    while pk is not None and pk in rows and pk not in seen:
        seen.add(pk)
        code, parent = rows[pk]
        if code in codes:
            return True
        pk = parent
    return False


def bodies_of(user: User) -> list[Body]:
    found = {grant.body_id: grant.body for grant in current_grants(user) if grant.body is not None}
    return sorted(found.values(), key=lambda body: body.pk)


def post_of(user: User) -> str:
    """The post under which `user` acts, as the ledger keeps it: the held post, else body and role of a grant."""
    from luoshi.directory.models import Holding

    today = when.today()
    if user.person_id is not None:
        held = (
            Holding.objects.filter(Q(until__isnull=True) | Q(until__gte=today), person_id=user.person_id)
            .filter(since__lte=today)
            .select_related("post__body")
            .first()
        )
        if held is not None:
            return str(held.post)
    for grant in current_grants(user):
        return f"{grant.body or ''}{grant.get_role_display()}"
    return ""


def users_of(body: Body | int | None, roles: Iterable[str]) -> list[User]:
    """Enabled accounts holding one of `roles` for `body` today (None: those not bound to a body)."""
    from luoshi.accounts.models import User

    today = when.today()
    bound = Q(grants__body__isnull=True) if body is None else Q(grants__body=body)
    return list(
        User.objects.filter(
            bound,
            Q(grants__until__isnull=True) | Q(grants__until__gte=today),
            is_active=True,
            grants__role__in=list(roles),
            grants__since__lte=today,
            grants__revoked_at__isnull=True,
        )
        .distinct()
        .order_by("pk")
    )
