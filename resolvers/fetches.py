"""Building the fetch of one level: columns gather while the planner walks the selections below it."""

from __future__ import annotations

from dataclasses import dataclass, field

from connectors.fetch import Column, Condition, Reference, Statement
from graph.fields import CODE_LIST, Entity, Stored
from resolvers.errors import PlanError
from resolvers.plan import FetchNode, Use

__all__ = ["FetchBuilder", "column_of"]


def column_of(home: Stored, prefix: str, code_list: str | None) -> Column:
    """The column of a stored field under the prefix of the objects that embed it."""
    if home.reference is None:
        return Column(prefix + home.element)
    table = home.reference.table
    if table == CODE_LIST:
        if code_list is None:
            raise PlanError(f"`{home.element}` stands outside an object that names its code list")
        table = code_list
    return Column(home.element, Reference(table, prefix + home.reference.local, home.reference.remote))


@dataclass
class FetchBuilder:
    """A fetch in the making."""

    slot: int
    entity: Entity
    coordinate: str
    path: tuple[str, ...]
    row_scope: tuple[str, ...]
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

    @property
    def needs_guard(self) -> bool:
        """Whether rows are limited but the entity itself says nothing of the limits."""
        return bool(self.row_scope) and self.entity.scope is None

    def position(self, column: Column | str, reason: str) -> int:
        """The position of a column in the projection; it is added when it is not there yet."""
        if isinstance(column, str):
            column = Column(column)
        reasons = self._columns.setdefault(column, [])
        if reason not in reasons:
            reasons.append(reason)
        return list(self._columns).index(column)

    def where(self, *conditions: Condition) -> None:
        """Add conditions after the key's."""
        self._conditions += conditions

    def build(self) -> FetchNode:
        """The finished node. Raises `PlanError` when a row scope names nothing of the entity."""
        subject = None if self.entity.subject is None else self.position(self.entity.subject, "audit")
        subjects = [*self.subjects] if subject is None else [subject, *self.subjects]
        scope = () if self.entity.scope is None else self.row_scope
        needed = [column for column, reasons in self._columns.items() if reasons != ["join"]]
        assured = self.assured and not scope and self.guard is None and self._only_key(needed)
        return FetchNode(
            slot=self.slot,
            path=self.path,
            coordinate=self.coordinate,
            statement=Statement(
                source=self.entity.source,
                table=self.entity.table,
                columns=tuple(self._columns),
                conditions=(*self._conditions, *(self._limit(name) for name in scope)),
                order=(self.entity.identity,),
                key=None if self.key is None else 0,
            ),
            uses=tuple(Use(column, tuple(reasons)) for column, reasons in self._columns.items()),
            scope=scope,
            subject=subject,
            subjects=tuple(dict.fromkeys(subjects)),
            parent_key=self.parent_key,
            many=self.many,
            assured=assured,
            guard=None if self.guard is None else self.guard.build(),
            children=tuple(child.build() for child in self.children),
        )

    def _only_key(self, needed: list[Column]) -> bool:
        return not needed and set(self._columns) <= {Column(self.key or "")}

    def _limit(self, name: str) -> Condition:
        element = (self.entity.scope or {}).get(name)
        if element is None:
            raise PlanError(f"the row scope `{name}` names nothing of `{self.entity.table}`")
        return Condition((element,), "any")
