"""The people on call: what they read at /traces and /metrics, and what they conclude from the metrics alone."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from service.operations.findings import BOUNDS
from tests.running import RunningService

__all__ = ["KEY", "Scrape", "diagnosis", "page", "scrape", "seen_on_page"]

KEY = "khoa-cua-nguoi-truc-van-hanh"
_FINDING = re.compile(r'data-kind="([A-Z_]+)" data-part="([^"]*)" data-environment="production"')

Labels = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Scrape:
    """Samples by name and labels, and when they were taken, in seconds of a clock that never runs backwards."""

    at: float
    samples: Mapping[str, Mapping[Labels, float]]

    def get(self, name: str) -> Mapping[Labels, float]:
        """The samples of a name; none when there are none."""
        return self.samples.get(name, {})


def page(service: RunningService, path: str) -> httpx.Response:
    """A page of the people on call."""
    return service.session.get(f"{service.url}{path}", headers={"authorization": f"Bearer {KEY}"})


def seen_on_page(service: RunningService) -> set[tuple[str, str]]:
    """What /traces says is wrong: (kind, guilty part)."""
    service.settle()
    answer = page(service, "/traces")
    assert answer.status_code == 200, answer.text
    return {(kind, unescape(part)) for kind, part in _FINDING.findall(answer.text)}


def scrape(service: RunningService) -> Scrape:
    """Every sample of /metrics."""
    service.settle()
    samples: dict[str, dict[Labels, float]] = defaultdict(dict)
    for family in text_string_to_metric_families(page(service, "/metrics").text):
        for sample in family.samples:
            samples[sample.name][frozenset(sample.labels.items())] = sample.value
    return Scrape(time.monotonic(), samples)


def diagnosis(before: Scrape, after: Scrape) -> set[tuple[str, str]]:
    """What two scrapes say is wrong between them, as the alert rules conclude it: (kind, guilty part)."""
    return set(_Between(before, after).findings())


class _Between:
    def __init__(self, before: Scrape, after: Scrape) -> None:
        self._before = before
        self._after = after

    def findings(self) -> Iterator[tuple[str, str]]:
        for source in self._values("lienthong_breaker_state", "lienthong_source"):
            yield from self._source(source)
        contracts = self._by("lienthong_limits_refused_total", "lienthong_contract")
        yield from (("CLIENT_FLOODING", name) for name, count in contracts.items() if count >= BOUNDS.limited)
        refused = self._by("lienthong_errors_total", "lienthong_contract", error_type="CONTRACT_NOT_ACTIVE")
        yield from (("CONTRACT_REFUSED", name) for name, count in refused.items() if count >= BOUNDS.refused)
        cache = self._by("lienthong_plan_cache_total", "lienthong_plan_cache_hit")
        planned, missed = sum(cache.values()), cache.get("false", 0)
        spent = self._sum("lienthong_stage_duration_seconds_sum", lienthong_stage="plan")
        if (
            planned >= BOUNDS.planned
            and missed >= BOUNDS.miss_share * planned
            and spent >= BOUNDS.planning_share * (self._after.at - self._before.at)
        ):
            yield "PLAN_MISSES", "plan cache"
        audit = self._quantile("lienthong_stage_duration_seconds", lienthong_stage="audit")
        if audit >= BOUNDS.audit:
            yield "AUDIT_SLOW", "audit"

    def _source(self, source: str) -> Iterator[tuple[str, str]]:
        codes = self._by("db_client_operation_duration_seconds_count", "error_type", lienthong_source=source)
        refused = self._by("lienthong_fetch_refused_total", "error_type", lienthong_source=source)
        wanted = sum(codes.values()) + sum(refused.values())
        outages = codes.get("SOURCE_UNAVAILABLE", 0) + refused.get("SOURCE_UNAVAILABLE", 0)
        breaker = self._now("lienthong_breaker_state", lienthong_source=source, lienthong_breaker_state="closed")
        if not breaker or (outages >= BOUNDS.few and outages / wanted >= BOUNDS.down_share):
            yield "SOURCE_DOWN", source
        elif self._quantile("db_client_operation_duration_seconds", lienthong_source=source) >= BOUNDS.slow:
            yield "SOURCE_SLOW", source
        waited = self._quantile("db_client_connection_wait_time_seconds", db_client_connection_pool_name=source)
        if waited >= BOUNDS.waiting:
            yield "POOL_EXHAUSTED", source

    def _values(self, name: str, label: str) -> list[str]:
        return sorted({dict(labels)[label] for labels in self._after.get(name)})

    def _by(self, name: str, label: str, **matched: str) -> dict[str, float]:
        """The increase of a counter by one label."""
        found: dict[str, float] = defaultdict(float)
        for labels, value in self._matching(name, matched):
            found[labels[label]] += value
        return found

    def _sum(self, name: str, **matched: str) -> float:
        return sum(value for _, value in self._matching(name, matched))

    def _now(self, name: str, **matched: str) -> float:
        return sum(value for labels, value in self._after.get(name).items() if matched.items() <= dict(labels).items())

    def _quantile(self, name: str, **matched: str) -> float:
        """The 95th percentile, as `histogram_quantile` interpolates it."""
        buckets: dict[float, float] = defaultdict(float)
        for labels, value in self._matching(f"{name}_bucket", matched):
            buckets[float(labels["le"])] += value
        ordered = sorted(buckets.items())
        if not ordered or not ordered[-1][1]:
            return 0.0
        rank, below, under = 0.95 * ordered[-1][1], 0.0, 0.0
        for bound, count in ordered:
            if count >= rank:
                return below if bound == float("inf") else below + (bound - below) * (rank - under) / (count - under)
            below, under = bound, count
        return below

    def _matching(self, name: str, matched: Mapping[str, str]) -> Iterator[tuple[dict[str, str], float]]:
        wanted: Any = {"lienthong_environment": "production", **matched}.items()
        before = self._before.get(name)
        for labels, value in self._after.get(name).items():
            told = dict(labels)
            if wanted <= told.items():
                yield told, value - before.get(labels, 0.0)
