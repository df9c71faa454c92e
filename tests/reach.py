"""What an operation may touch, found without planning: it is run over objects that stand for any row.

Every link leads to one such object and every embedded object is present, so graphql-core visits each schema
path that the operation names exactly as it would if there were data for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
    is_enum_type,
    is_leaf_type,
    is_list_type,
    parse,
    print_schema,
    visit,
)

from connectors.fetch import Column, Reference
from graph.homes import Embedded, Entity, Linked, Lookup, Search, Stored, Verify
from graph.view import View
from tests.shield import covers

__all__ = ["Reach", "Record", "Touch", "inner_record", "reach_of", "readable_elements", "without_arguments"]

Touch = tuple[str, str, Column]
_EMPTY = {"String": "", "Int": 0, "Boolean": False, "ID": ""}


@dataclass(frozen=True, slots=True)
class Record:
    """A row as an object, or a part of it below a prefix; of one that is `hidden`, a shield lets no value be seen."""

    entity: Entity
    row: Mapping[str, Any]
    prefix: str = ""
    code_list: str | None = None
    hidden: bool = False


@dataclass
class Reach:
    """Schema paths that the contract denies; (source, table, column) that may be read for output or to get on
    with the work (join, order, audit) or only compared; and how many fetches the schema paths make at most."""

    denied: set[tuple[str, ...]] = field(default_factory=set)
    output: set[Touch] = field(default_factory=set)
    working: set[Touch] = field(default_factory=set)
    compared: set[Touch] = field(default_factory=set)
    fetches: int = 0


def inner_record(parent: Record, home: Embedded) -> Record:
    """The object that a row embeds."""
    code_list = home.code_list or parent.code_list
    return Record(parent.entity, parent.row, parent.prefix + home.prefix, code_list, hidden=parent.hidden)


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


def readable_elements(view: View) -> dict[tuple[str, str, str], bool]:
    """(source, table, element) of each value that a permitted coordinate may give; whether of protected rows too."""
    found: dict[tuple[str, str, str], bool] = {}
    for type_name, entity in view.catalog.entities.items():
        _add_readable(view, type_name, Record(entity, {}), found)
    return found


def _add_readable(view: View, type_name: str, record: Record, found: dict[tuple[str, str, str], bool]) -> None:
    owner: Any = view.catalog.schema.type_map[type_name]
    for name, definition in owner.fields.items():
        home = view.catalog.homes[f"{type_name}.{name}"]
        if not view.permits(type_name, name):
            continue
        if isinstance(home, Stored):
            column = _column(home, _shielded(view, f"{type_name}.{name}", record))
            table = record.entity.table if column.via is None else column.via.table
            element = (record.entity.source, table, column.name)
            found[element] = found.get(element, False) or column.unless is None or column.via is not None
        elif isinstance(home, Embedded):
            inner = inner_record(_shielded(view, f"{type_name}.{name}", record), home)
            _add_readable(view, get_named_type(definition.type).name, inner, found)


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
        if isinstance(home, Stored | Embedded):
            return self._own(home, _shielded(self.view, coordinate, parent))
        below = parent
        if isinstance(home, Linked):
            person = parent if parent.entity.subject is None else _shielded(self.view, coordinate, parent)
            self._touch(self.reach.working, parent.entity, Column(home.local, unless=_unless(person)))
            below = self._fetched(get_named_type(info.return_type).name, home.remote)
        elif isinstance(home, Lookup):
            below = self._fetched(get_named_type(info.return_type).name, home.element)
            if self.view.permission.contract.row_scope and below.entity.scope is None:
                self._fetched("Citizen", "personal_id")
        elif isinstance(home, Search | Verify):
            below = self._fetched(home.entity)
            for criterion in home.criteria.values():
                self._touch(self.reach.compared, below.entity, Column(criterion.element))
            for element, _ in home.orders.values() if isinstance(home, Search) else ():
                self._touch(self.reach.working, below.entity, Column(element))
        return _standing(info.return_type, below)

    def _own(self, home: Stored | Embedded, parent: Record) -> Record | None:
        if isinstance(home, Stored):
            self._output(parent.entity, _column(home, parent))
            return None
        inner = inner_record(parent, home)
        if home.present is not None:
            self._output(parent.entity, Column(inner.prefix + home.present, unless=_unless(inner)))
        return inner

    def _fetched(self, type_name: str, *keys: str) -> Record:
        entity = self.catalog.entities[type_name]
        for element in (*keys, entity.identity, entity.subject):
            if element is not None:
                self._touch(self.reach.working, entity, Column(element))
        for limit in (entity.scope or {}).values():
            if limit is not None:
                self._touch(self.reach.compared, entity, Column(limit.element))
        self.reach.fetches += 1
        return Record(entity, {})

    def _output(self, entity: Entity, column: Column) -> None:
        self._touch(self.reach.output, entity, column)
        if entity.holder is not None:
            self._touch(self.reach.working, entity, Column(entity.holder, unless=entity.protected))
            self._touch(self.reach.working, entity, Column(entity.holder, unless=column.unless))

    def _touch(self, kind: set[Touch], entity: Entity, column: Column) -> None:
        kind.add((entity.source, entity.table, column))


def _column(home: Stored, parent: Record) -> Column:
    if home.reference is None:
        return Column(parent.prefix + home.element, unless=_unless(parent))
    table = parent.code_list if home.reference.table == "*" else home.reference.table
    assert table is not None
    reference = Reference(table, parent.prefix + home.reference.local, home.reference.remote)
    return Column(home.element, reference, _unless(parent))


def _shielded(view: View, coordinate: str, parent: Record) -> Record:
    """The record as this field of it is seen."""
    return replace(parent, hidden=parent.hidden or covers(view, coordinate))


def _unless(record: Record) -> str | None:
    return record.entity.protected if record.hidden else None


def _standing(type_: Any, below: Any) -> Any:
    """What stands for any value of a type: one object, a list of one, an empty leaf."""
    inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if is_list_type(inner):
        return [_standing(inner.of_type, below)]
    if is_enum_type(inner):
        return next(iter(inner.values))
    return _EMPTY.get(inner.name) if is_leaf_type(inner) else (below or {})
