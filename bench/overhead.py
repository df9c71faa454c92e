"""What being watched costs: the gateway beside itself with a part left out, in turns, on the same load."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.databases import Prepared
from bench.query import Request
from bench.rounds import Measured, ratio
from bench.servers import ROOT, Server, free_port, listens
from bench.variants import WITHOUT
from service.processes import Children

__all__ = ["COSTS", "costs", "show_costs", "start_variants"]

FULL = "everything"
AGAIN = "everything, once more"
EXPORTING = "without metrics, exporting spans"
_VARIANTS: Mapping[str, str | None] = {
    FULL: None,
    AGAIN: None,
    EXPORTING: "metrics",
    "without metrics": "metrics",
    "without telemetry": "telemetry",
    "without audit": "audit",
}
COSTS = (
    ("tracing", "without metrics", "without telemetry"),
    ("tracing, with export", EXPORTING, "without telemetry"),
    ("metrics", FULL, "without metrics"),
    ("audit", FULL, "without audit"),
    ("nothing (noise)", FULL, AGAIN),
)
"""What costs: throughput with it, over throughput without. Export is of every span."""

BOUNDS = {100: 0.15, 1: 0.25}
"""Throughput that tracing at full rate may cost, by citizens a request."""


def start_variants(children: Children, folder: Path, prepared: Prepared) -> list[Server]:
    """Start the gateway in every variant; they end with `children`."""
    collector = free_port()
    sink = children.start([*_python(), "-m", "bench.sink", str(collector)], folder / "sink.log", signal.SIGTERM)
    sink.wait_until(partial(listens, collector))
    request = Request("/graphql", graphql=True, authorization=prepared.authorization)
    servers = []
    for name, without in _VARIANTS.items():
        environment = dict(prepared.environment)
        if without is not None:
            environment[WITHOUT] = without
        if name == EXPORTING:
            environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = f"http://127.0.0.1:{collector}/v1/traces"
        label = name.replace(" ", "-").replace(",", "")
        configuration = folder / f"{label}.json"
        configuration.touch(mode=0o600)
        configuration.write_text(json.dumps(environment))
        port = free_port()
        command = [*_python(), "-m", "bench.serve", "variants", str(port), str(configuration)]
        child = children.start(command, folder / f"{label}.log", signal.SIGTERM)
        child.wait_until(partial(listens, port))
        servers.append(Server(name, port, child.process.pid, request))
    return servers


def costs(measured: Measured) -> list[dict[str, Any]]:
    """By size and part: the share of throughput that it costs, and milliseconds of processor a request."""
    found = []
    for size, servers in measured.items():
        for part, having, lacking in COSTS:
            throughput = ratio(servers[having], servers[lacking], "throughput")
            processor = _differences(servers[having], servers[lacking])
            bound = BOUNDS.get(size) if part.startswith("tracing") else None
            found.append(
                {
                    "citizens": size,
                    "part": part,
                    "share": 1 - throughput.median,
                    "least": 1 - throughput.greatest,
                    "greatest": 1 - throughput.least,
                    "processor_ms": processor,
                    "bound": bound,
                    "met": None if bound is None else 1 - throughput.median <= bound,
                }
            )
    return found


def show_costs(measured: Measured, console: Console) -> None:
    """Print what each part costs."""
    table = Table(title="what being watched costs, of the throughput without it")
    for heading in ("citizens", "part", "cost", "spread", "processor", "wanted"):
        table.add_column(heading)
    for cost in costs(measured):
        wanted = "" if cost["bound"] is None else f"at most {cost['bound']:.0%}: {'met' if cost['met'] else 'NOT met'}"
        table.add_row(
            str(cost["citizens"]),
            cost["part"],
            f"{cost['share']:.1%}",
            f"{cost['least']:.1%} to {cost['greatest']:.1%}",
            f"{cost['processor_ms']:+.3f} ms",
            wanted,
        )
    console.print(table)


def _differences(having: Sequence[Any], lacking: Sequence[Any]) -> float:
    differences = sorted(a.server_cpu - b.server_cpu for a, b in zip(having, lacking, strict=True))
    return float(differences[len(differences) // 2])


def _python() -> list[str]:
    return ["env", f"PYTHONPATH={ROOT}", sys.executable]
