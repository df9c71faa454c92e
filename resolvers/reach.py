"""What a view can make the service read: every operation's fields and columns are among those found here.

The planner says it: for each permitted root, and for each link that leads on from there, an operation that selects all
that the view permits at that level is planned. Levels repeat after a link, so a few operations speak for all.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import cast

from graphql import GraphQLNamedType, GraphQLObjectType, OperationDefinitionNode, get_named_type, parse

from auth.contract import Limits
from graph.describe import describe, leads_to
from graph.homes import Embedded, Linked, Report, Search, Verify
from graph.view import View
from resolvers.plan import FetchNode, Joined, Leaf, ObjectShape, Part, PlainShape, Plan, Shape
from resolvers.planner import plan_operation

__all__ = ["Place", "Reach", "Touch", "reach_of", "root_fields", "search_touches", "touches"]

_NO_LIMITS = Limits(**{field.name: 10**9 for field in fields(Limits)})


@dataclass(frozen=True, slots=True, order=True)
class Touch:
    """An element that a fetch reads or compares, and why.

    `element` is a column, a document path, or `local->table.name` of a reference table.
    """

    source: str
    table: str
    element: str
    reason: str


@dataclass(frozen=True, slots=True)
class Place:
    """One way to a field.

    `path` are the fields from the root down to it; `inside` the coordinates of the objects around it in its row, the
    outermost first; `entity` the type whose row that is. `person` is None when it is of the person, or thing, that is
    asked for, else the link that led to another person. `elements` are read to answer it, as `source: table.column`.
    """

    coordinate: str
    path: tuple[str, ...]
    inside: tuple[str, ...]
    entity: str
    person: str | None
    elements: tuple[str, ...]


@dataclass(frozen=True)
class Reach:
    """What some operation is answered with: every field in each of its places, and all that is touched for it."""

    places: tuple[Place, ...]
    touched: frozenset[Touch]

    @property
    def coordinates(self) -> frozenset[str]:
        """The coordinates that can be read."""
        return frozenset(place.coordinate for place in self.places)


@dataclass(frozen=True, slots=True)
class _Level:
    """The fields from the root down to objects of a type, and the link that first led to another person.

    A verification has no objects below it.
    """

    path: tuple[str, ...]
    type_name: str | None
    person: str | None = None


@dataclass(frozen=True, slots=True)
class _Field:
    """A permitted field of a level: the names that lead to it, and the coordinates of the objects around it."""

    names: tuple[str, ...]
    coordinate: str
    inside: tuple[str, ...] = ()


def reach_of(view: View) -> Reach:
    """What a view can make the service read. The contract must fit the schema (`contract_faults`)."""
    contract = replace(view.permission.contract, limits=_NO_LIMITS)
    unlimited = replace(view, permission=contract.permission(view.permission.purpose))
    places: list[Place] = []
    touched: set[Touch] = set()
    for level in _levels(unlimited):
        plan = _plan(unlimited, level)
        touched |= touches(plan)
        for field in _fields_of(unlimited, level.type_name):
            path = (*level.path, *field.names)
            elements = _elements(plan, path)
            places.append(Place(field.coordinate, path, field.inside, level.type_name or "", level.person, elements))
    for root in unlimited.roots:
        touched |= search_touches(unlimited, root)
    return Reach(tuple(places), frozenset(touched))


def touches(plan: Plan) -> set[Touch]:
    """Every element that the fetches of a plan read or compare."""
    found: set[Touch] = set()
    for node in plan.fetches():
        if node.assured:
            continue
        statement = node.statement
        elements = [(use.column, reason) for use in node.uses for reason in use.reasons]
        read = {(str(replace(column, unless=None)), reason) for column, reason in elements}
        read |= {(column.unless, "shield") for column, _ in elements if column.unless is not None}
        if statement.unless is not None:
            read.add((statement.unless, "shield"))
        scoped = len(statement.conditions) - len(node.scope)
        for index, condition in enumerate(statement.conditions):
            if statement.key is None or index > 0:  # the key's column says for itself why it is compared
                read.add((condition.column, "scope" if index >= scoped else "filter"))
        read |= {(element, "order") for element in statement.order}
        found |= {Touch(statement.source, statement.table, element, reason) for element, reason in read}
    return found


def search_touches(view: View, root: str) -> set[Touch]:
    """What the arguments of a search may compare and order by: they are bound per request and stand in no plan."""
    home = view.catalog.roots[root]
    if not isinstance(home, Search):
        return set()
    entity = view.catalog.entities[home.entity]
    criteria = {c.element: c.field for c in home.criteria.values() if view.filterable(c.field)}
    orders = {element: field for element, field in home.orders.values() if view.filterable(field)}
    used = [(element, "filter") for element in criteria] + [(element, "order") for element in orders]
    if entity.protected and any(view.shields(field) for field in (*criteria.values(), *orders.values())):
        used.append((entity.protected, "shield"))
    return {Touch(entity.source, entity.table, element, reason) for element, reason in used}


def root_fields(view: View, root: str) -> tuple[str, ...]:
    """A root and the fields below it that lead to the entity it finds: none for a look-up, `edges`, `node` for a page.

    A root that answers with no entity stands alone.
    """
    query = view.catalog.schema.query_type
    assert query is not None
    open_paths: deque[tuple[tuple[str, ...], GraphQLNamedType]] = deque()
    open_paths.append(((root,), get_named_type(query.fields[root].type)))
    while open_paths:
        path, type_ = open_paths.popleft()
        if type_.name in view.catalog.entities:
            return path
        if isinstance(type_, GraphQLObjectType):
            open_paths += [((*path, name), get_named_type(field.type)) for name, field in type_.fields.items()]
    return (root,)


def _levels(view: View) -> Iterator[_Level]:
    catalog = view.catalog
    waiting: deque[tuple[str, _Level]] = deque()
    for root in sorted(view.roots):
        if not isinstance(catalog.roots[root], Report):
            type_name = None if isinstance(catalog.roots[root], Verify) else catalog.entity_of(root)
            waiting.append((root, _Level(root_fields(view, root), type_name)))
    seen: set[tuple[str, str | None]] = set()
    while waiting:
        coordinate, level = waiting.popleft()
        if (coordinate, level.person) in seen:
            continue
        seen.add((coordinate, level.person))
        yield level
        for field in _fields_of(view, level.type_name):
            below = field.coordinate
            if isinstance(catalog.homes[below], Linked):
                person = level.person or (below if describe(catalog, below).third_party else None)
                waiting.append((below, _Level((*level.path, *field.names), leads_to(catalog, below), person)))


def _fields_of(view: View, type_name: str | None) -> Iterator[_Field]:
    """The permitted fields of a type and of the objects in its rows."""
    if type_name is None:
        return
    type_ = cast("GraphQLObjectType", view.catalog.schema.type_map[type_name])
    for name in type_.fields:
        coordinate = f"{type_name}.{name}"
        if coordinate not in view.readable:
            continue
        yield _Field((name,), coordinate)
        if isinstance(view.catalog.homes[coordinate], Embedded):
            for below in _fields_of(view, leads_to(view.catalog, coordinate)):
                yield _Field((name, *below.names), below.coordinate, (coordinate, *below.inside))


def _elements(plan: Plan, path: tuple[str, ...]) -> tuple[str, ...]:
    """What the fetches of a plan read to answer the field at a path."""
    (root,) = plan.roots
    nodes = {node.slot: node for node in plan.fetches()}
    assert root.fetch is not None
    node: FetchNode = root.fetch
    below: Shape | PlainShape | ObjectShape | None = root.shape
    for name in path[1:]:
        if isinstance(below, Joined):
            node = nodes[below.slot]
        inner = below.shape if isinstance(below, Joined | Part) else below
        if isinstance(inner, PlainShape):
            below = next(shape for _, field, shape in inner.fields if field == name)
        else:
            assert isinstance(inner, ObjectShape)
            below = dict(inner.fields)[name]
    position = below.position if isinstance(below, Leaf) else None
    if isinstance(below, Part):
        position = below.present
    elif isinstance(below, Joined):
        position = below.key
    if position is None:
        return ()
    column = replace(node.statement.columns[position], unless=None)
    return (f"{node.statement.source}: {node.statement.table}.{column}",)


def _plan(view: View, level: _Level) -> Plan:
    """The plan of an operation that selects everything at a level."""
    query = view.catalog.schema.query_type
    assert query is not None
    root, *below = level.path
    arguments = ", ".join(f"{name}: ${name}" for name in query.fields[root].args)
    text = _selection(view, level.type_name)
    for name in reversed(below):
        text = f"{name} {{ {text} }}"
    (operation,) = parse(f"{{ {root}({arguments}) {{ {text} }} }}", no_location=True).definitions
    assert isinstance(operation, OperationDefinitionNode)
    return plan_operation(view, operation, {}, {})


def _selection(view: View, type_name: str | None) -> str:
    parts = ["__typename"]
    for field in _fields_of(view, type_name):
        opened = leads_to(view.catalog, field.coordinate)
        if field.inside:
            continue
        (name,) = field.names
        if opened is None:
            parts.append(name)
        else:
            embedded = isinstance(view.catalog.homes[field.coordinate], Embedded)
            parts.append(f"{name} {{ {_selection(view, opened) if embedded else '__typename'} }}")
    return " ".join(parts)
