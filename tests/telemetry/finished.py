"""Finished requests as a test needs them: made by the recorder, without a service."""

from __future__ import annotations

from typing import Any

from opentelemetry import trace
from opentelemetry.trace import SpanKind

from service.telemetry.recorder import Recorder, Recording
from service.telemetry.summary import RequestSummary, summary_of

__all__ = ["finished_request"]

_NAMES = {
    "environment": "lienthong.environment",
    "client": "lienthong.client",
    "contract": "lienthong.contract",
    "operation": "graphql.operation.name",
    "outcome": "lienthong.outcome",
    "codes": "lienthong.error.codes",
    "limit": "lienthong.limit",
}


def finished_request(  # noqa: PLR0913 - every argument is named, and says one part of a request
    *,
    seconds: float = 0.01,
    began: float = 1_000.0,
    fetches: int = 1,
    source: str = "transport",
    code: str | None = None,
    refused: str | None = None,
    stages: dict[str, float] | None = None,
    **told: Any,
) -> RequestSummary:
    """A request with so many fetches of one source, each failed with `code`, or refused with it before any was made."""
    finished: list[Recording] = []
    tracer = Recorder(finished.append).get_tracer("test")
    start = int(began * 1e9)
    attributes = {
        "http.route": "/graphql",
        "http.response.status_code": 200,
        "lienthong.environment": "production",
        "lienthong.outcome": "answered",
        **{_NAMES[name]: value for name, value in told.items()},
    }
    root = tracer.start_span("POST /graphql", kind=SpanKind.SERVER, attributes=attributes, start_time=start)
    context = trace.set_span_in_context(root)
    for name, took in (stages or {}).items():
        tracer.start_span(name, context, start_time=start).end(start + int(took * 1e9))
    for _ in range(fetches):
        load = tracer.start_span("load bang", context, attributes=_load(source), start_time=start)
        if refused is None:
            fetch = tracer.start_span(
                "find bang",
                trace.set_span_in_context(load),
                SpanKind.CLIENT,
                {"lienthong.source": source, "db.system.name": "mongodb", "lienthong.pool.wait": 0.0},
                start_time=start,
            )
            if code:
                fetch.failed(code)  # type: ignore[attr-defined]
            fetch.end(start + int(seconds * 1e9))
        if failure := refused or code:
            load.failed(failure)  # type: ignore[attr-defined]
        load.end(start + int(seconds * 1e9))
    root.end(start + int(seconds * 1e9))
    return summary_of(finished[0])


def _load(source: str) -> dict[str, Any]:
    return {"lienthong.source": source, "lienthong.fields": ["citizen.vehicles"], "graphql.dataloader.batch.size": 1}
