"""A field as people are told of it: its term, its personal-data class, where it comes from and which codes it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar, cast

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLObjectType,
    get_named_type,
    is_enum_type,
    is_object_type,
)

from graph.catalog import Catalog
from graph.fields import PersonalData, SourceDirective
from graph.homes import CODE_LIST, Embedded, Linked, Stored

__all__ = [
    "Description",
    "describe",
    "english",
    "enum_of",
    "leads_to",
    "sources_of",
    "term_of_type",
    "vietnamese",
]

T = TypeVar("T")

_TERM_ENDS = re.compile(r" \(|;|: | - ")
_CAPITALS = re.compile("[A-Z]")


@dataclass(frozen=True, slots=True)
class Description:
    """What is declared of a field.

    `term` is the Vietnamese one, `english` says the same; `note` is the whole description. `sources` are the databases
    that its values come from, several for a part of objects that several keep; `codes` names the enum or the reference
    table that says what its values mean, and is empty when none does.
    """

    coordinate: str
    term: str
    english: str
    note: str
    type: str
    sensitive: bool
    third_party: bool
    shielded: bool
    sources: tuple[str, ...]
    codes: str


def describe(catalog: Catalog, coordinate: str) -> Description:
    """The description of one of the catalog's coordinates."""
    definition = _definition(catalog, coordinate)
    personal = _directive(definition, PersonalData)
    assert personal is not None
    return Description(
        coordinate=coordinate,
        term=vietnamese(definition.description or ""),
        english=english(coordinate.partition(".")[2]),
        note=definition.description or "",
        type=str(definition.type),
        sensitive=coordinate in catalog.sensitive,
        third_party=personal.third_party,
        shielded=coordinate in catalog.shielded,
        sources=sources_of(catalog, coordinate),
        codes=_codes(catalog, coordinate, definition),
    )


def sources_of(catalog: Catalog, coordinate: str) -> tuple[str, ...]:
    """The databases that hold a field's values, sorted: of the entities in whose rows it lies, or of what it opens."""
    home, definition = catalog.homes[coordinate], _definition(catalog, coordinate)
    if isinstance(home, Linked):
        return (catalog.entities[get_named_type(definition.type).name].source,)
    directive = _directive(definition, SourceDirective)
    if directive is not None:
        return (directive.database,)
    return tuple(sorted({catalog.entities[name].source for name in _keepers(catalog, coordinate.partition(".")[0])}))


def vietnamese(description: str) -> str:
    """The Vietnamese term at the beginning of a description: what stands before its English, its item or its notes."""
    return _TERM_ENDS.split(description, maxsplit=1)[0].strip().rstrip(".")


def english(name: str) -> str:
    """The name of a field or type in words."""
    return _CAPITALS.sub(lambda found: f" {found[0].lower()}", name).strip()


def term_of_type(catalog: Catalog, type_name: str) -> str:
    """The Vietnamese term of a type."""
    return vietnamese(catalog.schema.type_map[type_name].description or "")


def leads_to(catalog: Catalog, coordinate: str) -> str | None:
    """The type of the objects that a field opens; None for a leaf."""
    target = get_named_type(_definition(catalog, coordinate).type)
    return target.name if is_object_type(target) else None


def enum_of(catalog: Catalog, coordinate: str) -> GraphQLEnumType | None:
    """The closed code list of a field's values, or None."""
    target = get_named_type(_definition(catalog, coordinate).type)
    return target if is_enum_type(target) else None


def _definition(catalog: Catalog, coordinate: str) -> GraphQLField:
    type_name, field_name = coordinate.split(".")
    owner = cast("GraphQLObjectType", catalog.schema.type_map[type_name])
    return cast("GraphQLField", owner.fields[field_name])


def _directive(definition: GraphQLField, kind: type[T]) -> T | None:
    directives = definition.extensions["strawberry-definition"].directives
    return next((directive for directive in directives if isinstance(directive, kind)), None)


def _keepers(catalog: Catalog, type_name: str) -> Iterator[str]:
    """The entities in whose rows the objects of a type lie: itself, or those that embed it, however deep."""
    if type_name in catalog.entities:
        yield type_name
        return
    for coordinate, home in catalog.homes.items():
        if isinstance(home, Embedded) and leads_to(catalog, coordinate) == type_name:
            yield from _keepers(catalog, coordinate.partition(".")[0])


def _codes(catalog: Catalog, coordinate: str, definition: GraphQLField) -> str:
    target, home = get_named_type(definition.type), catalog.homes[coordinate]
    if is_enum_type(target):
        return target.name
    if isinstance(home, Embedded):
        return home.code_list or ""
    if isinstance(home, Stored) and home.reference is not None and home.reference.remote == "code":
        return "" if home.reference.table == CODE_LIST else home.reference.table
    return ""
