"""Spans that are kept light: what OpenTelemetry's API promises holds, and nothing of an exception is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, StatusCode, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from errors import LienthongError
from service.telemetry.recorder import MAX_SPANS, Recorder, Recording

SECRET = "079199000123"


@pytest.fixture
def finished() -> list[Recording]:
    return []


@pytest.fixture
def tracer(finished: list[Recording]) -> trace.Tracer:
    return Recorder(finished.append).get_tracer("test")


def test_a_trace_is_finished_with_its_outermost_span(tracer: trace.Tracer, finished: list[Recording]) -> None:
    with tracer.start_as_current_span("request", kind=SpanKind.SERVER) as root:
        with tracer.start_as_current_span("execute", attributes={"a": 1}) as inner:
            tracer.start_span("find", kind=SpanKind.CLIENT).end()
            inner.set_attribute("b", 2)
        assert not finished
    (recording,) = finished
    assert [span.name for span in recording.spans] == ["find", "execute", "request"]
    assert [span.parent_id for span in recording.spans] == [inner.span_id, root.span_id, None]  # type: ignore[attr-defined]
    assert recording.spans[1].attributes == {"a": 1, "b": 2}
    assert recording.seconds >= 0


def test_a_span_becomes_one_of_the_sdk(tracer: trace.Tracer, finished: list[Recording]) -> None:
    with tracer.start_as_current_span("request"), tracer.start_as_current_span("execute") as span:
        span.add_event("something", {"n": 1})
        span.add_link(SpanContext(1, 2, is_remote=True))
    resource = Resource.create({"service.name": "x"})
    inner, root = (span.readable(resource) for span in finished[0].spans)
    assert inner.parent is not None
    assert root.context is not None
    assert (inner.parent.span_id, inner.parent.trace_id) == (root.context.span_id, root.context.trace_id)
    assert root.parent is None
    assert inner.instrumentation_scope is not None
    assert (inner.instrumentation_scope.name, inner.resource) == ("test", resource)
    assert (inner.start_time or 0) <= (inner.end_time or 0)
    assert [event.name for event in inner.events] == ["something"]
    assert inner.links[0].context.span_id == 2
    assert '"name": "execute"' in inner.to_json()


async def test_tasks_of_a_request_are_below_the_span_in_which_they_began(
    tracer: trace.Tracer, finished: list[Recording]
) -> None:
    async def fetch(name: str) -> None:
        with tracer.start_as_current_span(name):
            await asyncio.sleep(0)

    with tracer.start_as_current_span("request"), tracer.start_as_current_span("execute") as execute:
        await asyncio.gather(fetch("a"), fetch("b"))
    parents = {span.name: span.parent_id for span in finished[0].spans}
    assert parents["a"] == parents["b"] == execute.span_id  # type: ignore[attr-defined]


def test_a_remote_parent_is_continued(tracer: trace.Tracer, finished: list[Recording]) -> None:
    parent = SpanContext(7, 8, is_remote=True, trace_flags=TraceFlags(1))
    with tracer.start_as_current_span("request", trace.set_span_in_context(NonRecordingSpan(parent))) as span:
        assert span.get_span_context().trace_id == 7
        headers: dict[str, str] = {}
        TraceContextTextMapPropagator().inject(headers)
        assert headers["traceparent"].split("-")[1] == f"{7:032x}"
    assert finished[0].parent == parent
    readable = finished[0].root.readable(Resource.get_empty())
    assert readable.parent == parent


class CodedError(LienthongError):
    """the number is 079199000123"""

    code = "CODED"


@pytest.mark.parametrize(
    ("error", "told"), [(ValueError(SECRET), "ValueError"), (CodedError(SECRET), "CODED"), (KeyboardInterrupt(), None)]
)
def test_an_error_is_told_by_its_code_and_never_by_its_words(
    tracer: trace.Tracer, finished: list[Recording], error: BaseException, told: str | None
) -> None:
    def fail() -> None:
        with tracer.start_as_current_span("request") as span:
            span.record_exception(error)
            raise error

    with pytest.raises(type(error)):
        fail()
    (span,) = finished[0].spans
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes == {"error.type": told or "KeyboardInterrupt"}
    assert SECRET not in span.readable(Resource.get_empty()).to_json()


def test_what_ends_after_its_request_is_told_of_by_itself(tracer: trace.Tracer, finished: list[Recording]) -> None:
    late: list[str] = []
    with tracer.start_as_current_span("request"):
        forgotten = tracer.start_span("fetch")
    finished[0].late = lambda span: late.append(span.name)
    forgotten.end()
    forgotten.end()
    assert (late, len(finished), len(finished[0].spans)) == (["fetch"], 1, 1)


def test_a_span_that_has_ended_takes_nothing_more(tracer: trace.Tracer, finished: list[Recording]) -> None:
    span = tracer.start_span("request")
    span.end()
    change: Callable[[], None]
    for change in (
        lambda: span.set_attribute("a", 1),
        lambda: span.set_attributes({"a": 1}),
        lambda: span.add_event("a"),
        lambda: span.add_link(SpanContext(1, 2, is_remote=True)),
        lambda: span.set_status(StatusCode.ERROR),
    ):
        change()
    (kept,) = finished[0].spans
    assert (kept.attributes, list(kept.events), list(kept.links)) == ({}, [], [])
    assert kept.status.status_code is not StatusCode.ERROR
    assert not span.is_recording()


def test_a_trace_has_a_bounded_number_of_spans(tracer: trace.Tracer, finished: list[Recording]) -> None:
    with tracer.start_as_current_span("request"):
        for _ in range(MAX_SPANS + 10):
            tracer.start_span("fetch").end()
    assert (len(finished[0].spans), finished[0].dropped) == (MAX_SPANS + 1, 10)
    assert finished[0].spans[-1].name == "request"


@given(st.recursive(st.just([]), lambda children: st.lists(children, max_size=4), max_leaves=30))
def test_every_span_is_below_the_one_that_was_current(shape: list[object]) -> None:
    finished: list[Recording] = []
    tracer = Recorder(finished.append).get_tracer("test")

    def grow(children: object, place: str) -> int:
        with tracer.start_as_current_span(place):
            assert isinstance(children, list)
            return 1 + sum(grow(child, f"{place}.{number}") for number, child in enumerate(children))

    count = grow(shape, "0")
    names = {span.span_id: span.name for span in finished[0].spans}
    assert len(names) == count
    for span in finished[0].spans:
        expected = span.name.rpartition(".")[0] or None
        assert (names[span.parent_id] if span.parent_id else None) == expected
