"""Spans kept light until their request ends (decision 0038): OpenTelemetry's API in front, its SDK behind.

A span of the SDK costs twenty microseconds, kept or not. These cost two. When the outermost span of a trace ends, what
it holds goes in one piece to whoever takes it, and only what is to be exported becomes spans of the SDK.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.semconv.schemas import Schemas
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

__all__ = ["MAX_SPANS", "RecordedSpan", "Recorder", "Recording"]

MAX_SPANS = 4_000
"""Spans that one trace keeps at most; of more it keeps the number."""

_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_UNSET = Status()
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Recording:
    """The spans of one trace in this process, in the order in which they ended.

    `parent` is the caller's span, when its trace is continued; `dropped` counts the spans beyond `MAX_SPANS`. `about`
    is what the process keeps beside them for its own pages and never exports.
    """

    __slots__ = ("about", "dropped", "ended", "finished", "late", "parent", "root", "spans", "trace_id")

    def __init__(self, trace_id: int, parent: SpanContext | None, finished: Callable[[Recording], None]) -> None:
        self.trace_id = trace_id
        self.parent = parent
        self.finished = finished
        self.spans: list[RecordedSpan] = []
        self.dropped = 0
        self.ended = False
        self.late: Callable[[RecordedSpan], None] | None = None
        self.root: RecordedSpan
        self.about: dict[str, Any] = {}

    @property
    def seconds(self) -> float:
        """How long the outermost span took."""
        return ((self.root.end_time or self.root.start_time) - self.root.start_time) / 1e9


class RecordedSpan(trace.Span):
    """A span in the making. Neither exceptions nor their messages are kept in it: they may hold a value."""

    __slots__ = (
        "attributes",
        "end_time",
        "events",
        "kind",
        "links",
        "name",
        "parent_id",
        "recording",
        "scope",
        "span_id",
        "start_time",
        "status",
    )

    def __init__(
        self, recording: Recording, parent_id: int | None, name: str, kind: SpanKind, scope: InstrumentationScope
    ) -> None:
        self.recording = recording
        self.parent_id = parent_id
        self.name = name
        self.kind = kind
        self.scope = scope
        self.span_id = random.getrandbits(64) or 1
        self.attributes: dict[str, Any] = {}
        self.events: Sequence[Event] = ()
        self.links: Sequence[Link] = ()
        self.status = _UNSET
        self.start_time = time.time_ns()
        self.end_time: int | None = None

    def get_span_context(self) -> SpanContext:
        """Ids of trace and span."""
        return SpanContext(self.recording.trace_id, self.span_id, is_remote=False, trace_flags=_SAMPLED)

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Set several attributes."""
        if self.end_time is None:
            self.attributes.update(attributes)

    def set_attribute(self, key: str, value: Any) -> None:
        """Set an attribute."""
        if self.end_time is None:
            self.attributes[key] = value

    def add_event(self, name: str, attributes: Any = None, timestamp: int | None = None) -> None:
        """Note that something happened."""
        if self.end_time is None:
            self.events = (*self.events, Event(name, attributes, timestamp or time.time_ns()))

    def add_link(self, context: SpanContext, attributes: Any = None) -> None:
        """Link another span."""
        if self.end_time is None:
            self.links = (*self.links, Link(context, attributes))

    def update_name(self, name: str) -> None:
        """Rename."""
        self.name = name

    def is_recording(self) -> bool:
        """Whether it still takes attributes."""
        return self.end_time is None

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        """Set the status."""
        if self.end_time is None:
            self.status = status if isinstance(status, Status) else Status(status, description)

    def failed(self, code: str) -> None:
        """Mark as failed, by a stable code."""
        self.attributes["error.type"] = code
        self.status = Status(StatusCode.ERROR, code)

    def record_exception(self, exception: BaseException, *_: Any, **__: Any) -> None:
        """Keep an exception's type, not its message and not its stack."""
        self.set_attribute("error.type", _code_of(exception))

    def end(self, end_time: int | None = None) -> None:
        """End; the trace ends with its outermost span."""
        if self.end_time is not None:
            return
        self.end_time = end_time or time.time_ns()
        recording = self.recording
        if recording.ended:
            if recording.late is not None:
                recording.late(self)
        elif self is recording.root:
            recording.spans.append(self)
            recording.ended = True
            recording.finished(recording)
        elif len(recording.spans) < MAX_SPANS:
            recording.spans.append(self)
        else:
            recording.dropped += 1

    def readable(self, resource: Resource) -> ReadableSpan:
        """The finished span as the SDK's exporters take it."""
        parent = self.recording.parent
        if self.parent_id is not None:
            parent = SpanContext(self.recording.trace_id, self.parent_id, is_remote=False, trace_flags=_SAMPLED)
        return ReadableSpan(
            self.name,
            self.get_span_context(),
            parent,
            resource,
            self.attributes,
            self.events,
            self.links,
            self.kind,
            instrumentation_scope=self.scope,
            status=self.status,
            start_time=self.start_time,
            end_time=self.end_time,
        )


class _Tracer(trace.Tracer):
    def __init__(self, name: str, finished: Callable[[Recording], None]) -> None:
        self._scope = InstrumentationScope(name, schema_url=Schemas.V1_44_0.value)
        self._finished = finished

    def start_span(  # noqa: PLR0913, PLR0917 - the API's signature
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Any = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,  # noqa: ARG002, FBT001, FBT002
        set_status_on_exception: bool = True,  # noqa: ARG002, FBT001, FBT002
    ) -> RecordedSpan:
        above = trace.get_current_span(context)
        if isinstance(above, RecordedSpan):
            span = RecordedSpan(above.recording, above.span_id, name, kind, self._scope)
        else:
            remote = above.get_span_context()
            parent = remote if remote.is_valid else None
            trace_id = parent.trace_id if parent else random.getrandbits(128) or 1
            recording = Recording(trace_id, parent, self._finished)
            span = recording.root = RecordedSpan(recording, None, name, kind, self._scope)
        if attributes:
            span.attributes.update(attributes)
        if links:
            span.links = tuple(links)
        if start_time is not None:
            span.start_time = start_time
        return span

    @contextmanager
    def start_as_current_span(  # type: ignore[override]  # noqa: PLR0913, PLR0917 - the API's signature
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Any = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,  # noqa: ARG002, FBT001, FBT002
        set_status_on_exception: bool = True,  # noqa: FBT001, FBT002
        end_on_exit: bool = True,  # noqa: FBT001, FBT002
    ) -> Iterator[RecordedSpan]:
        span = self.start_span(name, context, kind, attributes, links, start_time)
        token = contexts.attach(trace.set_span_in_context(span, context))
        try:
            yield span
        except BaseException as error:
            if set_status_on_exception:
                span.failed(_code_of(error))
            raise
        finally:
            contexts.detach(token)
            if end_on_exit:
                span.end()


class Recorder(trace.TracerProvider):
    """Gives tracers. `finished` is called with each trace whose outermost span has ended."""

    def __init__(self, finished: Callable[[Recording], None]) -> None:
        self._finished = finished

    def get_tracer(
        self,
        instrumenting_module_name: str,
        instrumenting_library_version: str | None = None,  # noqa: ARG002 - the API's signature
        schema_url: str | None = None,  # noqa: ARG002
        attributes: Any = None,  # noqa: ARG002
    ) -> trace.Tracer:
        """A tracer for a part of the service."""
        return _Tracer(instrumenting_module_name, self._finished)


def _code_of(error: BaseException) -> str:
    """What tells of an error without its words: its code if it has one, else its type."""
    code = getattr(error, "code", None)
    return code if isinstance(code, str) else type(error).__name__
