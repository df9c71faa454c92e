"""The three servers as processes, the check that they answer alike, and the processor time they take."""

from __future__ import annotations

import json
import signal
import socket
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import psutil

from bench.databases import Prepared
from bench.query import Request, batches, body
from service.processes import Children

__all__ = [
    "OURS",
    "ROOT",
    "TITLES",
    "DisagreementError",
    "Server",
    "check_equal",
    "database_processes",
    "free_port",
    "listens",
    "processor_seconds",
    "start",
]

OURS = "lienthong"
TITLES = {OURS: "Liên thông", "strawberry": "Strawberry", "handwritten": "by hand"}
UNKNOWN = "000000000000"
ROOT = Path(__file__).resolve().parent.parent
_CHECKS = 5


class DisagreementError(Exception):
    """The servers do not answer alike, so that comparing them would mean nothing."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: how to reach it and how to ask it."""

    name: str
    port: int
    pid: int
    request: Request


def start(children: Children, folder: Path, prepared: Prepared) -> list[Server]:
    """Start the three servers, ours first; they end with `children`."""
    configuration = folder / "environment.json"
    configuration.touch(mode=0o600)
    configuration.write_text(json.dumps(dict(prepared.environment)))
    requests = {
        OURS: Request("/graphql", graphql=True, authorization=prepared.authorization),
        "strawberry": Request("/graphql", graphql=True),
        "handwritten": Request("/citizens", graphql=False),
    }
    servers = []
    for name, request in requests.items():
        port = free_port()
        command = ["env", f"PYTHONPATH={ROOT}", sys.executable, "-m", "bench.serve", name, str(port)]
        child = children.start([*command, str(configuration)], folder / f"{name}.log", signal.SIGTERM)
        child.wait_until(partial(listens, port))
        servers.append(Server(name, port, child.process.pid, request))
    return servers


def check_equal(servers: Sequence[Server], personal_ids: Sequence[str]) -> None:
    """Ask all for the same citizens, one of them unknown. Raises `DisagreementError` when `data` differ."""
    largest = batches(personal_ids, size=99, count=_CHECKS, seed="check")
    single = batches(personal_ids, size=1, count=_CHECKS, seed="check")
    for batch in [*([*some, UNKNOWN] for some in largest), *single, [UNKNOWN]]:
        expected: Any = None
        for server in servers:
            data = _data(server, batch)
            expected = data if expected is None else expected
            if data != expected:
                raise DisagreementError(f"{server.name} and {servers[0].name} differ on {len(batch)} citizens")
        _check_full(batch, expected["citizens"])


def _check_full(batch: Sequence[str], citizens: Sequence[Any]) -> None:
    """Equal answers prove nothing if they are empty: who exists is there, and among many every field has values."""
    found = [citizen for citizen in citizens if citizen is not None]
    if [citizen["personalId"] for citizen in found] != [one for one in batch if one != UNKNOWN]:
        raise DisagreementError("the answers lack citizens that exist")
    if len(found) > 1 and not all(any(citizen[name] for citizen in found) for name in found[0]):
        raise DisagreementError("the answers lack a field's values")


def processor_seconds(processes: Sequence[psutil.Process]) -> float:
    """User and system time of these processes so far, with that of their children that have ended."""
    total = 0.0
    for process in processes:
        times = process.cpu_times()
        total += times.user + times.system + times.children_user + times.children_system
    return total


def database_processes(documents: Path) -> Mapping[str, list[psutil.Process]]:
    """The processes of both database servers, as children of this one."""
    found: dict[str, list[psutil.Process]] = {"postgresql": [], "documents": []}
    for process in psutil.Process().children(recursive=True):
        if process.name().startswith("postgres"):
            found["postgresql"].append(process)
        elif process.cmdline()[-2:] == ["--storage-path", str(documents)]:
            found["documents"].append(process)
    return found


def _data(server: Server, personal_ids: Sequence[str]) -> Any:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if server.request.authorization is not None:
        headers["Authorization"] = server.request.authorization
    asked = urllib.request.Request(
        f"http://127.0.0.1:{server.port}{server.request.path}",
        body(personal_ids, graphql=server.request.graphql),
        headers,
    )
    with urllib.request.urlopen(asked, timeout=30) as response:
        answer = orjson.loads(response.read())
        traced = response.headers.get("x-trace-id", "0")
    if answer.get("errors") or answer.get("data") is None:
        raise DisagreementError(f"{server.name} answered {answer.get('errors')}")
    if server.name == OURS and not int(traced, 16):
        raise DisagreementError(f"{server.name} does not trace")
    return answer["data"]


def listens(port: int) -> bool:
    """Whether something answers at a port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
