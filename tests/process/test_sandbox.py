"""The sandbox over HTTP: the same authorisation as production, other data, and a list that ticks itself off."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import tomllib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner

from auth.process.errors import RequestIncompleteError
from auth.process.lifecycle import State
from graph.catalog import Catalog
from graph.schema import schema
from samples.personas import call, person, resident
from service.cli import app
from service.demo.sandbox import prepare_sandbox, sandbox_sources
from service.embedded import EmbeddedServers
from service.process import Process
from tests.process.conftest import Desk
from tests.process.people import PEOPLE
from tests.process.sandboxed import REQUESTS, ask, citizen_like, codes, contents_of, sources
from tests.running import Governance, RunningService, observed_tracing, settings_for

OFFICER, REVIEWER = PEOPLE["officer"], PEOPLE["reviewer"]
FULL = person("FULL")
VALID = "query($id: PersonalId!) { citizen(personalId: $id) { birthName { full } vehicles { plate } } }"
SAMPLES = tomllib.loads(Path("samples/contracts.toml").read_text(encoding="utf-8"))["contract"]
DENIED = '{ citizen(personalId: "000188000001") { dateOfBirth } }'


@pytest.fixture(scope="module")
def sandbox(databases: EmbeddedServers, governance: Governance) -> Iterator[RunningService]:
    """A service with both environments, over databases that hold citizens here and personas there."""
    observed_tracing()
    asyncio.run(prepare_sandbox(databases))
    settings = settings_for(
        databases,
        sandbox_sources=sandbox_sources(databases),
        process_url=databases.postgres_url("lienthong_process"),
    )
    with RunningService(settings) as running:
        running.governance = governance
        yield running


@pytest.fixture
async def process(sandbox: RunningService, databases: EmbeddedServers) -> AsyncIterator[Process]:
    """The process as the service has it, over a pool of this test's."""
    async with asyncpg.create_pool(databases.postgres_url("lienthong_process"), min_size=0, max_size=2) as pool:
        yield Process.of(pool, Catalog.of(schema), sandbox.settings.audit_keys())


async def test_a_clients_own_traffic_ticks_the_list_off_and_opens_the_way_to_the_security_check(
    desk: Desk, sandbox: RunningService, process: Process
) -> None:
    dossier = await desk.at("TECHNICAL_TEST")
    identity = (dossier.contract_id, dossier.version)
    key = (await process.keys.issue(OFFICER, dossier.contract_id, "sandbox", days=30)).authorization

    async def open_items() -> set[str]:
        return {item.code for item in await process.tests.list(OFFICER, *identity) if not item.ticked}

    everything = {
        "VALID_QUERY.XAC_MINH", "DENIED_FIELD", "BAD_NUMBER", "EXPIRED_KEY", "LIMIT_HIT", "PARTIAL_OUTAGE"
    }  # fmt: skip
    assert await open_items() == everything
    with pytest.raises(RequestIncompleteError) as refused:
        await process.moves.move(REVIEWER, *identity, "send_to_security", reason="Đủ")
    assert {one["path"] for one in refused.value.missing} == {f"tests.{code}" for code in everything}

    answer = ask(sandbox, key, VALID, id=FULL.number)
    assert answer.json() == {
        "data": {"citizen": {"birthName": {"full": FULL.full_name}, "vehicles": [{"plate": FULL.plate}]}}
    }
    assert await open_items() == everything - {"VALID_QUERY.XAC_MINH"}
    ticked = next(item for item in await process.tests.list(OFFICER, *identity) if item.ticked)
    assert ticked.trace_id == answer.headers["x-trace-id"]

    assert codes(ask(sandbox, key, DENIED)) == ["GRAPHQL_VALIDATION_FAILED"]
    assert codes(ask(sandbox, key, VALID, id="12")) == ["BAD_USER_INPUT"]
    expired = await process.keys.issue(OFFICER, dossier.contract_id, "sandbox", days=30, expired=True)
    assert codes(ask(sandbox, expired.authorization, VALID, id=FULL.number)) == ["CREDENTIALS_EXPIRED"]
    aliases = "{" + " ".join(f'a{n}: citizen(personalId: "{FULL.number}") {{ __typename }}' for n in range(200)) + "}"
    assert codes(ask(sandbox, key, aliases))[0] == "LIMIT_EXCEEDED"
    assert await open_items() == {"PARTIAL_OUTAGE"}
    outage = ask(sandbox, key, VALID, id=person("SPECIALISED_DOWN").number)
    assert codes(outage) == ["SOURCE_UNAVAILABLE"]
    assert outage.json()["data"]["citizen"]["birthName"]["full"] == person("SPECIALISED_DOWN").full_name
    assert await open_items() == set()
    moved = await process.moves.move(REVIEWER, *identity, "send_to_security", reason="Đủ")
    assert moved.state is State.SECURITY_CHECK


