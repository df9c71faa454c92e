"""The service under test: a real uvicorn in a thread, real databases, and eyes on drivers, spans and audit."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import socket
import threading
import time
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from unittest import mock

import asyncpg
import httpx
import uvicorn
from asyncpg.introspection import INTRO_LOOKUP_TYPES, INTRO_LOOKUP_TYPES_13
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pymongo import monitoring

from auth.contract import Contract
from auth.registry import install_contract, issue_key, read_contracts
from auth.store import CHANNEL
from service.app import create_app
from service.demo.databases import SOURCES
from service.embedded import EmbeddedServers
from service.settings import Settings
from service.telemetry.logs import send_to_logging
from service.telemetry.tracing import set_up_tracing
from service.worker import server_options
from tests.watch import WATCH

T = TypeVar("T")

_EXPORTER = InMemorySpanExporter()
_TRACING: list[object] = []
_CREATE_POOL = asyncpg.create_pool
_KEY = base64.b64encode(bytes(32)).decode()
_OF_TYPES = frozenset({INTRO_LOOKUP_TYPES, INTRO_LOOKUP_TYPES_13})


def settings_for(databases: EmbeddedServers, **changes: Any) -> Settings:
    """The settings of a service over the test databases."""
    sources = {source: databases.mongo_url(source) for source in SOURCES}
    sources["population"] = databases.postgres_url("lienthong_reader")
    url = changes.get("governance_url", databases.postgres_url("lienthong_gateway"))
    given = {
        "governance_url": url,
        "sources": sources,
        # Tests look at one governance database at a time, so each has checkpoints of its own.
        "checkpoint_file": databases.directory / f"checkpoints-{url.rpartition('/')[2]}.jsonl",
        "checkpoint_key": _KEY,
        "cursor_key": _KEY,
        "audit_key": _KEY,
        "port": free_port(),
        "failed_attempts": 1_000_000,
        # Many services stand side by side in the tests, and PostgreSQL takes a hundred connections.
        "pool_size": 4,
        **changes,
    }
    return Settings(**{"_env_file": None, **given})


def free_port() -> int:
    """A loopback port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def observed_tracing() -> None:
    """Set up tracing once per test process; spans are kept in memory."""
    if not _TRACING:
        send_to_logging()
        logging.getLogger().addHandler(WATCH.handler)
        _TRACING.append(set_up_tracing("test", SimpleSpanProcessor(_EXPORTER), WATCH))


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end from a test that is not one."""
    return asyncio.run(work)


@dataclass
class Governance:
    """Contracts and keys, written as an administrator would."""

    admin_url: str
    contracts: dict[str, Contract] = field(default_factory=dict)
    authorizations: dict[str, str] = field(default_factory=dict)

    def install_samples(self, path: Path, now: datetime) -> None:
        """Install every contract of a file, under its client's name."""
        for contract in read_contracts(path, now):
            limits = replace(contract.limits, requests_per_minute=10**9, subjects_per_day=10**9)
            self.install(replace(contract, limits=limits))

    def install(self, contract: Contract, *, days: int = 1) -> str:
        """Install a contract and issue a key for it; the `Authorization` header's value."""

        async def work() -> str:
            connection = await asyncpg.connect(self.admin_url)
            try:
                await install_contract(connection, contract)
                return (await issue_key(connection, contract.contract_id, days=days)).authorization
            finally:
                await connection.close()

        self.contracts[contract.client.client_id] = contract
        self.authorizations[contract.client.client_id] = run(work())
        return self.authorizations[contract.client.client_id]

    def replace(self, client: str, **changes: Any) -> str:
        """Install the next version of a client's contract; the new key."""
        contract = self.contracts[client]
        return self.install(replace(contract, version=contract.version + 1, **changes))

    def force(self, sql: str, *values: Any) -> None:
        """Change what is immutable, past every trigger, and announce it as they would."""

        async def work() -> None:
            connection = await asyncpg.connect(self.admin_url)
            try:
                await connection.execute("SET session_replication_role = replica")
                await connection.execute(sql, *values)
                await connection.execute(f"NOTIFY {CHANNEL}, 'test'")
            finally:
                await connection.close()

        run(work())

    def fetch(self, sql: str, *values: Any) -> list[Any]:
        """Rows of a query by the administrator."""

        async def work() -> list[Any]:
            connection = await asyncpg.connect(self.admin_url)
            try:
                return list(await connection.fetch(sql, *values))
            finally:
                await connection.close()

        return run(work())


