"""The contract's view: the schema narrowed to what one permission allows.

In `hide` mode a field outside the contract does not exist: validation, introspection and SDL are those of
the narrowed schema. In `null` mode the client sees the whole schema and the planner answers null.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_object_type,
)
from strawberry.printer import print_schema

from auth.contract import Permission
from graph.catalog import Catalog
from graph.homes import Report, Search, Verify
from graph.scopes import ROW_SCOPES

__all__ = ["View"]

T = TypeVar("T")
_NUMBER = "Citizen.personalId"


@dataclass(frozen=True)
class View:
    """A permission applied to the catalog. Build one with `View.of`, once per permission key."""

    catalog: Catalog
    permission: Permission
    schema: GraphQLSchema
    roots: frozenset[str]
    readable: frozenset[str]
    duties: frozenset[str] = frozenset()
    _sdl: list[str] = field(default_factory=list, repr=False, compare=False)

    @classmethod
    def of(cls, catalog: Catalog, permission: Permission) -> View:
        """Narrow the catalog's schema to `permission`."""
        narrowing = _Narrowing(catalog, permission)
        nulls = permission.contract.unpermitted == "null"
        schema = narrowing.whole() if nulls else narrowing.schema()
        return cls(
            catalog=catalog,
            permission=permission,
            schema=schema,
            roots=frozenset(narrowing.roots),
            readable=frozenset(narrowing.readable),
            duties=narrowing.duties,
        )

    @property
    def key(self) -> tuple[str, int, str, str]:
        """The key of the permission."""
        return self.permission.key

    @property
    def nulls(self) -> bool:
        """Whether unpermitted fields are answered with null instead of not existing."""
        return self.permission.contract.unpermitted == "null"

    def permits(self, type_name: str, field_name: str) -> bool:
        """Whether the field may be answered: reading it is granted, or the root is among the services."""
        if type_name in {"Query", "Mutation"}:
            duty = self.catalog.duties.get(field_name)
            return field_name in (self.roots if duty is None or duty.type_name != type_name else self.duties)
        coordinate = f"{type_name}.{field_name}"
        return coordinate not in self.catalog.homes or coordinate in self.readable

    def filterable(self, coordinate: str) -> bool:
        """Whether arguments may use the field."""
        return coordinate in self.permission.filterable

    def shields(self, coordinate: str) -> bool:
        """Whether the field gives nothing of protected persons: it is shielded, and there is no special grant."""
        return coordinate in self.catalog.shielded and coordinate not in self.permission.protected

    @property
    def sdl(self) -> str:
        """The schema definition of the view, with `@source` and `@personalData`."""
        if not self._sdl:
            self._sdl.append(print_schema(cast("Any", _Printable(self.catalog.declared, self.schema))))
        return self._sdl[0]


def _rebuilt(kind: Callable[..., T], full: Any, changes: dict[str, Any]) -> T:
    """A copy of a type, field or argument with some of its parts changed."""
    return kind(**{**full.to_kwargs(), **changes})


class _Printable:
    """What Strawberry's printer needs: the declared schema's converter over the narrowed schema."""

    def __init__(self, declared: Any, schema: GraphQLSchema) -> None:
        self._declared = declared
        self._schema = schema

    def __getattr__(self, name: str) -> Any:
        return getattr(self._declared, name)


