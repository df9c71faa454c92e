"""Row scopes and shields hold together, or nothing starts; contracts that name what there is not are refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auth.contract import Grant
from graph.catalog import Catalog, CatalogError
from graph.check import contract_faults
from graph.homes import Entity, Limit
from graph.schema import Citizen, schema
from graph.scopes import ROW_SCOPES
from graph.sources.population import Household, HouseholdMember
from graph.sources.transport import Vehicle
from graph.view import View
from tests.strategies.contracts import everything, permission_of

MIGRATIONS = Path(__file__).parents[2] / "migrations" / "population"
PROVINCE = Limit("permanent_province_code", ("Citizen.permanentResidence",))


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.of(schema)


@pytest.mark.parametrize(
    ("declared", "change", "fault"),
    [
        (Citizen, {"scope": {"province": PROVINCE}}, "`Citizen` must say how the row scope `residence` limits it"),
        (Household, {"scope": {"residence": None}}, "`Household` must say how the row scope `province` limits it"),
        (Vehicle, {"scope": {}}, "`Vehicle` must say how the row scope `province` limits it"),
        (
            HouseholdMember,
            {"scope": {"province": PROVINCE, "residence": None, "ward": None}},
            "`HouseholdMember` is limited by `ward`, which is no row scope",
        ),
        (
            Citizen,
            {"scope": {"province": Limit("x", ("Citizen.home",)), "residence": None}},
            "`Citizen` is limited by `Citizen.home`, which does not exist",
        ),
        (HouseholdMember, {"protected": None}, "`HouseholdMember` is limited by a shielded field"),
        (HouseholdMember, {"protected": None}, "`Household.members` is shielded, and no element marks protected rows"),
        (HouseholdMember, {"subject": None}, "`Household.head` is shielded, and no element marks protected rows"),
        (Household, {"protected": None}, "`Household.address` is shielded, and no element marks protected rows"),
        (Citizen, {"protected": None}, "`Citizen.contact` is shielded, and no element marks protected rows"),
        (Citizen, {"protected": None}, "`Citizen.household` is shielded, and no element marks protected rows"),
    ],
)
def test_declarations_that_do_not_add_up_do_not_start(
    monkeypatch: pytest.MonkeyPatch, declared: Any, change: Mapping[str, Any], fault: str
) -> None:
    entity: Entity = declared.__entity__
    monkeypatch.setattr(declared, "__entity__", replace(entity, **change))
    with pytest.raises(CatalogError) as caught:
        Catalog.of(schema)
    assert fault in caught.value.message


def test_every_row_is_about_somebody_who_can_be_noted(catalog: Catalog) -> None:
    assert [name for name, entity in catalog.entities.items() if entity.subject is None and entity.holder is None] == []


def test_what_leads_to_an_address_or_contact_is_shielded(catalog: Catalog) -> None:
    values = {"Address", "Contact", "AbsenceStatus"}
    homes = {
        coordinate
        for coordinate in catalog.homes
        for type_name, name in [coordinate.split(".")]
        if type_name not in values
        for field in [catalog.schema.type_map[type_name].fields[name]]  # type: ignore[attr-defined]
        if getattr(field.type, "name", None) in values
    }
    history = {"Citizen.placeOfBirth", "Citizen.birthRegistrationPlace", "Citizen.placeOfOrigin"}
    links = {"Citizen.household", "Household.members", "Household.head"}
    numbers = {"Citizen.residenceFileNumber", "Household.residenceFileNumber"}
    assert catalog.shielded == homes - history | links | numbers


def test_the_sdl_says_what_is_shielded(catalog: Catalog) -> None:
    sdl = View.of(catalog, everything(catalog)).sdl
    marked = re.findall(r"^  (\w+)(?:\(.*\))?: .*shielded: true", sdl, re.MULTILINE)
    assert sorted(marked) == sorted(coordinate.split(".")[1] for coordinate in catalog.shielded)


def test_provinces_are_those_of_the_register() -> None:
    sql = (MIGRATIONS / "0003_population_reference.sql").read_text("utf-8")
    assert set(re.findall(r"\('(\d\d)', 1, '", sql)) == ROW_SCOPES["province"].values


def test_residence_statuses_are_those_of_the_register() -> None:
    sql = (MIGRATIONS / "0004_protected_and_residence.sql").read_text("utf-8")
    assert set(re.findall(r"THEN '([A-Z]+)' END", sql)) == ROW_SCOPES["residence"].values


def test_a_root_that_a_row_scope_says_nothing_of_is_not_there(catalog: Catalog) -> None:
    contract = everything(catalog).contract

    def roots(**row_scope: tuple[str, ...]) -> frozenset[str]:
        return View.of(catalog, replace(contract, row_scope=row_scope).permission("P")).roots

    assert roots() == roots(province=("79",)) == catalog.roots.keys()
    assert roots(residence=("PERMANENT",)) == catalog.roots.keys() - {"household"}
    assert roots(province=("79",), residence=("PERMANENT",)) == catalog.roots.keys() - {"household"}


@pytest.mark.parametrize(
    ("row_scope", "faults"),
    [
        ({"province": ("79", "74")}, []),
        (
            {"residence": ("PERMANENT", "ABSENT")},
            ["service `household` cannot be limited by the row scope `residence`"],
        ),
        (
            {"province": ("79", "7", "99")},
            ["row scope `province` has no value `7`", "row scope `province` has no value `99`"],
        ),
        ({"ward": ("1",)}, ["there is no row scope `ward`"]),
        ({"province": ()}, ["row scope `province` lists no value"]),
    ],
)
def test_a_contract_is_limited_by_what_there_is(
    catalog: Catalog, row_scope: dict[str, tuple[str, ...]], faults: list[str]
) -> None:
    contract = replace(everything(catalog).contract, row_scope=row_scope)
    assert contract_faults(catalog, contract) == [f"contract `C-1`: {fault}" for fault in faults]


def test_a_special_grant_is_for_a_shielded_field(catalog: Catalog) -> None:
    contract = permission_of(protected=["Citizen.contact", "Citizen.gender"]).contract
    (fault,) = contract_faults(catalog, contract)
    assert "`Citizen.gender` of protected persons" in fault


def test_a_special_grant_makes_another_permission() -> None:
    contract = permission_of(readable=["Citizen.contact"]).contract
    special = replace(contract, grants={"P": (Grant("Citizen.contact", protected=True),)})
    assert special.permission("P").key != contract.permission("P").key
