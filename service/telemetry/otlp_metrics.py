"""The measurements over OTLP, under OpenTelemetry's names, when the standard environment variables ask for it."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Iterable, Iterator
from typing import Any

from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricExporter,
    MetricExportResult,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.semconv.schemas import Schemas
from prometheus_client.core import Metric as Family
from prometheus_client.core import Sample

from service.telemetry.instruments import GAUGES, INSTRUMENTS, Instrument
from service.telemetry.metrics import Metrics
from service.telemetry.tracing import exports_to, resource

__all__ = ["export_metrics", "metrics_data"]

_LOG = logging.getLogger("lienthong.telemetry")
_SCOPE = InstrumentationScope("lienthong.service", schema_url=Schemas.V1_44_0.value)
_KNOWN = {instrument.prometheus: instrument for instrument in (*INSTRUMENTS.values(), *GAUGES.values())}
_BEGAN = time.time_ns()


async def export_metrics(metrics: Metrics, version: str) -> None:
    """Export every `OTEL_METRIC_EXPORT_INTERVAL` milliseconds (60,000), and once when cancelled.

    A collector that does not answer is told of once in the log, and tried again.
    """
    if not exports_to("METRICS"):
        return
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter

    exporter: MetricExporter = OTLPMetricExporter()
    pause = float(os.environ.get("OTEL_METRIC_EXPORT_INTERVAL", "60000")) / 1000
    failing = False
    try:
        while True:
            await asyncio.sleep(pause)
            result = await asyncio.to_thread(_export, exporter, metrics, version)
            if result is not MetricExportResult.SUCCESS and not failing:
                _LOG.warning("the collector takes no metrics")
            failing = result is not MetricExportResult.SUCCESS
    finally:
        await asyncio.to_thread(_export, exporter, metrics, version)
        await asyncio.to_thread(exporter.shutdown)


def _export(exporter: MetricExporter, metrics: Metrics, version: str) -> MetricExportResult:
    return exporter.export(metrics_data(metrics, version), timeout_millis=5_000)


def metrics_data(metrics: Metrics, version: str) -> MetricsData:
    """The measurements so far as OpenTelemetry has them."""
    now = time.time_ns()
    families = [metric for family in metrics.registry.collect() if (metric := _metric(family, now)) is not None]
    scope = ScopeMetrics(_SCOPE, families, _SCOPE.schema_url or "")
    return MetricsData([ResourceMetrics(resource(version), [scope], "")])


def _metric(family: Family, now: int) -> Metric | None:
    instrument = _KNOWN.get(family.name)
    if instrument is None or not family.samples:
        return None
    data: Any
    if instrument.kind == "histogram":
        data = Histogram(list(_histograms(instrument, family.samples, now)), AggregationTemporality.CUMULATIVE)
    elif instrument.kind == "counter":
        points = [_point(instrument, s, now) for s in family.samples if s.name.endswith("_total")]
        data = Sum(points, AggregationTemporality.CUMULATIVE, is_monotonic=True)
    else:
        data = Gauge([_point(instrument, sample, now) for sample in family.samples])
    return Metric(instrument.name, instrument.description, instrument.unit, data)


def _point(instrument: Instrument, sample: Sample, now: int) -> NumberDataPoint:
    return NumberDataPoint(_attributes(instrument, sample), _BEGAN, now, sample.value)


def _histograms(instrument: Instrument, samples: Iterable[Sample], now: int) -> Iterator[HistogramDataPoint]:
    """Points of a histogram: Prometheus counts from the bottom up to each boundary, OpenTelemetry between them."""
    series: dict[tuple[str, ...], dict[str, Any]] = {}
    for sample in samples:
        key = tuple(sample.labels[label] for label in instrument.labels)
        entry = series.setdefault(key, {"counts": [], "sum": 0.0, "attributes": _attributes(instrument, sample)})
        if sample.name.endswith("_bucket"):
            entry["counts"].append(int(sample.value))
        elif sample.name.endswith("_sum"):
            entry["sum"] = sample.value
    for entry in series.values():
        upto = entry["counts"]
        between = [count - before for count, before in zip(upto, [0, *upto[:-1]], strict=True)]
        yield HistogramDataPoint(
            entry["attributes"],
            _BEGAN,
            now,
            upto[-1],
            entry["sum"],
            between,
            list(instrument.buckets),
            None,  # type: ignore[arg-type]  # the least and the greatest are not known
            None,  # type: ignore[arg-type]
        )


def _attributes(instrument: Instrument, sample: Sample) -> dict[str, str]:
    """The attributes of a sample; one that is empty is not there."""
    pairs = zip(instrument.attributes, instrument.labels, strict=True)
    return {name: value for name, label in pairs if (value := sample.labels.get(label))}
