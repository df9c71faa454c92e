"""The composition root: settings -> environments and the process of contracts, and the Starlette application."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from importlib.metadata import version

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response as HttpResponse
from starlette.routing import Route

from connectors.outage import outage_of
from errors import LienthongError
from graph.catalog import Catalog
from graph.schema import schema
from resolvers.respond import Response, errors_of
from service.console.routes import console_routes
from service.endpoint import GraphQLEndpoint
from service.environment import PRODUCTION, SANDBOX_OF_TESTS, Environment, open_environment
from service.health import Readiness, healthz, show_version
from service.negotiation import JSON
from service.operations.routes import operator_routes
from service.operations.siblings import Siblings
from service.operations.traces import TracePages
from service.pages import page_routes
from service.process import Process, open_process
from service.process_operations import ProcessOperations
from service.settings import Settings
from service.sources import SettingsError, check_sources
from service.telemetry.telemetry import Telemetry
from service.wire import encode

__all__ = ["OUTAGE_HEADER", "SettingsError", "create_app"]

OUTAGE_HEADER = "lienthong-outage"
"""Names of databases, with commas between them, that are down for one request in the sandbox."""


def create_app(settings: Settings) -> Starlette:
    """The application. Faults of declarations and settings are raised here, all at once; databases may be away."""
    catalog = Catalog.of(schema)
    check_sources(settings, catalog)
    telemetry = Telemetry(settings, version("lienthong"))
    siblings = Siblings(settings.port, workers=settings.workers)
    traces = TracePages(telemetry, siblings, settings.trace_link)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as opened:
            production = await opened.enter_async_context(open_environment(settings, catalog, PRODUCTION, telemetry))
            sandbox: Environment | None = None
            if settings.sandbox_sources:
                sandbox = await opened.enter_async_context(
                    open_environment(settings, catalog, SANDBOX_OF_TESTS, telemetry)
                )
            app.state.telemetry = telemetry
            app.state.endpoint = production.endpoint
            app.state.sandbox = sandbox.endpoint if sandbox else None
            app.state.readiness = Readiness(
                production.connectors, production.store, sandbox=sandbox.connectors if sandbox else {}
            )
            app.state.process = await opened.enter_async_context(_process(settings, catalog))
            if app.state.process is not None:
                production.endpoint.process = ProcessOperations(app.state.process, settings.max_body)
                production.duties.serve(app.state.process.cases, app.state.process.reads)
            await opened.enter_async_context(telemetry.running())
            await opened.enter_async_context(siblings.answering(traces.answer))
            yield

    routes = [
        Route("/graphql", _graphql, methods=["POST"]),
        Route("/schema.graphql", _schema, methods=["GET"]),
        Route("/healthz", healthz, methods=["GET"]),
        Route("/readyz", _readyz, methods=["GET"]),
        Route("/version", show_version, methods=["GET"]),
        *console_routes(settings),
        *operator_routes(settings, telemetry, siblings, traces),
        *page_routes(demo_clients=settings.demo_clients),
    ]
    if settings.sandbox_sources:
        routes += [
            Route("/sandbox/graphql", _sandbox_graphql, methods=["POST"]),
            Route("/sandbox/schema.graphql", _sandbox_schema, methods=["GET"]),
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


async def _graphql(request: Request) -> HttpResponse:
    endpoint: GraphQLEndpoint = request.app.state.endpoint
    return await endpoint(request)


async def _schema(request: Request) -> HttpResponse:
    """The SDL of the caller's own view."""
    endpoint: GraphQLEndpoint = request.app.state.endpoint
    return await endpoint.schema(request)


async def _sandbox_graphql(request: Request) -> HttpResponse:
    endpoint: GraphQLEndpoint = request.app.state.sandbox
    named = request.headers.get(OUTAGE_HEADER, "").split(",")
    with outage_of(frozenset(name.strip() for name in named)):
        return await endpoint(request)


async def _sandbox_schema(request: Request) -> HttpResponse:
    endpoint: GraphQLEndpoint = request.app.state.sandbox
    return await endpoint.schema(request)


async def _readyz(request: Request) -> HttpResponse:
    readiness: Readiness = request.app.state.readiness
    return await readiness()


async def _unexpected(_request: Request, _error: Exception) -> HttpResponse:
    """What nobody foresaw: a fixed sentence to the client; the server's log has the trace."""
    return encode(Response(None, errors_of(LienthongError()), 500), JSON, {})
