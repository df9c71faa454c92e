"""What was measured, as a table for people and as JSON."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from bench.rounds import Figures, Measured, Options, Spread, ratio
from bench.servers import OURS, TITLES

__all__ = ["Target", "machine", "show", "summary"]

_PACKAGES = (
    "aiodataloader",
    "asyncpg",
    "graphql-core",
    "httptools",
    "orjson",
    "pymongo",
    "starlette",
    "strawberry-graphql",
    "uvicorn",
    "uvloop",
)
_COMPARED = ("throughput", "p50", "p99", "server_cpu", "total_cpu")
"""Not the databases' times by themselves: clocks tick in 10 ms, so that a short round may show none."""
_FIGURES = ("throughput", "p50", "p99", "server_cpu", "postgresql_cpu", "documents_cpu", "total_cpu")


@dataclass(frozen=True, slots=True)
class Target:
    """An acceptance figure: a ratio of throughputs with a bound."""

    title: str
    size: int
    peer: str
    bound: float
    at_least: bool

    def value(self, measured: Measured) -> Spread:
        """`at_least`: ours over the peer's throughput; else our cost over the peer's (cost = 1 / throughput)."""
        ours, peer = measured[self.size][OURS], measured[self.size][self.peer]
        return ratio(ours, peer, "throughput") if self.at_least else ratio(peer, ours, "throughput")

    def met(self, measured: Measured) -> bool:
        """Whether the median keeps the bound."""
        median = self.value(measured).median
        return median >= self.bound if self.at_least else median <= self.bound


TARGETS = (
    Target("throughput / Strawberry's, 100", 100, "strawberry", 8.0, at_least=True),
    Target("throughput / Strawberry's, 1", 1, "strawberry", 1.5, at_least=True),
    Target("cost / by hand, 100", 100, "handwritten", 1.6, at_least=False),
)


def machine(documents: str) -> dict[str, Any]:
    """Facts about the machine and the versions at work."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "document_server": documents,
        "packages": {name: version(name) for name in _PACKAGES},
    }


def summary(measured: Measured, options: Options, facts: dict[str, Any]) -> dict[str, Any]:
    """Everything as JSON: medians with their spread, ratios within rounds, acceptance, and every round."""
    return {
        "machine": facts,
        "options": asdict(options),
        "units": {"throughput": "requests/s", "others": "ms per request"},
        "sizes": {str(size): _size(peers) for size, peers in measured.items()},
        "acceptance": [_acceptance(target, measured) for target in _targets(measured)],
    }


def show(measured: Measured, facts: dict[str, Any], console: Console) -> None:
    """Print the tables."""
    for size, peers in measured.items():
        table = Table(title=f"{size} citizen{'s' * (size > 1)} a request (medians)", title_justify="left")
        for heading in ("", "requests/s", "from-to", "p50 ms", "p99 ms", "CPU ms", "+ databases"):
            table.add_column(heading, justify="left" if not heading else "right")
        for name, rounds in peers.items():
            spreads = _spreads(rounds)
            rate = spreads["throughput"]
            table.add_row(
                TITLES[name],
                f"{rate.median:,.1f}",
                f"{rate.least:,.1f}-{rate.greatest:,.1f}",
                *(f"{spreads[figure].median:.2f}" for figure in ("p50", "p99", "server_cpu", "total_cpu")),
            )
        console.print(table)
    table = Table(title="Ratios within rounds (medians)", title_justify="left")
    for heading in ("", "measured", "from-to", "wanted", "", "CPU", "+ databases"):
        table.add_column(heading)
    for target in _targets(measured):
        spread, ours, peer = target.value(measured), measured[target.size][OURS], measured[target.size][target.peer]
        over, under = (peer, ours) if target.at_least else (ours, peer)
        table.add_row(
            target.title,
            f"{spread.median:.2f}",
            f"{spread.least:.2f}-{spread.greatest:.2f}",
            f"{'>=' if target.at_least else '<='} {target.bound}",
            "[green]met[/green]" if target.met(measured) else "[red]not met[/red]",
            *(f"{ratio(over, under, figure).median:.2f}" for figure in ("server_cpu", "total_cpu")),
        )
    console.print(table)
    console.print(
        "Strawberry: with aiodataloader and its caches; by hand: a Starlette route without GraphQL. "
        f"{facts['cores']} cores ({facts['processor']}), Python {facts['python']}, "
        f"documents in {facts['document_server']}. "
        "CPU: processor time of a request, in ms; its ratio is read like the one before it. "
        "The load and the databases share the cores. "
        "Ours also authenticates, traces and audits durably; the others do not.",
        markup=False,
    )
    if facts["load_before"] > facts["cores"] / 4:
        console.print(f"Other work ran on this machine (load {facts['load_before']:.1f}): do not rely on throughput.")


def _targets(measured: Measured) -> Sequence[Target]:
    return [target for target in TARGETS if target.size in measured]


def _acceptance(target: Target, measured: Measured) -> dict[str, Any]:
    return {**asdict(target), "measured": asdict(target.value(measured)), "met": target.met(measured)}


def _size(peers: Any) -> dict[str, Any]:
    ours = peers[OURS]
    return {
        "servers": {
            name: {
                "figures": {figure: asdict(spread) for figure, spread in _spreads(rounds).items()},
                "rounds": [asdict(figures) for figures in rounds],
            }
            for name, rounds in peers.items()
        },
        "ours_over": {
            name: {figure: asdict(ratio(ours, peers[name], figure)) for figure in _COMPARED}
            for name in peers
            if name != OURS
        },
    }


def _spreads(rounds: Sequence[Figures]) -> dict[str, Spread]:
    return {figure: Spread.of([getattr(one, figure) for one in rounds]) for figure in _FIGURES}


def _processor() -> str:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()
