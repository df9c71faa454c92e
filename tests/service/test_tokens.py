"""Access tokens over HTTP: what they permit, what they are bound to, and how soon they end."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from auth.contract import Client, Contract
from auth.registry import issue_key
from service.embedded import EmbeddedServers
from tests.issuing import AUDIENCE, ISSUER, KeyServer, access_token, b64, key_server, key_set, signing_key
from tests.running import RunningService, run, settings_for

KEY = signing_key("one")
NEXT = signing_key("two")
REMOTE = signing_key("remote", "RS256")
REMOTE_ISSUER = "https://remote.example"
PROXY = "127.0.0.2"
CERTIFICATE, ANOTHER = b"certificate of benh-vien", b"certificate of someone else"
QUERY = "{viewer{client contract purpose}}"


@pytest.fixture(scope="module")
def remote() -> Iterator[KeyServer]:
    with key_server(key_set(REMOTE)) as server:
        yield server


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("issuer") / "keys.json"
    file.write_bytes(key_set(KEY))
    return file


@pytest.fixture(scope="module")
def gateway(
    databases: EmbeddedServers, service: RunningService, key_file: Path, remote: KeyServer
) -> Iterator[RunningService]:
    """A service that takes tokens of two issuers, one by file and one by URL, and trusts the proxy at 127.0.0.2."""
    issuers = [
        {"issuer": ISSUER, "jwks": str(key_file), "algorithms": ["ES256"], "clients": "*"},
        {"issuer": REMOTE_ISSUER, "jwks": remote.url, "algorithms": ["RS256"], "clients": ["csgt"], "ttl": 1},
    ]
    settings = settings_for(databases, token_audience=AUDIENCE, issuers=issuers, trusted_proxies=[f"{PROXY}/32"])
    with RunningService(settings) as running:
        running.governance = service.governance
        yield running


def send(service: RunningService, credentials: str, query: str = QUERY, **options: Any) -> httpx.Response:
    """Send a query with a token or key, from `local_address` if given, with further `headers`."""
    transport = httpx.HTTPTransport(local_address=options.get("local_address"))
    headers = {"accept": "application/graphql-response+json", **options.get("headers", {})}
    with httpx.Client(transport=transport) as client:
        authorization = {"authorization": f"Bearer {credentials.removeprefix('Bearer ')}"}
        return client.post(f"{service.url}/graphql", json={"query": query}, headers=authorization | headers)


def told(response: httpx.Response) -> tuple[int, str | None]:
    """The status, and the code of the error if there is one."""
    errors = response.json().get("errors")
    return response.status_code, errors[0]["extensions"]["code"] if errors else None


def eventually(holds: Callable[[], bool], seconds: float = 1.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def named(contract: Contract, name: str, client: str | None = None, **changes: Any) -> Contract:
    """A contract like another, of a client of its own."""
    return replace(contract, contract_id=f"contract-{name}", client=Client(client or name, name), **changes)


def certificate(der: bytes) -> dict[str, str]:
    return {"client-cert": f":{base64.b64encode(der).decode()}:"}


def bound(der: bytes) -> dict[str, str]:
    return {"x5t#S256": b64(hashlib.sha256(der).digest())}


def test_a_token_is_answered_as_its_client_for_its_purpose(gateway: RunningService) -> None:
    response = send(gateway, access_token(KEY))
    contract = gateway.governance.contracts["benh-vien"].contract_id
    expected = {"client": "benh-vien", "contract": contract, "purpose": "KHAM_CHUA_BENH"}
    assert response.json() == {"data": {"viewer": expected}}
    record = gateway.record_of(response)
    assert (record["client_id"], record["contract_id"]) == ("benh-vien", contract)
    assert (record["purpose"], record["outcome"]) == ("KHAM_CHUA_BENH", "answered")


def test_a_token_sees_the_schema_of_its_contract(gateway: RunningService) -> None:
    headers = {"authorization": f"Bearer {access_token(KEY)}"}
    response = httpx.get(f"{gateway.url}/schema.graphql", headers=headers)
    assert "bloodGroup" in response.text
    assert "plate" not in response.text
    record = gateway.record_of(response)
    assert (record["operation_type"], record["client_id"], record["outcome"]) == ("schema", "benh-vien", "answered")
    refused = httpx.get(f"{gateway.url}/schema.graphql", headers={"authorization": "Bearer nothing"})
    assert told(refused) == (401, "UNAUTHENTICATED")
    record = gateway.record_of(refused)
    assert (record["operation_type"], record["client_id"], record["outcome"]) == ("schema", None, "refused")


def test_a_token_that_is_not_valid_is_told_so_and_recorded_with_its_source(gateway: RunningService) -> None:
    response = send(gateway, access_token(KEY, aud="https://elsewhere.example"))
    assert told(response) == (401, "TOKEN_INVALID")
    assert response.headers["www-authenticate"] == (
        'Bearer realm="lienthong", error="invalid_token", error_description="the access token is for another audience"'
    )
    record = gateway.record_of(response)
    assert (record["client_id"], record["actor"], record["codes"]) == (None, "127.0.0.1", ["TOKEN_INVALID"])


def test_an_expired_token_is_told_so(gateway: RunningService) -> None:
    response = send(gateway, access_token(KEY, exp=time.time() - 60))
    assert told(response) == (401, "CREDENTIALS_EXPIRED")
    assert 'error="invalid_token"' in response.headers["www-authenticate"]


def test_credentials_sent_twice_are_refused(gateway: RunningService) -> None:
    token = f"Bearer {access_token(KEY)}"
    response = httpx.post(
        f"{gateway.url}/graphql",
        json={"query": QUERY},
        headers=[("authorization", token), ("authorization", token)],
    )
    assert told(response) == (401, "UNAUTHENTICATED")


def test_a_service_without_issuers_takes_no_token(service: RunningService) -> None:
    assert told(send(service, access_token(KEY))) == (401, "TOKEN_INVALID")


# purpose and contract


def dai_hoc(purpose: str, **claims: Any) -> str:
    return access_token(KEY, client_id="dai-hoc", purpose=purpose, **claims)


def test_the_purpose_is_bound_in_the_token(gateway: RunningService) -> None:
    query = '{citizen(personalId:"000000000000"){ethnicity{name}}}'
    assert told(send(gateway, dai_hoc("TUYEN_SINH"), query)) == (200, None)
    assert told(send(gateway, dai_hoc("XAC_MINH_VAN_BANG"), query)) == (400, "GRAPHQL_VALIDATION_FAILED")


def test_a_purpose_sent_beside_must_be_that_of_the_token(gateway: RunningService) -> None:
    same = {"x-purpose": "XAC_MINH_VAN_BANG"}
    assert told(send(gateway, dai_hoc("XAC_MINH_VAN_BANG"), headers=same)) == (200, None)
    response = send(gateway, dai_hoc("TUYEN_SINH"), headers=same)
    assert told(response) == (403, "PURPOSE_NOT_PERMITTED")
    assert response.json()["errors"][0]["extensions"]["purposes"] == ["TUYEN_SINH"]
    assert gateway.record_of(response)["client_id"] == "dai-hoc"
    assert told(send(gateway, dai_hoc("TUYEN_SINH"), headers={"x-purpose": ""})) == (403, "PURPOSE_NOT_PERMITTED")


def test_a_token_for_a_purpose_outside_the_contract_is_refused(gateway: RunningService) -> None:
    assert told(send(gateway, access_token(KEY, purpose="XU_LY_VI_PHAM"))) == (403, "PURPOSE_NOT_PERMITTED")


def test_of_several_contracts_the_token_names_one_and_they_never_add_up(gateway: RunningService) -> None:
    governance = gateway.governance
    wide, narrow = governance.contracts["benh-vien"], governance.contracts["csgt"]
    governance.install(named(wide, "several-a", "several"))
    governance.install(named(narrow, "several-b", "several"))

    def token(purpose: str, **claims: Any) -> str:
        return access_token(KEY, client_id="several", purpose=purpose, **claims)

    def token_a(**claims: Any) -> str:
        return token("KHAM_CHUA_BENH", **claims)

    eventually(lambda: told(send(gateway, token_a())) == (403, "CONTRACT_REQUIRED"))
    response = send(gateway, token_a())
    assert response.json()["errors"][0]["extensions"]["contracts"] == ["contract-several-a", "contract-several-b"]
    query = '{citizen(personalId:"000000000000"){bloodGroup}}'
    assert told(send(gateway, token_a(contract="contract-several-a"), query)) == (200, None)
    assert told(send(gateway, token_a(contract="contract-several-b"))) == (403, "PURPOSE_NOT_PERMITTED")
    other = token("XU_LY_VI_PHAM", contract="contract-several-b")
    assert told(send(gateway, other, query)) == (400, "GRAPHQL_VALIDATION_FAILED")
    # A suspended contract is still one of several: what a token means does not change with another contract's state.
    governance.fetch("UPDATE governance.contract SET state = 'SUSPENDED' WHERE contract_id = 'contract-several-b'")
    eventually(lambda: told(send(gateway, other)) == (403, "CONTRACT_NOT_ACTIVE"))
    assert told(send(gateway, token_a())) == (403, "CONTRACT_REQUIRED")
    governance.fetch("UPDATE governance.contract SET state = 'TERMINATED' WHERE contract_id = 'contract-several-b'")
    eventually(lambda: told(send(gateway, token_a())) == (200, None))


@pytest.mark.parametrize("contract", ["csgt-tra-cuu", "khong-co", "benh-vien"])
def test_a_contract_of_another_client_does_not_exist_for_a_token(gateway: RunningService, contract: str) -> None:
    assert told(send(gateway, access_token(KEY, contract=contract))) == (403, "CONTRACT_UNKNOWN")


def test_a_client_without_a_contract_is_refused(gateway: RunningService) -> None:
    response = send(gateway, access_token(KEY, client_id="nobody"))
    assert told(response) == (403, "CONTRACT_UNKNOWN")
    assert gateway.record_of(response)["client_id"] == "nobody"


# life cycle


@pytest.mark.parametrize("how", ["SUSPENDED", "TERMINATED", "narrowed", "expired"])
def test_a_token_that_is_remembered_ends_with_its_contract(gateway: RunningService, how: str) -> None:
    governance = gateway.governance
    contract = named(governance.contracts["benh-vien"], f"token-{how.lower()}")
    governance.install(contract)
    token = access_token(KEY, client_id=contract.client.client_id)
    query = '{citizen(personalId:"000000000000"){bloodGroup}}'
    eventually(lambda: told(send(gateway, token, query)) == (200, None))
    if how == "narrowed":
        grants = {
            purpose: tuple(grant for grant in given if grant.coordinate != "Citizen.bloodGroup")
            for purpose, given in contract.grants.items()
        }
        governance.install(replace(contract, version=2, grants=grants))
        eventually(lambda: told(send(gateway, token, query)) == (400, "GRAPHQL_VALIDATION_FAILED"))
        return
    change = "valid_to = now()" if how == "expired" else f"state = '{how}'"
    governance.force(f"UPDATE governance.contract SET {change} WHERE contract_id = $1", contract.contract_id)
    refusals = {"SUSPENDED": "CONTRACT_NOT_ACTIVE", "TERMINATED": "CONTRACT_UNKNOWN", "expired": "CONTRACT_EXPIRED"}
    eventually(lambda: told(send(gateway, token, query)) == (403, refusals[how]))


def test_a_remembered_token_costs_no_statement_and_a_key_neither(gateway: RunningService) -> None:
    token, key = access_token(KEY), gateway.governance.authorizations["benh-vien"]
    for credentials in (token, key):
        assert told(send(gateway, credentials)) == (200, None)
        with gateway.observing() as observed:
            assert told(send(gateway, credentials)) == (200, None)
        reads = [text for text in observed.of("lienthong-governance") if "audit_record" not in text]
        assert reads == []


def test_keys_are_rotated_without_a_gap_and_a_key_rotated_out_ends(gateway: RunningService, key_file: Path) -> None:
    old, new = access_token(KEY, jti="old"), access_token(NEXT, jti="new")
    assert told(send(gateway, old)) == (200, None)
    assert told(send(gateway, new)) == (401, "TOKEN_INVALID")
    try:
        key_file.write_bytes(key_set(KEY, NEXT))
        eventually(lambda: told(send(gateway, new)) == (200, None), 2)
        assert told(send(gateway, old)) == (200, None)
        key_file.write_bytes(key_set(NEXT))
        eventually(lambda: told(send(gateway, old)) == (401, "TOKEN_INVALID"), 2)
        assert told(send(gateway, new)) == (200, None)
    finally:
        key_file.write_bytes(key_set(KEY))
        eventually(lambda: told(send(gateway, access_token(KEY))) == (200, None), 2)


def test_keys_of_a_url_are_rotated_too(gateway: RunningService, remote: KeyServer) -> None:
    successor = signing_key("successor", "RS256")

    def token(key: Any) -> str:
        return access_token(key, iss=REMOTE_ISSUER, client_id="csgt", purpose="XU_LY_VI_PHAM")

    old, new = token(REMOTE), token(successor)
    assert told(send(gateway, old)) == (200, None)
    remote.content = key_set(successor)
    eventually(lambda: told(send(gateway, old)) == (401, "TOKEN_INVALID"), 3)
    assert told(send(gateway, new)) == (200, None)
    remote.status, asked = 503, remote.requests
    while remote.requests < asked + 3:
        assert told(send(gateway, new)) == (200, None)
    remote.status, remote.content = 200, key_set(REMOTE)
    eventually(lambda: told(send(gateway, old)) == (200, None), 3)


def test_an_issuer_speaks_for_its_own_clients_and_with_its_own_keys_only(gateway: RunningService) -> None:
    foreign = access_token(REMOTE, iss=REMOTE_ISSUER)
    assert told(send(gateway, foreign)) == (401, "TOKEN_INVALID")
    borrowed = access_token(KEY, iss=REMOTE_ISSUER, client_id="csgt", purpose="XU_LY_VI_PHAM")
    assert told(send(gateway, borrowed)) == (401, "TOKEN_INVALID")


# certificates


def test_a_bound_token_needs_its_certificate_from_a_trusted_proxy(gateway: RunningService) -> None:
    token = access_token(KEY, cnf=bound(CERTIFICATE))
    proxied = {"local_address": PROXY}
    assert told(send(gateway, token, headers=certificate(CERTIFICATE), **proxied)) == (200, None)
    for response in (
        send(gateway, token, **proxied),
        send(gateway, token, headers=certificate(ANOTHER), **proxied),
        send(gateway, token, headers={"client-cert": "::"}, **proxied),
        send(gateway, token, headers=certificate(CERTIFICATE)),
        send(gateway, token, headers=certificate(CERTIFICATE) | {"x-forwarded-for": PROXY}),
        send(gateway, token),
    ):
        assert told(response) == (401, "CERTIFICATE_REQUIRED")
        assert 'error="invalid_token"' in response.headers["www-authenticate"]
        assert gateway.record_of(response)["client_id"] == "benh-vien"


def test_a_bond_to_the_digest_of_nothing_is_no_way_around(gateway: RunningService) -> None:
    token = access_token(KEY, cnf={"x5t#S256": b64(bytes(32))})
    assert told(send(gateway, token)) == (401, "CERTIFICATE_REQUIRED")
    token = access_token(KEY, cnf=bound(b""))
    assert told(send(gateway, token, headers={"client-cert": "::"}, local_address=PROXY))[0] == 401


def test_an_unbound_token_may_come_with_any_certificate(gateway: RunningService) -> None:
    response = send(gateway, access_token(KEY), headers=certificate(ANOTHER), local_address=PROXY)
    assert told(response) == (200, None)


def test_a_key_may_be_bound_to_a_certificate_too(gateway: RunningService) -> None:
    async def issue() -> str:
        connection = await asyncpg.connect(gateway.governance.admin_url)
        try:
            digest = hashlib.sha256(CERTIFICATE).digest()
            return (await issue_key(connection, "benh-vien-kham-chua-benh", days=1, certificate=digest)).authorization
        finally:
            await connection.close()

    key = run(issue())
    assert told(send(gateway, key, headers=certificate(CERTIFICATE), local_address=PROXY)) == (200, None)
    assert told(send(gateway, key, headers=certificate(ANOTHER), local_address=PROXY)) == (401, "CERTIFICATE_REQUIRED")
    assert told(send(gateway, key, headers=certificate(CERTIFICATE))) == (401, "CERTIFICATE_REQUIRED")


def test_nothing_of_a_token_is_recorded_or_traced(gateway: RunningService) -> None:
    gateway.forget()
    token = access_token(KEY, jti="a-very-special-jti", sub="a-very-special-sub")
    for credentials in (token, access_token(KEY, aud="other", jti="a-very-special-jti", sub="a-very-special-sub")):
        response = send(gateway, credentials)
        left = json.dumps(dict(gateway.record_of(response)), default=str) + response.text + str(response.headers)
        left += "".join(span.to_json() for span in gateway.spans)
        for secret in (credentials, credentials.split(".")[2], "a-very-special"):
            assert secret not in left
