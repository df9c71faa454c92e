"""Plans are pure, frozen values: what is fetched, why, and into which shape it is assembled.

A plan is made once per operation and view, holds no value of any variable, and is at once the projection,
the trace and the audit record.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graphql import FieldNode, GraphQLField

from connectors.fetch import Column, Statement
from graph.catalog import Root
from graph.codecs import Codec
from graph.homes import Duty

__all__ = [
    "Denial",
    "FetchNode",
    "Fixed",
    "Joined",
    "Leaf",
    "ObjectShape",
    "Part",
    "PlainShape",
    "Plan",
    "RootField",
    "Shape",
    "Use",
]


@dataclass(frozen=True, slots=True)
class Use:
    """A projected column and why it is read: `output`, `join`, `filter`, `scope`, `order` or `audit`."""

    column: Column
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FetchNode:
    """One fetch of a level. Rows of the parent give its keys; a node of the top level takes them from arguments.

    `subject` is where the citizen's number stands whom a row is about; `subjects` are all positions of numbers of
    persons whose data the row gives away, for the audit. `scope` names the row scopes whose values follow the
    key's in the statement. Of a node that is not `many`, each key's latest row counts.
    `assured` nodes fetch nothing: all they need is the key itself. `guard` is the fetch that tells which of a root's
    rows belong to a subject in scope.
    """

    slot: int
    path: tuple[str, ...]
    coordinate: str
    statement: Statement
    uses: tuple[Use, ...]
    scope: tuple[str, ...]
    subject: int | None
    subjects: tuple[int, ...]
    parent_key: int | None = None
    many: bool = False
    assured: bool = False
    guard: FetchNode | None = None
    children: tuple[FetchNode, ...] = ()

    def walk(self) -> Iterator[FetchNode]:
        """This node, its guard and all below, parents first."""
        yield self
        if self.guard is not None:
            yield self.guard
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value at a position of the row."""

    position: int
    codec: Codec
    coordinate: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fixed:
    """A value known when planning: `__typename`, or the null of an unpermitted field."""

    value: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """An object of the same row, null when the value at `present` is."""

    present: int | None
    shape: ObjectShape


@dataclass(frozen=True, slots=True)
class Joined:
    """The rows of another fetch whose key is the value at `key`: all of them, or the latest one."""

    slot: int
    key: int
    many: bool
    shape: ObjectShape


Shape = Leaf | Fixed | Part | Joined


@dataclass(frozen=True, slots=True)
class ObjectShape:
    """The fields of an object by response key, in response order."""

    fields: tuple[tuple[str, Shape], ...]


@dataclass(frozen=True, slots=True)
class PlainShape:
    """A selection over values that are not rows (a page, the viewer): (response key, name, what is below)."""

    fields: tuple[tuple[str, str, PlainShape | ObjectShape | None], ...]


@dataclass(frozen=True, slots=True)
class Denial:
    """A schema path that the contract does not permit, answered with null."""

    path: tuple[str, ...]
    coordinate: str


@dataclass(frozen=True)
class RootField:
    """One field of the operation. `home` is None for `__typename`, introspection and denied fields.

    `nodes` are its merged selections. `arguments` holds the coerced arguments when no variable occurs in them;
    `variables` maps arguments to variables when each argument is given and is just a variable; otherwise they are
    coerced per request.
    """

    key: str
    name: str
    home: Root | Duty | None
    definition: GraphQLField | None
    nodes: tuple[FieldNode, ...]
    arguments: dict[str, Any] | None
    variables: dict[str, str] | None = None
    fetch: FetchNode | None = None
    shape: ObjectShape | PlainShape | None = None
    many: bool = False
    fixed: Fixed | None = None


@dataclass(frozen=True)
class Plan:
    """The plan of one operation under one view.

    `requested`, `granted` and `denied` are sorted coordinates; the last two make up the first.
    """

    operation_type: str
    operation_name: str | None
    roots: tuple[RootField, ...]
    slots: int
    denials: tuple[Denial, ...]
    requested: tuple[str, ...]
    granted: tuple[str, ...]
    denied: tuple[str, ...]
    introspects: bool

    def fetches(self) -> Iterator[FetchNode]:
        """Every fetch, parents first."""
        for root in self.roots:
            if root.fetch is not None:
                yield from root.fetch.walk()

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The databases the plan touches, sorted."""
        return tuple(sorted({node.statement.source for node in self.fetches() if not node.assured}))
