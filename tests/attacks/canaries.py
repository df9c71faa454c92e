"""Canaries: which value or name may leave under a permission, and finding those that may not in any text.

A value is known by its tokens (words, numbers and dates that occur nowhere else). Each token has its origins: the rows
it stands in, with the coordinates that lead to it there. It may leave if every coordinate of one of its origins is
readable and that row is in the contract's row scope. What no field names, such as a sort key, may never leave.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    get_named_type,
)

from graph.catalog import Catalog
from graph.homes import Embedded, Stored
from graph.view import View
from tests.attacks.world import POPULATION, World
from tests.reach import Record, inner_record

__all__ = ["Canaries", "tokens_of"]

_TOKEN = re.compile(r"[Zz]q[0-9]{5}[Xx]|(?<![0-9])(?:[0-9]{12}|[0-9]{9,10}|[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?)(?![0-9])")
_COMPACT = re.compile(r"(?<![0-9])([0-9]{4})([0-9]{2})([0-9]{2})?(?:0730)?(?![0-9])")
# What a row scope looks at: the fields whose shields stop it, and the column.
SCOPES = {
    "province": ({"Citizen.permanentResidence"}, "permanent_province_code"),
    "residence": (
        {"Citizen.permanentResidence", "Citizen.temporaryResidence", "Citizen.temporaryAbsence"},
        "residence_status",
    ),
}
_SLASHED = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")


@dataclass(frozen=True)
class Origin:
    """Where a token stands: the coordinates that give it (none if no field does), and whose row it is.

    `owners` are the persons in whose record the row is, `place` the province of a household, and `flagged` says that
    the row is marked as a protected person's.
    """

    coordinates: tuple[str, ...]
    owners: tuple[str, ...] = ()
    place: str | None = None
    flagged: bool = False


@dataclass
class Canaries:
    """Every canary of a world."""

    catalog: Catalog
    world: World
    origins: dict[str, set[Origin]] = field(default_factory=dict)
    sort_keys: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Note the origins of every stored value."""
        for row in (row for tables in self.world.tables.values() for rows in tables.values() for row in rows):
            for value in _leaves(row):
                self._note(value, Origin(()))
            if "name_sort" in row:
                self.sort_keys.add(row["name_sort"])
        for type_name, entity in self.catalog.entities.items():
            for row in self.world.rows(entity.source, entity.table):
                owners, place = self.world.owners[id(row)], row.get("address_province_code")
                for coordinates, value in self._given(type_name, Record(entity, row), ()):
                    self._note(value, Origin(coordinates, owners, place, bool(row.get("protected"))))

    def _note(self, value: object, origin: Origin) -> None:
        for token in tokens_of(str(value)):
            self.origins.setdefault(token, set()).add(origin)

    def _given(self, type_name: str, record: Record, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
        """Every value of a row that some chain of coordinates gives, with the chain."""
        owner: Any = self.catalog.schema.type_map[type_name]
        for name, definition in owner.fields.items():
            coordinate = f"{type_name}.{name}"
            home = self.catalog.homes[coordinate]
            chain = (*above, coordinate)
            if isinstance(home, Stored):
                yield chain, self._stored(record, home)
            elif isinstance(home, Embedded):
                yield from self._given(get_named_type(definition.type).name, inner_record(record, home), chain)

    def _stored(self, record: Record, home: Stored) -> Any:
        if home.reference is None:
            return _at(record.row, record.prefix + home.element)
        table = record.code_list if home.reference.table == "*" else home.reference.table
        wanted = _at(record.row, record.prefix + home.reference.local)
        found = [
            row for row in self.world.rows(record.entity.source, str(table)) if row[home.reference.remote] == wanted
        ]
        return found[0][home.element] if found else None

    def allowed(self, view: View) -> set[str]:
        """The tokens that may leave under a view."""
        inside = {name for name in self.world.numbers if self._in_scope(view, name)}
        return {
            token
            for token, origins in self.origins.items()
            if any(
                o.coordinates
                and set(o.coordinates) <= view.permission.readable
                and self._open(view, o)
                and _seen(view, o, inside)
                for o in origins
            )
        }

    def _in_scope(self, view: View, name: str) -> bool:
        """Whether a contract's row scopes let it see a person; of protected ones only with the special grants."""
        person = self.world.rows(POPULATION, "citizen", name)[-1]
        for scope, allowed in view.permission.contract.row_scope.items():
            looks_at, kept = SCOPES[scope]
            if person["protected"] and not looks_at <= view.permission.protected:
                return False
            stored = person[kept]
            if set(allowed).isdisjoint(stored if isinstance(stored, list) else [stored]):
                return False
        return True

    def _open(self, view: View, origin: Origin) -> bool:
        """Whether no shield stands before a value of a protected person's row."""
        closed = self.catalog.shielded - view.permission.protected
        if origin.flagged and origin.coordinates[0].startswith("HouseholdMember."):
            return not {"Household.members", "Household.head"} <= closed
        return not (origin.flagged and closed & set(origin.coordinates))

    def found(self, text: str) -> set[str]:
        """The canaries in a text."""
        return {token for token in tokens_of(text) if token in self.origins} | {
            key for key in self.sort_keys if key in text
        }


def _granted(view: View, origin: Origin) -> bool:
    """Whether the contract itself, whatever the view makes of it, lets all of the way to a value be read."""
    return bool(origin.coordinates) and set(origin.coordinates) <= view.permission.readable


def _seen(view: View, origin: Origin, inside: set[str]) -> bool:
    """Whether a row scope lets a row be seen, by those in whose record it is."""
    scope = view.permission.contract.row_scope
    if origin.place is not None and "province" in scope:
        special = not origin.flagged or "Household.address" in view.permission.protected
        return origin.place in scope["province"] and special
    return not scope or not inside.isdisjoint(origin.owners)


def tokens_of(text: str) -> set[str]:
    """The tokens of a text; dates in the forms that sources keep count as ISO dates."""
    plain = _COMPACT.sub(_dashed, _SLASHED.sub(r"\3-\2-\1", text))
    return set(_TOKEN.findall(plain))


def _dashed(match: re.Match[str]) -> str:
    return "-".join(filter(None, match.groups()))


def _at(row: Any, path: str) -> Any:
    for step in path.split("."):
        row = row.get(step) if isinstance(row, Mapping) else None
    return row


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif value is not None:
        yield value
