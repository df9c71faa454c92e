"""The MongoDB side of a load.

One database per source, collections filled in bulk, indexes made afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pymongo import ASCENDING, MongoClient
from pymongo.database import Database

from samples.documents import DATABASES, INDEXES
from samples.generate import GENERATOR, Sample, Shard
from samples.postgres import LoadError

Documents = Database[dict[str, Any]]
_MARKER = "sample_load"
_BATCH = 2_000


class Sources:
    """The MongoDB databases of a load, by source name. Raises ValueError for a source that has no samples."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        if unknown := sorted(set(urls) - set(DATABASES)):
            raise ValueError(f"no samples for {', '.join(unknown)}; there are samples for {', '.join(DATABASES)}")
        self._clients: list[MongoClient[dict[str, Any]]] = []
        self.databases: dict[str, Documents] = {}
        for source, url in urls.items():
            client: MongoClient[dict[str, Any]] = MongoClient(url, serverSelectionTimeoutMS=10_000)
            self._clients.append(client)
            self.databases[source] = client.get_default_database(source)

    def close(self) -> None:
        """Close every connection."""
        for client in self._clients:
            client.close()

    def are_loaded(self, sample: Sample) -> bool:
        """Whether every database holds exactly this sample.

        Raises LoadError for documents of other origin.
        """
        state = True
        for source, database in self.databases.items():
            marker = database[_MARKER].find_one({"_id": 1})
            if marker is None and any(database[name].find_one({}, {"_id": 1}) for name in INDEXES[source]):
                raise LoadError(f"{source} holds documents that no sample load put there: refusing to replace them")
            state = state and marker == _mark(sample, done=True)
        return state

    def prepare(self, sample: Sample) -> None:
        """Empty the collections and note a load as begun."""
        for source, database in self.databases.items():
            database[_MARKER].replace_one({"_id": 1}, _mark(sample, done=False), upsert=True)
            for name in INDEXES[source]:
                database.drop_collection(name)

    def insert(self, shard: Shard) -> dict[str, int]:
        """Insert one shard's documents; returns their number by collection."""
        counts: dict[str, int] = {}
        for source, database in self.databases.items():
            for name in INDEXES[source]:
                documents = shard.collections[name]
                counts[name] = len(documents)
                for start in range(0, len(documents), _BATCH):
                    database[name].insert_many(documents[start : start + _BATCH], ordered=False)
        return counts

    def finish(self, sample: Sample, advance: Callable[[int, int], None]) -> None:
        """Make the indexes and note the load as done."""
        indexes = [
            (source, name, field, unique)
            for source in self.databases
            for name, fields in INDEXES[source].items()
            for field, unique in fields
        ]
        for done, (source, name, field, unique) in enumerate(indexes, 1):
            self.databases[source][name].create_index([(field, ASCENDING)], unique=unique)
            advance(done, len(indexes))
        for database in self.databases.values():
            database[_MARKER].replace_one({"_id": 1}, _mark(sample, done=True), upsert=True)


def _mark(sample: Sample, *, done: bool) -> dict[str, Any]:
    return {"_id": 1, "citizens": sample.citizens, "seed": sample.seed, "generator": GENERATOR, "done": done}
