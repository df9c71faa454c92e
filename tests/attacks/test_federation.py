"""attacks.md, Federation: what joins the databases, what drivers say and what traces carry stays inside."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pymongo
import pytest

from service.embedded import EmbeddedServers
from tests.attacks.canaries import Canaries
from tests.attacks.conftest import settings_over_canaries
from tests.attacks.contracts import contract_of
from tests.attacks.target import Evidence, Target, never_named, normal
from tests.attacks.world import mongo_database
from tests.running import RunningService
from tests.service.test_outages import failing

# Everything but what joins one database to another, or one row to another.
KEYLESS = {
    "Citizen": ["birthName", "vehicles", "encounters", "healthInsuranceCard", "relatives", "household", "birthRecord"],
    "PersonName": ["full"],
    "Vehicle": ["make", "owner"],
    "Encounter": ["outcome"],
    "HealthInsuranceCard": ["validTo", "holder"],
    "Relative": ["relation", "citizen"],
    "Household": ["head", "members"],
    "HouseholdMember": ["birthName", "citizen"],
    "BirthRecord": ["registeredOn", "father", "mother"],
}
DEEP = """
query Deep($name: String!) {
  searchCitizens(filter: {name: $name}, orderBy: NAME, first: 6) {
    edges { cursor node {
      birthName { full } vehicles { make owner { birthName { full } } } encounters { outcome }
      healthInsuranceCard { validTo holder { birthName { full } } }
      relatives { relation citizen { birthName { full } vehicles { make } } }
      household { head { birthName { full } citizen { birthName { full } } } members { birthName { full } } }
      birthRecord { registeredOn father { birthName { full } } mother { birthName { full } } }
    } }
    pageInfo { endCursor hasNextPage }
  }
}
"""
# What no client ever reads: words of drivers, servers and storage.
DRIVERS = re.compile(
    r"pymongo|asyncpg|motor|bson|Traceback|AutoReconnect|NetworkTimeout|ServerSelection|OperationFailure|"
    r"permission denied|relation \"|127\.0\.0\.1|localhost|\.s\.PGSQL|27017|failCommand|errmsg|errorCode|InvalidTag|"
    r"population\.|the_bhyt|phuong_tien|kham_chua_benh|giay_phep|SO_CCCD|errno|File \"",
    re.IGNORECASE,
)
KEY_NAMES = re.compile(r"\w*personal_?id\w*", re.IGNORECASE)
FAULTS: list[dict[str, Any]] = [
    {"errorCode": 2},
    {"errorCode": 13, "errorLabels": ["x"]},
    {"closeConnection": True},
    {"blockConnection": True, "blockTimeMS": 2500},
]


@pytest.fixture(scope="module")
def keyless(target: Target) -> str:
    target.service.governance.install(contract_of("keyless", target.canaries.catalog, KEYLESS, ["Citizen.birthName"]))
    return "keyless"


@pytest.fixture
def brittle(embedded: EmbeddedServers, target: Target, canaries: Canaries) -> Iterator[Target]:
    """Another service over the same databases: it waits for a fetch for a second only, and its breakers are closed."""
    settings = settings_over_canaries(embedded, canaries, fetch_timeout=1.0)
    with RunningService(settings) as running:
        running.governance = target.service.governance
        yield Target(running, canaries, target.listener, target.http)


def refused(evidence: Evidence) -> bool:
    return evidence.response.status_code == 400 and "data" not in evidence.body and not evidence.statements


# Join keys


def test_join_keys_stay_inside(target: Target, keyless: str) -> None:
    """No number was given, so any number in the answer, its cursors or the traces would be a join key that got out."""
    evidence = target.attack(keyless, DEEP, {"name": "zq"})
    people = [edge["node"] for edge in evidence.data["searchCitizens"]["edges"]]
    assert len(people) == 6
    assert all(person["vehicles"] and person["household"]["members"] for person in people)
    assert any(person["birthRecord"]["father"] for person in people)
    assert not re.search(r"\d{12}", evidence.response.text)
    projected = {name for _, text in evidence.statements for name in KEY_NAMES.findall(text)}
    assert {"ownerPersonalId", "relative_personal_id", "head_personal_id"} <= projected


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_join_keys_stay_inside_when_a_source_fails(
    embedded: EmbeddedServers, brittle: Target, keyless: str, fault: dict[str, Any]
) -> None:
    with failing(embedded, **fault):
        evidence = brittle.attack(keyless, DEEP, {"name": "zq"})
    assert evidence.codes
    assert not re.search(r"\d{12}", evidence.response.text)


@pytest.mark.parametrize("name", ["id", "_id", "key", "registeredNo", "householdId", "personalId", "ownerPersonalId"])
def test_no_row_has_an_id_of_its_own(target: Target, keyless: str, name: str) -> None:
    for selection in ("HIDDEN", "vehicles{HIDDEN}", "household{HIDDEN}", "relatives{HIDDEN}", "encounters{HIDDEN}"):
        document = f'query{{searchCitizens(filter:{{name:"zq"}}){{edges{{node{{{selection}}}}}}}}}'
        assert refused(target.hidden_like_never(keyless, document, name))


# Reverse look-ups

REGISTRIES = {
    "vehicle": ("plate", "Vehicle", ["plate", "make"], ["owner", "ownerPersonalId"]),
    "drivingLicence": ("number", "DrivingLicence", ["number", "status"], ["holder"]),
    "healthInsuranceCard": ("number", "HealthInsuranceCard", ["number", "validTo"], ["holder"]),
    "degree": ("number", "Degree", ["number", "title"], ["holder"]),
}
KEYS = {
    "vehicle": ("transport", "phuong_tien", "bienSo"),
    "drivingLicence": ("transport", "giay_phep_lai_xe", "soGPLX"),
    "healthInsuranceCard": ("social_insurance", "the_bhyt", "maThe"),
    "degree": ("education", "van_bang", "soHieu"),
}


@pytest.fixture(scope="module", params=sorted(REGISTRIES))
def registry(target: Target, request: pytest.FixtureRequest) -> str:
    """A contract for the rows of one specialised database, and of no citizen; in both modes."""
    root: str = request.param
    key, type_name, fields, _ = REGISTRIES[root]
    for mode in ("hide", "null"):
        contract = contract_of(
            f"registry-{root}-{mode}",
            target.canaries.catalog,
            {type_name: fields},
            [f"{type_name}.{key}"],
            unpermitted=mode,
        )
        target.service.governance.install(contract)
    return root


def test_no_record_leads_back_to_its_citizen(target: Target, registry: str) -> None:
    key, _, _, links = REGISTRIES[registry]
    value = target.canaries.world.value(*KEYS[registry], "an")
    for link in links:
        below = "" if link.endswith("Id") else "{personalId}"
        document = f'query{{{registry}({key}:"{value}"){{{key} HIDDEN{below}}}}}'
        assert refused(target.hidden_like_never(f"registry-{registry}-hide", document, link))
        denied = target.attack(f"registry-{registry}-null", document.replace("HIDDEN", link))
        assert denied.body["data"] == {registry: {key: value, link: None}}
        assert denied.codes == ["FIELD_NOT_IN_CONTRACT"]
        assert not any(source == "population" for source, _ in denied.statements)


def test_no_record_is_found_by_its_citizen(target: Target, registry: str) -> None:
    """The join key of a specialised database is no argument of its root."""
    number = target.numbers["an"]
    for argument in ("personalId", "ownerPersonalId", "holder", "owner", "holderPersonalId", "soDinhDanh"):
        document = f'query{{{registry}(HIDDEN:"{number}"){{__typename}}}}'
        assert refused(target.hidden_like_never(f"registry-{registry}-hide", document, argument))


# Drivers


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_no_word_of_a_document_driver_leaves(embedded: EmbeddedServers, brittle: Target, fault: dict[str, Any]) -> None:
    query = "query($p:String!){vehicle(plate:$p){make owner{birthName{full}}} viewer{client}}"
    with failing(embedded, **fault):
        evidence = brittle.attack("whole", query, {"p": "x"})
    assert evidence.body["data"] == {"vehicle": None, "viewer": {"client": "whole"}}
    assert evidence.codes[0].startswith("SOURCE_")
    assert not DRIVERS.search(evidence.response.text)
    assert not DRIVERS.search(evidence.logs)


@pytest.mark.parametrize(
    "sql",
    [
        "{} SELECT ON population.citizen {} lienthong_reader",
        "{} USAGE ON SCHEMA population {} lienthong_reader",
    ],
)
def test_no_word_of_postgresql_leaves(target: Target, sql: str) -> None:
    number = target.numbers["an"]
    fetch = target.service.governance.fetch
    fetch(sql.format("REVOKE", "FROM"))
    try:
        evidence = target.attack("whole", f'{{citizen(personalId:"{number}"){{birthName{{full}}}} viewer{{client}}}}')
    finally:
        fetch(sql.format("GRANT", "TO"))
    assert evidence.body["data"] == {"citizen": None, "viewer": {"client": "whole"}}
    assert evidence.codes == ["SOURCE_FAULT"]
    assert not DRIVERS.search(evidence.response.text)
    assert not DRIVERS.search(evidence.logs)


def test_an_unreadable_value_is_not_told(embedded: EmbeddedServers, target: Target) -> None:
    """A canary where a date should be: the error says which field, and not what is there."""
    row = target.canaries.world.rows("social_insurance", "the_bhyt", "an")[-1]
    query = f'{{citizen(personalId:"{target.numbers["an"]}"){{healthInsuranceCard{{validTo}}}}}}'
    with pymongo.MongoClient[dict[str, Any]](embedded.mongo_url("admin")) as client:
        cards = client[mongo_database("social_insurance")]["the_bhyt"]
        for garbage in (row["maSoBHXH"], [row["maSoBHXH"]], {"a": row["maSoBHXH"]}, 700_000_001):
            cards.update_one({"_id": row["_id"]}, {"$set": {"gtTheDen": garbage}})
            try:
                evidence = target.attack("narrow", query)
            finally:
                cards.update_one({"_id": row["_id"]}, {"$set": {"gtTheDen": row["gtTheDen"]}})
            assert evidence.codes == ["SOURCE_DATA_INVALID"]
            assert evidence.body["data"] == {"citizen": {"healthInsuranceCard": {"validTo": None}}}


def test_a_join_key_of_a_strange_kind_is_not_told(embedded: EmbeddedServers, target: Target) -> None:
    """PostgreSQL's driver would say which value it cannot take."""
    row = target.canaries.world.rows("transport", "phuong_tien", "an")[-1]
    query = f'{{vehicle(plate:"{row["bienSo"]}"){{plate owner{{birthName{{givenName}}}}}}}}'
    with pymongo.MongoClient[dict[str, Any]](embedded.mongo_url("admin")) as client:
        vehicles = client[mongo_database("transport")]["phuong_tien"]
        for garbage in (700_000_002, [target.numbers["me"]], {"so": target.numbers["me"]}, True):
            vehicles.update_one({"_id": row["_id"]}, {"$set": {"ownerPersonalId": garbage}})
            try:
                evidence = target.attack("narrow", query)
            finally:
                vehicles.update_one({"_id": row["_id"]}, {"$set": {"ownerPersonalId": row["ownerPersonalId"]}})
            assert evidence.body["data"]["vehicle"] == {"plate": row["bienSo"], "owner": None}
            assert not DRIVERS.search(evidence.response.text + evidence.logs)


