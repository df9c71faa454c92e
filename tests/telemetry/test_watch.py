"""The watch over the whole run can fail: what it must not hear it finds, wherever it was said, and nothing else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import StatusCode
from prometheus_client import CollectorRegistry, Counter

from service.embedded import EmbeddedServers
from service.telemetry.recorder import Recorder, Recording
from tests.running import Governance, RunningService
from tests.watch import WATCH, Watch, personal_values

NAME, NUMBER = "Nguyễn Thị Thử Nghiệm", "079199000123"


@pytest.fixture(scope="module")
def values(databases: EmbeddedServers) -> set[str]:
    return asyncio.run(personal_values(databases))


def test_what_tells_people_apart_is_personal(values: set[str], governance: Governance) -> None:
    (row,) = governance.fetch(
        "SELECT * FROM population.citizen WHERE contact_mobile IS NOT NULL AND permanent_detail IS NOT NULL LIMIT 1"
    )
    assert {row["personal_id"], row["birth_full_name"], row["contact_mobile"], row["permanent_detail"]} <= values
    assert len(values) > 10_000
    assert not {"Hà Nội", "transport", "POST /graphql", "MALE"} & values


def in_an_attribute(watch: Watch, value: str) -> None:
    finished: list[Recording] = []
    Recorder(finished.append).get_tracer("x").start_span("find", attributes={"a": [1, value]}).end()
    watch.on_end(finished[0].root.readable(Resource.get_empty()))


def in_a_status(watch: Watch, value: str) -> None:
    finished: list[Recording] = []
    span = Recorder(finished.append).get_tracer("x").start_span("find")
    span.set_status(StatusCode.ERROR, f"no row for {value}")
    span.end()
    watch.on_end(finished[0].root.readable(Resource.get_empty()))


def in_a_label(watch: Watch, value: str) -> None:
    registry = CollectorRegistry()
    Counter("a", "b", ["c"], registry=registry).labels(f"query {value}").inc()
    watch.hear_metrics(registry)


def in_a_line(watch: Watch, value: str) -> None:
    watch.handler.emit(logging.LogRecord("lienthong.x", logging.INFO, "x", 1, "no %s here", (value,), None))


@pytest.mark.parametrize("say", [in_an_attribute, in_a_status, in_a_label, in_a_line])
@pytest.mark.parametrize("value", [NAME, NUMBER, "thu@example.vn", "29A-123.45"])
def test_whatever_is_said_is_found(say: Callable[[Watch, str], None], value: str) -> None:
    watch = Watch()
    say(watch, value)
    assert set(watch.found({NAME, NUMBER, "thu@example.vn", "29A-123.45", "079199000124"})) == {value}
    assert not watch.found({"079199000124", "Nguyễn Thị Thử"[:10] + "x"})


def test_a_part_of_a_longer_number_is_not_it() -> None:
    watch = Watch()
    watch.hear_line(f"trace 0{NUMBER}af")
    assert not watch.found({NUMBER})


def test_this_run_is_watched(service: RunningService) -> None:
    before = (WATCH.spans, WATCH.lines)
    service.post("mot-cua", "{ nothing }")
    service.settle()
    assert WATCH.handler in logging.getLogger().handlers
    assert (WATCH.spans > before[0], WATCH.lines >= before[1]) == (True, True)
