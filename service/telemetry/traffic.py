"""The last minute's requests, all of them, without their spans: what the picture and the findings are made of."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from service.telemetry.summary import FetchSummary, RequestSummary

__all__ = ["GOVERNANCE", "WINDOW", "Minute", "SourceTraffic", "Spread", "Traffic"]

WINDOW = 60.0
"""Seconds that are looked back."""

GOVERNANCE = "governance"
"""The database of contracts and audit, in the picture beside the sources: each request waits for its audit commit."""

_MOST = 5_000


@dataclass(frozen=True, slots=True)
class _Request:
    at: float
    environment: str
    client: str
    contract: str
    codes: tuple[str, ...]
    limit: str | None
    seconds: float
    cache_hit: bool | None
    planning: float
    audit: float | None
    fetches: Sequence[FetchSummary]
    refusals: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Spread:
    """Seconds: the median, the 95th percentile, and the most; all 0 when there was none."""

    median: float = 0.0
    p95: float = 0.0
    most: float = 0.0

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of some values."""
        if not values:
            return cls()
        ordered = sorted(values)
        return cls(ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)], ordered[-1])


@dataclass(slots=True)
class SourceTraffic:
    """What went to a source: fetches, those that never reached it, rates, times, and failures by code.

    `exhausted` are those that never reached it because no connection became free.
    """

    source: str
    fetches: int = 0
    refused: int = 0
    exhausted: int = 0
    per_second: float = 0.0
    took: Spread = field(default_factory=Spread)
    waited: Spread = field(default_factory=Spread)
    rows: int = 0
    failures: Counter[str] = field(default_factory=Counter)

    @property
    def error_share(self) -> float:
        """Failures as a share of all that was wanted."""
        wanted = self.fetches + self.refused
        return sum(self.failures.values()) / wanted if wanted else 0.0


@dataclass(slots=True)
class Minute:
    """An environment's last minute. `seconds` is what of it was seen: less after a start, or with very many requests.

    `clients` counts requests by client, `limited` those refused by a limit; `codes` counts by (contract, code);
    `planned` are operations that came to a plan, `misses` those whose plan had to be made, `planning` the share of the
    process's time that this took.
    """

    seconds: float
    requests: int
    failed: int
    took: Spread
    sources: dict[str, SourceTraffic]
    clients: Counter[str]
    limited: Counter[str]
    codes: Counter[tuple[str, str]]
    planned: int
    misses: int
    planning: float
    audit: Spread


class Traffic:
    """Remembers requests for `WINDOW` seconds, or for less when there are very many. `clock` never runs backwards."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._requests: deque[_Request] = deque(maxlen=_MOST)

    def take(self, request: RequestSummary, _kept: str | None) -> None:
        """Remember a finished request."""
        stages = request.stages
        self._requests.append(
            _Request(
                self._clock(),
                request.environment,
                request.client,
                request.contract,
                request.codes,
                request.limit,
                request.seconds,
                request.cache_hit,
                stages.get("plan", 0.0),
                stages.get("audit"),
                request.fetches,
                request.refusals,
            )
        )

    def minute(self, environment: str, sources: Sequence[str]) -> Minute:
        """The last minute of an environment with these sources."""
        now = self._clock()
        since = max(now - WINDOW, self._began)
        if len(self._requests) == _MOST:
            since = max(since, self._requests[0].at)
        seconds = max(now - since, 1.0)
        recent = [one for one in self._requests if one.at >= since and one.environment == environment]
        planned = [one.cache_hit for one in recent if one.cache_hit is not None]
        return Minute(
            seconds=seconds,
            requests=len(recent),
            failed=sum(1 for one in recent if one.codes),
            took=Spread.of([one.seconds for one in recent]),
            sources=_sources(recent, sources, seconds),
            clients=Counter(one.client for one in recent),
            limited=Counter(one.client for one in recent if one.limit),
            codes=Counter((one.contract, code) for one in recent for code in one.codes),
            planned=len(planned),
            misses=planned.count(False),
            planning=sum(one.planning for one in recent) / seconds,
            audit=Spread.of([one.audit for one in recent if one.audit is not None]),
        )


def _sources(recent: Sequence[_Request], names: Sequence[str], seconds: float) -> dict[str, SourceTraffic]:
    found = {name: SourceTraffic(name) for name in names}
    fetches: dict[str, list[FetchSummary]] = {name: [] for name in names}
    for request in recent:
        for fetch in request.fetches:
            if fetch.source in found:
                fetches[fetch.source].append(fetch)
        for source, code in request.refusals:
            if source in found:
                found[source].refused += 1
                found[source].exhausted += code == "SOURCE_TIMEOUT"
                found[source].failures[code] += 1
    for name, some in fetches.items():
        traffic = found[name]
        traffic.fetches = len(some)
        traffic.per_second = len(some) / seconds
        traffic.took = Spread.of([fetch.seconds for fetch in some])
        traffic.waited = Spread.of([fetch.waited for fetch in some])
        traffic.rows = sum(fetch.rows for fetch in some)
        traffic.failures.update(fetch.code for fetch in some if fetch.code)
    return found
