"""What is exported, and what the pages still know: errors and slow requests always, within bounds that hold."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace.sampling import Decision, TraceIdRatioBased
from opentelemetry.trace import SpanContext, TraceFlags

from service.telemetry.names import BoundedNames, told_name
from service.telemetry.recent import RecentRequests, Search
from service.telemetry.sampling import KeepRule
from service.telemetry.traffic import Traffic
from tests.telemetry.finished import finished_request


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, None),
        ({"codes": "RATE_LIMITED"}, "error"),
        ({"codes": "FIELD_NOT_IN_CONTRACT", "outcome": "partial"}, "error"),
        ({"code": "SOURCE_UNAVAILABLE"}, "error"),
        ({"refused": "SOURCE_UNAVAILABLE"}, "error"),
        ({"seconds": 0.5}, "slow"),
        ({"seconds": 0.499}, None),
    ],
)
def test_errors_refusals_and_slow_requests_are_always_kept(given: dict[str, Any], reason: str | None) -> None:
    assert KeepRule(ratio=0.0, slow=0.5).reason(finished_request(**given)) == reason


@pytest.mark.parametrize(("sampled", "reason"), [(1, "caller"), (0, None)])
def test_a_trusted_caller_can_have_a_trace_kept(sampled: int, reason: str | None) -> None:
    request = finished_request()
    request.recording.parent = SpanContext(7, 8, is_remote=True, trace_flags=TraceFlags(sampled))
    assert KeepRule(ratio=0.0, slow=1.0).reason(request) == reason


def test_a_caller_can_not_have_an_error_dropped() -> None:
    request = finished_request(codes="RATE_LIMITED")
    request.recording.parent = SpanContext(7, 8, is_remote=True, trace_flags=TraceFlags(0))
    assert KeepRule(ratio=0.0, slow=1.0).reason(request) == "error"


@given(st.integers(1, 2**128 - 1), st.sampled_from([0.0, 0.01, 0.5, 1.0]))
def test_the_share_is_that_of_opentelemetry(trace_id: int, ratio: float) -> None:
    request = finished_request()
    request.recording.trace_id = trace_id
    theirs = TraceIdRatioBased(ratio).should_sample(None, trace_id, "x").decision is Decision.RECORD_AND_SAMPLE
    assert (KeepRule(ratio, slow=1.0).reason(request) == "ratio") is theirs


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("TraCuu", "TraCuu"),
        ("TraCuu123", "TraCuu123"),
        ("TraCuu_079199000123", "other"),
        ("T" * 65, "other"),
        (None, ""),
        ("", ""),
    ],
)
def test_the_name_of_an_operation_tells_no_number(name: str | None, told: str) -> None:
    assert told_name(name) == told


def test_only_so_many_names_become_labels() -> None:
    names = BoundedNames(2)
    assert [names(name) for name in ("a", "b", "c", "a", "d", "")] == ["a", "b", "other", "a", "other", "other"]


def test_a_flood_of_ordinary_requests_pushes_out_neither_failed_nor_slow_ones() -> None:
    recent = RecentRequests(40, clock=lambda: 2_000.0)
    slow, failed = finished_request(seconds=9.0), finished_request(codes="AUDIT_UNAVAILABLE")
    recent.take(slow, None)
    recent.take(failed, "error")
    for number in range(500):
        recent.take(finished_request(began=1_100.0 + number), None)
    assert recent.of_trace(slow.trace_id) is slow
    assert recent.of_trace(failed.trace_id) is failed
    assert recent.find(Search(failed=True)) == [failed]
    assert recent.find(Search(seconds=5.0)) == [slow]
    assert len(recent.find(Search())) <= 40


@given(st.integers(8, 60), st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=150), st.randoms())
def test_what_is_kept_stays_within_its_bounds(most: int, sizes: list[tuple[int, bool]], chance: random.Random) -> None:
    recent = RecentRequests(most)
    for fetches, failed in sizes:
        given: dict[str, Any] = {"codes": "X"} if failed else {}
        recent.take(finished_request(fetches=fetches, seconds=chance.random(), **given), None)
    kept = recent.find(Search())
    assert len(kept) <= most
    assert sum(len(request.recording.spans) for request in kept) <= most * 100 + 3 * 200
    assert [request.began for request in kept] == sorted((request.began for request in kept), reverse=True)


def test_a_slow_request_is_forgotten_after_an_hour() -> None:
    now = [2_000.0]
    recent = RecentRequests(8, clock=lambda: now[0])
    old = finished_request(seconds=9.0, began=1_000.0)
    recent.take(old, None)
    for _ in range(20):
        recent.take(finished_request(began=1_999.0), None)
    assert recent.of_trace(old.trace_id) is old
    now[0] = 1_000.0 + 3_601
    for _ in range(20):
        recent.take(finished_request(began=now[0]), None)
    assert recent.of_trace(old.trace_id) is None


SEARCHED = finished_request(
    client="csgt", operation="TraCuu", codes="SOURCE_TIMEOUT", code="SOURCE_TIMEOUT", seconds=2.0, source="health"
)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        (Search(client="csgt", operation="TraCuu", source="health", code="SOURCE_TIMEOUT", seconds=2.0), True),
        (Search(environment="sandbox"), False),
        (Search(client="bhxh"), False),
        (Search(operation="-"), False),
        (Search(source="transport"), False),
        (Search(code="RATE_LIMITED"), False),
        (Search(seconds=2.1), False),
        (Search(failed=True), True),
    ],
)
def test_a_search_finds_by_all_that_it_says(search: Search, *, found: bool) -> None:
    assert search.finds(SEARCHED) is found


def test_the_minute_forgets_what_is_older() -> None:
    now = [100.0]
    traffic = Traffic(clock=lambda: now[0])
    traffic.take(finished_request(client="csgt", codes="RATE_LIMITED", limit="requests_per_minute"), None)
    now[0] = 110.0
    traffic.take(finished_request(client="bhxh", refused="SOURCE_TIMEOUT"), None)
    minute = traffic.minute("production", ["transport"])
    assert (minute.requests, minute.seconds, minute.limited["csgt"], minute.failed) == (2, 10.0, 1, 1)
    source = minute.sources["transport"]
    assert (source.fetches, source.refused, source.exhausted, source.error_share) == (1, 1, 1, 0.5)
    now[0] = 165.0
    assert traffic.minute("production", ["transport"]).requests == 1
    assert traffic.minute("sandbox", ["transport"]).requests == 0
