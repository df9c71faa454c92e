"""OpenTelemetry: the tracer provider, and OTLP over HTTP when the standard environment variables ask for it."""

from __future__ import annotations

import os
import secrets

from opentelemetry import trace
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

__all__ = ["set_up_tracing", "trace_id_of"]


def set_up_tracing(version: str, *processors: SpanProcessor) -> TracerProvider:
    """The process's tracer provider.

    `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` turns the export on;
    `OTEL_TRACES_EXPORTER=none` keeps it off. `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES` and
    `OTEL_TRACES_SAMPLER` mean what OpenTelemetry says.
    """
    resource = Resource.create(
        {SERVICE_NAME: os.environ.get("OTEL_SERVICE_NAME", "lienthong"), SERVICE_VERSION: version}
    )
    provider = TracerProvider(resource=resource)
    for processor in processors:
        provider.add_span_processor(processor)
    if _exports():
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider


def trace_id_of(span: trace.Span) -> str:
    """The trace id as 32 hexadecimal digits; a random one when tracing is off, so that every record has its own."""
    return f"{span.get_span_context().trace_id or secrets.randbits(128):032x}"


def _exports() -> bool:
    if os.environ.get("OTEL_TRACES_EXPORTER") == "none" or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    return bool(os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"))