class _Narrowing:
    def __init__(self, catalog: Catalog, permission: Permission) -> None:
        self.catalog = catalog
        self.permission = permission
        self.readable = self._useful(permission.readable & frozenset(catalog.homes))
        self.roots = {name for name in catalog.roots if self._root_exists(name)}
        self.duties = frozenset(name for name in catalog.duties if self._duty_exists(name))
        self._types: dict[str, GraphQLNamedType] = {}
        self._needed = _argument_grants(catalog)

    def schema(self) -> GraphQLSchema:
        query = self.catalog.schema.query_type
        assert query is not None
        return self._schema(cast("GraphQLObjectType", self._type(query)))

    def whole(self) -> GraphQLSchema:
        """The schema with every field of the data; of duties, those that there are."""
        query = self.catalog.schema.query_type
        if not self.duties:
            return self.catalog.schema
        assert query is not None
        fields = {**query.fields, **self._duty_fields("Query", whole=True)}
        return self._schema(_rebuilt(GraphQLObjectType, query, {"fields": fields}), whole=True)

    def _schema(self, query: GraphQLObjectType, *, whole: bool = False) -> GraphQLSchema:
        mutations, mutation = self._duty_fields("Mutation", whole=whole), None
        if mutations:
            mutation = _rebuilt(GraphQLObjectType, self.catalog.full.mutation_type, {"fields": mutations})
        schema = self.catalog.schema
        return GraphQLSchema(query, mutation, directives=schema.directives, description=schema.description)

    def _duty_fields(self, type_name: str, *, whole: bool = False) -> dict[str, GraphQLField]:
        """The duties of a root type. Their types belong to no grant; those that they share are the view's own."""
        duties = self.catalog.duties
        fields = {name: duties[name].definition for name in duties if name in self.duties}
        return {
            name: field if whole else self._field(field, type_name, name)
            for name, field in fields.items()
            if duties[name].type_name == type_name
        }

    def _duty_exists(self, name: str) -> bool:
        """A duty about a citizen takes the number as a look-up does: that needs the same grant."""
        if name not in self.permission.contract.services:
            return False
        return self.catalog.duties[name].home.subject is None or _NUMBER in self.permission.filterable

    def _useful(self, granted: frozenset[str]) -> frozenset[str]:
        """Drop object fields of whose type nothing is granted, until nothing changes."""
        kept = set(granted)
        while True:
            types = {coordinate.split(".")[0] for coordinate in kept}
            empty = {
                coordinate
                for coordinate in kept
                if is_object_type(target := self._target(coordinate)) and target.name not in types
            }
            if not empty:
                return frozenset(kept)
            kept -= empty

    def _target(self, coordinate: str) -> GraphQLNamedType:
        type_name, field_name = coordinate.split(".")
        owner = cast("GraphQLObjectType", self.catalog.schema.type_map[type_name])
        return cast("GraphQLNamedType", get_named_type(owner.fields[field_name].type))

    def _root_exists(self, name: str) -> bool:
        home = self.catalog.roots[name]
        if isinstance(home, Report):
            return True
        if name not in self.permission.contract.services:
            return False
        scopes = self.permission.contract.row_scope.keys() & ROW_SCOPES.keys()  # the planner refuses any other
        limited = all(self.catalog.limits(name, scope) for scope in scopes)
        if not limited or not self.catalog.required_grants(name) <= self.permission.filterable:
            return False
        if isinstance(home, Verify):
            return True
        if isinstance(home, Search) and not any(
            criterion.field in self.permission.filterable for criterion in home.criteria.values()
        ):
            return False
        return any(coordinate.startswith(self.catalog.entity_of(name) + ".") for coordinate in self.readable)

    def _type(self, full: GraphQLNamedType) -> GraphQLNamedType:
        name = full.name
        if name not in self._types:
            if is_object_type(full):
                self._types[name] = self._object(full)
            elif is_input_object_type(full):
                self._types[name] = self._input(full)
            elif is_enum_type(full):
                self._types[name] = self._enum(full)
            else:
                self._types[name] = full
        return self._types[name]

    def _wrap(self, type_: Any) -> Any:
        if isinstance(type_, GraphQLNonNull):
            return GraphQLNonNull(self._wrap(type_.of_type))
        if isinstance(type_, GraphQLList):
            return GraphQLList(self._wrap(type_.of_type))
        return self._type(type_)

    def _object(self, full: GraphQLObjectType) -> GraphQLObjectType:
        def fields() -> dict[str, GraphQLField]:
            kept = {
                name: self._field(f, full.name, name) for name, f in full.fields.items() if self._exists(full, name)
            }
            return {**kept, **self._duty_fields(full.name)} if full is self.catalog.schema.query_type else kept

        return _rebuilt(GraphQLObjectType, full, {"fields": fields, "interfaces": ()})

    def _exists(self, full: GraphQLObjectType, name: str) -> bool:
        if full is self.catalog.schema.query_type:
            return name in self.roots
        coordinate = f"{full.name}.{name}"
        return coordinate in self.readable or coordinate not in self.catalog.homes

    def _field(self, full: GraphQLField, type_name: str, name: str) -> GraphQLField:
        kept = {arg: self._argument(a) for arg, a in full.args.items() if self._argument_exists(type_name, name, arg)}
        return _rebuilt(GraphQLField, full, {"type_": self._wrap(full.type), "args": kept})

    def _argument_exists(self, type_name: str, name: str, argument: str) -> bool:
        home = self.catalog.roots.get(name) if type_name == "Query" else None
        if not isinstance(home, Search) or argument != "orderBy":
            return True
        return any(coordinate in self.permission.filterable for _, coordinate in home.orders.values())

    def _argument(self, full: GraphQLArgument) -> GraphQLArgument:
        return _rebuilt(GraphQLArgument, full, {"type_": self._wrap(full.type)})

    def _input(self, full: GraphQLInputObjectType) -> GraphQLInputObjectType:
        kept = {name: f for name, f in full.fields.items() if self._usable(full.name, name)}
        return _rebuilt(GraphQLInputObjectType, full, {"fields": kept})

    def _enum(self, full: GraphQLEnumType) -> GraphQLEnumType:
        kept = {name: v for name, v in full.values.items() if self._usable(full.name, name)}
        return _rebuilt(GraphQLEnumType, full, {"values": kept})

    def _usable(self, type_name: str, member: str) -> bool:
        """Whether an input field or enum value may be used: it needs no grant, or it has a filterable one."""
        coordinate = self._needed.get((type_name, member))
        return coordinate is None or coordinate in self.permission.filterable


def _argument_grants(catalog: Catalog) -> dict[tuple[str, str], str]:
    """Criteria and orders of searches: (input or enum type, member) -> the coordinate that must be filterable."""
    query = catalog.schema.query_type
    needed: dict[tuple[str, str], str] = {}
    for root, home in catalog.roots.items():
        if isinstance(home, Search) and query is not None:
            arguments = query.fields[root].args
            filter_name = get_named_type(arguments["filter"].type).name
            order_name = get_named_type(arguments["orderBy"].type).name
            needed |= {(filter_name, name): criterion.field for name, criterion in home.criteria.items()}
            needed |= {(order_name, name): coordinate for name, (_, coordinate) in home.orders.items()}
    return needed
