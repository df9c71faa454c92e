"""Homes: where a field's values live, as plain values that the planner reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.fetch import Operator
from graph.codecs import Codec

__all__ = [
    "CODE_LIST",
    "Criterion",
    "Duty",
    "Embedded",
    "Entity",
    "Limit",
    "Linked",
    "Lookup",
    "Referenced",
    "Report",
    "Search",
    "Stored",
    "Verify",
]

CODE_LIST = "*"


@dataclass(frozen=True, slots=True)
class Referenced:
    """A to-one look-up of a stored element in a reference table of the same source."""

    table: str
    local: str
    remote: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A column or path, relative to the row or to the embedding field's prefix."""

    element: str
    codec: Codec | None = None
    reference: Referenced | None = None


@dataclass(frozen=True, slots=True)
class Embedded:
    """An object of the same row. It is null when the element `present` is null; without one it is never null.

    `code_list` names the reference table that the object's fields mean by `CODE_LIST`.
    """

    prefix: str
    present: str | None = None
    code_list: str | None = None


@dataclass(frozen=True, slots=True)
class Linked:
    """Rows of the field's entity whose `remote` equals this row's `local`, in the order of their identity.

    A field that is not a list is answered by the last of them: the latest entry of the register.

    `assured` says that the source itself guarantees that the row exists (a foreign key).
    """

    local: str
    remote: str
    assured: bool = False


@dataclass(frozen=True, slots=True)
class Lookup:
    """A root that finds entities by `element`, which the root's only argument gives."""

    element: str


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition of a search or verification: argument -> element, under the grant of `field`.

    `fold` turns the client's value into the form in which the element is stored.
    """

    element: str
    operator: Operator
    field: str
    fold: Callable[[Any], Any] | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """A Relay connection over an entity. `orders` maps enum values to (sort element, field it needs granted).

    Without an order, rows come by the entity's identity.
    """

    entity: str
    criteria: Mapping[str, Criterion]
    orders: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Verify:
    """A root that says only whether a record meets every criterion."""

    entity: str
    criteria: Mapping[str, Criterion]


@dataclass(frozen=True, slots=True)
class Report:
    """A root answered from the caller's own contract; it needs no grant."""


@dataclass(frozen=True, slots=True)
class Duty:
    """A root answered by the process.

    `subject` is the argument with a citizen's number, who must be within the row scope; `coordinate` the one with a
    field that the caller must be permitted to read. `own` duties are about the person whom the access token names.
    """

    subject: str | None = None
    coordinate: str | None = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """How a row scope limits an entity: its values are compared with `element` by `operator`.

    `fields` are the coordinates whose values the comparison looks at: where one of them is shielded, a protected row is
    out of scope.
    """

    element: str
    fields: tuple[str, ...]
    operator: Operator = "any"


@dataclass(frozen=True, slots=True)
class Entity:
    """Where a type's rows are.

    `identity` orders rows; `subject` is the element with the number of the citizen whom a row is about; `holder`, where
    a row is about several, with that of the one in whose name it stands and who is noted when it is looked up. `scope`
    says of every row scope how it limits the rows, or None where it does not apply; an entity without any is limited
    through its subject. `protected` is the element that is true in the rows of protected persons.
    """

    source: str
    table: str
    identity: str
    subject: str | None = None
    holder: str | None = None
    scope: Mapping[str, Limit | None] | None = None
    protected: str | None = None

    @property
    def person_flag(self) -> str | None:
        """The element that marks a row's one person as protected; None for rows about several or without the mark."""
        return None if self.subject is None else self.protected

    def __hash__(self) -> int:
        return hash((self.source, self.table))
