from __future__ import annotations

from luoshi.accounts.models import Grant, User
from luoshi.directory.models import Body, Person
from luoshi.notices import kinds

NOTE = kinds.register(
    kinds.Kind("test.note", "试", "试时，发给任何人。", "{题}", "{文}", {"题": "请签收", "文": "任务已分办。"})
).code


def words(title: str, body: str = "任务已分办。") -> dict[str, object]:
    """What fills the words of a note."""
    return {"题": title, "文": body}


def account(name: str, *bodies: Body, role: str = "handler", person: Person | None = None) -> User:
    """An account with `role` for each of `bodies` (for the district when there are none)."""
    user = User.objects.create(username=name, display_name=name, person=person)
    for body in bodies or (None,):
        Grant.objects.create(user=user, role=role, body=body)
    return user
