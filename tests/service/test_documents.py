"""Documents by hash: those that a contract lists, with nothing else running, and those that a client registers."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from auth.contract import Client, Contract, Limits
from auth.documents import by_digest
from tests.running import RunningService

OWN = "query Own { viewer { client } }"
LOOKUP = "query LookUp($i: PersonalId!) { citizen(personalId: $i) { personalId bloodGroup } }"
NOBODY = {"i": "000000000000"}
JSON = "application/json"
GRAPHQL = "application/graphql-response+json"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def persisted(text: str, **changes: Any) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": sha256(text), **changes}}


def client_of(service: RunningService, sample: str, name: str, **changes: Any) -> str:
    """A client of its own under a contract like a sample's; its name."""
    contract = service.governance.contracts[sample]
    service.governance.install(replace(contract, contract_id=f"contract-{name}", client=Client(name, name), **changes))
    return name


def send(service: RunningService, client: str, body: dict[str, Any], *, accept: str = GRAPHQL) -> httpx.Response:
    contract = service.governance.contracts[client]
    headers = {
        "authorization": service.governance.authorizations[client],
        "x-purpose": next(iter(contract.purposes)),
        "accept": accept,
    }
    return service.session.post(f"{service.url}/graphql", json=body, headers=headers, timeout=30)


def error_of(response: httpx.Response) -> dict[str, Any]:
    body = response.json()
    assert "data" not in body
    (error,) = body["errors"]
    return {"code": error["extensions"]["code"], "message": error["message"], "status": response.status_code}


def without_trace(response: httpx.Response) -> tuple[int, bytes, list[tuple[str, str]]]:
    """All that a client receives but the trace id and the time."""
    headers = [(name, value) for name, value in response.headers.items() if name not in {"x-trace-id", "date"}]
    return response.status_code, re.sub(rb'"traceId":"[0-9a-f]{32}"', b'"traceId":""', response.content), headers


def eventually(holds: Callable[[], bool]) -> None:
    """A change reaches every worker in under a second."""
    deadline = time.monotonic() + 1
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# Stored documents


@pytest.fixture(scope="module")
def listed(service: RunningService) -> str:
    """A client that may read much, and run two documents only."""
    documents = by_digest([OWN, LOOKUP])
    return client_of(service, "benh-vien", "allow-list", documents=documents, allow_list_only=True)


def test_a_stored_document_runs_as_text_by_hash_and_by_identifier(service: RunningService, listed: str) -> None:
    bodies: list[dict[str, Any]] = [
        {"query": LOOKUP},
        {"query": LOOKUP, "extensions": persisted(LOOKUP)},
        {"extensions": persisted(LOOKUP)},
        {"query": "", "extensions": persisted(LOOKUP)},
        {"documentId": f"sha256:{sha256(LOOKUP)}"},
    ]
    for body in bodies:
        response = send(service, listed, {**body, "variables": NOBODY})
        assert (response.status_code, response.json()) == (200, {"data": {"citizen": None}})
        record = service.record_of(response)
        assert record["document"] == sha256(LOOKUP)
        assert record["operation_name"] == "LookUp"
        assert record["requested"] == ["Citizen.bloodGroup", "Citizen.personalId", "Query.citizen"]


