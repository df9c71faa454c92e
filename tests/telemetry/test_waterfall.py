"""A trace as it is drawn: in scale, in order, side by side, and of a thousand spans still a page that can be read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.trace import SpanKind

from service.operations.waterfall import Line, waterfall_of
from service.telemetry.recorder import Recorder, Recording

MS = 1_000_000
SOURCES = ("population", "transport", "health", "education", "civil_status", "social_insurance")


def recording_of(fetches: list[tuple[int, int]], *, source: str = "transport", name: str = "find bang") -> Recording:
    """A trace of 100 ms with fetches that begin and end at these milliseconds."""
    finished: list[Recording] = []
    tracer = Recorder(finished.append).get_tracer("test")
    root = tracer.start_span("POST /graphql", kind=SpanKind.SERVER, start_time=0)
    for begin, end in fetches:
        attributes: dict[str, Any] = {"lienthong.source": source, "lienthong.pool.wait": 0.0}
        context = trace.set_span_in_context(root)
        tracer.start_span(name, context, SpanKind.CLIENT, attributes, start_time=begin * MS).end(end * MS)
    root.end(100 * MS)
    return finished[0]


def walk(line: Line) -> Iterator[Line]:
    yield line
    for child in line.children:
        yield from walk(child)


def test_bars_are_in_scale() -> None:
    drawn = waterfall_of(recording_of([(10, 30), (25, 75)]))
    first, second = drawn.root.children
    assert (drawn.root.left, drawn.root.width) == (0, 1000)
    assert (first.left, first.width, first.milliseconds) == (100, 200, 20)
    assert (second.left, second.width) == (250, 500)
    assert drawn.ticks == [0, 25, 50, 75, 100]


def test_what_overlaps_has_lanes_of_its_own() -> None:
    (band,) = waterfall_of(recording_of([(0, 50), (10, 60), (55, 90), (60, 80)])).bands
    assert [bar[0] for bar in band.bars] == [0, 1, 0, 1]
    assert band.lanes == 2


def test_a_bar_is_wide_enough_to_be_seen_and_stays_inside() -> None:
    drawn = waterfall_of(recording_of([(100, 100), (0, 0)]))
    for line in walk(drawn.root):
        assert line.width >= 2
        assert line.left + line.width <= 1000


def test_a_long_run_of_one_name_is_one_line_that_opens() -> None:
    drawn = waterfall_of(recording_of([(n, n + 5) for n in range(20)]))
    (run,) = drawn.root.children
    assert (run.is_run, run.count, len(run.children)) == (True, 20, 20)
    assert (run.left, run.width) == (0, 240)
    few = waterfall_of(recording_of([(n, n + 5) for n in range(5)]))
    assert [line.count for line in few.root.children] == [1] * 5


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(1, 60)), max_size=40))
def test_every_span_is_drawn_once_and_no_two_of_a_lane_overlap(given: list[tuple[int, int]]) -> None:
    fetches = [(begin, min(begin + took, 100)) for begin, took in given]
    drawn = waterfall_of(recording_of(fetches))
    assert sum(1 for line in walk(drawn.root) if not line.is_run) == len(fetches) + 1
    for band in drawn.bands:
        assert len(band.bars) == len(fetches)
        for lane in range(band.lanes - 1):
            bars = sorted((left, left + width) for at, left, width, _ in band.bars if at == lane)
            assert all(end <= begin + 2 for (_, end), (begin, _) in pairwise(bars))


@pytest.mark.parametrize("count", [10, 1_000])
def test_a_page_has_few_lines_that_are_open(count: int) -> None:
    drawn = waterfall_of(recording_of([(n % 90, n % 90 + 3) for n in range(count)]))
    open_lines = [drawn.root, *drawn.root.children]
    assert len(open_lines) <= 12
    assert drawn.spans == count + 1
