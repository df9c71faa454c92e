"""Accounts: signing in by password or key, and what an operator does with them."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from auth.audit.acts import record_act
from auth.contract import Client
from auth.credentials import NO_DIGEST, AccountKey
from auth.process.actors import Account, Role
from auth.process.database import transaction
from auth.process.errors import KeyOverError, ProcessError, SignInFailedError

__all__ = ["AccountFaultError", "Accounts", "account_of_row", "hash_password", "roles_of"]

_MINIMUM_PASSWORD = 12
# Parameters of OWASP's recommendation for Argon2id: 19 MiB, two passes, one lane.
_MEMORY, _PASSES, _LANES = 19_456, 2, 1
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}\Z")
# Each needs its memory for as long as it runs: attempts beyond these wait.
_VERIFIED_AT_ONCE = 4
_ACCOUNT = "SELECT account_id, name, roles, client_id, sources, password FROM governance.account"


class AccountFaultError(ProcessError):
    """the account cannot be made like this"""

    code = "ACCOUNT_FAULT"
    status = 422


_CREATE = """
INSERT INTO governance.account (account_id, name, roles, client_id, sources, password) VALUES ($1, $2, $3, $4, $5, $6)
"""
_REPLACE = (
    _CREATE + "ON CONFLICT (account_id) DO UPDATE SET name = excluded.name, roles = excluded.roles, "
    "client_id = excluded.client_id, sources = excluded.sources, active = true, "
    "password = coalesce(excluded.password, account.password)"
)


def hash_password(password: str) -> str:
    """A password as a PHC string (Argon2id). Raises `AccountFaultError` for one that is too short."""
    if len(password) < _MINIMUM_PASSWORD:
        raise AccountFaultError(f"a password has at least {_MINIMUM_PASSWORD} characters")
    kdf = Argon2id(salt=os.urandom(16), length=32, iterations=_PASSES, lanes=_LANES, memory_cost=_MEMORY)
    return kdf.derive_phc_encoded(password.encode())


_NOBODY = hash_password(secrets.token_urlsafe(16))
"""Compared with when there is no such account, so that this takes as long as a wrong password."""


class Accounts:
    """Accounts over a pool; what changes them needs one of the databases' owner."""

    def __init__(self, pool: asyncpg.Pool[Any]) -> None:
        self._pool = pool
        self._verifying = asyncio.Semaphore(_VERIFIED_AT_ONCE)

    async def by_password(self, account_id: str, password: str) -> Account:
        """Sign in. Raises `SignInFailedError`, the same for every reason."""
        async with transaction(self._pool) as connection:
            row = await connection.fetchrow(_ACCOUNT + " WHERE account_id = $1 AND active", account_id)
        stored = row["password"] if row and row["password"] else _NOBODY
        async with self._verifying:
            right = await asyncio.to_thread(_verify, password, stored)
        if not right or row is None or stored is _NOBODY:
            raise SignInFailedError
        return account_of_row(row)

    async def by_key(self, given: AccountKey) -> Account:
        """The account of a key that is in force. Raises `SignInFailedError`; of a key that was, `KeyOverError`."""
        async with transaction(self._pool) as connection:
            key = await connection.fetchrow(
                "SELECT account_id, secret_sha256, revoked_at IS NULL AND expires_at > now() AS in_force "
                "FROM governance.account_key WHERE key_id = $1",
                given.key_id,
            )
            if not given.matches(key["secret_sha256"] if key else NO_DIGEST) or key is None:
                raise SignInFailedError
            row = await connection.fetchrow(_ACCOUNT + " WHERE account_id = $1 AND active", key["account_id"])
        if row is None or not key["in_force"]:
            raise KeyOverError
        return account_of_row(row)

    async def get(self, account_id: str) -> Account | None:
        """An active account."""
        async with transaction(self._pool) as connection:
            row = await connection.fetchrow(_ACCOUNT + " WHERE account_id = $1 AND active", account_id)
        return None if row is None else account_of_row(row)

    async def units(self) -> list[Client]:
        """Every registered unit."""
        async with transaction(self._pool) as connection:
            rows = await connection.fetch("SELECT client_id, name FROM governance.client ORDER BY client_id")
        return [Client(**row) for row in rows]

    async def list(self) -> list[Account]:
        """Every active account."""
        async with transaction(self._pool) as connection:
            return [
                account_of_row(row) for row in await connection.fetch(_ACCOUNT + " WHERE active ORDER BY account_id")
            ]

    async def register_unit(self, actor: str, client_id: str, name: str) -> None:
        """Register a unit, or give one that is there its name."""
        if not _NAME.match(client_id) or not name.strip():
            raise AccountFaultError("a unit has an id of a-z, 0-9, `.`, `_`, `-` and a name")
        async with transaction(self._pool) as connection:
            await connection.execute(
                "INSERT INTO governance.client VALUES ($1, $2) "
                "ON CONFLICT (client_id) DO UPDATE SET name = excluded.name",
                client_id,
                name.strip(),
            )
            await record_act(connection, "unit.register", actor=actor, note=client_id)

    async def create(
        self, actor: str, account: Account, password: str | None = None, *, replacing: bool = True
    ) -> None:
        """Create an account, or replace the name, roles and password of one unless told not to.

        Raises `AccountFaultError`.
        """
        hashed = None if password is None else await asyncio.to_thread(hash_password, password)
        if not _NAME.match(account.account_id) or not account.name.strip() or not account.roles:
            raise AccountFaultError("an account has an id of a-z, 0-9, `.`, `_`, `-`, a name and a role")
        if Role.CLOCK in account.roles:
            raise AccountFaultError("nobody is the clock")
        try:
            async with transaction(self._pool) as connection:
                await connection.execute(
                    _REPLACE if replacing else _CREATE,
                    account.account_id,
                    account.name.strip(),
                    sorted(role.value for role in account.roles),
                    account.client_id,
                    sorted(account.sources),
                    hashed,
                )
                await record_act(connection, "account.create", actor=actor, note=account.account_id)
        except asyncpg.UniqueViolationError as error:
            raise AccountFaultError(f"there is an account `{account.account_id}` already") from error
        except (asyncpg.CheckViolationError, asyncpg.ForeignKeyViolationError) as error:
            raise AccountFaultError(
                "an officer has a unit that is registered, an owner has databases, and nobody else has either"
            ) from error

    async def reset_password(self, actor: str, account_id: str) -> str:
        """Give an account a new password, shown this once. Raises `AccountFaultError` without such an account."""
        password = secrets.token_urlsafe(15)
        hashed = await asyncio.to_thread(hash_password, password)
        async with transaction(self._pool) as connection:
            done = await connection.execute(
                "UPDATE governance.account SET password = $2 WHERE account_id = $1 AND active", account_id, hashed
            )
            if done != "UPDATE 1":
                raise AccountFaultError(f"there is no active account `{account_id}`")
            await record_act(connection, "account.password", actor=actor, note=account_id)
        return password

    async def close(self, actor: str, account_id: str) -> bool:
        """Close an account and revoke its keys, for good; whether there was an active one."""
        async with transaction(self._pool) as connection:
            done = await connection.execute(
                "UPDATE governance.account SET active = false WHERE account_id = $1 AND active", account_id
            )
            await connection.execute(
                "UPDATE governance.account_key SET revoked_at = now() WHERE account_id = $1 AND revoked_at IS NULL",
                account_id,
            )
            await record_act(connection, "account.close", actor=actor, note=account_id)
        return bool(done == "UPDATE 1")

    async def issue_key(self, actor: str, account_id: str, *, days: int) -> AccountKey:
        """A key for the command line and GraphQL; shown once. Raises `AccountFaultError` without such an account."""
        key = AccountKey.new()
        async with transaction(self._pool) as connection:
            done = await connection.execute(
                "INSERT INTO governance.account_key (key_id, account_id, secret_sha256, expires_at) "
                "SELECT $1, account_id, $3, $4 FROM governance.account WHERE account_id = $2 AND active",
                key.key_id,
                account_id,
                key.digest,
                datetime.now(UTC) + timedelta(days=days),
            )
            if done != "INSERT 0 1":
                raise AccountFaultError(f"there is no active account `{account_id}`")
            await record_act(connection, "account.key", actor=actor, note=f"{account_id} {key.key_id}")
        return key

    async def revoke_key(self, actor: str, key_id: str) -> bool:
        """Revoke a key of an account at once; whether there was one in force."""
        async with transaction(self._pool) as connection:
            done = await connection.execute(
                "UPDATE governance.account_key SET revoked_at = now() WHERE key_id = $1 AND revoked_at IS NULL", key_id
            )
            if done != "UPDATE 1":
                return False
            await record_act(connection, "account.key_revoke", actor=actor, note=key_id)
        return True


def _verify(password: str, stored: str) -> bool:
    try:
        Argon2id.verify_phc_encoded(password.encode(), stored)
    except InvalidKey:
        return False
    return True


def account_of_row(row: Any) -> Account:
    """The account of a row with its columns but the password."""
    return Account(
        row["account_id"],
        row["name"],
        frozenset(Role(role) for role in row["roles"]),
        row["client_id"],
        frozenset(row["sources"]),
    )


def roles_of(names: Iterable[str]) -> frozenset[Role]:
    """Roles by their names. Raises `AccountFaultError` for one that does not exist."""
    try:
        return frozenset(Role(name) for name in names)
    except ValueError as error:
        raise AccountFaultError(
            f"roles are {', '.join(role.value for role in Role if role is not Role.CLOCK)}"
        ) from error
