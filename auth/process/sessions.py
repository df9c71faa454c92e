"""Sessions of the web console: kept in the database, found by a token of which only the hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

import asyncpg

from auth.audit.acts import record_act
from auth.process.accounts import account_of_row
from auth.process.actors import Account
from auth.process.database import transaction

__all__ = ["IDLE", "LONGEST", "Sessions", "new_token"]

IDLE = timedelta(minutes=30)
"""A session ends when nothing is asked for so long."""

LONGEST = timedelta(hours=12)
"""A session ends so long after signing in, whatever is asked."""

_FIND = """
SELECT a.account_id, a.name, a.roles, a.client_id, a.sources, s.used_at < now() - interval '1 minute' AS stale
FROM governance.console_session s JOIN governance.account a USING (account_id)
WHERE s.token_sha256 = $1 AND a.active AND s.used_at > now() - $2::interval AND s.began_at > now() - $3::interval
"""
_OVER = (
    "DELETE FROM governance.console_session WHERE used_at <= now() - $1::interval OR began_at <= now() - $2::interval"
)


def new_token() -> str:
    """A token of 256 random bits."""
    return secrets.token_urlsafe(32)


class Sessions:
    """Sessions over a pool of the role `lienthong_process`."""

    def __init__(self, pool: asyncpg.Pool[Any]) -> None:
        self._pool = pool

    async def begin(self, account: Account) -> str:
        """Begin a session of an account that has signed in; its new token. Sessions that are over are forgotten."""
        token = new_token()
        async with transaction(self._pool) as connection:
            await connection.execute(_OVER, IDLE, LONGEST)
            await connection.execute(
                "INSERT INTO governance.console_session (token_sha256, account_id) VALUES ($1, $2)",
                _digest(token),
                account.account_id,
            )
            await record_act(connection, "console.sign_in", actor=account.account_id)
        return token

    async def refused(self, account_id: str, source: str, *, limited: bool = False) -> None:
        """Record that somebody at a source failed to sign in, or, if `limited`, failed too often.

        What was typed is kept only if there is such an account: people type passwords into the wrong field.
        """
        async with transaction(self._pool) as connection:
            known = await connection.fetchval(
                "SELECT account_id FROM governance.account WHERE account_id = $1", account_id
            )
            act = "console.sign_in_limited" if limited else "console.sign_in_failed"
            await record_act(connection, act, actor=known, note=f"source {source}")

    async def find(self, token: str) -> Account | None:
        """The account of a session that goes on, as the account is now; it counts as used."""
        async with transaction(self._pool) as connection:
            row = await connection.fetchrow(_FIND, _digest(token), IDLE, LONGEST)
            if row is not None and row["stale"]:
                await connection.execute(
                    "UPDATE governance.console_session SET used_at = now() WHERE token_sha256 = $1", _digest(token)
                )
        return None if row is None else account_of_row(row)

    async def end(self, token: str) -> None:
        """End a session; nothing happens when there is none."""
        async with transaction(self._pool) as connection:
            account_id = await connection.fetchval(
                "DELETE FROM governance.console_session WHERE token_sha256 = $1 RETURNING account_id", _digest(token)
            )
            if account_id is not None:
                await record_act(connection, "console.sign_out", actor=account_id)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
