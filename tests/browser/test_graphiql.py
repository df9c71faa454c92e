"""GraphiQL in a browser: to each client its own schema, nothing leaves the origin, nothing secret stays."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser


def open_graphiql(page: Page, site: Site, client: str | None = None) -> None:
    page.goto(f"{site.base_url}/graphiql" + (f"?client={client}" if client else ""))
    expect(page.locator("#outcome")).not_to_have_text("")


def docs(page: Page) -> Locator:
    return page.get_by_role("region", name="Documentation Explorer")


def answer(page: Page) -> Locator:
    return page.get_by_role("region", name="Result Window")


def run(page: Page) -> None:
    page.get_by_role("button", name="Execute query").click()


def test_a_client_sees_its_types_and_runs_its_example(page: Page, site: Site, screenshots: Path) -> None:
    open_graphiql(page, site)
    page.get_by_label("Hệ thống khai thác mẫu").select_option(site.client)
    docs(page).get_by_role("link", name="Citizen", exact=True).click()
    expect(docs(page).get_by_role("link", name=site.own_field, exact=True)).to_be_visible()
    expect(docs(page).get_by_role("link", name=site.other_field, exact=True)).to_have_count(0)

    run(page)
    expect(answer(page)).to_contain_text(site.answer)
    expect(page.locator("#outcome")).to_contain_text("HTTP 200")
    expect(page.locator("#outcome code")).to_have_text(re.compile("(?!0+$)[0-9a-f]{32}"))
    page.screenshot(path=screenshots / "graphiql.png")


def test_another_client_gets_another_schema_and_no_old_answer(page: Page, site: Site) -> None:
    open_graphiql(page, site, site.client)
    run(page)
    expect(answer(page)).to_contain_text(site.answer)
    docs(page).get_by_role("link", name="Citizen", exact=True).click()

    page.get_by_label("Hệ thống khai thác mẫu").select_option(site.other_client)
    expect(docs(page).get_by_role("link", name=site.other_field, exact=True)).to_be_visible()
    expect(docs(page).get_by_role("link", name=site.own_field, exact=True)).to_have_count(0)
    expect(answer(page)).not_to_contain_text(site.answer)
    run(page)
    expect(answer(page)).to_contain_text(site.other_field)


def test_the_explorer_offers_the_fields_of_the_contract(page: Page, site: Site) -> None:
    open_graphiql(page, site, site.client)
    page.get_by_role("button", name="Show GraphiQL Explorer").click()
    explorer = page.locator(".graphiql-explorer-root")
    expect(explorer).to_contain_text(site.own_field)
    expect(explorer).not_to_contain_text(site.other_field)


def test_a_refusal_is_told_in_words_and_leaves_no_schema(page: Page, site: Site, screenshots: Path) -> None:
    open_graphiql(page, site, site.client)
    page.get_by_label("Hệ thống khai thác mẫu").select_option(site.refused_client)
    expect(page.get_by_role("alert")).to_contain_text("Bị từ chối")
    expect(page.get_by_role("alert")).to_contain_text(site.refusal)
    expect(docs(page)).not_to_contain_text("Citizen")
    page.screenshot(path=screenshots / "graphiql-refused.png")

    page.get_by_label("Hệ thống khai thác mẫu").select_option(site.client)
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(docs(page)).to_contain_text("Citizen")
    expect(answer(page)).not_to_contain_text(site.refusal)


def test_a_client_of_stored_documents_is_told_so_and_runs_them(page: Page, site: Site, screenshots: Path) -> None:
    open_graphiql(page, site, site.listing_client)
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("chỉ chạy các truy vấn đã lưu")
    expect(notice).to_contain_text("runs its stored documents only")
    expect(notice.get_by_role("button", name="Thử lại")).to_be_hidden()
    expect(docs(page)).to_contain_text("No GraphQL schema available")
    expect(answer(page)).not_to_contain_text("errors")
    page.screenshot(path=screenshots / "graphiql-stored-only.png")

    run(page)
    expect(answer(page)).to_contain_text(site.listing_answer)
    expect(notice).to_be_hidden()
    editor = page.get_by_role("region", name="Query Editor")
    editor.locator(".CodeMirror-line").first.click()
    page.keyboard.type(" ")
    run(page)
    expect(notice).to_contain_text("không phải nguyên văn")
    expect(notice).to_contain_text("none of them word for word")
    expect(answer(page)).not_to_contain_text(site.listing_answer)
    page.screenshot(path=screenshots / "graphiql-not-stored.png")

    page.get_by_label("Hệ thống khai thác mẫu").select_option(site.client)
    expect(docs(page)).to_contain_text("Citizen")
    expect(notice).to_be_hidden()


def test_wrong_credentials_are_told_in_words(page: Page, site: Site) -> None:
    open_graphiql(page, site)
    page.get_by_label("Thông tin xác thực").fill("Bearer of-nobody")
    page.get_by_label("Thông tin xác thực").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Không xác thực được")


def test_a_service_that_is_down_is_told_in_words_and_tried_again(page: Page, site: Site) -> None:
    def refuse(route: Route) -> None:
        route.abort("connectionrefused")

    page.route("**/graphql", refuse)
    open_graphiql(page, site, site.client)
    expect(page.get_by_role("alert")).to_contain_text("Không kết nối được với dịch vụ")
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    page.unroute("**/graphql", refuse)
    page.get_by_role("button", name="Thử lại").click()
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(docs(page)).to_contain_text("Citizen")


def test_an_answer_that_is_no_graphql_is_told_in_words(page: Page, site: Site) -> None:
    page.route("**/graphql", lambda route: route.fulfill(status=200, body="<h1>proxy</h1>"))
    open_graphiql(page, site, site.client)
    expect(page.get_by_role("alert")).to_contain_text("không phải là GraphQL")


def test_without_sample_clients_credentials_are_typed_in(page: Page, site: Site) -> None:
    page.route("**/graphiql/clients", lambda route: route.fulfill(status=404))
    page.goto(f"{site.base_url}/graphiql")
    expect(page.get_by_role("alert")).to_contain_text("Nhập thông tin xác thực")
    expect(page.get_by_label("Hệ thống khai thác mẫu")).to_be_hidden()
    page.get_by_label("Thông tin xác thực").fill(site.authorization)
    with page.expect_request("**/graphql") as sent:
        page.get_by_label("Thông tin xác thực").press("Enter")
    assert sent.value.headers["authorization"] == site.authorization
    assert "x-purpose" not in sent.value.headers
    expect(docs(page)).to_contain_text("Citizen")

    page.get_by_label("Mã mục đích").fill("MUC_DICH")
    with page.expect_request("**/graphql") as sent:
        page.get_by_label("Mã mục đích").press("Enter")
    assert sent.value.headers["x-purpose"] == "MUC_DICH"


def test_the_credential_is_hidden_until_shown(page: Page, site: Site) -> None:
    open_graphiql(page, site)
    field = page.get_by_label("Thông tin xác thực")
    expect(field).to_have_attribute("type", "password")
    page.get_by_role("button", name="Hiện").click()
    expect(field).to_have_attribute("type", "text")
    page.get_by_role("button", name="Ẩn").click()
    expect(field).to_have_attribute("type", "password")


def test_the_keyboard_alone_opens_an_example_and_runs_it(page: Page, site: Site) -> None:
    open_graphiql(page, site, site.client)
    page.locator("#examples summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#example-list")).to_be_hidden()
    page.keyboard.press("Control+Enter")
    expect(answer(page)).to_contain_text(site.answer)


def test_an_example_leaves_a_query_of_the_reader_in_its_tab(page: Page, site: Site) -> None:
    open_graphiql(page, site, site.client)
    editor = page.get_by_role("region", name="Query Editor")
    editor.locator(".CodeMirror-line").first.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("query CuaToi { __typename }")
    page.wait_for_timeout(500)  # GraphiQL names a tab a tenth of a second after the last change
    page.locator("#examples summary").click()
    page.locator("#example-list button").first.click()
    expect(editor).to_contain_text(site.own_field)
    page.get_by_role("button", name="CuaToi").click()
    expect(editor).to_contain_text("__typename")


def test_nothing_secret_stays_in_the_browser(page: Page, site: Site) -> None:
    open_graphiql(page, site, site.client)
    run(page)
    expect(answer(page)).to_contain_text(site.answer)
    page.get_by_role("button", name="Show History").click()
    page.wait_for_timeout(1_000)  # GraphiQL stores its tabs half a second after a change
    stored = page.evaluate(
        "async () => [{...localStorage}, {...sessionStorage}, document.cookie, location.href,"
        " await indexedDB.databases(), await caches.keys()]"
    )
    local, session, cookie, address, databases, caches = stored
    text = json.dumps(stored, ensure_ascii=False)
    for secret in (site.authorization, site.authorization.split()[-1], site.personal_id, site.own_field):
        assert secret not in text
    assert set(local) <= {
        f"graphiql:{name}" for name in ("theme", "docExplorerFlex", "editorFlex", "secondaryEditorFlex")
    }
    assert (session, cookie, databases, caches) == ({}, "", [], [])
    assert address.startswith(site.base_url)


def test_the_landing_page_leads_to_a_client_in_graphiql(page: Page, site: Site, screenshots: Path) -> None:
    page.goto(site.base_url + "/")
    page.screenshot(path=screenshots / "landing.png", full_page=True)
    page.locator(f'a[href="graphiql?client={site.other_client}"]').click()
    expect(page.get_by_label("Hệ thống khai thác mẫu")).to_have_value(site.other_client)
    expect(docs(page)).to_contain_text("Citizen")
