"""attacks.md, Between clients: connections that they share keep nothing, and requests at the same time do not mix."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator, Mapping
from typing import Any

import asyncpg
import httpx
import pytest

from service.app import create_app
from service.embedded import EmbeddedServers
from tests.attacks.between import SERIAL, SHARED, fresh
from tests.attacks.canaries import tokens_of
from tests.attacks.target import Target
from tests.attacks.world import settings_over_canaries
from tests.service.test_outages import failing

pytestmark = pytest.mark.lengthy


@pytest.fixture
def narrow_pool(embedded: EmbeddedServers, target: Target) -> Iterator[tuple[Any, Any]]:
    """The application in this thread with one connection to each database: its endpoint's engine, and a way to ask."""
    settings = settings_over_canaries(embedded, pool_size=1, fetch_timeout=1.0)
    app = create_app(settings)
    with asyncio.Runner() as runner:
        lifespan = app.router.lifespan_context(app)
        runner.run(lifespan.__aenter__())

        async def post(client: str, document: str, variables: Mapping[str, Any]) -> httpx.Response:
            headers = {"authorization": target.service.governance.authorizations[client]}
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://inside") as http:
                return await http.post("/graphql", json={"query": document, "variables": variables}, headers=headers)

        yield runner, (app.state.endpoint._engine._connectors, post)
        runner.run(lifespan.__aexit__(None, None, None))


# What a session can keep; `jit` is switched by the driver itself while it asks for types.
STATE = """
SELECT json_build_object(
    'settings', (SELECT json_object_agg(name, setting ORDER BY name) FROM pg_settings WHERE name <> 'jit'),
    'user', current_user, 'session', session_user, 'path', current_schemas(true),
    'prepared', (SELECT count(*) FROM pg_prepared_statements WHERE from_sql),
    'cursors', (SELECT count(*) FROM pg_cursors WHERE name <> ''),
    'locks', (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'),
    'listening', (SELECT count(*) FROM pg_listening_channels()),
    'temporary', (SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema())
)::text
"""


def test_a_pooled_connection_keeps_nothing_of_a_session(narrow_pool: tuple[Any, Any], target: Target) -> None:
    """One connection serves all clients: nothing of it is different after any of their requests."""
    runner, (connectors, post) = narrow_pool

    async def state() -> Any:
        async with connectors["population"].inner._pool.acquire() as connection:
            return await connection.fetchval(STATE)

    variables = {"ids": list(target.numbers.values())}
    runner.run(post("whole", SHARED % "", variables))
    before = runner.run(state())
    for client in ("narrow-null", "scoped-null", "twin-null", "whole"):
        answer = runner.run(post(client, SHARED % "", variables))
        assert answer.json()["data"]["citizens"]
        leaked = target.canaries.found(answer.text) - target.allowed(target.view(client)) - tokens_of(str(variables))
        assert not leaked
        assert runner.run(state()) == before


def test_a_connection_given_up_half_way_answers_the_next_client_alone(
    embedded: EmbeddedServers, narrow_pool: tuple[Any, Any], target: Target
) -> None:
    """A request that ran out of time leaves its connection; the rows that it asked for come to nobody."""
    runner, (_, post) = narrow_pool
    variables = {"ids": [target.numbers["an"]]}
    whole = runner.run(post("whole", SHARED % "", variables)).json()["data"]
    mine = runner.run(post("twin-null", SHARED % "", variables)).json()["data"]
    assert whole != mine

    async def locked() -> Any:
        connection = await asyncpg.connect(target.service.governance.admin_url)
        try:
            async with connection.transaction():
                await connection.execute("LOCK TABLE population.citizen IN ACCESS EXCLUSIVE MODE")
                return (await post("whole", SHARED % "", variables)).json()
        finally:
            await connection.close()

    with failing(embedded, blockConnection=True, blockTimeMS=1200):
        late = runner.run(post("whole", SHARED % "", variables)).json()
    for answer in (late, runner.run(locked())):
        assert {error["extensions"]["code"] for error in answer["errors"]} == {"SOURCE_TIMEOUT"}
        assert runner.run(post("twin-null", SHARED % "", variables)).json()["data"] == mine


# Two contracts interleaved


def test_interleaved_contracts_never_carry_each_others_fields(target: Target, interleaving_seconds: float) -> None:
    """Two contracts, the same documents, truly at the same time, until the time is over."""
    number = target.numbers["an"]
    ids = list(target.numbers.values())
    root = f'citizen(personalId:"{number}")'
    fields = [
        "personalId birthName{familyName full} vehicles{plate chassisNumber}",
        "maritalStatus bloodGroup household{residenceFileNumber address{detail}}",
        "a:birthName{middleName} b:birthName{givenName} c:contact{mobile} d:encounters{diagnosisText}",
    ]
    aliased = "query Aliased%s{" + " ".join(f"r{i}:{root}{{{part}}}" for i, part in enumerate(fields)) + "}"
    clients = ["narrow-null", "twin-null", "narrow-null", "twin-null"]
    expected: dict[tuple[str, str], Any] = {}
    for client in set(clients):
        for kind, document in (("shared", SHARED), ("aliased", aliased)):
            variables = {"ids": ids} if kind == "shared" else {}
            expected[client, kind] = target.attack(client, fresh(document), variables).body["data"]
    assert expected["narrow-null", "shared"] != expected["twin-null", "shared"]
    answers = asyncio.run(
        _interleave(target, clients, {"shared": (SHARED, {"ids": ids}), "aliased": (aliased, {})}, interleaving_seconds)
    )
    assert len(answers) > 5 * interleaving_seconds
    for client, kind, answer in answers:
        assert "data" in answer, answer
        assert answer["data"] == expected[client, kind], f"{client} got what is not its own"
    foreign = {
        client: target.allowed(target.view(other)) - target.allowed(target.view(client)) - set(ids)
        for client, other in (("narrow-null", "twin-null"), ("twin-null", "narrow-null"))
    }
    assert all(foreign.values())


async def _interleave(
    target: Target, clients: list[str], documents: Mapping[str, tuple[str, Any]], seconds: float
) -> list[tuple[str, str, Any]]:
    """The answers to all clients, each of which sends one document after the other without a pause.

    A document's text is new every few rounds, so that now the one and now the other client finds the caches cold.
    """
    answers: list[tuple[str, str, Any]] = []
    end = time.monotonic() + seconds
    base = next(SERIAL) + 1_000_000

    async def one(http: httpx.AsyncClient, client: str) -> None:
        headers = {"authorization": target.service.governance.authorizations[client]}
        for turn in itertools.count():
            for kind, (document, variables) in documents.items():
                body = {"query": document % (base + turn // 3), "variables": variables}
                answer = await http.post(f"{target.service.url}/graphql", json=body, headers=headers)
                answers.append((client, kind, answer.json()))
            if time.monotonic() > end:
                return

    async with httpx.AsyncClient(timeout=60) as http:
        await asyncio.gather(*(one(http, client) for client in clients))
    return answers
