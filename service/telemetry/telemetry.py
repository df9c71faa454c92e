"""What is seen of a process, in one place: its requests' traces, its measurements, and the states of what it holds."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from auth.audit import AuditLog
from auth.store import ContractStore
from connectors.guard import GuardedConnector
from resolvers.engine import Engine
from service.origin import Origins
from service.settings import Settings
from service.telemetry.lag import watch_lag
from service.telemetry.logs import RequestLog
from service.telemetry.metrics import Metrics, Readings
from service.telemetry.otlp_metrics import export_metrics
from service.telemetry.recent import RecentRequests
from service.telemetry.requests import RequestTraces
from service.telemetry.sampling import KeepRule
from service.telemetry.traffic import Traffic

__all__ = ["Telemetry", "Watched"]

_STATES = ("closed", "open", "half-open")


@dataclass(frozen=True, slots=True)
class Watched:
    """What of an environment has a state that can be seen."""

    environment: str
    connectors: Mapping[str, GuardedConnector]
    engine: Engine
    audit: AuditLog
    store: ContractStore


class Telemetry:
    """Everything that the people on call see of a process."""

    def __init__(self, settings: Settings, version: str) -> None:
        self.recent = RecentRequests(settings.recent_requests)
        self.traffic = Traffic()
        self.metrics = Metrics(version, self._readings)
        self.watched: list[Watched] = []
        self._log = RequestLog(settings.log_requests)
        self._rule = KeepRule(settings.trace_ratio, settings.slow_request)
        self._trusted = settings.trace_context
        self._origins = Origins(settings.trusted_proxies)
        self._version = version
        self._traces: list[RequestTraces] = []

    def traces_of(self, environment: str) -> RequestTraces:
        """What begins the traces of an environment's requests."""
        takers = (self.metrics.take, self.recent.take, self.traffic.take, self._log.take)
        traces = RequestTraces(environment, self._rule, self._trusted, self._origins, takers)
        self._traces.append(traces)
        return traces

    @property
    def untaken(self) -> int:
        """Requests that are over and not seen here yet: they are looked at after their answers have left."""
        return sum(traces.untaken for traces in self._traces)

    def watch(self, watched: Watched) -> None:
        """Look at an environment's states, commits and changes from now on."""
        where, metrics = watched.environment, self.metrics
        self.watched.append(watched)

        def committed(seconds: float, records: int) -> None:
            if records:
                metrics.observe("lienthong.audit.commit.duration", seconds, where)
                metrics.count("lienthong.audit.records", where, amount=records)
            else:
                metrics.count("lienthong.audit.failures", where)

        watched.audit.observe = committed
        watched.store.observe = lambda delay: metrics.observe("lienthong.contract.propagation.delay", delay, where)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watch the event loop, and export measurements if the environment asks for it, while the block runs."""
        tasks = [
            asyncio.create_task(
                watch_lag(lambda lag: self.metrics.observe("lienthong.event_loop.lag", lag)), name="event-loop-lag"
            ),
            asyncio.create_task(export_metrics(self.metrics, self._version), name="metrics-export"),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    def _readings(self) -> Readings:
        for watched in self.watched:
            where = watched.environment
            for source, connector in watched.connectors.items():
                slots = connector.slots
                yield "db.client.connection.count", (where, source, "used"), slots.used
                yield "db.client.connection.count", (where, source, "idle"), slots.most - slots.used
                yield "db.client.connection.max", (where, source), slots.most
                yield "db.client.connection.pending_requests", (where, source), slots.waiting
                for state in _STATES:
                    yield "lienthong.breaker.state", (where, source, state), float(connector.breaker.state == state)
            yield "lienthong.audit.queue", (where,), watched.audit.waiting
            yield "lienthong.plans", (where,), watched.engine.plans
            yield "lienthong.governance.listening", (where,), float(watched.store.listening)
