"""/traces in a real browser: signing in, from an error to its trace, and a trace of ten and of a thousand spans."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from opentelemetry import trace
from opentelemetry.trace import SpanKind
from playwright.sync_api import Page, expect

from service.embedded import EmbeddedServers
from service.telemetry.recorder import Recorder, Recording
from service.telemetry.summary import RequestSummary, summary_of
from tests.console.browsing import browsing, photograph
from tests.running import Governance, RunningService, observed_tracing, settings_for
from tests.telemetry.load import EVERYWHERE
from tests.telemetry.on_call import KEY
from tests.telemetry.test_waterfall import SOURCES

pytestmark = [pytest.mark.browser, pytest.mark.servers]
MS = 1_000_000


@pytest.fixture(scope="module")
def watched(databases: EmbeddedServers, governance: Governance) -> Iterator[RunningService]:
    observed_tracing()
    with RunningService(settings_for(databases, operator_key=KEY)) as running:
        running.governance = governance
        yield running


@pytest.fixture(scope="module")
def number(governance: Governance) -> str:
    rows = governance.fetch("SELECT personal_id FROM population.citizen WHERE NOT protected ORDER BY 1 LIMIT 1")
    return str(rows[0]["personal_id"])


@pytest.fixture
def operator(watched: RunningService) -> Iterator[Page]:
    """Somebody on call, signed in."""
    with browsing(watched.url) as fresh:
        page = fresh()
        page.goto(f"{watched.url}/traces")
        page.get_by_label("Khóa vận hành").fill(KEY)
        page.get_by_role("button", name="Vào xem").click()
        expect(page.get_by_role("heading", name="Vết của các yêu cầu")).to_be_visible()
        yield page


def large(spans: int) -> RequestSummary:
    """A request of so many spans over every source: invented, for no query of the schema needs as many."""
    finished: list[Recording] = []
    tracer, random = Recorder(finished.append).get_tracer("test"), Random(spans)
    told = {"http.route": "/graphql", "lienthong.environment": "production", "lienthong.outcome": "answered"}
    told |= {"lienthong.client": "mot-cua", "graphql.operation.name": "RatLon", "lienthong.contract": "mot-cua"}
    root = tracer.start_span("POST /graphql", kind=SpanKind.SERVER, attributes=told, start_time=0)
    execute = tracer.start_span("execute", trace.set_span_in_context(root), start_time=2 * MS)
    for number in range((spans - 2) // 2):
        source, begin = random.choice(SOURCES), random.randint(3, 380) * MS
        end = begin + random.randint(1, 60) * MS
        load = tracer.start_span(
            f"load bang_{source}",
            trace.set_span_in_context(execute),
            attributes={
                "lienthong.source": source,
                "lienthong.fields": ["citizens.vehicles"],
                "graphql.dataloader.batch.size": 3,
            },
            start_time=begin,
        )
        fetch = tracer.start_span(
            f"find bang_{source}",
            trace.set_span_in_context(load),
            SpanKind.CLIENT,
            {
                "lienthong.source": source,
                "lienthong.fetch.keys": 3,
                "lienthong.fetch.attempt": 1,
                "lienthong.pool.wait": 0.0,
                "db.response.returned_rows": random.randint(0, 9),
                "lienthong.fetch.bytes": random.randint(10, 90_000),
            },
            start_time=begin,
        )
        if number % 97 == 0:
            fetch.failed("SOURCE_TIMEOUT")  # type: ignore[attr-defined]
        fetch.end(end)
        load.end(end)
    execute.end(445 * MS)
    root.end(450 * MS)
    return summary_of(finished[0])


def test_from_an_error_to_its_trace_and_its_plan(watched: RunningService, number: str, operator: Page) -> None:
    for _ in range(12):
        watched.post("mot-cua", EVERYWHERE, {"i": number})
    watched.post("mot-cua", "query Sai { nothing }")
    watched.settle()
    operator.reload()
    expect(operator.locator("g.arrow[data-state=good]")).to_have_count(6)
    photograph(operator, "traces-list")
    operator.get_by_role("link", name="GRAPHQL_VALIDATION_FAILED").first.click()
    expect(operator.get_by_text("từ chối · 400")).to_be_visible()
    operator.get_by_label("Mã vết").fill(watched.post("mot-cua", EVERYWHERE, {"i": number}).headers["x-trace-id"])
    operator.get_by_role("button", name="Mở").click()
    expect(operator.get_by_role("heading", name="KhapNoi")).to_be_visible()
    step = operator.locator(".step", has_text="citizen.vehicles")
    step.get_by_text("Câu lệnh và lý do").click()
    expect(step.get_by_text("phuong_tien.find")).to_be_visible()
    photograph(operator, "traces-one")


@pytest.mark.parametrize("spans", [10, 1_000])
def test_a_trace_can_be_read_whatever_its_size(watched: RunningService, operator: Page, spans: int) -> None:
    request = large(spans)
    watched.app.state.telemetry.recent.take(request, None)
    operator.goto(f"{watched.url}/traces/{request.trace_id}")
    lines = operator.locator("summary.line:visible")
    assert 4 <= lines.count() <= 30
    assert operator.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert operator.evaluate("document.documentElement.scrollHeight") < 3_000
    photograph(operator, f"traces-{spans}-spans")
    run = operator.locator("details.line-run").first
    if spans > 100:
        run.locator("summary").first.click()
        assert operator.locator("summary.line:visible").count() > 60
        expect(run.locator(".line").nth(1)).to_be_visible()
        photograph(operator, f"traces-{spans}-spans-open")
