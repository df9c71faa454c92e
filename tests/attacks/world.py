"""A small register in which almost every value occurs once: rows for every table that the schema declares.

The columns and their kinds are read from the declarations (`tests.strategies.tables.layouts`), so a database or a field
that is added later gets its canaries by itself. Codes of closed lists cannot be unique and are not canaries.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import asyncpg
import pymongo
from graphql import get_named_type, is_list_type

from graph import codecs
from graph.catalog import Catalog
from graph.codecs import Codec
from graph.homes import Linked
from service.demo.databases import SOURCES
from service.embedded import EmbeddedServers
from service.migrate import migrate
from service.settings import Settings
from tests.running import settings_for
from tests.strategies.tables import layouts

__all__ = [
    "DATABASE",
    "INSIDE",
    "OUTSIDE",
    "World",
    "load_world",
    "make_world",
    "mongo_database",
    "settings_over_canaries",
]

DATABASE = "attacks"
INSIDE, OUTSIDE = "79", "01"
# Who lives where. An's mother and the stranger Xa live outside the scope that scoped contracts have; Che is protected.
PEOPLE = {"an": INSIDE, "vo": INSIDE, "cha": INSIDE, "la": INSIDE, "me": OUTSIDE, "xa": OUTSIDE, "che": INSIDE}
HOUSEHOLDS = {"an": INSIDE, "xa": OUTSIDE, "che": INSIDE}
MEMBERS = {"an": "an", "vo": "an", "cha": "an", "me": "an", "xa": "xa", "la": "xa", "che": "che"}
PROTECTED = {"che"}
RELATIVES = [("an", "cha"), ("an", "me"), ("an", "vo"), ("an", None), ("xa", "an"), ("la", "xa")]
COUPLES = [("an", "vo"), ("cha", "me")]
GENERATED = {"birth_full_name", "name_key", "name_sort", "full_name"}
UNDECLARED = "ghiChuNoiBo"  # an element of documents that no field of the schema names
POPULATION = "population"

Row = dict[str, Any]
Tables = dict[str, dict[str, list[Row]]]


@dataclass
class World:
    """The rows by source and table, each with its owner (`owners`, by id): the person whose record it belongs to."""

    tables: Tables = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    households: dict[str, int] = field(default_factory=dict)
    owners: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def rows(self, source: str, table: str, owner: str | None = None) -> list[Row]:
        """The rows of a table, of one person or of all."""
        rows = self.tables[source][table]
        return [row for row in rows if owner is None or owner in self.owners[id(row)]]

    def value(self, source: str, table: str, element: str, owner: str) -> Any:
        """The value of an element in a person's last row."""
        return self.rows(source, table, owner)[-1][element]


def make_world(catalog: Catalog) -> World:
    """The rows, before PostgreSQL has computed its generated columns."""
    return _Maker(catalog).make()


class _Maker:
    def __init__(self, catalog: Catalog) -> None:
        self.layouts = layouts(catalog)
        self.latest = _answered_by_the_latest(catalog)
        self.serial = 0
        self.world = World()
        for source, table in self.layouts:
            self.world.tables.setdefault(source, {})[table] = []

    def make(self) -> World:
        world = self.world
        world.numbers = {name: f"07919{self._next():07d}" for name in PEOPLE}
        world.households = {name: self._number() for name in HOUSEHOLDS}
        for name in HOUSEHOLDS:
            self._household(name)
        for name in PEOPLE:
            self._citizen(name)
            self._row(POPULATION, "identity_card", (name,), {"personal_id": world.numbers[name]})
        for owner, other in RELATIVES:
            links = {"personal_id": world.numbers[owner], "relative_personal_id": world.numbers.get(other or "")}
            self._row(POPULATION, "relative", (owner,), links)
        for source, table in self.layouts:
            if source != POPULATION:
                self._documents(source, table)
        self._lists()
        return world

    def _documents(self, source: str, table: str) -> None:
        numbers = self.world.numbers
        if table == "ket_hon":
            for husband, wife in COUPLES:
                pair = [numbers[husband], numbers[wife]]
                sides: Row = {"haiBen": pair, "chong.personalId": pair[0], "vo.personalId": pair[1]}
                self._row(source, table, (husband, wife), sides)
            return
        persons = [e for e, kind in self.layouts[source, table].codecs.items() if kind == "person"]
        for name, number in numbers.items():
            for _ in range(1 if (source, table) in self.latest else 2):
                links: Row = {element: number if "." not in element else None for element in persons}
                if (table, name) == ("khai_sinh", "an"):
                    links |= {"cha.personalId": numbers["cha"], "me.personalId": numbers["me"]}
                self._row(source, table, (name,), links)

    def _household(self, name: str) -> None:
        links: Row = {
            "household_id": self.world.households[name],
            "head_personal_id": self.world.numbers[name],
            "address_province_code": HOUSEHOLDS[name],
        }
        self._row(POPULATION, "household", tuple(m for m, head in MEMBERS.items() if head == name), links)

    def _citizen(self, name: str) -> None:
        links: Row = {
            "personal_id": self.world.numbers[name],
            "household_id": self.world.households[MEMBERS[name]],
            "permanent_province_code": PEOPLE[name],
            "protected": name in PROTECTED,
        }
        if name in {"vo", "xa"}:
            links["birth_middle_name"] = None
        self._row(POPULATION, "citizen", (name,), links)

    def _row(self, source: str, table: str, owners: tuple[str, ...], links: Row) -> None:
        layout = self.layouts[source, table]
        row: Row = {}
        for element, kind in layout.codecs.items():
            if element not in GENERATED:
                value = links[element] if element in links else self._value(kind, source)
                _put(row, element, value)
        if "protected" in links:  # a flag that no field gives
            row["protected"] = links["protected"]
        if source != POPULATION:
            row[UNDECLARED] = self._text()
        row.setdefault(layout.identity, self._number() if source == POPULATION else self._text())
        self.world.tables[source][table].append(row)
        self.world.owners[id(row)] = owners

    def _lists(self) -> None:
        """An entry in the reference tables for each code that is in use."""
        tables = self.world.tables[POPULATION]
        used = {row[c] for t in ("citizen", "household") for row in tables[t] for c in row if c.endswith("_code")}
        own = {c: {row[f"{c}_code"] for row in tables["citizen"]} for c in ("ethnicity", "religion")}
        for table, codes in {**own, "administrative_unit": used - own["ethnicity"] - own["religion"]}.items():
            fresh = sorted(code for code in codes if code not in (INSIDE, OUTSIDE))
            tables[table] = [{"code": code, "name": self._text()} for code in fresh]
            if table == "administrative_unit":
                tables[table] = [{**row, "level": 3} for row in tables[table]]
            self.world.owners |= {id(row): () for row in tables[table]}

    def _value(self, kind: Codec | str, source: str) -> Any:
        if kind in {"place", "lookup"}:
            return self._text()
        day = date(1900, 1, 1) + timedelta(self._next())
        forms: dict[Any, Any] = {
            codecs.texts: [self._text(), self._text()],
            codecs.amount: self._number(),
            codecs.iso_date: day if source == POPULATION else day.isoformat(),
            codecs.partial_date: day.isoformat(),
            codecs.compact_date: f"{day:%Y%m%d}",
            codecs.compact_datetime: f"{day:%Y%m%d}0730",
            codecs.slash_date: f"{day:%d/%m/%Y}",
            codecs.year_month: f"{1200 + self._next() // 12}{self._next() % 12 + 1:02d}",
        }
        if kind in forms:
            return forms[kind]
        if callable(kind) and kind.__qualname__.startswith("codes"):
            return list(inspect.getclosurevars(kind).nonlocals["names"])[1]
        return f"{self._text()};{self._text()}" if kind is not codecs.text else self._text()

    def _next(self) -> int:
        self.serial += 1
        return self.serial

    def _text(self) -> str:
        return f"Zq{self._next():05d}X"

    def _number(self) -> int:
        return 700_000_000 + self._next()


