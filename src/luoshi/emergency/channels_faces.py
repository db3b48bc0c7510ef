"""Reports and tasks in the navigation and in the to-do list of a unit's people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import reverse

from luoshi.emergency import tasks
from luoshi.emergency.models import Task
from luoshi.faces import nav, todo

SHOWN = 20  # lines of one person


def register() -> None:
    nav.register("来报", "emergency:signals", "emergency.read", group="应急", order=42)
    nav.register("我的应急任务", "emergency:my_tasks", "emergency.task", group="应急", order=43)
    todo.register(todos)


def todos(user: Any) -> Iterator[todo.Todo]:
    """What the units of this person have to sign for. At most two queries."""
    bodies = [body.pk for body in user.bodies() if user.may("emergency.task", body=body)]
    if not bodies:
        return
    for row in tasks.of_bodies(bodies).filter(state=Task.State.OPEN).order_by("pk")[:SHOWN]:
        mark = "【演练】" if row.incident.exercise else ""
        link = reverse("emergency:task", args=[row.pk])
        yield todo.Todo(
            f"{mark}签收应急任务：{row.what}", link, light="yellow", source=row.cite, note=row.incident.title
        )
