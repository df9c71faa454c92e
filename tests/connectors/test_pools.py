"""Real servers see no more connections than the pool may have, and spans that name them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from opentelemetry.trace import SpanKind
from pymongo import monitoring

from connectors.guard import GuardedConnector
from service.embedded import EmbeddedServers
from tests import running
from tests.connectors.dataset import EVERYONE, MOTOR, POSTGRES, PYMONGO, SERVERS, SOURCE, Kind, fetch_of
from tests.connectors.failing import SESSIONS, fail_point, locked

pytestmark = pytest.mark.servers


class _InUse(monitoring.ConnectionPoolListener):
    """How many connections of the pools made after it are in use, at most."""

    def __init__(self) -> None:
        self.now = self.peak = 0

    def connection_checked_out(self, event: monitoring.ConnectionCheckedOutEvent) -> None:  # noqa: ARG002
        self.now += 1
        self.peak = max(self.peak, self.now)

    def connection_checked_in(self, event: monitoring.ConnectionCheckedInEvent) -> None:  # noqa: ARG002
        self.now -= 1

    def _ignore(self, event: object) -> None: ...

    pool_created = pool_ready = pool_cleared = pool_closed = _ignore
    connection_created = connection_ready = connection_closed = _ignore
    connection_check_out_started = connection_check_out_failed = _ignore


@pytest.fixture
def in_use(monkeypatch: pytest.MonkeyPatch) -> _InUse:
    listener = _InUse()
    listeners = [*monitoring._LISTENERS.cmap_listeners, listener]
    monkeypatch.setattr(monitoring, "_LISTENERS", monitoring._LISTENERS._replace(cmap_listeners=listeners))
    return listener


async def test_postgresql_sees_no_more_connections_than_the_pool_may_have(servers: EmbeddedServers) -> None:
    connector = POSTGRES.connect(servers, pool_size=3)
    try:
        async with locked(servers) as ask:
            fetches = [asyncio.create_task(connector.fetch(EVERYONE)) for _ in range(10)]
            await asyncio.sleep(0.3)
            assert await ask(SESSIONS) == 3
        assert len(await asyncio.gather(*fetches)) == 10
    finally:
        await connector.close()


@pytest.mark.parametrize("kind", [PYMONGO, MOTOR])
async def test_the_document_server_sees_no_more_connections_than_the_pool_may_have(
    kind: Kind, servers: EmbeddedServers, in_use: _InUse
) -> None:
    connector = kind.connect(servers, pool_size=3)
    try:
        async with fail_point(servers, blockConnection=True, blockTimeMS=50):
            await asyncio.gather(*(connector.fetch(EVERYONE) for _ in range(10)))
        assert in_use.peak == 3
    finally:
        await connector.close()


@pytest.mark.parametrize("kind", SERVERS)
async def test_a_guard_leaves_pools_idle_beyond_its_slots(kind: Kind, servers: EmbeddedServers) -> None:
    inner = kind.connect(servers, pool_size=10)
    connector = GuardedConnector(inner, SOURCE, timeout=5, slots=2)
    try:
        async with locked(servers) as ask:
            fetches = [asyncio.create_task(connector.fetch(EVERYONE)) for _ in range(6)]
            await asyncio.sleep(0.2)
            assert await ask(SESSIONS) == (2 if kind is POSTGRES else 0)
        assert len(await asyncio.gather(*fetches)) == 6
    finally:
        await connector.close()


EXPECTED: dict[str, Callable[[EmbeddedServers], dict[str, object]]] = {
    "postgres": lambda _: {
        "db.system.name": "postgresql",
        "db.namespace": f"lienthong.{SOURCE}",
        "db.operation.name": "SELECT",
    },
    "mongo": lambda servers: {
        "db.system.name": "mongodb",
        "db.namespace": SOURCE,
        "db.operation.name": "find",
        "server.address": "127.0.0.1",
        "server.port": int(servers.mongo_url("").rsplit(":", 1)[1].rstrip("/")),
    },
}


@pytest.mark.parametrize("kind", SERVERS)
async def test_a_span_names_the_server_and_holds_no_value(kind: Kind, servers: EmbeddedServers) -> None:
    running.observed_tracing()
    connector = GuardedConnector(kind.connect(servers), SOURCE, timeout=5, slots=2)
    fetch = fetch_of("nguoi", ["ten"], ("so", "any", ("001", "079199000123")), ("ten", "prefix", "Nguyễn"))
    try:
        await connector.fetch(EVERYONE)
        running._EXPORTER.clear()
        assert len(await connector.fetch(fetch)) == 1
    finally:
        await connector.close()
    (span,) = running._EXPORTER.get_finished_spans()
    attributes = dict(span.attributes or {})
    assert attributes | EXPECTED[kind.name.split("-")[0]](servers) == attributes
    assert (span.kind, span.name) == (SpanKind.CLIENT, f"{attributes['db.operation.name']} nguoi")
    assert (attributes["lienthong.fetch.keys"], attributes["db.response.returned_rows"]) == (2, 1)
    for value in ("001", "079199000123", "Nguyễn", "Ửng"):
        assert value not in str(attributes)
