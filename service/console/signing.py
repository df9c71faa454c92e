"""Signing in and out: attempts are limited per source and per account, and audited."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from auth.attempts import FailedAttempts
from auth.errors import TooManyAttemptsError
from auth.process.errors import SignInFailedError
from auth.process.sessions import LONGEST
from service.console.page import render
from service.console.visit import COOKIE, Visit, process_of, redirect
from service.forms import read_form, text_of
from service.origin import Origins

__all__ = ["Signing"]

_AT_ONCE = 4
_FORM = 10_000
_LONGEST_NAME = 65


class Signing:
    """Signs people in. `attempts` failures are allowed per source, and as many per account, in five minutes."""

    def __init__(self, origins: Origins, attempts: int) -> None:
        self._origins = origins
        self._sources = FailedAttempts(attempts)
        self._accounts = FailedAttempts(attempts)
        # Whoever guesses side by side gets no more than these beyond the limit.
        self._checking = asyncio.Semaphore(_AT_ONCE)

    async def show(self, request: Request) -> Response:
        """The form."""
        process_of(request)
        return _form(done=request.query_params.get("done"))

    async def sign_in(self, request: Request) -> Response:
        """Begin a session under a new token; one that the browser brought ends."""
        process = process_of(request)
        form = await read_form(request, _FORM)
        # A longer name is no account's, and each that fails is remembered.
        account_id, source = text_of(form, "account")[:_LONGEST_NAME], self._origins.source(request.scope)
        password = form.get("password")
        await form.close()
        try:
            async with self._checking:
                self._sources.admit(source)
                self._accounts.admit(account_id)
                account = await process.accounts.by_password(account_id, password if isinstance(password, str) else "")
        except SignInFailedError as error:
            self._sources.failed(source)
            self._accounts.failed(account_id)
            await process.sessions.refused(account_id, source)
            return _form(error.status, account_id=account_id, problem=error)
        except TooManyAttemptsError as error:
            if error.crossing:
                await process.sessions.refused(account_id, source, limited=True)
            response = _form(error.status, account_id=account_id, problem=error)
            response.headers["Retry-After"] = str(error.details["retryAfter"])
            return response
        if former := request.cookies.get(COOKIE):
            await process.sessions.end(former)
        response = redirect("/")
        response.set_cookie(
            COOKIE,
            await process.sessions.begin(account),
            max_age=int(LONGEST.total_seconds()),
            path="/console",
            secure=self._origins.secure(request.scope),
            httponly=True,
            samesite="strict",
        )
        return response

    async def sign_out(self, visit: Visit) -> Response:
        """End the session."""
        await visit.process.sessions.end(visit.request.cookies[COOKIE])
        response = redirect("/sign-in?done=signed-out")
        response.delete_cookie(
            COOKIE, path="/console", secure=self._origins.secure(visit.request.scope), httponly=True, samesite="strict"
        )
        return response


def _form(
    status: int = 200, *, account_id: str = "", problem: Exception | None = None, done: str | None = None
) -> Response:
    context = {"account": None, "csrf": "", "path": "/console/sign-in"}
    return render("sign_in.html", status, account_id=account_id, problem=problem, done=done, **context)
