from __future__ import annotations

from luoshi.accounts.models import Grant, User
from luoshi.directory.models import Body, Person


def account(name: str, *bodies: Body, role: str = "handler", person: Person | None = None) -> User:
    """An account with `role` for each of `bodies` (for the district when there are none)."""
    user = User.objects.create(username=name, display_name=name, person=person)
    for body in bodies or (None,):
        Grant.objects.create(user=user, role=role, body=body)
    return user
