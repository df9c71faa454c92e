"""A visit: one request by somebody who signed in, and the gate that every request of the console goes through."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from auth.process.actors import Account, Role
from auth.process.errors import DossierUnknownError, RoleRequiredError
from errors import LienthongError, Visibility
from service.console.page import render
from service.forms import FormRefusedError, read_form, require_same_origin, text_of
from service.origin import Origins
from service.pages import NO_SCRIPT_HEADERS
from service.process import Process

__all__ = ["COOKIE", "Gate", "Handler", "Visit", "redirect"]

COOKIE = "lienthong_console"
MAX_FORM = 2_000_000
"""Bytes of a form without a document."""
_LOG = logging.getLogger("lienthong.console")


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks for what. `form` holds the fields of a form whose origin and token were checked.

    `address` is where the visitor reaches the service: scheme and host, without a path.
    """

    request: Request
    process: Process
    account: Account
    csrf: str
    address: str
    form: FormData = field(default_factory=FormData)

    @property
    def contract_id(self) -> str:
        """The contract that the path names."""
        return self.named("contract_id")

    @property
    def version(self) -> int:
        """The version that the path names."""
        return self.number("version")

    def named(self, name: str) -> str:
        """A part of the path. Raises `DossierUnknownError` for what no database keeps."""
        value = str(self.request.path_params[name])
        if "\0" in value:
            raise DossierUnknownError
        return value

    def number(self, name: str) -> int:
        """A number in the path. Raises `DossierUnknownError` for what no database keeps."""
        value = int(self.request.path_params[name])
        if value >= 2**31:
            raise DossierUnknownError
        return value

    def text(self, name: str) -> str:
        """A field of the form; empty when it is not there."""
        return text_of(self.form, name)

    def require(self, *roles: Role) -> None:
        """Raise `RoleRequiredError` unless the account has one of the roles."""
        if not self.account.roles & set(roles):
            raise RoleRequiredError

    def render(self, template: str, status: int = 200, **context: Any) -> Response:
        """A page for the account."""
        common = {"account": self.account, "csrf": self.csrf, "path": self.request.url.path, "problem": None}
        return render(template, status, **common | {"done": self.request.query_params.get("done")} | context)


Handler = Callable[[Visit], Awaitable[Response]]


def redirect(path: str) -> RedirectResponse:
    """Go on by GET to a path below the console."""
    return RedirectResponse(f"/console{path}", 303, headers=dict(NO_SCRIPT_HEADERS))


class Gate:
    """Lets requests through: a session, for forms an origin and a token, and every error as a page."""

    def __init__(self, origins: Origins) -> None:
        self.origins = origins

    def page(self, path: str, handler: Handler) -> Route:
        """A page for those who signed in."""

        async def endpoint(request: Request) -> Response:
            return await self.answer(request, handler)

        return Route(path, endpoint, methods=["GET"])

    def form(self, path: str, handler: Handler, *, cap: int = MAX_FORM) -> Route:
        """A form of those who signed in; `cap` bytes at most."""

        async def endpoint(request: Request) -> Response:
            return await self.answer(request, handler, cap=cap)

        return Route(path, endpoint, methods=["POST"])

    def open(self, path: str, handler: Callable[[Request], Awaitable[Response]], method: str) -> Route:
        """A page or form for anybody. A form must come from a page of this site."""

        async def endpoint(request: Request) -> Response:
            try:
                if method == "POST":
                    require_same_origin(request)
                return await handler(request)
            except Exception as error:  # noqa: BLE001 - a person gets a page whatever happens
                return tell(error, None)

        return Route(path, endpoint, methods=[method])

    async def answer(self, request: Request, handler: Handler, *, cap: int | None = None) -> Response:
        """The answer of a handler, or the page of what went wrong."""
        visit = None
        try:
            if cap is not None:
                require_same_origin(request)
            visit = await self._visit(request, cap)
            return redirect("/sign-in") if visit is None else await handler(visit)
        except Exception as error:  # noqa: BLE001 - a person gets a page whatever happens
            return tell(error, visit)
        finally:
            if visit is not None:
                await visit.form.close()

    async def _visit(self, request: Request, cap: int | None) -> Visit | None:
        process = process_of(request)
        token = request.cookies.get(COOKIE)
        account = await process.sessions.find(token) if token else None
        if token is None or account is None:
            return None
        csrf = _csrf(token)
        form = FormData()
        if cap is not None:
            form = await read_form(request, cap)
            if not hmac.compare_digest(text_of(form, "csrf").encode(), csrf.encode()):
                await form.close()
                raise FormRefusedError
        scheme = "https" if self.origins.secure(request.scope) else "http"
        return Visit(request, process, account, csrf, f"{scheme}://{request.url.netloc}", form)


def process_of(request: Request) -> Process:
    """The process that the application serves. Raises `DossierUnknownError` when it serves none."""
    process: Process | None = request.app.state.process
    if process is None:
        raise DossierUnknownError("the process of contracts is not served here: set LIENTHONG_PROCESS_URL")
    return process


def tell(error: Exception, visit: Visit | None) -> Response:
    """The page that says what went wrong and what to do."""
    if not isinstance(error, LienthongError):
        _LOG.error("a page of the console failed", exc_info=error)
        error = LienthongError()
    elif error.visibility is Visibility.OPERATOR:
        _LOG.error("a page of the console failed: %s", error)
    context = {"account": None, "csrf": "", "path": "", "done": None} if visit is None else {}
    page = render if visit is None else visit.render
    response = page("error.html", error.status, problem=error, **context)
    response.headers.update(error.headers())
    return response


def _csrf(token: str) -> str:
    return hmac.new(token.encode(), b"lienthong console form", hashlib.sha256).hexdigest()
