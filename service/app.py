"""The composition root: settings -> connectors, governance, engine, and the Starlette application."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response as HttpResponse
from starlette.routing import Route

from auth.attempts import FailedAttempts
from auth.audit import AuditLog, SubjectHasher
from auth.audit.checkpoints import CheckpointWriter
from auth.database import open_governance
from auth.jwks import KeySource
from auth.limits import SharedLimits
from auth.notices import NoticeBoard
from auth.process.cases import Cases
from auth.process.reads import CitizenReads
from auth.store import ContractStore
from auth.tokens import Issuer, TokenVerifier
from connectors.fetch import Connector
from connectors.guard import GuardedConnector
from connectors.mongo import MongoConnector
from connectors.postgres import PostgresConnector
from errors import LienthongError, Visibility
from graph.catalog import Catalog
from graph.schema import schema
from resolvers.cursors import CursorSealer
from resolvers.duties import Duties
from resolvers.engine import Engine
from resolvers.notices import notices_of
from resolvers.respond import Response, errors_of
from service.authentication import Authentication
from service.endpoint import GraphQLEndpoint
from service.health import Readiness, healthz, show_version
from service.negotiation import JSON
from service.origin import Origins
from service.pages import page_routes
from service.process import Process, open_process
from service.settings import Settings
from service.wire import encode

__all__ = ["SettingsError", "create_app", "open_authentication", "open_connectors"]

_LOG = logging.getLogger("lienthong.service")


class SettingsError(LienthongError):
    """the settings do not fit the schema"""

    visibility = Visibility.OPERATOR


def open_connectors(settings: Settings, sources: frozenset[str]) -> dict[str, GuardedConnector]:
    """A guarded connector per source, for settings that fit the schema."""
    return {
        source: GuardedConnector(
            _ENGINES[urlsplit(settings.sources[source]).scheme](settings, source),
            source,
            timeout=settings.fetch_timeout,
            concurrency=settings.concurrency,
        )
        for source in sorted(sources)
    }


def _postgres(settings: Settings, source: str) -> Connector:
    return PostgresConnector(
        source, settings.sources[source], pool_size=settings.pool_size, timeout=settings.fetch_timeout
    )


def _mongo(settings: Settings, source: str) -> Connector:
    return MongoConnector(
        source,
        settings.sources[source],
        driver=settings.mongo_driver,
        pool_size=settings.pool_size,
        timeout=settings.fetch_timeout,
    )


_ENGINES = {"postgresql": _postgres, "postgres": _postgres, "mongodb": _mongo, "mongodb+srv": _mongo}


def create_app(settings: Settings) -> Starlette:
    """The application. Faults of declarations and settings are raised here, all at once; databases may be away."""
    catalog = Catalog.of(schema)
    _check_sources(settings, catalog)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        connectors = open_connectors(settings, catalog.sources)
        pool = await open_governance(
            settings.governance_url, pool_size=settings.pool_size, timeout=settings.audit_timeout
        )
        store = ContractStore(pool, settings.governance_url, timeout=settings.audit_timeout)
        limits = await open_governance(
            settings.governance_url,
            pool_size=min(4, settings.pool_size),
            timeout=settings.audit_timeout,
            durable=False,
        )
        audit = AuditLog(
            settings.governance_url,
            SubjectHasher(settings.key("audit_key")),
            timeout=settings.audit_timeout,
            checkpoints=_checkpoints(settings),
        )
        authentication = open_authentication(settings, store, audit)
        sealer = CursorSealer(settings.key("cursor_key"), settings.old_cursor_keys())
        engine = Engine(
            connectors,
            sealer,
            cache_size=settings.cache_size,
            notices=notices_of(NoticeBoard(pool)),
            duties=_duties(app, sealer),
        )
        app.state.readiness = Readiness(connectors, store)
        app.state.endpoint = GraphQLEndpoint(
            catalog=catalog,
            authentication=authentication,
            engine=engine,
            audit=audit,
            limits=SharedLimits(limits),
            max_body=settings.max_body,
        )
        await store.start()
        await audit.start()
        await authentication.start()
        try:
            async with _process(settings, catalog) as app.state.process:
                yield
        finally:
            await authentication.stop()
            await audit.stop()
            await store.stop()
            for connector in connectors.values():
                await connector.close()
            limits.terminate()
            pool.terminate()

    routes = [
        Route("/graphql", _graphql, methods=["POST"]),
        Route("/schema.graphql", _schema, methods=["GET"]),
        Route("/healthz", healthz, methods=["GET"]),
        Route("/readyz", _readyz, methods=["GET"]),
        Route("/version", show_version, methods=["GET"]),
        *page_routes(demo_clients=settings.demo_clients),
    ]
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers={Exception: _unexpected})


@contextlib.asynccontextmanager
async def _process(settings: Settings, catalog: Catalog) -> AsyncIterator[Process | None]:
    """The process of contracts, when the settings name its database."""
    if settings.process_url is None:
        yield None
        return
    async with open_process(
        settings.process_url,
        catalog,
        timeout=settings.audit_timeout,
        audit_keys=settings.audit_keys(),
        holidays=settings.public_holidays,
    ) as process:
        yield process


def _duties(app: Starlette, sealer: CursorSealer) -> Duties:
    """What carries out duties, by the process if that is served."""

    def parts() -> tuple[Cases, CitizenReads] | None:
        process: Process | None = getattr(app.state, "process", None)
        return None if process is None else (process.cases, process.reads)

    return Duties(parts, sealer)


def _checkpoints(settings: Settings) -> CheckpointWriter | None:
    if settings.checkpoint_file is None:
        _LOG.warning("no LIENTHONG_CHECKPOINT_FILE and _KEY: the audit has no checkpoints")
        return None
    return CheckpointWriter(settings.checkpoint_file, settings.key("checkpoint_key"))


def open_authentication(settings: Settings, store: ContractStore, audit: AuditLog) -> Authentication:
    """What authenticates requests, with the issuers, proxies and limit of the settings."""
    issuers = [
        Issuer(
            given.issuer,
            KeySource(given.jwks, ttl=given.ttl),
            given.algorithms,
            None if given.clients == "*" else given.clients,
            citizens=given.citizens,
        )
        for given in settings.issuers
    ]
    return Authentication(
        store,
        TokenVerifier(issuers, settings.token_audience),
        FailedAttempts(settings.failed_attempts),
        Origins(settings.trusted_proxies),
        audit,
    )


def _check_sources(settings: Settings, catalog: Catalog) -> None:
    missing = sorted(catalog.sources - set(settings.sources))
    unknown = sorted(set(settings.sources) - catalog.sources)
    faults = [f"database `{name}` has no URL: set LIENTHONG_SOURCES__{name.upper()}" for name in missing]
    faults += [f"LIENTHONG_SOURCES__{name.upper()} names no database of the schema" for name in unknown]
    faults += [
        f"LIENTHONG_SOURCES__{name.upper()} is neither a postgresql:// nor a mongodb:// URL"
        for name, url in sorted(settings.sources.items())
        if urlsplit(url).scheme not in _ENGINES
    ]
    if faults:
        raise SettingsError("the settings do not fit the schema:\n- " + "\n- ".join(faults))


async def _graphql(request: Request) -> HttpResponse:
    endpoint: GraphQLEndpoint = request.app.state.endpoint
    return await endpoint(request)


async def _schema(request: Request) -> HttpResponse:
    """The SDL of the caller's own view."""
    endpoint: GraphQLEndpoint = request.app.state.endpoint
    return await endpoint.schema(request)


async def _readyz(request: Request) -> HttpResponse:
    readiness: Readiness = request.app.state.readiness
    return await readiness()


async def _unexpected(_request: Request, _error: Exception) -> HttpResponse:
    """What nobody foresaw: a fixed sentence to the client; the server's log has the trace."""
    return encode(Response(None, errors_of(LienthongError()), 500), JSON, {})
