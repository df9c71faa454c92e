"""One small data set in each kind of source, and the shortest way to say a fetch of it."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import pymongo

from connectors.fetch import Column, Condition, Connector, Fetch, Operator, Reference, Row, Statement
from connectors.memory import MemoryConnector
from connectors.mongo import MongoConnector, MongoDriver
from connectors.postgres import PostgresConnector
from service.embedded import EmbeddedServers
from tests.running import free_port

SOURCE = "thu_nghiem"

# `kin` marks rows as shielded, `nhan` is a list.
PEOPLE: list[dict[str, Any]] = [
    {"_id": 1, "so": "001", "ten": "Nguyễn Thị Ửng", "ma_tinh": "79", "ghi_chu": "1", "kin": False, "nhan": ["a", "b"]},
    {"_id": 2, "so": "002", "ten": "Đặng Quốc Ái", "ma_tinh": "01", "ghi_chu": None, "kin": True, "nhan": ["b"]},
    {"_id": 3, "so": "$gt", "ten": "Nguyễn Văn Ân", "ma_tinh": "79", "ghi_chu": "$where", "kin": False, "nhan": []},
    {"_id": 4, "so": "a.b", "ten": "a.b", "ma_tinh": "00", "ghi_chu": "ba", "kin": None, "nhan": None},
    {"_id": 5, "so": "'; --", "ten": "axb", "ma_tinh": None, "ghi_chu": '"; DROP TABLE x', "kin": True, "nhan": ["c"]},
    {"_id": 6, "so": "006", "ten": "(a+)+$", "ma_tinh": "01", "ghi_chu": "một", "kin": False, "nhan": ["a"]},
]
PROVINCES: list[dict[str, Any]] = [
    {"_id": 1, "ma": "79", "ten": "Hồ Chí Minh"},
    {"_id": 2, "ma": "01", "ten": "Hà Nội"},
]
# Documents only: nested elements, lists, and elements that some documents do not have.
MARRIAGES: list[dict[str, Any]] = [
    {"_id": 1, "hai_ben": ["001", "002"], "noi": {"xa": {"ma": "26734"}}, "chong": {"so": "001"}},
    {"_id": 2, "hai_ben": ["001", "006"], "noi": None},
    {"_id": 3, "hai_ben": [], "noi": {"xa": "26734"}},
    {"_id": 4, "noi": [{"xa": {"ma": "1"}}]},
]
TABLES = {"nguoi": PEOPLE, "tinh": PROVINCES, "ket_hon": MARRIAGES}

_SQL = f"""
CREATE SCHEMA {SOURCE};
CREATE TABLE {SOURCE}.nguoi (
    _id bigint PRIMARY KEY, so text, ten text COLLATE "C", ma_tinh text COLLATE "C", ghi_chu text,
    kin boolean, nhan text[]
);
CREATE TABLE {SOURCE}.tinh (_id bigint PRIMARY KEY, ma text, ten text);
CREATE TABLE {SOURCE}.kin (_id bigint PRIMARY KEY);
GRANT USAGE ON SCHEMA {SOURCE} TO lienthong_reader;
GRANT SELECT ON {SOURCE}.nguoi, {SOURCE}.tinh TO lienthong_reader;
"""

NAME_OF_PROVINCE = Column("ten", Reference("tinh", "ma_tinh", "ma"))
SHIELDED_NAME_OF_PROVINCE = Column("ten", Reference("tinh", "ma_tinh", "ma"), "kin")


@dataclass(frozen=True)
class Kind:
    """A kind of source and what it can do."""

    name: str
    driver: MongoDriver | None = None

    @property
    def documents(self) -> bool:
        """Whether rows may nest and hold lists as keys."""
        return self.name != "postgres"

    @property
    def relational(self) -> bool:
        """Whether `after` and references are understood."""
        return self.driver is None

    def connect(self, databases: EmbeddedServers, *, pool_size: int = 4, timeout: float = 5.0) -> Connector:
        """A connector over the data set."""
        if self.name == "memory":
            return MemoryConnector(SOURCE, TABLES)
        if self.driver is None:
            url = databases.postgres_url("lienthong_reader")
            return PostgresConnector(SOURCE, url, pool_size=pool_size, timeout=timeout)
        return MongoConnector(
            SOURCE, databases.mongo_url(SOURCE), driver=self.driver, pool_size=pool_size, timeout=timeout
        )

    def away(self, *, timeout: float) -> Connector:
        """A connector whose server is not there."""
        if self.driver is None:
            url = f"postgresql://lienthong_reader@127.0.0.1:{free_port()}/lienthong"
            return PostgresConnector(SOURCE, url, pool_size=2, timeout=timeout)
        url = f"mongodb://127.0.0.1:{free_port()}/{SOURCE}"
        return MongoConnector(SOURCE, url, driver=self.driver, pool_size=2, timeout=timeout)


POSTGRES, MEMORY = Kind("postgres"), Kind("memory")
PYMONGO, MOTOR = Kind("mongo-pymongo", "pymongo"), Kind("mongo-motor", "motor")
SERVERS = [POSTGRES, PYMONGO, MOTOR]
KINDS = [*SERVERS, MEMORY]
DOCUMENTS = [kind for kind in KINDS if kind.documents]
RELATIONAL = [kind for kind in KINDS if kind.relational]


def fetch_of(
    table: str,
    columns: list[str | Column],
    *conditions: tuple[str | tuple[str, ...], Operator, Hashable],
    order: tuple[str, ...] = ("_id",),
    limit: int | None = None,
    unless: str | None = None,
) -> Fetch:
    """A fetch of the data set; a condition is (column or columns, operator, value)."""
    statement = Statement(
        source=SOURCE,
        table=table,
        columns=tuple(Column(c) if isinstance(c, str) else c for c in columns),
        conditions=tuple(Condition((c,) if isinstance(c, str) else c, operator) for c, operator, _ in conditions),
        order=order,
        limited=limit is not None,
        unless=unless,
    )
    return Fetch(statement, tuple(value for _, _, value in conditions), limit)


EVERYONE = fetch_of("nguoi", ["so"])


async def rows_of(connector: Connector, fetch: Fetch) -> list[list[Any]]:
    """The rows of a fetch as lists, each as long as the projection."""
    rows: list[Row] = await connector.fetch(fetch)
    assert all(len(row) == len(fetch.statement.columns) for row in rows)
    return [list(row) for row in rows]


@contextmanager
def written(databases: EmbeddedServers) -> Iterator[None]:
    """The data set in both servers, inside the block."""
    with pymongo.MongoClient[dict[str, Any]](databases.mongo_url(SOURCE)) as client:
        asyncio.run(_write_tables(databases.admin_url))
        for name, documents in TABLES.items():
            client[SOURCE][name].insert_many([dict(document) for document in documents])
        yield
        client.drop_database(SOURCE)
        asyncio.run(_execute(databases.admin_url, f"DROP SCHEMA {SOURCE} CASCADE"))


async def _write_tables(admin_url: str) -> None:
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute(_SQL)
        for name, rows in (("nguoi", PEOPLE), ("tinh", PROVINCES)):
            records = [tuple(row.values()) for row in rows]
            await connection.copy_records_to_table(name, schema_name=SOURCE, records=records)
    finally:
        await connection.close()


async def _execute(admin_url: str, sql: str) -> None:
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()
