"""The sandbox is like production in all but its data: denial byte for byte, keys, states, limits; and its personas."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import asyncpg
import httpx
import pytest

from auth.contract import Client, Grant
from auth.process.conformance import TestItem
from auth.process.dossier import Dossier
from auth.process.errors import MoveRefusedError, ProcessError
from auth.registry import issue_key
from samples.personas import PERSONAS, PREFIX, person
from samples.personas.load import load_personas
from samples.postgres import LoadError
from service.embedded import EmbeddedServers
from service.process import Process
from tests.process.asking import ask, codes
from tests.process.conftest import Desk
from tests.process.people import PEOPLE
from tests.process.test_sandbox import process, sandbox
from tests.running import RunningService, run

__all__ = ["process", "sandbox"]

VEHICLES = "query V($i: PersonalId!) { citizen(personalId: $i) { personalId vehicles { plate } } }"
EDGES = "query E($i: PersonalId!) { citizen(personalId: $i) { %s } }"


def without_trace(response: httpx.Response) -> tuple[int, str, list[tuple[str, str]]]:
    """Status, body and headers, but for what differs from request to request."""
    headers = [(name, value) for name, value in response.headers.multi_items() if name not in {"date", "x-trace-id"}]
    return response.status_code, re.sub(r"[0-9a-f]{32}", "TRACE", response.text), headers


def sandbox_key(service: RunningService, client: str) -> str:
    """A sandbox key of a contract that is in force, written as an administrator would."""

    async def work() -> str:
        connection = await asyncpg.connect(service.governance.admin_url)
        try:
            contract_id = service.governance.contracts[client].contract_id
            return (await issue_key(connection, contract_id, days=1, environment="sandbox")).authorization
        finally:
            await connection.close()

    return run(work())


async def ticked(process: Process, dossier: Dossier) -> dict[str, TestItem]:
    """The items of a dossier's list that are done."""
    items = await process.tests.list(PEOPLE["officer"], dossier.contract_id, dossier.version)
    return {item.code: item for item in items if item.ticked}


async def test_another_clients_traffic_ticks_nothing(desk: Desk, process: Process, sandbox: RunningService) -> None:
    mine, other = await desk.at("TECHNICAL_TEST"), await desk.at("TECHNICAL_TEST")
    officer = PEOPLE["officer"]
    for expired in (False, True):
        key = await process.keys.issue(officer, other.contract_id, "sandbox", days=1, expired=expired)
        ask(sandbox, key.authorization, VEHICLES, person("FULL").number)
    assert await ticked(process, mine) == {}
    assert set(await ticked(process, other)) == {"VALID_QUERY.XAC_MINH", "EXPIRED_KEY"}


async def test_production_traffic_ticks_nothing(desk: Desk, process: Process, sandbox: RunningService) -> None:
    dossier = await desk.at("ACTIVE")
    key = await process.keys.issue(PEOPLE["officer"], dossier.contract_id, "production", days=1)
    assert ask(sandbox, key.authorization, VEHICLES, "12", path="/graphql").status_code == 400
    assert await ticked(process, dossier) == {}


async def test_an_expired_key_is_for_the_sandbox_only(desk: Desk, process: Process) -> None:
    dossier = await desk.at("ACTIVE")
    with pytest.raises(MoveRefusedError):
        await process.keys.issue(PEOPLE["officer"], dossier.contract_id, "production", days=1, expired=True)


@pytest.mark.parametrize(("state", "answered"), [("APPROVED", True), ("ACTIVE", True), ("SUSPENDED", False)])
async def test_the_sandbox_answers_under_what_is_tested_or_in_force(
    desk: Desk, process: Process, sandbox: RunningService, state: str, *, answered: bool
) -> None:
    dossier = await desk.at(state)
    key = await process.keys.issue(PEOPLE["officer"], dossier.contract_id, "sandbox", days=1)
    response = ask(sandbox, key.authorization, VEHICLES, person("FULL").number)
    assert codes(response) == ([] if answered else ["CONTRACT_NOT_ACTIVE"])


@pytest.mark.parametrize("state", ["DRAFT", "SUBMITTED", "UNDER_REVIEW", "NEEDS_INFO", "REJECTED"])
async def test_no_sandbox_key_before_the_test(desk: Desk, process: Process, state: str) -> None:
    dossier = await desk.at(state)
    with pytest.raises(ProcessError):
        await process.keys.issue(PEOPLE["officer"], dossier.contract_id, "sandbox", days=1)


def test_a_key_of_the_other_environment_is_one_that_never_was(sandbox: RunningService) -> None:
    production, tests = sandbox.governance.authorizations["csgt"], sandbox_key(sandbox, "csgt")
    never = f"Bearer ltk_{'0' * 16}_{'A' * 43}"
    for path, wrong in (("/graphql", tests), ("/sandbox/graphql", production)):
        with sandbox.observing() as observed:
            refused = [ask(sandbox, key, VEHICLES, PREFIX + "1" * 9, path=path) for key in (wrong, never)]
        assert codes(refused[0]) == ["UNAUTHENTICATED"]
        assert without_trace(refused[0]) == without_trace(refused[1])
        assert observed.statements == []


