"""attacks.md, Federation: what joins the databases and what drivers say stays inside, also when one is away."""

from __future__ import annotations

import re
from typing import Any

import pymongo
import pytest

from service.embedded import EmbeddedServers
from tests.attacks.contracts import contract_of
from tests.attacks.target import Target
from tests.attacks.world import mongo_database
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
    {"blockConnection": True, "blockTimeMS": 3000},
]


@pytest.fixture(scope="module")
def keyless(target: Target) -> str:
    target.service.governance.install(contract_of("keyless", target.canaries.catalog, KEYLESS, ["Citizen.birthName"]))
    return "keyless"


# Join keys


def test_join_keys_stay_inside(target: Target, keyless: str) -> None:
    """No number was given, so any number in the answer, its cursors or the traces would be a join key that got out."""
    evidence = target.attack(keyless, DEEP, {"name": "zq"})
    people = [edge["node"] for edge in evidence.data["searchCitizens"]["edges"]]
    assert len(people) == 6
    assert all(person["vehicles"] and person["household"]["members"] for person in people)
    assert any(person["birthRecord"]["father"] for person in people)
    assert not target.canaries.found(evidence.response.text) & set(target.numbers.values())
    projected = {name for _, text in evidence.statements for name in KEY_NAMES.findall(text)}
    assert {"ownerPersonalId", "relative_personal_id", "head_personal_id"} <= projected


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_join_keys_stay_inside_when_a_source_fails(
    embedded: EmbeddedServers, brittle: Target, keyless: str, fault: dict[str, Any]
) -> None:
    with failing(embedded, **fault):
        evidence = brittle.attack(keyless, DEEP, {"name": "zq"})
    assert evidence.codes
    assert not brittle.canaries.found(evidence.response.text) & set(brittle.numbers.values())


@pytest.mark.parametrize("name", ["id", "_id", "key", "registeredNo", "householdId", "personalId", "ownerPersonalId"])
def test_no_row_has_an_id_of_its_own(target: Target, keyless: str, name: str) -> None:
    for selection in ("HIDDEN", "vehicles{HIDDEN}", "household{HIDDEN}", "relatives{HIDDEN}", "encounters{HIDDEN}"):
        document = f'query{{searchCitizens(filter:{{name:"zq"}}){{edges{{node{{{selection}}}}}}}}}'
        assert target.hidden_like_never(keyless, document, name).refused


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
        assert target.hidden_like_never(f"registry-{registry}-hide", document, link).refused
        denied = target.attack(f"registry-{registry}-null", document.replace("HIDDEN", link))
        assert denied.body["data"] == {registry: {key: value, link: None}}
        assert denied.codes == ["FIELD_NOT_IN_CONTRACT"]
        assert not any(source == "population" for source, _ in denied.statements)


def test_no_record_is_found_by_its_citizen(target: Target, registry: str) -> None:
    """The join key of a specialised database is no argument of its root."""
    number = target.numbers["an"]
    for argument in ("personalId", "ownerPersonalId", "holder", "owner", "holderPersonalId", "soDinhDanh"):
        document = f'query{{{registry}(HIDDEN:"{number}"){{__typename}}}}'
        assert target.hidden_like_never(f"registry-{registry}-hide", document, argument).refused


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


def test_an_outage_widens_no_projection(embedded: EmbeddedServers, brittle: Target) -> None:
    """While a database is away, and when its breaker is open, the others are asked the same, in both modes."""
    query = """query($i:PersonalId!){citizen(personalId:$i){birthName{givenName} vehicles{make owner{maritalStatus}}
      healthInsuranceCard{validTo} household{members{birthName{familyName}}}}}"""
    variables = {"i": brittle.numbers["an"]}
    clients = ["narrow", "narrow-null"]
    well = [brittle.attack(client, query, variables) for client in clients]
    everything = set(well[0].texts) | set(well[1].texts)
    assert not any("errors" in evidence.body for evidence in well)
    with failing(embedded, closeConnection=True):
        away = [brittle.attack(client, query, variables) for client in clients * 3]
    for evidence in away:
        assert set(evidence.codes) <= {"SOURCE_UNAVAILABLE", "SOURCE_TIMEOUT"} != set()
        assert set(evidence.texts) <= everything
        assert evidence.body["data"]["citizen"]["vehicles"] is None
    assert len(away[-1].statements) < len(away[0].statements), "the breaker did not open"
    assert {text for text in away[-1].texts if text.startswith("SELECT")} <= everything
