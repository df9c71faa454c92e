"""A real browser at the console: every request to another origin, and every complaint of the policy, fails the test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import ConsoleMessage, Page, Route, ViewportSize, sync_playwright

from tests.browser.conftest import LAUNCH_ARGUMENTS

__all__ = ["browsing", "photograph"]

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots" / "console"


@contextmanager
def browsing(url: str) -> Iterator[Callable[[], Page]]:
    """A browser; each call gives a page of somebody else's, with cookies of its own."""
    executable = os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None
    )
    if executable is None:
        reason = "no Chromium: set CHROMIUM to its path, or install chromium or google-chrome"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    outside: list[str] = []
    complaints: list[str] = []

    def guard(route: Route) -> None:
        if urlsplit(route.request.url).netloc == urlsplit(url).netloc:
            route.continue_()
        else:
            outside.append(route.request.url)
            route.abort()

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=LAUNCH_ARGUMENTS)

        def fresh() -> Page:
            size: ViewportSize = {"width": 1280, "height": 900}
            context = browser.new_context(viewport=size, locale="vi-VN", service_workers="block")
            context.set_default_timeout(10_000)
            context.route("**/*", guard)
            page = context.new_page()
            page.on("console", listen)
            return page

        yield fresh
        browser.close()
    assert outside == []
    assert complaints == []


def photograph(page: Page, name: str) -> None:
    """Keep a picture of the whole page, to be looked at."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
