"""Servers that are away, slow, rude or cut off: the right error, in time, without the driver's words."""

from __future__ import annotations

import asyncio
import gc
import re
import time
from collections.abc import Iterator

import pytest

from connectors.errors import SourceError, SourceFaultError, SourceTimeoutError, SourceUnavailableError
from connectors.fetch import Connector, Fetch
from connectors.guard import GuardedConnector
from service.embedded import EmbeddedServers
from tests.connectors.dataset import EVERYONE, MOTOR, PEOPLE, POSTGRES, PYMONGO, SERVERS, SOURCE, Kind, fetch_of
from tests.connectors.failing import end_sessions, fail_point, slow

# PyMongo leaves the socket of an attempt to connect that its closing interrupts to the garbage collector.
pytestmark = [
    pytest.mark.servers,
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.timed,
]

every_server = pytest.mark.parametrize("kind", SERVERS)
document_servers = pytest.mark.parametrize("kind", [PYMONGO, MOTOR])
LIMIT = 0.4
GRACE = 0.5
"""Seconds within which an error must be there after its time limit, on a busy machine."""


async def failure(connector: Connector, fetch: Fetch = EVERYONE) -> tuple[SourceError, float]:
    """The error of a fetch that must fail, and the seconds it took. No driver speaks through it."""
    started = time.monotonic()
    with pytest.raises(SourceError) as caught:
        await connector.fetch(fetch)
    error = caught.value
    assert re.fullmatch(rf"the source [a-z ]+: `{SOURCE}`", str(error))
    assert error.extensions() == {"code": error.code, "source": SOURCE, "retryable": error.retryable}
    return error, time.monotonic() - started


async def works(connector: Connector) -> bool:
    return len(await connector.fetch(EVERYONE)) == len(PEOPLE)


@pytest.fixture(autouse=True)
def collect() -> Iterator[None]:
    """Collect the sockets that a driver forgot while the warning about them is still ignored."""
    yield
    gc.collect()


def guarded(connector: Connector, limit: float = LIMIT) -> GuardedConnector:
    return GuardedConnector(connector, SOURCE, timeout=limit, slots=4)


@every_server
async def test_a_server_that_is_away_is_unavailable(kind: Kind) -> None:
    connector = kind.away(timeout=LIMIT)
    try:
        error, seconds = await failure(connector)
        assert type(error) is SourceUnavailableError
        assert seconds < LIMIT + GRACE
        with pytest.raises(SourceUnavailableError):
            await connector.ping()
    finally:
        await connector.close()


@every_server
async def test_a_server_that_is_away_is_told_from_a_slow_one_by_the_guard(kind: Kind) -> None:
    limit = 2.0  # PyMongo looks for a server every half second only
    connector = guarded(kind.away(timeout=limit), limit)
    try:
        error, seconds = await failure(connector)
        assert type(error) is SourceUnavailableError
        assert seconds < limit
    finally:
        await connector.close()


@pytest.mark.parametrize("kind", [POSTGRES, MOTOR])  # PyMongo leaves the time of a command to the guard
async def test_a_slow_server_is_a_time_out_within_the_limit(kind: Kind, servers: EmbeddedServers) -> None:
    connector = kind.connect(servers, timeout=LIMIT)
    try:
        assert await works(connector)
        async with slow(kind, servers):
            error, seconds = await failure(connector)
        assert type(error) is SourceTimeoutError
        assert LIMIT * 0.9 <= seconds < LIMIT + GRACE
        assert await works(connector)
    finally:
        await connector.close()


@every_server
async def test_the_guard_ends_what_a_connector_does_not(kind: Kind, servers: EmbeddedServers) -> None:
    connector = guarded(kind.connect(servers, timeout=30))
    try:
        assert await works(connector)
        async with slow(kind, servers):
            error, seconds = await failure(connector)
        assert type(error) is SourceTimeoutError
        assert LIMIT * 0.9 <= seconds < LIMIT + GRACE
        assert await works(connector)
    finally:
        await connector.close()


@every_server
async def test_slow_fetches_side_by_side_all_end_in_time(kind: Kind, servers: EmbeddedServers) -> None:
    connector = guarded(kind.connect(servers, pool_size=2, timeout=LIMIT))
    try:
        assert await works(connector)
        async with slow(kind, servers):
            failures = await asyncio.gather(*(failure(connector) for _ in range(9)))
        assert {type(error) for error, _ in failures} == {SourceTimeoutError}
        assert max(seconds for _, seconds in failures) < LIMIT + GRACE
    finally:
        await connector.close()


