"""The data dictionary: every field that a contract may grant, as people read it, in the order of the schema."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphql import GraphQLField, GraphQLObjectType, get_named_type, is_object_type

from graph.catalog import Catalog
from graph.fields import PersonalData, SourceDirective
from graph.homes import Linked

__all__ = ["Entry", "Kind", "dictionary_of"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A field: its description, the type it answers with, the database it comes from if its type has one of its own.

    `opens` names the type whose fields are asked for below it; a leaf has none.
    """

    coordinate: str
    description: str
    type: str
    database: str | None
    opens: str | None
    sensitive: bool
    third_party: bool
    shielded: bool


@dataclass(frozen=True, slots=True)
class Kind:
    """A type with its fields. A value type, which is part of other types' rows, has no database."""

    name: str
    description: str
    database: str | None
    entries: Sequence[Entry]


def dictionary_of(catalog: Catalog) -> list[Kind]:
    """Every type with fields that a contract may grant: the citizen first, then by database, value types last."""
    names = list(dict.fromkeys(coordinate.partition(".")[0] for coordinate in catalog.homes))
    kinds = [_kind(catalog, name) for name in names]
    return sorted(kinds, key=lambda kind: (kind.name != "Citizen", kind.database is None))


def _kind(catalog: Catalog, name: str) -> Kind:
    type_ = catalog.schema.type_map[name]
    assert isinstance(type_, GraphQLObjectType)
    entity = catalog.entities.get(name)
    database = None if entity is None else entity.source
    return Kind(
        name,
        type_.description or "",
        database,
        [
            _entry(catalog, f"{name}.{field_name}", field, database)
            for field_name, field in type_.fields.items()
            if f"{name}.{field_name}" in catalog.homes
        ],
    )


def _entry(catalog: Catalog, coordinate: str, field: GraphQLField, database: str | None) -> Entry:
    target = get_named_type(field.type)
    directives = field.extensions["strawberry-definition"].directives
    personal = next(directive for directive in directives if isinstance(directive, PersonalData))
    named = next((directive.database for directive in directives if isinstance(directive, SourceDirective)), database)
    linked = catalog.homes[coordinate]
    return Entry(
        coordinate=coordinate,
        description=field.description or "",
        type=str(field.type),
        database=catalog.entities[target.name].source if isinstance(linked, Linked) else named,
        opens=target.name if is_object_type(target) else None,
        sensitive=coordinate in catalog.sensitive,
        third_party=personal.third_party,
        shielded=coordinate in catalog.shielded,
    )
