"""The process's tracer provider: what becomes of a trace when its request has ended.

What is to be exported goes on as spans of the SDK, to OTLP over HTTP when the standard variables ask for it.
"""

from __future__ import annotations

import atexit
import os
import secrets
from collections.abc import Sequence

from opentelemetry import trace
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import SpanProcessor

from service.telemetry.otlp_spans import SpanSender
from service.telemetry.recorder import RecordedSpan, Recorder, Recording

__all__ = ["Exports", "exports_to", "set_up_tracing", "trace_id_of"]


class Exports:
    """Hands finished traces on: to the collector, and, as spans of the SDK, to its processors."""

    def __init__(
        self, resource: Resource, processors: Sequence[SpanProcessor], sender: SpanSender | None = None
    ) -> None:
        self.resource = resource
        self._processors = tuple(processors)
        self._sender = sender

    def __call__(self, recording: Recording) -> None:
        """Export a trace, and what of it ends later."""
        recording.late = self._late
        self._export(recording.spans)

    def _late(self, span: RecordedSpan) -> None:
        self._export([span])

    def _export(self, spans: Sequence[RecordedSpan]) -> None:
        if self._sender is not None:
            self._sender.put(spans)
        for processor in self._processors:
            for span in spans:
                processor.on_end(span.readable(self.resource))

    def shutdown(self) -> None:
        """Send what waits, and stop."""
        if self._sender is not None:
            self._sender.shutdown()


def set_up_tracing(version: str, *processors: SpanProcessor) -> Exports:
    """Make the process trace. `processors` get every exported span beside the collector.

    `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` turns the export on;
    `OTEL_TRACES_EXPORTER=none` keeps it off. `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` mean what OpenTelemetry
    says.
    """
    sender = SpanSender(resource(version)) if exports_to("TRACES") else None
    exports = Exports(resource(version), processors, sender)
    atexit.register(exports.shutdown)
    trace.set_tracer_provider(Recorder(exports))
    return exports


def resource(version: str) -> Resource:
    """What tells this service and process from others."""
    return Resource.create({SERVICE_NAME: os.environ.get("OTEL_SERVICE_NAME", "lienthong"), SERVICE_VERSION: version})


def trace_id_of(span: trace.Span) -> str:
    """The trace id as 32 hexadecimal digits; a random one when tracing is off, so that every record has its own."""
    return f"{span.get_span_context().trace_id or secrets.randbits(128):032x}"


def exports_to(signal: str) -> bool:
    """Whether the environment asks to export a signal, `TRACES` or `METRICS`, over OTLP."""
    if os.environ.get(f"OTEL_{signal}_EXPORTER") == "none" or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    return bool(
        os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")
    )
