"""Which rows a view may see, and what of a protected person's, found row by row: the oracle's eyes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from graph.homes import Criterion, Entity, Limit
from graph.view import View
from tests.question import Row, World
from tests.shield import covers

__all__ = ["RefusedError", "Sight", "folded", "matches", "meets", "value"]


class RefusedError(Exception):
    """A field that cannot be answered; the argument is the error's code."""


def value(row: Any, path: str) -> Any:
    """The element at a dotted path; a missing step is a missing value."""
    for step in path.split("."):
        if not isinstance(row, Mapping):
            return None
        row = row.get(step)
    return row


class Sight:
    """The rows of a world as far as a view may see them."""

    def __init__(self, view: View, world: World) -> None:
        self.view = view
        self.world = world
        self.row_scope = view.permission.contract.row_scope

    def rows(self, entity: Entity) -> list[Row]:
        """Every row of the entity that the contract's row scope lets the client see, by identity."""
        failure = self.world.failing.get(entity.source)
        if failure is not None:
            raise RefusedError(failure)
        rows = list(self.world.tables[entity.source].get(entity.table, ()))
        for name, allowed in self.row_scope.items():
            limit = None if entity.scope is None else entity.scope[name]
            if limit is not None:
                rows = [row for row in self.open(entity, rows, limit.fields) if _within(row, limit, allowed)]
        return sorted(rows, key=lambda row: value(row, entity.identity))

    def open(self, entity: Entity, rows: list[Row], coordinates: Collection[str]) -> list[Row]:
        """The rows that may be found by looking at these fields: no protected ones, where a shield is in the way."""
        if not any(covers(self.view, coordinate) for coordinate in coordinates):
            return rows
        return [row for row in rows if not is_protected(entity, row)]

    def hides(self, entity: Entity, row: Row, coordinate: str) -> bool:
        """Whether a row does not give this field of its own."""
        return covers(self.view, coordinate) and is_protected(entity, row)


def is_protected(entity: Entity, row: Row) -> bool:
    """Whether a row is marked as a protected person's."""
    return entity.protected is not None and value(row, entity.protected) is True


def _within(row: Row, limit: Limit, allowed: Collection[str]) -> bool:
    stored = value(row, limit.element)
    return any(one in allowed for one in stored) if isinstance(stored, list) else stored in allowed


def matches(stored: Any, key: Any) -> bool:
    """Whether a key finds what is stored: the key itself, or a list that holds it."""
    return key in stored if isinstance(stored, list) else stored is not None and stored == key


def meets(row: Row, criterion: Criterion, wanted: Any) -> bool:
    """Whether a row agrees with a particular."""
    stored = value(row, criterion.element)
    if criterion.operator == "prefix":
        return isinstance(stored, str) and stored.startswith(wanted)
    assert criterion.operator == "equals"
    return bool(stored == wanted)


def folded(criterion: Criterion, given: Any) -> Any:
    """A particular in the form in which it is stored."""
    folded = criterion.fold(given) if criterion.fold else given
    if folded == "":
        raise RefusedError("BAD_USER_INPUT")
    return folded
