"""Documents that reach far: every field below a type, and the way to any type."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import GraphQLObjectType, GraphQLSchema, get_named_type, is_object_type

from graph.catalog import Catalog
from graph.homes import Linked
from graph.view import View

__all__ = ["everything_below", "hidden_fields", "ways"]

# How each root is called that leads to rows; NUMBER stands for a person's number.
ROOTS = {
    "citizen": 'citizen(personalId:"NUMBER")',
    "vehicle": 'vehicle(plate:"x")',
    "searchCitizens": 'searchCitizens(filter:{name:"x"})',
    "verifyCitizen": 'verifyCitizen(personalId:"NUMBER",fullName:"x",dateOfBirth:"1990")',
}


def everything_below(catalog: Catalog, schema: GraphQLSchema, type_name: str, links: int) -> str:
    """A selection of every field of a type, following at most so many links to rows of other types."""
    type_ = schema.type_map[type_name]
    assert isinstance(type_, GraphQLObjectType)
    parts = []
    for name, definition in type_.fields.items():
        target = get_named_type(definition.type)
        if not is_object_type(target):
            parts.append(name)
            continue
        left = links - isinstance(catalog.homes.get(f"{type_name}.{name}"), Linked)
        if left >= 0:
            parts.append(f"{name}{everything_below(catalog, schema, target.name, left)}")
    return "{" + " ".join(parts) + "}"


def ways(view: View) -> dict[str, str]:
    """The shortest document to each type that a view shows, with SELECTION where its fields go."""
    query = view.schema.query_type
    assert query is not None
    found = {"Query": "{SELECTION}"}
    queue: list[tuple[GraphQLObjectType, str]] = [(query, "{SELECTION}")]
    for type_, document in queue:
        for name, definition in type_.fields.items():
            target = get_named_type(definition.type)
            if is_object_type(target) and target.name not in found and (type_ is not query or name in ROOTS):
                field = ROOTS[name] if type_ is query else name
                found[target.name] = document.replace("SELECTION", f"{field}{{SELECTION}}")
                queue.append((target, found[target.name]))
    return found


def hidden_fields(view: View) -> Iterator[tuple[str, str]]:
    """Each field that a contract does not permit, of every type that its view shows: the way to it, and its name."""
    for type_name, document in ways(view).items():
        whole, shown = view.catalog.schema.type_map[type_name], view.schema.type_map[type_name]
        assert isinstance(whole, GraphQLObjectType)
        assert isinstance(shown, GraphQLObjectType)
        for name in whole.fields:
            coordinate = f"{type_name}.{name}"
            granted = coordinate in view.permission.readable  # by the contract itself, whatever the view shows
            if not granted if coordinate in view.catalog.homes else name not in shown.fields:
                yield document, name