async def test_a_request_that_was_sent_back_is_tested_anew(
    desk: Desk, sandbox: RunningService, process: Process
) -> None:
    dossier = await desk.at("TECHNICAL_TEST")
    identity = (dossier.contract_id, dossier.version)
    key = (await process.keys.issue(OFFICER, dossier.contract_id, "sandbox", days=30)).authorization
    ask(sandbox, key, VALID, id=FULL.number)
    assert any(item.ticked for item in await process.tests.list(OFFICER, *identity))
    await desk.moves.move(REVIEWER, *identity, "send_back", reason="Bỏ biển số")
    fields = tuple(field for field in dossier.request.fields if "ehicle" not in field.field)
    await desk.dossiers.save(OFFICER, *identity, dossier.request.model_copy(update={"fields": fields}))
    for who, move in [("officer", "submit"), ("reviewer", "take_up")]:
        await desk.moves.move(PEOPLE[who], *identity, move, reason="Sửa")
    refused = ask(sandbox, key, VALID, id=FULL.number)
    assert (refused.status_code, codes(refused)) == (403, ["CONTRACT_UNKNOWN"])
    await desk.moves.move(REVIEWER, *identity, "admit_to_test", reason="Lại")
    assert not any(item.ticked for item in await process.tests.list(OFFICER, *identity))
    assert codes(ask(sandbox, key, VALID, id=FULL.number)) == ["GRAPHQL_VALIDATION_FAILED"]
    ticked = {item.code for item in await process.tests.list(OFFICER, *identity) if item.ticked}
    assert ticked == {"DENIED_FIELD"}


async def test_neither_environment_takes_the_others_keys_or_reaches_its_rows(
    desk: Desk, sandbox: RunningService, process: Process
) -> None:
    dossier = await desk.at("ACTIVE")
    citizen = await desk.owner.fetchval("SELECT personal_id FROM population.citizen WHERE NOT protected LIMIT 1")
    here = (await process.keys.issue(OFFICER, dossier.contract_id, "production", days=30)).authorization
    there = (await process.keys.issue(OFFICER, dossier.contract_id, "sandbox", days=30)).authorization

    with sandbox.observing() as observed:
        in_production = ask(sandbox, here, VALID, "/graphql", id=citizen)
    assert in_production.json()["data"]["citizen"]["birthName"]["full"]
    assert sources(observed.statements) == {"population", "transport"}

    with sandbox.observing() as observed:
        assert ask(sandbox, there, VALID, id=citizen).json()["data"] == {"citizen": None}
        assert ask(sandbox, there, VALID, id=FULL.number).json()["data"]["citizen"]
    assert sources(observed.statements) == {"sandbox_population", "sandbox_transport"}

    with sandbox.observing() as observed:
        for nobody in (FULL, person("SPECIALISED_DOWN"), person("REGISTER_DOWN")):
            answer = ask(sandbox, here, VALID, "/graphql", id=nobody.number)
            assert answer.json() == {"data": {"citizen": None}}
    assert all(not source.startswith("sandbox") for source, _ in observed.statements)

    with sandbox.observing() as observed:
        for key, path in ((here, "/sandbox/graphql"), (there, "/graphql")):
            refused = ask(sandbox, key, VALID, path, id=FULL.number)
            assert (refused.status_code, codes(refused)) == (401, ["UNAUTHENTICATED"])
    assert not sources(observed.statements)


async def test_a_denial_is_the_same_in_both(desk: Desk, sandbox: RunningService, process: Process) -> None:
    dossier = await desk.at("ACTIVE")
    here = await process.keys.issue(OFFICER, dossier.contract_id, "production", days=30)
    there = await process.keys.issue(OFFICER, dossier.contract_id, "sandbox", days=30)
    keys = {"/graphql": here.authorization, "/sandbox/graphql": there.authorization}
    for query in (DENIED, "{ household { __typename } }", "{ __schema { types { name } } }", "{ citizen }", "{"):
        bodies = {
            re.sub(rb'"traceId":"[0-9a-f]{32}"', b"", ask(sandbox, key, query, path).content)
            for path, key in keys.items()
        }
        assert len(bodies) == 1, query
    schemas = {
        sandbox.session.get(f"{sandbox.url}{path}", headers={"authorization": keys[endpoint]}).content
        for path, endpoint in (("/schema.graphql", "/graphql"), ("/sandbox/schema.graphql", "/sandbox/graphql"))
    }
    assert len(schemas) == 1


