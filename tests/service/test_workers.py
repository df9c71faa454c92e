"""Four workers under load: a change of a contract reaches all of them at once, and counts are exact."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import asyncpg
import httpx
import pytest

from auth.contract import Limits
from auth.registry import install_contract, revoke_key, set_state
from service.embedded import EmbeddedServers
from tests.running import Governance, settings_for
from tests.workers import Process, serving

pytestmark = [pytest.mark.servers, pytest.mark.timed]

WORKERS = 4
CONNECTIONS = 24
ROUNDS = 20
HIGH = Limits(requests_per_minute=10**9, subjects_per_day=10**9)
VIEWER = {"query": "{viewer{version}}"}


@pytest.fixture(scope="module")
def process(databases: EmbeddedServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    output = tmp_path_factory.mktemp("workers") / "output"
    with serving(settings_for(databases, workers=WORKERS), output) as running:
        yield running


@dataclass
class Answer:
    """When a request was sent and answered (monotonic), and how."""

    sent: float
    received: float
    status: int
    body: dict[str, Any]
    trace: str


async def connected(url: str, authorization: str, governance: Governance) -> list[httpx.AsyncClient]:
    """Clients with one open connection each, the same number to every worker.

    The system decides which worker takes a connection, so more are opened than are kept.
    """
    workers: dict[str, list[httpx.AsyncClient]] = {}
    spare: list[httpx.AsyncClient] = []
    for _ in range(30):
        fresh = [
            httpx.AsyncClient(base_url=url, headers={"authorization": authorization}, timeout=30) for _ in range(32)
        ]
        answers = await asyncio.gather(*(client.post("/graphql", json=VIEWER) for client in fresh))
        traces = [answer.headers["x-trace-id"] for answer in answers]
        chains = await asyncio.to_thread(chain_of_each, governance, traces)
        for client, trace in zip(fresh, traces, strict=True):
            taken = workers.setdefault(chains[trace], [])
            (taken if len(taken) < CONNECTIONS // WORKERS else spare).append(client)
        if len(workers) == WORKERS and all(len(taken) == CONNECTIONS // WORKERS for taken in workers.values()):
            break
    for client in spare:
        await client.aclose()
    assert len(workers) == WORKERS
    return [client for taken in workers.values() for client in taken]


class Load:
    """Clients that ask again as soon as they are answered, each over a connection of its own."""

    def __init__(self, clients: list[httpx.AsyncClient], body: dict[str, Any] = VIEWER) -> None:
        self._clients = clients
        self._body = body
        self.headers: dict[str, str] = {}
        self._going = True
        self.answers: list[Answer] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._ask(client)) for client in self._clients]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._going = False
        await asyncio.gather(*self._tasks)

    async def until(self, status: int, *, answers: int = 3 * CONNECTIONS) -> None:
        """Wait until the last `answers` all have a status."""
        deadline = time.monotonic() + 20
        while True:
            last = self.answers[-answers:]
            if len(last) == answers and all(answer.status == status for answer in last):
                return
            assert time.monotonic() < deadline, Counter(answer.status for answer in last)
            await asyncio.sleep(0.005)

    async def _ask(self, client: httpx.AsyncClient) -> None:
        while self._going:
            sent = time.monotonic()
            response = await client.post("/graphql", json=self._body, headers=self.headers)
            trace = response.headers["x-trace-id"]
            self.answers.append(Answer(sent, time.monotonic(), response.status_code, response.json(), trace))
        await client.aclose()


def contract_for(governance: Governance, name: str, like: str = "csgt", **changes: Any) -> str:
    base = governance.contracts[like]
    given = {"limits": HIGH, **changes}
    return governance.install(replace(base, contract_id=name, client=replace(base.client, client_id=name), **given))


def chain_of_each(governance: Governance, traces: list[str]) -> dict[str, str]:
    """The chain that holds the record of each of these requests: one per process."""
    rows = governance.fetch("SELECT trace_id, chain FROM governance.audit_record WHERE trace_id = ANY($1)", traces)
    return {row["trace_id"]: row["chain"] for row in rows}


def chains_of(governance: Governance, traces: list[str]) -> set[str]:
    """The chains that hold the records of these requests."""
    return set(chain_of_each(governance, traces).values())


async def latency_of(load: Load, change: Any, before: int, after: int) -> tuple[float, list[str]]:
    """Make a change; how long after its commit a request was sent that was still answered as before, in seconds."""
    await load.until(before)
    await change
    committed = time.monotonic()
    start = len(load.answers)
    await load.until(after)
    since = load.answers[start:]
    stale = [answer.sent - committed for answer in since if answer.status == before]
    return max(stale, default=0.0), [answer.trace for answer in since if answer.status == after]


def test_a_suspension_reaches_every_worker_within_a_second(
    process: Process, governance: Governance, databases: EmbeddedServers
) -> None:
    authorization = contract_for(governance, "suspended")
    latencies: list[float] = []
    refused: list[list[str]] = []

    async def work() -> None:
        connection = await asyncpg.connect(databases.admin_url)
        try:
            async with Load(await connected(process.url, authorization, governance)) as load:
                for _ in range(ROUNDS):
                    suspension = set_state(connection, "suspended", "SUSPENDED", reason="test")
                    latency, traces = await latency_of(load, suspension, 200, 403)
                    latencies.append(latency)
                    refused.append(traces)
                    restoring = set_state(connection, "suspended", "ACTIVE", reason="test")
                    latencies.append((await latency_of(load, restoring, 403, 200))[0])
        finally:
            await connection.close()

    asyncio.run(work())
    assert len(latencies) == 2 * ROUNDS
    assert max(latencies) < 1.0, latencies
    for traces in refused:
        assert len(chains_of(governance, traces)) == WORKERS
    print(f"\nlatest stale answer after a change: {max(latencies) * 1000:.0f} ms")  # noqa: T201 - shown with -s


def test_every_kind_of_change_reaches_every_worker_within_a_second(
    process: Process, governance: Governance, databases: EmbeddedServers
) -> None:
    authorization = contract_for(governance, "changed")
    key_id = authorization.split("_")[1]
    headers = {"accept": "application/graphql-response+json"}
    wide = governance.contracts["changed"]
    grants = {p: tuple(g for g in given if "gender" not in g.coordinate) for p, given in wide.grants.items()}
    narrow = replace(wide, version=2, grants=grants)
    widened = replace(wide, version=3)
    limited = replace(wide, version=4, limits=replace(HIGH, tokens=5))
    raised = replace(wide, version=5)
    gender = {"query": '{citizen(personalId:"000000000000"){gender}}'}

    async def work() -> dict[str, float]:
        connection = await asyncpg.connect(databases.admin_url)
        try:
            async with Load(await connected(process.url, authorization, governance), gender) as load:
                load.headers = headers
                measured = {
                    "narrow": await latency_of(load, install_contract(connection, narrow), 200, 400),
                    "widen": await latency_of(load, install_contract(connection, widened), 400, 200),
                    "limit": await latency_of(load, install_contract(connection, limited), 200, 400),
                    "raise": await latency_of(load, install_contract(connection, raised), 400, 200),
                    "revoke": await latency_of(load, revoke_key(connection, key_id), 200, 401),
                }
        finally:
            await connection.close()
        return {change: latency for change, (latency, _) in measured.items()}

    latencies = asyncio.run(work())
    assert max(latencies.values()) < 1.0, latencies


def test_a_contract_ends_at_its_time_on_every_worker(process: Process, governance: Governance) -> None:
    authorization = contract_for(governance, "ending")

    async def work() -> tuple[float, list[Answer]]:
        clients = await connected(process.url, authorization, governance)
        # Only now, for connecting may take any time: the next version, which ends soon.
        end, ends = time.monotonic() + 4, datetime.now(UTC) + timedelta(seconds=4)
        await asyncio.to_thread(contract_for, governance, "ending", version=2, valid_to=ends)
        async with Load(clients) as load:
            await load.until(200)
            await load.until(403)
        return end, load.answers

    end, answers = asyncio.run(work())
    assert all(answer.status == 200 for answer in answers if answer.received < end - 0.05)
    assert all(answer.status == 403 for answer in answers if answer.sent > end + 0.05)


def test_the_quota_of_a_day_is_exact_over_all_workers(process: Process, governance: Governance) -> None:
    allowed, size = 100, 3
    authorization = contract_for(governance, "exact-4", limits=replace(HIGH, subjects_per_day=allowed))
    rows = governance.fetch("SELECT personal_id FROM population.citizen ORDER BY registered_no LIMIT 400")
    ids = [row["personal_id"] for row in rows]
    query = "query($ids:[PersonalId!]!){citizens(personalIds:$ids){gender}}"
    bodies = [{"query": query, "variables": {"ids": ids[n * 5 : n * 5 + size]}} for n in range(64)]

    async def one(body: dict[str, Any]) -> httpx.Response:
        async with httpx.AsyncClient(timeout=30) as client:
            return await client.post(f"{process.url}/graphql", json=body, headers={"authorization": authorization})

    async def flood() -> list[httpx.Response]:
        return await asyncio.gather(*map(one, bodies))

    answers = asyncio.run(flood())
    assert Counter(answer.status_code for answer in answers) == {200: allowed // size, 429: 64 - allowed // size}
    (row,) = governance.fetch("SELECT subjects FROM governance.subject_day WHERE contract_id = 'exact-4'")
    assert row["subjects"] == allowed // size * size
    assert len(chains_of(governance, [answer.headers["x-trace-id"] for answer in answers])) > 1
