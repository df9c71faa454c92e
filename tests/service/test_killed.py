"""Killed without warning under load: whatever a client has received is on the record, and the chains hold."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import asyncpg
import httpx
import pytest

from auth.audit.checkpoints import Checkpoint, public_key_of, read_checkpoints
from auth.audit.verify import Verdict, verify
from auth.contract import Limits
from service.embedded import EmbeddedServers
from tests.running import Governance, run, settings_for
from tests.workers import Process, serving

pytestmark = [pytest.mark.servers, pytest.mark.lengthy]

KILLS = 10
CONNECTIONS = 16
ENOUGH = 40
HIGH = Limits(requests_per_minute=10**9, subjects_per_day=10**9)
QUERY = "query($ids:[PersonalId!]!){citizens(personalIds:$ids){birthName{full} vehicles{plate}}}"


async def load_until_killed(process: Process, authorization: str, ids: Sequence[str]) -> list[str]:
    """Ask over many connections, kill the service in the midst of it; the trace ids of all answers received whole."""
    traces: list[str] = []
    enough = asyncio.Event()

    async def ask(place: int) -> None:
        body = {"query": QUERY, "variables": {"ids": [ids[place], ids[place + 1]]}}
        async with httpx.AsyncClient(timeout=10) as client:
            while True:
                try:
                    answer = await client.post(
                        f"{process.url}/graphql", json=body, headers={"authorization": authorization}
                    )
                except httpx.HTTPError:
                    return
                assert answer.status_code == 200
                assert answer.json()["data"]["citizens"][0]
                traces.append(answer.headers["x-trace-id"])
                if len(traces) == ENOUGH:
                    enough.set()

    async def kill() -> None:
        await enough.wait()
        await asyncio.to_thread(process.kill)

    async with asyncio.TaskGroup() as group:
        for place in range(CONNECTIONS):
            group.create_task(ask(place))
        group.create_task(kill())
    return traces


def verdict_of(admin_url: str, marks: Sequence[Checkpoint]) -> Verdict:
    async def work() -> Verdict:
        connection = await asyncpg.connect(admin_url)
        try:
            return await verify(connection, marks)
        finally:
            await connection.close()

    return run(work())


@pytest.mark.timeout(300)
def test_every_answer_received_before_a_kill_is_on_the_record(
    databases: EmbeddedServers, governance: Governance, tmp_path: Path
) -> None:
    base = governance.contracts["csgt"]
    contract = replace(base, contract_id="killed", client=replace(base.client, client_id="killed"), limits=HIGH)
    authorization = governance.install(contract)
    rows = governance.fetch("SELECT personal_id FROM population.citizen ORDER BY registered_no LIMIT 40")
    ids = [row["personal_id"] for row in rows]
    checkpoints = tmp_path / "checkpoints.jsonl"
    seen: set[str] = set()
    for kill in range(KILLS):
        settings = settings_for(databases, checkpoint_file=checkpoints)
        with serving(settings, tmp_path / f"output-{kill}") as process:
            traces = asyncio.run(load_until_killed(process, authorization, ids))
        assert len(traces) >= ENOUGH
        recorded = governance.fetch(
            "SELECT trace_id FROM governance.audit_record "
            "WHERE contract_id = 'killed' AND outcome = 'answered' AND trace_id = ANY($1)",
            traces,
        )
        assert {row["trace_id"] for row in recorded} == set(traces)
        seen.update(traces)
    assert len(seen) >= KILLS * ENOUGH
    assert settings.checkpoint_key is not None
    public_key = public_key_of(settings.key("checkpoint_key"))
    marks = list(read_checkpoints(checkpoints.read_text().splitlines(), [public_key]))
    assert len({mark.chain for mark in marks}) >= KILLS
    assert verdict_of(databases.admin_url, marks).faults == []
