"""/traces over HTTP: who may look, what is found, and how one comes from an error to its trace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from service.embedded import EmbeddedServers
from tests.running import Governance, RunningService, observed_tracing, settings_for
from tests.telemetry.load import EVERYWHERE
from tests.telemetry.on_call import KEY, page

UNKNOWN = "0af7651916cd43dd8448eb211c80319c"
LINK = "http://127.0.0.1:16686/trace/{trace_id}"


@pytest.fixture(scope="module")
def watched(databases: EmbeddedServers, governance: Governance) -> Iterator[RunningService]:
    observed_tracing()
    settings = settings_for(databases, operator_key=KEY, trace_link=LINK, failed_attempts=20, slow_request=30.0)
    with RunningService(settings) as running:
        running.governance = governance
        yield running


@pytest.fixture(scope="module")
def number(governance: Governance) -> str:
    rows = governance.fetch("SELECT personal_id FROM population.citizen WHERE NOT protected ORDER BY 1 LIMIT 1")
    return str(rows[0]["personal_id"])


@pytest.fixture(scope="module")
def answered(watched: RunningService, number: str) -> str:
    """The trace id of an answered request."""
    trace = watched.post("mot-cua", EVERYWHERE, {"i": number}).headers["x-trace-id"]
    watched.settle()
    return trace


@pytest.fixture(scope="module")
def refused(watched: RunningService) -> str:
    """The trace id of a refused request."""
    trace = watched.post("csgt", "query Sai { citizen { nothing } }").headers["x-trace-id"]
    watched.settle()
    return trace


def listed(service: RunningService, **search: Any) -> list[str]:
    """The trace ids that a search finds, as JSON and as the page list them."""
    query = str(httpx.QueryParams(search))
    workers = page(service, f"/traces.json?{query}").json()["workers"]
    found = [request["trace"] for worker in workers for request in worker["requests"]]
    text = page(service, f"/traces?{query}").text
    rows = text[text.index("<tbody>") :]
    assert re.findall(r'href="/traces/([0-9a-f]{32})"', rows) == found
    return found


def test_who_is_not_signed_in_is_led_to_the_form(watched: RunningService) -> None:
    for path in ("/traces", f"/traces/{UNKNOWN}", "/traces/find?trace=x"):
        answer = httpx.get(watched.url + path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/traces/sign-in")
    answer = httpx.get(f"{watched.url}/traces.json")
    assert (answer.status_code, answer.json()["code"]) == (401, "OPERATOR_REQUIRED")


def test_the_key_opens_a_session_that_signing_out_ends(watched: RunningService) -> None:
    with httpx.Client(base_url=watched.url, headers={"sec-fetch-site": "same-origin"}) as browser:
        assert browser.get("/traces/sign-in").status_code == 200
        answer = browser.post("/traces/sign-in", data={"key": KEY})
        assert (answer.status_code, answer.headers["location"]) == (303, "/traces")
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert KEY not in cookie
        assert browser.get("/traces").status_code == 200
        assert browser.get("/metrics").status_code == 200
        assert browser.post("/traces/sign-out").headers["location"] == "/traces/sign-in"
        assert browser.get("/traces").status_code == 303


@pytest.mark.parametrize(
    ("key", "site"), [("guessed", "same-origin"), ("", "same-origin"), (KEY, "cross-site"), (KEY[:-1], "same-origin")]
)
def test_a_wrong_key_or_a_form_from_elsewhere_opens_nothing(watched: RunningService, key: str, site: str) -> None:
    answer = httpx.post(f"{watched.url}/traces/sign-in", data={"key": key}, headers={"sec-fetch-site": site})
    assert answer.status_code in {401, 403}
    assert "set-cookie" not in answer.headers
    assert "Khóa không đúng" in answer.text


def test_guessing_is_limited(databases: EmbeddedServers) -> None:
    with RunningService(settings_for(databases, operator_key=KEY, failed_attempts=3)) as service:
        codes = [
            httpx.get(f"{service.url}/metrics", headers={"authorization": f"Bearer {key}"}).status_code
            for key in ("a", "b", "c", "d", KEY)
        ]
    assert codes == [401, 401, 401, 429, 429]


def test_another_key_ends_every_session(databases: EmbeddedServers) -> None:
    settings = settings_for(databases, operator_key=KEY)
    with RunningService(settings) as service:
        answer = httpx.post(
            f"{service.url}/traces/sign-in", data={"key": KEY}, headers={"sec-fetch-site": "same-origin"}
        )
        cookies = {"lienthong_operator": answer.cookies["lienthong_operator"]}
        assert httpx.get(f"{service.url}/traces", cookies=cookies).status_code == 200
        forged = {"lienthong_operator": "9" * 10 + "." + "0" * 64}
        assert httpx.get(f"{service.url}/traces", cookies=forged).status_code == 303
    changed = settings_for(databases, operator_key=KEY + "-moi")
    with RunningService(changed) as service:
        assert httpx.get(f"{service.url}/traces", cookies=cookies).status_code == 303


def test_without_a_key_the_settings_open_nothing(databases: EmbeddedServers) -> None:
    with RunningService(settings_for(databases)) as service:
        for key in ("None", "null", "x" * 24):
            answer = httpx.get(f"{service.url}/metrics", headers={"authorization": f"Bearer {key}"})
            assert answer.status_code == 401


def test_requests_are_found_by_what_they_are(watched: RunningService, answered: str, refused: str) -> None:
    assert listed(watched, client="mot-cua", operation="KhapNoi", source="transport") == [answered]
    assert listed(watched, code="GRAPHQL_VALIDATION_FAILED") == [refused]
    assert refused in listed(watched, failed=1)
    assert answered not in listed(watched, failed=1)
    assert listed(watched, ms=29_999) == []
    assert listed(watched, client="nobody") == []
    assert {answered, refused} <= set(listed(watched))
    assert {answered, refused} <= set(listed(watched, ms="abc"))


def test_one_click_leads_from_an_error_code_to_its_trace(watched: RunningService, refused: str) -> None:
    text = page(watched, "/traces").text
    (link,) = re.findall(r'href="(/traces/[0-9a-f]{32})" data-code="GRAPHQL_VALIDATION_FAILED"', text)
    assert link == f"/traces/{refused}"
    shown = page(watched, link)
    assert shown.status_code == 200
    assert "GRAPHQL_VALIDATION_FAILED" in shown.text
    assert "yêu cầu dừng trước khi lập được kế hoạch" in shown.text


def test_a_trace_shows_its_waterfall_its_plan_and_the_way_to_jaeger(watched: RunningService, answered: str) -> None:
    text = page(watched, f"/traces/{answered}").text
    for name in ("authenticate", "plan", "execute", "load phuong_tien", "find phuong_tien", "SELECT citizen", "audit"):
        assert f"<code>{name}</code>" in text
    assert "citizen.vehicles" in text
    assert "phuong_tien.find(" in text
    assert "FROM population.citizen t" in text
    assert LINK.replace("{trace_id}", answered) in text
    assert "mot-cua-lien-thong" in text


def test_fetches_of_one_level_are_drawn_side_by_side(watched: RunningService, answered: str) -> None:
    spans = page(watched, f"/traces/{answered}.json").json()["spans"]
    fetches = [span for span in spans if span["name"].startswith("find ")]
    assert len(fetches) == 4
    assert max(span["start"] for span in fetches) < min(span["end"] for span in fetches)
    text = page(watched, f"/traces/{answered}").text
    bars = re.findall(r'<rect class="fetch source-(\w+)" x="([\d.]+)" y="2" width="([\d.]+)"', text)
    places = {source: (float(left), float(left) + float(width)) for source, left, width in bars}
    assert max(left for source, (left, _) in places.items() if source != "population") < min(
        right for source, (_, right) in places.items() if source != "population"
    )


def test_a_pasted_trace_id_opens_its_trace(watched: RunningService, answered: str) -> None:
    answer = page(watched, f"/traces/find?trace=%20{answered.upper()}%20")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/traces/{answered}")


@pytest.mark.parametrize("path", [f"/traces/{UNKNOWN}", "/traces/abc", "/traces/find?trace=123", "/traces/find"])
def test_a_trace_that_is_not_kept_is_told_so(watched: RunningService, path: str) -> None:
    assert page(watched, path).json()["code"] == "TRACE_UNKNOWN"
    with httpx.Client(base_url=watched.url, headers={"sec-fetch-site": "same-origin"}) as browser:
        browser.post("/traces/sign-in", data={"key": KEY})
        answer = browser.get(path)
        assert answer.status_code == 404
        assert "Không còn giữ vết này" in answer.text


def test_no_page_has_a_value_of_a_citizen(watched: RunningService, answered: str, number: str) -> None:
    answer = watched.post("mot-cua", EVERYWHERE, {"i": number}).json()["data"]["citizen"]
    values = {number, answer["birthName"]["full"], *(vehicle["plate"] for vehicle in answer["vehicles"])}
    watched.settle()
    for path in ("/traces", "/traces.json", f"/traces/{answered}", f"/traces/{answered}.json", "/traces/latest"):
        text = page(watched, path).text
        for value in values:
            assert value not in text


def test_the_pages_open_while_every_database_is_away(databases: EmbeddedServers) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    sources = {**settings_for(databases).sources, "population": nowhere}
    sources |= {name: "mongodb://127.0.0.1:1/x" for name in sources if name != "population"}
    settings = settings_for(databases, operator_key=KEY, governance_url=nowhere, sources=sources, audit_timeout=0.5)
    settings = settings.model_copy(update={"checkpoint_file": None, "checkpoint_key": None})
    with RunningService(settings) as service:
        answer = service.session.post(
            f"{service.url}/graphql",
            json={"query": "{ viewer { client } }"},
            headers={"authorization": "Bearer ltk_0123456789abcdef_" + "A" * 43},
        )
        assert answer.status_code == 503
        service.settle()
        text = page(service, "/traces").text
        assert 'data-kind="GOVERNANCE_SILENT"' in text
        assert answer.json()["errors"][0]["extensions"]["code"] in text
        assert page(service, "/metrics").status_code == 200


def test_headers_let_nothing_in_and_nothing_be_kept(watched: RunningService, answered: str) -> None:
    for path in ("/traces", f"/traces/{answered}"):
        answer = page(watched, path)
        policy = answer.headers["content-security-policy"]
        assert "script-src" not in policy
        assert policy.startswith("default-src 'none'")
        assert answer.headers["cache-control"] == "no-store"
        assert not re.search(r"<script|\son\w+=|\sstyle=", answer.text)
        assert not re.findall(r'(?:href|src|action)="(?!/|#|http://127\.0\.0\.1:16686)[^"]*"', answer.text)