NOT_LISTED: list[dict[str, Any]] = [
    {"query": "{ viewer { client } }"},
    {"query": OWN + " "},
    {"query": OWN.replace("Own", "OWN")},
    {"query": OWN + LOOKUP, "operationName": "Own"},
    {"query": "{__schema{queryType{name}}}"},
    {"query": '{citizen(personalId:"000000000000"){bloodGroup}}'},
    {"query": '{citizen(personalId:"000000000000"){ethnicity{name}}}'},
    {"query": "{"},
    {"query": "mutation { a }"},
    {"query": "{viewer{" + "client " * 5000 + "}}"},
    {"query": "{a" * 1000},
    {"query": "{viewer{client}}", "extensions": persisted("{viewer{client}}")},
    {"query": "{viewer{client}}", "extensions": persisted(OWN)},
    {"extensions": persisted("{viewer{client}}")},
    {"extensions": persisted(OWN, sha256Hash=sha256(OWN).upper())},
    {"extensions": persisted(OWN, sha256Hash=f" {sha256(OWN)}")},
    {"extensions": persisted(OWN, sha256Hash=sha256(OWN)[:63])},
    {"documentId": f"sha256:{sha256(OWN).upper()}"},
    {"documentId": sha256(OWN)},
    {"documentId": f"SHA256:{sha256(OWN)}"},
    {"documentId": "sha256:" + "0" * 64},
]


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
def test_nothing_else_runs_and_every_refusal_has_the_same_bytes(
    service: RunningService, listed: str, accept: str
) -> None:
    with service.observing() as observed:
        refusals = [send(service, listed, body, accept=accept) for body in NOT_LISTED]
    assert error_of(refusals[0])["code"] == "DOCUMENT_NOT_ALLOWED"
    assert refusals[0].status_code == 403
    assert {str(without_trace(refusal)) for refusal in refusals} == {str(without_trace(refusals[0]))}
    assert observed.statements == []


def test_a_refused_document_is_recorded_with_its_hash_and_its_fields(service: RunningService, listed: str) -> None:
    query = '{citizen(personalId:"000000000000"){bloodGroup ethnicity{name}}}'
    record = service.record_of(send(service, listed, {"query": query}))
    assert (record["outcome"], record["codes"]) == ("refused", ["DOCUMENT_NOT_ALLOWED"])
    assert record["document"] == sha256(query)
    assert record["granted"] == ["Citizen.bloodGroup", "Query.citizen"]
    assert record["denied"] == ["Citizen.ethnicity", "CodedValue.name"]
    by_hash = service.record_of(send(service, listed, {"extensions": persisted("{a}")}))
    assert by_hash["document"] == sha256("{a}")
    assert by_hash["requested"] == []
    no_hash = service.record_of(send(service, listed, {"documentId": "anything"}))
    assert (no_hash["document"], no_hash["codes"]) == (None, ["DOCUMENT_NOT_ALLOWED"])


