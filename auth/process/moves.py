"""Carrying out moves and findings: judged by the state machine, held to what the step requires, and recorded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import asyncpg

from auth.process.actors import CLOCK, SECURITY_BODIES, Account, Role
from auth.process.completeness import Missing, missing
from auth.process.database import transaction
from auth.process.dossier import Dossier
from auth.process.errors import MoveRefusedError, RequestIncompleteError, RoleRequiredError
from auth.process.history import Taken, record_step
from auth.process.lifecycle import Move, State, judge
from auth.process.reading import Examiner, read_dossier
from auth.process.request import to_contract

__all__ = ["Moves", "UnfinishedTests"]

UnfinishedTests = Callable[[Any, Dossier], Awaitable[Sequence[Missing]]]
"""What is open on the conformance list of a dossier, read over a connection."""

_BODIES = {
    Role.CYBER_SECURITY: ("Cục An ninh mạng và phòng, chống tội phạm sử dụng công nghệ cao", "the cyber security body"),
    Role.TECHNICAL_SECURITY: ("Cục Kỹ thuật nghiệp vụ", "the technical security body"),
}
_FINDABLE = frozenset({State.UNDER_REVIEW, State.TECHNICAL_TEST, State.SECURITY_CHECK})
_FINDING = """
INSERT INTO governance.finding (contract_id, version, kind, source, passed, note, request_sha256, actor)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_STATE = "UPDATE governance.contract SET state = $3 WHERE contract_id = $1 AND version = $2"
_OVER = """
SELECT contract_id, version, state FROM governance.contract
WHERE state IN ('APPROVED', 'ACTIVE', 'SUSPENDED') AND valid_to <= $1 ORDER BY contract_id FOR UPDATE SKIP LOCKED
"""