async def test_records_of_the_sandbox_are_kept_apart(desk: Desk, sandbox: RunningService, process: Process) -> None:
    dossier = await desk.at("TECHNICAL_TEST")
    key = (await process.keys.issue(OFFICER, dossier.contract_id, "sandbox", days=30)).authorization
    response = ask(sandbox, key, VALID, id=FULL.number)
    record = await desk.owner.fetchrow(
        "SELECT chain, contract_id FROM governance.audit_record WHERE trace_id = $1", response.headers["x-trace-id"]
    )
    assert record["chain"].startswith("sandbox-")
    assert record["contract_id"] == dossier.contract_id


async def test_a_persona_for_whom_a_source_is_down_breaks_it_for_nobody_else(
    desk: Desk, sandbox: RunningService, process: Process
) -> None:
    dossier = await desk.at("TECHNICAL_TEST")
    key = (await process.keys.issue(OFFICER, dossier.contract_id, "sandbox", days=30)).authorization
    for _ in range(30):
        assert codes(ask(sandbox, key, VALID, id=person("SPECIALISED_DOWN").number)) == ["SOURCE_UNAVAILABLE"]
    assert codes(ask(sandbox, key, VALID, id=person("SPECIALISED_SLOW").number)) == ["SOURCE_TIMEOUT"]
    assert codes(ask(sandbox, key, VALID, id=person("REGISTER_DOWN").number)) == ["SOURCE_UNAVAILABLE"]
    assert not codes(ask(sandbox, key, VALID, id=FULL.number))


@pytest.mark.parametrize("table", SAMPLES, ids=lambda table: table["client"])
async def test_every_kind_of_contract_can_finish_its_list(
    desk: Desk, sandbox: RunningService, process: Process, governance: Governance, table: dict[str, Any]
) -> None:
    """Stored documents, row scopes, null mode, one database only: no contract is left with an item nobody can show."""
    contract = governance.contracts[table["client"]]
    dossier = await desk.at("TECHNICAL_TEST", **contents_of(contract))
    identity = (dossier.contract_id, dossier.version)
    key = (await process.keys.issue(OFFICER, dossier.contract_id, "sandbox", days=30)).authorization
    expired = await process.keys.issue(OFFICER, dossier.contract_id, "sandbox", days=30, expired=True)

    def send(who: str, purpose: str, *, with_key: str = key, outage: str = "") -> None:
        one = person(who)
        for document in contract.documents.values():
            values = {"so": one.number, "ten": one.full_name, "ngaySinh": one.born}
            ask(sandbox, with_key, document, purpose=purpose, outage=outage, **values)
            ask(sandbox, with_key, document, purpose=purpose, **values | {"so": "12"})
        for service in sorted(contract.services):
            ask(sandbox, with_key, f"{{ {call(service, one)} }}", purpose=purpose, outage=outage)
            ask(sandbox, with_key, f"{{ {call(service, one)} }}".replace(one.number, "12"), purpose=purpose)
        for field in ("permanentResidence", "household", "religion"):
            query = f'{{ citizen(personalId: "{one.number}") {{ {field} {{ __typename }} }} }}'
            ask(sandbox, with_key, query, purpose=purpose)

    for query in (*contract.documents.values(), "query($so: PersonalId!) { citizen(personalId: $so) { __typename } }"):
        values = {"so": "12", "ten": "a", "ngaySinh": "1990"}
        ask(sandbox, key, query, purpose=next(iter(contract.purposes)), **values)
    for purpose in contract.purposes:
        send(resident(contract.row_scope).code, purpose)
        send("PROTECTED", purpose)
        send("FULL", purpose, with_key=expired.authorization)
        send("FULL", purpose, outage="population")
    items = await process.tests.list(OFFICER, *identity)
    assert [item.code for item in items if not item.ticked] == ["LIMIT_HIT"]
    purpose = next(iter(contract.purposes))
    assert any(codes(ask(sandbox, key, "{ a }", purpose=purpose)) == ["RATE_LIMITED"] for _ in range(3 * REQUESTS))
    assert (await process.moves.move(REVIEWER, *identity, "send_to_security")).state is State.SECURITY_CHECK


