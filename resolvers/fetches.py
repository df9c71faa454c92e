"""Building the fetch of one level: columns gather while the planner walks the selections below it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from connectors.fetch import Column, Condition, Reference, Statement
from graph.homes import CODE_LIST, Entity, Limit, Stored
from resolvers.errors import PlanError
from resolvers.plan import FetchNode, Use

__all__ = ["FetchBuilder", "column_of"]


def column_of(home: Stored, prefix: str, code_list: str | None, unless: str | None) -> Column:
    """The column of a stored field under the prefix of the objects that embed it; null in the rows marked `unless`."""
    if home.reference is None:
        return Column(prefix + home.element, unless=unless)
    table = home.reference.table
    if table == CODE_LIST:
        if code_list is None:
            raise PlanError(f"`{home.element}` stands outside an object that names its code list")
        table = code_list
    return Column(home.element, Reference(table, prefix + home.reference.local, home.reference.remote), unless)


@dataclass
class FetchBuilder:
    """A fetch in the making. `limits` are the row scopes that its rows must be in; `unless` marks rows to leave out."""

    slot: int
    entity: Entity
    coordinate: str
    path: tuple[str, ...]
    limits: Mapping[str, Limit]
    unless: str | None = None
    key: str | None = None
    parent_key: int | None = None
    many: bool = False
    assured: bool = False
    guard: FetchBuilder | None = None
    children: list[FetchBuilder] = field(default_factory=list)
    subjects: list[int] = field(default_factory=list)
    _columns: dict[Column, list[str]] = field(default_factory=dict)
    _conditions: list[Condition] = field(default_factory=list)

    def by_key(self, element: str, reason: str) -> None:
        """Fetch the rows whose `element` is among the keys of this level."""
        self.key = element
        self.position(element, reason)
        self._conditions.append(Condition((element,), "any"))

    def position(self, column: Column | str, reason: str) -> int:
        """The position of a column in the projection; it is added when it is not there yet.

        What would be null in rows that are left out anyway is read as it stands.
        """
        if isinstance(column, str) or (column.unless is not None and column.unless == self.unless):
            column = Column(column) if isinstance(column, str) else replace(column, unless=None)
        reasons = self._columns.setdefault(column, [])
        if reason not in reasons:
            reasons.append(reason)
        return list(self._columns).index(column)

    def where(self, *conditions: Condition) -> None:
        """Add conditions after the key's."""
        self._conditions += conditions

    def build(self) -> FetchNode:
        """The finished node."""
        subject = None if self.entity.subject is None else self.position(self.entity.subject, "audit")
        subjects = [*self.subjects] if subject is None else [subject, *self.subjects]
        self._note_holder(subjects)
        needed = [column for column, reasons in self._columns.items() if reasons != ["join"]]
        free = not self.limits and self.unless is None and self.guard is None
        return FetchNode(
            slot=self.slot,
            path=self.path,
            coordinate=self.coordinate,
            statement=Statement(
                source=self.entity.source,
                table=self.entity.table,
                columns=tuple(self._columns),
                conditions=(*self._conditions, *(Condition((x.element,), x.operator) for x in self.limits.values())),
                order=(self.entity.identity,),
                key=None if self.key is None else 0,
                unless=self.unless,
            ),
            uses=tuple(Use(column, tuple(reasons)) for column, reasons in self._columns.items()),
            scope=tuple(self.limits),
            subject=subject,
            subjects=tuple(dict.fromkeys(subjects)),
            parent_key=self.parent_key,
            many=self.many,
            assured=self.assured and free and self._only_key(needed),
            guard=None if self.guard is None else self.guard.build(),
            children=tuple(child.build() for child in self.children),
        )

    def _only_key(self, needed: list[Column]) -> bool:
        return not needed and set(self._columns) <= {Column(self.key or "")}

    def _note_holder(self, subjects: list[int]) -> None:
        """What a row about several persons gives away is noted with the one in whose name it stands.

        Only at a root: elsewhere it was reached through one of those persons.
        """
        given = [column for column, reasons in self._columns.items() if "output" in reasons]
        if self.entity.holder is not None and self.parent_key is None and given:
            unless = self.entity.protected if all(column.unless for column in given) else None
            subjects.append(self.position(Column(self.entity.holder, unless=unless), "audit"))
