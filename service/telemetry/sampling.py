"""Which traces are exported, decided when the request is over: whatever went wrong or was slow, of the rest a share.

The share is taken by the trace id as OpenTelemetry's `TraceIdRatioBased` takes it, so that every service of a trace
decides alike.
"""

from __future__ import annotations

from dataclasses import dataclass

from service.telemetry.summary import RequestSummary

__all__ = ["KeepRule"]

_LOW_BITS = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class KeepRule:
    """`ratio` is the share of ordinary requests that is kept, `slow` the seconds from which one is not ordinary."""

    ratio: float
    slow: float

    def reason(self, request: RequestSummary) -> str | None:
        """Why a trace is kept: `error` (refusals and denials too), `slow`, `caller`, `ratio`; None when it is not.

        A caller decides only where its trace is continued, and only that a trace is kept.
        """
        if request.codes or request.failed:
            return "error"
        if request.seconds >= self.slow:
            return "slow"
        parent = request.recording.parent
        if parent is not None and parent.trace_flags.sampled:
            return "caller"
        if request.recording.trace_id & _LOW_BITS < round(self.ratio * (1 << 64)):
            return "ratio"
        return None