# Outages


@pytest.mark.parametrize("client", ["narrow", "narrow-null"])
def test_an_outage_widens_no_projection(embedded: EmbeddedServers, brittle: Target, client: str) -> None:
    """While a database is away, while its breaker is open and when it is back, the others are asked the same."""
    query = """query($i:PersonalId!){citizen(personalId:$i){birthName{givenName} vehicles{make owner{maritalStatus}}
      healthInsuranceCard{validTo} household{members{birthName{familyName}}}}}"""
    variables = {"i": brittle.numbers["an"]}
    well = brittle.attack(client, query, variables)
    everything = set(well.texts)
    assert "errors" not in well.body
    with failing(embedded, closeConnection=True):
        away = [brittle.attack(client, query, variables) for _ in range(8)]
    for evidence in away:
        assert set(evidence.codes) <= {"SOURCE_UNAVAILABLE", "SOURCE_TIMEOUT"} != set()
        assert set(evidence.texts) <= everything
        assert evidence.body["data"]["citizen"]["vehicles"] is None
    assert len(away[-1].statements) < len(away[0].statements), "the breaker did not open"
    assert {text for text in away[-1].texts if text.startswith("SELECT")} <= everything


# Switches, traces and baggage

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


@pytest.mark.parametrize("path", ["/debug", "/metrics", "/admin", "/graphql/", "/trace", "/.env", "/openapi.json"])
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
        records = target.service.governance.fetch(
            "SELECT client_id FROM governance.audit_entry WHERE trace_id = $1", crafted.response.headers["x-trace-id"]
        )
        assert client in {record["client_id"] for record in records}


