"""attacks.md, Life cycle: purposes that do not add up, and columns and fields that nobody has permitted yet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pymongo
import pytest

from auth.contract import Contract, Purpose
from graph.view import View
from service.embedded import EmbeddedServers
from tests.attacks.contracts import contract_of, everything
from tests.attacks.documents import everything_below
from tests.attacks.target import Target
from tests.attacks.world import mongo_database


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
    assert foreign[0].refused
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
                assert answers[0].refused
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
    assert target.hidden_like_never(client, document, name).refused
