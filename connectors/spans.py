"""The client span of a fetch: names and attributes of OpenTelemetry's conventions for databases, and no value.

Version 1.44 of the conventions. A load of many keys is no batch operation there, so its size is an attribute of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import orjson
from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind

from connectors.fetch import Fetch, Row, Statement

__all__ = ["FetchSpans", "key_count", "size_of"]

_OPERATIONS = {"postgresql": "SELECT", "mongodb": "find", "memory": "scan"}
_DESCRIBED = 2048
_WEIGHED = 16


class FetchSpans:
    """Begins the spans of a connector's fetches; what all fetches of a statement share is put together once."""

    def __init__(self, connector: Any, source: str) -> None:
        self._tracer = trace.get_tracer("lienthong.connectors")
        self._common = _common(connector, source)
        self._described = lru_cache(maxsize=_DESCRIBED)(self._describe)

    def begin(self, fetch: Fetch, *, attempt: int, waited: float, breaker: str) -> Span:
        """The span of one attempt; `waited` are the seconds for which it waited for a connection to be free."""
        name, described = self._described(fetch.statement)
        return self._tracer.start_span(
            name,
            kind=SpanKind.CLIENT,
            attributes={
                **described,
                "lienthong.fetch.keys": key_count(fetch),
                "lienthong.fetch.attempt": attempt,
                "lienthong.pool.wait": waited,
                "lienthong.breaker.state": breaker,
            },
        )

    def _describe(self, statement: Statement) -> tuple[str, dict[str, Any]]:
        summary = f"{self._common['db.operation.name']} {statement.table}"
        return summary, {
            **self._common,
            "db.collection.name": statement.table,
            "db.query.summary": summary,
        }


def key_count(fetch: Fetch) -> int:
    """How many keys, or values of its first condition, a fetch asks for."""
    first = fetch.values[0] if fetch.values else ()
    return len(first) if isinstance(first, tuple) else 1


def size_of(rows: Sequence[Row]) -> int | None:
    """The bytes of rows as JSON; of many rows it is scaled from some of them, spread over all.

    None for what is no JSON: nobody reads less because of that.
    """
    count = len(rows)
    weighed = rows if count <= _WEIGHED else rows[:: count // _WEIGHED]
    try:
        size = len(orjson.dumps([tuple(row) for row in weighed], default=str, option=orjson.OPT_NON_STR_KEYS))
    except (TypeError, ValueError, RecursionError):
        return None
    return size if len(weighed) == count else size * count // len(weighed)


def _common(connector: Any, source: str) -> dict[str, Any]:
    system = getattr(connector, "system", "other_sql")
    attributes = {
        "db.system.name": system,
        "db.namespace": getattr(connector, "namespace", source),
        "db.operation.name": _OPERATIONS.get(system, "fetch"),
        "server.address": getattr(connector, "address", "localhost"),
        "lienthong.source": source,
    }
    if getattr(connector, "port", None):
        attributes["server.port"] = connector.port
    return attributes
