"""The fetch protocol: what is asked of a source, in values that know no driver and no GraphQL.

A `Statement` is the shape of a fetch (table, projection, conditions); it is made once per plan. A `Fetch`
is a statement with its values. A connector turns a fetch into rows: sequences in projection order.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

__all__ = ["Column", "Condition", "Connector", "Fetch", "Operator", "Reference", "Row", "Statement"]

Row = Sequence[Any]
Operator = Literal["any", "equals", "overlaps", "prefix", "after"]


@dataclass(frozen=True, slots=True)
class Reference:
    """A to-one look-up inside the same source: `table`.`remote` = this row's `local`."""

    table: str
    local: str
    remote: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column or document path; with `via`, a column of the referenced row.

    With `unless`, it is null in the rows whose element of that name is not false: the value stays in the source.
    """

    name: str
    via: Reference | None = None
    unless: str | None = None

    def __str__(self) -> str:
        text = self.name if self.via is None else f"{self.via.local}->{self.via.table}.{self.name}"
        return text if self.unless is None else f"{text} unless {self.unless}"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition; all of a statement's conditions must hold.

    `any`: equal to one of a sequence of values; `overlaps`: the same of an element that is a list, if one of its items
    is. `equals`, `prefix`: one value. `after`: the row value of `columns` sorts behind the given tuple (keyset
    pagination).
    """

    columns: tuple[str, ...]
    operator: Operator

    @property
    def column(self) -> str:
        """The only column of a condition other than `after`."""
        return self.columns[0]


@dataclass(frozen=True, slots=True)
class Statement:
    """The shape of a fetch.

    `key` is the position in `columns` of the column that the first condition (`any`) compares, when rows
    are to be grouped by it; `limited` says that a fetch of this statement carries a row limit; of the element
    `unless`, when there is one, only the rows are given in which it is false.
    """

    source: str
    table: str
    columns: tuple[Column, ...]
    conditions: tuple[Condition, ...]
    order: tuple[str, ...] = ()
    limited: bool = False
    key: int | None = None
    unless: str | None = None
    _hash: int = field(init=False, repr=False, compare=False, default=0)

    def __post_init__(self) -> None:
        ways = (self.order, self.limited, self.key, self.unless)
        shape = (self.source, self.table, self.columns, self.conditions, ways)
        object.__setattr__(self, "_hash", hash(shape))

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True, slots=True)
class Fetch:
    """A statement with one value per condition (a tuple for `any`, `overlaps` and `after`) and its row limit."""

    statement: Statement
    values: tuple[Hashable, ...]
    limit: int | None = None


class Connector(Protocol):
    """One source. `fetch` raises only `SourceError`s."""

    async def fetch(self, fetch: Fetch) -> list[Row]:
        """The rows of `fetch`, each in projection order."""

    async def ping(self) -> None:
        """Return when the source answers; raise a `SourceError` when it does not."""

    async def close(self) -> None:
        """Give back every connection."""

    def render(self, statement: Statement) -> str:
        """The statement as the source sees it (SQL, or the Mongo command), without values."""
