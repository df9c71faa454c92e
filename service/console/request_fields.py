"""The fields of a request beside the data dictionary: what is asked for, and what could be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auth.process.request import ConnectionRequest
from graph.catalog import Catalog
from graph.dictionary import Entry, dictionary_of

__all__ = ["FieldTable", "Row", "Share", "chosen_fields"]


@dataclass(frozen=True, slots=True)
class Share:
    """How many fields a request asks for, and how many of them are sensitive, or about third parties."""

    fields: int
    sensitive: int
    third_party: int
    protected: int

    def percent(self, count: int) -> int:
        """A count as a part of all fields, in percent."""
        return round(100 * count / self.fields) if self.fields else 0


@dataclass(frozen=True, slots=True)
class Row:
    """A field for a purpose; without an entry the schema does not have it."""

    coordinate: str
    entry: Entry | None
    purpose: str
    justification: str
    read: bool
    filter: bool
    protected: bool


@dataclass(frozen=True, slots=True)
class FieldTable:
    """The fields of a request: by purpose and type, in the order of the schema."""

    groups: Mapping[str, Mapping[str, Sequence[Row]]]
    share: Share

    @classmethod
    def of(cls, catalog: Catalog, request: ConnectionRequest) -> FieldTable:
        """The table of a request."""
        entries = {entry.coordinate: entry for kind in dictionary_of(catalog) for entry in kind.entries}
        order = {coordinate: place for place, coordinate in enumerate(entries)}
        groups: dict[str, dict[str, list[Row]]] = {purpose.code: {} for purpose in request.purposes}
        for field in sorted(request.fields, key=lambda field: order.get(field.field, len(order))):
            row = Row(
                field.field,
                entries.get(field.field),
                field.purpose,
                field.justification,
                field.read,
                field.filter,
                field.protected,
            )
            groups.setdefault(field.purpose, {}).setdefault(field.field.partition(".")[0], []).append(row)
        named = {field.field for field in request.fields if field.field}
        known = [entries[name] for name in named if name in entries]
        share = Share(
            len(named),
            sum(entry.sensitive for entry in known),
            sum(entry.third_party for entry in known),
            len({field.field for field in request.fields if field.protected}),
        )
        return cls(groups, share)


def chosen_fields(catalog: Catalog, purpose: str, form: Mapping[str, Any], common: str) -> list[dict[str, Any]]:
    """The fields that a form asks for, for one purpose; those without words of their own get the common ones."""
    chosen = []
    for kind in dictionary_of(catalog):
        for entry in kind.entries:
            marks = {mark: f"{mark}:{entry.coordinate}" in form for mark in ("read", "filter", "protected")}
            if any(marks.values()):
                why = str(form.get(f"why:{entry.coordinate}", "")).replace("\0", "").strip() or common
                chosen.append({"field": entry.coordinate, "purpose": purpose, "justification": why, **marks})
    return chosen
