"""A contract's whole life over HTTP, by everybody who takes part and by a real client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pymongo
import pytest

from samples.personas import person
from service.demo.sandbox import prepare_sandbox, sandbox_sources
from service.embedded import EmbeddedServers
from tests.process.people import complete_request
from tests.process.speaking import Assembly, as_input, keys_for_people
from tests.process.test_graphql import CHECK, CO_APPROVE, OPEN, mutation
from tests.running import Governance, RunningService, observed_tracing, run, settings_for

FULL = person("FULL")
QUERY = "query($id: PersonalId!) { citizen(personalId: $id) { birthName { full } vehicles { plate } } }"
NARROW = "query($id: PersonalId!) { citizen(personalId: $id) { birthName { full } } }"
EDIT = """
mutation($contract: ID!, $version: Int!, $revision: String!, $request: ConnectionRequestInput!) {
  editRequest(contract: $contract, version: $version, revision: $revision, request: $request) { revision }
}
"""
SEEN = """
query($contract: ID!) {
  dossier(contract: $contract) {
    version state revision
    tests { code doneAt traceId }
    review { numberOfFields sensitiveShare replaces changes { direction subject before after } doubts { rule } faults }
    history { move actor role }
  }
}
"""
ISSUE = """
mutation($contract: ID!, $expired: Boolean!) {
  issueKey(contract: $contract, environment: SANDBOX, days: 30, expired: $expired) { authorization }
}
"""
ISSUE_PRODUCTION = """
mutation($contract: ID!) { issueKey(contract: $contract, environment: PRODUCTION, days: 30) { authorization } }
"""


@pytest.fixture(scope="module")
def assembly(databases: EmbeddedServers, governance: Governance) -> Iterator[Assembly]:
    """The service with process and sandbox, and a key for everybody."""
    observed_tracing()
    asyncio.run(prepare_sandbox(databases))
    keys = run(keys_for_people(databases.admin_url))
    settings = settings_for(
        databases,
        sandbox_sources=sandbox_sources(databases),
        process_url=databases.postgres_url("lienthong_process"),
    )
    with RunningService(settings) as service:
        service.governance = governance
        yield Assembly(service, keys)


class Walk:
    """One contract on its way, as whoever is named does the next thing."""

    def __init__(self, assembly: Assembly) -> None:
        self.assembly = assembly
        self.contract = "xac-minh-chu-xe-tron-ven"
        self.version = 1

    def go(self, who: str, move: str) -> str:
        """Take a step; the state after it."""
        query = {"check": CHECK, "co_approve": CO_APPROVE}.get(move) or mutation(move, self.version)
        query = query.replace("version: 1", f"version: {self.version}")
        (answer,) = self.assembly.answer(who, query, {"contract": self.contract}).values()
        return str(answer.get("state", ""))

    def refused(self, who: str, move: str) -> str:
        """Try a step that is refused; the code."""
        query = mutation(move, self.version)
        return str(self.assembly.refusal(who, query, {"contract": self.contract})["extensions"]["code"])

    def seen(self, who: str) -> Any:
        """The dossier as somebody sees it."""
        return self.assembly.answer(who, SEEN, {"contract": self.contract})["dossier"]

    def edit(self, request: Any) -> None:
        """Change the request, as the unit's officer."""
        revision = self.seen("officer")["revision"]
        variables = {"contract": self.contract, "version": self.version, "revision": revision}
        self.assembly.answer("officer", EDIT, variables | {"request": as_input(request)})

    def key(self, *, production: bool = False, expired: bool = False) -> str:
        """A new key of the contract, as the officer has it issued."""
        if production:
            given = self.assembly.answer("officer", ISSUE_PRODUCTION, {"contract": self.contract})
        else:
            given = self.assembly.answer("officer", ISSUE, {"contract": self.contract, "expired": expired})
        return str(given["issueKey"]["authorization"])

    def ask(self, key: str, query: str, path: str = "/graphql", **variables: Any) -> httpx.Response:
        """Ask as the unit's system does."""
        return self.assembly.service.session.post(
            f"{self.assembly.service.url}{path}",
            json={"query": query, "variables": variables},
            headers={"authorization": key, "accept": "application/graphql-response+json"},
        )

    def try_in_the_sandbox(self, query: str) -> None:
        """Everything that the conformance list asks for, as a real client."""
        key, path = self.key(), "/sandbox/graphql"
        for asked in (FULL, person("SPECIALISED_DOWN"), person("REGISTER_DOWN")):
            self.ask(key, query, path, id=asked.number)
        self.ask(key, query.replace("birthName { full }", "birthName { full } bloodGroup"), path, id=FULL.number)
        self.ask(key, query, path, id="12")
        self.ask(self.key(expired=True), query, path, id=FULL.number)
        many = " ".join(f'a{n}: citizen(personalId: "{FULL.number}") {{ __typename }}' for n in range(99))
        self.ask(key, f"{{ {many} }}", path)

    def findings(self) -> None:
        """Both security bodies and the owner of the database agree."""
        for who, move in (("cyber", "check"), ("technical", "check"), ("owner", "co_approve")):
            self.go(who, move)


def codes(response: httpx.Response) -> list[str]:
    return [error["extensions"]["code"] for error in response.json().get("errors", [])]


