"""A case (permission, world, question) put to the engine and to the oracle, and what must hold of every case."""

from __future__ import annotations

import asyncio
import pprint
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, cast

import orjson

from connectors.errors import SourceTimeoutError, SourceUnavailableError
from connectors.fetch import Fetch, Row
from connectors.memory import MemoryConnector
from errors import LienthongError
from graph.catalog import Catalog
from graph.view import View
from resolvers.cursors import CursorSealer
from resolvers.engine import Engine, Execution, OperationRequest, Prepared
from tests.oracle import Oracle
from tests.question import Answer, Fault, Question, World
from tests.reach import Reach, readable_elements

__all__ = ["Bench", "Case", "Outcome", "reproduction"]

# Values that can be told apart from any other: words that occur once, sort keys, citizens' numbers.
_CANARY = re.compile(r"kx\d{4}z|^[abc][NTĐ]|^\d{12}$")
_FAILURES = {"SOURCE_UNAVAILABLE": SourceUnavailableError, "SOURCE_TIMEOUT": SourceTimeoutError}


@dataclass(frozen=True)
class Case:
    """One question under one view over one world."""

    view: View
    oracle: Oracle
    world: World
    question: Question


@dataclass(frozen=True)
class Outcome:
    """What the engine answered. `prepared` and `execution` are None when the request was refused."""

    data: bytes
    faults: frozenset[Fault]
    whole: bytes
    prepared: Prepared | None
    execution: Execution | None
    statements: list[Fetch]


class ErraticConnector(MemoryConnector):
    """A source in memory that takes up to `turns` turns, in no certain order, and fails when it is told to."""

    def __init__(self, source: str) -> None:
        super().__init__(source, {})
        self.failing: str | None = None
        self.random = Random(source)
        self.turns = 3

    async def fetch(self, fetch: Fetch) -> list[Row]:
        for _ in range(self.random.randrange(self.turns)):
            await asyncio.sleep(0)
        if self.failing is not None:
            self.statements.append(fetch)
            raise _FAILURES[self.failing](self.source)
        return await super().fetch(fetch)


@dataclass
class RecordingSealer(CursorSealer):
    """Real cursors, remembered so that they can be made equal for comparison."""

    sealed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(bytes(32))

    def seal(self, position: tuple[object, ...], binding: str) -> str:
        cursor = super().seal(position, binding)
        self.sealed.append(cursor)
        return cursor


class Bench:
    """One engine for all cases, as in one process: what it shares between requests is put to the test as well."""

    def __init__(self, catalog: Catalog) -> None:
        self.sealer = RecordingSealer()
        self.connectors = {source: ErraticConnector(source) for source in sorted(catalog.sources)}
        self.engine = Engine(self.connectors, self.sealer, cache_size=50)
        self.loop = asyncio.Runner()

    def close(self) -> None:
        """Close the event loop."""
        self.loop.close()

    def ask(self, case: Case) -> Outcome:
        """Put the case to the engine."""
        for source, connector in self.connectors.items():
            connector.tables = case.world.tables[source]
            connector.failing = case.world.failing.get(source)
            connector.statements = []
        self.sealer.sealed.clear()
        question = case.question
        request = OperationRequest(question.query, question.operation_name, question.variables)
        try:
            prepared = self.engine.prepare(case.view, request)
        except LienthongError as error:
            fault: Fault = (error.code, (), None)
            return Outcome(b"null", frozenset({fault}), b"", None, None, [])
        execution = self.loop.run(self.engine.execute(case.view, prepared))
        response = execution.response
        statements = [fetch for connector in self.connectors.values() for fetch in connector.statements]
        data = self._without_cursors(orjson.dumps(response.data))
        return Outcome(data, _faults(response.errors), orjson.dumps(response.body()), prepared, execution, statements)

    def _without_cursors(self, text: bytes) -> bytes:
        for cursor in self.sealer.sealed:
            text = text.replace(f'"{cursor}"'.encode(), b'"CURSOR"')
        return text

    def complaints(self, case: Case) -> list[str]:
        """Everything that is wrong with the engine's answer; empty when the engine is right."""
        try:
            outcome = self.ask(case)
            again = self.ask(case)
        except Exception as error:  # noqa: BLE001 - a crash is a finding, to be reduced like any other
            return [f"the engine raised {type(error).__name__}: {error}"]
        answer = case.oracle.answer(case.question, case.world)
        return [
            *_disagreements(answer, outcome),
            *_idle_keys(case, answer, outcome),
            *_repeats(outcome, again),
            *_overreach(answer.reach, outcome),
            *_leaks(case, outcome),
        ]


def _faults(errors: Sequence[Mapping[str, Any]]) -> frozenset[Fault]:
    normal = [(e["extensions"]["code"], tuple(e.get("path", ())), e["extensions"].get("count")) for e in errors]
    assert len(normal) == len(set(normal)), "an error was given twice"
    return frozenset(normal)


def _disagreements(answer: Answer, outcome: Outcome) -> Iterator[str]:
    data = _oracle_cursors(orjson.dumps(answer.data))
    if data != outcome.data:
        yield f"data differ\n  engine {outcome.data.decode()}\n  oracle {data.decode()}"
    only_engine, only_oracle = outcome.faults - answer.faults, answer.faults - outcome.faults
    if only_engine or only_oracle:
        sides = f"only engine {sorted(only_engine, key=repr)}\n  only oracle {sorted(only_oracle, key=repr)}"
        yield f"errors differ\n  {sides}"
    if outcome.execution is not None:
        noted = set(outcome.execution.run.subjects)
        if not answer.subjects <= noted:
            yield f"subjects were read and not noted: {sorted(answer.subjects - noted)}"
        if not noted <= answer.notable:
            yield f"subjects were noted and not seen: {sorted(noted - answer.notable)}"


