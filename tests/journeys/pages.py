"""Which screens there are: found by walking the links, one address per screen, so that no list must be kept by hand."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from django.urls import Resolver404, resolve

PUBLIC_STARTS = ("/", "/gazette/", "/search/?q=养老", "/follow/", "/about/", "/accessibility/", "/accounts/sign-in/")
STAFF_STARTS = ("/console/", "/console/search/?q=政务", "/console/wall/", "/console/help/")
_NOT_PAGES = ("api:", "api-")


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and given.get("href") and "download" not in given:
            self.found.append(given["href"] or "")


def links_of(html: str) -> list[str]:
    """The addresses a page links to, but for downloads."""
    links = _Links()
    links.feed(html)
    return links.found


def walk(get: Callable[[str], str | None], starts: Iterable[str], most: int = 120) -> dict[str, str]:
    """Screen (view name) → address. `get(path)` gives the HTML of a page, or None for what is not one."""
    pages: dict[str, str] = {}
    waiting, seen = deque(starts), set(starts)
    while waiting and len(pages) < most:
        path = waiting.popleft()
        name = _view(path)
        if not name or name in pages:
            continue
        html = get(path)
        if html is None:
            continue
        pages[name] = path
        for link in links_of(html):
            target = urljoin(path, link).split("#")[0]
            if target not in seen and not urlsplit(target).netloc:
                seen.add(target)
                waiting.append(target)
    return pages


def _view(path: str) -> str:
    try:
        name = resolve(urlsplit(path).path).view_name
    except Resolver404:
        return ""
    return "" if not name or name.startswith(_NOT_PAGES) else name