@pytest.mark.parametrize(
    ("query", "number", "purpose"),
    [
        (EDGES % "bloodGroup", PREFIX + "188000001", None),
        (EDGES % "neverWas", PREFIX + "188000001", None),
        ('{ degree(number: "1") { number } }', None, None),
        ("{ __schema { types { name fields { name } } } }", None, None),
        (VEHICLES, "12", None),
        (VEHICLES, PREFIX + "188000001", "KHONG_CO"),
        (EDGES % " ".join(f"a{n}: personalId" for n in range(60)), PREFIX + "188000001", None),
        ("{ citizen", None, None),
        (VEHICLES, PREFIX + "999999999", None),
    ],
)
def test_denial_is_the_same_in_both(
    sandbox: RunningService, query: str, number: str | None, purpose: str | None
) -> None:
    given = {"x-purpose": purpose or next(iter(sandbox.governance.contracts["csgt"].purposes))}
    production, tests = sandbox.governance.authorizations["csgt"], sandbox_key(sandbox, "csgt")
    answers = [
        ask(sandbox, key, query, number, path=path, headers=given)
        for path, key in (("/graphql", production), ("/sandbox/graphql", tests))
    ]
    assert without_trace(answers[0]) == without_trace(answers[1])


def test_tests_use_up_nothing_of_productions_limits(sandbox: RunningService) -> None:
    governance = sandbox.governance
    contract = governance.contracts["doi-chieu"]
    limits = replace(contract.limits, requests_per_minute=2)
    client = Client("thu-gioi-han", "Đơn vị thử giới hạn")
    production = governance.install(replace(contract, contract_id="thu-gioi-han", client=client, limits=limits))
    tests = sandbox_key(sandbox, "thu-gioi-han")
    given = {"x-purpose": next(iter(contract.purposes))}
    spent = [codes(ask(sandbox, tests, "{ __typename }", headers=given)) for _ in range(5)]
    assert ["RATE_LIMITED"] in spent
    assert codes(ask(sandbox, production, "{ __typename }", path="/graphql", headers=given)) == []


def test_the_personas_cover_the_edges(sandbox: RunningService) -> None:
    key = sandbox_key(sandbox, "mot-cua")
    contract = sandbox.governance.contracts["mot-cua"]
    given = {"x-purpose": next(iter(contract.purposes))}
    assert not contract.row_scope
    for one in PERSONAS:
        answer = ask(sandbox, key, EDGES % "personalId", one.number, headers=given)
        expected = None if one.code == "REGISTER_DOWN" else {"personalId": one.number}
        assert answer.json()["data"]["citizen"] == expected, one.code


async def test_the_personas_are_not_loaded_where_there_is_anybody_else(databases: EmbeddedServers) -> None:
    documents = {"health": databases.mongo_url("health")}
    with pytest.raises(LoadError, match="no sandbox"):
        await load_personas(databases.admin_url, {})
    with pytest.raises(LoadError, match="no sandbox"):
        await load_personas(databases.postgres_url("postgres", "lienthong_sandbox"), documents)


def test_a_household_of_ten_and_a_death_are_as_said(sandbox: RunningService) -> None:
    contract = sandbox.governance.contracts["csgt"]
    client = Client("thu-nhan-vat", "Đơn vị thử nhân vật")
    read = ["household", "dateOfDeathOrMissing", "dateOfBirth", "vehicles"]
    given = [Grant(f"Citizen.{name}", readable=True) for name in read]
    given += [Grant("Citizen.personalId", readable=True, filterable=True), Grant("Vehicle.plate", readable=True)]
    given += [Grant("HouseholdMember.personalId", readable=True)]
    given.append(Grant("Household.members", readable=True))
    grants = dict.fromkeys(contract.purposes, tuple(given))
    sandbox.governance.install(
        replace(contract, contract_id="thu-nhan-vat", client=client, grants=grants, row_scope={})
    )
    purpose = {"x-purpose": next(iter(contract.purposes))}
    key = sandbox_key(sandbox, "thu-nhan-vat")

    def data(code: str, fields: str) -> Any:
        answer = ask(sandbox, key, EDGES % fields, person(code).number, headers=purpose).json()
        assert "errors" not in answer, answer
        return answer["data"]["citizen"]

    assert len(data("LARGE_HOUSEHOLD", "household { members { personalId } }")["household"]["members"]) == 10
    assert data("PROTECTED", "household { members { personalId } }") == {"household": None}
    assert data("DECEASED", "dateOfDeathOrMissing") == {"dateOfDeathOrMissing": person("DECEASED").died}
    assert data("YEAR_ONLY", "dateOfBirth") == {"dateOfBirth": "1941"}
    assert data("WITHOUT_PAPERS", "vehicles { plate }")["vehicles"] == []