def test_a_contract_from_the_first_draft_to_its_end(assembly: Assembly, databases: EmbeddedServers) -> None:
    walk = Walk(assembly)
    citizen = someone_with_a_vehicle(databases)
    approve(walk)
    production = walk.key(production=True)
    answer = walk.ask(production, QUERY, id=citizen)
    assert not codes(answer)
    assert answer.json()["data"]["citizen"]["vehicles"]

    narrow(walk, production, citizen)
    suspend_and_end(walk, production, citizen)


def approve(walk: Walk) -> None:
    """From the draft to the contract in force, with everything that has to be refused on the way."""
    walk.assembly.answer("officer", OPEN, {"contract": walk.contract})
    assert walk.refused("officer", "submit") == "REQUEST_INCOMPLETE"
    walk.edit(complete_request(mandate=""))
    assert walk.refused("officer", "submit") == "REQUEST_INCOMPLETE"
    walk.edit(complete_request())
    assert walk.go("officer", "submit") == "SUBMITTED"
    walk.go("reviewer", "take_up")
    assert walk.go("reviewer", "send_back") == "NEEDS_INFO"
    walk.edit(complete_request(title="Xác minh chủ xe, đã bổ sung"))
    walk.go("officer", "submit")
    walk.go("reviewer", "take_up")
    review = walk.seen("reviewer")["review"]
    assert (review["numberOfFields"], review["replaces"], review["faults"]) == (5, None, [])
    assert walk.go("reviewer", "admit_to_test") == "TECHNICAL_TEST"

    assert walk.refused("reviewer", "send_to_security") == "REQUEST_INCOMPLETE"
    walk.try_in_the_sandbox(QUERY)
    tests = walk.seen("officer")["tests"]
    assert all(item["doneAt"] and item["traceId"] for item in tests), tests
    assert walk.go("reviewer", "send_to_security") == "SECURITY_CHECK"
    assert walk.refused("approver", "approve") == "REQUEST_INCOMPLETE"
    walk.findings()
    assert walk.refused("reviewer", "approve") != ""
    assert walk.go("approver", "approve") == "APPROVED"
    assert walk.go("operator", "activate") == "ACTIVE"


def narrow(walk: Walk, production: str, citizen: str) -> None:
    """The next version asks for less. Production follows when it is activated, and not before."""
    walk.version = 2
    walk.assembly.answer(
        "officer", "mutation($c: ID!) { openNextVersion(contract: $c) { version } }", {"c": walk.contract}
    )
    fields = [f for f in complete_request().fields if not f.field.startswith(("Citizen.vehicles", "Vehicle"))]
    walk.edit(complete_request().model_copy(update={"fields": tuple(fields)}))
    walk.go("officer", "submit")
    walk.go("reviewer", "take_up")
    review = walk.seen("reviewer")["review"]
    assert review["replaces"] == 1
    assert {change["direction"] for change in review["changes"]} == {"NARROWER"}
    walk.go("reviewer", "admit_to_test")
    assert not any(item["doneAt"] for item in walk.seen("officer")["tests"])
    walk.try_in_the_sandbox(NARROW)
    walk.go("reviewer", "send_to_security")
    for who in ("cyber", "technical"):
        walk.go(who, "check")
    walk.go("approver", "approve")
    assert not codes(walk.ask(production, QUERY, id=citizen)), "a version that is only approved changed production"
    walk.go("operator", "activate")
    eventually(lambda: codes(walk.ask(production, QUERY, id=citizen)) == ["GRAPHQL_VALIDATION_FAILED"])
    assert not codes(walk.ask(production, NARROW, id=citizen))


def suspend_and_end(walk: Walk, production: str, citizen: str) -> None:
    """Suspension, restoring and end, each in force at once and in the history."""
    assert walk.go("approver", "suspend") == "SUSPENDED"
    eventually(lambda: codes(walk.ask(production, NARROW, id=citizen)) == ["CONTRACT_NOT_ACTIVE"])
    assert walk.go("approver", "restore") == "ACTIVE"
    eventually(lambda: not codes(walk.ask(production, NARROW, id=citizen)))
    assert walk.go("approver", "terminate") == "TERMINATED"
    eventually(lambda: codes(walk.ask(production, NARROW, id=citizen)) == ["CONTRACT_NOT_ACTIVE"])

    steps = [(step["actor"], step["move"]) for step in walk.seen("auditor")["history"]]
    assert steps[-3:] == [("phe-duyet", "suspend"), ("phe-duyet", "restore"), ("phe-duyet", "terminate")]
    everybody = {step["actor"] for step in walk.seen("auditor")["history"]}
    assert {"can-bo", "tham-dinh", "an-ninh-mang", "ky-thuat", "phe-duyet", "van-hanh"} <= everybody


def someone_with_a_vehicle(databases: EmbeddedServers) -> str:
    """The number of a sample citizen who holds a vehicle."""
    with pymongo.MongoClient[dict[str, Any]](databases.mongo_url("transport")) as client:
        found = client["transport"]["phuong_tien"].find_one({"ownerPersonalId": {"$ne": None}})
    assert found is not None
    return str(found["ownerPersonalId"])


def eventually(holds: Callable[[], bool]) -> None:
    """A change reaches the service within a second; here it is given more, as bounds are tried elsewhere."""
    deadline = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
