"""Plans for contracts without a special grant: a protected person's address stays in the database."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pytest

from connectors.fetch import Column, Condition, Reference
from connectors.postgres import compile_sql
from graph.catalog import Catalog
from graph.schema import build_schema
from graph.view import View
from resolvers.documents import prepare_document
from resolvers.plan import FetchNode, Plan
from resolvers.planner import plan_operation
from tests.strategies.contracts import everything

ID = "000000000001"
FILE_NUMBER = Column("residence_file_number", Reference("household", "household_id", "household_id"), "protected")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.of(build_schema())


def view_of(catalog: Catalog, special: Collection[str] = (), **row_scope: tuple[str, ...]) -> View:
    """Everything is permitted, but of protected persons only what has a special grant."""
    contract = everything(catalog).contract
    grants = tuple(replace(grant, protected=grant.coordinate in special) for grant in contract.grants["P"])
    return View.of(catalog, replace(contract, grants={"P": grants}, row_scope=row_scope).permission("P"))


def plan_of(view: View, query: str) -> Plan:
    document = prepare_document(view, query)
    return plan_operation(view, document.operation(None).node, document.fragments, {})


def fetches_of(view: View, below: str) -> list[FetchNode]:
    return list(plan_of(view, f'{{ citizen(personalId: "{ID}") {{ {below} }} }}').fetches())


def columns(node: FetchNode) -> set[Column]:
    return set(node.statement.columns)


def marked(*names: str) -> set[Column]:
    return {Column(name, unless="protected") for name in names}


@pytest.mark.parametrize(
    ("below", "read"),
    [
        ("permanentResidence { detail }", marked("permanent_country_code", "permanent_detail")),
        ("temporaryResidence { countryCode }", marked("temporary_country_code")),
        ("currentResidence { detail }", marked("current_country_code", "current_detail")),
        ("temporaryAbsence { reason }", marked("absence_from", "absence_reason")),
        ("contact { mobile email }", marked("contact_mobile", "contact_email")),
        ("residenceFileNumber", {FILE_NUMBER}),
        ("household { __typename }", marked("household_id")),
        ("placeOfBirth { countryCode }", {Column("birth_place_country_code")}),
        ("relationToHouseholdHead", {Column("relation_to_head")}),
    ],
)
def test_a_shielded_field_is_read_of_rows_that_are_not_protected(
    catalog: Catalog, below: str, read: set[Column]
) -> None:
    citizen, *_ = fetches_of(view_of(catalog), below)
    assert columns(citizen) == {Column("personal_id"), *read}
    assert citizen.statement.unless is None
    granted, *_ = fetches_of(view_of(catalog, catalog.shielded), below)
    assert columns(granted) == {replace(column, unless=None) for column in columns(citizen)}


def test_the_database_decides_value_by_value(catalog: Catalog) -> None:
    (citizen,) = fetches_of(view_of(catalog), "gender permanentResidence { province { name } } residenceFileNumber")
    assert compile_sql(citizen.statement) == (
        "SELECT t.personal_id, t.gender, CASE WHEN NOT t.protected THEN t.permanent_country_code END, "
        "CASE WHEN NOT t.protected THEN t.permanent_province_code END, "
        "CASE WHEN NOT t.protected THEN r1.name END, CASE WHEN NOT t.protected THEN r2.residence_file_number END\n"
        "FROM population.citizen t\n"
        "LEFT JOIN population.administrative_unit r1 ON r1.code = t.permanent_province_code\n"
        "LEFT JOIN population.household r2 ON r2.household_id = t.household_id\n"
        "WHERE t.personal_id = ANY($1)\n"
        "ORDER BY t.registered_no"
    )


def test_a_special_grant_is_for_one_field(catalog: Catalog) -> None:
    view = view_of(catalog, ["Citizen.permanentResidence"])
    (citizen,) = fetches_of(view, "permanentResidence { detail } contact { mobile }")
    assert columns(citizen) == {
        Column("personal_id"),
        Column("permanent_country_code"),
        Column("permanent_detail"),
        *marked("contact_mobile"),
    }


def test_without_a_shielded_field_nothing_changes(catalog: Catalog) -> None:
    below = "birthName { full } vehicles { plate } relatives { citizen { gender } } marriageRecords { wife { gender } }"
    without, granted = (fetches_of(view_of(catalog, special), below) for special in ((), catalog.shielded))
    assert [node.statement for node in without] == [node.statement for node in granted]


def test_a_household_does_not_list_its_protected_members(catalog: Catalog) -> None:
    below = "household { members { birthName { full } } head { personalId } }"
    citizen, household, members, head = fetches_of(view_of(catalog), below)
    assert columns(citizen) == {Column("personal_id"), *marked("household_id")}
    assert columns(household) == {Column("household_id"), Column("head_personal_id")}
    assert [node.statement.unless for node in (citizen, household, members, head)] == [
        None,
        None,
        "protected",
        "protected",
    ]
    special = ["Household.members"]
    assert [node.statement.unless for node in fetches_of(view_of(catalog, special), below)][2:] == [None, "protected"]


def test_no_household_is_found_by_the_file_number_of_a_protected_member(catalog: Catalog) -> None:
    query = '{ household(residenceFileNumber: "x") { residenceFileNumber address { detail } } }'
    (without,) = plan_of(view_of(catalog), query).fetches()
    assert without.statement.unless == "protected"
    assert {column.unless for column in columns(without)} == {None}, "of a row that is left out nothing is read"
    (half,) = plan_of(view_of(catalog, ["Household.residenceFileNumber"]), query).fetches()
    assert half.statement.unless is None
    assert columns(half) == {
        Column("residence_file_number"),
        *marked("address_country_code", "address_detail"),
        Column("head_personal_id"),
    }


@pytest.mark.parametrize(
    ("special", "scope", "left_out"),
    [
        ((), {}, None),
        ((), {"province": ("79",)}, "protected"),
        (["Citizen.permanentResidence"], {"province": ("79",)}, None),
        (["Citizen.permanentResidence"], {"residence": ("PERMANENT",)}, "protected"),
        (
            ["Citizen.permanentResidence", "Citizen.temporaryResidence", "Citizen.temporaryAbsence"],
            {"residence": ("PERMANENT",), "province": ("79",)},
            None,
        ),
    ],
)
def test_a_row_scope_by_residence_is_a_search_by_it(
    catalog: Catalog, special: list[str], scope: dict[str, tuple[str, ...]], left_out: str | None
) -> None:
    view = view_of(catalog, special, **scope)
    plain = list(
        plan_of(view, f'{{ citizen(personalId: "{ID}") {{ relatives {{ citizen {{ gender }} }} }} }}').fetches()
    )
    (vehicle, *guard) = plan_of(view, '{ vehicle(plate: "x") { make } }').fetches()
    citizens = [node for node in (*plain, *guard) if node.statement.table == "citizen"]
    assert {node.statement.unless for node in citizens} == {left_out}
    assert vehicle.statement.unless is None
    conditions = {
        "province": Condition(("permanent_province_code",), "any"),
        "residence": Condition(("residence_status",), "overlaps"),
    }
    assert citizens[0].statement.conditions[1:] == tuple(conditions[name] for name in scope)
    assert citizens[0].scope == tuple(scope)


def test_whom_a_household_is_noted_with(catalog: Catalog) -> None:
    view = view_of(catalog, ["Household.residenceFileNumber"])
    query = '{ household(residenceFileNumber: "x") { %s } }'

    def noted(below: str) -> list[Column]:
        node, *_ = plan_of(view, query % below).fetches()
        return [node.statement.columns[position] for position in node.subjects]

    assert noted("residenceFileNumber") == [Column("head_personal_id")]
    assert noted("address { detail }") == marked_list("head_personal_id"), "of a protected household nothing is given"
    assert noted("members { personalId }") == []


def marked_list(name: str) -> list[Column]:
    return list(marked(name))
