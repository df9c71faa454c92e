"""What an operation may touch, found without planning: it is run over objects that stand for any row.

Every link leads to one such object and every embedded object is present, so graphql-core visits each schema
path that the operation names exactly as it would if there were data for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldDefinitionNode,
    FieldNode,
    GraphQLNonNull,
    GraphQLResolveInfo,
    GraphQLSchema,
    Visitor,
    build_ast_schema,
    execute_sync,
    get_named_type,
    is_leaf_type,
    is_list_type,
    parse,
    print_schema,
    visit,
)

from connectors.fetch import Column, Reference
from graph.fields import Embedded, Entity, Linked, Lookup, Search, Stored, Verify
from graph.view import View

__all__ = ["Reach", "Record", "Touch", "inner_record", "reach_of", "readable_elements", "without_arguments"]

Touch = tuple[str, str, Column]
_EMPTY = {"String": "", "Int": 0, "Boolean": False, "ID": ""}


@dataclass(frozen=True, slots=True)
class Record:
    """A row as an object, or a part of it below a prefix."""

    entity: Entity
    row: Mapping[str, Any]
    prefix: str = ""
    code_list: str | None = None


@dataclass
class Reach:
    """Schema paths that the contract denies; (source, table, column) that may be read for output or to get on
    with the work (join, filter, scope, order, audit); and how many fetches the schema paths make at most."""

    denied: set[tuple[str, ...]] = field(default_factory=set)
    output: set[Touch] = field(default_factory=set)
    working: set[Touch] = field(default_factory=set)
    fetches: int = 0


def inner_record(parent: Record, home: Embedded) -> Record:
    """The object that a row embeds."""
    return Record(parent.entity, parent.row, parent.prefix + home.prefix, home.code_list or parent.code_list)


def without_arguments(schema: GraphQLSchema) -> GraphQLSchema:
    """The schema with no argument on any field: what an operation reaches does not depend on them."""

    class Remover(Visitor):
        def enter_input_value_definition(
            self, _node: object, _key: object, _parent: object, _path: object, ancestors: Any
        ) -> Any:
            return self.REMOVE if isinstance(_owner(ancestors), FieldDefinitionNode) else None

    return build_ast_schema(visit(parse(print_schema(schema)), Remover()), assume_valid=True)


def reach_of(
    view: View,
    loose: GraphQLSchema,
    document: DocumentNode,
    operation_name: str | None,
    variables: Mapping[str, Any],
) -> Reach:
    """Walk an operation over `loose`, the view's schema without arguments."""

    class Remover(Visitor):
        def enter_argument(
            self, _node: ArgumentNode, _key: object, _parent: object, _path: object, ancestors: Any
        ) -> Any:
            return self.REMOVE if isinstance(_owner(ancestors), FieldNode) else None

    walking = _Walking(view)
    execute_sync(
        loose,
        visit(document, Remover()),
        variable_values=dict(variables),
        operation_name=operation_name,
        field_resolver=walking.resolve,
    )
    return walking.reach


def readable_elements(view: View) -> set[tuple[str, str, str]]:
    """(source, table, element) of every value that some permitted coordinate may give."""
    found: set[tuple[str, str, str]] = set()
    for type_name, entity in view.catalog.entities.items():
        _add_readable(view, type_name, Record(entity, {}), found)
    return found


def _add_readable(view: View, type_name: str, record: Record, found: set[tuple[str, str, str]]) -> None:
    owner: Any = view.catalog.schema.type_map[type_name]
    for name, definition in owner.fields.items():
        home = view.catalog.homes[f"{type_name}.{name}"]
        if not view.permits(type_name, name):
            continue
        if isinstance(home, Stored):
            column = _column(home, record)
            table = record.entity.table if column.via is None else column.via.table
            found.add((record.entity.source, table, column.name))
        elif isinstance(home, Embedded):
            _add_readable(view, get_named_type(definition.type).name, inner_record(record, home), found)


def _owner(ancestors: Any) -> object:
    """The node that an argument belongs to: ancestors are nodes and the sequences between them."""
    return next(ancestor for ancestor in reversed(ancestors) if not isinstance(ancestor, tuple | list))


class _Walking:
    def __init__(self, view: View) -> None:
        self.view = view
        self.catalog = view.catalog
        self.reach = Reach()

    def resolve(self, parent: Any, info: GraphQLResolveInfo[Any], /) -> Any:
        type_name, name = info.parent_type.name, info.field_name
        coordinate = f"{type_name}.{name}"
        if not self.view.permits(type_name, name):
            self.reach.denied.add(tuple(key for key in info.path.as_list() if isinstance(key, str)))
            return None
        home = self.catalog.roots[name] if type_name == "Query" else self.catalog.homes.get(coordinate)
        if isinstance(home, Stored):
            self._touch(self.reach.output, parent.entity, _column(home, parent))
            return None
        if isinstance(home, Embedded):
            inner = inner_record(parent, home)
            if home.present is not None:
                self._touch(self.reach.output, parent.entity, Column(inner.prefix + home.present))
            return inner
        below = parent
        if isinstance(home, Linked):
            self._touch(self.reach.working, parent.entity, Column(home.local))
            below = self._fetched(get_named_type(info.return_type).name, home.remote)
        elif isinstance(home, Lookup):
            below = self._fetched(get_named_type(info.return_type).name, home.element)
            if self.view.permission.contract.row_scope and below.entity.scope is None:
                self._fetched("Citizen", "personal_id")
        elif isinstance(home, Search | Verify):
            below = self._fetched(home.entity, *(c.element for c in home.criteria.values()))
            for element, _ in home.orders.values() if isinstance(home, Search) else ():
                self._touch(self.reach.working, below.entity, Column(element))
        return _standing(info.return_type, below)

    def _fetched(self, type_name: str, *keys: str) -> Record:
        entity = self.catalog.entities[type_name]
        elements = [*keys, entity.identity, entity.subject, *(entity.scope or {}).values()]
        for element in elements:
            if element is not None:
                self._touch(self.reach.working, entity, Column(element))
        self.reach.fetches += 1
        return Record(entity, {})

    def _touch(self, kind: set[Touch], entity: Entity, column: Column) -> None:
        kind.add((entity.source, entity.table, column))


def _column(home: Stored, parent: Record) -> Column:
    if home.reference is None:
        return Column(parent.prefix + home.element)
    table = parent.code_list if home.reference.table == "*" else home.reference.table
    assert table is not None
    return Column(home.element, Reference(table, parent.prefix + home.reference.local, home.reference.remote))


def _standing(type_: Any, below: Any) -> Any:
    """What stands for any value of a type: one object, a list of one, an empty leaf."""
    inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if is_list_type(inner):
        return [_standing(inner.of_type, below)]
    return _EMPTY.get(inner.name) if is_leaf_type(inner) else (below or {})
