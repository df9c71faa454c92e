"""Who sees which roots: a schema for each set of roles, none for clients, and every attempt in the audit."""

from __future__ import annotations

from typing import Any
from unittest import mock

import asyncpg
import pytest

from auth.credentials import AccountKey
from auth.process.dossiers import Dossiers
from service.embedded import EmbeddedServers
from tests.process.people import PEOPLE
from tests.process.speaking import Assembly
from tests.running import Governance, RunningService, settings_for

QUERIES = {"me", "dossiers", "dossier", "attachment", "notices"}
CASES = {"cases", "case"}
MORE = {"cyber": set(), "technical": set(), "approver": CASES | {"concealments"}, "auditor": CASES | {"concealments"}}
MORE["both"] = MORE["approver"]
OFFICER = {
    "openDossier", "openNextVersion", "editRequest", "attach", "detach", "issueKey", "revokeKey", "submit", "withdraw",
    "openSupport", "sayInCase",
}  # fmt: skip
REVIEWER = {"takeUp", "sendBack", "admitToTest", "sendToSecurity", "moveCase", "sayInCase", "openSupport"}
APPROVER = {
    "reject", "approve", "activate", "suspend", "restore", "terminate",
    "publishNotice", "withdrawNotice", "conceal", "liftConcealment",
}  # fmt: skip
MUTATIONS = {
    "officer": OFFICER,
    "stranger": OFFICER,
    "reviewer": REVIEWER,
    "approver": APPROVER,
    "both": REVIEWER | APPROVER,
    "cyber": {"checkSecurity"},
    "technical": {"checkSecurity"},
    "owner": {"coApprove", "moveCase", "sayInCase"},
    "auditor": set(),
    "operator": {
        "activate",
        "issueKey",
        "revokeKey",
        "moveCase",
        "sayInCase",
        "openSupport",
        "publishNotice",
        "withdrawNotice",
    },
}
MANY = " ".join(f"a{number}: me {{ id }}" for number in range(21))
ALL = set().union(*MUTATIONS.values())
INTROSPECTION = "{ __schema { queryType { fields { name } } mutationType { fields { name } } types { name } } }"


def names(kind: Any) -> set[str]:
    return {field["name"] for field in kind["fields"]} if kind else set()


@pytest.mark.parametrize("who", sorted(PEOPLE))
def test_a_role_sees_its_own_roots_and_no_others(assembly: Assembly, who: str) -> None:
    shown = assembly.answer(who, INTROSPECTION)["__schema"]
    assert names(shown["queryType"]) == QUERIES | MORE.get(who, CASES)
    assert names(shown["mutationType"]) == MUTATIONS[who]
    types = {kind["name"] for kind in shown["types"]}
    assert ("ConnectionRequestInput" in types) == (who in {"officer", "stranger"})
    assert not types & {"Citizen", "Household", "Vehicle"}
    sdl = assembly.service.session.get(
        f"{assembly.service.url}/schema.graphql", headers={"authorization": assembly.authorizations[who]}
    ).text
    for name in ALL:
        assert (f"  {name}(" in sdl) == (name in MUTATIONS[who])
    me = assembly.answer(who, "{ me { id roles unit sources } }")["me"]
    assert me["id"] == PEOPLE[who].account_id
    assert set(me["roles"]) == {role.value for role in PEOPLE[who].roles}


@pytest.mark.parametrize("who", sorted(PEOPLE))
def test_a_root_of_other_roles_does_not_exist_and_the_attempt_is_recorded(assembly: Assembly, who: str) -> None:
    for name in sorted(ALL - MUTATIONS[who]):
        response = assembly.post(who, f"mutation Thu {{ {name} }}")
        assert response.status_code == 400
        (error,) = response.json()["errors"]
        if MUTATIONS[who]:
            assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
            assert error["message"] == f"Cannot query field '{name}' on type 'Mutation'."
    record = assembly.service.record_of(response)
    assert (record["actor"], record["outcome"], record["client_id"]) == (PEOPLE[who].account_id, "refused", None)
    assert f"Mutation.{name}" in record["denied"]


def test_a_refused_move_is_recorded_with_who_and_which(assembly: Assembly) -> None:
    response = assembly.post("reviewer", 'mutation Nhan { takeUp(contract: "khong-co", version: 1) { state } }')
    record = assembly.service.record_of(response)
    assert (record["actor"], record["operation_name"], record["operation_type"]) == ("tham-dinh", "Nhan", "mutation")
    assert (record["outcome"], record["codes"]) == ("refused", ["DOSSIER_UNKNOWN"])
    half = assembly.post("reviewer", '{ me { id } dossier(contract: "khong-co") { state } }')
    assert assembly.service.record_of(half)["outcome"] == "partial"
    assert assembly.service.record_of(assembly.post("reviewer", "{ me { id } }"))["outcome"] == "answered"
    assert "Mutation.takeUp" in record["requested"]


def test_a_client_sees_nothing_of_the_process_and_an_account_no_citizen(
    assembly: Assembly, governance: Governance
) -> None:
    assembly.service.governance = governance
    shown = assembly.service.answer("csgt", INTROSPECTION)["__schema"]
    assert not names(shown["queryType"]) & QUERIES
    assert shown["mutationType"] is None
    for query in (
        "{ me { id } }",
        "{ dossiers { contract } }",
        'mutation { submit(contract: "x", version: 1) { state } }',
    ):
        refused = assembly.service.post("csgt", query)
        assert refused.status_code == 400
        assert "data" not in refused.json()
    for query in ("{ viewer { client } }", '{ citizen(personalId: "000000000000") { personalId } }'):
        error = assembly.refusal("operator", query)
        assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


