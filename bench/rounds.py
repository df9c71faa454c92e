"""Rounds: each server in turn, the order rotating, and what the rounds say together."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.load import Attack, Tally, run_attack
from bench.servers import Server, database_processes, processor_seconds

__all__ = ["FailedRequestsError", "Figures", "Measured", "Options", "Spread", "measure", "ratio"]


class FailedRequestsError(Exception):
    """A server did not answer as it should."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to measure: sizes of the batches, rounds that count, seconds of each, and connections."""

    sizes: tuple[int, ...] = (100, 1)
    rounds: int = 7
    seconds: float = 3.0
    connections: int = 8


@dataclass(frozen=True, slots=True)
class Figures:
    """One round of one server: requests a second, latencies and processor time in milliseconds a request."""

    throughput: float
    p50: float
    p99: float
    server_cpu: float
    postgresql_cpu: float
    documents_cpu: float

    @property
    def total_cpu(self) -> float:
        """Processor time of the server and of the databases for it."""
        return self.server_cpu + self.postgresql_cpu + self.documents_cpu


@dataclass(frozen=True, slots=True)
class Spread:
    """Several rounds' median, least and greatest value."""

    median: float
    least: float
    greatest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of `values`, of which there is at least one."""
        return cls(statistics.median(values), min(values), max(values))


Measured = Mapping[int, Mapping[str, list[Figures]]]
"""By size of the batch and by server: one entry a round, in the same order for all servers."""


def ratio(over: Sequence[Figures], under: Sequence[Figures], figure: str) -> Spread:
    """The ratio of a figure, taken within each round."""
    return Spread.of([getattr(a, figure) / getattr(b, figure) for a, b in zip(over, under, strict=True)])


def measure(
    servers: Sequence[Server], options: Options, pool: Executor, documents: Path, tell: Callable[[str], None]
) -> tuple[Measured, int]:
    """The rounds, a first one discarded, and how many requests the first server answered in all."""
    results: dict[int, dict[str, list[Figures]]] = {}
    answered = 0
    for size in options.sizes:
        results[size] = {server.name: [] for server in servers}
        for number in range(options.rounds + 1):
            tell(f"{size} citizens a request, round {number} of {options.rounds}" + " (warm-up)" * (number == 0))
            for server in _rotated(servers, number):
                seconds = options.seconds if number else min(options.seconds, 2.0)
                attack = Attack(server.port, server.request, size, seconds, options.connections, f"{size}/{number}")
                figures, count = _round(server, attack, pool, documents)
                answered += count if server is servers[0] else 0
                if number:
                    results[size][server.name].append(figures)
    return results, answered


def _rotated(servers: Sequence[Server], number: int) -> Iterator[Server]:
    start = number % len(servers)
    return iter([*servers[start:], *servers[:start]])


def _round(server: Server, attack: Attack, pool: Executor, documents: Path) -> tuple[Figures, int]:
    processes = {"server": [psutil.Process(server.pid)], **database_processes(documents)}
    before = {name: processor_seconds(some) for name, some in processes.items()}
    tally: Tally = pool.submit(run_attack, attack).result()
    processes |= database_processes(documents)
    spent = {name: processor_seconds(some) - before[name] for name, some in processes.items()}
    if tally.failures:
        raise FailedRequestsError(
            f"{server.name} failed {tally.failures} of {len(tally.latencies)} requests: {tally.first_failure}"
        )
    count = len(tally.latencies)
    latencies = sorted(tally.latencies)
    return (
        Figures(
            throughput=count / tally.seconds,
            p50=_percentile(latencies, 0.50) * 1000,
            p99=_percentile(latencies, 0.99) * 1000,
            server_cpu=spent["server"] / count * 1000,
            postgresql_cpu=spent["postgresql"] / count * 1000,
            documents_cpu=spent["documents"] / count * 1000,
        ),
        count,
    )


def _percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
