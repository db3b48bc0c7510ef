"""Who gets one message, when to try again, which channel comes next. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

EXERCISE = "【演练】"
TRIES_PER_CHANNEL = 3
LEASE = timedelta(minutes=2)  # a try that was not reported back after this long is taken over


@dataclass(slots=True)
class Target:
    """One recipient-to-be. `key` is who it is ("user:7"), `group` whom it answers for ("body:9")."""

    key: str
    group: str
    name: str
    user_id: int | None = None
    person_id: int | None = None
    body_id: int | None = None
    plan: list[tuple[str, str]] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)


def merge(targets: Iterable[Target]) -> list[Target]:
    """Each recipient once, in first order, with every addressee it stands for."""
    kept: dict[str, Target] = {}
    for target in targets:
        first = kept.setdefault(target.key, target)
        if target.group not in first.groups:
            first.groups.append(target.group)
    return list(kept.values())


def marked(title: str, exercise: bool) -> str:
    """The title, with 【演练】 before it when it is an exercise (once)."""
    return EXERCISE + title if exercise and not title.startswith(EXERCISE) else title


def wait_after(attempts: int) -> timedelta:
    """How long to wait after the nth failure on one channel: 30 s, 1 min, 2 min … at most 30 min."""
    return timedelta(seconds=min(30 * 2 ** max(0, min(attempts, 12) - 1), 1800))


def after_failure(step: int, attempts: int, plan: Sequence[Sequence[str]]) -> tuple[int, int] | None:
    """(step, attempts) to go on with after another failed try: same channel, next one, or None: dial by hand."""
    if attempts < TRIES_PER_CHANNEL:
        return step, attempts
    return (step + 1, 0) if step + 1 < len(plan) else None