def test_a_document_that_is_not_listed_is_refused_before_it_is_looked_at(
    service: RunningService, listed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def must_not_run(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr("resolvers.engine.prepare_document", must_not_run)
    assert error_of(send(service, listed, {"query": "{viewer{contract}}"}))["code"] == "DOCUMENT_NOT_ALLOWED"


def test_the_schema_is_not_shown_where_only_stored_documents_run(service: RunningService, listed: str) -> None:
    headers = {"authorization": service.governance.authorizations[listed]}
    response = service.session.get(f"{service.url}/schema.graphql", headers=headers)
    assert error_of(response) | {"message": ""} == {"code": "DOCUMENT_NOT_ALLOWED", "message": "", "status": 403}
    for parameters in ({"query": OWN}, {"documentId": f"sha256:{sha256(OWN)}"}):
        assert service.session.get(f"{service.url}/graphql", headers=headers, params=parameters).status_code == 405


def test_of_two_keys_of_one_name_the_last_counts_for_the_list_the_run_and_the_record(
    service: RunningService, listed: str
) -> None:
    headers = {"authorization": service.governance.authorizations[listed], "content-type": JSON, "accept": GRAPHQL}

    def twice(first: str, last: str) -> httpx.Response:
        body = f'{{"query": "{first}", "query": "{last}"}}'
        return service.session.post(f"{service.url}/graphql", content=body, headers=headers)

    refused, answered = twice(OWN, "{viewer{contract}}"), twice("{viewer{contract}}", OWN)
    assert error_of(refused)["code"] == "DOCUMENT_NOT_ALLOWED"
    assert answered.json() == {"data": {"viewer": {"client": listed}}}
    assert service.record_of(answered)["document"] == sha256(OWN)


def test_limits_of_the_contract_hold_for_a_stored_document_too(service: RunningService) -> None:
    query = "query Many($i: [PersonalId!]!) { citizens(personalIds: $i) { personalId } }"
    client = client_of(service, "benh-vien", "limited-list", documents=by_digest([query]), limits=Limits(batch=1))
    body = {"documentId": f"sha256:{sha256(query)}", "variables": {"i": ["000000000000"] * 2}}
    response = send(service, client, body).json()
    assert response["data"] == {"citizens": None}
    assert response["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"


def test_without_allow_list_only_other_documents_run_beside_the_stored_ones(service: RunningService) -> None:
    client = client_of(service, "benh-vien", "open-list", documents=by_digest([OWN]))
    assert send(service, client, {"extensions": persisted(OWN)}).json() == {"data": {"viewer": {"client": client}}}
    assert send(service, client, {"query": "{__typename}"}).json() == {"data": {"__typename": "Query"}}
    unknown = send(service, client, {"documentId": "sha256:" + "0" * 64})
    assert error_of(unknown)["code"] == "PERSISTED_QUERY_NOT_FOUND"


def test_a_list_belongs_to_its_version(service: RunningService) -> None:
    client = client_of(service, "benh-vien", "next-list", documents=by_digest([OWN, LOOKUP]), allow_list_only=True)
    body = {"documentId": f"sha256:{sha256(LOOKUP)}", "variables": NOBODY}
    assert send(service, client, body).status_code == 200
    service.governance.replace(client, documents=by_digest([OWN]))
    assert error_of(send(service, client, body))["code"] == "DOCUMENT_NOT_ALLOWED"
    assert send(service, client, {"query": OWN}).status_code == 200


def test_the_database_takes_no_document_under_another_hash(service: RunningService, listed: str) -> None:
    contract = service.governance.contracts[listed]
    with pytest.raises(Exception, match="check constraint"):
        service.governance.fetch(
            "INSERT INTO governance.stored_document VALUES ($1, $2, $3, $4)",
            contract.contract_id,
            contract.version,
            bytes.fromhex(sha256(OWN)),
            "{other}",
        )


def test_a_change_of_the_list_reaches_a_service_that_has_the_contract_in_memory(service: RunningService) -> None:
    client = client_of(service, "benh-vien", "cut-list", documents=by_digest([OWN]), allow_list_only=True)
    assert send(service, client, {"query": OWN}).status_code == 200
    service.governance.force("DELETE FROM governance.stored_document WHERE contract_id = 'contract-cut-list'")
    eventually(lambda: send(service, client, {"query": OWN}).status_code == 403)


def test_the_bank_of_the_samples_runs_its_one_document_only(service: RunningService) -> None:
    contract: Contract = service.governance.contracts["ngan-hang"]
    ((name, text),) = contract.documents.items()
    variables = {"so": "000000000000", "ten": "Không Ai", "ngaySinh": "1990"}
    response = send(service, "ngan-hang", {"documentId": f"sha256:{name}", "variables": variables})
    assert response.json() == {"data": {"verifyCitizen": {"matches": False}}}
    assert send(service, "ngan-hang", {"query": text, "variables": variables}).content == response.content
    assert error_of(send(service, "ngan-hang", {"query": OWN}))["code"] == "DOCUMENT_NOT_ALLOWED"


# Automatic persisted queries


@pytest.fixture(scope="module")
def first(service: RunningService) -> str:
    return client_of(service, "benh-vien", "registers-first")


@pytest.fixture(scope="module")
def second(service: RunningService) -> str:
    return client_of(service, "benh-vien", "registers-second")


def test_a_document_is_registered_with_its_first_answer_and_then_found(service: RunningService, first: str) -> None:
    query = LOOKUP.replace("LookUp", "Registered")
    by_hash = {"extensions": persisted(query), "variables": NOBODY}
    missing = send(service, first, by_hash)
    assert error_of(missing) == {
        "code": "PERSISTED_QUERY_NOT_FOUND",
        "message": "PersistedQueryNotFound",
        "status": 400,
    }
    record = service.record_of(missing)
    assert (record["outcome"], record["codes"]) == ("refused", ["PERSISTED_QUERY_NOT_FOUND"])
    assert record["document"] == sha256(query)
    both = send(service, first, {**by_hash, "query": query})
    found = send(service, first, by_hash)
    assert both.status_code == found.status_code == 200
    assert both.content == found.content
    record = service.record_of(found)
    assert record["operation_name"] == "Registered"
    assert record["document"] == sha256(query)


def test_an_unknown_hash_is_a_200_for_clients_of_plain_json(service: RunningService, first: str) -> None:
    unknown = send(service, first, {"extensions": persisted("{never}")}, accept=JSON)
    assert error_of(unknown)["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert unknown.status_code == 200
    assert unknown.headers["cache-control"] == "no-store"


def test_a_registered_hash_is_unknown_to_another_client(service: RunningService, first: str, second: str) -> None:
    query = LOOKUP.replace("LookUp", "Foreign")
    assert send(service, first, {"query": query, "extensions": persisted(query), "variables": NOBODY}).is_success
    for body in ({"extensions": persisted(query)}, {"documentId": f"sha256:{sha256(query)}"}):
        assert error_of(send(service, second, body))["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert error_of(send(service, first, {"documentId": f"sha256:{sha256(query)}"}))["code"] == (
        "PERSISTED_QUERY_NOT_FOUND"
    ), "an identifier finds stored documents only"


def test_a_registered_hash_is_unknown_under_another_purpose(service: RunningService) -> None:
    query = "query Purpose { viewer { purpose } }"
    key = service.governance.authorizations["dai-hoc"]

    def as_purpose(purpose: str, body: dict[str, Any]) -> httpx.Response:
        headers = {"authorization": key, "x-purpose": purpose, "accept": GRAPHQL}
        return service.session.post(f"{service.url}/graphql", json=body, headers=headers)

    assert as_purpose("TUYEN_SINH", {"query": query, "extensions": persisted(query)}).is_success
    assert as_purpose("TUYEN_SINH", {"extensions": persisted(query)}).is_success
    other = as_purpose("XAC_MINH_VAN_BANG", {"extensions": persisted(query)})
    assert error_of(other)["code"] == "PERSISTED_QUERY_NOT_FOUND"


def test_a_hash_registered_before_a_narrowing_is_unknown_after_it(service: RunningService) -> None:
    client = client_of(service, "benh-vien", "registers-narrowed")
    by_hash = {"extensions": persisted(LOOKUP), "variables": NOBODY}
    assert send(service, client, {**by_hash, "query": LOOKUP}).is_success
    assert send(service, client, by_hash).is_success
    contract, key = service.governance.contracts[client], service.governance.authorizations[client]
    grants = {
        p: tuple(g for g in given if g.coordinate != "Citizen.bloodGroup") for p, given in contract.grants.items()
    }
    service.governance.replace(client, grants=grants)
    service.governance.authorizations[client] = key
    eventually(lambda: not send(service, client, by_hash).is_success)
    assert error_of(send(service, client, by_hash))["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert error_of(send(service, client, {**by_hash, "query": LOOKUP}))["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert error_of(send(service, client, by_hash))["code"] == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize(
    "query",
    [
        'query NotValid { citizen(personalId: "000000000000") { ethnicity { name } } }',
        "query NotParsed {",
        "query TooLarge {" + " ".join(f"a{i}:__typename" for i in range(501)) + "}",
    ],
)
def test_what_the_view_refuses_is_not_registered(service: RunningService, first: str, query: str) -> None:
    both = send(service, first, {"query": query, "extensions": persisted(query)})
    assert both.status_code == 400
    by_hash = send(service, first, {"extensions": persisted(query)})
    assert error_of(by_hash)["code"] == "PERSISTED_QUERY_NOT_FOUND"


def test_a_document_under_the_hash_of_another_is_refused_and_not_registered(
    service: RunningService, first: str
) -> None:
    mine, other = "query Mine { viewer { client } }", "query Other { viewer { contract } }"
    for given in (sha256(other), sha256(mine).upper(), sha256(mine)[:-1], ""):
        for accept in (JSON, GRAPHQL):
            body = {"query": mine, "extensions": persisted(mine, sha256Hash=given)}
            refused = send(service, first, body, accept=accept)
            assert error_of(refused)["code"] == "PERSISTED_QUERY_HASH_MISMATCH"
            assert refused.status_code == 400
        record = service.record_of(refused)
        assert record["document"] == sha256(mine)
        assert record["requested"] == ["Query.viewer", "Viewer.client"]
        assert error_of(send(service, first, {"extensions": persisted(mine, sha256Hash=given)}))["code"] == (
            "PERSISTED_QUERY_NOT_FOUND"
        )


@pytest.mark.parametrize("version", [2, 0, None, "1", [1]])
def test_another_version_of_the_protocol_is_not_supported(service: RunningService, first: str, version: Any) -> None:
    for query in ({}, {"query": OWN}):
        for accept, status in ((JSON, 200), (GRAPHQL, 400)):
            refused = send(service, first, {**query, "extensions": persisted(OWN, version=version)}, accept=accept)
            assert error_of(refused) == {
                "code": "PERSISTED_QUERY_NOT_SUPPORTED",
                "message": "PersistedQueryNotSupported",
                "status": status,
            }


@pytest.mark.parametrize(
    "body",
    [
        {"extensions": {"persistedQuery": 1}},
        {"extensions": {"persistedQuery": {"version": 1}}},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": 1}}},
        {"extensions": {"other": {}}},
        {"query": OWN, "documentId": "sha256:" + "0" * 64},
        {"documentId": "sha256:" + "0" * 64, "extensions": persisted(OWN)},
        {"documentId": 1},
        {"documentId": None},
    ],
)
def test_a_malformed_reference_to_a_document_is_told_so(
    service: RunningService, first: str, body: dict[str, Any]
) -> None:
    refused = send(service, first, body)
    assert (error_of(refused)["code"], refused.status_code) == ("BAD_REQUEST", 400)


def test_extensions_of_others_are_none_of_our_business(service: RunningService, first: str) -> None:
    for extensions in ({"other": {"persistedQuery": 1}}, {"persistedQuery": None}, {}, None):
        assert send(service, first, {"query": OWN, "extensions": extensions}).is_success


def test_one_client_does_not_push_out_what_another_registered(service: RunningService, first: str, second: str) -> None:
    query = "query Kept { viewer { client } }"
    assert send(service, second, {"query": query, "extensions": persisted(query)}).is_success
    with httpx.Client() as http:
        headers = {"authorization": service.governance.authorizations[first]}
        for number in range(120):
            other = f"query Filling{number} {{ viewer {{ client }} }}"
            body = {"query": other, "extensions": persisted(other)}
            assert http.post(f"{service.url}/graphql", json=body, headers=headers).is_success
    assert send(service, second, {"extensions": persisted(query)}).is_success
    oldest = send(service, first, {"extensions": persisted("query Filling0 { viewer { client } }")})
    assert error_of(oldest)["code"] == "PERSISTED_QUERY_NOT_FOUND"
    latest = send(service, first, {"extensions": persisted("query Filling119 { viewer { client } }")})
    assert latest.is_success


def test_a_warm_document_by_hash_is_neither_hashed_nor_parsed_again(
    service: RunningService, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = "query WarmByHash { viewer { client } }"
    assert send(service, first, {"query": query, "extensions": persisted(query)}).is_success

    def must_not_run(*_: object, **__: object) -> None:
        raise AssertionError

    for name in ("resolvers.persisted.document_digest", "resolvers.documents.parse", "resolvers.engine.plan_operation"):
        monkeypatch.setattr(name, must_not_run)
    assert send(service, first, {"extensions": persisted(query)}).is_success