def _idle_keys(case: Case, answer: Answer, outcome: Outcome) -> Iterator[str]:
    """Keys that were fetched although no field of the answer stands on them."""
    for fetch in outcome.statements:
        # Where a source fails, the oracle stops at the first key of a batch.
        if fetch.statement.key is not None and fetch.statement.source not in case.world.failing:
            place = (*_place(fetch), fetch.statement.conditions[0].column)
            idle = [key for key in cast("tuple[Any, ...]", fetch.values[0]) if (*place, key) not in answer.sought]
            if idle:
                yield f"keys that no field asks for: {idle} of {fetch.statement.table}"


def _oracle_cursors(text: bytes) -> bytes:
    parts = text.split(b'"oracle-cursor-')
    return b'"CURSOR"'.join([parts[0], *(part.split(b'"', 1)[1] for part in parts[1:])])


def _repeats(first: Outcome, second: Outcome) -> Iterator[str]:
    if (first.data, first.faults) != (second.data, second.faults):
        yield "the same request had two answers"
    if second.prepared is not None and not second.prepared.cache_hit:
        yield "the second request was not a plan cache hit"


def _overreach(reach: Reach, outcome: Outcome) -> Iterator[str]:
    """Columns read without a planned and permitted use, and fetches that depend on the number of rows."""
    if outcome.prepared is None:
        return
    planned = {
        (node.statement.source, node.statement.table, use.column): use.reasons
        for node in outcome.prepared.plan.fetches()
        for use in node.uses
    }
    for fetch in outcome.statements:
        yield from _unwarranted(fetch, reach)
        statement = fetch.statement
        for column in statement.columns:
            if (statement.source, statement.table, column) not in planned and column.name not in statement.order:
                yield f"column {column} of {statement.table} is in no plan"
    for (source, table, column), reasons in planned.items():
        outputs = {(s, t, c.name, c.via) for s, t, c in reach.output}
        if "output" in reasons and (source, table, column.name, column.via) not in outputs:
            yield f"column {column} of {table} is planned for output, which no permitted selection asks for"
    if len(outcome.statements) > reach.fetches:
        yield f"{len(outcome.statements)} fetches, where the schema paths make {reach.fetches}"


def _unwarranted(fetch: Fetch, reach: Reach) -> Iterator[str]:
    statement = fetch.statement
    for column in statement.columns:
        # Of a row that is left out nothing is read, so no column need be null in it.
        columns = {column, replace(column, unless=statement.unless)}
        if not {(statement.source, statement.table, one) for one in columns} & (reach.output | reach.working):
            yield f"column {column} of {statement.table} is read and nothing permitted needs it"
    elements = {name for condition in statement.conditions for name in condition.columns}
    touches = reach.working | reach.compared
    known = {column.name for source, table, column in touches if (source, table) == _place(fetch)}
    if not elements <= known:
        yield f"conditions on {sorted(elements - known)} of {statement.table}"


def _place(fetch: Fetch) -> tuple[str, str]:
    return fetch.statement.source, fetch.statement.table


def _leaks(case: Case, outcome: Outcome) -> Iterator[str]:
    """Stored values that only unpermitted or shielded coordinates give, and that are in the response all the same."""
    readable = readable_elements(case.view)
    kept: set[str] = set()
    given: set[str] = set()
    for source, tables in case.world.tables.items():
        for table, rows in tables.items():
            for row in rows:
                for element, value in _leaves(row, ""):
                    of_protected = readable.get((source, table, element))
                    seen = of_protected or (of_protected is False and row.get("protected") is not True)
                    (given if seen else kept).add(value)
    permitted = "\n".join(sorted(given)) + case.question.query + repr(case.question.variables)
    body = outcome.whole.decode()
    for value in sorted(kept):
        if _CANARY.search(value) and value in body and value not in permitted:
            yield f"{value!r} leaked: only unpermitted coordinates keep it"


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, below in value.items():
            yield from _leaves(below, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, path)
    elif isinstance(value, str):
        yield path, value


def reproduction(case: Case, complaints: Sequence[str]) -> str:
    """The case in full, as Python literals."""
    permission = case.view.permission
    contract = permission.contract
    parts: dict[str, Any] = {
        "readable": sorted(permission.readable),
        "filterable": sorted(permission.filterable),
        "protected": sorted(permission.protected),
        "services": sorted(contract.services),
        "unpermitted": contract.unpermitted,
        "row_scope": dict(contract.row_scope),
        "limits": contract.limits,
        "tables": {s: {t: rows for t, rows in tables.items() if rows} for s, tables in case.world.tables.items()},
        "failing": dict(case.world.failing),
        "operation_name": case.question.operation_name,
        "variables": dict(case.question.variables),
    }
    lines = [f"{name} = {pprint.pformat(value, width=150, compact=True)}" for name, value in parts.items()]
    return "\n".join(["", *complaints, "", *lines, f'query = """{case.question.query}"""'])
