"""Dossiers as PostgreSQL keeps them: opened, changed while the unit holds them, and read."""

from __future__ import annotations

import contextlib
import re
from typing import Any

import asyncpg
import orjson

from auth.contract import Client, Contract
from auth.process.actors import Account, Role
from auth.process.database import transaction
from auth.process.dossier import Dossier, Summary, require_hold
from auth.process.errors import DossierChangedError, DossierUnknownError, MoveRefusedError, RoleRequiredError
from auth.process.history import Taken, record_step
from auth.process.lifecycle import State
from auth.process.reading import Examiner, list_summaries, read_dossier, request_of_version
from auth.process.request import ConnectionRequest, to_contract
from auth.registry import replace_parts

__all__ = ["Dossiers"]

_ID = re.compile(r"[a-z0-9][a-z0-9-]{2,62}\Z")
_OWNER = """
SELECT client_id, max(version) AS version FROM governance.contract WHERE contract_id = $1 GROUP BY client_id
"""
_REPLACED = """
SELECT max(version) FROM governance.contract WHERE contract_id = $1 AND version < $2
AND state IN ('ACTIVE', 'SUSPENDED', 'SUPERSEDED', 'EXPIRED', 'TERMINATED')
"""
_OPEN = """
INSERT INTO governance.contract
    (contract_id, version, client_id, title, state, services, valid_from, valid_to, request)
VALUES ($1, $2, $3, '', 'DRAFT', '{}', $4, $5, '{}')
"""
_WRITE = """
UPDATE governance.contract
SET title = $3, unpermitted = $4, services = $5, row_scope = $6, limits = $7, valid_from = $8, valid_to = $9,
    allow_list_only = $10, request = $11
WHERE contract_id = $1 AND version = $2
"""


class Dossiers:
    """Dossiers over a pool of the role `lienthong_process`.

    Methods raise `ProcessError`s for what an account may not do, and `GovernanceUnavailableError` in an outage.
    """

    def __init__(self, pool: asyncpg.Pool[Any], examiner: Examiner) -> None:
        self._pool = pool
        self._examiner = examiner

    async def open(self, actor: Account, contract_id: str, request: ConnectionRequest | None = None) -> Dossier:
        """Begin a draft: of a new contract, or the next version of one of the unit's own, which it starts from."""
        if Role.UNIT_OFFICER not in actor.roles or actor.client_id is None:
            raise RoleRequiredError("a request is opened by an officer of the unit")
        if not _ID.match(contract_id):
            raise MoveRefusedError("a contract id has 3 to 63 of a-z, 0-9 and -, and begins with no -")
        async with transaction(self._pool) as connection:
            owner = await connection.fetchrow(_OWNER, contract_id)
            if owner is not None and owner["client_id"] != actor.client_id:
                raise MoveRefusedError(f"the id `{contract_id}` is taken")
            version = 1 if owner is None else owner["version"] + 1
            name = await connection.fetchval("SELECT name FROM governance.client WHERE client_id = $1", actor.client_id)
            client = Client(actor.client_id, name)
            if request is None and owner is not None:
                request = await request_of_version(connection, contract_id, owner["version"])
            if request is None:
                request = ConnectionRequest(unit_code=client.client_id, unit_name=client.name)
            contract = to_contract(request, contract_id, version, client)
            try:
                await connection.execute(
                    _OPEN, contract_id, version, client.client_id, contract.valid_from, contract.valid_to
                )
            except asyncpg.UniqueViolationError as error:
                raise MoveRefusedError(f"a version of `{contract_id}` is under way already") from error
            await _write(connection, contract, request)
            taken = Taken(contract_id, version, "open", None, State.DRAFT, Role.UNIT_OFFICER, request=request)
            await record_step(connection, actor, taken)
            return await read_dossier(connection, self._examiner, actor, contract_id, version)

    async def save(
        self, actor: Account, contract_id: str, version: int, request: ConnectionRequest, expected: bytes | None = None
    ) -> Dossier:
        """Change the request while the unit holds it. `expected` is the digest of the request that was changed.

        Raises `DossierChangedError` when it is another one by now.
        """
        async with transaction(self._pool) as connection:
            dossier = await read_dossier(connection, self._examiner, actor, contract_id, version, lock=True)
            require_hold(actor, dossier)
            if expected is not None and expected != dossier.request.digest:
                raise DossierChangedError
            await _write(connection, to_contract(request, contract_id, version, dossier.summary.client), request)
            return await read_dossier(connection, self._examiner, actor, contract_id, version)

    async def get(self, actor: Account, contract_id: str, version: int | None = None) -> Dossier:
        """A dossier; without a version, the latest one that the account may see."""
        async with transaction(self._pool) as connection:
            return await read_dossier(connection, self._examiner, actor, contract_id, version)

    async def replaced_by(self, actor: Account, dossier: Dossier) -> Dossier | None:
        """The version that a dossier takes, or took, the place of: the last one before it that was decided for.

        None where there is none, or none that the account may see.
        """
        async with transaction(self._pool) as connection:
            version = await connection.fetchval(_REPLACED, dossier.contract_id, dossier.version)
            if version is None:
                return None
            with contextlib.suppress(DossierUnknownError):
                return await read_dossier(connection, self._examiner, actor, dossier.contract_id, version)
        return None

    async def list(self, actor: Account, *, states: frozenset[State] | None = None) -> list[Summary]:
        """The dossiers that an account may see, the latest change first."""
        async with transaction(self._pool) as connection:
            return await list_summaries(connection, self._examiner, actor, states)


async def _write(connection: Any, contract: Contract, request: ConnectionRequest) -> None:
    """The request, and what enforcement reads of it."""
    await connection.execute(
        _WRITE,
        contract.contract_id,
        contract.version,
        contract.title,
        contract.unpermitted,
        sorted(contract.services),
        orjson.dumps(dict(contract.row_scope)).decode(),
        orjson.dumps(contract.limits).decode(),
        contract.valid_from,
        contract.valid_to,
        contract.allow_list_only,
        request.text,
    )
    await replace_parts(connection, contract)
