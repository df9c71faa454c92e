"""GET /metrics: the measurements as Prometheus' text, or as OpenMetrics, with exemplars, for whoever takes that.

With several workers it shows those of all, each with the label `worker`: whichever of them was asked.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric, Sample
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar
from starlette.responses import Response

from service.telemetry.metrics import Metrics

__all__ = ["expose", "packed"]


def expose(metrics: Metrics, others: Mapping[int, bytes], accept: str) -> Response:
    """The measurements in the form that `accept` asks for; `others` are those of further workers, packed."""
    registry: Any = metrics.registry
    if others:
        registry = CollectorRegistry()
        workers = {
            os.getpid(): orjson.loads(packed(metrics)),
            **{pid: orjson.loads(one) for pid, one in others.items()},
        }
        registry.register(_Workers(workers))
    encode, media_type = choose_encoder(accept)
    return Response(encode(registry), headers={"content-type": media_type, "cache-control": "no-store"})


def packed(metrics: Metrics) -> bytes:
    """The measurements of this worker, for another one to show."""
    return orjson.dumps([list(_packed(family)) for family in metrics.registry.collect()])


def _packed(family: Metric) -> Iterator[Any]:
    yield from (family.name, family.documentation, family.type, family.unit)
    yield [
        (sample.name, sample.labels, sample.value, sample.exemplar and list(sample.exemplar))
        for sample in family.samples
    ]


class _Workers(Collector):
    """The families of several workers as one: a family is told of once, with the samples of each worker."""

    def __init__(self, workers: Mapping[int, Iterable[Any]]) -> None:
        self._workers = workers

    def collect(self) -> Iterator[Metric]:
        families: dict[str, Metric] = {}
        for worker, packed_families in self._workers.items():
            for name, documentation, kind, unit, samples in packed_families:
                family = families.setdefault(name, Metric(name, documentation, kind, unit))
                for told, labels, value, exemplar in samples:
                    seen = None if exemplar is None else Exemplar(*exemplar)
                    family.samples.append(Sample(told, {**labels, "worker": str(worker)}, value, None, seen))
        yield from families.values()
