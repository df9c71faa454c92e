"""The latest and the worst requests of this process, in bounded memory; nothing of it is stored.

What failed and what was slowest is kept apart, so that a flood of ordinary requests does not push it out.
"""

from __future__ import annotations

import time
from bisect import insort
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from service.telemetry.summary import RequestSummary

__all__ = ["RecentRequests", "Search"]

_SPANS_EACH = 100
_SLOWEST_FOR = 3600.0


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; what is empty does not matter. `seconds` is the least duration."""

    environment: str = ""
    client: str = ""
    operation: str = ""
    source: str = ""
    code: str = ""
    seconds: float = 0.0
    failed: bool = False

    def finds(self, request: RequestSummary) -> bool:
        """Whether a request is what is looked for."""
        return (
            self.environment in {"", request.environment}
            and self.client in {"", request.client}
            and self.operation in {"", request.operation or "-"}
            and (not self.source or self.source in request.sources)
            and (not self.code or self.code in request.codes or self.code in _codes(request))
            and request.seconds >= self.seconds
            and (not self.failed or bool(request.codes) or request.failed)
        )


class _Shelf:
    """Requests in order of their end, as many as there is room for."""

    def __init__(self, requests: int, spans: int) -> None:
        self.requests: deque[RequestSummary] = deque()
        self._most = requests
        self._most_spans = spans
        self._spans = 0

    def put(self, request: RequestSummary) -> list[RequestSummary]:
        """Keep a request; those that leave for it."""
        self.requests.append(request)
        self._spans += len(request.recording.spans)
        left = []
        while len(self.requests) > self._most or (self._spans > self._most_spans and len(self.requests) > 1):
            left.append(self.requests.popleft())
            self._spans -= len(left[-1].recording.spans)
        return left


class RecentRequests:
    """Keeps `most` requests: half of them the latest, the other half those that failed and those that were slowest.

    They hold a hundred spans each on average, or fewer requests are kept. `clock` gives seconds since 1970.
    """

    def __init__(self, most: int, *, clock: Callable[[], float] = time.time) -> None:
        third = max(1, most // 4)
        self._latest = _Shelf(max(1, most - 2 * third), most * _SPANS_EACH // 2)
        self._failed = _Shelf(third, third * _SPANS_EACH)
        self._slowest: list[tuple[float, float, int, RequestSummary]] = []
        self._most_slowest = third
        self._clock = clock

    def take(self, request: RequestSummary, _kept: str | None) -> None:
        """Keep a finished request for a while."""
        if request.codes or request.failed:
            self._failed.put(request)
            return
        for left in self._latest.put(request):
            insort(self._slowest, (left.seconds, left.began, id(left), left))
        if len(self._slowest) > self._most_slowest:
            since = self._clock() - _SLOWEST_FOR
            fresh = [entry for entry in self._slowest if entry[1] > since]
            self._slowest = fresh[-self._most_slowest :]

    def find(self, search: Search) -> list[RequestSummary]:
        """The requests that are looked for, the latest first."""
        found = [request for request in self._all() if search.finds(request)]
        return sorted(found, key=lambda request: request.began, reverse=True)

    def of_trace(self, trace_id: str) -> RequestSummary | None:
        """The request with a trace id (32 hexadecimal digits)."""
        return next((request for request in self._all() if request.trace_id == trace_id), None)

    def _all(self) -> Iterator[RequestSummary]:
        yield from self._latest.requests
        yield from self._failed.requests
        yield from (entry[-1] for entry in self._slowest)


def _codes(request: RequestSummary) -> set[str]:
    """The codes of its fetches, which the answer need not show."""
    return {fetch.code for fetch in request.fetches if fetch.code} | {code for _, code in request.refusals}
