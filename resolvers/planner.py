"""Operation + view -> plan. Pure: it sees the document, the view and the switches, and no other value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    get_named_type,
    is_object_type,
    visit,
)
from graphql.execution.values import get_argument_values

from connectors.fetch import Column, Condition
from graph.catalog import Root
from graph.homes import Duty, Entity, Limit, Linked, Lookup, Report, Stored, Verify
from graph.scopes import ROW_SCOPES
from graph.view import View
from resolvers.errors import InputError, LimitExceededError, PlanError
from resolvers.fetches import FetchBuilder, column_of
from resolvers.plan import Denial, FetchNode, Fixed, Joined, Leaf, ObjectShape, Part, PlainShape, Plan, RootField, Shape
from resolvers.selections import Selections, Switches

__all__ = ["plan_operation"]

Path = tuple[str, ...]

# Nothing else bounds what `__schema` and `__type` answer: each is worth the whole schema.
_INTROSPECTIONS = 5


def plan_operation(
    view: View,
    operation: OperationDefinitionNode,
    fragments: dict[str, FragmentDefinitionNode],
    switches: Switches,
) -> Plan:
    """Plan a validated query operation.

    Raises `LimitExceededError` when the operation is deeper or larger than the contract's limits, `InputError`
    for a literal argument that cannot be coerced, `PlanError` when the contract's row scope cannot be kept.
    """
    return _Planner(view, Selections(fragments, switches)).plan(operation)


@dataclass(frozen=True, slots=True)
class _Level:
    """Where the planner stands: a type, the fetch whose rows hold it, and the prefix of its elements there.

    In rows marked `unless` nothing of it is given.
    """

    type_: GraphQLObjectType
    builder: FetchBuilder
    prefix: str = ""
    code_list: str | None = None
    unless: str | None = None


class _Planner:
    def __init__(self, view: View, selections: Selections) -> None:
        self.view = view
        self.catalog = view.catalog
        self.selections = selections
        self.limits = view.permission.contract.limits
        self.row_scope = tuple(view.permission.contract.row_scope)
        self.slots = 0
        self.fields = 0
        self.aliases = 0
        self.denials: list[Denial] = []
        self.requested: set[str] = set()
        self.granted: set[str] = set()

    def plan(self, operation: OperationDefinitionNode) -> Plan:
        query = cast("GraphQLObjectType", self.view.schema.get_root_type(operation.operation))
        grouped = self._counted(self.selections.collect(query.name, [operation.selection_set]), ())
        roots = tuple(self._root(query, key, nodes) for key, nodes in grouped.items())
        introspections = sum(root.name in {"__schema", "__type"} for root in roots)
        if introspections > _INTROSPECTIONS:
            raise LimitExceededError(None, limit="introspection", allowed=_INTROSPECTIONS, given=introspections)
        return Plan(
            operation_type=operation.operation.value,
            operation_name=operation.name.value if operation.name else None,
            roots=roots,
            slots=self.slots,
            denials=tuple(self.denials),
            requested=tuple(sorted(self.requested)),
            granted=tuple(sorted(self.granted)),
            denied=tuple(sorted(self.requested - self.granted)),
            introspects=introspections > 0,
        )

    def _root(self, query: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> RootField:
        name, path = nodes[0].name.value, (key,)
        if name.startswith("__"):
            fixed = Fixed(query.name) if name == "__typename" else None
            return RootField(key, name, None, None, tuple(nodes), None, fixed=fixed)
        if not self._permitted(query.name, name, path):
            return RootField(key, name, None, None, tuple(nodes), None, fixed=Fixed(None))
        home, definition = self._home(name), query.fields[name]
        target = cast("GraphQLObjectType", get_named_type(definition.type))
        root = RootField(
            key,
            name,
            home,
            definition,
            tuple(nodes),
            _constant_arguments(definition, nodes[0]),
            _plain_variables(definition, nodes[0]),
            many=_is_list(definition),
        )
        if isinstance(home, Report):
            return replace(root, shape=self._plain(target, nodes, path, None))
        if isinstance(home, Duty):
            return replace(root, shape=self._plain(target, nodes, path, None), fetch=self._sight(query.name, root))
        if isinstance(home, Lookup):
            builder = self._builder(target.name, f"Query.{name}", path, home.element, "filter")
        else:
            builder = self._builder(home.entity, f"Query.{name}", path, None)
        if any(self.view.shields(coordinate) for coordinate in self.catalog.required_grants(name)):
            builder.unless = builder.entity.protected
        if isinstance(home, Verify):
            builder.where(*(Condition((c.element,), "equals") for c in home.criteria.values()))
        shape: ObjectShape | PlainShape
        if isinstance(home, Lookup):
            shape = self._object(_Level(target, builder), nodes, path)
            if self.row_scope and builder.entity.scope is None:
                builder.guard = self._guard(builder, path)
        else:
            shape = self._plain(target, nodes, path, builder)
        return replace(root, fetch=builder.build(), shape=shape)

    def _home(self, name: str) -> Root | Duty:
        duty = self.catalog.duties.get(name)
        return self.catalog.roots[name] if duty is None else duty.home

    def _sight(self, type_name: str, root: RootField) -> FetchNode | None:
        """The fetch that tells whether the citizen whom a duty is about is there for this client."""
        if not isinstance(root.home, Duty) or root.home.subject is None:
            return None
        number = self.catalog.entities["Citizen"].subject
        return self._builder("Citizen", f"{type_name}.{root.name}", (root.key,), number, "filter").build()

    def _builder(self, entity: str, coordinate: str, path: Path, key: str | None, reason: str = "join") -> FetchBuilder:
        found = self.catalog.entities[entity]
        limits = self._limits(found)
        builder = FetchBuilder(self.slots, found, coordinate, path, limits)
        if any(self.view.shields(field) for limit in limits.values() for field in limit.fields):
            builder.unless = found.protected
        if key is not None:
            builder.by_key(key, reason)
        self.slots += 1
        return builder

    def _limits(self, entity: Entity) -> dict[str, Limit]:
        """The contract's row scopes that apply to an entity. Raises `PlanError` for one that does not exist."""
        for name in self.row_scope:
            if name not in ROW_SCOPES:
                raise PlanError(f"there is no row scope `{name}`")
        given = {name: (entity.scope or {}).get(name) for name in self.row_scope}
        return {name: limit for name, limit in given.items() if limit is not None}

    def _guard(self, builder: FetchBuilder, path: Path) -> FetchBuilder:
        """The fetch that tells which subjects are in scope: a record is as visible as the citizen it is about."""
        citizen = self.catalog.entities["Citizen"]
        if builder.entity.subject is None or citizen.subject is None:
            raise PlanError(f"`{builder.coordinate}` has no subject that the row scope could be checked by")
        builder.position(builder.entity.subject, "scope")
        return self._builder("Citizen", builder.coordinate, path, citizen.subject, "scope")

    def _object(self, level: _Level, nodes: list[FieldNode], path: Path) -> ObjectShape:
        fields: list[tuple[str, Shape]] = []
        for key, group in self._collect(level.type_, nodes, path).items():
            name, below = group[0].name.value, (*path, key)
            if name == "__typename":
                fields.append((key, Fixed(level.type_.name)))
            elif not self._permitted(level.type_.name, name, below):
                fields.append((key, Fixed(None)))
            else:
                fields.append((key, self._field(level, group, below)))
        return ObjectShape(tuple(fields))

    def _field(self, level: _Level, nodes: list[FieldNode], path: Path) -> Shape:
        name = nodes[0].name.value
        coordinate = f"{level.type_.name}.{name}"
        home, definition = self.catalog.homes[coordinate], level.type_.fields[name]
        if isinstance(home, Linked):
            return self._link(level, nodes, path, home)
        unless = level.unless
        if self.view.shields(coordinate):
            unless = level.builder.entity.protected
        if isinstance(home, Stored):
            position = level.builder.position(column_of(home, level.prefix, level.code_list, unless), "output")
            if get_named_type(definition.type).name == "PersonalId":
                level.builder.subjects.append(position)
            return Leaf(position, self.catalog.codecs[coordinate], coordinate, path)
        target = cast("GraphQLObjectType", get_named_type(definition.type))
        prefix, present = level.prefix + home.prefix, None
        if home.present is not None:
            present = level.builder.position(Column(prefix + home.present, unless=unless), "output")
        inner = _Level(target, level.builder, prefix, home.code_list or level.code_list, unless)
        return Part(present, self._object(inner, nodes, path))

    def _link(self, level: _Level, nodes: list[FieldNode], path: Path, home: Linked) -> Joined:
        name, entity = nodes[0].name.value, level.builder.entity
        coordinate, definition = f"{level.type_.name}.{name}", level.type_.fields[name]
        target = cast("GraphQLObjectType", get_named_type(definition.type))
        shielded = self.view.shields(coordinate)
        unless = entity.person_flag if shielded else level.unless
        key = level.builder.position(Column(level.prefix + home.local, unless=unless), "join")
        child = self._builder(target.name, coordinate, path, home.remote)
        child.parent_key, child.assured, child.many = key, home.assured, _is_list(definition)
        if shielded:
            child.unless = child.unless or child.entity.person_flag
        level.builder.children.append(child)
        return Joined(child.slot, key, child.many, self._object(_Level(target, child), nodes, path))

    def _plain(
        self, type_: GraphQLObjectType, nodes: list[FieldNode], path: Path, builder: FetchBuilder | None
    ) -> PlainShape:
        fields: list[tuple[str, str, PlainShape | ObjectShape | None]] = []
        for key, group in self._collect(type_, nodes, path).items():
            name, below = group[0].name.value, (*path, key)
            if name == "__typename":
                fields.append((key, f"={type_.name}", None))
                continue
            target = get_named_type(type_.fields[name].type)
            if not is_object_type(target):
                fields.append((key, name, None))
            elif builder is not None and target.name in self.catalog.entities:
                fields.append((key, name, self._object(_Level(target, builder), group, below)))
            else:
                fields.append((key, name, self._plain(target, group, below, builder)))
        return PlainShape(tuple(fields))

    def _collect(self, type_: GraphQLObjectType, nodes: list[FieldNode], path: Path) -> dict[str, list[FieldNode]]:
        return self._counted(self.selections.collect(type_.name, (node.selection_set for node in nodes)), path)

    def _counted(self, grouped: dict[str, list[FieldNode]], path: Path) -> dict[str, list[FieldNode]]:
        self.fields += len(grouped)
        self.aliases += sum(key != nodes[0].name.value for key, nodes in grouped.items())
        if len(path) > self.limits.depth:
            raise LimitExceededError(None, limit="depth", allowed=self.limits.depth)
        if self.fields > self.limits.fields:
            raise LimitExceededError(None, limit="fields", allowed=self.limits.fields)
        if self.aliases > self.limits.aliases:
            raise LimitExceededError(None, limit="aliases", allowed=self.limits.aliases)
        return grouped

    def _permitted(self, type_name: str, name: str, path: Path) -> bool:
        coordinate = f"{type_name}.{name}"
        self.requested.add(coordinate)
        if self.view.permits(type_name, name):
            self.granted.add(coordinate)
            return True
        self.denials.append(Denial(path, coordinate))
        return False


def _is_list(definition: GraphQLField) -> bool:
    type_ = definition.type
    return isinstance(type_.of_type if isinstance(type_, GraphQLNonNull) else type_, GraphQLList)


def _constant_arguments(definition: GraphQLField, node: FieldNode) -> dict[str, Any] | None:
    """The coerced arguments, or None when a variable occurs in them."""

    class Finder(Visitor):
        found = False

        def enter_variable(self, _node: VariableNode, *_: object) -> None:
            self.found = True

    finder = Finder()
    for argument in node.arguments or ():
        visit(argument, finder)
    if finder.found:
        return None
    try:
        return get_argument_values(definition, node, hide_suggestions=True)
    except GraphQLError as error:
        raise InputError(error.message) from error


def _plain_variables(definition: GraphQLField, node: FieldNode) -> dict[str, str] | None:
    """Argument -> variable, when every argument of the field is given by a variable and nothing else."""
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    if given.keys() != definition.args.keys():
        return None
    plain = {name: value.name.value for name, value in given.items() if isinstance(value, VariableNode)}
    return plain if len(plain) == len(given) else None
