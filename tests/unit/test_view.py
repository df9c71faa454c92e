"""What a contract does not permit does not exist in its view: not in the SDL, not in introspection, not in an error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import orjson
import pytest
from graphql import (
    DirectiveLocation,
    ExecutionResult,
    GraphQLObjectType,
    GraphQLSchema,
    Visitor,
    execute_sync,
    get_introspection_query,
    get_named_type,
    is_object_type,
    parse,
    print_schema,
    visit,
)

from auth.contract import Unpermitted
from graph.catalog import Catalog
from graph.homes import Lookup, Report, Verify
from graph.schema import build_schema
from graph.view import View
from resolvers.documents import prepare_document
from resolvers.errors import ValidationError
from tests.strategies.contracts import everything, permission_of, random_permission

VIEWS = 60
LOCATIONS = {location.name for location in DirectiveLocation}
SEARCH = {"services": ["searchCitizens"], "readable": ["Citizen.gender"]}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.of(build_schema())


@pytest.fixture(scope="module")
def views(catalog: Catalog) -> list[View]:
    """Random views that hide."""
    permissions = (random_permission(catalog, Random(seed)) for seed in range(VIEWS * 3))
    hiding = [p for p in permissions if p.contract.unpermitted == "hide"]
    return [View.of(catalog, permission) for permission in hiding[:VIEWS]]


def visible_coordinates(catalog: Catalog, view: View) -> set[str]:
    """The readable coordinates, less objects with nothing visible in them; written as the rule says it."""
    visible = set(view.permission.readable)
    while True:
        empty = {
            coordinate
            for coordinate in visible
            for target in [target_of(catalog.schema, coordinate)]
            if is_object_type(target) and not any(f"{target.name}.{name}" in visible for name in target.fields)
        }
        if not empty:
            return visible
        visible -= empty


def target_of(schema: GraphQLSchema, coordinate: str) -> Any:
    type_name, name = coordinate.split(".")
    owner = schema.type_map[type_name]
    assert isinstance(owner, GraphQLObjectType)
    return get_named_type(owner.fields[name].type)


def expected_roots(catalog: Catalog, view: View) -> set[str]:
    """The services whose arguments are granted, whose rows can be limited and whose answer has something in it."""
    visible, usable = visible_coordinates(catalog, view), view.permission.filterable
    contract = view.permission.contract
    roots: set[str] = set()
    for name, home in catalog.roots.items():
        if isinstance(home, Report):
            roots.add(name)
            continue
        target = target_of(catalog.schema, f"Query.{name}").name if isinstance(home, Lookup) else home.entity
        answerable = isinstance(home, Verify) or any(c.startswith(f"{target}.") for c in visible)
        if isinstance(home, Lookup):
            granted = catalog.lookup_grants[name] in usable
        elif isinstance(home, Verify):
            granted = all(criterion.field in usable for criterion in home.criteria.values())
        else:
            granted = any(c.field in usable for c in home.criteria.values())
        scope = catalog.entities[target].scope or contract.row_scope
        limited = all(scope[limit] is not None for limit in contract.row_scope)
        if name in contract.services and granted and answerable and limited:
            roots.add(name)
    return roots


def names_in(text: str) -> set[str]:
    """Every name of an SDL text."""
    names: set[str] = set()

    class Finder(Visitor):
        def enter_name(self, node: Any, *_: object) -> None:
            names.add(node.value)

    visit(parse(text), Finder())
    return names


def coordinates_in(introspection: dict[str, Any]) -> set[str]:
    return {
        f"{type_['name']}.{field['name']}"
        for type_ in introspection["__schema"]["types"]
        if not type_["name"].startswith("__")
        for field in type_["fields"] or ()
    }


def introspect(schema: GraphQLSchema) -> dict[str, Any]:
    result = execute_sync(schema, parse(get_introspection_query()))
    assert isinstance(result, ExecutionResult)
    assert result.data is not None
    return result.data


def test_the_view_shows_what_is_permitted_and_reachable_and_nothing_else(catalog: Catalog, views: list[View]) -> None:
    for view in views:
        shown = coordinates_in(introspect(view.schema))
        governed = {coordinate for coordinate in shown if coordinate in catalog.homes}
        assert {c.removeprefix("Query.") for c in shown if c.startswith("Query.")} == expected_roots(catalog, view)
        assert governed <= visible_coordinates(catalog, view)
        owners = {coordinate.split(".")[0] for coordinate in governed}
        assert governed == {c for c in visible_coordinates(catalog, view) if c.split(".")[0] in owners}


def test_what_a_view_permits_is_what_the_contract_grants(catalog: Catalog) -> None:
    for seed in range(VIEWS):
        view = View.of(catalog, random_permission(catalog, Random(seed)))
        visible, roots = visible_coordinates(catalog, view), expected_roots(catalog, view)
        assert {c for c in catalog.coordinates() if view.permits(*c.split("."))} == visible
        assert {root for root in catalog.roots if view.permits("Query", root)} == roots
        assert {c for c in catalog.coordinates() if view.filterable(c)} == view.permission.filterable


def test_sdl_and_introspection_name_nothing_else(catalog: Catalog, views: list[View]) -> None:
    everywhere = names_in(View.of(catalog, everything(catalog)).sdl)
    for view in views:
        shown = introspect(view.schema)
        hidden = everywhere - names_in(print_schema(view.schema))
        assert not hidden & names_in(view.sdl) - {"source", "personalData"}
        types = [type_ for type_ in shown["__schema"]["types"] if not type_["name"].startswith("__")]
        directives = [d for d in shown["__schema"]["directives"] if d["name"] in {"source", "personalData"}]
        strings = {*strings_in(types), *strings_in(directives)} - LOCATIONS
        assert sorted(hidden & strings) == []


def strings_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, below in value.items():
            if name != "description":
                yield from strings_in(below)
    elif isinstance(value, list):
        for item in value:
            yield from strings_in(item)
    elif isinstance(value, str):
        yield value


def test_descriptions_name_no_hidden_field(catalog: Catalog) -> None:
    """With next to nothing permitted, no word of the SDL is the name of a field, argument or type that is hidden."""
    full = View.of(catalog, everything(catalog))
    least = View.of(catalog, permission_of(readable=["Citizen.gender"]))
    hidden = names_in(full.sdl) - names_in(least.sdl)
    compound = {name for name in hidden if re.search(r"[a-z][A-Z]", name)}  # a plain word is not given away by prose
    assert sorted(compound & set(re.findall(r"\w+", least.sdl))) == []


def test_the_view_of_everything_is_the_full_schema(catalog: Catalog) -> None:
    view = View.of(catalog, everything(catalog))
    assert print_schema(view.schema) == print_schema(catalog.schema)
    assert introspect(view.schema) == introspect(catalog.schema)
    assert not [name for name in catalog.duties if name in view.sdl]


@pytest.mark.parametrize("unpermitted", ["hide", "null"])
def test_with_every_duty_it_is_all_that_is_declared(catalog: Catalog, unpermitted: Unpermitted) -> None:
    contract = everything(catalog, unpermitted=unpermitted).contract
    view = View.of(catalog, replace(contract, services=contract.services | set(catalog.duties)).permission("P"))
    assert sorted(view.sdl.splitlines()) == sorted(catalog.declared.as_str().splitlines())
    assert not view.permits("Query", "reportDataError")
    assert view.permits("Mutation", "reportDataError")


def test_a_duty_about_a_citizen_needs_the_grant_of_a_look_up(catalog: Catalog) -> None:
    view = View.of(catalog, permission_of(readable=["Citizen.gender"], services=["reportDataError", "requestSupport"]))
    assert view.duties == {"requestSupport"}


def test_null_mode_shows_the_full_schema_whatever_is_permitted(catalog: Catalog) -> None:
    view = View.of(catalog, permission_of(readable=["Citizen.gender"], unpermitted="null"))
    assert view.schema is catalog.schema
    assert not view.permits("Citizen", "bloodGroup")
    assert not view.permits("Query", "citizen")


def refusal(view: View, query: str) -> bytes:
    """The validation errors of a query, as they reach a client."""
    with pytest.raises(ValidationError) as caught:
        prepare_document(view, query)
    return orjson.dumps([caught.value.message, caught.value.details])


def probes(catalog: Catalog, view: View) -> Iterator[tuple[str, str]]:
    """(hidden name, query with `%s` for the name) wherever a name can stand."""
    shown = view.schema.type_map
    for coordinate in catalog.homes:
        type_name, name = coordinate.split(".")
        owner = shown.get(type_name)
        if isinstance(owner, GraphQLObjectType) and name not in owner.fields:
            yield name, f"{{ viewer {{ client }} ...F }} fragment F on {type_name} {{ %s }}"
            yield name, f"{{ ...F }} fragment F on {type_name} {{ x: %s(a: 1) {{ y ... on {type_name} {{ %s }} }} }}"
    for type_name in catalog.schema.type_map.keys() - shown.keys():
        yield type_name, "{ viewer { ... on %s { client } } }"
        yield type_name, "query($v: [%s!]!) { viewer { client } a: viewer @include(if: $v) { client } }"
    for root in catalog.roots.keys() - view.roots:
        yield root, '{ %s(personalId: "000000000001", filter: {}) { personalId } }'
        yield root, "{ viewer { client } a: %s }"
    yield from search_probes(catalog, view)


def search_probes(catalog: Catalog, view: View) -> Iterator[tuple[str, str]]:
    if "searchCitizens" not in view.roots:
        return
    for type_name, template in (
        ("CitizenFilter", "{ searchCitizens(filter: {%s: null}) { edges { cursor } } }"),
        ("CitizenOrder", '{ searchCitizens(filter: {name: ""}, orderBy: %s) { edges { cursor } } }'),
    ):
        full: Any = catalog.schema.type_map[type_name]
        kept: Any = view.schema.type_map.get(type_name)
        members = full.fields if type_name == "CitizenFilter" else full.values
        shown = {} if kept is None else kept.fields if type_name == "CitizenFilter" else kept.values
        for name in members.keys() - shown.keys():
            yield name, template
    if "CitizenOrder" not in view.schema.type_map:
        yield "orderBy", "{ searchCitizens(filter: {}, %s: null) { edges { cursor } } }"


def test_a_hidden_name_is_refused_like_a_name_that_never_was(catalog: Catalog, views: list[View]) -> None:
    seen = 0
    for view in views[:12]:
        for name, template in probes(catalog, view):
            never = ("Z" if name[0].isupper() else "z") + "q" * (len(name) - 1)
            hidden = refusal(view, template.replace("%s", name))
            assert hidden == refusal(view, template.replace("%s", never)).replace(never.encode(), name.encode())
            assert b"Did you mean" not in hidden
            seen += 1
    assert seen > 500


def test_a_hidden_type_is_unknown_to_introspection(catalog: Catalog, views: list[View]) -> None:
    for view in views:
        for type_name in sorted(catalog.schema.type_map.keys() - view.schema.type_map.keys()):
            result = execute_sync(view.schema, parse(f'{{ __type(name: "{type_name}") {{ name }} }}'))
            assert result == ExecutionResult({"__type": None}, None)


@pytest.mark.parametrize(
    ("filterable", "criteria", "orders"),
    [
        (["Citizen.birthName"], {"name"}, {"NAME"}),
        (["Citizen.dateOfBirth"], {"dateOfBirth"}, {"DATE_OF_BIRTH"}),
        (["Citizen.permanentResidence"], {"provinceCode"}, None),
        (["Citizen.birthName", "Citizen.dateOfBirth"], {"name", "dateOfBirth"}, {"NAME", "DATE_OF_BIRTH"}),
        (["Citizen.personalId", "Citizen.gender"], None, None),
    ],
)
def test_arguments_follow_filterable_grants(
    catalog: Catalog, filterable: list[str], criteria: set[str] | None, orders: set[str] | None
) -> None:
    view = View.of(catalog, permission_of(filterable=filterable, **SEARCH))  # type: ignore[arg-type]
    assert ("searchCitizens" in view.roots) == (criteria is not None)
    if criteria is None:
        return
    types: Any = view.schema.type_map
    query: Any = view.schema.query_type
    assert set(types["CitizenFilter"].fields) == criteria
    assert ("orderBy" in query.fields["searchCitizens"].args) == (orders is not None)
    assert (set(types["CitizenOrder"].values) if "CitizenOrder" in types else None) == orders


def test_reading_a_field_does_not_permit_to_search_by_it(catalog: Catalog) -> None:
    coordinates = frozenset(catalog.coordinates())
    view = View.of(catalog, permission_of(readable=coordinates, services=catalog.roots))
    assert view.roots == {"viewer"}


def test_an_object_without_a_permitted_field_is_not_there(catalog: Catalog) -> None:
    view = View.of(
        catalog,
        permission_of(
            readable=[
                "Citizen.birthName",
                "Citizen.gender",
                "Citizen.household",
                "Household.address",
                "Address.province",
            ],
            filterable=["Citizen.personalId"],
            services=["citizen"],
        ),
    )
    citizen: Any = view.schema.type_map["Citizen"]
    assert set(citizen.fields) == {"gender"}
    assert not view.permits("Citizen", "household")