class Moves:
    """What moves dossiers."""

    def __init__(self, pool: asyncpg.Pool[Any], examiner: Examiner, unfinished: UnfinishedTests) -> None:
        self._pool = pool
        self._examiner = examiner
        self._unfinished = unfinished

    async def move(
        self, actor: Account, contract_id: str, version: int, name: str, *, reason: str | None = None
    ) -> Dossier:
        """Make a move. Raises `MoveRefusedError`, or `RequestIncompleteError` that names all that the step lacks."""
        async with transaction(self._pool) as connection:
            dossier = await read_dossier(connection, self._examiner, actor, contract_id, version, lock=True)
            move = judge(dossier.standing, name, actor, reason)
            lacking = await self._lacking(connection, dossier, move)
            if lacking:
                raise RequestIncompleteError([item.model_dump() for item in lacking])
            if move.target is State.ACTIVE and move.name == "activate":
                await self._supersede(connection, contract_id, version)
            await self._carry_out(connection, actor, dossier, move, reason)
            return await read_dossier(connection, self._examiner, actor, contract_id, version)

    async def find(
        self, actor: Account, contract_id: str, version: int, *, passed: bool, note: str, source: str | None = None
    ) -> Dossier:
        """Record a finding: of the actor's security body, or, with `source`, as the owner of a database."""
        role = self._finder(actor, source)
        if not note.strip():
            raise MoveRefusedError("a finding needs words")
        async with transaction(self._pool) as connection:
            dossier = await read_dossier(connection, self._examiner, actor, contract_id, version, lock=True)
            states = {State.SECURITY_CHECK} if role in SECURITY_BODIES else _FINDABLE
            if dossier.state not in states:
                named = ", ".join(sorted(state.value for state in states))
                raise MoveRefusedError(f"this finding is made in {named}", state=dossier.state.value)
            if source is not None and source not in self._sources(dossier):
                raise MoveRefusedError(f"the request reads nothing from `{source}`")
            await connection.execute(
                _FINDING,
                contract_id,
                version,
                role.value,
                source,
                passed,
                note.strip(),
                dossier.request.digest,
                actor.account_id,
            )
            act = "check_security" if source is None else "co_approve"
            outcome = "Đồng ý" if passed else "Không đồng ý"
            words = f"{outcome}: {note.strip()}" if source is None else f"{outcome} ({source}): {note.strip()}"
            taken = Taken(contract_id, version, act, dossier.state, dossier.state, role, words)
            await record_step(connection, actor, taken)
            return await read_dossier(connection, self._examiner, actor, contract_id, version)

    def findable(self, actor: Account, dossier: Dossier) -> list[tuple[Role, str | None]]:
        """The findings that an account may make on a dossier now: of which role, and on which source."""
        found: list[tuple[Role, str | None]] = []
        if dossier.state is State.SECURITY_CHECK and len(bodies := _bodies(actor)) == 1:
            found.append((bodies[0], None))
        if dossier.state in _FINDABLE and Role.SOURCE_OWNER in actor.roles:
            found += [(Role.SOURCE_OWNER, source) for source in sorted(self._sources(dossier) & actor.sources)]
        return found

    async def expire(self, now: datetime | None = None) -> list[tuple[str, int]]:
        """Move what is over its time to EXPIRED; which versions those were. Enforcement never waited for it."""
        expired = []
        async with transaction(self._pool) as connection:
            for row in await connection.fetch(_OVER, now or datetime.now(UTC)):
                identity, state = (row["contract_id"], row["version"]), State(row["state"])
                await connection.execute(_STATE, *identity, State.EXPIRED.value)
                await record_step(connection, CLOCK, Taken(*identity, "expire", state, State.EXPIRED, Role.CLOCK))
                expired.append(identity)
        return expired

    async def lacking(self, actor: Account, contract_id: str, version: int, name: str) -> Sequence[Missing]:
        """What a move would still need, for a page that shows it before anybody tries."""
        async with transaction(self._pool) as connection:
            dossier = await read_dossier(connection, self._examiner, actor, contract_id, version)
            return await self._lacking(connection, dossier, judge(dossier.standing, name, actor, "-"))

    async def _lacking(self, connection: Any, dossier: Dossier, move: Move) -> Sequence[Missing]:
        if move.name == "submit":
            contract = to_contract(
                dossier.request, dossier.contract_id, dossier.version, dossier.summary.client, dossier.state.value
            )
            return [*missing(dossier.request), *self._examiner.faults(contract)]
        if move.name == "send_to_security":
            return await self._unfinished(connection, dossier)
        if move.name == "approve":
            return [*await self._unfinished(connection, dossier), *self._unfound(dossier)]
        if move.name == "activate" and dossier.summary.valid_to <= datetime.now(UTC):
            return [Missing(path="valid_to", vi="Thời hạn đã hết", en="its time is over")]
        return []

    def _unfound(self, dossier: Dossier) -> list[Missing]:
        wanted: list[tuple[Role, str | None, str, str]] = [(body, None, *_BODIES[body]) for body in SECURITY_BODIES]
        wanted += [
            (Role.SOURCE_OWNER, source, f"Chủ quản cơ sở dữ liệu {source}", f"the owner of the database {source}")
            for source in sorted(self._sources(dossier))
        ]
        open_: list[Missing] = []
        for role, source, vi, en in wanted:
            finding = dossier.finding(role, source)
            path = f"findings.{source or role.value}"
            if finding is None:
                open_.append(Missing(path=path, vi=f"{vi} chưa có ý kiến", en=f"{en} has not found yet"))
            elif not finding.passed:
                open_.append(Missing(path=path, vi=f"{vi} không đồng ý", en=f"{en} does not agree"))
        return open_

    def _sources(self, dossier: Dossier) -> frozenset[str]:
        contract = to_contract(dossier.request, dossier.contract_id, dossier.version, dossier.summary.client)
        return self._examiner.sources(contract)

    @staticmethod
    def _finder(actor: Account, source: str | None) -> Role:
        if source is not None:
            if Role.SOURCE_OWNER not in actor.roles or source not in actor.sources:
                raise RoleRequiredError(f"this is for the owner of `{source}`")
            return Role.SOURCE_OWNER
        bodies = _bodies(actor)
        if len(bodies) != 1:
            raise RoleRequiredError("this is for an officer of one of the two security bodies")
        return bodies[0]

    async def _supersede(self, connection: Any, contract_id: str, version: int) -> None:
        """The version in force gives way, in the transaction in which the next one comes into force."""
        for row in await connection.fetch(
            "SELECT version, state FROM governance.contract "
            "WHERE contract_id = $1 AND state IN ('ACTIVE', 'SUSPENDED') FOR UPDATE",
            contract_id,
        ):
            identity = (contract_id, row["version"])
            await connection.execute(_STATE, *identity, State.SUPERSEDED.value)
            before, after = State(row["state"]), State.SUPERSEDED
            taken = Taken(*identity, "supersede", before, after, Role.CLOCK, f"version {version}")
            await record_step(connection, CLOCK, taken)

    async def _carry_out(
        self, connection: Any, actor: Account, dossier: Dossier, move: Move, reason: str | None
    ) -> None:
        identity = (dossier.contract_id, dossier.version)
        await connection.execute(_STATE, *identity, move.target.value)
        taken = Taken(
            *identity,
            move.name,
            dossier.state,
            move.target,
            next(role for role in Role if role in move.roles & actor.roles),
            reason.strip() if reason else None,
            dossier.request if move.name == "submit" else None,
        )
        await record_step(connection, actor, taken)


def _bodies(actor: Account) -> list[Role]:
    return [body for body in SECURITY_BODIES if body in actor.roles]