@dataclass
class Observed:
    """What reached the databases: (source, text of the statement) in order."""

    everything: list[tuple[str, str]] = field(default_factory=list)

    @property
    def statements(self) -> list[tuple[str, str]]:
        """The statements that read data: all but those on contracts and audit."""
        return [(source, text) for source, text in self.everything if source != "lienthong-governance"]

    def of(self, source: str) -> list[str]:
        """The statements of one source."""
        return [text for name, text in self.everything if name == source]


class _MongoListener(monitoring.CommandListener):
    def __init__(self, sink: list[tuple[str, str]]) -> None:
        self.sink = sink

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if event.command_name in {"find", "aggregate", "getMore", "count", "distinct"}:
            self.sink.append((event.database_name, json.dumps(event.command, default=str)))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        pass

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        pass


class RunningService:
    """The service in a thread of this process, from `with` on; `url` is where it listens."""

    governance: Governance

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.url = f"http://127.0.0.1:{settings.port}"
        self.session = httpx.Client(timeout=30)
        self.statements: list[tuple[str, str]] = []
        self._patches: list[Any] = []
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._observe_drivers()
        # A session keeps its connections for longer than any test pauses.
        options = server_options(self.settings) | {"log_level": "error", "timeout_keep_alive": 600}
        self.app = create_app(self.settings)
        config = uvicorn.Config(self.app, **options)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="service")
        self._thread.start()
        deadline = time.monotonic() + 20
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise RuntimeError("the service did not start")
            time.sleep(0.01)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._server is not None
        assert self._thread is not None
        self.settle()
        WATCH.hear_metrics(self.app.state.telemetry.metrics.registry)
        self.session.close()
        self._server.should_exit = True
        self._thread.join(20)
        for patch in self._patches:
            patch.stop()
        assert not self._thread.is_alive()

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        """The finished spans of this process since `forget`."""
        self.settle()
        return _EXPORTER.get_finished_spans()

    def post(
        self,
        client: str,
        query: str,
        variables: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> httpx.Response:
        """Send an operation as a sample client, for the first of its purposes."""
        contract = self.governance.contracts[client]
        return self.session.post(
            f"{self.url}/graphql",
            json={"query": query, "variables": dict(variables or {}), **more},
            headers={
                "authorization": self.governance.authorizations[client],
                "x-purpose": next(iter(contract.purposes)),
                "accept": "application/graphql-response+json",
                **(headers or {}),
            },
        )

    def answer(self, client: str, query: str, variables: Mapping[str, Any] | None = None) -> Any:
        """The data of an operation that must be answered without errors."""
        body = self.post(client, query, variables).json()
        assert "errors" not in body, body["errors"]
        return body["data"]

    def record_of(self, response: httpx.Response) -> Any:
        """The one audit record of a response."""
        (record,) = self.governance.fetch(
            "SELECT * FROM governance.audit_entry WHERE trace_id = $1", response.headers["x-trace-id"]
        )
        return record

    @contextmanager
    def observing(self) -> Iterator[Observed]:
        """Collect what reaches the databases inside the block."""
        start = len(self.statements)
        observed = Observed()
        yield observed
        observed.everything += self.statements[start:]

    def forget(self) -> None:
        """Forget the spans so far."""
        self.settle()
        _EXPORTER.clear()

    def settle(self) -> None:
        """Return when every request that was answered has been taken by the telemetry."""
        deadline = time.monotonic() + 10
        while self.app.state.telemetry.untaken:
            assert time.monotonic() < deadline
            time.sleep(0.001)

    def _observe_drivers(self) -> None:
        def logging_pool(*arguments: Any, **options: Any) -> Any:
            name = options.get("server_settings", {}).get("application_name")
            if name is None:  # a pool of the test's own
                return _CREATE_POOL(*arguments, **options)

            def note(record: Any) -> None:
                if not _is_drivers_own(record.query):
                    sandbox = record.conn_params.database == "lienthong_sandbox"
                    population = "sandbox_population" if sandbox else "population"
                    self.statements.append((population if name == "lienthong" else name, record.query))

            async def log(connection: Any) -> None:
                connection.add_query_logger(note)

            return _CREATE_POOL(*arguments, **options, init=log)

        patch = mock.patch("connectors.postgres.asyncpg.create_pool", logging_pool)
        patch.start()
        self._patches.append(patch)
        monitoring.register(_MongoListener(self.statements))


def _is_drivers_own(statement: str) -> bool:
    """Whether asyncpg asks the server about a type, as each new connection does, or sets its compiler for that."""
    return statement in _OF_TYPES or "set_config('jit'," in statement
