"""The oracle: the same operation, answered field by field by graphql-core over tables in memory.

It is deliberately naive. Every field of every object scans its table anew; nothing is planned, batched or
cached. It shares the declarations (`graph`) with the engine and imports nothing of `resolvers`, so that
both can only agree by being right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute_sync,
    get_named_type,
    get_operation_ast,
    is_list_type,
    parse,
    print_ast,
    print_schema,
)

from graph.homes import Embedded, Entity, Linked, Lookup, Search, Stored, Verify
from graph.scalars import parse_partial_date, parse_personal_id
from graph.view import View
from tests.question import Answer, Fault, Question, Row, Sought, World, describe_viewer
from tests.reach import Record, reach_of, without_arguments
from tests.sight import RefusedError, Sight, folded, matches, meets, value

__all__ = ["Oracle"]


class Oracle:
    """Answers questions under one view."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.schema = _scalars_checked(build_schema(print_schema(view.schema), assume_valid=True))
        self.loose = without_arguments(self.schema)

    def answer(self, question: Question, world: World) -> Answer:
        """The answer to a question that is valid under the view."""
        document = parse(question.query)
        if _null_switch(document, question):
            return Answer(None, frozenset({("BAD_USER_INPUT", (), None)}))
        answering = _Answering(self.view, world)
        result = execute_sync(
            self.schema,
            document,
            variable_values=dict(question.variables),
            operation_name=question.operation_name,
            field_resolver=answering.resolve,
        )
        assert isinstance(result, ExecutionResult)
        faults: set[Fault] = {(code, path, None) for code, path in answering.refused}
        faults |= {("SOURCE_DATA_INVALID", path, count) for path, count in answering.unreadable.items()}
        reach = reach_of(self.view, self.loose, document, question.operation_name, question.variables)
        denied = reach.denied if result.data is not None else set()
        for error in result.errors or ():
            assert isinstance(error.original_error, GraphQLError | None), error  # a mistake of the oracle's own
            path = _schema_path(error.path or ())
            if path not in denied:  # what is not permitted is not looked at further, its arguments neither
                faults.add(("BAD_USER_INPUT", path, None))
        faults |= {("FIELD_NOT_IN_CONTRACT", path, None) for path in denied}
        return Answer(
            result.data,
            frozenset(faults),
            frozenset(answering.subjects),
            frozenset(answering.subjects | answering.notable),
            frozenset(answering.sought),
            reach,
        )


def _null_switch(document: DocumentNode, question: Question) -> bool:
    """Whether a variable of @skip or @include is null; no argument of the schema takes a Boolean.

    Left to itself, graphql-core errs where it meets the directive. The service refuses the whole request, so that
    the answer does not depend on the data (the specification, 6.3.2, does not say what a failing condition does).
    """
    operation = get_operation_ast(document, question.operation_name)
    assert operation is not None
    return any(
        print_ast(variable.type) == "Boolean" and question.variables.get(variable.variable.name.value, ...) is None
        for variable in operation.variable_definitions or ()
    )


def _scalars_checked(schema: GraphQLSchema) -> GraphQLSchema:
    """Give a schema made from text the two scalars whose form is checked where they enter."""
    for name, parse_value in (("PersonalId", parse_personal_id), ("PartialDate", parse_partial_date)):
        scalar: Any = schema.type_map.get(name)
        if scalar is not None:
            scalar.parse_value = scalar.coerce_input_value = parse_value
    return schema


