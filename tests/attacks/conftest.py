"""The service over databases of canaries, with one client for each of the attackers' contracts."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import httpx
import pytest

from graph.catalog import Catalog
from graph.schema import schema
from service.embedded import EmbeddedServers
from tests.attacks.canaries import Canaries
from tests.attacks.contracts import attackers
from tests.attacks.target import Target
from tests.attacks.world import DATABASE, load_world, make_world, settings_over_canaries
from tests.running import Governance, RunningService, observed_tracing

CATALOG = Catalog.of(schema)


@pytest.fixture(scope="session")
def interleaving_seconds() -> float:
    """How long two contracts are interleaved; a thorough run sets INTERLEAVING_SECONDS=60."""
    return float(os.environ.get("INTERLEAVING_SECONDS", "8"))


@pytest.fixture(scope="session")
def canaries(embedded: EmbeddedServers) -> Canaries:
    """Databases of their own, full of canaries."""
    world = make_world(CATALOG)
    asyncio.run(load_world(embedded, world))
    return Canaries(CATALOG, world)


@pytest.fixture(scope="session")
def target(embedded: EmbeddedServers, canaries: Canaries) -> Iterator[Target]:
    """The running service with the attackers' contracts."""
    observed_tracing()
    governance = Governance(embedded.postgres_url("postgres", DATABASE))
    for contract in attackers(CATALOG):
        governance.install(contract)
    with RunningService(settings_over_canaries(embedded)) as running, httpx.Client(timeout=30) as http:
        running.governance = governance
        yield Target(running, canaries, http)


@pytest.fixture
def brittle(embedded: EmbeddedServers, target: Target, canaries: Canaries) -> Iterator[Target]:
    """Another service over the same databases: it waits two seconds for a fetch, its breakers are closed."""
    settings = settings_over_canaries(embedded, fetch_timeout=2.0)
    with RunningService(settings) as running:
        running.governance = target.service.governance
        yield Target(running, canaries, target.http)


@pytest.fixture
def an(target: Target) -> str:
    return target.numbers["an"]
