"""Every fetch that a driver saw has exactly one client span, and the reverse: over a random workload, with faults."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from random import Random
from typing import Any
from unittest import mock

import pytest
from opentelemetry.trace import SpanKind
from pymongo.asynchronous.database import AsyncDatabase

from graph.view import View
from service.embedded import EmbeddedServers
from tests.attacks.target import Target
from tests.attacks.world import DATABASE
from tests.service.test_outages import failing
from tests.strategies.contracts import everything
from tests.strategies.operations import random_question

pytestmark = pytest.mark.lengthy

Place = tuple[str, str]
REQUESTS = 1_000
EACH, BAD = 100, 6
"""Of each hundred requests the first few meet a fault."""
CLIENTS = ("whole", "narrow", "narrow-null", "scoped", "unshielded", "verifier")
FAULTS = ({"closeConnection": True}, {"errorCode": 2}, {"errorCode": 11600})


def test_every_fetch_that_a_driver_saw_has_exactly_one_span_and_the_reverse(
    embedded: EmbeddedServers, target: Target
) -> None:
    random, service = Random(46), target.service
    whole = View.of(target.canaries.catalog, everything(target.canaries.catalog))
    tally: Counter[str] = Counter()
    with asked_of_mongo() as asked_documents:
        for number in range(REQUESTS):
            asked = random_question(whole, target.canaries.world.tables, random)
            fault = FAULTS[number // EACH % len(FAULTS)] if number % EACH < BAD else None
            service.forget()
            asked_documents.clear()
            with failing(embedded, **fault) if fault else nullcontext(), service.observing() as observed:
                target.post(random.choice(CLIENTS), asked.query, asked.variables)
                spans = [span for span in service.spans if span.kind is SpanKind.CLIENT]
            seen = Counter(_place(source, text) for source, text in observed.statements if _fetches(text))
            told: Counter[Place] = Counter()
            for span in spans:
                attributes = span.attributes or {}
                told[str(attributes["lienthong.source"]), str(attributes["db.collection.name"])] += 1
                tally["failed"] += "error.type" in attributes
                tally["second attempts"] += attributes["lienthong.fetch.attempt"] == 2
            register = Counter({place: count for place, count in seen.items() if place[0] == "population"})
            assert register + asked_documents == told, f"request {number}: {asked.query}"
            # A driver that lost its connections is asked in vain: then no command went to the server.
            assert seen <= told
            assert seen == told or tally["failed"]
            tally["fetches"] += len(spans)
            tally["without any"] += not spans
            tally["in vain"] += (told - seen).total()
    assert tally["fetches"] > REQUESTS
    assert min(tally["failed"], tally["second attempts"], tally["without any"]) > 10, tally
    assert tally["in vain"] < tally["failed"]


@contextmanager
def asked_of_mongo() -> Iterator[Counter[Place]]:
    """How often the driver for MongoDB was asked to fetch from each collection, whether or not it could."""
    counted: Counter[Place] = Counter()
    ask = AsyncDatabase.cursor_command

    def counting(database: Any, command: Any, *arguments: Any, **options: Any) -> Any:
        counted[database.name.removeprefix(f"{DATABASE}_"), command["find"]] += 1
        return ask(database, command, *arguments, **options)

    with mock.patch.object(AsyncDatabase, "cursor_command", counting):
        yield counted


def _fetches(text: str) -> bool:
    """Whether a statement fetches: asyncpg also asks PostgreSQL for its types."""
    return text.startswith("{") or "population." in text


def _place(source: str, text: str) -> Place:
    if text.startswith("{"):
        return source.removeprefix(f"{DATABASE}_"), json.loads(text)["find"]
    match = re.search(r"FROM population\.(\w+) t", text)
    assert match
    return "population", match[1]
