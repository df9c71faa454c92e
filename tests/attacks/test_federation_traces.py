"""attacks.md, Federation: nothing can be switched on from outside, and traces carry no value."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from service.embedded import EmbeddedServers
from tests.attacks.evidence import normal
from tests.attacks.target import Target, never_named
from tests.service.test_outages import failing

SWITCHES: list[dict[str, str]] = [
    {"x-debug": "1"},
    {"x-debug-sql": "true", "x-explain": "1", "debug": "on"},
    {"apollo-federation-include-trace": "ftv1", "apollo-query-plan-experimental": "true"},
    {"x-apollo-tracing": "1", "graphql-playground": "1"},
    {"x-hasura-role": "admin", "x-hasura-admin-secret": "x"},
    {"x-forwarded-for": "127.0.0.1", "x-original-url": "/debug", "x-http-method-override": "GET"},
    {"x-client": "whole", "x-contract": "contract-whole", "x-purpose-override": "CHINH"},
    {"cookie": "debug=1; session=whole", "referer": "http://localhost/graphiql"},
]


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: next(iter(switch)))
def test_no_header_switches_anything_on(target: Target, switch: dict[str, str]) -> None:
    selection = "birthName{givenName} vehicles{plate} contact{mobile}"
    query = f'{{citizen(personalId:"{target.numbers["an"]}"){{{selection}}}}}'
    for client in ("narrow", "narrow-null"):
        target.alike(target.attack(client, query), target.attack(client, query, headers=switch))


@pytest.mark.parametrize("path", ["/graphql?debug=1", "/graphql?explain=true&pretty", "/graphql?client=whole"])
def test_no_address_switches_anything_on(target: Target, path: str) -> None:
    query = f'{{citizen(personalId:"{target.numbers["an"]}"){{birthName{{givenName}} legacyId9}}}}'
    more: dict[str, Any] = {"extensions": {"debug": True, "tracing": {"version": 1}, "client": "whole"}}
    for client in ("narrow", "narrow-null"):
        target.alike(target.attack(client, query), target.attack(client, query, path=path, **more))


@pytest.mark.parametrize("path", ["/debug", "/metrics/", "/admin", "/graphql/", "/trace", "/.env", "/openapi.json"])
def test_there_is_no_path_beside_those_that_are_known(target: Target, path: str) -> None:
    response = target.http.get(target.service.url + path)
    assert response.status_code in {307, 404}
    assert not target.canaries.found(response.text)


TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENTS = [
    f"00-{TRACE}-b7ad6b7169203331-00",
    f"00-{TRACE}-b7ad6b7169203331-ff",
    f"ff-{TRACE}-b7ad6b7169203331-01",
    "00-" + "0" * 32 + "-b7ad6b7169203331-01",
    f"00-{TRACE}-{'0' * 16}-01",
    "00-" + "z" * 32 + "-b7ad6b7169203331-01",
    f"00-{TRACE}-b7ad6b7169203331-01-079190000005",
    "x" * 4000,
    f"00-{TRACE}-b7ad6b7169203331-01, 00-{TRACE}-b7ad6b7169203331-01",
]


@pytest.mark.parametrize("parent", PARENTS, ids=range(len(PARENTS)))
def test_a_crafted_traceparent_gets_an_ordinary_answer_and_a_record(target: Target, parent: str) -> None:
    query = f'{{citizen(personalId:"{target.numbers["an"]}"){{birthName{{givenName}} contact{{mobile}}}}}}'
    for client in ("narrow", "narrow-null"):
        crafted = target.attack(client, query, headers={"traceparent": parent, "tracestate": "secret=Zq00001X"})
        assert normal(crafted, {}) == normal(target.attack(client, query), {})
        assert re.fullmatch("[0-9a-f]{32}", crafted.response.headers["x-trace-id"])
        assert crafted.response.headers["x-trace-id"] != TRACE
        records = target.service.governance.fetch(
            "SELECT client_id FROM governance.audit_entry WHERE trace_id = $1", crafted.response.headers["x-trace-id"]
        )
        assert client in {record["client_id"] for record in records}


def test_baggage_goes_nowhere(target: Target) -> None:
    query = f'{{citizen(personalId:"{target.numbers["an"]}"){{birthName{{givenName}} vehicles{{plate}}}}}}'
    baggage = {"baggage": "client=whole,canary=Zq77777X", "tracestate": "vendor=Zq88888X"}
    evidence = target.attack("narrow", query, headers=baggage)
    target.alike(target.attack("narrow", query), evidence)
    everywhere = (
        evidence.response.text + str(evidence.response.headers) + evidence.spans + evidence.logs + evidence.lines
    )
    everywhere += str(evidence.statements) + str(dict(target.service.record_of(evidence.response)))
    assert "Zq77777X" not in everywhere
    assert "Zq88888X" not in everywhere


# Spans

NAMES = {
    "POST /graphql",
    "assemble",
    "audit",
    "authenticate",
    "build plan",
    "count persons",
    "encode",
    "execute",
    "parse",
    "plan",
    "receive",
    "validate",
}
ATTRIBUTES = {
    "db.collection.name",
    "db.namespace",
    "db.operation.name",
    "db.query.summary",
    "db.response.returned_rows",
    "db.system.name",
    "error.type",
    "graphql.dataloader.batch.size",
    "graphql.operation.name",
    "graphql.operation.type",
    "http.request.method",
    "http.response.status_code",
    "http.route",
    "lienthong.audit.waiting",
    "lienthong.breaker.state",
    "lienthong.client",
    "lienthong.contract",
    "lienthong.contract.version",
    "lienthong.environment",
    "lienthong.error.codes",
    "lienthong.fetch.attempt",
    "lienthong.fetch.bytes",
    "lienthong.fetch.keys",
    "lienthong.fields",
    "lienthong.kept",
    "lienthong.limit",
    "lienthong.outcome",
    "lienthong.plan.cache_hit",
    "lienthong.plan.fetches",
    "lienthong.plan.id",
    "lienthong.pool.wait",
    "lienthong.purpose",
    "lienthong.source",
    "server.address",
    "server.port",
    "url.path",
    "url.scheme",
}


@pytest.mark.parametrize("client", ["whole", "narrow", "narrow-null", "scoped"])
def test_spans_say_what_was_done_and_nothing_of_whom(embedded: EmbeddedServers, brittle: Target, client: str) -> None:
    """Answered, refused, denied, failed: the attributes are those of a fixed list, and no value is in any."""
    number = brittle.numbers["an"]
    documents = [
        f'query Secret079190000001{{citizen(personalId:"{number}"){{birthName{{givenName}} vehicles{{plate}}}}}}',
        f'{{citizen(personalId:"{number}"){{contact{{mobile}} encounters{{diagnosisText}}}}}}',
        '{searchCitizens(filter:{name:"Zq00001X"}){pageInfo{hasNextPage}}}',
        '{vehicle(plate:"Zq00001X"){plate}}',
        "{",
    ]
    for fault in (None, {"errorCode": 2}):
        for document in documents:
            if fault is None:
                brittle.attack(client, document)
            else:
                with failing(embedded, **fault):
                    brittle.attack(client, document)
            for span in brittle.service.spans:
                assert set(span.attributes or {}) <= ATTRIBUTES
                assert not span.events
                assert not span.links
                assert span.status.description is None or re.fullmatch("[A-Z_]+", span.status.description)
                assert re.fullmatch(r"(SELECT|find|load) \w+", span.name) or span.name in NAMES


@pytest.mark.parametrize("path", ["/metrics", "/traces", "/traces.json", "/traces/latest", f"/traces/{TRACE}.json"])
def test_pages_of_the_people_on_call_say_nothing_to_clients(target: Target, path: str) -> None:
    for authorization in (None, target.service.governance.authorizations["whole"], "Bearer guessed", "Basic eDp5"):
        headers = {} if authorization is None else {"authorization": authorization}
        response = target.http.get(target.service.url + path, headers=headers)
        assert response.status_code in {303, 401}
        assert "citizen" not in response.text
        assert "narrow" not in response.text


def test_a_refused_look_at_the_schema_says_nothing(target: Target) -> None:
    """The SDL of a key that is none: one sentence, whoever's key it resembles."""
    good = target.service.governance.authorizations["narrow"]
    for forged in (None, "Bearer x", good[:-1] + ("A" if good[-1] != "A" else "B"), good.replace("ltk_", "ltk_0")):
        headers = {} if forged is None else {"authorization": forged}
        response = target.http.get(f"{target.service.url}/schema.graphql", headers=headers)
        assert response.status_code == 401
        assert json.loads(response.text)["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert never_named("Citizen") not in response.text
        assert "type " not in response.text