def test_baggage_goes_nowhere(target: Target) -> None:
    query = f'{{citizen(personalId:"{target.numbers["an"]}"){{birthName{{givenName}} vehicles{{plate}}}}}}'
    baggage = {"baggage": "client=whole,canary=Zq77777X", "tracestate": "vendor=Zq88888X"}
    evidence = target.attack("narrow", query, headers=baggage)
    target.alike(target.attack("narrow", query), evidence)
    everywhere = evidence.response.text + str(evidence.response.headers) + evidence.spans + evidence.logs
    everywhere += str(evidence.statements) + str(dict(target.service.record_of(evidence.response)))
    assert "Zq77777X" not in everywhere
    assert "Zq88888X" not in everywhere


# Spans

ATTRIBUTES = {
    "db.collection.name",
    "db.namespace",
    "db.operation.name",
    "db.system.name",
    "error.type",
    "graphql.operation.type",
    "http.request.method",
    "http.response.status_code",
    "http.route",
    "lienthong.breaker.state",
    "lienthong.client",
    "lienthong.contract",
    "lienthong.contract.version",
    "lienthong.error.codes",
    "lienthong.fetch.keys",
    "lienthong.fetch.rows",
    "lienthong.outcome",
    "lienthong.plan.cache_hit",
    "lienthong.plan.fetches",
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
                assert re.fullmatch(r"POST /graphql|plan|(SELECT|find) \w+", span.name)


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
