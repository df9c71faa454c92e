"""Whatever any span, log line or metric of the test run said, searched for the personal values of the sample data.

Everything in the sample that tells people apart is personal: numbers, names, addresses, plates. It is found in the
databases themselves: the texts of a column or path that differ from row to row.
"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import asyncpg
import pymongo
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from prometheus_client import CollectorRegistry

from service.demo.databases import SOURCES
from service.embedded import EmbeddedServers
from service.telemetry.logs import log_formatter

__all__ = ["WATCH", "Watch", "personal_values"]

_SHORTEST = 6
_DIFFERENT = 0.2
_WORD = re.compile(r"[\w@.+-]+")


class Watch(SpanProcessor):
    """Keeps each different text once; of a span its name, attributes, events, status and links."""

    def __init__(self) -> None:
        self.said: set[str] = set()
        self.spans = self.lines = self.samples = 0
        self.handler = _Handler(self)

    def on_end(self, span: ReadableSpan) -> None:
        """Hear a span."""
        self.spans += 1
        held = [span.attributes, *(e.attributes for e in span.events), *(link.attributes for link in span.links)]
        self.said.update(str(value) for attributes in held for value in (attributes or {}).values())
        self.said.update((span.name, span.status.description or "", *(event.name for event in span.events)))

    def hear_line(self, line: str) -> None:
        """Hear a log line."""
        self.lines += 1
        self.said.add(line)

    def hear_metrics(self, registry: CollectorRegistry) -> None:
        """Hear every label of every sample."""
        for family in registry.collect():
            self.said.update((family.name, family.documentation))
            for sample in family.samples:
                self.samples += 1
                self.said.update(sample.labels.values())

    def found(self, values: Iterable[str]) -> dict[str, str]:
        """The values that were said, each with what said it."""
        words: set[str] = set()
        pairs: set[tuple[str, str]] = set()
        for text in self.said:
            some = _WORD.findall(text)
            words.update(some)
            pairs.update(pairwise(some))
        suspects = []
        for value in values:
            some = _WORD.findall(value)
            if len(some) == 1:
                suspects += [value] * (some[0] in words)
            elif all(pair in pairs for pair in pairwise(some)):
                suspects.append(value)
        return {value: text for value in suspects for text in self.said if _stands_in(value, text)}


class _Handler(logging.Handler):
    def __init__(self, watch: Watch) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(log_formatter("json"))
        self._watch = watch

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith(("lienthong", "uvicorn", "asyncio", "asyncpg", "pymongo", "opentelemetry")):
            self._watch.hear_line(self.format(record))


WATCH = Watch()
"""What hears everything of this process."""


def _stands_in(value: str, text: str) -> bool:
    """Whether a value is in a text by itself, and not as a part of a longer word or number."""
    return re.search(rf"(?<![\w]){re.escape(value)}(?![\w])", text) is not None


async def personal_values(databases: EmbeddedServers) -> set[str]:
    """Every text of the sample data that tells people apart."""
    found: set[str] = set()
    connection = await asyncpg.connect(databases.admin_url)
    try:
        for table in ("citizen", "relative", "household", "identity_card"):
            exists = await connection.fetchval("SELECT to_regclass($1)", f"population.{table}")
            rows = await connection.fetch(f"SELECT * FROM population.{table}") if exists else []
            found |= _telling(dict(row) for row in rows)
    finally:
        await connection.close()
    for source in SOURCES:
        with pymongo.MongoClient[dict[str, Any]](databases.mongo_url(source)) as client:
            for name in client[source].list_collection_names():
                found |= _telling(client[source][name].find({}, {"_id": 0}))
    return found


def _telling(rows: Iterable[Mapping[str, Any]]) -> set[str]:
    columns: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        for path, value in _texts(row, ""):
            columns[path].append(value)
    telling: set[str] = set()
    for values in columns.values():
        if len(set(values)) >= _DIFFERENT * len(values) and len(set(values)) > 20:
            telling.update(value for value in values if len(value) >= _SHORTEST)
    return telling


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for name, below in value.items():
            yield from _texts(below, f"{path}.{name}")
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, path)
