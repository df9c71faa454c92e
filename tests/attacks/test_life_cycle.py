"""attacks.md, Life cycle: what was permitted and is no longer, limits, and the record of every attempt."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pymongo
import pytest

from auth.contract import Contract, Limits, Purpose
from graph.view import View
from service.embedded import EmbeddedServers
from tests.attacks.canaries import Canaries
from tests.attacks.conftest import settings_over_canaries
from tests.attacks.contracts import NARROW, NARROW_USES, contract_of, everything
from tests.attacks.documents import everything_below
from tests.attacks.target import Evidence, Target, touched
from tests.attacks.world import DATABASE, mongo_database
from tests.running import RunningService
from tests.service.test_outages import failing
from tests.workers import cut, serving

DOCUMENT = "query($i:PersonalId!){citizen(personalId:$i){personalId maritalStatus vehicles{plate}}}"
SHORT = "query($i:PersonalId!){citizen(personalId:$i){maritalStatus}}"
PAGE = """
query($c: String) {
  searchCitizens(filter: {name: "zq"}, orderBy: NAME, first: 2, after: $c) {
    edges { node { personalId maritalStatus } } pageInfo { endCursor hasNextPage }
  }
}
"""
SUSPENDED = "UPDATE governance.contract SET state = 'SUSPENDED' WHERE contract_id = $1 AND state = 'ACTIVE'"
EXPIRED = "UPDATE governance.contract SET valid_to = now() WHERE contract_id = $1 AND state = 'ACTIVE'"
REVOKED = "UPDATE governance.api_key SET revoked_at = now() WHERE contract_id = $1"


@pytest.fixture
def an(target: Target) -> str:
    return target.numbers["an"]


def refused(evidence: Evidence) -> bool:
    return "data" not in evidence.body and not evidence.statements


def installed(target: Target, client: str, **changes: Any) -> str:
    """Give a client a narrow contract, or the next version of it; its name."""
    known = target.service.governance.contracts.get(client)
    version = 1 if known is None else known.version + 1
    contract = contract_of(client, target.canaries.catalog, NARROW, NARROW_USES, version=version, **changes)
    kept = target.service.governance.authorizations.get(client)
    target.service.governance.install(contract)
    if kept is not None:  # the key that is in use goes on: it is the contract that changes
        target.service.governance.authorizations[client] = kept
    return client


def narrowed(target: Target, client: str) -> None:
    """Take a field away from a client."""
    contract = target.service.governance.contracts[client]
    grants = {p: tuple(g for g in given if "maritalStatus" not in g.coordinate) for p, given in contract.grants.items()}
    installed(target, client, grants=grants)


CHANGES: dict[str, tuple[Callable[[Target, str], Any], int, str]] = {
    "revoke": (lambda t, c: t.service.governance.fetch(REVOKED, f"contract-{c}"), 401, "CREDENTIALS_EXPIRED"),
    "suspend": (lambda t, c: t.service.governance.fetch(SUSPENDED, f"contract-{c}"), 403, "CONTRACT_NOT_ACTIVE"),
    "expire": (lambda t, c: t.service.governance.fetch(EXPIRED, f"contract-{c}"), 403, "CONTRACT_EXPIRED"),
    "narrow": (narrowed, 400, "GRAPHQL_VALIDATION_FAILED"),
}


def eventually(holds: Callable[[], bool]) -> None:
    """A change reaches a worker in under a second."""
    deadline = time.monotonic() + 1
    while not holds():
        assert time.monotonic() < deadline, "the change did not arrive within a second"
        time.sleep(0.02)


@contextmanager
def in_flight(target: Target, *calls: Callable[[], httpx.Response]) -> Iterator[list[httpx.Response]]:
    """Requests that the document server holds while the block runs; their answers when it is over."""
    answers: list[httpx.Response] = []
    before = len(target.service.statements)
    threads = [threading.Thread(target=lambda call=call: answers.append(call())) for call in calls]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 5
    while sum(source.startswith(DATABASE) for source, _ in target.service.statements[before:]) < len(calls):
        assert time.monotonic() < deadline, "the requests did not reach the document server"
        time.sleep(0.005)
    yield answers
    assert not answers, "the block came too late"
    for thread in threads:
        thread.join(20)


# Changes


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_in_mid_request_holds_for_the_next_and_mixes_no_versions(
    embedded: EmbeddedServers, target: Target, an: str, change: str
) -> None:
    """The request in flight ends as it began, and says so in its record; the next one is judged anew."""
    client = installed(target, f"in-flight-{change}")
    make, status, code = CHANGES[change]

    def ask() -> httpx.Response:
        return target.post(client, DOCUMENT, {"i": an})

    whole = ask().json()
    with failing(embedded, blockConnection=True, blockTimeMS=800), in_flight(target, ask) as answers:
        make(target, client)
    (answer,) = answers
    assert answer.json() == whole
    assert target.service.record_of(answer)["version"] == 1
    eventually(lambda: ask().status_code == status)
    evidence = target.attack(client, DOCUMENT, {"i": an})
    assert refused(evidence)
    assert evidence.codes[0] == code
    assert target.service.record_of(evidence.response)["outcome"] == "refused"


@pytest.mark.parametrize("change", CHANGES)
def test_the_next_page_is_judged_anew(target: Target, change: str) -> None:
    client = installed(target, f"paging-{change}")
    make, status, code = CHANGES[change]
    first = target.attack(client, PAGE)
    cursor = first.data["searchCitizens"]["pageInfo"]["endCursor"]
    assert first.data["searchCitizens"]["pageInfo"]["hasNextPage"] is True
    make(target, client)
    eventually(lambda: target.post(client, PAGE, {"c": cursor}).status_code == status)
    evidence = target.attack(client, PAGE, {"c": cursor})
    assert refused(evidence)
    assert evidence.codes[0] == code


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_inside_a_batch_splits_no_batch(embedded: EmbeddedServers, target: Target, change: str) -> None:
    """Several roots and many keys of one request: all of it is answered by one version."""
    client = installed(target, f"batch-{change}")
    ids = list(target.numbers.values())
    query = (
        "query($ids:[PersonalId!]!){a:citizens(personalIds:$ids){maritalStatus vehicles{make owner{maritalStatus}}}"
        "b:citizens(personalIds:$ids){personalId maritalStatus}}"
    )

    def ask() -> httpx.Response:
        return target.post(client, query, {"ids": ids})

    whole = ask().json()
    with failing(embedded, blockConnection=True, blockTimeMS=800), in_flight(target, ask) as answers:
        CHANGES[change][0](target, client)
        eventually(lambda: target.post(client, SHORT, {"i": ids[0]}).status_code == CHANGES[change][1])
    assert answers[0].json() == whole


def test_a_change_reaches_every_worker(
    embedded: EmbeddedServers, canaries: Canaries, target: Target, tmp_path: Path, an: str
) -> None:
    clients = {change: installed(target, f"workers-{change}") for change in CHANGES}
    settings = settings_over_canaries(embedded, canaries, workers=2)
    headers = {c: {"authorization": target.service.governance.authorizations[c]} for c in clients.values()}
    body = {"query": DOCUMENT, "variables": {"i": an}}
    accept = {"accept": "application/graphql-response+json"}

    with serving(settings, tmp_path / "output") as process:

        async def ask(client: str) -> list[httpx.Response]:
            async def one() -> httpx.Response:
                async with httpx.AsyncClient(timeout=30, verify=False) as http:
                    return await http.post(f"{process.url}/graphql", json=body, headers=headers[client] | accept)

            return await asyncio.gather(*(one() for _ in range(12)))

        before = {change: asyncio.run(ask(client)) for change, client in clients.items()}
        for change, client in clients.items():
            CHANGES[change][0](target, client)
        time.sleep(1)  # the stated bound: from here on no worker may answer as before
        after = {change: asyncio.run(ask(client)) for change, client in clients.items()}
    for change in clients:
        assert {answer.status_code for answer in before[change]} == {200}
        assert {answer.status_code for answer in after[change]} == {CHANGES[change][1]}
        assert not any("data" in answer.json() for answer in after[change])
    traces = [answer.headers["x-trace-id"] for answers in after.values() for answer in answers]
    chains = target.service.governance.fetch(
        "SELECT DISTINCT chain FROM governance.audit_entry WHERE trace_id = ANY($1)", traces
    )
    assert len(chains) == 2, "not every worker was asked"


# The contract store


def test_without_the_contract_store_nothing_is_answered(
    embedded: EmbeddedServers, canaries: Canaries, target: Target, an: str
) -> None:
    """Cut off, the service refuses, and reads nothing; a contract that ended meanwhile does not live on behind it."""
    client = installed(target, "cut-off")
    with cut(embedded.postgres_url("lienthong_gateway", DATABASE)) as relay:
        settings = settings_over_canaries(embedded, canaries, governance_url=relay.url, audit_timeout=1.0)
        with RunningService(settings) as running:
            running.governance = target.service.governance
            apart = Target(running, canaries, target.listener, target.http)
            eventually(lambda: apart.post(client, DOCUMENT, {"i": an}).status_code == 200)
            relay.cut()
            for _ in range(3):
                evidence = apart.attack(client, DOCUMENT, {"i": an})
                assert evidence.response.status_code == 503
                assert refused(evidence)
                assert evidence.codes[0] in {"GOVERNANCE_UNAVAILABLE", "AUDIT_UNAVAILABLE"}
            target.service.governance.fetch(SUSPENDED, f"contract-{client}")
            assert refused(apart.attack(client, DOCUMENT, {"i": an}))
            relay.mend()
            deadline = time.monotonic() + 10
            while apart.post(client, DOCUMENT, {"i": an}).status_code == 503:
                assert time.monotonic() < deadline
            evidence = apart.attack(client, DOCUMENT, {"i": an})
            assert (evidence.response.status_code, evidence.codes) == (403, ["CONTRACT_NOT_ACTIVE"])


def test_a_silent_contract_store_gives_no_stale_permission(
    embedded: EmbeddedServers, canaries: Canaries, target: Target, an: str
) -> None:
    """The connection stands and carries nothing, as when a route is lost: after the stated bound all is refused."""
    client = installed(target, "silenced")
    with cut(embedded.postgres_url("lienthong_gateway", DATABASE)) as relay:
        settings = settings_over_canaries(embedded, canaries, governance_url=relay.url, audit_timeout=1.0)
        with RunningService(settings) as running:
            running.governance = target.service.governance
            apart = Target(running, canaries, target.listener, target.http)
            eventually(lambda: apart.post(client, DOCUMENT, {"i": an}).status_code == 200)
            relay.silence()
            target.service.governance.fetch(SUSPENDED, f"contract-{client}")
            evidence = apart.attack(client, DOCUMENT, {"i": an})
            assert "data" not in evidence.body
            relay.mend()


# Purposes


def _plural(target: Target, contract_id: str, fields: dict[str, list[str]]) -> Contract:
    """A contract of the client `plural` whose purposes permit one field of a citizen each."""
    base = contract_of("plural", target.canaries.catalog, {"Citizen": ["personalId"]}, ["Citizen.personalId"])
    by_field = {
        purpose: contract_of("plural", target.canaries.catalog, {"Citizen": names}, ["Citizen.personalId"])
        for purpose, names in fields.items()
    }
    return replace(
        base,
        contract_id=contract_id,
        purposes={purpose: Purpose(purpose, purpose, None) for purpose in fields},
        grants={purpose: contract.grants["CHINH"] for purpose, contract in by_field.items()},
    )


@pytest.fixture(scope="module")
def plural(target: Target) -> str:
    """A client of two contracts; the key is of the one with two purposes."""
    target.service.governance.install(_plural(target, "plural-2", {"KHAC": ["maritalStatus"]}))
    target.service.governance.install(_plural(target, "plural-1", {"MOT": ["legacyId9"], "HAI": ["bloodGroup"]}))
    return "plural"


def test_a_purpose_must_be_named_and_the_contracts_own(target: Target, plural: str, an: str) -> None:
    query = f'{{citizen(personalId:"{an}"){{legacyId9}}}}'
    missing = target.http.post(
        f"{target.service.url}/graphql",
        json={"query": query},
        headers={"authorization": target.service.governance.authorizations[plural]},
    )
    assert missing.json()["errors"][0]["extensions"]["code"] == "PURPOSE_REQUIRED"
    assert "data" not in missing.json()
    foreign = [target.attack(plural, query, headers={"x-purpose": p}) for p in ("KHAC", "KHOK", "CHINH", "", "mot")]
    target.alike(*foreign)
    assert foreign[0].codes == ["PURPOSE_NOT_PERMITTED"]
    assert refused(foreign[0])
    assert "KHAC" not in foreign[0].response.text


def test_purposes_and_contracts_of_a_client_never_add_up(target: Target, plural: str, an: str) -> None:
    own = {"MOT": "legacyId9", "HAI": "bloodGroup"}
    for purpose, field in own.items():
        headers = {"x-purpose": purpose}
        query = '{citizen(personalId:"%s"){%s}}'
        evidence = target.attack(plural, query % (an, field), headers=headers)
        assert evidence.data["citizen"][field]
        for other in ("legacyId9", "bloodGroup", "maritalStatus"):
            if other != field:
                answers = [
                    target.attack(plural, query % (an, name), headers=headers) for name in (other, "z" * len(other))
                ]
                target.alike(*answers, renamed={"z" * len(other): other})
                assert refused(answers[0])
    both = {"x-purpose": "MOT, HAI"}
    assert target.attack(plural, query % (an, "bloodGroup"), headers=both).codes == ["PURPOSE_NOT_PERMITTED"]


# New columns and fields


def test_a_new_column_is_not_read(embedded: EmbeddedServers, target: Target) -> None:
    """A column or element that appears in a database is in no projection, whoever may read everything."""
    whole = target.view("whole")
    below = everything_below(whole.catalog, whole.schema, "Citizen", 1)
    query = f"query($ids:[PersonalId!]!){{citizens(personalIds:$ids){below}}}"
    variables = {"ids": list(target.numbers.values())}
    before = target.attack("whole", query, variables)
    target.service.governance.fetch("ALTER TABLE population.citizen ADD COLUMN zq_new text DEFAULT 'Zq99001X'")
    with pymongo.MongoClient[dict[str, Any]](embedded.mongo_url("admin")) as client:
        vehicles = client[mongo_database("transport")]["phuong_tien"]
        vehicles.update_many({}, {"$set": {"zqNew": "Zq99002X"}})
        try:
            after = target.attack("whole", query, variables)
        finally:
            vehicles.update_many({}, {"$unset": {"zqNew": 1}})
            target.service.governance.fetch("ALTER TABLE population.citizen DROP COLUMN zq_new")
    assert after.body == before.body
    assert sorted(after.texts) == sorted(before.texts)
    assert "zq_new" not in str(after.statements)
    assert "Zq9900" not in after.response.text


def test_a_field_that_a_contract_does_not_name_is_denied(target: Target) -> None:
    """For every field of the schema: a contract that names all the others does not have it, as if it were new."""
    catalog = target.canaries.catalog
    whole = everything(catalog)
    every = [f"{type_name}.{name}" for type_name, names in whole.items() for name in names]
    assert len(every) > 150
    base = contract_of("whole-but", catalog, whole, every)
    for coordinate in every:
        grants = {p: tuple(g for g in given if g.coordinate != coordinate) for p, given in base.grants.items()}
        view = View.of(catalog, replace(base, grants=grants).permission("CHINH"))
        type_name, name = coordinate.split(".")
        type_: Any = view.schema.type_map.get(type_name)
        assert type_ is None or name not in type_.fields
        assert not view.permits(type_name, name)
        assert not view.filterable(coordinate)


@pytest.mark.parametrize(
    "coordinate", ["Citizen.contact", "Vehicle.chassisNumber", "Encounter.outcome", "Degree.major"]
)
def test_a_new_field_looks_like_none_until_a_contract_names_it(target: Target, an: str, coordinate: str) -> None:
    catalog = target.canaries.catalog
    type_name, name = coordinate.split(".")
    fields = {t: [n for n in names if f"{t}.{n}" != coordinate] for t, names in everything(catalog).items()}
    client = f"before-{type_name[0]}"
    target.service.governance.install(
        contract_of(client, catalog, fields, [c for c in catalog.coordinates() if c != coordinate])
    )
    way = {"Vehicle": "vehicles{HIDDEN}", "Encounter": "encounters{HIDDEN}", "Degree": "degrees{HIDDEN}"}
    document = f'{{citizen(personalId:"{an}"){{{way.get(type_name, "HIDDEN")}}}}}'
    assert refused(target.hidden_like_never(client, document, name))


# Limits


def limited(target: Target, client: str, **limits: int) -> str:
    """A client with everything permitted and limits of its own."""
    catalog = target.canaries.catalog
    contract = contract_of(
        client, catalog, everything(catalog), catalog.coordinates(), limits=replace(Limits(), **limits)
    )
    target.service.governance.install(contract)
    return client


def test_aliases_multiply_no_limit(target: Target) -> None:
    """Keys, rows, fields, depth and cost count over all aliases together, before anything is read."""
    numbers = list(target.numbers.values())
    ids = ",".join(f'"{number}"' for number in numbers)
    search = 'searchCitizens(filter:{name:"zq"},first:6){edges{node{vehicles{owner{vehicles{plate}}}}}}'
    fragments = " ".join(f"fragment F{i} on Citizen{{...F{i + 1} a{i}:gender}}" for i in range(40))
    attacks = {
        "batch": " ".join(f"a{i}:citizens(personalIds:[{ids}]){{personalId}}" for i in range(4)),
        "aliases": " ".join(f"a{i}:viewer{{client}}" for i in range(21)),
        "fields": " ".join(f"a{i}:viewer{{client contract version purpose}}" for i in range(15)),
        "cost": " ".join(f"a{i}:{search}" for i in range(10)),
        "tokens": "viewer{" + "client " * 1500 + "}",
        "depth": 'citizen(personalId:"' + numbers[0] + '"){' + "vehicles{owner{" * 7 + "gender" + "}}" * 7 + "}",
    }
    client = limited(target, "amplifying", batch=20, aliases=20, fields=70, cost=600, tokens=1000, depth=10)
    for limit, body in attacks.items():
        evidence = target.attack(client, "{" + body + "}")
        assert evidence.body["errors"][0]["extensions"]["limit"] == limit
        if limit != "batch":
            assert refused(evidence)
        else:
            assert len(evidence.statements) <= 1
    spread = target.attack(
        client, f'{{citizen(personalId:"{numbers[0]}"){{...F0}}}} {fragments} fragment F40 on Citizen{{gender}}'
    )
    assert [error["extensions"]["limit"] for error in spread.body["errors"]] == ["aliases"]


def test_introspection_cannot_be_multiplied(target: Target) -> None:
    """Aliases of the whole schema would cost the service a second and answer in megabytes."""
    whole = "__schema{types{name fields{name args{name type{name}} type{name ofType{name}}} enumValues{name}}}"
    for body in (whole, '__type(name:"Citizen"){fields{type{fields{name}}}}'):
        assert target.attack("whole", "{" + " ".join(f"a{i}:{body}" for i in range(5)) + "}").data
        many = target.attack("whole", "{" + " ".join(f"a{i}:{body}" for i in range(6)) + "}")
        assert refused(many)
        assert many.body["errors"][0]["extensions"]["limit"] == "introspection"
    assert target.attack("whole", f"{{...F}} fragment F on Query{{{whole} t:{whole} ...F}}").codes
    spread = (
        " ".join(f"...F{i}" for i in range(6))
        + "} "
        + " ".join(f"fragment F{i} on Query{{a{i}:{whole}}}" for i in range(6))
    )
    assert refused(target.attack("whole", "{" + spread))


def test_no_concurrency_overshoots_a_limit(target: Target) -> None:
    """Quota of distinct persons and requests of a minute, under aliases and 24 requests at the same time."""
    numbers = list(target.numbers.values())
    client = limited(target, "overshooting", subjects_per_day=3)
    pairs = [(numbers[i], numbers[j]) for i in range(6) for j in range(6) if i != j][:24]

    def ask(pair: tuple[str, str]) -> tuple[tuple[str, str], int]:
        query = (
            "query($a:PersonalId!,$b:PersonalId!){a:citizen(personalId:$a){gender} b:citizen(personalId:$b){gender}}"
        )
        return pair, target.post(client, query, dict(zip("ab", pair, strict=True))).status_code

    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(ask, pairs))
    seen = {number for pair, status in answers if status == 200 for number in pair}
    assert 2 <= len(seen) <= 3
    assert {status for _, status in answers} == {200, 429}
    limited(target, "hurried", requests_per_minute=5)
    with ThreadPoolExecutor(24) as pool:
        statuses = Counter(pool.map(lambda _: target.post("hurried", "{viewer{client}}").status_code, range(24)))
    assert statuses[200] <= 10, "more than two minutes' worth"
    assert statuses[429] >= 14


def test_the_quota_does_not_depend_on_what_is_denied(target: Target, an: str) -> None:
    """Numbers out of scope and unknown ones, and denied fields full of other persons, count for nothing."""
    catalog = target.canaries.catalog
    scope: dict[str, Any] = {"row_scope": {"province": ("79",)}, "limits": replace(Limits(), subjects_per_day=1)}
    contract = contract_of("counted", catalog, NARROW, NARROW_USES, unpermitted="null", **scope)
    target.service.governance.install(contract)
    outside = [target.numbers["me"], target.numbers["xa"], "0" * 12]
    denied = "birthRecord{father{personalId}} marriageRecords{wife{gender}}"
    query = f"query($ids:[PersonalId!]!){{citizens(personalIds:$ids){{personalId {denied}}}}}"
    for _ in range(2):
        evidence = target.attack("counted", query, {"ids": outside})
        assert evidence.body["data"]["citizens"] == [None, None, None]
        assert target.service.record_of(evidence.response)["subjects"] == []
    assert target.attack("counted", query, {"ids": [an]}).response.status_code == 200
    assert target.attack("counted", query, {"ids": [target.numbers["vo"]]}).response.status_code == 429
    out = target.attack("counted", query, {"ids": [target.numbers["xa"]]})
    unknown = target.attack("counted", query, {"ids": ["0" * 12]})
    target.alike(out, unknown)


# The audit

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
    assert set().union(*reads.values()) <= {"output", "join", "filter", "scope", "order", "audit"}
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
    trace = "1af7651916cd43dd8448eb211c80319c"
    body = f'{{"query":"{{citizen(personalId:\\"{an}\\"){{vehicles{{plate}}}}}}"}}'
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"Authorization: {target.service.governance.authorizations['narrow']}\r\n"
        f"traceparent: 00-{trace}-b7ad6b7169203331-01\r\n\r\n"
    )
    host, port = re.findall(r"//([\d.]+):(\d+)", target.service.url)[0]
    before = len(target.service.statements)
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
        rows = target.service.governance.fetch("SELECT * FROM governance.audit_entry WHERE trace_id = $1", trace)
    (record,) = rows
    assert (record["client_id"], record["outcome"]) == ("narrow", "answered")
    assert len(record["subjects"]) == 1


def test_a_record_is_of_the_key_and_not_of_what_the_client_says(target: Target, an: str) -> None:
    """Another client's trace id makes a record of one's own beside that client's; names in the request mean nothing."""
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
    target.attack("narrow", query, headers=forged, operationName="whole", clientId="twin", contract="contract-twin")
    rows = target.service.governance.fetch(
        "SELECT * FROM governance.audit_entry WHERE trace_id = $1 ORDER BY recorded_at", trace
    )
    assert [row["client_id"] for row in rows] == ["twin", "narrow"]
    assert dict(rows[0]) == original
    assert rows[1]["contract_id"] == "contract-narrow"


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
