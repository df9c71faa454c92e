"""The fault drill: each fault is begun under load, and found from the page and from the metrics alone.

Before each, under the same load, neither finds anything: what is found is the fault.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import asyncpg
import httpx
import pytest

from auth.contract import Client
from service.embedded import EmbeddedServers
from tests.running import Governance, RunningService, observed_tracing, settings_for
from tests.telemetry.load import EVERYWHERE, Ask, busy
from tests.telemetry.on_call import KEY, Scrape, diagnosis, scrape, seen_on_page
from tests.workers import Cut, cut

pytestmark = [
    pytest.mark.lengthy,
    pytest.mark.servers,
    # PyMongo forgets to close a socket when its connecting is cancelled, and a later drill is told of it.
    pytest.mark.filterwarnings("ignore:Exception ignored in. <socket.socket:pytest.PytestUnraisableExceptionWarning"),
]

CLIENT = "mot-cua"
Fault = Callable[["Scene"], Iterator[None]]


class Scene:
    """A service under load, and what a fault needs to reach."""

    def __init__(self, databases: EmbeddedServers, service: RunningService, relay: Cut) -> None:
        self.databases = databases
        self.service = service
        self.relay = relay
        self.more: list[Ask] = []


@pytest.fixture(scope="module")
def ids(governance: Governance) -> list[str]:
    rows = governance.fetch(
        "SELECT personal_id FROM population.citizen WHERE NOT protected ORDER BY personal_id LIMIT 300"
    )
    return [row["personal_id"] for row in rows]


@pytest.fixture(scope="module")
def clients(governance: Governance) -> Governance:
    """Clients of their own: what is done to their contracts here harms no other test."""
    contract = governance.contracts[CLIENT]
    limited = replace(contract.limits, requests_per_minute=40)
    for name, limits in {"dien-tap": contract.limits, "don-dap": limited, "bi-dinh-chi": contract.limits}.items():
        client = Client(name, "Đơn vị diễn tập")
        governance.install(replace(contract, contract_id=name, client=client, limits=limits))
    return governance


def asking(governance: Governance, client: str, ids: Sequence[str], *, always_new: bool = False) -> Ask:
    """What sends the query about a random citizen; `always_new` makes a document of its own of each."""
    headers = {
        "authorization": governance.authorizations[client],
        "x-purpose": next(iter(governance.contracts[client].purposes)),
    }

    def ask(http: httpx.Client, random: Random, number: int) -> object:
        query = EVERYWHERE.replace("birthName", f"ten{number}: birthName") if always_new else EVERYWHERE
        body = {"query": query, "variables": {"i": random.choice(ids)}}
        return http.post("/graphql", json=body, headers=headers)

    return ask


@contextmanager
def one_source_slow(scene: Scene) -> Iterator[None]:
    scene.relay.delay = 0.7
    yield


@contextmanager
def one_source_down(scene: Scene) -> Iterator[None]:
    scene.relay.cut()
    yield


@contextmanager
def one_source_distant(scene: Scene) -> Iterator[None]:
    """Far from slow, but too far for one connection and so many clients."""
    scene.relay.delay = 0.03
    yield


@contextmanager
def nothing_else(_scene: Scene) -> Iterator[None]:
    yield


@contextmanager
def a_contract_suspended(scene: Scene) -> Iterator[None]:
    scene.service.governance.fetch(
        "UPDATE governance.contract SET state = 'SUSPENDED' WHERE contract_id = 'bi-dinh-chi'"
    )
    yield


@contextmanager
def audit_commits_slow(scene: Scene) -> Iterator[None]:
    """Somebody else holds the table of the audit most of the time."""
    over = threading.Event()

    async def hold() -> None:
        connection = await asyncpg.connect(scene.databases.admin_url)
        try:
            while not over.is_set():
                async with connection.transaction():
                    await connection.execute("LOCK TABLE governance.audit_record IN EXCLUSIVE MODE")
                    await asyncio.sleep(0.5)
        finally:
            await connection.close()

    thread = threading.Thread(target=lambda: asyncio.run(hold()), name="holder")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(10)


@dataclass(frozen=True)
class Drill:
    """A fault, settings for it, clients who join the load with it (name and how many), and what must be found then."""

    fault: Callable[[Scene], AbstractContextManager[None]]
    expected: set[tuple[str, str]]
    settings: dict[str, Any] = field(default_factory=dict)
    joining: tuple[str, int] | None = None
    always_new: bool = False
    requests: int = 200


DRILLS = {
    "one Mongo source slow": Drill(
        one_source_slow, {("SOURCE_SLOW", "transport")}, joining=("dien-tap", 3), requests=24
    ),
    "one Mongo source down": Drill(
        one_source_down, {("SOURCE_DOWN", "transport")}, {"fetch_timeout": 1.0}, requests=40
    ),
    "pool exhausted": Drill(one_source_distant, {("POOL_EXHAUSTED", "transport")}, {"pool_size": 1}, ("dien-tap", 12)),
    "one client flooding": Drill(nothing_else, {("CLIENT_FLOODING", "don-dap")}, joining=("don-dap", 1)),
    "a plan-cache miss storm": Drill(
        nothing_else, {("PLAN_MISSES", "plan cache")}, joining=("dien-tap", 4), always_new=True, requests=400
    ),
    "audit commits slow": Drill(audit_commits_slow, {("AUDIT_SLOW", "audit")}, joining=("dien-tap", 3), requests=24),
    "a contract suspended": Drill(
        a_contract_suspended, {("CONTRACT_REFUSED", "bi-dinh-chi")}, joining=("bi-dinh-chi", 1)
    ),
}


@pytest.mark.parametrize("name", DRILLS, ids=[name.replace(" ", "-") for name in DRILLS])
def test_a_fault_is_found_from_the_page_and_from_the_metrics_alone(
    databases: EmbeddedServers, clients: Governance, ids: list[str], name: str
) -> None:
    drill = DRILLS[name]
    observed_tracing()
    settings = settings_for(databases, operator_key=KEY, **drill.settings)
    with cut(settings.sources["transport"]) as relay:
        settings = settings.model_copy(update={"sources": {**settings.sources, "transport": relay.url}})
        with RunningService(settings) as service:
            service.governance = clients
            ordinary, joining = [asking(clients, "dien-tap", ids)], []
            with busy(service, ordinary) as wait:
                wait(30)
                calm = scrape(service)
                wait(100)
                before = scrape(service)
                assert seen_on_page(service) == set()
                assert diagnosis(calm, before) == set()
                assert not before.get("lienthong_errors_total")
            if drill.joining is not None:
                client, times = drill.joining
                joining = [asking(clients, client, ids, always_new=drill.always_new)] * times
            with drill.fault(Scene(databases, service, relay)), busy(service, ordinary + joining) as wait:
                wait(drill.requests)
            assert diagnosis(before, scrape(service)) == drill.expected
            assert seen_on_page(service) == drill.expected


def test_a_governance_database_that_is_away_is_found(
    databases: EmbeddedServers, clients: Governance, ids: list[str]
) -> None:
    observed_tracing()
    settings = settings_for(databases, operator_key=KEY, audit_timeout=0.5)
    with (
        cut(settings.governance_url) as relay,
        RunningService(settings.model_copy(update={"governance_url": relay.url})) as service,
    ):
        service.governance = clients
        with busy(service, [asking(clients, "dien-tap", ids)]) as wait:
            wait(30)
            before = scrape(service)
            relay.cut()
            wait(10)
        assert seen_on_page(service) == {("AUDIT_FAILING", "audit"), ("GOVERNANCE_SILENT", "governance")}
        after = scrape(service)
        assert sum(after.get("lienthong_audit_failures_total").values()) > 0
        assert sum(before.get("lienthong_governance_listening").values()) == 1
        assert sum(after.get("lienthong_governance_listening").values()) == 0


def test_an_event_loop_that_is_held_up_is_found(
    databases: EmbeddedServers, clients: Governance, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    observed_tracing()
    with RunningService(settings_for(databases, operator_key=KEY)) as service:
        service.governance = clients
        with busy(service, [asking(clients, "dien-tap", ids)]) as wait:
            wait(50)
            calm = _late(scrape(service))

            def hold(_request: object) -> str:
                time.sleep(0.3)
                return "application/json"

            monkeypatch.setattr("service.endpoint.media_type", hold)
            wait(6)
        assert _late(scrape(service)) >= calm + 3
        assert seen_on_page(service) == set()


def _late(seen: Scrape) -> float:
    """How often the event loop was late by more than a tenth of a second."""
    samples = seen.get("lienthong_event_loop_lag_seconds_bucket").items()
    buckets = {dict(labels)["le"]: value for labels, value in samples}
    return buckets["+Inf"] - buckets["0.1"]
