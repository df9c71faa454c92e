"""Fixtures that many tests share: real databases with sample data, and the service over HTTP in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auth.contract import Client
from samples.load import load
from service.demo.databases import SOURCES
from service.embedded import EmbeddedServers
from service.migrate import migrate
from tests.running import Governance, RunningService, observed_tracing, settings_for
from tests.watch import WATCH, personal_values

CITIZENS = 2_000
SEED = 46


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Under xdist a file stays in one process, and what takes long is handed out first, so that none ends late."""
    if not hasattr(config, "workerinput"):
        return
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.location[0]))
    items.sort(key=lambda item: item.get_closest_marker("lengthy") is None)


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServers]:
    """The embedded servers, empty; they take fail points."""
    with EmbeddedServers(tmp_path_factory.mktemp("databases"), test_commands=True) as servers:
        yield servers


@pytest.fixture(scope="session")
def databases(embedded: EmbeddedServers) -> Iterator[EmbeddedServers]:
    """The embedded servers, migrated and filled with sample citizens.

    When no test needs them any more, everything that was said by telemetry is searched for personal values.
    """
    asyncio.run(migrate(embedded.admin_url))
    asyncio.run(
        load(
            embedded.admin_url,
            {source: embedded.mongo_url(source) for source in SOURCES},
            citizens=CITIZENS,
            seed=SEED,
            progress=lambda *_: None,
        )
    )
    yield embedded
    told = WATCH.found(asyncio.run(personal_values(embedded)))
    assert not told, f"telemetry said personal values: {dict(list(told.items())[:20])}"


@pytest.fixture(scope="session")
def governance(databases: EmbeddedServers) -> Governance:
    """Contracts and keys of the tests: every sample contract, and `doi-chieu`.

    That client may do what the sample bank may, which verifies and reads no field, in documents of its own.
    """
    governance = Governance(databases.admin_url)
    governance.install_samples(Path("samples/contracts.toml"), datetime.now(UTC))
    bank, client = governance.contracts["ngan-hang"], Client("doi-chieu", "Đơn vị đối chiếu mẫu")
    governance.install(replace(bank, contract_id="doi-chieu", client=client, documents={}, allow_list_only=False))
    return governance


@pytest.fixture(scope="session")
def service(databases: EmbeddedServers, governance: Governance) -> Iterator[RunningService]:
    """The service on a loopback port, with every statement and span it causes at hand."""
    observed_tracing()
    with RunningService(settings_for(databases)) as running:
        running.governance = governance
        yield running
