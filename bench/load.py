"""The load: keep-alive HTTP/1.1 connections, each asking again as soon as it is answered.

It runs in a process of its own and does as little as it can, because it shares the machine with what it measures.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

import httptools
import uvloop

from bench.query import Request, batches

__all__ = ["Attack", "Tally", "run_attack"]

_GOOD = b'{"data":'
_DISTINCT = 80_000
"""Numbers drawn for a round: its requests begin again after as many."""


@dataclass(frozen=True, slots=True)
class Attack:
    """One round against one server: `size` citizens a request, `seconds` long, over `connections`."""

    port: int
    request: Request
    size: int
    seconds: float
    connections: int
    seed: str


@dataclass(slots=True)
class Tally:
    """What a round gave: seconds it took, each request's latency in seconds, and those not answered well."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    failures: int = 0
    first_failure: str = ""


_personal_ids: list[str] = []


def set_citizens(personal_ids: list[str]) -> None:
    """The numbers to draw from, given once to the process."""
    _personal_ids[:] = personal_ids


def run_attack(attack: Attack) -> Tally:
    """Run one round. Raises `OSError` when the server is away, `TimeoutError` when it does not answer."""
    return uvloop.run(_run(attack))


async def _run(attack: Attack) -> Tally:
    count = min(_DISTINCT // attack.size, 8000)
    drawn = batches(_personal_ids, size=attack.size, count=count, seed=attack.seed)
    requests = itertools.cycle([attack.request.encode(batch) for batch in drawn])
    loop = asyncio.get_running_loop()
    tally = Tally()
    connections = [
        (await loop.create_connection(lambda: _Connection(requests, tally), "127.0.0.1", attack.port))[1]
        for _ in range(attack.connections)
    ]
    started = time.perf_counter()
    for connection in connections:
        connection.ask()
    async with asyncio.timeout(attack.seconds + 30):
        await asyncio.sleep(attack.seconds)
        for connection in connections:
            connection.stopping = True
        await asyncio.gather(*(connection.done for connection in connections))
    tally.seconds = time.perf_counter() - started
    return tally


class _Connection(asyncio.Protocol):
    """One connection; `done` is set when its last answer has come after `stopping`."""

    def __init__(self, requests: Iterator[bytes], tally: Tally) -> None:
        self._requests = requests
        self._tally = tally
        self._parser = httptools.HttpResponseParser(self)
        self._head = b""
        self._sent = 0.0
        self.stopping = False
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's classes are not asyncio's

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionResetError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def ask(self) -> None:
        """Send the next request."""
        self._head = b""
        self._sent = time.perf_counter()
        self._transport.write(next(self._requests))

    def on_body(self, body: bytes) -> None:
        """Keep the beginning of the answer, which tells a good one."""
        if not self._head:
            self._head = body[:500]

    def on_message_complete(self) -> None:
        """Count the answer and go on."""
        self._tally.latencies.append(time.perf_counter() - self._sent)
        status = self._parser.get_status_code()
        if status != 200 or not self._head.startswith(_GOOD):
            self._tally.failures += 1
            self._tally.first_failure = self._tally.first_failure or f"{status} {self._head.decode(errors='replace')}"
        if self.stopping:
            self.done.set_result(None)
            self._transport.close()
        else:
            self.ask()
