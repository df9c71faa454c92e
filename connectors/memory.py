"""An in-memory source: the same protocol over plain dictionaries, for tests and for the oracle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.fetch import Column, Condition, Fetch, Row, Statement

__all__ = ["MemoryConnector"]

Table = Sequence[Mapping[str, Any]]


class MemoryConnector:
    """A source whose tables are sequences of dictionaries (nested ones for documents).

    `statements` keeps every fetch that was asked, so that a test can see what would have reached a database.
    """

    system = "memory"
    namespace = "memory"
    address = "memory"
    port = None

    def __init__(self, source: str, tables: Mapping[str, Table]) -> None:
        self.source = source
        self.tables = tables
        self.statements: list[Fetch] = []

    async def fetch(self, fetch: Fetch) -> list[Row]:
        """The matching rows, ordered and limited as asked."""
        self.statements.append(fetch)
        statement = fetch.statement
        pairs = list(zip(statement.conditions, fetch.values, strict=True))
        found = [row for row in self.tables.get(statement.table, ()) if all(_holds(row, c, v) for c, v in pairs)]
        found = [row for row in found if _is_open(row, statement.unless)]
        for name in reversed(statement.order):
            found.sort(key=lambda row: _orderable(_value(row, name)))
        if fetch.limit is not None:
            found = found[: fetch.limit]
        return [[self._column(row, column) for column in statement.columns] for row in found]

    async def ping(self) -> None:
        """Always there."""

    async def close(self) -> None:
        """Nothing to give back."""

    def render(self, statement: Statement) -> str:
        """The statement in words."""
        columns = ", ".join(str(column) for column in statement.columns)
        conditions = [f"{condition.columns} {condition.operator}" for condition in statement.conditions]
        if statement.unless is not None:
            conditions.append(f"not {statement.unless}")
        return f"{statement.table}[{columns}] where {', '.join(conditions)}"

    def _column(self, row: Mapping[str, Any], column: Column) -> Any:
        if not _is_open(row, column.unless):
            return None
        if column.via is None:
            return _value(row, column.name)
        wanted = _value(row, column.via.local)
        if wanted is None:
            return None
        for candidate in self.tables.get(column.via.table, ()):
            if _value(candidate, column.via.remote) == wanted:
                return _value(candidate, column.name)
        return None


def _value(row: Any, path: str) -> Any:
    for name in path.split("."):
        row = row.get(name) if isinstance(row, Mapping) else None
    return row


def _is_open(row: Mapping[str, Any], unless: str | None) -> bool:
    return unless is None or _value(row, unless) is False


def _holds(row: Mapping[str, Any], condition: Condition, wanted: Any) -> bool:
    if condition.operator == "after":
        return bool(tuple(_value(row, name) for name in condition.columns) > wanted)
    value = _value(row, condition.column)
    if condition.operator in {"any", "overlaps"}:
        return any(item in wanted for item in value) if isinstance(value, list) else value in wanted
    if condition.operator == "equals":
        return bool(value == wanted)
    return isinstance(value, str) and value.startswith(wanted)


def _orderable(value: Any) -> tuple[bool, Any]:
    return (value is not None, value if value is not None else 0)
