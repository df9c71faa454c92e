"""attacks.md, Between clients: what one client asks and may read changes nothing of what another gets."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import asyncpg
import httpx
import pytest

from service.app import create_app
from service.embedded import EmbeddedServers
from tests.attacks.canaries import Canaries, tokens_of
from tests.attacks.conftest import settings_over_canaries
from tests.attacks.target import Evidence, Target, normal
from tests.service.test_outages import failing

SHARED = """
query Shared%s($ids: [PersonalId!]!) {
  citizens(personalIds: $ids) {
    personalId birthName { familyName middleName givenName full } maritalStatus bloodGroup contact { mobile }
    vehicles { plate make chassisNumber } encounters { diagnosisText }
    household { residenceFileNumber address { detail } }
  }
}
"""
ONE = "query Mine%s($i:PersonalId!){citizen(personalId:$i){%s}}"
_SERIAL = itertools.count()


def fresh(document: str, *more: str) -> str:
    """A document that no cache has seen."""
    return document % (next(_SERIAL), *more)


def refused(evidence: Evidence) -> bool:
    return evidence.response.status_code == 400 and "data" not in evidence.body and not evidence.statements


# Caches


@pytest.mark.parametrize("first", ["narrow-null", "twin-null"])
def test_a_document_is_planned_for_each_client_alone(target: Target, first: str) -> None:
    """The same text, once before and once after the other client made caches of document, validation and plan warm."""
    second = {"narrow-null": "twin-null", "twin-null": "narrow-null"}[first]
    variables = {"ids": list(target.numbers.values())}
    cold = {client: target.attack(client, fresh(SHARED), variables) for client in (first, second)}
    shared = fresh(SHARED)
    for client in (first, second, first, second):
        warm = target.attack(client, shared, variables)
        assert warm.body["data"] == cold[client].body["data"]
        assert sorted(warm.texts) == sorted(cold[client].texts)
        assert warm.codes == cold[client].codes
    assert cold[first].body["data"] != cold[second].body["data"]


@pytest.mark.parametrize(
    ("owner", "field", "other"),
    [("twin", "bloodGroup", "narrow"), ("narrow", "maritalStatus", "twin"), ("whole", "legacyId9", "narrow")],
)
def test_a_document_that_was_valid_for_one_is_refused_for_the_other(
    target: Target, owner: str, field: str, other: str
) -> None:
    variables = {"i": target.numbers["an"]}
    for turns in ((owner, other, owner), (other, owner, other)):
        document, never = fresh(ONE, field), fresh(ONE, "z" * len(field))
        unknown = target.attack(other, never, variables)
        for client in turns:
            evidence = target.attack(client, document, variables)
            if client == owner:
                assert evidence.data["citizen"][field]
            else:
                assert refused(evidence)
                assert len(evidence.response.content) == len(unknown.response.content)


def test_views_are_made_for_each_client_alone(target: Target) -> None:
    def sdl(client: str) -> str:
        headers = {"authorization": target.service.governance.authorizations[client]}
        return target.http.get(f"{target.service.url}/schema.graphql", headers=headers).text

    texts = {client: sdl(client) for client in ("narrow", "twin", "narrow", "whole", "verifier", "twin")}
    assert len(set(texts.values())) == 4
    for client, text in texts.items():
        assert text.strip() == target.view(client).sdl.strip()


# Requests at the same time


def together(*calls: Callable[[], httpx.Response]) -> list[httpx.Response]:
    """The answers to calls that begin at the same time."""
    barrier = threading.Barrier(len(calls))

    def call(one: Callable[[], httpx.Response]) -> httpx.Response:
        barrier.wait(10)
        return one()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, calls))


def test_equal_requests_of_two_clients_are_not_made_one(embedded: EmbeddedServers, target: Target) -> None:
    """While the database holds both, each has its own fetch, and gets what it alone may read."""
    document, variables = fresh(SHARED), {"ids": list(target.numbers.values())}
    alone = {client: target.attack(client, document, variables) for client in ("narrow-null", "twin-null")}
    with failing(embedded, blockConnection=True, blockTimeMS=200), target.service.observing() as observed:
        answers = together(*(lambda c=c: target.post(c, document, variables) for c in alone))
    for answer, evidence in zip(answers, alone.values(), strict=True):
        assert answer.json()["data"] == evidence.body["data"]
    assert len(observed.statements) == sum(len(evidence.statements) for evidence in alone.values())


def test_loaders_of_two_clients_do_not_share_rows(embedded: EmbeddedServers, target: Target) -> None:
    """Equal statements with equal keys, of which one is limited to a province."""
    document = fresh(ONE, "relatives{relation citizen{personalId vehicles{plate}}}")
    variables = {"i": target.numbers["an"]}
    alone = {client: target.attack(client, document, variables) for client in ("whole", "scoped")}
    with failing(embedded, blockConnection=True, blockTimeMS=200):
        answers = together(*(lambda c=c: target.post(c, document, variables) for c in alone))
    found = [sum(r["citizen"] is not None for r in answer.json()["data"]["citizen"]["relatives"]) for answer in answers]
    assert found == [3, 2]
    assert [answer.json() for answer in answers] == [evidence.body for evidence in alone.values()]


# Aliases


def test_two_aliases_of_one_row_each_get_their_own_projection(target: Target) -> None:
    number = target.numbers["an"]
    root = f'citizen(personalId:"{number}")'
    document = (
        f"{{a:{root}{{personalId}} b:{root}{{birthName{{givenName full}}}} c:{root}{{maritalStatus legacyId9}}"
        f" d:{root}{{vehicles{{plate}}}} e:{root}{{vehicles{{chassisNumber}}}}}}"
    )
    evidence = target.attack("narrow-null", document)
    data = evidence.body["data"]
    assert data["a"] == {"personalId": number}
    assert data["b"]["birthName"].keys() == {"givenName", "full"}
    assert data["b"]["birthName"]["full"] is None
    assert data["c"].keys() == {"maritalStatus", "legacyId9"}
    assert data["c"]["legacyId9"] is None
    assert data["d"]["vehicles"][0].keys() == {"plate"}
    assert [vehicle["chassisNumber"] for vehicle in data["e"]["vehicles"]] == [None, None]
    assert [error["path"] for error in evidence.body["errors"]] == [
        ["b", "birthName", "full"],
        ["c", "legacyId9"],
        ["e", "vehicles", "chassisNumber"],
    ]


def test_an_alias_gets_no_row_that_another_asked_for(target: Target) -> None:
    """Fetches of one statement are merged into one: each alias takes its own keys from it."""
    numbers = target.numbers
    document = "{" + " ".join(
        f'{n}:citizen(personalId:"{numbers[n]}"){{personalId vehicles{{plate}}}}' for n in numbers
    )
    evidence = target.attack("scoped", document + "}")
    plates = {
        name: {row["bienSo"] for row in target.canaries.world.rows("transport", "phuong_tien", name)}
        for name in numbers
    }
    for name, answer in evidence.data.items():
        if name in {"me", "xa"}:
            assert answer is None
        else:
            assert answer["personalId"] == numbers[name]
            assert {vehicle["plate"] for vehicle in answer["vehicles"]} == plates[name]
    assert len(evidence.statements) == 2


# Batches


@pytest.mark.parametrize("client", ["narrow", "narrow-null", "whole"])
def test_a_batch_of_operations_is_not_taken_in_part(target: Target, client: str) -> None:
    number = target.numbers["an"]
    texts = [ONE % (0, selection) for selection in ("personalId", "bloodGroup", "z" * 10)]
    for chosen in ([0], [0, 1], [1, 0], [0, 2], []):
        items = [{"query": texts[index], "variables": {"i": number}} for index in chosen]
        with target.gathering(client) as evidence:
            evidence.sent = json.dumps(items)
            authorization = target.service.governance.authorizations[client]
            evidence.response = target.http.post(
                f"{target.service.url}/graphql", json=items, headers={"authorization": authorization}
            )
        assert refused(evidence)
        assert evidence.codes == ["BAD_REQUEST"]


# Connections


@pytest.fixture
def narrow_pool(embedded: EmbeddedServers, target: Target, canaries: Canaries) -> Iterator[tuple[Any, Any]]:
    """The application in this thread with one connection to each database: its endpoint's engine, and a way to ask."""
    settings = settings_over_canaries(embedded, canaries, pool_size=1, fetch_timeout=1.0)
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
    base = next(_SERIAL) + 1_000_000

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


def test_the_normal_form_tells_bodies_apart(target: Target) -> None:
    """The control: two answers that differ in a value are not taken for equal."""
    one, other = (target.attack("narrow", ONE % ("", "personalId"), {"i": target.numbers[n]}) for n in ("an", "vo"))
    assert normal(one, {}) != normal(other, {})
