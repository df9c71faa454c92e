"""The addresses of the people on call: /traces, as pages and as JSON, and /metrics."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from errors import LienthongError
from service.forms import read_form, require_same_origin, text_of
from service.operations.exposition import expose
from service.operations.gate import OperatorGate
from service.operations.page import render
from service.operations.siblings import Siblings
from service.operations.traces import TracePages
from service.pages import NO_SCRIPT_HEADERS
from service.settings import Settings
from service.telemetry.telemetry import Telemetry

__all__ = ["operator_routes"]

_LOG = logging.getLogger("lienthong.operations")
_FORM = 10_000
_SIGN_IN = "/traces/sign-in"
Handler = Callable[[Request], Awaitable[Response]]


def operator_routes(settings: Settings, telemetry: Telemetry, siblings: Siblings, pages: TracePages) -> list[BaseRoute]:
    """The routes; every one but signing in asks for the operator key or a session."""
    gate = OperatorGate(settings)
    signing = _Signing(gate)

    async def metrics(request: Request) -> Response:
        return expose(telemetry.metrics, await siblings.ask("metrics"), request.headers.get("accept", ""))

    return [
        Route(_SIGN_IN, signing.show, methods=["GET"]),
        Route(_SIGN_IN, signing.sign_in, methods=["POST"]),
        _guarded(gate, "/traces/sign-out", signing.sign_out, page=True, method="POST"),
        _guarded(gate, "/traces", pages.show_list, page=True),
        _guarded(gate, "/traces.json", pages.give_list),
        _guarded(gate, "/traces/find", pages.find, page=True),
        _guarded(gate, "/traces/{trace_id}.json", pages.give_trace),
        _guarded(gate, "/traces/{trace_id}", pages.show_trace, page=True),
        _guarded(gate, "/metrics", metrics),
    ]


class _Signing:
    """Begins and ends sessions; a form from another site does neither."""

    def __init__(self, gate: OperatorGate) -> None:
        self._gate = gate

    async def show(self, _request: Request) -> Response:
        return _form()

    async def sign_in(self, request: Request) -> Response:
        try:
            require_same_origin(request)
            form = await read_form(request, _FORM)
            self._gate.check(request, text_of(form, "key"))
            await form.close()
        except LienthongError as error:
            return _form(error.status, failed=True)
        response = _to("/traces")
        self._gate.begin(request, response)
        return response

    async def sign_out(self, request: Request) -> Response:
        require_same_origin(request)
        response = _to(_SIGN_IN)
        self._gate.end(request, response)
        return response


def _guarded(gate: OperatorGate, path: str, handler: Handler, *, page: bool = False, method: str = "GET") -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            gate.require(request)
            return await handler(request)
        except LienthongError as error:
            return _told(error, page=page and "authorization" not in request.headers)
        except Exception as error:  # noqa: BLE001 - a person gets a page whatever happens
            _LOG.error("a page of the operators failed", exc_info=error)
            return _told(LienthongError(), page=page)

    return Route(path, endpoint, methods=[method])


def _told(error: LienthongError, *, page: bool) -> Response:
    """An error as a page, or as JSON. Who is not signed in is led to the form."""
    if page and error.status == 401:
        return _to(_SIGN_IN)
    if page:
        return render("unknown.html", error.status, problem=error)
    body = {"message": error.public_message, **error.extensions()}
    headers = {**error.headers(), "cache-control": "no-store"}
    if error.status == 401:
        headers["www-authenticate"] = "Bearer"
    return Response(orjson.dumps(body), error.status, headers, "application/json")


def _form(status: int = 200, *, failed: bool = False) -> Response:
    return render("sign_in.html", status, failed=failed)


def _to(path: str) -> Response:
    return RedirectResponse(path, 303, headers=dict(NO_SCRIPT_HEADERS))
