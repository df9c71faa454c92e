"""The process over HTTP: a contract's whole way through many hands, and what each hand may not do."""

from __future__ import annotations

import base64
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from auth.process.lifecycle import MOVES, State
from tests.process.people import PEOPLE, complete_request
from tests.process.speaking import Assembly, as_input

PDF = b"%PDF-1.7 mau"
OPEN = """
mutation Open($contract: ID!, $request: ConnectionRequestInput) {
  openDossier(contract: $contract, request: $request) { contract version state revision }
}
"""
EDIT = """
mutation Edit($contract: ID!, $version: Int!, $revision: String!, $request: ConnectionRequestInput!) {
  editRequest(contract: $contract, version: $version, revision: $revision, request: $request) {
    revision
    request { title purposes { code legalBasis } fields { field purpose justification read filter protected } }
  }
}
"""
MOVES_OF = """
query Moves($contract: ID!) {
  dossier(contract: $contract) {
    version state moves { move words needsReason toState possible refused missing { path vi en } }
  }
}
"""
CO_APPROVE = """
mutation($contract: ID!) { coApprove(contract: $contract, version: 1, source: "transport", passed: true, note: "Đồng ý")
  { findings { kind source passed note current } } }
"""
CHECK = """
mutation($contract: ID!) { checkSecurity(contract: $contract, version: 1, passed: true, note: "Đạt") { state } }
"""
WAY: list[tuple[str, str]] = [
    ("officer", "submit"),
    ("reviewer", "take_up"),
    ("reviewer", "admit_to_test"),
    ("reviewer", "send_to_security"),
    ("cyber", "check"),
    ("technical", "check"),
    ("owner", "co_approve"),
    ("approver", "approve"),
    ("operator", "activate"),
]

WAYS = [
    *(WAY[:steps] for steps in range(len(WAY) + 1)),
    [*WAY[:2], ("reviewer", "send_back")],
    [*WAY[:3], ("approver", "reject")],
    [*WAY[:1], ("officer", "withdraw")],
    [*WAY, ("approver", "suspend")],
    [*WAY, ("approver", "terminate")],
]
"""A way to every state that accounts lead to."""


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def mutation(move: str, version: int = 1) -> str:
    reason = ', reason: "Có lý do"' if MOVES[move].reasoned else ""
    return f"mutation($contract: ID!) {{ {camel(move)}(contract: $contract, version: {version}{reason}) {{ state }} }}"


def go(assembly: Assembly, who: str, move: str, contract: str, version: int = 1) -> Any:
    query = {"check": CHECK, "co_approve": CO_APPROVE}.get(move) or mutation(move)
    query = query.replace("version: 1", f"version: {version}")
    (answer,) = assembly.answer(who, query, {"contract": contract}).values()
    return answer


def opened(assembly: Assembly, until: int = 0) -> str:
    """A contract that went the first `until` steps of the way."""
    contract = assembly.new_id()
    request = as_input(complete_request())
    assembly.answer("officer", OPEN, {"contract": contract, "request": request})
    for who, move in WAY[:until]:
        go(assembly, who, move, contract)
    return contract


