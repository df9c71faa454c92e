"""The guard round every connector: slots, breaker, and one span per fetch that holds no value."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

from connectors.breaker import Breaker
from connectors.errors import SourceError, SourceFaultError, SourceTimeoutError, SourceUnavailableError
from connectors.fetch import Fetch, Row
from connectors.guard import GuardedConnector
from connectors.memory import MemoryConnector
from tests import running
from tests.connectors.dataset import EVERYONE, PEOPLE, SOURCE, TABLES, fetch_of

pytestmark = pytest.mark.timed


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


class Scripted(MemoryConnector):
    """A source that takes `seconds` and then fails with `error`, if there is one; it notes how many fetches it has."""

    def __init__(self, *, seconds: float = 0.0, error: SourceError | None = None) -> None:
        super().__init__(SOURCE, TABLES)
        self.seconds = seconds
        self.error = error
        self.under_way = self.peak = 0

    async def fetch(self, fetch: Fetch) -> list[Row]:
        self.under_way += 1
        self.peak = max(self.peak, self.under_way)
        try:
            await asyncio.sleep(self.seconds)
            if self.error is not None:
                raise self.error
            return await super().fetch(fetch)
        finally:
            self.under_way -= 1


def guarded(inner: MemoryConnector, **options: Any) -> GuardedConnector:
    return GuardedConnector(inner, SOURCE, **{"timeout": 5.0, "slots": 4, **options})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(failures=3, rest=2.0, clock=clock)


def test_a_breaker_opens_after_failures_in_a_row(breaker: Breaker) -> None:
    for _ in range(2):
        breaker.failed()
        assert breaker.state == "closed"
    breaker.succeeded()
    for _ in range(3):
        assert breaker.admit()
        breaker.failed()
    assert breaker.state == "open"
    assert not breaker.admit()


def test_an_open_breaker_admits_one_trial_after_each_rest(breaker: Breaker, clock: Clock) -> None:
    for _ in range(3):
        breaker.failed()
    clock.now += 1.9
    assert not breaker.admit()
    clock.now += 0.2
    assert breaker.state == "half-open"
    assert [breaker.admit() for _ in range(3)] == [True, False, False]
    breaker.failed()
    clock.now += 1.9
    assert not breaker.admit()
    clock.now += 0.2
    assert breaker.admit()


def test_a_trial_that_succeeds_closes_the_breaker_at_once(breaker: Breaker, clock: Clock) -> None:
    for _ in range(3):
        breaker.failed()
    clock.now += 2.0
    assert breaker.admit()
    breaker.succeeded()
    assert breaker.state == "closed"
    assert all(breaker.admit() for _ in range(10))
    breaker.failed()
    assert breaker.state == "closed"


def test_a_trial_that_never_ends_leaves_room_for_the_next(breaker: Breaker, clock: Clock) -> None:
    for _ in range(3):
        breaker.failed()
    clock.now += 2.0
    assert breaker.admit()
    clock.now += 2.0
    assert breaker.admit()


@dataclass
class Shaky(MemoryConnector):
    """A source whose first fetches break off after `seconds`."""

    breaks: int = 1
    seconds: float = 0.0

    def __post_init__(self) -> None:
        super().__init__(SOURCE, TABLES)

    async def fetch(self, fetch: Fetch) -> list[Row]:
        if self.breaks:
            self.breaks -= 1
            await asyncio.sleep(self.seconds)
            raise SourceUnavailableError(SOURCE)
        return await super().fetch(fetch)


async def test_a_fetch_whose_connection_broke_is_tried_again() -> None:
    connector = guarded(Shaky())
    assert len(await connector.fetch(EVERYONE)) == len(PEOPLE)
    assert connector.breaker.state == "closed"


async def test_a_fetch_is_tried_twice_at_most_and_not_when_it_failed_late() -> None:
    for source in (Shaky(breaks=2), Shaky(seconds=0.3)):
        with pytest.raises(SourceUnavailableError):
            await guarded(source, timeout=1.0).fetch(EVERYONE)
        assert source.breaks == 0


async def test_nothing_is_tried_again_once_the_breaker_is_open(breaker: Breaker) -> None:
    source = Shaky(breaks=9)
    connector = guarded(source, breaker=breaker)
    for _ in range(3):
        with pytest.raises(SourceUnavailableError):
            await connector.fetch(EVERYONE)
    assert (breaker.state, source.breaks) == ("open", 6)


async def test_a_source_at_rest_is_not_asked(breaker: Breaker, clock: Clock) -> None:
    source = Scripted(error=SourceUnavailableError(SOURCE))
    connector = guarded(source, breaker=breaker)
    for _ in range(3):
        with pytest.raises(SourceUnavailableError):
            await connector.fetch(EVERYONE)
    source.error, source.peak = None, 0
    with pytest.raises(SourceUnavailableError):
        await connector.fetch(EVERYONE)
    assert source.peak == 0
    clock.now += 2.0
    assert len(await connector.fetch(EVERYONE)) == len(PEOPLE)
    assert breaker.state == "closed"


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (SourceTimeoutError(SOURCE), "open"),
        (SourceUnavailableError(SOURCE), "open"),
        (SourceFaultError(SOURCE), "closed"),
    ],
    ids=["time-outs", "outages", "faults"],
)
async def test_only_outages_and_time_outs_open_the_breaker(breaker: Breaker, error: SourceError, state: str) -> None:
    connector = guarded(Scripted(error=error), breaker=breaker)
    for _ in range(4):
        with suppress(SourceError):
            await connector.fetch(EVERYONE)
    assert breaker.state == state


async def test_no_more_fetches_are_under_way_than_there_are_slots() -> None:
    source = Scripted(seconds=0.02)
    connector = guarded(source, slots=3)
    await asyncio.gather(*(connector.fetch(EVERYONE) for _ in range(12)))
    assert source.peak == 3


async def test_waiting_for_a_slot_counts_as_time_and_a_slot_is_given_back() -> None:
    source = Scripted(seconds=0.3)
    connector = guarded(source, slots=1, timeout=0.2)
    started = time.monotonic()
    outcomes = await asyncio.gather(*(connector.fetch(EVERYONE) for _ in range(4)), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {SourceTimeoutError}
    assert time.monotonic() - started < 0.3
    source.seconds = 0.0
    assert len(await connector.fetch(EVERYONE)) == len(PEOPLE)


async def test_a_cancelled_fetch_gives_its_slot_back() -> None:
    source = Scripted(seconds=5.0)
    connector = guarded(source, slots=1)
    task = asyncio.create_task(connector.fetch(EVERYONE))
    await asyncio.sleep(0.01)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    source.seconds = 0.0
    assert len(await connector.fetch(EVERYONE)) == len(PEOPLE)
    assert connector.breaker.state == "closed"


async def test_a_ping_goes_past_the_breaker(breaker: Breaker) -> None:
    for _ in range(3):
        breaker.failed()
    connector = guarded(Scripted(), breaker=breaker)
    await connector.ping()
    assert breaker.state == "open"
    assert connector.render(EVERYONE.statement)
    await connector.close()


async def test_a_ping_ends_in_time() -> None:
    class Silent(Scripted):
        async def ping(self) -> None:
            await asyncio.sleep(5)

    with pytest.raises(SourceTimeoutError):
        await guarded(Silent(), timeout=0.05).ping()


@pytest.fixture
def spans() -> Iterator[Callable[[], tuple[ReadableSpan, ...]]]:
    """What gives the spans finished since the test began."""
    running.observed_tracing()
    running._EXPORTER.clear()
    yield running._EXPORTER.get_finished_spans
    running._EXPORTER.clear()


CANARIES = ("079199000123", "Nguyễn Canary", "48")


async def test_a_fetch_is_one_client_span_without_any_value(spans: Callable[[], tuple[ReadableSpan, ...]]) -> None:
    fetch = fetch_of(
        "nguoi", ["so"], ("so", "any", CANARIES), ("ten", "prefix", CANARIES[1]), ("ma_tinh", "equals", "48")
    )
    await guarded(Scripted()).fetch(fetch)
    (span,) = spans()
    assert (span.name, span.kind, span.status.status_code) == ("scan nguoi", SpanKind.CLIENT, StatusCode.UNSET)
    assert dict(span.attributes or {}) == {
        "db.system.name": "memory",
        "db.namespace": "memory",
        "db.operation.name": "scan",
        "db.collection.name": "nguoi",
        "server.address": "memory",
        "lienthong.source": SOURCE,
        "db.query.summary": "scan nguoi",
        "db.response.returned_rows": 0,
        "lienthong.fetch.attempt": 1,
        "lienthong.fetch.bytes": 2,
        "lienthong.fetch.keys": 3,
        "lienthong.pool.wait": 0.0,
        "lienthong.breaker.state": "closed",
    }
    assert not any(canary in span.to_json() for canary in CANARIES[:2])


@pytest.mark.parametrize("error", [SourceTimeoutError, SourceUnavailableError, SourceFaultError])
async def test_a_failed_fetch_is_a_span_with_its_code_and_no_stack(
    spans: Callable[[], tuple[ReadableSpan, ...]], error: type[SourceError]
) -> None:
    with pytest.raises(error):
        await guarded(Scripted(error=error(SOURCE))).fetch(fetch_of("nguoi", ["so"], ("so", "any", CANARIES)))
    attempts = spans()
    assert len(attempts) == (2 if error is SourceUnavailableError else 1)
    for number, span in enumerate(attempts, 1):
        assert (span.attributes or {})["error.type"] == error.code
        assert (span.attributes or {})["lienthong.fetch.attempt"] == number
        assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, error.code)
        assert not span.events
        assert not any(canary in span.to_json() for canary in CANARIES[:2])
