"""Accounts over HTTP: who am I, what may I do; and for the administrators, who may what."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Prefetch
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from luoshi.accounts import queries
from luoshi.accounts.models import Grant, User
from luoshi.accounts.roles import ROLES
from luoshi.kernel.acting import require

router = Router(tags=["accounts"])


class GrantOut(Schema):
    role: str
    role_label: str
    body: str | None
    area: str | None
    since: date
    until: date | None


class Me(Schema):
    username: str
    name: str
    post: str
    grants: list[GrantOut]
    permissions: list[str]


class Account(Schema):
    id: int
    username: str
    name: str
    active: bool
    grants: list[GrantOut]


def _grant(grant: Grant) -> GrantOut:
    return GrantOut(
        role=grant.role,
        role_label=ROLES[grant.role],
        body=grant.body.name if grant.body else None,
        area=grant.area.code if grant.area else None,
        since=grant.since,
        until=grant.until,
    )


@router.get("/me", response=Me, summary="The account behind this request")
def me(request: HttpRequest) -> Any:
    user: Any = request.user
    grants = queries.current_grants(user)
    codes = {code for grant in grants for code in queries.permissions_of(grant.role)}
    return Me(
        username=user.username,
        name=user.get_full_name(),
        post=queries.post_of(user),
        grants=[_grant(grant) for grant in grants],
        permissions=sorted(codes),
    )


@router.get("/accounts", response=list[Account], summary="Accounts and their grants in force (500 a page)")
def accounts(request: HttpRequest, after: int = 0) -> Any:
    require(request, "accounts.view")
    unrevoked = Grant.objects.filter(revoked_at__isnull=True).select_related("body", "area")
    rows = User.objects.filter(pk__gt=after).order_by("pk").prefetch_related(Prefetch("grants", unrevoked))[:500]
    return [_account(user) for user in rows]


@router.get("/accounts/{pk}", response=Account, summary="One account")
def account(request: HttpRequest, pk: int) -> Any:
    require(request, "accounts.view")
    return _account(get_object_or_404(User, pk=pk))


def _account(user: User) -> Account:
    return Account(
        id=user.pk,
        username=user.username,
        name=user.get_full_name(),
        active=user.is_active,
        grants=[_grant(grant) for grant in queries.current_grants(user)],
    )