def test_keys_that_are_wrong_or_closed_are_refused_like_any(assembly: Assembly, governance: Governance) -> None:
    known = assembly.authorizations["auditor"].removeprefix("Bearer lta_").partition("_")[0]
    wrong = [AccountKey.new(), AccountKey(known, AccountKey.new().secret)]
    for key in wrong:
        response = assembly.service.session.post(
            f"{assembly.service.url}/graphql",
            json={"query": "{ me { id } }"},
            headers={"authorization": key.authorization},
        )
        assert response.status_code == 401
        assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert response.headers["www-authenticate"].startswith("Bearer ")
    table = "UPDATE governance.account_key SET expires_at = now() {} interval '1 day' WHERE key_id = $1"
    governance.force(table.format("-"), known)
    expired = assembly.post("auditor", "{ me { id } }")
    governance.force(table.format("+"), known)
    assert (expired.status_code, expired.json()["errors"][0]["extensions"]["code"]) == (401, "CREDENTIALS_EXPIRED")
    assert assembly.service.record_of(expired)["actor"] == f"account key {known}"
    governance.force("UPDATE governance.account SET active = false WHERE account_id = $1", "kiem-toan")
    try:
        assert assembly.post("auditor", "{ me { id } }").status_code == 401
    finally:
        governance.force("UPDATE governance.account SET active = true WHERE account_id = $1", "kiem-toan")
    assert assembly.post("auditor", "{ me { id } }").status_code == 200


def test_guesses_of_account_keys_are_limited_and_known_keys_pass(
    databases: EmbeddedServers, assembly: Assembly
) -> None:
    settings = settings_for(databases, process_url=databases.postgres_url("lienthong_process"), failed_attempts=3)
    with RunningService(settings) as service:
        few = Assembly(service, assembly.authorizations)
        assert few.post("reviewer", "{ me { id } }").status_code == 200
        guesses = [
            service.session.post(
                f"{service.url}/graphql",
                json={"query": "{ me { id } }"},
                headers={"authorization": AccountKey.new().authorization},
            ).status_code
            for _ in range(5)
        ]
        assert guesses == [401, 401, 401, 429, 429]
        # Before anything is read: this worker has not seen the operator's key yet.
        assert few.post("operator", "{ me { id } }").status_code == 429
        assert few.post("reviewer", "{ me { id } }").status_code == 200


def test_without_the_process_an_account_key_opens_nothing(databases: EmbeddedServers, assembly: Assembly) -> None:
    with RunningService(settings_for(databases)) as service:
        response = Assembly(service, assembly.authorizations).post("operator", "{ me { id } }")
        assert response.status_code == 401


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ me { id ", "GRAPHQL_PARSE_FAILED"),
        ("query A { me { id } } query B { me { id } }", "OPERATION_RESOLUTION_FAILURE"),
        (f"{{ {MANY} }}", "LIMIT_EXCEEDED"),
        (f"{{ ...F }} fragment F on Query {{ ... {{ {MANY} }} }}", "LIMIT_EXCEEDED"),
        ("{ me { " + "id " * 1001 + "} }", "LIMIT_EXCEEDED"),
        ("{ me { " + "{ " * 300 + "} }", "GRAPHQL_PARSE_FAILED"),
        ('query($v: Int!) { dossier(contract: "x", version: $v) { state } }', "BAD_USER_INPUT"),
        ("{ dosiers { contract } }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
def test_what_is_no_operation_is_refused_as_from_clients(assembly: Assembly, query: str, code: str) -> None:
    response = assembly.post("auditor", query)
    assert response.status_code == 400
    assert {error["extensions"]["code"] for error in response.json()["errors"]} == {code}
    assert "Did you mean" not in response.text


def test_a_document_by_its_hash_alone_is_not_known(assembly: Assembly) -> None:
    response = assembly.service.session.post(
        f"{assembly.service.url}/graphql",
        json={"documentId": "0" * 64},
        headers={"authorization": assembly.authorizations["auditor"]},
    )
    assert response.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_SUPPORTED"


def test_an_argument_that_does_not_fit_is_an_error_at_its_root(assembly: Assembly) -> None:
    query = 'query($v: Int = 1) { me { id } attachment(contract: "x", version: $v, attachment: "1") { name } }'
    body = assembly.post("auditor", query, {"v": None}).json()
    assert body["data"] == {"me": {"id": "kiem-toan"}, "attachment": None}
    (error,) = body["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["attachment"], "BAD_USER_INPUT")


def test_what_nobody_foresaw_is_not_told(assembly: Assembly, caplog: pytest.LogCaptureFixture) -> None:
    secret = "079301234567"

    async def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError(secret)

    with mock.patch.object(Dossiers, "list", fail):
        response = assembly.post("auditor", "{ dossiers { contract } }")
    (error,) = response.json()["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["dossiers"], "INTERNAL_SERVER_ERROR")
    assert secret not in response.text + caplog.text
    assert "unexpected RuntimeError" in caplog.text


def test_an_outage_of_the_process_is_told_as_one(assembly: Assembly) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise OSError("connection refused by 10.0.0.1")

    with mock.patch.object(asyncpg.Pool, "acquire", away):
        response = assembly.post("auditor", "{ me { id } }")
    assert response.status_code == 503
    assert "10.0.0.1" not in response.text