@pytest.mark.parametrize("table", SAMPLES, ids=lambda table: table["client"])
async def test_no_service_crosses_over(
    desk: Desk, sandbox: RunningService, process: Process, governance: Governance, table: dict[str, Any]
) -> None:
    """Every service of every sample contract, asked in both environments about people of both."""
    contract = governance.contracts[table["client"]]
    dossier = await desk.at("TECHNICAL_TEST", **contents_of(contract))
    there = (await process.keys.issue(OFFICER, dossier.contract_id, "sandbox", days=30)).authorization
    keys = {"/graphql": governance.authorizations[table["client"]], "/sandbox/graphql": there}
    found: dict[str, bytes] = dict.fromkeys(keys, b"")
    seen: dict[str, set[str]] = {}
    citizens = [await citizen_like(desk, contract), resident(contract.row_scope)]
    for path, key in keys.items():
        with sandbox.observing() as observed:
            for purpose in contract.purposes:
                for one in citizens:
                    values = {"so": one.number, "ten": one.full_name, "ngaySinh": one.born}
                    calls = [f"{{ {call(service, one)} }}" for service in sorted(contract.services)]
                    for query in (*contract.documents.values(), *calls):
                        text = query.replace("__typename", "personalId") if "citizen" in query else query
                        found[path] += ask(sandbox, key, text, path, purpose=purpose, **values).content
        seen[path] = sources(observed.statements)
    assert seen["/graphql"]
    assert not [source for source in seen["/graphql"] if source.startswith("sandbox_")]
    assert seen["/sandbox/graphql"] == {f"sandbox_{source}" for source in seen["/graphql"]}
    assert not re.search(rb'"personalId":"000', found["/graphql"])
    assert not re.search(rb'"personalId":"(?!000)', found["/sandbox/graphql"])
    if "citizen" in contract.services:
        assert all(b'"personalId":"' in content for content in found.values())


async def test_the_header_takes_a_source_away_from_one_request_in_the_sandbox_only(
    desk: Desk, sandbox: RunningService, process: Process
) -> None:
    dossier = await desk.at("ACTIVE")
    here = (await process.keys.issue(OFFICER, dossier.contract_id, "production", days=30)).authorization
    there = (await process.keys.issue(OFFICER, dossier.contract_id, "sandbox", days=30)).authorization
    citizen = await desk.owner.fetchval("SELECT personal_id FROM population.citizen WHERE NOT protected LIMIT 1")

    with sandbox.observing() as observed:
        down = ask(sandbox, there, VALID, outage="health, transport", id=FULL.number)
    assert codes(down) == ["SOURCE_UNAVAILABLE"]
    assert down.json()["errors"][0]["extensions"]["source"] == "transport"
    assert down.json()["data"]["citizen"] == {"birthName": {"full": FULL.full_name}, "vehicles": None}
    assert sources(observed.statements) == {"sandbox_population"}
    assert not codes(ask(sandbox, there, VALID, outage="health", id=FULL.number))
    assert not codes(ask(sandbox, there, VALID, id=FULL.number))

    with sandbox.observing() as observed:
        up = ask(sandbox, here, VALID, "/graphql", outage="population,transport", id=citizen)
    assert not codes(up)
    assert up.json()["data"]["citizen"]["birthName"]["full"]
    assert sources(observed.statements) == {"population", "transport"}


async def test_the_command_makes_the_populations_tables_and_nothing_of_governance(
    databases: EmbeddedServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await asyncpg.connect(databases.admin_url)
    await owner.execute("CREATE DATABASE another_sandbox TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
    await owner.close()
    url = databases.postgres_url("postgres", "another_sandbox")
    for name, value in settings_for(databases).model_dump(include={"governance_url", "sources"}).items():
        monkeypatch.setenv(f"LIENTHONG_{name.upper()}", value if isinstance(value, str) else json.dumps(value))
    for name in ("CURSOR_KEY", "AUDIT_KEY"):
        monkeypatch.setenv(f"LIENTHONG_{name}", base64.b64encode(bytes(32)).decode())
    done = await asyncio.to_thread(CliRunner().invoke, app, ["migrate", "--sandbox", url])
    assert done.exit_code == 0, done.output
    made = await asyncpg.connect(url)
    assert await made.fetchval("SELECT to_regclass('population.citizen') IS NOT NULL")
    assert not await made.fetchval("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'governance')")
    await made.close()
