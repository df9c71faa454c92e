"""GET /metrics and the same over OTLP: what is measured, under both names, bounded and without any value."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as prometheus

from service.embedded import EmbeddedServers
from service.telemetry.instruments import GAUGES, INSTRUMENTS
from service.telemetry.metrics import Metrics
from service.telemetry.otlp_metrics import metrics_data
from tests.running import Governance, RunningService, observed_tracing, settings_for
from tests.telemetry.finished import finished_request
from tests.telemetry.load import EVERYWHERE
from tests.telemetry.on_call import KEY, Scrape, page, scrape

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


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


def rise(before: Scrape, after: Scrape, name: str, **labels: str) -> float:
    wanted = labels.items()

    def total(one: Scrape) -> float:
        return sum(value for told, value in one.get(name).items() if wanted <= dict(told).items())

    return total(after) - total(before)


def test_metrics_need_the_operator_key(watched: RunningService) -> None:
    answer = httpx.get(f"{watched.url}/metrics")
    assert (answer.status_code, answer.json()["code"]) == (401, "OPERATOR_REQUIRED")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert page(watched, "/metrics").status_code == 200


def test_a_request_is_measured_with_its_fetches(watched: RunningService, number: str) -> None:
    before = scrape(watched)
    watched.post("mot-cua", EVERYWHERE, {"i": number})
    after = scrape(watched)
    request = {"graphql_operation_name": "KhapNoi", "lienthong_outcome": "answered", "http_route": "/graphql"}
    assert rise(before, after, "http_server_request_duration_seconds_count", **request) == 1
    assert rise(before, after, "lienthong_requests_total", lienthong_client="mot-cua") == 1
    for source in ("population", "transport", "social_insurance", "civil_status", "education"):
        asked = rise(
            before, after, "db_client_operation_duration_seconds_count", lienthong_source=source, error_type=""
        )
        assert asked == 1, source
    assert rise(before, after, "lienthong_fetch_rows_total", lienthong_source="population") == 1
    assert rise(before, after, "lienthong_plan_cache_total", lienthong_plan_cache_hit="false") == 1
    assert rise(before, after, "lienthong_audit_records_total") == 1
    for stage in ("authenticate", "plan", "execute", "assemble", "audit"):
        assert rise(before, after, "lienthong_stage_duration_seconds_count", lienthong_stage=stage) == 1
    assert rise(before, after, "lienthong_errors_total") == 0


def test_states_are_looked_up(watched: RunningService) -> None:
    now = scrape(watched)
    pools = {dict(labels)["db_client_connection_pool_name"] for labels in now.get("db_client_connection_max")}
    assert pools == {"population", "transport", "social_insurance", "civil_status", "education", "health"}
    assert set(now.get("db_client_connection_max").values()) == {watched.settings.pool_size}
    closed = {
        v for labels, v in now.get("lienthong_breaker_state").items() if ("lienthong_breaker_state", "closed") in labels
    }
    assert closed == {1.0}
    assert sum(now.get("process_resident_memory_bytes").values()) > 10_000_000


@pytest.mark.parametrize("name", ["lienthong_event_loop_lag_seconds_count", "lienthong_governance_listening"])
def test_what_takes_a_moment_after_the_start_is_seen(watched: RunningService, name: str) -> None:
    deadline = time.monotonic() + 10
    while not sum(scrape(watched).get(name).values()):
        assert time.monotonic() < deadline


def test_a_refusal_is_counted_by_client_and_code(watched: RunningService) -> None:
    before = scrape(watched)
    watched.post("mot-cua", "{ nothing }")
    watched.session.post(f"{watched.url}/graphql", json={"query": "{ viewer { client } }"})
    after = scrape(watched)
    known = {"error_type": "GRAPHQL_VALIDATION_FAILED", "lienthong_client": "mot-cua"}
    assert rise(before, after, "lienthong_errors_total", **known) == 1
    unknown = {"error_type": "UNAUTHENTICATED", "lienthong_client": "", "lienthong_contract": ""}
    assert rise(before, after, "lienthong_errors_total", **unknown) == 1


def test_a_change_of_contracts_is_in_force_within_a_second(watched: RunningService, governance: Governance) -> None:
    before = scrape(watched)
    governance.fetch("UPDATE governance.client SET name = name WHERE client_id = 'mot-cua'")
    deadline = 200
    while rise(before, after := scrape(watched), "lienthong_contract_propagation_delay_seconds_count") == 0:
        deadline -= 1
        assert deadline
    assert rise(before, after, "lienthong_contract_propagation_delay_seconds_bucket", le="1.0") >= 1


def test_openmetrics_leads_from_a_measurement_to_its_trace(watched: RunningService, number: str) -> None:
    trace = watched.post("mot-cua", EVERYWHERE, {"i": number}).headers["x-trace-id"]
    watched.settle()
    headers = {"authorization": f"Bearer {KEY}", "accept": OPENMETRICS}
    answer = watched.session.get(f"{watched.url}/metrics", headers=headers)
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    exemplars = [s.exemplar.labels for f in openmetrics(answer.text) for s in f.samples if s.exemplar]  # type: ignore[no-untyped-call]
    assert {"trace_id": trace} in exemplars
    assert page(watched, f"/traces/{trace}.json").json()["trace"] == trace


def test_plain_text_is_for_any_reader(watched: RunningService) -> None:
    answer = page(watched, "/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    names = {family.name for family in prometheus(answer.text) if not family.name.endswith("_created")}
    declared = {i.prometheus for i in (*INSTRUMENTS.values(), *GAUGES.values())}
    assert declared <= names
    assert {name for name in names if not name.startswith(("process_", "python_"))} == declared | {
        "lienthong_build_info"
    }


def test_the_name_of_an_operation_is_a_label_only_while_there_are_few() -> None:
    metrics = Metrics("test", lambda: iter(()))
    for index in range(400):
        name = "".join("abcdefghij"[int(digit)] for digit in str(index))
        metrics.take(finished_request(operation=name, client=f"client-{name}"), None)
    samples = [
        s for f in metrics.registry.collect() if f.name == "http_server_request_duration_seconds" for s in f.samples
    ]
    labels = {sample.labels["graphql_operation_name"] for sample in samples}
    assert len(labels) == 201
    assert "other" in labels


@pytest.fixture
def measured() -> Metrics:
    readings = [("lienthong.audit.queue", ("production",), 3.0)]
    metrics = Metrics("test", lambda: iter(readings))
    metrics.take(finished_request(seconds=0.3, fetches=2, client="csgt", contract="c", codes="SOURCE_FAULT"), "error")
    metrics.take(finished_request(seconds=3.0, fetches=1, client="csgt", contract="c"), None)
    return metrics


def test_otlp_has_the_same_measurements_under_the_names_of_opentelemetry(measured: Metrics) -> None:
    metrics = {metric.name: metric for r in metrics_data(measured, "1").resource_metrics for metric in _of(r)}
    assert set(metrics) <= set(INSTRUMENTS) | set(GAUGES)
    duration = metrics["http.server.request.duration"]
    assert (duration.unit, duration.description) == ("s", INSTRUMENTS["http.server.request.duration"].description)
    (point,) = duration.data.data_points
    assert (point.count, point.sum, sum(point.bucket_counts)) == (2, pytest.approx(3.3), 2)
    assert len(point.bucket_counts) == len(point.explicit_bounds) + 1
    bounds = dict(zip([*point.explicit_bounds, float("inf")], point.bucket_counts, strict=True))
    assert (bounds[0.5], bounds[5]) == (1, 1)
    assert point.attributes["http.route"] == "/graphql"
    assert "graphql.operation.name" not in point.attributes
    assert metrics["lienthong.requests"].data.is_monotonic
    (queue,) = metrics["lienthong.audit.queue"].data.data_points
    assert queue.value == 3
    json.dumps(str(encode_metrics(metrics_data(measured, "1"))))


def _of(resource: Any) -> Iterator[Any]:
    for scope in resource.scope_metrics:
        yield from scope.metrics


def test_no_label_has_a_number_of_a_citizen(watched: RunningService, number: str) -> None:
    watched.post("mot-cua", EVERYWHERE.replace("KhapNoi", f"TraCuu{number}"), {"i": number})
    watched.settle()
    text = page(watched, "/metrics").text
    assert number not in text
    assert 'graphql_operation_name="other"' in text
    assert not re.search(r'="[^"]*\d{9,}[^"]*"', re.sub(r'trace_id="[0-9a-f]{32}"', "", text))