class _Answering:
    """The field resolver of one question."""

    def __init__(self, view: View, world: World) -> None:
        self.view = view
        self.catalog = view.catalog
        self.sight = Sight(view, world)
        self.world = world
        self.refused: set[tuple[str, tuple[str, ...]]] = set()
        self.unreadable: Counter[tuple[str, ...]] = Counter()
        self.subjects: set[str] = set()
        self.notable: set[str] = set()
        self.sought: set[Sought] = set()
        self.keys = 0

    def resolve(self, parent: Any, info: GraphQLResolveInfo[Any], /, **arguments: Any) -> Any:
        if not self.view.permits(info.parent_type.name, info.field_name):
            return None  # `reach_of` gives the error: it is one per schema path, whether or not there are rows
        try:
            if info.parent_type.name == "Query":
                return self._root(info, arguments)
            home = self.catalog.homes.get(f"{info.parent_type.name}.{info.field_name}")
            return parent[info.field_name] if home is None else self._field(parent, home, info)
        except RefusedError as error:
            self.refused.add((str(error), _schema_path(info.path.as_list())))
            return None

    def _field(self, parent: Record, home: object, info: GraphQLResolveInfo[Any]) -> Any:
        coordinate = f"{info.parent_type.name}.{info.field_name}"
        hidden = parent.hidden or self.sight.hides(parent.entity, parent.row, coordinate)
        if isinstance(home, Stored):
            return None if hidden else self._leaf(parent, home, info)
        if isinstance(home, Embedded):
            code_list = home.code_list or parent.code_list
            inner = Record(parent.entity, parent.row, parent.prefix + home.prefix, code_list, hidden=hidden)
            present = None if home.present is None or hidden else value(parent.row, inner.prefix + home.present)
            return inner if home.present is None or present is not None else None
        assert isinstance(home, Linked)
        entity = self.catalog.entities[get_named_type(info.return_type).name]
        local = value(parent.row, home.local)
        if hidden and parent.entity.subject is not None:
            local = None
        rows = [] if local is None else self._find(entity, home.remote, local)
        if entity.subject is not None:
            rows = self.sight.open(entity, rows, [coordinate])
        if not is_list_type(info.return_type):
            rows = rows[-1:]
        records = self._records(entity, rows)
        return records if is_list_type(info.return_type) else next(iter(records), None)

    def _leaf(self, parent: Record, home: Stored, info: GraphQLResolveInfo[Any]) -> Any:
        stored = self._stored(parent, home)
        if stored is None:
            return None
        if get_named_type(info.return_type).name == "PersonalId" and isinstance(stored, str):
            self.subjects.add(stored)
        try:
            return self.catalog.codecs[f"{info.parent_type.name}.{info.field_name}"](stored)
        except ValueError:
            self.unreadable[_schema_path(info.path.as_list())] += 1
            return None

    def _stored(self, parent: Record, home: Stored) -> Any:
        if home.reference is None:
            return value(parent.row, parent.prefix + home.element)
        table = parent.code_list if home.reference.table == "*" else home.reference.table
        assert table is not None
        local = value(parent.row, parent.prefix + home.reference.local)
        for row in self.world.tables[parent.entity.source].get(table, ()):
            if local is not None and value(row, home.reference.remote) == local:
                return value(row, home.element)
        return None

    def _root(self, info: GraphQLResolveInfo[Any], arguments: Mapping[str, Any]) -> Any:
        home = self.catalog.roots[info.field_name]
        if isinstance(home, Lookup):
            return self._look_up(home, info, next(iter(arguments.values())))
        if isinstance(home, Search):
            return self._search(home, arguments)
        if isinstance(home, Verify):
            self._count_keys(1)
            entity = self.catalog.entities[home.entity]
            self.subjects |= {arguments[n] for n, c in home.criteria.items() if c.element == entity.subject}
            wanted = [(criterion, folded(criterion, arguments[n])) for n, criterion in home.criteria.items()]
            rows = self.sight.open(entity, self.sight.rows(entity), [c.field for c in home.criteria.values()])
            rows = [row for row in rows if all(meets(row, c, given) for c, given in wanted)]
            return {"matches": bool(self._records(entity, rows))}
        return describe_viewer(self.view)

    def _look_up(self, home: Lookup, info: GraphQLResolveInfo[Any], given: Any) -> Any:
        entity = self.catalog.entities[get_named_type(info.return_type).name]
        many = is_list_type(info.return_type)
        keys = given if many else [given]
        self._count_keys(len(keys))
        found: list[Record | None] = []
        for key in keys:
            rows = self._find(entity, home.element, key)
            rows = self.sight.open(entity, rows, [self.catalog.lookup_grants[info.field_name]])
            if self.sight.row_scope and entity.scope is None:
                rows = self._about_citizens_in_scope(entity, rows)
            found += self._records(entity, rows[-1:]) or [None]
            if entity.holder is not None and rows:
                self.notable |= _persons(value(rows[-1], entity.holder))
        return found if many else found[0]

    def _about_citizens_in_scope(self, entity: Entity, rows: list[Row]) -> list[Row]:
        """Records that no row scope limits are as visible as whom they are about, who are looked for in any case."""
        citizen = self.catalog.entities["Citizen"]
        assert entity.subject is not None
        assert citizen.subject is not None
        self.sight.rows(citizen)
        kept = []
        for row in rows:
            subject = value(row, entity.subject)
            persons = subject if isinstance(subject, list) else [subject]
            if [found for person in persons for found in self._find(citizen, citizen.subject, person)]:
                kept.append(row)
        return kept

    def _count_keys(self, count: int) -> None:
        """The look-ups of one request share the limit; one that does not fit leaves room for the next."""
        if self.keys + count > self.view.permission.contract.limits.batch:
            raise RefusedError("LIMIT_EXCEEDED")
        self.keys += count

    def _search(self, home: Search, arguments: Mapping[str, Any]) -> Any:
        """A page. Of several faults the one reported is: grants, then criteria, then page size, then values."""
        given = {name: wanted for name, wanted in arguments["filter"].items() if wanted is not None}
        order = arguments.get("orderBy")
        first = arguments["first"]
        needed = {home.criteria[name].field for name in given} | ({home.orders[order][1]} if order else set())
        if not needed <= self.view.permission.filterable:
            raise RefusedError("FIELD_NOT_IN_CONTRACT")
        if not given or first < 1:
            raise RefusedError("BAD_USER_INPUT")
        if first > self.view.permission.contract.limits.page:
            raise RefusedError("LIMIT_EXCEEDED")
        wanted = [(home.criteria[name], folded(home.criteria[name], one)) for name, one in given.items()]
        entity = self.catalog.entities[home.entity]
        sort = [home.orders[order][0]] if order else []
        after = None
        if arguments.get("after") is not None:
            kind, _, after = arguments["after"].partition("/")
            if kind != f"oracle-cursor-{order}":
                raise RefusedError("BAD_USER_INPUT")
        rows = self.sight.open(entity, self.sight.rows(entity), needed)
        for element in sort:
            rows.sort(key=lambda row: value(row, element))  # stable: the identity decides between equals
        if after is not None:
            rows = rows[[str(value(row, entity.identity)) for row in rows].index(after) + 1 :]
        rows = [row for row in rows if all(meets(row, c, one) for c, one in wanted)]
        cursors = [f"oracle-cursor-{order}/{value(row, entity.identity)}" for row in rows[:first]]
        nodes = self._records(entity, rows[:first])
        return {
            "edges": [{"cursor": c, "node": node} for c, node in zip(cursors, nodes, strict=True)],
            "pageInfo": {
                "hasNextPage": len(rows) > first,
                "hasPreviousPage": after is not None,
                "startCursor": cursors[0] if cursors else None,
                "endCursor": cursors[-1] if cursors else None,
            },
        }

    def _find(self, entity: Entity, element: str, key: Any) -> list[Row]:
        if isinstance(key, Hashable):
            self.sought.add((entity.source, entity.table, element, key))
        return [row for row in self.sight.rows(entity) if matches(value(row, element), key)]

    def _records(self, entity: Entity, rows: Iterable[Row]) -> list[Record]:
        records = [Record(entity, row) for row in rows]
        for record in records:
            if entity.subject is not None:
                self.subjects |= _persons(value(record.row, entity.subject))
        return records


def _persons(stored: Any) -> set[str]:
    """The numbers that an element holds."""
    return {one for one in (stored if isinstance(stored, list) else [stored]) if isinstance(one, str)}


def _schema_path(path: Iterable[str | int]) -> tuple[str, ...]:
    return tuple(key for key in path if isinstance(key, str))
