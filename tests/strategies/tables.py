"""Random tables for every entity that the catalog declares, with the gaps and faults that real registers have.

The columns and their kinds are read from the declarations, so a database that is added is covered at once.
What a source itself guarantees is kept: identities, the citizen's number and its sort keys, the foreign key from a
citizen to a household, the flags of protected persons and their households, and the residence status. Nothing else is.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any

from graphql import GraphQLObjectType, get_named_type

from graph import codecs
from graph.catalog import Catalog
from graph.codecs import Codec
from graph.homes import Embedded, Linked, Lookup, Stored
from graph.roots import fold

__all__ = ["PROVINCES", "AnyTables", "Tables", "element_values", "random_tables"]

Tables = dict[str, dict[str, list[dict[str, Any]]]]
AnyTables = Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]
PROVINCES = ("01", "79", "48")

_PLACES = (*PROVINCES, "26734", "00001", "99999")
_LISTS = {("ket_hon", "haiBen")}
_BAD: tuple[Any, ...] = (
    "2024-02-30",
    "31/02/2020",
    "không rõ",
    "",
    12345678901,
    True,
    3.5,
    ["x"],
    {"a": 1},
    None,
    "20201301",
)
_FAMILY = ("Nguyễn", "Trần", "Đặng")
_CITIZEN = ("population", "citizen")


@dataclass
class Layout:
    """The columns of one table: what their values are for, or how they are decoded."""

    codecs: dict[str, Codec | str] = field(default_factory=dict)
    identity: str = "_id"


@dataclass
class _Maker:
    random: Random
    citizens: list[str]
    households: list[int]
    serial: int = 10

    def text(self) -> str:
        """A string that occurs once."""
        self.serial += 1
        return f"kx{self.serial:04d}z"

    def value(self, kind: Codec | str) -> Any:
        if kind == "person":
            return self._person()
        if kind == "lookup":
            return f"kx000{self.random.randrange(6)}z"
        if kind == "household":
            return self.random.choice(self.households) if self.households else None
        if kind == "place":
            return self.random.choice(_PLACES)
        return self.random.choice(_BAD) if self.random.random() < 0.04 else self._decodable(kind)

    def _person(self) -> Any:
        roll = self.random.random()
        if roll < 0.1 or not self.citizens:
            return f"{self.random.randrange(90, 93):012d}"  # dangling
        number = self.random.choice(self.citizens)
        return self.random.choice(([number], [number, number], {"id": number}, 7, True)) if roll > 0.98 else number

    def _decodable(self, kind: Codec | str) -> Any:
        random, text = self.random, self.text
        day = date(random.randrange(1930, 2026), random.randrange(1, 13), random.randrange(1, 29))
        forms: dict[Any, Any] = {
            codecs.texts: [text() for _ in range(random.randrange(3))],
            codecs.amount: random.choice((random.randrange(-5, 10**6), str(random.randrange(10**6)))),
            codecs.iso_date: random.choice((day, day.isoformat())),
            codecs.partial_date: random.choice((day.isoformat(), f"{day.year}")),
            codecs.compact_date: f"{day:%Y%m%d}",
            codecs.compact_datetime: f"{day:%Y%m%d}0730",
            codecs.slash_date: f"{day:%d/%m/%Y}",
            codecs.year_month: f"{day:%Y%m}",
        }
        if kind in forms:
            return forms[kind]
        if callable(kind) and kind.__qualname__.startswith("codes"):
            return random.choice(list(inspect.getclosurevars(kind).nonlocals["names"]))
        if callable(kind) and kind.__qualname__.startswith("split"):
            return ";".join(text() for _ in range(random.randrange(3)))
        return text()


def layouts(catalog: Catalog) -> dict[tuple[str, str], Layout]:
    """The columns of every table, as the declarations name them."""
    found: dict[tuple[str, str], Layout] = {}
    for type_name, entity in catalog.entities.items():
        layout = found.setdefault((entity.source, entity.table), Layout(identity=entity.identity))
        for element, codec in _stored(catalog, type_name, ""):
            layout.codecs.setdefault(element, codec)
    for coordinate, home in catalog.homes.items():
        if isinstance(home, Linked):
            owner = catalog.entities[coordinate.split(".")[0]]
            target = catalog.entities[_target(catalog, coordinate).name]
            kind = "household" if home.remote == "household_id" else "person"
            found[owner.source, owner.table].codecs[home.local] = kind
            found[target.source, target.table].codecs[home.remote] = kind
    for name, root in catalog.roots.items():
        if isinstance(root, Lookup) and root.element not in {"personal_id", "residence_file_number"}:
            entity = catalog.entities[_target(catalog, f"Query.{name}").name]
            found[entity.source, entity.table].codecs[root.element] = "lookup"
    return found


def random_tables(catalog: Catalog, random: Random, size: int) -> Tables:
    """Tables with at most `size` citizens, and rows of the other entities in proportion."""
    citizens = [f"{number:012d}" for number in random.sample(range(1, 60), random.randrange(size + 1))]
    maker = _Maker(random, citizens, list(range(random.randrange(1, 4))))
    tables: Tables = {source: {} for source in sorted(catalog.sources)}
    for (source, table), layout in layouts(catalog).items():
        count = len(citizens) if (source, table) == _CITIZEN else random.randrange(2 + len(citizens) * 3 // 2)
        if table == "household":
            count = len(maker.households)
        rows = [_row(maker, layout, table, number) for number in range(count)]
        random.shuffle(rows)
        tables[source][table] = rows
    for row, number in zip(tables["population"]["citizen"], citizens, strict=True):
        _complete_citizen(maker, row, number)
    for household, row in zip(maker.households, tables["population"]["household"], strict=True):
        row["household_id"] = household
        members = [c for c in tables["population"]["citizen"] if c.get("household_id") == household]
        row["protected"] = any(member["protected"] for member in members)
    for table, codes in (("administrative_unit", _PLACES[:-1]), ("ethnicity", _PLACES), ("religion", _PLACES[:3])):
        tables["population"][table] = [{"code": code, "name": maker.text()} for code in codes]
    return tables


def element_values(tables: AnyTables, source: str, table: str, element: str) -> list[Any]:
    """The values that are kept at an element, for arguments that find something."""
    return [row[element] for row in tables[source][table] if isinstance(row.get(element), str) and row[element]]


def _row(maker: _Maker, layout: Layout, table: str, number: int) -> dict[str, Any]:
    row: dict[str, Any] = {layout.identity: number + 1}
    for element, kind in layout.codecs.items():
        if element == layout.identity:
            continue
        if maker.random.random() < 0.08:
            if maker.random.random() < 0.5:
                _put(row, element, None)
            continue
        if (table, element) in _LISTS:
            _put(row, element, [maker.value("person") for _ in range(maker.random.choice((0, 1, 2, 2, 2, 3)))])
        else:
            _put(row, element, maker.value(kind))
    return row


def _complete_citizen(maker: _Maker, row: dict[str, Any], number: str) -> None:
    family, given = maker.random.choice(_FAMILY), maker.text()
    full = f"{family} {given}"
    row |= {
        "personal_id": number,
        "birth_family_name": family,
        "birth_given_name": given,
        "birth_full_name": full,
        "name_key": fold(full),
        "name_sort": maker.random.choice(("a", "b", "c")) + family,
        "date_of_birth": maker.random.choice(("1990", "1990-05-17", "1990-02-30", "2001-12-31")),
    }
    row.setdefault("permanent_province_code", maker.random.choice(PROVINCES))
    row["protected"] = maker.random.random() < 0.3
    permanent, temporary = row.get("permanent_country_code"), row.get("temporary_country_code")
    statuses = {
        "PERMANENT": permanent,
        "TEMPORARY": temporary,
        "ABSENT": row.get("absence_from"),
        "UNREGISTERED": permanent is temporary is None or None,
    }
    row["residence_status"] = [status for status, told in statuses.items() if told is not None]


def _put(row: dict[str, Any], path: str, value: Any) -> None:
    *steps, last = path.split(".")
    for step in steps:
        row = row.setdefault(step, {})
    row[last] = value


def _target(catalog: Catalog, coordinate: str) -> GraphQLObjectType:
    type_name, name = coordinate.split(".")
    owner = catalog.schema.type_map[type_name]
    assert isinstance(owner, GraphQLObjectType)
    target = get_named_type(owner.fields[name].type)
    assert isinstance(target, GraphQLObjectType)
    return target


def _stored(catalog: Catalog, type_name: str, prefix: str) -> Iterator[tuple[str, Codec | str]]:
    homes: Mapping[str, Any] = {
        name: home
        for coordinate, home in catalog.homes.items()
        for owner, _, name in [coordinate.partition(".")]
        if owner == type_name
    }
    for name, home in homes.items():
        if isinstance(home, Stored) and home.reference is not None:
            yield prefix + home.reference.local, "household" if home.reference.table == "household" else "place"
        elif isinstance(home, Stored):
            codec = catalog.codecs[f"{type_name}.{name}"]
            yield prefix + home.element, "place" if (prefix + home.element).endswith("_code") else codec
        elif isinstance(home, Embedded):
            yield from _stored(catalog, _target(catalog, f"{type_name}.{name}").name, prefix + home.prefix)
