"""Signing in and out of the console, its cookie, and forms that came from elsewhere."""

from __future__ import annotations

import pytest

from tests.console.conftest import PASSWORD, Site
from tests.running import Governance, RunningService, settings_for


def test_without_a_session_every_page_leads_to_the_sign_in(site: Site) -> None:
    visitor = site.visitor()
    for path in ("/", "/contracts", "/contracts/new", "/contracts/x/1", "/contracts/x/keys", "/audit", "/accounts"):
        response = visitor.get(path)
        assert (response.status_code, response.headers["location"]) == (303, "/console/sign-in"), path


def test_signing_in_sets_a_cookie_that_scripts_and_other_sites_do_not_get(site: Site) -> None:
    response = site.visitor().sign_in("officer")
    assert response.status_code == 303
    flags = {part.strip().lower() for part in response.headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/console", "max-age=43200"} <= flags
    assert "secure" not in flags


def test_behind_a_proxy_that_speaks_tls_the_cookie_is_secure(site: Site, governance: Governance) -> None:
    settings = settings_for(
        site.databases, process_url=site.databases.postgres_url("lienthong_process"), trusted_proxies=["127.0.0.1/32"]
    )
    with RunningService(settings) as running, Site(running, site.databases) as other:
        running.governance = governance
        visitor = other.visitor()
        data = {"account": "can-bo", "password": PASSWORD}
        response = visitor.post("/sign-in", data, headers={"x-forwarded-proto": "https"})
        assert "secure" in response.headers["set-cookie"].lower()


def test_nobody_else_says_that_tls_is_spoken(site: Site) -> None:
    data = {"account": "can-bo", "password": PASSWORD}
    response = site.visitor().post("/sign-in", data, headers={"x-forwarded-proto": "https"})
    assert "secure" not in response.headers["set-cookie"].lower()


def test_only_the_hash_of_a_session_is_kept(site: Site) -> None:
    visitor = site.visitor()
    visitor.sign_in("officer")
    token = visitor.client.cookies["lienthong_console"]
    rows = site.service.governance.fetch("SELECT s::text AS text FROM governance.console_session s")
    assert rows
    assert not [row for row in rows if token in row["text"]]


def test_a_session_is_another_one_after_each_sign_in_and_the_former_ends(site: Site) -> None:
    visitor = site.visitor()
    visitor.sign_in("officer")
    first = visitor.client.cookies["lienthong_console"]
    visitor.sign_in("officer")
    assert visitor.client.cookies["lienthong_console"] != first
    visitor.client.cookies.set("lienthong_console", first, path="/console")
    visitor.client.cookies.clear()
    response = visitor.client.get("/console/", headers={"cookie": f"lienthong_console={first}"})
    assert response.status_code == 303


def test_signing_out_ends_the_session_for_good(site: Site) -> None:
    visitor = site.visitor()
    visitor.sign_in("officer")
    token = visitor.client.cookies["lienthong_console"]
    assert visitor.send("/sign-out").status_code == 303
    assert "lienthong_console" not in visitor.client.cookies
    response = visitor.client.get("/console/", headers={"cookie": f"lienthong_console={token}"})
    assert response.status_code == 303


@pytest.mark.parametrize("column", ["used_at", "began_at"])
def test_a_session_ends_by_itself(site: Site, column: str) -> None:
    visitor = site.visitor()
    visitor.sign_in("auditor")
    assert visitor.get("/").status_code == 200
    site.service.governance.force(
        f"UPDATE governance.console_session SET {column} = now() - interval '13 hours' WHERE account_id = 'kiem-toan'"
    )
    assert visitor.get("/").status_code == 303


def test_a_wrong_password_and_an_unknown_account_are_told_alike(site: Site) -> None:
    wrong = site.visitor().sign_in("officer", "khong-phai-mat-khau")
    unknown = site.visitor().sign_in("khong-co-ai", "khong-phai-mat-khau")
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert "Tài khoản hoặc mật khẩu không đúng" in wrong.text
    assert wrong.text.replace("can-bo", "") == unknown.text.replace("khong-co-ai", "")


def test_guessing_is_limited_and_audited(site: Site, governance: Governance) -> None:
    settings = settings_for(
        site.databases, process_url=site.databases.postgres_url("lienthong_process"), failed_attempts=3
    )
    with RunningService(settings) as running, Site(running, site.databases) as other:
        running.governance = governance
        visitor = other.visitor()
        statuses = [visitor.sign_in("operator", f"khong-phai-{n}").status_code for n in range(5)]
        right = visitor.sign_in("operator")
    assert statuses == [401, 401, 401, 429, 429]
    assert right.status_code == 429
    assert int(right.headers["retry-after"]) > 0
    acts = governance.fetch(
        "SELECT operation_name, actor FROM governance.audit_entry WHERE operation_name LIKE 'console.sign_in_%' "
        "AND actor LIKE 'van-hanh@%'"
    )
    names = sorted(row["operation_name"] for row in acts)
    assert names == ["console.sign_in_failed"] * 3 + ["console.sign_in_limited"]


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "https://example.org"},
        {"origin": "null"},
        {},
    ],
)
def test_a_form_from_elsewhere_is_refused(site: Site, headers: dict[str, str]) -> None:
    visitor = site.of("officer")
    data = {"csrf": visitor.token("/"), "contract_id": "tu-trang-khac"}
    response = visitor.client.post("/console/contracts", data=data, headers=headers)
    assert response.status_code == 403
    assert "Biểu mẫu không còn hợp lệ" in response.text
    signing = {"account": "can-bo", "password": PASSWORD}
    assert visitor.client.post("/console/sign-in", data=signing, headers=headers).status_code == 403


def test_a_form_needs_the_token_of_its_own_session(site: Site) -> None:
    visitor, other = site.of("officer"), site.of("stranger")
    for token in ("", "0" * 64, other.token("/")):
        response = visitor.post("/contracts", {"csrf": token, "contract_id": "khong-ma"})
        assert response.status_code == 403, token


def test_a_browser_that_tells_its_origin_only_is_let_through(site: Site) -> None:
    visitor = site.of("officer")
    data = {"csrf": visitor.token("/"), "contract_id": "chi-co-origin"}
    response = visitor.client.post("/console/contracts", data=data, headers={"origin": site.service.url})
    assert response.status_code == 303


def test_no_page_may_run_scripts_or_be_kept_or_framed(site: Site) -> None:
    for response in (site.visitor().get("/sign-in"), site.of("officer").get("/"), site.of("officer").get("/audit")):
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert response.headers["cache-control"] == "no-store"
        assert "<script" not in response.text
        assert "style=" not in response.text


def test_the_way_in_keeps_to_the_path_by_which_the_client_came(site: Site) -> None:
    answer = site.visitor().client.get("/console", headers={"x-forwarded-proto": "https"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/")


def test_a_sign_in_is_small_and_a_form_for_no_page_gets_a_page(site: Site) -> None:
    visitor = site.visitor()
    assert visitor.sign_in("a" * 20_000).status_code == 413
    assert visitor.sign_in("a" * 9_000).status_code == 401
    lost = visitor.post("/khong-co", {})
    assert (lost.status_code, "DOSSIER_UNKNOWN" in lost.text) == (404, True)


def test_a_new_key_names_the_address_by_which_the_visitor_came(site: Site) -> None:
    site.at("TECHNICAL_TEST", "dia-chi-cua-khoa")
    page = site.of("officer").send("/contracts/dia-chi-cua-khoa/keys", environment="sandbox", days="90").text
    assert f"curl -s {site.service.url}/sandbox/graphql" in page
