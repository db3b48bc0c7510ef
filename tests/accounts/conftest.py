from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from luoshi.accounts.models import Grant, User
from luoshi.directory.models import Body
from luoshi.kernel.acting import Actor

PASSWORD = "an-honest-pass-phrase"
Make = Callable[..., User]


@pytest.fixture
def by() -> Actor:
    return Actor("命令行", via="cli")


@pytest.fixture
def make(db: None) -> Make:
    """`make("zhang", "handler", body=…)`: an account with roles."""

    def made(username: str, *roles: str, body: Body | None = None) -> User:
        user = User.objects.create_user(username, password=PASSWORD, display_name=username)
        for role in roles:
            Grant.objects.create(user=user, role=role, body=body)
        return user

    return made


@pytest.fixture
def sign_in() -> Callable[[User], Client]:
    def signed(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed
