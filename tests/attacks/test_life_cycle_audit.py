"""attacks.md, Life cycle: every read and every attempt is on the record, and no client can suppress or forge one."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from service.embedded import EmbeddedServers
from tests.attacks.evidence import touched
from tests.attacks.target import Target
from tests.attacks.world import DATABASE
from tests.service.test_outages import failing

PAGE = """
query($c: String) {
  searchCitizens(filter: {name: "zq"}, orderBy: NAME, first: 2, after: $c) {
    edges { node { personalId maritalStatus } } pageInfo { endCursor hasNextPage }
  }
}
"""


READS = {
    "output and join": ("whole", '{citizen(personalId:"AN"){birthName{full} vehicles{plate owner{contact{mobile}}}}}'),
    "filter and order": ("whole", PAGE),
    "scope": ("scoped", '{citizen(personalId:"AN"){relatives{citizen{gender}} household{members{personalId}}}}'),
    "guard": ("scoped", '{vehicle(plate:"PLATE"){make}}'),
    "verification": ("verifier", '{verifyCitizen(personalId:"AN",fullName:"x",dateOfBirth:"1990"){matches}}'),
    "null mode": ("narrow-null", '{citizen(personalId:"AN"){legacyId9 vehicles{plate chassisNumber}}}'),
    "list keys": (
        "whole",
        '{citizen(personalId:"AN"){marriageRecords{number husband{gender}} birthRecord{mother{gender}}}}',
    ),
}


@pytest.mark.parametrize("kind", READS)
def test_every_read_is_on_the_record_with_its_reason(target: Target, an: str, kind: str) -> None:
    """Each column that a driver was asked for, and each that it compared, is in the record, with why."""
    client, query = READS[kind]
    plate = target.canaries.world.value("transport", "phuong_tien", "bienSo", "an")
    evidence = target.attack(client, query.replace("AN", an).replace("PLATE", plate))
    assert evidence.statements
    record = target.service.record_of(evidence.response)
    reads = {read.split(": ")[0]: set(read.split(": ")[1].split(", ")) for read in record["reads"]}
    for source, text in evidence.statements:
        place = source.removeprefix(f"{DATABASE}_")
        columns, compared = touched(place, text)
        for _, table, column in columns:
            assert f"{place}.{table}.{column}" in reads, f"{place}.{table}.{column} was read and is not recorded"
        for _, table, name in compared:
            entry = reads.get(f"{place}.{table}.{name}")
            assert entry is not None or name in {"_id", "registered_no", "relative_no", "household_id"}
    assert set().union(*reads.values()) <= {"output", "join", "filter", "scope", "order", "shield", "audit"}
    values = target.canaries.found(str(dict(record)))
    assert not values, "the record holds values"
    granted, denied = set(record["granted"]), set(record["denied"])
    assert granted | denied == set(record["requested"])
    assert granted.isdisjoint(denied)


ATTEMPTS: list[tuple[str, str, list[str], str]] = [
    ("narrow", '{citizen(personalId:"AN"){bloodGroup}}', ["Citizen.bloodGroup"], "refused"),
    (
        "narrow",
        '{citizen(personalId:"AN"){a:encounters{b:outcome}}}',
        ["Citizen.encounters", "Encounter.outcome"],
        "refused",
    ),
    (
        "narrow",
        "query{viewer{client}} fragment F on Citizen{contact{mobile}}",
        ["Citizen.contact", "Contact.mobile"],
        "refused",
    ),
    ("narrow", '{household(residenceFileNumber:"1"){address{detail}}}', ["Query.household"], "refused"),
    ("narrow-null", '{citizen(personalId:"AN"){bloodGroup personalId}}', ["Citizen.bloodGroup"], "partial"),
    ("narrow-null", '{degree(number:"1"){title}}', ["Query.degree"], "partial"),
]


@pytest.mark.parametrize(("client", "query", "denied", "outcome"), ATTEMPTS)
def test_every_denied_attempt_is_on_the_record(
    target: Target, an: str, client: str, query: str, denied: list[str], outcome: str
) -> None:
    evidence = target.attack(client, query.replace("AN", an))
    record = target.service.record_of(evidence.response)
    assert (record["client_id"], record["outcome"]) == (client, outcome)
    assert set(denied) <= set(record["denied"])
    assert record["codes"] == sorted(set(evidence.codes))


@pytest.mark.parametrize(
    ("headers", "body", "code"),
    [
        ({}, b'{"query":"{viewer{client}}"}', "UNAUTHENTICATED"),
        ({"authorization": "Bearer ltk_0123456789abcdef_" + "A" * 43}, b"{}", "UNAUTHENTICATED"),
        ({"authorization": "KEY", "x-purpose": "KHAC"}, b'{"query":"{viewer{client}}"}', "PURPOSE_NOT_PERMITTED"),
        ({"authorization": "KEY"}, b"{", "BAD_REQUEST"),
        ({"authorization": "KEY"}, b'[{"query":"{viewer{client}}"}]', "BAD_REQUEST"),
        ({"authorization": "KEY"}, b'{"query":"{"}', "GRAPHQL_PARSE_FAILED"),
        ({"authorization": "KEY"}, b'{"query":"mutation{a}"}', "GRAPHQL_VALIDATION_FAILED"),
        ({"authorization": "KEY"}, b'{"query":"\\ud800{a}"}', "BAD_REQUEST"),
        ({"authorization": "KEY"}, b'{"query":"\\u0000{a}"}', "GRAPHQL_PARSE_FAILED"),
        (
            {"authorization": "KEY"},
            b'{"query":"{viewer{client}}","operationName":"\\u0000"}',
            "OPERATION_RESOLUTION_FAILURE",
        ),
        ({"authorization": "KEY"}, b" " * 1_000_001, "BODY_TOO_LARGE"),
        ({"authorization": "KEY", "content-type": "text/plain"}, b"x", "UNSUPPORTED_MEDIA_TYPE"),
        ({"authorization": "KEY", "accept": "text/html"}, b"{}", "NOT_ACCEPTABLE"),
    ],
)
def test_every_refusal_is_on_the_record(target: Target, headers: dict[str, str], body: bytes, code: str) -> None:
    sent = {"content-type": "application/json"} | headers
    if sent.get("authorization") == "KEY":
        sent["authorization"] = target.service.governance.authorizations["narrow"]
    response = target.http.post(f"{target.service.url}/graphql", content=body, headers=sent)
    record = target.service.record_of(response)
    assert (record["outcome"], record["codes"]) == ("refused", [code])
    assert record["subjects"] == []


def test_looking_at_the_schema_is_on_the_record(target: Target) -> None:
    """A stolen key could be tried there unseen, and a contract read without a trace."""
    good = target.service.governance.authorizations["narrow"]
    for authorization, outcome in (("Bearer x", "refused"), (good, "answered")):
        response = target.http.get(f"{target.service.url}/schema.graphql", headers={"authorization": authorization})
        assert target.service.record_of(response)["outcome"] == outcome


# Suppressing and forging records


def test_a_client_that_hangs_up_is_on_the_record(embedded: EmbeddedServers, target: Target, an: str) -> None:
    """It asks, the databases answer, and it goes before the answer: what was read is recorded all the same."""
    body = f'{{"query":"{{citizen(personalId:\\"{an}\\"){{vehicles{{plate}}}}}}"}}'
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"Authorization: {target.service.governance.authorizations['narrow']}\r\n"
        "\r\n"
    )
    host, port = re.findall(r"//([\d.]+):(\d+)", target.service.url)[0]
    before, began = len(target.service.statements), datetime.now(UTC)
    with failing(embedded, blockConnection=True, blockTimeMS=300):
        client = socket.create_connection((host, int(port)))
        client.sendall((head + body).encode())
        deadline = time.monotonic() + 5
        while not any(DATABASE in source for source, _ in target.service.statements[before:]):
            assert time.monotonic() < deadline
            time.sleep(0.005)
        client.close()
    rows: list[Any] = []
    while not rows:
        assert time.monotonic() < deadline + 5, "the request left no record"
        rows = target.service.governance.fetch("SELECT * FROM governance.audit_entry WHERE recorded_at > $1", began)
    (record,) = rows
    assert (record["client_id"], record["outcome"]) == ("narrow", "answered")
    assert len(record["subjects"]) == 1


def test_a_record_is_of_the_key_and_not_of_what_the_client_says(target: Target, an: str) -> None:
    """Another client's trace id is not taken over; names in the request mean nothing."""
    query = f'query whole{{citizen(personalId:"{an}"){{personalId}}}}'
    theirs = target.attack("twin", query)
    trace = theirs.response.headers["x-trace-id"]
    original = dict(target.service.record_of(theirs.response))
    forged = {
        "traceparent": f"00-{trace}-b7ad6b7169203331-00",
        "x-trace-id": "f" * 32,
        "x-client": "twin",
        "x-contract": "contract-twin",
        "x-forwarded-for": "1.2.3.4",
    }
    ours = target.attack(
        "narrow", query, headers=forged, operationName="whole", clientId="twin", contract="contract-twin"
    )
    assert dict(target.service.record_of(theirs.response)) == original
    record = target.service.record_of(ours.response)
    assert ours.response.headers["x-trace-id"] not in {trace, "f" * 32}
    assert (record["client_id"], record["contract_id"]) == ("narrow", "contract-narrow")


