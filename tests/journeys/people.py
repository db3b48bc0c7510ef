"""Somebody at a browser, signed in; reads what the page says and types what it asks."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page

from luoshi.accounts.models import Grant, User


class Person:
    """One account in a browser of its own. `name` when several hold the same role."""

    def __init__(self, browser: Browser, base: str, role: str, body: Any = None, name: str = "") -> None:
        self.user = User.objects.create_user(name or role, display_name=f"演示{name or role}")
        Grant.objects.create(user=self.user, role=role, body=body)
        client = Client()
        client.force_login(self.user)
        self.base, self.context = base, browser.new_context(locale="zh-CN", accept_downloads=True)
        key = client.cookies[settings.SESSION_COOKIE_NAME].value
        self.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": base}])
        self.page: Page = self.context.new_page()

    def opens(self, path: str) -> Page:
        answer = self.page.goto(self.base + path)
        assert answer is not None and answer.status == 200, f"{path}: {answer and answer.status}"
        return self.page

    def chooses(self, link: str) -> None:
        self.page.get_by_role("link", name=link, exact=True).first.click()

    def presses(self, button: str) -> None:
        self.page.get_by_role("button", name=button, exact=True).first.click()
        self.page.wait_for_load_state()