@document_servers
@pytest.mark.parametrize("code", [2, 8, 13, 96, 292])
async def test_an_error_of_the_document_server_is_a_fault(
    connector: Connector, servers: EmbeddedServers, code: int
) -> None:
    async with fail_point(servers, errorCode=code):
        error, _ = await failure(connector)
    assert type(error) is SourceFaultError
    assert not error.retryable
    assert await works(connector)


@document_servers
async def test_an_expired_time_limit_of_the_document_server_is_a_time_out(
    connector: Connector, servers: EmbeddedServers
) -> None:
    async with fail_point(servers, errorCode=50):
        error, _ = await failure(connector)
    assert type(error) is SourceTimeoutError


@document_servers
async def test_a_document_server_that_shuts_down_is_unavailable(kind: Kind, servers: EmbeddedServers) -> None:
    connector = kind.connect(servers, timeout=LIMIT)
    try:
        async with fail_point(servers, errorCode=91):
            error, _ = await failure(connector)
        assert type(error) is SourceUnavailableError
    finally:
        await connector.close()


@document_servers
async def test_a_closed_connection_is_unavailable_and_the_next_fetch_opens_another(
    connector: Connector, servers: EmbeddedServers
) -> None:
    assert await works(connector)
    async with fail_point(servers, closeConnection=True):
        error, _ = await failure(connector)
    assert type(error) is SourceUnavailableError
    assert await works(connector)


@pytest.mark.parametrize("kind", [POSTGRES])
async def test_connections_cut_by_postgresql_are_unavailable_at_worst_and_replaced(
    connector: Connector, servers: EmbeddedServers
) -> None:
    assert await works(connector)
    async with slow(POSTGRES, servers):
        waiting = asyncio.create_task(failure(connector))
        await asyncio.sleep(0.1)
        await end_sessions(servers)
        error, _ = await waiting
    assert type(error) is SourceUnavailableError
    assert await works(connector)


@pytest.mark.parametrize("kind", [POSTGRES])
@pytest.mark.parametrize(
    "fetch",
    [fetch_of("khong_co", ["so"]), fetch_of("nguoi", ["khong_co"]), fetch_of("kin", ["_id"])],
    ids=["no table", "no column", "no right"],
)
async def test_an_error_of_postgresql_is_a_fault(connector: Connector, fetch: Fetch) -> None:
    error, _ = await failure(connector, fetch)
    assert type(error) is SourceFaultError
    assert await works(connector)


@pytest.mark.parametrize("kind", [POSTGRES])
@pytest.mark.parametrize("key", [7, True, b"001", ("001",), None])
async def test_a_key_of_another_type_is_a_fault_and_no_outage(connector: Connector, key: object) -> None:
    """Keys come from other databases too: one that keeps numbers as integers must not shut this one."""
    try:
        await connector.fetch(fetch_of("nguoi", ["so"], ("so", "any", (key,))))
    except SourceError as error:
        assert type(error) is SourceFaultError  # noqa: PT017 - both answers are right


async def test_a_key_of_another_type_leaves_its_connection_sound(servers: EmbeddedServers) -> None:
    """Without a Sync the statement stays active, and the server's time limit ends it during the next fetch."""
    connector = POSTGRES.connect(servers, pool_size=1, timeout=LIMIT)
    try:
        with pytest.raises(SourceFaultError):
            await connector.fetch(fetch_of("nguoi", ["so"], ("so", "any", (7,))))
        await asyncio.sleep(LIMIT * 1.5)
        assert await works(connector)
    finally:
        await connector.close()


@every_server
@pytest.mark.parametrize("operator", ["any", "equals", "prefix"])
async def test_a_nul_character_harms_nothing(connector: Connector, operator: str) -> None:
    value = ("00\x001",) if operator == "any" else "00\x001"
    try:
        assert await connector.fetch(fetch_of("nguoi", ["so"], ("so", operator, value))) == []  # type: ignore[arg-type]
    except SourceError as error:
        assert type(error) is SourceFaultError  # noqa: PT017 - both answers are right
    assert await works(connector)