def _answered_by_the_latest(catalog: Catalog) -> set[tuple[str, str]]:
    """The tables of which a person's last row alone is answered: what fields that are no list lead to."""
    found = set()
    for coordinate, home in catalog.homes.items():
        type_name, name = coordinate.split(".")
        type_: Any = catalog.schema.type_map[type_name]
        definition = type_.fields[name]
        if isinstance(home, Linked) and not is_list_type(definition.type):
            entity = catalog.entities[get_named_type(definition.type).name]
            found.add((entity.source, entity.table))
    return found


def _put(row: Row, path: str, value: Any) -> None:
    *steps, last = path.split(".")
    for step in steps:
        row = row.setdefault(step, {})
    row[last] = value


def mongo_database(source: str) -> str:
    """The document database in which a source's canaries are."""
    return f"{DATABASE}_{source}"


async def load_world(servers: EmbeddedServers, world: World) -> None:
    """Write the rows into databases of their own, and read back what PostgreSQL made of them."""
    admin = await asyncpg.connect(servers.admin_url)
    try:
        await admin.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        await admin.close()
    url = servers.postgres_url("postgres", DATABASE)
    await migrate(url)
    connection = await asyncpg.connect(url)
    try:
        for table in _in_order(world.tables[POPULATION]):
            await _load_table(connection, world.tables[POPULATION][table], table)
        for table in world.tables[POPULATION]:
            await _read_back(connection, world.tables[POPULATION][table], table)
    finally:
        await connection.close()
    with pymongo.MongoClient[Row](servers.mongo_url("admin")) as client:
        for source, tables in world.tables.items():
            if source != POPULATION:
                for table, rows in tables.items():
                    client[mongo_database(source)][table].insert_many(rows)


def _in_order(tables: Mapping[str, object]) -> Iterator[str]:
    """Tables before those that refer to them."""
    first = ["administrative_unit", "ethnicity", "religion", "household", "citizen"]
    yield from first
    yield from (table for table in tables if table not in first)


async def _load_table(connection: Any, rows: list[Row], table: str) -> None:
    for row in rows:
        if table in {"citizen", "relative"}:
            _fit(row)
    columns = list(rows[0])
    records = [tuple(row[column] for column in columns) for row in rows]
    await connection.copy_records_to_table(table, schema_name=POPULATION, columns=columns, records=records)


async def _read_back(connection: Any, rows: list[Row], table: str) -> None:
    """Take over what the database made of the rows: generated columns, and flags that triggers keep."""
    key = "code" if "code" in rows[0] else _identity(rows[0])
    stored = {row[key]: dict(row) for row in await connection.fetch(f"SELECT * FROM {POPULATION}.{table}")}
    for row in rows:
        row.update(stored[row[key]])


def _identity(row: Row) -> str:
    return next(name for name in ("registered_no", "card_id", "relative_no", "household_id") if name in row)


def _fit(row: Row) -> None:
    """Nine digits where the register wants an old identity card's number."""
    row["legacy_id9"] = f"8{row['legacy_id9'][2:7]:0>8}"


def settings_over_canaries(servers: EmbeddedServers, **changes: Any) -> Settings:
    """The settings of a service over the databases of canaries."""
    sources = {source: servers.mongo_url(mongo_database(source)) for source in SOURCES}
    sources[POPULATION] = servers.postgres_url("lienthong_reader", DATABASE)
    governance = servers.postgres_url("lienthong_gateway", DATABASE)
    return settings_for(servers, **{"sources": sources, "governance_url": governance, **changes})
