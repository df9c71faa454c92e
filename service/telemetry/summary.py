"""One look through the spans of a finished request: what metrics, pages and log lines need of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from opentelemetry.trace import SpanKind, StatusCode

from service.telemetry.recorder import RecordedSpan, Recording

__all__ = ["FetchSummary", "RequestSummary", "summary_of"]


@dataclass(frozen=True, slots=True)
class FetchSummary:
    """One time a source was asked: seconds, seconds waited for a connection, rows, and the code of its failure."""

    source: str
    system: str
    collection: str
    seconds: float
    waited: float
    rows: int
    attempt: int
    code: str | None


@dataclass(slots=True)
class RequestSummary:
    """A finished request.

    `began` is in seconds since 1970. `stages` are the seconds of each; `refusals` are loads that reached no source,
    because its breaker was open or no connection became free: (source, code).
    """

    recording: Recording
    began: float
    seconds: float
    environment: str
    client: str
    contract: str
    operation: str
    outcome: str
    status: int
    codes: tuple[str, ...]
    limit: str | None
    fetches: list[FetchSummary] = field(default_factory=list)
    refusals: list[tuple[str, str]] = field(default_factory=list)
    stages: dict[str, float] = field(default_factory=dict)
    cache_hit: bool | None = None
    failed: bool = False

    @property
    def trace_id(self) -> str:
        """The trace id as 32 hexadecimal digits."""
        return f"{self.recording.trace_id:032x}"

    @property
    def sources(self) -> frozenset[str]:
        """The sources that were to be asked."""
        return frozenset([fetch.source for fetch in self.fetches] + [source for source, _ in self.refusals])


def summary_of(recording: Recording) -> RequestSummary:
    """The summary of a finished request."""
    told: Any = recording.root.attributes.get
    codes = told("lienthong.error.codes")
    summary = RequestSummary(
        recording,
        recording.root.start_time / 1e9,
        recording.seconds,
        told("lienthong.environment", ""),
        told("lienthong.client", ""),
        told("lienthong.contract", ""),
        told("graphql.operation.name", ""),
        told("lienthong.outcome", ""),
        told("http.response.status_code", 0),
        tuple(codes.split(",")) if codes else (),
        told("lienthong.limit"),
    )
    asked = set()
    loads = []
    for span in recording.spans:
        if span.status.status_code is StatusCode.ERROR:
            summary.failed = True
        if span.kind is SpanKind.CLIENT:
            asked.add(span.parent_id)
            summary.fetches.append(_fetch(span))
        elif span.name.startswith("load "):
            loads.append(span)
        elif span is not recording.root:
            summary.stages[span.name] = summary.stages.get(span.name, 0.0) + _seconds(span)
            if span.name == "plan":
                summary.cache_hit = span.attributes.get("lienthong.plan.cache_hit")
    for span in loads:
        code = span.attributes.get("error.type")
        if code and span.span_id not in asked:
            summary.refusals.append((span.attributes["lienthong.source"], code))
    return summary


def _fetch(span: RecordedSpan) -> FetchSummary:
    told: Any = span.attributes.get
    return FetchSummary(
        told("lienthong.source", ""),
        told("db.system.name", ""),
        told("db.collection.name", ""),
        _seconds(span),
        told("lienthong.pool.wait", 0.0),
        told("db.response.returned_rows", 0),
        told("lienthong.fetch.attempt", 1),
        told("error.type"),
    )


def _seconds(span: RecordedSpan) -> float:
    return ((span.end_time or span.start_time) - span.start_time) / 1e9
