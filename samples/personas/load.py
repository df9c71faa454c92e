"""Load the personas into the databases of the sandbox: `python -m samples.personas.load --help`."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any

import asyncpg
from pymongo import ASCENDING, MongoClient

from samples.documents import INDEXES
from samples.personas.cast import PREFIX
from samples.personas.documents import collections
from samples.personas.rows import tables
from samples.places import UNITS
from samples.postgres import LoadError
from samples.register import COLUMNS

__all__ = ["load_personas"]

_TABLES = ", ".join(f"population.{table}" for table in reversed(COLUMNS))
_MARKER = "personas"
_CREATE = """
CREATE TABLE IF NOT EXISTS population.personas (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), digest text)
"""
_UNIT = """
INSERT INTO population.administrative_unit (code, level, name, parent_code, dissolved_on, successor_code)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING
"""


async def load_personas(admin_url: str, mongo_urls: Mapping[str, str]) -> bool:
    """Make the databases hold exactly the personas; whether anything had to be written.

    `admin_url` needs the owner of the schema `population` of the sandbox, migrations done; `mongo_urls` maps source
    names to URLs that may write. Raises LoadError when there is anybody else in them: those are no databases of a
    sandbox.
    """
    digest = hashlib.sha256(repr((tables(), collections())).encode()).hexdigest()
    fresh = await _load_register(admin_url, digest)
    return await asyncio.to_thread(_load_documents, mongo_urls, digest) or fresh


async def _load_register(admin_url: str, digest: str) -> bool:
    connection = await asyncpg.connect(admin_url)
    try:
        async with connection.transaction():
            if await connection.fetchval("SELECT to_regclass('population.relative')") is None:
                raise LoadError("schema population is missing: run the migrations first")
            if await connection.fetchval(
                "SELECT EXISTS (SELECT FROM population.citizen WHERE NOT starts_with(personal_id, $1))", PREFIX
            ):
                raise LoadError("population.citizen holds people who are no personas: this is no sandbox")
            await connection.execute(_CREATE)
            if await connection.fetchval("SELECT digest FROM population.personas") == digest:
                return False
            await connection.execute(f"TRUNCATE {_TABLES}")
            await connection.executemany(
                _UNIT, [(u.code, u.level, u.name, u.parent_code, u.dissolved_on, u.successor_code) for u in UNITS]
            )
            rows = tables()
            for table, columns in COLUMNS.items():
                await connection.copy_records_to_table(
                    table, schema_name="population", columns=columns, records=rows[table]
                )
            await connection.execute(
                "INSERT INTO population.personas (digest) VALUES ($1) "
                "ON CONFLICT (only_row) DO UPDATE SET digest = excluded.digest",
                digest,
            )
        await connection.execute(f"VACUUM (ANALYZE) {_TABLES}, population.administrative_unit")
    finally:
        await connection.close()
    return True


def _load_documents(urls: Mapping[str, str], digest: str) -> bool:
    fresh, found = False, collections()
    for source, url in urls.items():
        client: MongoClient[dict[str, Any]] = MongoClient(url, serverSelectionTimeoutMS=10_000)
        with client:
            database = client.get_default_database(source)
            marker = database[_MARKER].find_one({"_id": 1})
            if marker == {"_id": 1, "digest": digest}:
                continue
            if marker is None and any(database[name].find_one({}, {"_id": 1}) for name in INDEXES[source]):
                raise LoadError(f"{source} holds documents that are no personas': this is no sandbox")
            database[_MARKER].replace_one({"_id": 1}, {"_id": 1}, upsert=True)
            for name, fields in INDEXES[source].items():
                database.drop_collection(name)
                if found[source][name]:
                    database[name].insert_many(found[source][name])
                for field, unique in fields:
                    database[name].create_index([(field, ASCENDING)], unique=unique)
            database[_MARKER].replace_one({"_id": 1}, {"_id": 1, "digest": digest}, upsert=True)
            fresh = True
    return fresh


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m samples.personas.load", description=__doc__)
    parser.add_argument("--admin-url", required=True, help="PostgreSQL URL of the owner of the sandbox's population")
    parser.add_argument("--mongo", action="append", default=[], metavar="NAME=URL", help="a document database; repeat")
    options = parser.parse_args()
    urls = {name: url for name, _, url in (text.partition("=") for text in options.mongo)}
    try:
        asyncio.run(load_personas(options.admin_url, urls))
    except LoadError as error:
        raise SystemExit(f"not loaded: {error}") from error


if __name__ == "__main__":
    main()
