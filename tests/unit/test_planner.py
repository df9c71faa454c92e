"""Plans by example: what is fetched, by which key, why, and what is refused before anything is fetched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from auth.contract import Limits
from connectors.fetch import Column, Condition, Reference
from graph.catalog import Catalog
from graph.schema import build_schema
from graph.view import View
from resolvers.documents import prepare_document
from resolvers.errors import LimitExceededError, OperationError, ParseError, PlanError, ValidationError
from resolvers.plan import FetchNode, Fixed, Leaf, ObjectShape, Plan
from resolvers.planner import plan_operation
from tests.strategies.contracts import everything, permission_of

ID = "000000000001"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.of(build_schema())


@pytest.fixture(scope="module")
def full(catalog: Catalog) -> View:
    return View.of(catalog, everything(catalog))


@pytest.fixture(scope="module")
def scoped(catalog: Catalog) -> View:
    return View.of(catalog, limited_to(catalog, {"province": ("79",)}))


def limited_to(catalog: Catalog, row_scope: Mapping[str, tuple[str, ...]], limits: Limits | None = None) -> Any:
    contract = replace(everything(catalog).contract, row_scope=row_scope, limits=limits or Limits())
    return contract.permission("P")


def plan_of(view: View, query: str, **switches: bool) -> Plan:
    document = prepare_document(view, query)
    return plan_operation(view, document.operation(None).node, document.fragments, switches)


def columns(node: FetchNode) -> dict[str, tuple[str, ...]]:
    """Each column with its reasons."""
    return {str(use.column): use.reasons for use in node.uses}


def paths(plan: Plan) -> list[str]:
    """The schema paths that are fetched, parents first; one that fetches nothing stands in brackets."""
    return [f"[{'.'.join(n.path)}]" if n.assured else ".".join(n.path) for n in plan.fetches()]


def test_a_look_up_reads_the_columns_it_was_asked_for_and_says_why(full: View) -> None:
    plan = plan_of(full, f'{{ citizen(personalId: "{ID}") {{ gender birthName {{ full }} vehicles {{ plate }} }} }}')
    citizen, vehicles = plan.fetches()
    assert columns(citizen) == {
        "personal_id": ("filter", "join", "audit"),
        "gender": ("output",),
        "birth_full_name": ("output",),
    }
    assert columns(vehicles) == {"ownerPersonalId": ("join", "audit"), "bienSo": ("output",)}
    assert vehicles.statement.conditions == (Condition(("ownerPersonalId",), "any"),)
    assert plan.sources == ("population", "transport")


def test_a_name_of_a_code_is_read_through_its_reference(full: View) -> None:
    query = f'{{ citizen(personalId: "{ID}") {{ ethnicity {{ name }} placeOfOrigin {{ commune {{ name }} }} }} }}'
    (citizen,) = plan_of(full, query).fetches()
    assert set(citizen.statement.columns) == {
        Column("personal_id"),
        Column("ethnicity_code"),
        Column("name", Reference("ethnicity", "ethnicity_code", "code")),
        Column("origin_country_code"),
        Column("origin_commune_code"),
        Column("name", Reference("administrative_unit", "origin_commune_code", "code")),
    }


@pytest.mark.parametrize(
    ("below", "fetched"),
    [
        ("__typename", ["citizen", "[citizen.household]"]),
        ("members { gender: relationToHead }", ["citizen", "[citizen.household]", "citizen.household.members"]),
        ("residenceFileNumber", ["citizen", "citizen.household"]),
        ("head { personalId }", ["citizen", "citizen.household", "citizen.household.head"]),
        ("address { detail }", ["citizen", "citizen.household"]),
    ],
)
def test_a_household_of_which_only_the_key_is_needed_is_not_fetched(full: View, below: str, fetched: list[str]) -> None:
    assert paths(plan_of(full, f'{{ citizen(personalId: "{ID}") {{ household {{ {below} }} }} }}')) == fetched


def test_a_row_scope_is_looked_at_even_where_only_the_key_is_needed(scoped: View) -> None:
    plan = plan_of(scoped, f'{{ citizen(personalId: "{ID}") {{ household {{ members {{ personalId }} }} }} }}')
    assert paths(plan) == ["citizen", "citizen.household", "citizen.household.members"]
    assert [node.statement.conditions[1:] for node in plan.fetches()] == [
        (Condition(("permanent_province_code",), "any"),),
        (Condition(("address_province_code",), "any"),),
        (Condition(("permanent_province_code",), "any"),),
    ]
    assert all(node.scope == ("province",) for node in plan.fetches())


@pytest.mark.parametrize(
    ("root", "guarded"),
    [
        ('vehicle(plate: "x") { make }', True),
        ('degree(number: "x") { title }', True),
        ('healthInsuranceCard(number: "x") { areaCode }', True),
        (f'citizen(personalId: "{ID}") {{ gender }}', False),
        ('household(residenceFileNumber: "x") { residenceFileNumber }', False),
    ],
)
def test_a_record_about_a_citizen_is_guarded_by_the_citizens_scope(
    full: View,
    scoped: View,
    root: str,
    guarded: bool,  # noqa: FBT001 - a column of the table
) -> None:
    (node, *_) = plan_of(scoped, f"{{ {root} }}").fetches()
    assert (node.guard is not None) == guarded
    if node.guard is not None:
        assert (node.guard.statement.source, node.guard.statement.table) == ("population", "citizen")
        assert columns(node.guard) == {"personal_id": ("scope", "audit")}
        assert node.guard.scope == ("province",)
    assert [n for n in plan_of(full, f"{{ {root} }}").fetches() if n.guard is not None] == []


def test_a_row_scope_that_names_nothing_cannot_be_planned(catalog: Catalog) -> None:
    view = View.of(catalog, limited_to(catalog, {"ward": ("1",)}))
    with pytest.raises(PlanError):
        plan_of(view, f'{{ citizen(personalId: "{ID}") {{ gender }} }}')


def test_aliases_of_the_same_selection_have_equal_statements(full: View) -> None:
    query = f"""{{
      a: citizen(personalId: "{ID}") {{ vehicles {{ plate }} }}
      b: citizen(personalId: "000000000002") {{ vehicles {{ plate }} other: vehicles {{ plate }} }}
    }}"""
    plan = plan_of(full, query)
    assert paths(plan) == ["a", "a.vehicles", "b", "b.vehicles", "b.other"]
    statements = [node.statement for node in plan.fetches()]
    assert statements[0] == statements[2]
    assert statements[1] == statements[3] == statements[4]


def test_selections_of_one_response_key_are_merged_in_order_of_first_appearance(full: View) -> None:
    query = f"""
    {{
      citizen(personalId: "{ID}") {{ gender ...F birthName {{ given: givenName }} }}
      citizen(personalId: "{ID}") {{ legacyId9 birthName {{ full }} ... on Citizen {{ gender }} }}
    }}
    fragment F on Citizen {{ birthName {{ familyName }} dateOfBirth }}
    """
    plan = plan_of(full, query)
    (root,) = plan.roots
    assert isinstance(root.shape, ObjectShape)
    assert [key for key, _ in root.shape.fields] == ["gender", "birthName", "dateOfBirth", "legacyId9"]
    (name,) = [shape for key, shape in root.shape.fields if key == "birthName"]
    assert [key for key, _ in name.shape.fields] == ["familyName", "given", "full"]  # type: ignore[union-attr]
    assert len(list(plan.fetches())) == 1


@pytest.mark.parametrize(
    ("directives", "switches", "kept"),
    [
        ("@skip(if: true)", {}, False),
        ("@skip(if: $a)", {"a": False}, True),
        ("@include(if: $a)", {"a": False}, False),
        ("@skip(if: $a) @include(if: $b)", {"a": False, "b": True}, True),
        ("@skip(if: $a) @include(if: $b)", {"a": True, "b": True}, False),
    ],
)
def test_a_selection_that_is_switched_off_is_not_planned(
    full: View,
    directives: str,
    switches: dict[str, bool],
    kept: bool,  # noqa: FBT001 - a column of the table
) -> None:
    declared = ", ".join(f"${name}: Boolean!" for name in switches)
    head = f"query({declared})" if declared else "query"
    plan = plan_of(
        full, f'{head} {{ citizen(personalId: "{ID}") {{ gender vehicles {directives} {{ plate }} }} }}', **switches
    )
    assert plan.sources == (("population", "transport") if kept else ("population",))
    assert ("Vehicle.plate" in plan.requested) == kept


def test_in_null_mode_a_denied_path_is_planned_as_null_and_not_read(catalog: Catalog) -> None:
    permission = permission_of(
        readable=["Citizen.gender", "Citizen.vehicles", "Vehicle.make"],
        filterable=["Citizen.personalId"],
        services=["citizen"],
        unpermitted="null",
    )
    query = (
        f'{{ citizen(personalId: "{ID}") {{ gender legacyId9 vehicles {{ plate make }} encounters {{ number }} }} }}'
    )
    plan = plan_of(View.of(catalog, permission), query)
    assert [denial.path for denial in plan.denials] == [
        ("citizen", "legacyId9"),
        ("citizen", "vehicles", "plate"),
        ("citizen", "encounters"),
    ]
    assert set(plan.denied) == {"Citizen.legacyId9", "Vehicle.plate", "Citizen.encounters"}
    assert "Encounter.number" not in plan.requested
    assert plan.sources == ("population", "transport")
    assert [column for node in plan.fetches() for column in columns(node) if column in {"legacy_id9", "bienSo"}] == []
    (root,) = plan.roots
    assert isinstance(root.shape, ObjectShape)
    kinds = {key: type(shape) for key, shape in root.shape.fields}
    assert kinds["legacyId9"] is Fixed
    assert kinds["gender"] is Leaf


def test_a_join_key_is_read_without_a_grant_and_only_to_join(catalog: Catalog) -> None:
    permission = permission_of(
        readable=["Vehicle.owner", "Citizen.gender"], filterable=["Vehicle.plate"], services=["vehicle"]
    )
    vehicle, owner = plan_of(View.of(catalog, permission), '{ vehicle(plate: "x") { owner { gender } } }').fetches()
    assert columns(vehicle) == {"bienSo": ("filter",), "ownerPersonalId": ("join", "audit")}
    assert columns(owner) == {"personal_id": ("join", "audit"), "gender": ("output",)}


@pytest.mark.parametrize(
    ("limits", "query", "limit"),
    [
        (Limits(depth=2), f'{{ citizen(personalId: "{ID}") {{ vehicles {{ owner {{ gender }} }} }} }}', "depth"),
        (Limits(depth=3), f'{{ citizen(personalId: "{ID}") {{ vehicles {{ owner {{ gender }} }} }} }}', None),
        (Limits(fields=3), f'{{ citizen(personalId: "{ID}") {{ gender legacyId9 dateOfBirth }} }}', "fields"),
        (Limits(fields=4), f'{{ citizen(personalId: "{ID}") {{ gender legacyId9 dateOfBirth }} }}', None),
        (Limits(fields=2), "{ a: __typename b: __typename c: __typename }", "fields"),
        (Limits(tokens=5), "{ a: __typename b: __typename }", "tokens"),
    ],
)
def test_limits_of_the_contract_bound_an_operation(
    catalog: Catalog, limits: Limits, query: str, limit: str | None
) -> None:
    view = View.of(catalog, limited_to(catalog, {}, limits))
    if limit is None:
        assert plan_of(view, query).roots
        return
    with pytest.raises(LimitExceededError) as caught:
        plan_of(view, query)
    assert caught.value.details["limit"] == limit
    assert caught.value.code == "LIMIT_EXCEEDED"


@pytest.mark.parametrize(
    ("query", "error", "message"),
    [
        ('{ citizen(personalId: "12") { gender } }', ValidationError, "exactly 12 digits"),
        ("{ citizen(personalId: 12) { gender } }", ValidationError, "exactly 12 digits"),
        ('{ citizens(personalIds: ["1"]) { gender } }', ValidationError, "exactly 12 digits"),
        ("{ citizen { gender } }", ValidationError, "personalId"),
        (
            f'{{ verifyCitizen(personalId: "{ID}", fullName: "A", dateOfBirth: "1990-02-30") {{ matches }} }}',
            ValidationError,
            "exists in the calendar",
        ),
        ('{ searchCitizens(filter: {name: "A"}, first: "3") { edges { cursor } } }', ValidationError, "Int"),
        ("{ citizen", ParseError, "Syntax Error"),
        ("query A { viewer { client } } query B { viewer { client } }", OperationError, None),
        ("mutation { viewer { client } }", ValidationError, None),
    ],
)
def test_what_cannot_be_asked_is_refused_before_it_is_planned(
    full: View, query: str, error: type[Exception], message: str | None
) -> None:
    with pytest.raises(error) as caught:
        plan_of(full, query)
    details: Any = getattr(caught.value, "details", {})
    if message is not None:
        assert message in "".join(fault["message"] for fault in details["errors"])


def test_a_plan_holds_no_value_of_a_variable(full: View) -> None:
    query = "query($id: PersonalId!) { citizen(personalId: $id) { gender } }"
    (root,) = plan_of(full, query).roots
    assert root.arguments is None
