"""Names: which ones a contract lets its client see, found from its grants and the declarations, not from the view."""

from __future__ import annotations

import re
from typing import Any

from graphql import (
    GraphQLSchema,
    build_schema,
    get_named_type,
    introspection_from_schema,
    is_enum_type,
    is_input_object_type,
    is_object_type,
)

from auth.contract import Permission
from graph.catalog import Catalog
from graph.homes import Embedded, Report, Search, Stored

__all__ = ["hidden_names", "names_of", "permitted_names", "words_of"]

_WORD = re.compile(r"[A-Za-z_][0-9A-Za-z_]*(?:\.[A-Za-z_][0-9A-Za-z_]*)*")
# Words of HTTP, JSON and traces that are names of the schema as well, and so tell nothing.
_ORDINARY = {"address", "code", "codes", "contract", "data", "errors", "extensions", "from", "lot", "number", "path"}
_ORDINARY |= {"source", "status"}
# Elements that no field names: keys, sort keys, flags.
_INSIDE = {"name_key", "name_sort", "registered_no", "household_id", "relative_no", "card_id", "SO_CCCD", "haiBen"}
_INSIDE |= {"residence_status"}


def words_of(text: str) -> set[str]:
    """The identifiers in a text, dotted ones whole and in parts."""
    found = set(_WORD.findall(text))
    return found | {part for word in found for part in word.split(".")}


def names_of(schema: GraphQLSchema) -> set[str]:
    """Every identifier of a schema: types, fields, arguments, input fields, enum values."""
    return {name for type_ in schema.type_map.values() for name in _names(type_)}


def _names(type_: Any) -> set[str]:
    """A type's name and those of its members; nothing of the types that GraphQL has for itself."""
    if type_.name.startswith("__"):
        return set()
    names = {type_.name}
    if is_object_type(type_):
        names |= set(type_.fields) | {argument for field in type_.fields.values() for argument in field.args}
    elif is_input_object_type(type_):
        names |= set(type_.fields)
    elif is_enum_type(type_):
        names |= set(type_.values)
    return names


def permitted_names(catalog: Catalog, permission: Permission) -> set[str]:
    """The identifiers that a contract names or leads to. More than a view may show, as it may lead nowhere."""
    types: Any = catalog.schema.type_map
    granted = permission.readable | permission.filterable | permission.protected
    named = {part for coordinate in granted for part in coordinate.split(".")} | permission.contract.services
    for coordinate in permission.readable:
        owner, name = coordinate.split(".")
        target = get_named_type(types[owner].fields[name].type)
        if not is_object_type(target):
            named |= _names(target)
    for directive in catalog.schema.directives:  # what they take is the same for everybody
        named |= {name for given in directive.args.values() for name in _names(get_named_type(given.type))}
    for root, home in catalog.roots.items():
        if isinstance(home, Report) or root in permission.contract.services:
            named |= _names_of_root(catalog, permission, root)
    return named


def _names_of_root(catalog: Catalog, permission: Permission, root: str) -> set[str]:
    home, definition = catalog.roots[root], catalog.schema.query_type.fields[root]  # type: ignore[union-attr]
    named = {root}
    for argument, given in definition.args.items():
        type_ = get_named_type(given.type)
        used = {}
        if isinstance(home, Search):
            used = {name: criterion.field for name, criterion in home.criteria.items()} if argument == "filter" else {}
            used |= {name: field for name, (_, field) in home.orders.items()} if argument == "orderBy" else {}
        hidden = {name for name, field in used.items() if field not in permission.filterable}
        if not used or hidden != set(used):
            named |= {argument, *_names(type_)} - hidden
            inner = [t for n, t in getattr(type_, "fields", {}).items() if n not in hidden]
            named |= {name for field in inner for name in _names(get_named_type(field.type))}
    queue: list[Any] = [get_named_type(definition.type)]
    seen: set[str] = set()
    while queue:  # pages, verifications, the viewer: what is no entity is shown whole
        type_ = queue.pop()
        if type_.name not in seen | set(catalog.entities):
            seen.add(type_.name)
            named |= _names(type_)
            queue += [get_named_type(field.type) for field in getattr(type_, "fields", {}).values()]
    return named


def hidden_names(catalog: Catalog, permission: Permission) -> set[str]:
    """The names that a client must not learn: identifiers that are not permitted, columns of unreadable fields."""
    permitted = permitted_names(catalog, permission) | _GRAPHQL | _ORDINARY
    shown: set[str] = set()
    names = names_of(catalog.schema) | _INSIDE
    for coordinate, home in catalog.homes.items():
        elements = {home.element} if isinstance(home, Stored) else set()
        elements |= {home.prefix} if isinstance(home, Embedded) else set()
        if coordinate in permission.readable:
            shown |= elements
        else:
            names |= elements
    return {name for name in names - permitted - shown if len(name) > 2}


# What GraphQL itself says to anybody: its introspection with all descriptions.
_GRAPHQL = words_of(str(introspection_from_schema(build_schema("type Query { a: Int }"))))
