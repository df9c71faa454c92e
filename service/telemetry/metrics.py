"""The measurements of a process, in a registry of Prometheus' client library."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from service.telemetry.instruments import GAUGES, INSTRUMENTS
from service.telemetry.names import BoundedNames
from service.telemetry.summary import RequestSummary

__all__ = ["Metrics", "Readings"]

Readings = Iterator[tuple[str, tuple[str, ...], float]]
"""What gauges show: (name of the instrument, values of its attributes, value)."""

_OPERATIONS = 200
_CLIENTS = 2_000


class Metrics:
    """Instruments and their registry. `read` looks up the gauges."""

    def __init__(self, version: str, read: Callable[[], Readings]) -> None:
        self.registry = CollectorRegistry()
        self._instruments: dict[str, Any] = {}
        for name, instrument in INSTRUMENTS.items():
            given = (instrument.prometheus, instrument.description, instrument.labels)
            self._instruments[name] = (
                Histogram(*given, buckets=instrument.buckets, registry=self.registry)
                if instrument.kind == "histogram"
                else Counter(*given, registry=self.registry)
            )
        self.registry.register(_Gauges(read))
        self.registry.register(_Target(version))
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        self._operations = BoundedNames(_OPERATIONS)
        self._clients = BoundedNames(_CLIENTS)

    def count(self, name: str, *labels: str, amount: float = 1) -> None:
        """Count something."""
        counter = self._instruments[name]
        (counter.labels(*labels) if labels else counter).inc(amount)

    def observe(self, name: str, value: float, *labels: str, trace_id: str | None = None) -> None:
        """Measure something; with the trace in which it can be seen, if there is one."""
        histogram = self._instruments[name]
        exemplar = None if trace_id is None else {"trace_id": trace_id}
        (histogram.labels(*labels) if labels else histogram).observe(value, exemplar)

    def take(self, request: RequestSummary, kept: str | None) -> None:
        """Measure a finished request and its fetches."""
        where, shown = request.environment, request.trace_id if kept else None
        client, contract = self._clients(request.client), self._clients(request.contract)
        self.observe(
            "http.server.request.duration",
            request.seconds,
            where,
            request.recording.root.attributes["http.route"],
            str(request.status),
            self._operations(request.operation),
            request.outcome,
            trace_id=shown,
        )
        self.count("lienthong.requests", where, client, contract, request.outcome)
        for code in request.codes:
            self.count("lienthong.errors", where, client, contract, code)
        if request.limit is not None:
            self.count("lienthong.limits.refused", where, contract, request.limit)
        if request.cache_hit is not None:
            self.count("lienthong.plan.cache", where, "true" if request.cache_hit else "false")
        for stage, seconds in request.stages.items():
            self.observe("lienthong.stage.duration", seconds, where, stage)
        for fetch in request.fetches:
            at = (where, fetch.source)
            self.observe(
                "db.client.operation.duration", fetch.seconds, *at, fetch.system, fetch.code or "", trace_id=shown
            )
            self.observe("db.client.connection.wait_time", fetch.waited, *at)
            if fetch.rows:
                self.count("lienthong.fetch.rows", *at, amount=fetch.rows)
            if fetch.attempt > 1:
                self.count("lienthong.fetch.retries", *at)
        for source, code in request.refusals:
            self.count("lienthong.fetch.refused", where, source, code)
        if kept:
            self.count("lienthong.traces.kept", kept)


class _Gauges(Collector):
    def __init__(self, read: Callable[[], Readings]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        families: Mapping[str, GaugeMetricFamily] = {
            name: GaugeMetricFamily(gauge.prometheus, gauge.description, labels=gauge.labels)
            for name, gauge in GAUGES.items()
        }
        for name, values, value in self._read():
            families[name].add_metric(values, value)
        yield from families.values()


class _Target(Collector):
    """Which version this is."""

    def __init__(self, version: str) -> None:
        self._version = version

    def collect(self) -> Iterator[Metric]:
        family = GaugeMetricFamily("lienthong_build_info", "1, with the version of the service", labels=["version"])
        family.add_metric([self._version], 1)
        yield family