def test_a_contract_goes_from_draft_to_a_first_answer_through_many_hands(assembly: Assembly) -> None:
    contract = assembly.new_id()
    draft = assembly.answer("officer", OPEN, {"contract": contract})["openDossier"]
    assert (draft["version"], draft["state"]) == (1, "DRAFT")
    edited = assembly.answer(
        "officer",
        EDIT,
        {
            "contract": contract,
            "version": 1,
            "revision": draft["revision"],
            "request": as_input(complete_request()),
        },
    )["editRequest"]
    assert edited["request"]["purposes"] == [{"code": "XAC_MINH", "legalBasis": "Luật 36/2024/QH15"}]
    assert edited["request"]["fields"][0]["filter"] is True
    attached = assembly.answer(
        "officer",
        'mutation($c: ID!, $b: String!) { attach(contract: $c, version: 1, name: "mô tả.pdf", base64: $b)'
        " { attachments { id name size mediaType } } }",
        {"c": contract, "b": base64.b64encode(PDF).decode()},
    )["attach"]["attachments"]
    for who, move in WAY[:2]:
        go(assembly, who, move, contract)
    assert go(assembly, "reviewer", "send_back", contract)["state"] == "NEEDS_INFO"
    for who, move in WAY:
        last = go(assembly, who, move, contract)
    assert last["state"] == "ACTIVE"
    seen = assembly.answer(
        "auditor",
        """query($c: ID!, $a: ID!) {
          dossier(contract: $c) {
            history { move actor role fromState toState reason } findings { kind source current }
          }
          attachment(contract: $c, version: 1, attachment: $a) { name base64 }
        }""",
        {"c": contract, "a": attached[0]["id"]},
    )
    assert [step["move"] for step in seen["dossier"]["history"]] == [
        "open", "submit", "take_up", "send_back", "submit", "take_up", "admit_to_test", "send_to_security",
        "check_security", "check_security", "co_approve", "approve", "activate",
    ]  # fmt: skip
    assert seen["dossier"]["history"][3] == {
        "move": "send_back",
        "actor": "tham-dinh",
        "role": "REVIEWER",
        "fromState": "UNDER_REVIEW",
        "toState": "NEEDS_INFO",
        "reason": "Có lý do",
    }
    assert {finding["source"] for finding in seen["dossier"]["findings"]} == {None, "transport"}
    assert base64.b64decode(seen["attachment"]["base64"]) == PDF
    key = assembly.answer(
        "officer",
        "mutation($c: ID!) { issueKey(contract: $c, environment: PRODUCTION, days: 1) { id authorization } }",
        {"c": contract},
    )["issueKey"]
    answer = assembly.service.session.post(
        f"{assembly.service.url}/graphql",
        json={"query": '{ citizen(personalId: "000000000000") { personalId } }'},
        headers={"authorization": key["authorization"]},
    )
    assert answer.json() == {"data": {"citizen": None}}
    keys = "query($c: ID!) { dossier(contract: $c) { keys { id environment revokedAt bound } } }"
    (listed,) = assembly.answer("operator", keys, {"c": contract})["dossier"]["keys"]
    assert listed == {"id": key["id"], "environment": "PRODUCTION", "revokedAt": None, "bound": False}
    revoke = "mutation($c: ID!, $k: ID!) { revokeKey(contract: $c, key: $k) }"
    assert assembly.answer("officer", revoke, {"c": contract, "k": key["id"]}) == {"revokeKey": True}
    assert assembly.refusal("officer", revoke, {"c": contract, "k": key["id"]})["extensions"]["code"] == (
        "DOSSIER_UNKNOWN"
    )
    following = assembly.answer(
        "officer",
        "mutation($c: ID!) { openNextVersion(contract: $c) { version previous state request { title } } }",
        {"c": contract},
    )["openNextVersion"]
    assert following == {
        "version": 2,
        "previous": 1,
        "state": "DRAFT",
        "request": {"title": "Xác minh chủ phương tiện"},
    }


class Client:
    """A client of a contract in production; a change of the contract reaches it within a second."""

    def __init__(self, assembly: Assembly, contract: str) -> None:
        issue = "mutation($c: ID!) { issueKey(contract: $c, environment: PRODUCTION) { authorization } }"
        self.headers = assembly.answer("officer", issue, {"c": contract})["issueKey"]
        self.headers["accept"] = "application/graphql-response+json"
        self.service = assembly.service

    def becomes(self, status: int, code: str | None) -> None:
        query = {"query": '{ citizen(personalId: "000000000000") { vehicles { plate } } }'}
        deadline = time.monotonic() + 3
        while True:
            answer = self.service.session.post(f"{self.service.url}/graphql", json=query, headers=self.headers)
            found = next((error["extensions"]["code"] for error in answer.json().get("errors", ())), None)
            if (answer.status_code, found) == (status, code):
                return
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.05)


def test_a_contract_is_suspended_restored_narrowed_and_ended(assembly: Assembly) -> None:
    contract = opened(assembly, len(WAY))
    client = Client(assembly, contract)
    client.becomes(200, None)
    go(assembly, "approver", "suspend", contract)
    client.becomes(403, "CONTRACT_NOT_ACTIVE")
    go(assembly, "approver", "restore", contract)
    client.becomes(200, None)
    following = "mutation($c: ID!) { openNextVersion(contract: $c) { revision } }"
    revision = assembly.answer("officer", following, {"c": contract})["openNextVersion"]["revision"]
    whole = complete_request()
    kept = tuple(field for field in whole.fields if "ehicle" not in field.field)
    narrow = whole.model_copy(update={"fields": kept})
    change = {"contract": contract, "version": 2, "revision": revision, "request": as_input(narrow)}
    assembly.answer("officer", EDIT, change)
    for who, move in WAY[:-1]:
        if move != "co_approve":  # the narrowed version reads nothing from the owner's database
            go(assembly, who, move, contract, 2)
    client.becomes(200, None)
    go(assembly, "operator", "activate", contract, 2)
    client.becomes(400, "GRAPHQL_VALIDATION_FAILED")
    first = "query($c: ID!) { dossier(contract: $c, version: 1) { state history { move actor reason } } }"
    superseded = assembly.answer("officer", first, {"c": contract})["dossier"]
    assert superseded["state"] == "SUPERSEDED"
    assert superseded["history"][-1] == {"move": "supersede", "actor": "clock", "reason": "version 2"}
    go(assembly, "approver", "terminate", contract, 2)
    client.becomes(403, "CONTRACT_NOT_ACTIVE")


