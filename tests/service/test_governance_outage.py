"""The governance database lost: no answer without a record, no permission beyond its bound, and all recovers."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest

from service.embedded import EmbeddedServers
from tests.running import RunningService, settings_for
from tests.workers import Cut, cut

pytestmark = pytest.mark.timed

CODES = {"GOVERNANCE_UNAVAILABLE", "AUDIT_UNAVAILABLE"}
QUERY = "query($i:PersonalId!){citizen(personalId:$i){birthName{full} vehicles{plate}}}"
# Stated bound: a lost channel is noticed within two waits of half a second each.
BOUND = 1.0


@pytest.fixture
def relay(databases: EmbeddedServers) -> Iterator[Cut]:
    with cut(databases.postgres_url("lienthong_gateway")) as relay:
        yield relay


@pytest.fixture
def relayed(service: RunningService, databases: EmbeddedServers, relay: Cut) -> Iterator[RunningService]:
    """A service whose way to contracts, limits and audit can be cut; its sources stay reachable."""
    with RunningService(settings_for(databases, governance_url=relay.url, audit_timeout=1.0)) as running:
        running.governance = service.governance
        yield running


@pytest.fixture(scope="module")
def number(service: RunningService) -> str:
    (row,) = service.governance.fetch("SELECT personal_id FROM population.citizen ORDER BY registered_no LIMIT 1")
    found: str = row["personal_id"]
    return found


def ask(service: RunningService, number: str) -> httpx.Response:
    return service.post("csgt", QUERY, {"i": number})


def until_answered(service: RunningService, number: str) -> None:
    deadline = time.monotonic() + 15
    while ask(service, number).status_code != 200:
        assert time.monotonic() < deadline, "the service did not recover"


@pytest.mark.parametrize("way", ["cut", "silence"])
def test_under_load_nothing_is_answered_without_a_record_and_the_service_recovers(
    relayed: RunningService, relay: Cut, number: str, way: str
) -> None:
    headers = {"authorization": relayed.governance.authorizations["csgt"]}
    answers: list[tuple[float, httpx.Response]] = []
    going = True

    async def client() -> None:
        async with httpx.AsyncClient(timeout=30) as session:
            while going:
                body = {"query": QUERY, "variables": {"i": number}}
                response = await session.post(f"{relayed.url}/graphql", json=body, headers=headers)
                answers.append((time.monotonic(), response))

    async def outage() -> tuple[float, float]:
        nonlocal going
        await asyncio.sleep(1)
        broken = time.monotonic()
        getattr(relay, way)()
        await asyncio.sleep(3)
        mended = time.monotonic()
        await asyncio.to_thread(relay.mend)
        deadline = mended + 15
        while not any(at > mended and answer.status_code == 200 for at, answer in answers):
            assert time.monotonic() < deadline, "the service did not recover"
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)
        going = False
        return broken, mended

    async def work() -> tuple[float, float]:
        clients = [asyncio.create_task(client()) for _ in range(8)]
        times = await outage()
        await asyncio.gather(*clients)
        return times

    broken, mended = asyncio.run(work())
    statuses = Counter(answer.status_code for _, answer in answers)
    assert set(statuses) == {200, 503}, statuses
    during = [answer for at, answer in answers if broken + 0.2 < at < mended]
    assert during
    assert all(answer.status_code == 503 for answer in during)
    for _, answer in answers:
        if answer.status_code == 503:
            body = answer.json()
            assert "data" not in body
            assert {error["extensions"]["code"] for error in body["errors"]} <= CODES
    given = [answer.headers["x-trace-id"] for _, answer in answers if answer.status_code == 200]
    rows = relayed.governance.fetch("SELECT trace_id FROM governance.audit_record WHERE trace_id = ANY($1)", given)
    assert {row["trace_id"] for row in rows} == set(given)


@contextmanager
def without_channel(service: RunningService) -> Iterator[None]:
    """End every listener to changes, again and again, as long as the block lasts."""
    going = threading.Event()
    ended = threading.Event()

    def end() -> None:
        while not going.is_set():
            if service.governance.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE usename = 'lienthong_gateway' AND application_name = 'lienthong-listener'"
            ):
                ended.set()

    thread = threading.Thread(target=end)
    thread.start()
    try:
        assert ended.wait(10)
        yield
    finally:
        going.set()
        thread.join()


def test_without_the_channel_each_request_is_judged_by_what_is_in_force(service: RunningService, number: str) -> None:
    base = service.governance.contracts["csgt"]
    service.governance.install(replace(base, contract_id="unheard", client=replace(base.client, client_id="unheard")))
    change = "UPDATE governance.contract SET state = $1 WHERE contract_id = 'unheard'"
    with without_channel(service):
        for _ in range(5):
            assert service.post("unheard", QUERY, {"i": number}).status_code == 200
            service.governance.fetch(change, "SUSPENDED")
            assert service.post("unheard", QUERY, {"i": number}).status_code == 403
            service.governance.fetch(change, "ACTIVE")


def test_a_silent_channel_ends_every_cached_permission_within_the_bound(
    relayed: RunningService, relay: Cut, number: str
) -> None:
    until_answered(relayed, number)
    relay.silence()
    time.sleep(BOUND + 0.2)
    with relayed.observing() as observed:
        response = ask(relayed, number)
    assert response.status_code == 503
    assert {error["extensions"]["code"] for error in response.json()["errors"]} <= CODES
    assert observed.statements == []
    relay.mend()
    until_answered(relayed, number)
