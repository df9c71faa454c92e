"""Who may look: whoever has the operator key, or is signed in to the console as an operator.

Neither asks a database, for these pages must open when every database is away. A session is a signed cookie: it ends
by itself, or with the key that signed it.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from auth.attempts import FailedAttempts
from service.operations.errors import OperatorKeyError
from service.origin import Origins
from service.settings import Settings

__all__ = ["COOKIE", "OperatorGate"]

COOKIE = "lienthong_operator"
_SESSION = 8 * 3600


class OperatorGate:
    """Lets operators in. Failed attempts are limited per source. `clock` gives seconds since 1970."""

    def __init__(self, settings: Settings, *, clock: Callable[[], float] = time.time) -> None:
        key = settings.operator_key
        self._key = key.get_secret_value().encode() if key else None
        self._signing = hashlib.blake2b(b"operator session", key=settings.key("cursor_key"), digest_size=32).digest()
        self._origins = Origins(settings.trusted_proxies)
        self._attempts = FailedAttempts(settings.failed_attempts)
        self._clock = clock

    def require(self, request: Request) -> None:
        """Raise `OperatorKeyError` unless the request shows the key or a session; guessing is limited."""
        given = request.headers.get("authorization")
        if given is not None:
            scheme, _, key = given.partition(" ")
            self.check(request, key.strip() if scheme.lower() == "bearer" else "")
        elif not self._is_session(request.cookies.get(COOKIE, "")):
            raise OperatorKeyError

    def check(self, request: Request, key: str) -> None:
        """Raise `OperatorKeyError` unless this is the operator key."""
        source = self._origins.source(request.scope)
        self._attempts.admit(source)
        if self._key is None or not hmac.compare_digest(key.encode(), self._key):
            self._attempts.failed(source)
            raise OperatorKeyError

    def begin(self, request: Request, response: Response) -> None:
        """Begin a session with a response."""
        expires = int(self._clock()) + _SESSION
        response.set_cookie(
            COOKIE,
            f"{expires}.{self._signature(expires)}",
            max_age=_SESSION,
            path="/",
            secure=self._origins.secure(request.scope),
            httponly=True,
            samesite="strict",
        )

    def end(self, request: Request, response: Response) -> None:
        """End the browser's session."""
        response.delete_cookie(
            COOKIE, path="/", secure=self._origins.secure(request.scope), httponly=True, samesite="strict"
        )

    def _is_session(self, cookie: str) -> bool:
        until, _, signature = cookie.partition(".")
        if not (until.isascii() and until.isdigit() and len(until) < 12):
            return False
        expected = self._signature(int(until))
        return hmac.compare_digest(signature.encode(), expected.encode()) and self._clock() < int(until)

    def _signature(self, expires: int) -> str:
        # The key is part of it: whoever changes the key ends every session.
        told = b"%d %b" % (expires, self._key or b"")
        return hashlib.blake2b(told, key=self._signing, digest_size=32).hexdigest()