def test_the_gateways_role_can_add_records_only(embedded: EmbeddedServers, target: Target, an: str) -> None:
    """With a connection of the gateway itself: no statement changes or takes away what is recorded."""
    target.attack("narrow", f'{{citizen(personalId:"{an}"){{personalId}}}}')

    async def attempt(sql: str) -> None:
        connection = await asyncpg.connect(embedded.postgres_url("lienthong_gateway", DATABASE))
        try:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(sql)
        finally:
            await connection.close()

    for table in ("audit_record", "audit_plan", "audit_chain"):
        for sql in ("UPDATE governance.{} SET chain = ''", "DELETE FROM governance.{}", "TRUNCATE governance.{}"):
            statement = sql.format(table).replace(
                "SET chain = ''", "SET digest = ''" if table == "audit_plan" else "SET chain = ''"
            )
            asyncio.run(attempt(statement))
    asyncio.run(attempt("ALTER TABLE governance.audit_record DISABLE TRIGGER ALL"))
    asyncio.run(attempt("CREATE TABLE governance.other (a int)"))


def test_without_a_record_there_is_no_answer(target: Target, an: str) -> None:
    """Whatever keeps a record from being written keeps the answer back."""
    fetch = target.service.governance.fetch
    fetch("REVOKE INSERT ON governance.audit_record FROM lienthong_gateway")
    try:
        for client in ("whole", "narrow", "narrow-null"):
            response = target.post(client, f'{{citizen(personalId:"{an}"){{personalId birthName{{givenName}}}}}}')
            assert response.status_code == 503
            assert "data" not in response.json()
            assert not target.canaries.found(response.text)
    finally:
        fetch("GRANT INSERT ON governance.audit_record TO lienthong_gateway")
    assert target.attack("narrow", f'{{citizen(personalId:"{an}"){{personalId}}}}').data
