"""The trace of a request: begun with it, and taken when it is over, after its answer has left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.requests import Request

from service.origin import Origins
from service.telemetry.recorder import RecordedSpan, Recording
from service.telemetry.sampling import KeepRule
from service.telemetry.summary import RequestSummary, summary_of

__all__ = ["RequestTraces", "TrustedContext", "keep_beside"]

TrustedContext = Literal["never", "proxies", "anyone"]
"""Whose `traceparent` is continued: nobody's, that of trusted proxies, or everybody's."""

Taker = Callable[[RequestSummary, str | None], None]
"""Takes a finished request, and why its trace is exported, if it is."""

_LOG = logging.getLogger("lienthong.telemetry")
_PROPAGATOR = TraceContextTextMapPropagator()


def keep_beside(span: Span, **about: Any) -> None:
    """Keep something beside the trace of a span, for the pages of this process only: it is never exported."""
    if isinstance(span, RecordedSpan):
        span.recording.about.update(about)


class RequestTraces:
    """Begins the traces of an environment's requests: `takers` get all that end, exporters those that `rule` keeps.

    From a caller who is not trusted nothing is taken over: neither ids, nor `tracestate`, nor baggage.
    """

    def __init__(
        self, environment: str, rule: KeepRule, trusted: TrustedContext, origins: Origins, takers: Sequence[Taker]
    ) -> None:
        self._environment = environment
        self._rule = rule
        self._trusted = trusted
        self._origins = origins
        self._takers = tuple(takers)
        self._tracer = trace.get_tracer("lienthong.service")
        self.untaken = 0
        """Requests that are over and not taken yet."""

    @contextmanager
    def begin(self, request: Request) -> Iterator[Span]:
        """The outermost span of a request, current inside the block."""
        path = request.scope["path"]
        with self._tracer.start_as_current_span(
            f"{request.method} {path}",
            context=self._context(request),
            kind=SpanKind.SERVER,
            attributes={
                "http.request.method": request.method,
                "http.route": path,
                "url.path": path,
                "url.scheme": request.url.scheme,
                "lienthong.environment": self._environment,
            },
        ) as span:
            if isinstance(span, RecordedSpan):
                export = span.recording.finished
                span.recording.finished = lambda recording: self._finished(recording, export)
            yield span

    def _context(self, request: Request) -> Context | None:
        headers = request.headers.getlist("traceparent")
        if len(headers) != 1 or self._trusted == "never":
            return None
        if self._trusted == "proxies" and not self._origins.from_proxy(request.scope):
            return None
        return _PROPAGATOR.extract({"traceparent": headers[0]}, Context())

    def _finished(self, recording: Recording, export: Callable[[Recording], None]) -> None:
        self.untaken += 1
        try:
            asyncio.get_running_loop().call_soon(self._take, recording, export)
        except RuntimeError:
            self._take(recording, export)

    def _take(self, recording: Recording, export: Callable[[Recording], None]) -> None:
        try:
            summary = summary_of(recording)
            reason = self._rule.reason(summary)
            if reason is not None:
                recording.root.attributes["lienthong.kept"] = reason
                export(recording)
            for taker in self._takers:
                taker(summary, reason)
        except Exception as error:  # noqa: BLE001 - whatever fails here, requests are answered
            _LOG.error("a finished request could not be taken: %s", type(error).__name__)
        finally:
            self.untaken -= 1
