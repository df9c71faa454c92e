"""Where each field lives, read from the declarations and checked once at start-up.

The catalog is the planner's map: type and field name -> home. A schema whose declarations do not add up
does not start: `Catalog.of` reports every fault at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_enum_type,
    is_leaf_type,
    is_object_type,
)

from errors import LienthongError
from graph import codecs
from graph.codecs import Codec
from graph.fields import PersonalData, PersonalDataClass
from graph.homes import Duty, Embedded, Entity, Linked, Lookup, Report, Search, Stored, Verify
from graph.scopes import ROW_SCOPES

__all__ = ["Catalog", "CatalogError", "DutyRoot", "Home", "Root"]

Home = Stored | Embedded | Linked
Root = Lookup | Search | Verify | Report

_CODECS: Mapping[str, Codec] = {
    "String": codecs.text,
    "PersonalId": codecs.text,
    "Int": codecs.amount,
    "Boolean": codecs.boolean,
    "Date": codecs.iso_date,
    "PartialDate": codecs.partial_date,
}


class CatalogError(LienthongError):
    """the declarations of the schema do not add up"""


@dataclass(frozen=True)
class DutyRoot:
    """A field of `Query` or `Mutation` that the process answers."""

    type_name: str
    home: Duty
    definition: GraphQLField


@dataclass(frozen=True)
class Catalog:
    """The schema of all data with the home of every field, and apart from it the duties.

    `schema` has no duty in it, and `full` all of them: a view adds those that its contract names.
    `entities` are the types with rows of their own; `homes` maps `Type.field` to its home; `roots` maps the
    fields of `Query`; `codecs` maps each stored leaf to its decoder. `shielded` coordinates give nothing of a protected
    person to a contract without a special grant.
    """

    full: GraphQLSchema
    schema: GraphQLSchema
    declared: strawberry.Schema
    entities: Mapping[str, Entity]
    homes: Mapping[str, Home]
    roots: Mapping[str, Root]
    codecs: Mapping[str, Codec]
    sensitive: frozenset[str]
    shielded: frozenset[str]
    lookup_grants: Mapping[str, str]
    duties: Mapping[str, DutyRoot]

    @classmethod
    def of(cls, declared: strawberry.Schema) -> Catalog:
        """Read the declarations. Raises `CatalogError` that names every fault."""
        return _Reader(declared).read()

    @property
    def sources(self) -> frozenset[str]:
        """The names of all databases."""
        return frozenset(entity.source for entity in self.entities.values())

    def coordinates(self) -> Iterator[str]:
        """Every coordinate that a contract may grant."""
        return iter(self.homes)

    def required_grants(self, root: str) -> frozenset[str]:
        """The coordinates that must be filterable for a root to exist at all: those that it always compares."""
        home = self.roots[root]
        if isinstance(home, Lookup):
            return frozenset({self.lookup_grants[root]})
        if isinstance(home, Verify):
            return frozenset(criterion.field for criterion in home.criteria.values())
        return frozenset()

    def entity_of(self, root: str) -> str:
        """The entity that a look-up, search or verification finds."""
        home, query = self.roots[root], self.schema.query_type
        if isinstance(home, Search | Verify):
            return home.entity
        assert query is not None
        name: str = get_named_type(query.fields[root].type).name
        return name

    def limits(self, root: str, scope: str) -> bool:
        """Whether a row scope says which rows of a root a client may see: of its entity, or of those about citizens."""
        if root in self.duties or isinstance(self.roots[root], Report):
            return True
        entity = self.entities[self.entity_of(root)]
        return entity.subject is not None if entity.scope is None else entity.scope.get(scope) is not None


class _Reader:
    def __init__(self, declared: strawberry.Schema) -> None:
        self.declared = declared
        self.full: GraphQLSchema = declared._schema  # noqa: SLF001 - Strawberry gives no other way to graphql-core
        self.duties = dict(_duties(self.full))
        self.schema = _without(self.full, frozenset(self.duties))
        self.faults: list[str] = []
        self.entities: dict[str, Entity] = {}
        self.homes: dict[str, Home] = {}
        self.roots: dict[str, Root] = {}
        self.codecs: dict[str, Codec] = {}
        self.sensitive: set[str] = set()
        self.shielded: set[str] = set()
        self.lookup_grants: dict[str, str] = {}

    def read(self) -> Catalog:
        types = [t for t in self.schema.type_map.values() if is_object_type(t) and not t.name.startswith("__")]
        for type_ in types:
            entity = getattr(_definition(type_).origin, "__entity__", None)
            if entity is not None:
                self.entities[type_.name] = entity
        self._read_roots()
        plain = {"Query"} | self._plain_types()
        for type_ in types:
            if type_.name not in plain:
                self._read_type(type_)
        self._check_lookups()
        for name, entity in self.entities.items():
            self._check_scope(name, entity)
        if self.faults:
            raise CatalogError("the schema's declarations do not add up:\n- " + "\n- ".join(self.faults))
        return Catalog(
            full=self.full,
            schema=self.schema,
            declared=self.declared,
            entities=self.entities,
            homes=self.homes,
            roots=self.roots,
            codecs=self.codecs,
            sensitive=frozenset(self.sensitive),
            shielded=frozenset(self.shielded),
            lookup_grants=self.lookup_grants,
            duties=self.duties,
        )

    def _read_roots(self) -> None:
        query = self.schema.query_type
        for name, field in (query.fields if query else {}).items():
            home = _home(field)
            if isinstance(home, Lookup | Search | Verify | Report):
                self.roots[name] = home
            else:
                self.faults.append(f"`Query.{name}` is neither lookup, search, verify nor report")

    def _plain_types(self) -> set[str]:
        """The types that roots other than look-ups answer with: connections, verifications, the viewer."""
        query = self.schema.query_type
        plain: set[str] = set()
        open_types = [
            get_named_type(query.fields[name].type)
            for name, home in self.roots.items()
            if query is not None and not isinstance(home, Lookup)
        ]
        while open_types:
            type_ = open_types.pop()
            if is_object_type(type_) and type_.name not in plain | set(self.entities):
                plain.add(type_.name)
                open_types += [get_named_type(field.type) for field in type_.fields.values()]
        return plain

    def _read_type(self, type_: GraphQLObjectType) -> None:
        for name, field in type_.fields.items():
            coordinate = f"{type_.name}.{name}"
            home = _home(field)
            if not isinstance(home, Stored | Embedded | Linked):
                self.faults.append(f"`{coordinate}` declares no home")
                continue
            self.homes[coordinate] = home
            if isinstance(field.type, GraphQLNonNull):
                self.faults.append(f"`{coordinate}` must be nullable: a contract may leave it out")
            if not field.description:
                self.faults.append(f"`{coordinate}` has no description")
            personal = _personal_data(field)
            if personal.class_ is PersonalDataClass.SENSITIVE:
                self.sensitive.add(coordinate)
            if personal.shielded:
                self.shielded.add(coordinate)
                self._check_shield(coordinate, field, home)
            self._check(coordinate, field, home)

    def _check(self, coordinate: str, field: GraphQLField, home: Home) -> None:
        target = get_named_type(field.type)
        if isinstance(home, Stored):
            codec = home.codec or self._default_codec(field)
            if codec is None or not is_leaf_type(target):
                self.faults.append(f"`{coordinate}` needs a codec, or a leaf type that has a default one")
            else:
                self.codecs[coordinate] = codec
        elif isinstance(home, Embedded) and (not is_object_type(target) or target.name in self.entities):
            self.faults.append(f"`{coordinate}` embeds `{target.name}`, which is not a value type")
        elif isinstance(home, Linked) and target.name not in self.entities:
            self.faults.append(f"`{coordinate}` links to `{target.name}`, which is not an entity")

    def _check_shield(self, coordinate: str, field: GraphQLField, home: Home) -> None:
        """A shield needs rows that say whom it is for: of the field's own entity, or a person's at an end of a link."""
        owner = self.entities.get(coordinate.partition(".")[0])
        flags = [None if owner is None else owner.protected]
        if isinstance(home, Linked):
            ends = (owner, self.entities.get(get_named_type(field.type).name))
            flags = [None if end is None else end.person_flag for end in ends]
        if not any(flags):
            self.faults.append(f"`{coordinate}` is shielded, and no element marks protected rows")

    def _check_scope(self, name: str, entity: Entity) -> None:
        if entity.scope is None:
            return
        for scope in sorted(ROW_SCOPES.keys() - entity.scope.keys()):
            self.faults.append(f"`{name}` must say how the row scope `{scope}` limits it, or None if it does not apply")
        for scope, limit in entity.scope.items():
            fields = () if limit is None else limit.fields
            if scope not in ROW_SCOPES:
                self.faults.append(f"`{name}` is limited by `{scope}`, which is no row scope")
            for coordinate in fields:
                if coordinate not in self.homes:
                    self.faults.append(f"`{name}` is limited by `{coordinate}`, which does not exist")
            if entity.protected is None and self.shielded.intersection(fields):
                self.faults.append(f"`{name}` is limited by a shielded field, and no element marks protected rows")

    def _default_codec(self, field: GraphQLField) -> Codec | None:
        target = get_named_type(field.type)
        if is_enum_type(target):
            return None
        if isinstance(field.type, GraphQLList):
            return codecs.texts if target.name == "String" else None
        return _CODECS.get(target.name)

    def _check_lookups(self) -> None:
        query = self.schema.query_type
        for name, home in self.roots.items():
            if not isinstance(home, Lookup) or query is None:
                continue
            target = get_named_type(query.fields[name].type).name
            grants = [
                coordinate
                for coordinate, field_home in self.homes.items()
                if coordinate.startswith(target + ".")
                and isinstance(field_home, Stored)
                and field_home.element == home.element
            ]
            if not grants or len(query.fields[name].args) != 1:
                self.faults.append(f"`Query.{name}` must take one argument for a stored field of `{target}`")
            else:
                self.lookup_grants[name] = grants[0]


def _duties(full: GraphQLSchema) -> Iterator[tuple[str, DutyRoot]]:
    for type_ in (full.query_type, full.mutation_type):
        for name, field in (type_.fields if type_ else {}).items():
            home = _home(field)
            if type_ is not None and isinstance(home, Duty):
                yield name, DutyRoot(type_.name, home, field)


def _without(full: GraphQLSchema, duties: frozenset[str]) -> GraphQLSchema:
    """The schema of the data alone."""
    query = full.query_type
    assert query is not None
    fields = {name: field for name, field in query.fields.items() if name not in duties}
    kwargs: dict[str, Any] = {**query.to_kwargs(), "fields": fields}
    kept = GraphQLObjectType(**kwargs)
    return GraphQLSchema(query=kept, directives=full.directives, description=full.description)


def _definition(type_: GraphQLObjectType) -> Any:
    return type_.extensions["strawberry-definition"]


def _home(field: GraphQLField) -> object:
    definition = field.extensions.get("strawberry-definition")
    return definition.metadata.get("home") if definition is not None else None


def _personal_data(field: GraphQLField) -> PersonalData:
    directives = field.extensions["strawberry-definition"].directives
    return next(directive for directive in directives if isinstance(directive, PersonalData))
