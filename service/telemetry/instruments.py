"""The instruments of the service: OpenTelemetry's names, of which Prometheus' are made by the rules for both.

Dots become underscores, the unit stands at the end, a counter ends with `_total`. A label is an attribute's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["GAUGES", "INSTRUMENTS", "Instrument"]

Kind = Literal["histogram", "counter", "gauge"]
# The boundaries that the semantic conventions advise for requests and for fetches.
_REQUESTS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
_FETCHES = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10)
_SHORT = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_UNITS = {"s": "seconds", "By": "bytes"}


@dataclass(frozen=True, slots=True)
class Instrument:
    """What is measured: its name, unit (UCUM; of counts in braces), description and attributes."""

    name: str
    kind: Kind
    unit: str
    description: str
    attributes: tuple[str, ...] = ()
    buckets: Sequence[float] = ()

    @property
    def prometheus(self) -> str:
        """The name in Prometheus, without `_total`."""
        unit = _UNITS.get(self.unit)
        return self.name.replace(".", "_") + (f"_{unit}" if unit else "")

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of its labels in Prometheus."""
        return tuple(name.replace(".", "_") for name in self.attributes)


_WHERE = "lienthong.environment"
_SOURCE = (_WHERE, "lienthong.source")
_POOL = (_WHERE, "db.client.connection.pool.name")

INSTRUMENTS = {
    instrument.name: instrument
    for instrument in (
        Instrument(
            "http.server.request.duration",
            "histogram",
            "s",
            "Duration of requests, from the first byte read to the answer",
            (_WHERE, "http.route", "http.response.status_code", "graphql.operation.name", "lienthong.outcome"),
            _REQUESTS,
        ),
        Instrument(
            "lienthong.requests",
            "counter",
            "{request}",
            "Requests by client; its name is empty where nobody was recognised",
            (_WHERE, "lienthong.client", "lienthong.contract", "lienthong.outcome"),
        ),
        Instrument(
            "lienthong.errors",
            "counter",
            "{request}",
            "Requests whose answer has an error of a code",
            (_WHERE, "lienthong.client", "lienthong.contract", "error.type"),
        ),
        Instrument(
            "lienthong.limits.refused",
            "counter",
            "{request}",
            "Requests refused because of a limit",
            (_WHERE, "lienthong.contract", "lienthong.limit"),
        ),
        Instrument(
            "lienthong.stage.duration",
            "histogram",
            "s",
            "Duration of a stage of requests",
            (_WHERE, "lienthong.stage"),
            _SHORT,
        ),
        Instrument(
            "lienthong.plan.cache",
            "counter",
            "{request}",
            "Operations by whether their plan was kept",
            (_WHERE, "lienthong.plan.cache_hit"),
        ),
        Instrument(
            "db.client.operation.duration",
            "histogram",
            "s",
            "Duration of fetches; each attempt is one",
            (*_SOURCE, "db.system.name", "error.type"),
            _FETCHES,
        ),
        Instrument("lienthong.fetch.rows", "counter", "{row}", "Rows that a source returned", _SOURCE),
        Instrument("lienthong.fetch.retries", "counter", "{fetch}", "Second attempts", _SOURCE),
        Instrument(
            "lienthong.fetch.refused",
            "counter",
            "{fetch}",
            "Fetches that reached no source: its breaker was open, or no connection became free",
            (*_SOURCE, "error.type"),
        ),
        Instrument(
            "db.client.connection.wait_time",
            "histogram",
            "s",
            "Time for which fetches waited for a connection",
            _POOL,
            _SHORT,
        ),
        Instrument("lienthong.audit.commit.duration", "histogram", "s", "Duration of audit commits", (_WHERE,), _SHORT),
        Instrument("lienthong.audit.records", "counter", "{record}", "Audit records committed", (_WHERE,)),
        Instrument(
            "lienthong.audit.failures",
            "counter",
            "{commit}",
            "Audit commits that failed, and with them their requests",
            (_WHERE,),
        ),
        Instrument(
            "lienthong.contract.propagation.delay",
            "histogram",
            "s",
            "Time from a change of contracts or keys to its effect in this process, by the database's clock",
            (_WHERE,),
            _SHORT,
        ),
        Instrument(
            "lienthong.event_loop.lag",
            "histogram",
            "s",
            "How late the event loop wakes a task that only sleeps",
            (),
            _SHORT,
        ),
        Instrument("lienthong.traces.kept", "counter", "{trace}", "Traces exported, by reason", ("lienthong.kept",)),
    )
}
"""What is measured as it happens, by name."""

GAUGES = {
    gauge.name: gauge
    for gauge in (
        Instrument(
            "db.client.connection.count",
            "gauge",
            "{connection}",
            "Fetches under way (used) and connections free for more (idle)",
            (*_POOL, "db.client.connection.state"),
        ),
        Instrument("db.client.connection.max", "gauge", "{connection}", "Connections at most", _POOL),
        Instrument(
            "db.client.connection.pending_requests", "gauge", "{request}", "Fetches that wait for a connection", _POOL
        ),
        Instrument(
            "lienthong.breaker.state",
            "gauge",
            "1",
            "1 for the state that the breaker of a source is in",
            (*_SOURCE, "lienthong.breaker.state"),
        ),
        Instrument("lienthong.audit.queue", "gauge", "{record}", "Records that wait for an audit commit", (_WHERE,)),
        Instrument("lienthong.plans", "gauge", "{plan}", "Plans kept", (_WHERE,)),
        Instrument(
            "lienthong.governance.listening",
            "gauge",
            "1",
            "1 while changes of contracts are announced; at 0 each request reads for itself",
            (_WHERE,),
        ),
    )
}
"""What is looked up when somebody asks, by name."""