@pytest.mark.parametrize("way", WAYS, ids=lambda way: "-".join(move for _, move in way) or "open")
def test_every_move_that_is_not_possible_is_refused_with_the_reason_that_was_foretold(
    assembly: Assembly, way: list[tuple[str, str]]
) -> None:
    contract = opened(assembly)
    for who, move in way:
        go(assembly, who, move, contract)
    for who in ("officer", "reviewer", "approver", "operator"):
        dossier = assembly.post(who, MOVES_OF, {"contract": contract}).json()["data"]["dossier"]
        if dossier is None:
            assert way == []
            continue
        for prospect in dossier["moves"]:
            if prospect["refused"] is None:
                continue
            error = assembly.refusal(who, mutation(prospect["move"].lower()), {"contract": contract})
            assert error["extensions"]["code"] == "MOVE_REFUSED"
            assert error["message"] == prospect["refused"]
            assert prospect["possible"] is False
        own = {name: move for name, move in MOVES.items() if move.roles & PEOPLE[who].roles}
        assert [prospect["move"].lower() for prospect in dossier["moves"]] == list(own)
        state = State(dossier["state"])
        unfound = {"approve"} if len(way) < len(WAY) - 2 else set()
        possible = {prospect["move"].lower() for prospect in dossier["moves"] if prospect["possible"]}
        assert possible == {name for name, move in own.items() if state in move.origins} - unfound


def test_what_is_missing_is_told_before_and_at_the_move(assembly: Assembly) -> None:
    contract = assembly.new_id()
    assembly.answer("officer", OPEN, {"contract": contract})
    (submit,) = [
        move
        for move in assembly.answer("officer", MOVES_OF, {"contract": contract})["dossier"]["moves"]
        if move["move"] == "SUBMIT"
    ]
    assert (submit["words"], submit["possible"], submit["refused"]) == ("Nộp đề nghị", False, None)
    error = assembly.refusal("officer", mutation("submit"), {"contract": contract})
    assert error["extensions"]["code"] == "REQUEST_INCOMPLETE"
    assert error["extensions"]["missing"] == submit["missing"]
    assert {"title", "fields", "securityLevel"} <= {item["path"] for item in submit["missing"]}


def test_a_change_over_another_is_refused(assembly: Assembly) -> None:
    contract = opened(assembly)
    revision = assembly.answer("officer", "query($c: ID!) { dossier(contract: $c) { revision } }", {"c": contract})
    change = {
        "contract": contract,
        "version": 1,
        "revision": revision["dossier"]["revision"],
        "request": as_input(complete_request(title="Một")),
    }
    assembly.answer("officer", EDIT, change)
    assert assembly.refusal("officer", EDIT, change)["extensions"]["code"] == "DOSSIER_CHANGED"


def test_an_officer_of_another_unit_sees_nothing_of_it(assembly: Assembly) -> None:
    contract = opened(assembly, 1)
    variables = {"contract": contract}
    for query in (MOVES_OF, mutation("withdraw")):
        assert assembly.refusal("stranger", query, variables)["extensions"]["code"] == "DOSSIER_UNKNOWN"
    listed = "{ dossiers(states: [SUBMITTED]) { contract unit { id } } }"
    assert contract in [row["contract"] for row in assembly.answer("reviewer", listed)["dossiers"]]
    assert assembly.answer("stranger", listed)["dossiers"] == []
    taken = assembly.refusal("stranger", OPEN, variables)
    assert taken["extensions"]["code"] == "MOVE_REFUSED"
    assert assembly.refusal("officer", OPEN, variables)["message"].startswith("the contract has version 1 already")


