"""What is refused before anything is read: credentials, contracts, purposes, malformed requests."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from auth.contract import Client, Contract
from tests.running import RunningService

QUERY = "{viewer{client}}"


def named(contract: Contract, name: str, **changes: Any) -> Contract:
    """A contract like another, of a client of its own."""
    return replace(contract, contract_id=f"contract-{name}", client=Client(name, name), **changes)


def code(response: httpx.Response) -> str:
    body = response.json()
    assert "data" not in body
    found: str = body["errors"][0]["extensions"]["code"]
    return found


def send(service: RunningService, authorization: str | None, **headers: str) -> httpx.Response:
    given = {} if authorization is None else {"authorization": authorization}
    return service.session.post(f"{service.url}/graphql", json={"query": QUERY}, headers=given | headers)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic dXNlcjpwYXNz",
        "Bearer",
        "Bearer something",
        "Bearer ltk_0123456789abcdef_" + "A" * 43,
        "Bearer ltk_0123456789abcdef_" + "A" * 42 + "é",
    ],
)
def test_without_valid_credentials_the_answer_is_401(service: RunningService, authorization: str | None) -> None:
    given: dict[bytes, bytes] = {} if authorization is None else {b"authorization": authorization.encode()}
    response = service.session.post(f"{service.url}/graphql", json={"query": QUERY}, headers=given)
    assert (response.status_code, code(response)) == (401, "UNAUTHENTICATED")
    assert response.headers["www-authenticate"].startswith("Bearer")


def test_a_key_of_another_secret_is_refused(service: RunningService) -> None:
    good = service.governance.authorizations["mot-cua"]
    forged = good[:-1] + ("A" if good[-1] != "A" else "B")
    assert code(send(service, forged)) == "UNAUTHENTICATED"


def test_an_expired_and_a_revoked_key_are_refused(service: RunningService) -> None:
    contract = service.governance.contracts["benh-vien"]
    expired = service.governance.install(named(contract, "expired-key"), days=0)
    response = send(service, expired)
    assert (response.status_code, code(response)) == (401, "CREDENTIALS_EXPIRED")
    revoked = service.governance.install(named(contract, "revoked-key"))
    assert send(service, revoked).status_code == 200
    service.governance.fetch(
        "UPDATE governance.api_key SET revoked_at = now() WHERE contract_id = 'contract-revoked-key'"
    )
    _eventually(lambda: code_of(send(service, revoked)) == "CREDENTIALS_EXPIRED")


def code_of(response: httpx.Response) -> str | None:
    errors = response.json().get("errors")
    return errors[0]["extensions"]["code"] if errors else None


def _eventually(holds: Any, seconds: float = 1.0) -> None:
    """A change reaches every worker in under a second."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("ended", {"state": "TERMINATED"}, "CONTRACT_NOT_ACTIVE"),
        ("suspended", {"state": "SUSPENDED"}, "CONTRACT_NOT_ACTIVE"),
        ("draft", {"state": "DRAFT"}, "CONTRACT_UNKNOWN"),
        ("over", {"valid_to": datetime.now(UTC) - timedelta(seconds=1)}, "CONTRACT_EXPIRED"),
        ("early", {"valid_from": datetime.now(UTC) + timedelta(days=1)}, "CONTRACT_EXPIRED"),
    ],
)
def test_a_contract_that_is_not_in_force_is_403(
    service: RunningService, name: str, changes: dict[str, Any], expected: str
) -> None:
    contract = named(service.governance.contracts["benh-vien"], name, **changes)
    response = send(service, service.governance.install(contract))
    assert (response.status_code, code(response)) == (403, expected)


def test_suspension_takes_effect_within_a_second(service: RunningService) -> None:
    key = service.governance.install(named(service.governance.contracts["benh-vien"], "to-suspend"))
    assert send(service, key).status_code == 200
    service.governance.fetch(
        "UPDATE governance.contract SET state = 'SUSPENDED' WHERE contract_id = 'contract-to-suspend'"
    )
    _eventually(lambda: send(service, key).status_code == 403)


def test_a_narrowed_version_replaces_the_wider_one(service: RunningService) -> None:
    wide = named(service.governance.contracts["benh-vien"], "to-narrow")
    key = service.governance.install(wide)
    query = {"query": '{citizen(personalId:"000000000000"){bloodGroup}}'}
    accept = {"authorization": key, "accept": "application/graphql-response+json"}
    assert service.session.post(f"{service.url}/graphql", json=query, headers=accept).status_code == 200
    grants = {p: tuple(g for g in given if g.coordinate != "Citizen.bloodGroup") for p, given in wide.grants.items()}
    service.governance.install(replace(wide, version=2, grants=grants))
    _eventually(lambda: service.session.post(f"{service.url}/graphql", json=query, headers=accept).status_code == 400)


def test_a_contract_with_several_purposes_needs_one_named(service: RunningService) -> None:
    key = service.governance.authorizations["dai-hoc"]
    missing = send(service, key)
    assert (missing.status_code, code(missing)) == (400, "PURPOSE_REQUIRED")
    assert missing.json()["errors"][0]["extensions"]["purposes"] == ["TUYEN_SINH", "XAC_MINH_VAN_BANG"]
    foreign = send(service, key, **{"x-purpose": "KHAM_CHUA_BENH"})
    assert (foreign.status_code, code(foreign)) == (403, "PURPOSE_NOT_PERMITTED")
    assert send(service, key, **{"x-purpose": "TUYEN_SINH"}).status_code == 200


