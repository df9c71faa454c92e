"""Spans over OTLP/HTTP, in its JSON form and in batches (decision 0038).

OpenTelemetry's exporter builds Protocol Buffers attribute by attribute, and its batch processor takes span by span: 40
microseconds a span, half of what a small request takes. Here a request's spans go in one piece, and most of what they
say was encoded before. Transport, retries, compression and the variables of the environment are OpenTelemetry's.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource

from service.telemetry.recorder import RecordedSpan

__all__ = ["SpanSender", "encode_spans"]

_LOG = logging.getLogger("lienthong.telemetry")
_MOST_WAITING = 40_000
_BATCH = 2_000
_STOPPING = 5.0
_MOST_ENCODED = 20_000
_ENCODED: dict[tuple[str, Any], bytes] = {}


class SpanSender:
    """Sends spans from a thread of its own. What comes while too many wait is dropped, and told of in the log."""

    def __init__(self, resource: Resource) -> None:
        self._resource = resource
        self._transport = _Transport()
        self._waiting: deque[Sequence[RecordedSpan]] = deque()
        self._spans = 0
        self._dropped = 0
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._over = False
        self._pause = float(os.environ.get("OTEL_BSP_SCHEDULE_DELAY", "1000")) / 1000
        self._thread = threading.Thread(target=self._run, name="span-sender", daemon=True)
        self._thread.start()

    def put(self, spans: Sequence[RecordedSpan]) -> None:
        """Send spans soon; returns at once."""
        with self._lock:
            if self._spans >= _MOST_WAITING:
                self._dropped += len(spans)
                return
            self._waiting.append(spans)
            self._spans += len(spans)
            enough = self._spans >= _BATCH
        if enough:
            self._wake.set()

    def shutdown(self) -> None:
        """Send what waits, and stop."""
        self._over = True
        self._wake.set()
        self._thread.join(_STOPPING)
        self._transport.close()

    def _run(self) -> None:
        while not self._over:
            self._wake.wait(self._pause)
            self._wake.clear()
            self._send_all()

    def _send_all(self) -> None:
        while batch := self._batch():
            sent = self._transport.send(encode_spans(batch, self._resource))
            with self._lock:
                dropped, self._dropped = self._dropped + (0 if sent else len(batch)), 0
            if dropped:
                _LOG.warning("%s spans were dropped: the collector does not take them, or not fast enough", dropped)

    def _batch(self) -> list[RecordedSpan]:
        batch: list[RecordedSpan] = []
        with self._lock:
            while self._waiting and len(batch) < _BATCH:
                batch += self._waiting.popleft()
            self._spans -= len(batch)
        return batch


class _Transport(OTLPSpanExporter):
    """OpenTelemetry's way to the collector, for what is encoded already."""

    def __init__(self) -> None:
        super().__init__(headers={"content-type": "application/json"})

    def close(self) -> None:
        """Give the connections back."""
        self._client.shutdown()

    def send(self, body: bytes) -> bool:
        """Whether the collector took it, at the latest after the time limit."""
        return bool(self._client.export(body).success)


def encode_spans(spans: Iterable[RecordedSpan], resource: Resource) -> bytes:
    """The request of an export (opentelemetry-proto, `ExportTraceServiceRequest` in its JSON mapping)."""
    scopes: dict[Any, list[bytes]] = {}
    for span in spans:
        scopes.setdefault(span.scope, []).append(_span(span))
    groups = [
        b'{"scope":{"name":%b},"schemaUrl":%b,"spans":[%b]}'
        % (orjson.dumps(scope.name), orjson.dumps(scope.schema_url or ""), b",".join(group))
        for scope, group in scopes.items()
    ]
    return b'{"resourceSpans":[{"resource":{"attributes":[%b]},"scopeSpans":[%b]}]}' % (
        _attributes(resource.attributes),
        b",".join(groups),
    )


def _span(span: RecordedSpan) -> bytes:
    recording = span.recording
    parent = span.parent_id or (recording.parent.span_id if recording.parent else 0)
    return (
        b'{"traceId":"%032x","spanId":"%016x",%b"name":%b,"kind":%d,"startTimeUnixNano":"%d","endTimeUnixNano":"%d",'
        b'"attributes":[%b],%b"status":{"code":%d%b}}'
        % (
            recording.trace_id,
            span.span_id,
            b'"parentSpanId":"%016x",' % parent if parent else b"",
            orjson.dumps(span.name),
            span.kind.value + 1,
            span.start_time,
            span.end_time or span.start_time,
            _attributes(span.attributes),
            _more(span) if span.events or span.links else b"",
            span.status.status_code.value,
            b',"message":%b' % orjson.dumps(span.status.description) if span.status.description else b"",
        )
    )


def _more(span: RecordedSpan) -> bytes:
    """Events and links, which few spans have."""
    events = [
        b'{"timeUnixNano":"%d","name":%b,"attributes":[%b]}'
        % (event.timestamp, orjson.dumps(event.name), _attributes(event.attributes or {}))
        for event in span.events
    ]
    links = [
        b'{"traceId":"%032x","spanId":"%016x","attributes":[%b]}'
        % (link.context.trace_id, link.context.span_id, _attributes(link.attributes or {}))
        for link in span.links
    ]
    return b'"events":[%b],"links":[%b],' % (b",".join(events), b",".join(links))


def _attributes(attributes: Mapping[str, Any]) -> bytes:
    return b",".join([_attribute(name, value) for name, value in attributes.items()])


def _attribute(name: str, value: Any) -> bytes:
    """An attribute; most say what others have said before."""
    if value.__class__ in _ALIKE:
        return orjson.dumps({"key": name, "value": _value(value)})
    known = _ENCODED.get((name, value))
    if known is None:
        known = orjson.dumps({"key": name, "value": _value(value)})
        if len(_ENCODED) >= _MOST_ENCODED:
            _ENCODED.clear()
        _ENCODED[name, value] = known
    return known


# Equal values of these classes are not encoded alike (1, 1.0, True), or they cannot be looked up.
_ALIKE = frozenset({bool, float, list})


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list | tuple):
        return {"arrayValue": {"values": [_value(item) for item in value]}}
    return {"stringValue": str(value)}
