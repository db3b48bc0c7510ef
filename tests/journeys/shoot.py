"""Takes a picture of every screen of a running server, as a developer's tool:

    python tests/journeys/shoot.py http://127.0.0.1:8000 OUT --password … [--roles supervisor,handler] [--only board]

Each screen is shot at 1440 x 900 and 390 x 844, in the standard and in the 长辈版; `--dark` adds the dark theme.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "luoshi.server.settings")

import browser
import django
import pages as screens
from playwright.sync_api import BrowserContext, sync_playwright

SIZES = {"1440": (1440, 900), "390": (390, 844)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base")
    parser.add_argument("out", type=Path)
    parser.add_argument("--password", default="")
    parser.add_argument("--roles", default="supervisor")
    parser.add_argument("--only", default="", help="part of a screen's name")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--standard", action="store_true", help="leave the 长辈版 out")
    args = parser.parse_args()
    django.setup()
    args.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play, tempfile.TemporaryDirectory() as profile:
        run = play.chromium.launch_persistent_context
        context = run(profile, executable_path=browser.path(), args=browser.ARGUMENTS, locale="zh-CN")
        shoot_as(context, args, "public", screens.PUBLIC_STARTS)
        for role in filter(None, args.roles.split(",") if args.password else []):
            sign_in(context, args.base, role, args.password)
            shoot_as(context, args, role, screens.STAFF_STARTS)
        context.close()


def sign_in(context: BrowserContext, base: str, role: str, password: str) -> None:
    context.clear_cookies()
    page = context.new_page()
    page.goto(base + "/accounts/sign-in/")
    page.fill("[name=username]", role)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_load_state()
    page.close()


def shoot_as(context: BrowserContext, args: Any, who: str, starts: tuple[str, ...]) -> None:
    def get(path: str) -> str | None:
        answer = context.request.get(args.base + path)
        return answer.text() if answer.ok and "text/html" in answer.headers.get("content-type", "") else None

    found = screens.walk(get, starts)
    kinds = [("", "0", "light")]
    kinds += [] if args.standard else [("-elder", "1", "light")]
    kinds += [("-dark", "0", "dark")] if args.dark else []
    page = context.new_page()
    for name, path in found.items():
        if args.only and args.only not in name:
            continue
        for suffix, elder, theme in kinds:
            context.add_cookies(
                [
                    {"name": "luoshi_elder", "value": elder, "url": args.base},
                    {"name": "luoshi_theme", "value": theme, "url": args.base},
                ]
            )
            for size, (width, height) in SIZES.items():
                page.set_viewport_size({"width": width, "height": height})
                page.goto(args.base + path)
                file = args.out / f"{who}-{name.replace(':', '-')}{suffix}-{size}.png"
                page.screenshot(path=str(file), full_page=True)
        print(f"{who:12} {name:34} {path}")  # noqa: T201
    page.close()


if __name__ == "__main__":
    main()
