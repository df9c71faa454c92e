"""attacks.md, Between clients: a hash that one client registered is nobody else's, and no other document's."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping
from typing import Any

import pytest

from auth.documents import by_digest
from tests.attacks.changes import eventually, installed, narrowed
from tests.attacks.contracts import NARROW, NARROW_USES, contract_of
from tests.attacks.evidence import Evidence
from tests.attacks.target import Target

DENIED = 'query Denied%s { citizen(personalId: "%s") { bloodGroup } }'
GRANTED = 'query Granted%s { citizen(personalId: "%s") { maritalStatus personalId } }'
_SERIAL = itertools.count()


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def fresh(text: str, number: str) -> str:
    return text % (next(_SERIAL), number)


def send(target: Target, client: str, body: Mapping[str, Any], text: str) -> Evidence:
    """Send a body as it is, of which the service may take `text` for the document."""
    with target.gathering(client) as evidence:
        evidence.query, evidence.sent = text, json.dumps([body, text])  # whoever sends a hash knows the document
        evidence.response = target.http.post(f"{target.service.url}/graphql", json=body, headers=target.headers(client))
    return evidence


def by_hash(target: Target, client: str, text: str, *, of: str | None = None, **more: Any) -> Evidence:
    """Send the hash of a document (or of another one, `of`) by the protocol of automatic persisted queries."""
    hashed = {"persistedQuery": {"version": 1, "sha256Hash": sha256(text if of is None else of)}}
    return send(target, client, {"extensions": hashed, **more}, text)


def register(target: Target, client: str, text: str) -> Evidence:
    return by_hash(target, client, text, query=text)


@pytest.mark.parametrize(("owner", "other"), [("twin", "narrow"), ("narrow", "twin"), ("whole", "narrow-null")])
def test_a_hash_is_unknown_to_another_client(target: Target, an: str, owner: str, other: str) -> None:
    for text in (fresh(DENIED, an), fresh(GRANTED, an)):
        if "data" not in register(target, owner, text).body:
            continue
        assert by_hash(target, owner, text).data["citizen"]
        never = by_hash(target, other, fresh(DENIED, an))
        target.alike(by_hash(target, other, text), never)
        assert never.codes == ["PERSISTED_QUERY_NOT_FOUND"]
        assert never.refused


def test_a_document_that_was_refused_is_not_registered(target: Target, an: str) -> None:
    text = fresh(DENIED, an)
    assert register(target, "narrow", text).refused
    target.alike(by_hash(target, "narrow", text), by_hash(target, "narrow", fresh(DENIED, an)))
    assert by_hash(target, "twin", text).refused


def test_a_hash_from_before_a_narrowing_is_unknown_after_it(target: Target, an: str) -> None:
    client, text = installed(target, "registering"), fresh(GRANTED, an)
    assert register(target, client, text).data["citizen"]["maritalStatus"]
    narrowed(target, client)
    eventually(lambda: target.post(client, text).status_code == 400)
    target.alike(by_hash(target, client, text), by_hash(target, client, fresh(GRANTED, an)))
    assert register(target, client, text).refused


def test_a_hash_with_another_body_is_refused_and_changes_nothing(target: Target, an: str) -> None:
    known, other = fresh(GRANTED, an), fresh(GRANTED, an)
    good = register(target, "narrow", known)
    for text in (other, known + " ", fresh(DENIED, an), "{"):
        mismatched = by_hash(target, "narrow", text, of=known, query=text)
        assert mismatched.refused
        assert mismatched.codes == ["PERSISTED_QUERY_HASH_MISMATCH"]
    target.alike(by_hash(target, "narrow", known), good)
    assert by_hash(target, "narrow", other).refused
    for hashed in (sha256(known).upper(), sha256(known)[:-1], "sha256:" + sha256(known), "", "$ne"):
        body = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hashed}}}
        assert send(target, "narrow", body, known).refused
    for wrong in ({"$ne": None}, [sha256(known)], 1):
        body = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": wrong}}}
        assert send(target, "narrow", body, known).refused


def test_introspection_by_its_hash_shows_the_view(target: Target) -> None:
    text = '{__type(name:"%s"){name fields{name}} __schema{types{name}}}'
    answers = []
    for name in ("Encounter", "Zzzzzzzzz"):
        register(target, "narrow", text % name)
        answers.append(by_hash(target, "narrow", text % name))
    target.alike(*answers, renamed={"Zzzzzzzzz": "Encounter"})
    assert answers[0].data["__type"] is None


@pytest.fixture(scope="module")
def listed(target: Target) -> str:
    """A contract under which one document runs and no other."""
    documents = by_digest([GRANTED % ("", target.numbers["an"])])
    contract = contract_of(
        "listed", target.canaries.catalog, NARROW, NARROW_USES, documents=documents, allow_list_only=True
    )
    target.service.governance.install(contract)
    return "listed"


def test_beside_a_list_of_documents_nothing_runs_and_nothing_is_told(target: Target, listed: str, an: str) -> None:
    """Permitted, denied, never heard of, not even GraphQL: one answer. So is asking for the schema."""
    allowed = GRANTED % ("", an)
    assert send(target, listed, {"query": allowed}, allowed).data["citizen"]["personalId"] == an
    assert send(target, listed, {"documentId": f"sha256:{sha256(allowed)}"}, allowed).data
    others = [allowed + " ", fresh(GRANTED, an), fresh(DENIED, an), "{zzzz}", "{", "{__schema{types{name}}}"]
    refused = [send(target, listed, {"query": text}, text) for text in others]
    refused += [by_hash(target, listed, text) for text in others]
    refused += [register(target, listed, text) for text in others]
    refused += [send(target, listed, {"documentId": f"sha256:{sha256(text)}"}, text) for text in others]
    target.alike(*refused)
    assert refused[0].refused
    assert "maritalStatus" not in refused[0].response.text
    schema = target.http.get(f"{target.service.url}/schema.graphql", headers=target.headers(listed))
    assert schema.status_code == refused[0].response.status_code
    assert "type Citizen" not in schema.text


def test_a_stored_document_is_judged_by_the_contract_that_is_in_force(target: Target, an: str) -> None:
    """A list that outlived a narrowing permits nothing: the document is refused like any other."""
    text = GRANTED % ("", an)
    documents = by_digest([text])
    client = installed(target, "outlived", documents=documents)
    assert send(target, client, {"documentId": f"sha256:{sha256(text)}"}, text).data["citizen"]["maritalStatus"]
    contract = target.service.governance.contracts[client]
    grants = {p: tuple(g for g in given if "maritalStatus" not in g.coordinate) for p, given in contract.grants.items()}
    installed(target, client, grants=grants, documents=documents)
    eventually(lambda: target.post(client, text).status_code == 400)
    assert send(target, client, {"documentId": f"sha256:{sha256(text)}"}, text).refused
