"""The technical document as a browser shows it: nothing is asked for, nothing is cut off, the contents lead on."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from auth.registry import read_contracts
from graph.catalog import Catalog
from graph.schema import schema
from service.document.build import technical_document
from service.document.content import Connection
from service.document.render import document_html

pytestmark = pytest.mark.browser

CATALOG = Catalog.of(schema)
CONTRACTS = {
    c.client.client_id: c for c in read_contracts(Path("samples/contracts.toml"), datetime(2026, 11, 1, tzinfo=UTC))
}
CUT_OFF = """() => [...document.querySelectorAll('body, table, td, th, pre, dd, p, li, h1, h2, h3, h4')].filter(
  element => element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflowX === 'visible'
    && getComputedStyle(element).display !== 'inline').map(element => element.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def site() -> Any:
    """No site: the document is one file, and whatever it asked for would come from outside."""
    return SimpleNamespace(name="document", base_url="http://nowhere.invalid")


@pytest.mark.parametrize("client", CONTRACTS)
def test_nothing_is_cut_off_on_a_desk_in_a_hand_or_on_paper(page: Page, client: str, screenshots: Path) -> None:
    connection = Connection("https://cong.example.vn", "https://cong.example.vn")
    page.set_content(document_html(technical_document(CATALOG, CONTRACTS[client], connection)))
    for width, medium in ((1200, "screen"), (400, "screen"), (670, "print")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(media="print" if medium == "print" else "screen")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CUT_OFF) == []
        page.screenshot(path=screenshots / f"{client}-{medium}-{width}.png")


def test_the_contents_lead_to_their_sections(page: Page) -> None:
    connection = Connection("https://cong.example.vn")
    page.set_content(document_html(technical_document(CATALOG, CONTRACTS["dai-hoc"], connection)))
    links = page.locator("nav a")
    assert links.count() == 8
    for link in links.all():
        target = (link.get_attribute("href") or "").removeprefix("#")
        link.click()
        expect(page.locator(f"[id='{target}']")).to_be_in_viewport()
