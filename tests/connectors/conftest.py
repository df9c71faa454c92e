"""The data set in real servers, and one connector per kind of source over it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from connectors.fetch import Connector
from service.embedded import EmbeddedServers
from tests.connectors.dataset import Kind, written


@pytest.fixture(scope="session")
def servers(databases: EmbeddedServers) -> Iterator[EmbeddedServers]:
    """The embedded servers with the data set in a schema and a database of its own."""
    with written(databases):
        yield databases


@pytest.fixture
async def connector(kind: Kind, servers: EmbeddedServers) -> AsyncIterator[Connector]:
    """The connector of the test's `kind`."""
    connector = kind.connect(servers)
    yield connector
    await connector.close()


def pytest_make_parametrize_id(val: object) -> str | None:
    return val.name if isinstance(val, Kind) else None
