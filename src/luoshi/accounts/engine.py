"""Pure rules of accounts: how far a grant reaches, who may hold what together, what secrets look like."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass

from luoshi.accounts.roles import ADMINISTRATORS, ROLES
from luoshi.kernel.masking import mask_id, mask_name, mask_phone

__all__ = [
    "Reach",
    "conflict",
    "covers",
    "digest",
    "mask_id",
    "mask_name",
    "mask_phone",
    "new_recovery_codes",
    "new_token",
    "second_factor_roles",
    "tidy_code",
]

CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # without 0/O, 1/I/L: read aloud and copied by hand


@dataclass(frozen=True, slots=True)
class Reach:
    """What a grant is bound to; None = not bound."""

    body: int | None = None
    area: str | None = None


def covers(reach: Reach, body: int | None, areas: Collection[str]) -> bool:
    """Whether a grant bound as `reach` covers the body asked about and the area asked about.

    `areas` are the codes of the area asked about and of all areas around it; empty = no area was asked about. A grant
    bound only to an area says nothing about a body, and one bound only to a body nothing about an area.
    """
    if reach.body is None and reach.area is None:
        return True
    body_fits = reach.body is not None and reach.body == body
    area_fits = reach.area is not None and reach.area in areas
    if body is None and not areas:
        return True
    if body is not None and areas:
        return (body_fits or reach.body is None) and (area_fits or reach.area is None)
    return body_fits if body is not None else area_fits


def conflict(held: Collection[str], new: str) -> str | None:
    """Why `new` may not be granted to an account that holds `held`; None when it may."""
    if new not in ROLES:
        return f"没有“{new}”这个角色"
    others = {role for role in held if role != new}
    rivals = sorted(others & set(ADMINISTRATORS))
    if new in ADMINISTRATORS and rivals:
        return f"三员分立：已是{ROLES[rivals[0]]}的账号不能再任{ROLES[new]}"
    if new in ADMINISTRATORS and others:
        return f"三员分立：担任业务角色的账号不能任{ROLES[new]}"
    if rivals:
        return f"三员分立：{ROLES[rivals[0]]}的账号不能担任业务角色"
    return None


def second_factor_roles(setting: str, demo: bool) -> frozenset[str]:
    """The roles a second factor is required of. Empty = the administrators, in demo nobody; "off" = nobody."""
    words = {word.strip() for word in setting.split(",") if word.strip()}
    if words == {"off"}:
        return frozenset()
    if not words and demo:
        return frozenset()
    return frozenset(words | set(ADMINISTRATORS))


def digest(secret: str) -> str:
    """What is kept of a random secret. It is long and random, so a fast hash suffices and no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_token() -> str:
    """A token for programs: `ls_` and 256 random bits."""
    return "ls_" + secrets.token_urlsafe(32)


def new_recovery_codes(count: int = 10) -> list[str]:
    """Codes like `7KQ4M-XW2HP`, 49 random bits each."""
    return ["-".join("".join(secrets.choice(CODE_ALPHABET) for _ in range(5)) for _ in range(2)) for _ in range(count)]


def tidy_code(typed: str) -> str:
    """A recovery code as people type it (spaces, lower case, no hyphen) in its one spelling."""
    letters = re.sub(r"[^0-9A-Z]", "", typed.upper())
    return f"{letters[:5]}-{letters[5:]}" if len(letters) == 10 else letters
