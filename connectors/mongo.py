"""MongoDB through PyMongo's asyncio client or Motor: the exact projection, and `$in` for a batch of keys."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from operator import itemgetter
from typing import Any, Literal
from urllib.parse import urlsplit

import pymongo.errors
from bson.errors import BSONError

from connectors.errors import SourceFaultError, SourceTimeoutError, SourceUnavailableError
from connectors.fetch import Fetch, Row, Statement

__all__ = ["MongoConnector", "MongoDriver", "compile_find"]

MongoDriver = Literal["pymongo", "motor"]

_ONE_BATCH = 100_000
# The share of the time limit given to reaching the server, so that one that is away is told from one that is slow.
_REACHING = 0.6
_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*\Z")
_TIMEOUTS = (pymongo.errors.NetworkTimeout, pymongo.errors.ExecutionTimeout, pymongo.errors.WTimeoutError)


class MongoConnector:
    """A source kept in one MongoDB database, named by the URL's path.

    `pool_size` connections at most; `timeout` in seconds bounds selection, connecting and, on the server, each command.
    How long an answer is waited for is the guard's to bound.
    """

    system = "mongodb"

    def __init__(self, source: str, url: str, *, driver: MongoDriver, pool_size: int, timeout: float) -> None:
        self.source = source
        parts = urlsplit(url)
        self.namespace = parts.path.strip("/") or source
        self.address, self.port = parts.hostname or "localhost", parts.port or 27017
        options = {
            "maxPoolSize": pool_size,
            "serverSelectionTimeoutMS": int(timeout * 1000 * _REACHING),
            "connectTimeoutMS": int(timeout * 1000 * _REACHING),
            "appname": "lienthong",
        }
        # The guard can end PyMongo's waiting, where a limit of its own costs a task, but not Motor's threads.
        if driver == "motor":
            options["socketTimeoutMS"] = int(timeout * 1000)
        self._driver = driver
        self._max_time_ms = int(timeout * 1000)
        self._client: Any = _client(driver)(url, **options)
        self._database = self._client[self.namespace]
        concern = self._database.read_concern.document
        self._concern = {"readConcern": concern} if concern else {}
        self._reading = {
            "read_preference": self._database.read_preference,
            "codec_options": self._database.codec_options,
        }

    async def fetch(self, fetch: Fetch) -> list[Row]:
        """Run one find. Raises `SourceUnavailableError`, `SourceTimeoutError` or `SourceFaultError`.

        It goes as a command, which costs the drivers less than building the same one from a cursor's options.
        """
        projection, pick = _projection(fetch.statement)
        command = {
            "find": fetch.statement.table,
            "filter": _filter(fetch),
            "projection": projection,
            "batchSize": _ONE_BATCH,
            "maxTimeMS": self._max_time_ms,
            **self._concern,
        }
        if fetch.statement.order:
            command["sort"] = dict.fromkeys(fetch.statement.order, 1)
        if fetch.limit:
            command["limit"] = fetch.limit
        try:
            cursor = await self._database.cursor_command(command, **self._reading)
            documents = await cursor.to_list(None)
        except (TimeoutError, *_TIMEOUTS) as error:
            raise SourceTimeoutError(self.source) from error
        except pymongo.errors.PyMongoError as error:
            if isinstance(error, pymongo.errors.ConnectionFailure):
                raise SourceUnavailableError(self.source) from error
            raise SourceFaultError(self.source) from error
        except BSONError as error:
            raise SourceFaultError(self.source) from error
        return [pick(document) for document in documents]

    async def ping(self) -> None:
        """Run the `ping` command."""
        try:
            await self._database.command("ping")
        except pymongo.errors.PyMongoError as error:
            raise SourceUnavailableError(self.source) from error

    async def close(self) -> None:
        """Close the client."""
        closing = self._client.close()
        if self._driver == "pymongo":
            await closing

    def render(self, statement: Statement) -> str:
        """The find command, with `?` for each value."""
        return compile_find(statement)


def compile_find(statement: Statement) -> str:
    """The find command of a statement in mongosh's notation, with `?` for each value."""
    shape = {condition.column: _predicate(condition.operator, "?") for condition in statement.conditions}
    shape |= _shield(statement)
    projection, _ = _projection(statement)
    text = f"{statement.table}.find({json.dumps(shape)}, {json.dumps(projection)})"
    if statement.order:
        text += f".sort({json.dumps(dict.fromkeys(statement.order, 1))})"
    return text + (".limit(?)" if statement.limited else "")


def _client(driver: MongoDriver) -> Callable[..., Any]:
    if driver == "motor":
        from motor.motor_asyncio import AsyncIOMotorClient

        return AsyncIOMotorClient
    from pymongo import AsyncMongoClient

    return AsyncMongoClient


def _filter(fetch: Fetch) -> dict[str, Any]:
    found = {
        condition.column: _predicate(condition.operator, value)
        for condition, value in zip(fetch.statement.conditions, fetch.values, strict=True)
    }
    return found if fetch.statement.unless is None else found | _shield(fetch.statement)


def _shield(statement: Statement) -> dict[str, Any]:
    if statement.unless is None:
        return {}
    if not _PATH.match(statement.unless):
        raise ValueError(f"not a document path: {statement.unless}")
    return {statement.unless: {"$eq": False}}


def _predicate(operator: str, value: Any) -> dict[str, Any]:
    if operator in {"any", "overlaps"}:
        return {"$in": list(value)}
    if operator == "equals":
        return {"$eq": value}
    if operator == "prefix":
        return {"$regex": "^" + re.escape(value)}
    raise ValueError(f"a document source has no operator {operator!r}")


@lru_cache(maxsize=2048)
def _projection(statement: Statement) -> tuple[dict[str, int], Callable[[Mapping[str, Any]], Row]]:
    paths = []
    for column in statement.columns:
        if column.via is not None or column.unless is not None or not _PATH.match(column.name):
            raise ValueError(f"not a document path: {column}")
        paths.append(column.name)
    projection = dict.fromkeys(paths, 1)
    projection.setdefault("_id", 0)
    parts = [tuple(path.split(".")) for path in paths]

    def dig(document: Mapping[str, Any]) -> Row:
        return [_dig(document, part) for part in parts]

    if len(paths) > 1 and all(len(part) == 1 for part in parts):
        whole = itemgetter(*paths)

        def pick(document: Mapping[str, Any]) -> Row:
            try:
                row: Row = whole(document)
            except KeyError:
                row = dig(document)
            return row

        return projection, pick
    return projection, dig


def _dig(document: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if not isinstance(document, Mapping):
            return None
        document = document.get(name)
    return document
