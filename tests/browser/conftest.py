"""A headless Chromium that may speak to one origin only, and the site it visits."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, sync_playwright

from tests.browser import fake_service, real_service

LAUNCH_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Site:
    """A running service and what its sample clients let a reader see; another service, another value.

    Both clients see the type `Citizen`; the first example of each is answered with data. The listing client runs its
    first example and nothing else.
    """

    name: str
    base_url: str
    client: str
    authorization: str
    own_field: str
    answer: str
    other_client: str
    other_field: str
    refused_client: str
    refusal: str
    listing_client: str
    listing_answer: str
    personal_id: str


@pytest.fixture(scope="module", params=["fake", pytest.param("real", marks=pytest.mark.servers)])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The pages in front of a small schema of the tests' own, and in front of the real service."""
    folder = tmp_path_factory.mktemp("site")
    if request.param == "fake":
        with fake_service.serve(folder) as base_url:
            yield Site(
                name="fake",
                base_url=base_url,
                client="residence",
                authorization="Bearer demo-residence-7f3a",
                own_field="permanentAddress",
                answer="Thành phố Hồ Chí Minh",
                other_client="hospital",
                other_field="bloodGroup",
                refused_client="suspended",
                refusal="CONTRACT_SUSPENDED",
                listing_client="stored",
                listing_answer="Nguyễn Thị Bưởi Ửng",
                personal_id="079199000123",
            )
        return
    databases, governance = map(request.getfixturevalue, ("databases", "governance"))
    with real_service.serve(databases, governance, folder) as service:
        yield Site(
            name="real",
            base_url=service.url,
            client="csgt",
            authorization=service.authorization,
            own_field="vehicles",
            answer=service.plate,
            other_client="benh-vien",
            other_field="bloodGroup",
            refused_client="tam-dung",
            refusal="CONTRACT_NOT_ACTIVE",
            listing_client="truy-van-da-luu",
            listing_answer=service.plate,
            personal_id=service.personal_id,
        )


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[Browser]:  # noqa: ARG001 - Playwright's loop must not run when a site is set up
    """A Chromium for one site."""
    executable = os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None
    )
    if executable is None:
        reason = "no Chromium: set CHROMIUM to its path, or install chromium or google-chrome"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=LAUNCH_ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """A fresh page; a request to another origin, or a complaint of a script or the CSP, fails the test."""
    origin = urlsplit(site.base_url).netloc
    outside: list[str] = []
    complaints: list[str] = []

    def guard(route: Route) -> None:
        if urlsplit(route.request.url).netloc == origin:
            route.continue_()
        else:
            outside.append(route.request.url)
            route.abort()

    def listen(message: ConsoleMessage) -> None:
        # The browser itself reports answers such as 403 as errors; the page tells them to the reader.
        if message.type == "error" and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="vi-VN", service_workers="block")
    context.set_default_timeout(10_000)
    context.route("**/*", guard)
    context.route_web_socket("**/*", lambda socket: outside.append(socket.url))
    fresh = context.new_page()
    fresh.on("console", listen)
    fresh.on("pageerror", lambda error: complaints.append(str(error)))
    yield fresh
    context.close()
    assert outside == []
    assert complaints == []


@pytest.fixture(scope="module")
def screenshots(site: Site) -> Path:
    """The folder for the site's screenshots: below `build/`, which git ignores."""
    folder = Path(__file__).parents[2] / "build" / "screenshots" / site.name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