def test_several_moves_in_one_operation_are_made_in_order_and_each_is_judged(assembly: Assembly) -> None:
    contract = opened(assembly, 1)
    body = assembly.post(
        "reviewer",
        """mutation($c: ID!) {
          a: takeUp(contract: $c, version: 1) { state }
          b: takeUp(contract: $c, version: 1) { state }
          c: admitToTest(contract: $c, version: 1) { state }
        }""",
        {"c": contract},
    ).json()
    assert body["data"] == {"a": {"state": "UNDER_REVIEW"}, "b": None, "c": {"state": "TECHNICAL_TEST"}}
    assert [(error["path"], error["extensions"]["code"]) for error in body["errors"]] == [(["b"], "MOVE_REFUSED")]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"securityLevel": 9}, "REQUEST_MALFORMED"),
        ({"validTo": "9999-12-31"}, "REQUEST_MALFORMED"),
        ({"limits": [{"name": "speed", "value": 1}]}, "REQUEST_MALFORMED"),
        ({"title": "a\0b"}, "VALUE_REFUSED"),
        ({"validTo": "hôm nay"}, "BAD_USER_INPUT"),
        ({"salary": 1}, "BAD_USER_INPUT"),
    ],
)
def test_a_request_of_the_wrong_form_is_refused(assembly: Assembly, changes: dict[str, Any], code: str) -> None:
    request = as_input(complete_request()) | changes
    refused = assembly.post("officer", OPEN, {"contract": assembly.new_id(), "request": request})
    assert [error["extensions"]["code"] for error in refused.json()["errors"]] == [code]
    assert "asyncpg" not in refused.text


@pytest.mark.parametrize(
    ("act", "code"),
    [
        ('attach(contract: $c, version: 1, name: "a.pdf", base64: "%%") { state }', "BAD_USER_INPUT"),
        ('attach(contract: $c, version: 1, name: "a.pdf", base64: "TVo=") { state }', "ATTACHMENT_REFUSED"),
        ('detach(contract: $c, version: 1, attachment: "x") { state }', "BAD_USER_INPUT"),
        ('editRequest(contract: $c, version: 1, revision: "x", request: {}) { state }', "BAD_USER_INPUT"),
        ("issueKey(contract: $c, environment: PRODUCTION, days: 0) { id }", "BAD_USER_INPUT"),
        ("issueKey(contract: $c, environment: SANDBOX) { id }", "MOVE_REFUSED"),
        ("submit(contract: $c, version: 99) { state }", "DOSSIER_UNKNOWN"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_code(assembly: Assembly, act: str, code: str) -> None:
    contract = opened(assembly)
    response = assembly.post("officer", f"mutation($c: ID!) {{ {act} }}", {"c": contract})
    assert response.status_code == 200
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == code
    assert error["extensions"]["traceId"] == response.headers["x-trace-id"]


def test_a_large_document_is_taken_from_those_who_may_attach_it(assembly: Assembly) -> None:
    contract = opened(assembly)
    attach = (
        "mutation($c: ID!, $b: String!) "
        '{ attach(contract: $c, version: 1, name: "a.pdf", base64: $b) { attachments { size } } }'
    )
    content = PDF + bytes(5_000_000)
    variables = {"c": contract, "b": base64.b64encode(content).decode()}
    attached = assembly.answer("officer", attach, variables)["attach"]["attachments"]
    assert attached == [{"size": len(content)}]
    assert assembly.post("reviewer", attach, variables).status_code == 413


def test_of_many_at_once_one_takes_it_up_and_one_edits(assembly: Assembly) -> None:
    contract = opened(assembly)
    read = "query($c: ID!) { dossier(contract: $c) { revision } }"
    revision = assembly.answer("officer", read, {"c": contract})["dossier"]["revision"]

    def edit(number: int) -> httpx.Response:
        request = as_input(complete_request(title=f"Tên {number}"))
        change = {"contract": contract, "version": 1, "revision": revision, "request": request}
        return assembly.post("officer", EDIT, change)

    def take_up(_number: int) -> httpx.Response:
        return assembly.post("reviewer", mutation("take_up"), {"contract": contract})

    for act, code in ((edit, "DOSSIER_CHANGED"), (take_up, "MOVE_REFUSED")):
        with ThreadPoolExecutor(8) as pool:
            bodies = [response.json() for response in pool.map(act, range(8))]
        refused = [body["errors"][0]["extensions"]["code"] for body in bodies if "errors" in body]
        assert refused == [code] * 7
        if act is edit:
            go(assembly, "officer", "submit", contract)


def test_a_sandbox_key_is_issued_from_the_technical_test_on(assembly: Assembly) -> None:
    contract = opened(assembly, 3)
    issue = "mutation($c: ID!) { issueKey(contract: $c, environment: SANDBOX) { environment authorization } }"
    issued = assembly.answer("officer", issue, {"c": contract})["issueKey"]
    assert issued["environment"] == "SANDBOX"
    answer = assembly.service.session.post(
        f"{assembly.service.url}/graphql",
        json={"query": "{ viewer { client } }"},
        headers={"authorization": issued["authorization"]},
    )
    assert answer.status_code == 401
    production = issue.replace("SANDBOX", "PRODUCTION")
    assert assembly.refusal("officer", production, {"c": contract})["extensions"]["code"] == "MOVE_REFUSED"
    assert assembly.refusal("reviewer", issue, {"c": contract})["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
