"""Keys of a contract, issued to its unit: sandbox keys from the technical test on, production keys while in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from auth.credentials import ApiKey
from auth.process.actors import Account, Role
from auth.process.database import transaction
from auth.process.dossier import Dossier
from auth.process.errors import DossierUnknownError, MoveRefusedError, RoleRequiredError
from auth.process.lifecycle import IN_FORCE, State
from auth.process.reading import Examiner, read_dossier
from auth.registry import issue_key, revoke_key
from auth.store import Environment

__all__ = ["TESTABLE", "IssuedKey", "Keys"]

_KEYS = """
SELECT key_id, environment, created_at, expires_at, revoked_at, certificate_sha256 IS NOT NULL AS bound
FROM governance.api_key WHERE contract_id = $1 ORDER BY created_at DESC, key_id
"""
_PAST = -1
TESTABLE = IN_FORCE | {State.TECHNICAL_TEST, State.SECURITY_CHECK, State.APPROVED}
"""States of a version under which sandbox keys are issued."""
_OPENS: dict[Environment, frozenset[State]] = {"production": frozenset({State.ACTIVE}), "sandbox": TESTABLE}


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key as it is kept; `bound` says that it needs a client certificate."""

    key_id: str
    environment: Environment
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    bound: bool


class Keys:
    """Keys over a pool of the role `lienthong_process`. The unit's officers and operators issue and revoke them."""

    def __init__(self, pool: asyncpg.Pool[Any], examiner: Examiner) -> None:
        self._pool = pool
        self._examiner = examiner

    async def list(self, actor: Account, contract_id: str) -> list[IssuedKey]:
        """The keys of a contract, the newest first."""
        async with transaction(self._pool) as connection:
            await read_dossier(connection, self._examiner, actor, contract_id, None)
            return [IssuedKey(**row) for row in await connection.fetch(_KEYS, contract_id)]

    async def issue(
        self, actor: Account, contract_id: str, environment: Environment, *, days: int, expired: bool = False
    ) -> ApiKey:
        """A new key, shown this once. Raises `MoveRefusedError` when no version opens the environment.

        With `expired` it is a sandbox key that has expired already: a technical test shows how it is refused.
        """
        if expired and environment != "sandbox":
            raise MoveRefusedError("an expired key is for tests in the sandbox only")
        async with transaction(self._pool) as connection:
            dossier = await read_dossier(connection, self._examiner, actor, contract_id, None)
            _require_holder(actor, dossier)
            states = await connection.fetch(
                "SELECT state FROM governance.contract WHERE contract_id = $1 FOR SHARE", contract_id
            )
            if not _OPENS[environment] & {State(row["state"]) for row in states}:
                named = ", ".join(sorted(state.value for state in _OPENS[environment]))
                raise MoveRefusedError(f"a key for {environment} needs a version in {named}")
            return await issue_key(
                connection,
                contract_id,
                days=_PAST if expired else days,
                environment=environment,
                actor=actor.account_id,
            )

    async def revoke(self, actor: Account, contract_id: str, key_id: str) -> None:
        """Revoke a key of the contract; every worker refuses it within a second."""
        async with transaction(self._pool) as connection:
            dossier = await read_dossier(connection, self._examiner, actor, contract_id, None)
            _require_holder(actor, dossier)
            keys = {row["key_id"] for row in await connection.fetch(_KEYS, contract_id)}
            if key_id not in keys or not await revoke_key(connection, key_id, actor=actor.account_id):
                raise DossierUnknownError("the contract has no such key in force")


def _require_holder(actor: Account, dossier: Dossier) -> None:
    if not (actor.acts_for(dossier.summary.client.client_id) or Role.OPERATOR in actor.roles):
        raise RoleRequiredError("keys are for the unit's officers and for operators")
