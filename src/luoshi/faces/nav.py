"""The navigation: every room says where its screens are; the shell shows each person those open to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse

from luoshi.kernel.acting import PUBLIC, SIGNED_IN

PORTAL = "门户"  # the group shown to residents, across the top of every public page
_entries: dict[str, Entry] = {}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the navigation. `permission` is a room's, PUBLIC or SIGNED_IN; `order` sorts in its group."""

    label: str
    url_name: str
    permission: str
    group: str
    order: int

    def open_to(self, user: Any) -> bool:
        if self.permission == PUBLIC:
            return True
        if not getattr(user, "is_authenticated", False):
            return False
        return self.permission == SIGNED_IN or bool(user.may(self.permission))


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class Group:
    label: str
    links: list[Link]


def register(label: str, url_name: str, permission: str = SIGNED_IN, group: str = "工作", order: int = 100) -> None:
    """Put a screen into the navigation. Called once per screen from a room's `ready()`."""
    _entries[url_name] = Entry(label, url_name, permission, group, order)


def entries() -> list[Entry]:
    return sorted(_entries.values(), key=lambda e: (e.order, e.label))


def groups(user: Any, path: str, *, portal: bool) -> list[Group]:
    """The navigation as `user` sees it; groups stand in the order of their first entry. Unmounted ones are left out."""
    found: dict[str, list[tuple[str, str]]] = {}
    for entry in entries():
        if (entry.group == PORTAL) != portal or not entry.open_to(user):
            continue
        try:
            url = reverse(entry.url_name)
        except NoReverseMatch:
            continue
        found.setdefault(entry.group, []).append((entry.label, url))
    here = _deepest([url for links in found.values() for _, url in links], path)
    return [Group(name, [Link(label, url, url == here) for label, url in links]) for name, links in found.items()]


def _deepest(urls: list[str], path: str) -> str:
    """The longest registered address that `path` lies under; one that others lie under matches itself alone."""
    index = {u for u in urls if any(other != u and other.startswith(u) for other in urls)}
    under = [u for u in urls if path == u or (u not in index and path.startswith(u))]
    return max(under, key=len, default="")