def test_purposes_of_one_contract_never_add_up(service: RunningService) -> None:
    query = '{citizen(personalId:"000000000000"){ethnicity{name}}}'
    assert service.post("dai-hoc", query).status_code == 200
    other = service.post("dai-hoc", query, headers={"x-purpose": "XAC_MINH_VAN_BANG"})
    assert (other.status_code, code(other)) == (400, "GRAPHQL_VALIDATION_FAILED")


@pytest.mark.parametrize(
    ("body", "content_type", "status", "expected"),
    [
        (b"{", "application/json", 400, "BAD_REQUEST"),
        (b"\xff", "application/json", 400, "BAD_REQUEST"),
        (b"[]", "application/json", 400, "BAD_REQUEST"),
        (b'"query"', "application/json", 400, "BAD_REQUEST"),
        (b"{}", "application/json", 400, "BAD_REQUEST"),
        (b'{"query": 1}', "application/json", 400, "BAD_REQUEST"),
        (b'{"query": "{a}", "variables": []}', "application/json", 400, "BAD_REQUEST"),
        (b'{"query": "{a}", "operationName": 1}', "application/json", 400, "BAD_REQUEST"),
        (b'{"query": "{a}", "extensions": 1}', "application/json", 400, "BAD_REQUEST"),
        (b"{viewer{client}}", "application/graphql", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b"{}" + b" " * 1_000_000, "application/json", 413, "BODY_TOO_LARGE"),
    ],
)
def test_a_malformed_request_is_told_what_is_wrong(
    service: RunningService, body: bytes, content_type: str, status: int, expected: str
) -> None:
    headers = {"authorization": service.governance.authorizations["mot-cua"], "content-type": content_type}
    response = service.session.post(f"{service.url}/graphql", content=body, headers=headers)
    assert (response.status_code, code(response)) == (status, expected)


@pytest.mark.parametrize(
    ("query", "more", "expected"),
    [
        ("{viewer{", {}, "GRAPHQL_PARSE_FAILED"),
        ("{viewer{nothing}}", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("mutation{a}", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("query A{viewer{client}} query B{viewer{client}}", {}, "OPERATION_RESOLUTION_FAILURE"),
        ("query A{viewer{client}}", {"operationName": "B"}, "OPERATION_RESOLUTION_FAILURE"),
        ("query($i:PersonalId!){citizen(personalId:$i){personalId}}", {}, "BAD_USER_INPUT"),
        ("query($i:PersonalId!){citizen(personalId:$i){personalId}}", {"variables": {"i": "123"}}, "BAD_USER_INPUT"),
        ('{citizen(personalId:"12345678901x"){personalId}}', {}, "GRAPHQL_VALIDATION_FAILED"),
        ("{viewer{" + "client " * 5000 + "}}", {}, "LIMIT_EXCEEDED"),
        ("{" + " ".join(f"a{i}:__typename" for i in range(501)) + "}", {}, "LIMIT_EXCEEDED"),
    ],
)
@pytest.mark.parametrize("media", ["application/json", "application/graphql-response+json"])
def test_an_operation_that_cannot_run_has_no_data(
    service: RunningService, query: str, more: dict[str, Any], expected: str, media: str
) -> None:
    response = service.post("mot-cua", query, more.get("variables"), headers={"accept": media}, **_named(more))
    assert response.status_code == (200 if media == "application/json" else 400)
    assert response.headers["content-type"].startswith(media)
    assert code(response) == expected


def _named(more: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in more.items() if name != "variables"}


def test_a_personal_number_of_a_wrong_shape_is_explained(service: RunningService) -> None:
    query = "query($ids:[PersonalId!]!){citizens(personalIds:$ids){personalId}}"
    (error,) = service.post("mot-cua", query, {"ids": ["000000000000", "79199123456"]}).json()["errors"]
    assert "'$ids' has invalid value at [1]" in error["message"]
    assert "exactly 12 digits" in error["message"]


def test_limits_of_the_contract_are_errors_of_the_field(service: RunningService) -> None:
    query = "query($ids:[PersonalId!]!){citizens(personalIds:$ids){personalId} viewer{client}}"
    body = service.post("mot-cua", query, {"ids": ["000000000000"] * 101}).json()
    assert body["data"] == {"citizens": None, "viewer": {"client": "mot-cua"}}
    assert body["errors"][0]["extensions"] | {"traceId": ""} == {
        "code": "LIMIT_EXCEEDED",
        "limit": "batch",
        "allowed": 100,
        "given": 101,
        "traceId": "",
    }


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_post_is_served(service: RunningService, method: str) -> None:
    response = service.session.request(method, f"{service.url}/graphql", params={"query": QUERY})
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"


def test_a_client_that_accepts_nothing_we_have_gets_406(service: RunningService) -> None:
    response = service.post("mot-cua", QUERY, headers={"accept": "text/html"})
    assert (response.status_code, code(response)) == (406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "é", "A" * 5000])
def test_a_cursor_that_was_not_sealed_here_is_refused(service: RunningService, cursor: str) -> None:
    query = 'query($c:String){searchCitizens(filter:{name:"an"},after:$c){edges{cursor}}}'
    body = service.post("mot-cua", query, {"c": cursor}).json()
    assert body["data"] == {"searchCitizens": None}
    assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
