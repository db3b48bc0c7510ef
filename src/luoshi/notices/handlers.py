"""When a confirmation does not come: tell the stand-in; when that brings none either, have someone telephone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from luoshi.accounts.queries import users_of
from luoshi.clocks.models import Clock
from luoshi.clocks.registry import every, on
from luoshi.clocks.ticking import CLOCKWORK
from luoshi.directory.models import Body, Holding, Person
from luoshi.kernel import when
from luoshi.ledger import actions as ledger
from luoshi.notices import actions
from luoshi.notices.engine import Target, merge
from luoshi.notices.models import Delivery, Notice


@on(actions.CONFIRM, "break")
def nobody_confirmed(clock: Clock, moment: datetime) -> None:
    notice = Notice.objects.get(pk=clock.data["notice"])
    group, level = str(clock.data["group"]), int(clock.data.get("level", 0))
    silent = [d for d in notice.deliveries.filter(confirmed_at__isnull=True) if group in d.groups]
    told = set(notice.deliveries.values_list("recipient", flat=True))
    fresh = [t for t in stand_ins(silent, group) if t.key not in told] if level == 0 else []
    if fresh:
        in_drill = clock.lane_id is not None or notice.exercise
        own = {group: silent[0].own} if silent else {}
        first = silent[0] if silent else None
        actions.write_deliveries(notice, fresh, only_mailbox=in_drill, stands_in_for=first, own=own)
        actions.start_confirm_clock(notice, group, by=CLOCKWORK, lane=clock.lane, level=1)
    else:
        Delivery.objects.filter(pk__in=[d.pk for d in silent]).update(dial=True)
    ledger.append(
        "notices.escalated",
        by=CLOCKWORK,
        subject=f"notice:{notice.pk}",
        cites=[notice.cite] if notice.cite else [],
        data={"group": group, "stand_ins": [t.key for t in fresh], "dial": not fresh},
    )


def stand_ins(silent: Iterable[Delivery], group: str) -> list[Target]:
    """Who stands in for those who did not confirm: the holder of the stand-in post, else the head of the body."""
    people = [d.person_id for d in silent if d.person_id]
    found = [actions.of_person(person, group) for person in _post_stand_ins(people)]
    if not found and group.startswith("body:"):
        body = Body.objects.get(pk=int(group.partition(":")[2]))
        found = [actions.of_user(user, group, body) for user in users_of(body, ["chief"])]
    return merge(found)


def _post_stand_ins(people: list[int]) -> list[Person]:
    if not people:
        return []
    today = when.today()
    current = Holding.objects.filter(Q(until__isnull=True) | Q(until__gte=today), since__lte=today)
    posts = current.filter(person_id__in=people, post__stand_in__isnull=False).values_list(
        "post__stand_in_id", flat=True
    )
    return [holding.person for holding in current.filter(post_id__in=list(posts)).select_related("person")]


@every(2, "notices.deliver")
def deliver() -> int:
    return actions.deliver_due()
