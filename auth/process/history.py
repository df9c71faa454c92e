"""The history of contract versions: every step, once in the history and once in the audit, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from auth.audit.acts import record_act
from auth.process.actors import Account, Role
from auth.process.lifecycle import State
from auth.process.request import ConnectionRequest

__all__ = ["Taken", "record_step"]

_STEP = """
INSERT INTO governance.step
    (contract_id, version, actor, role, move, from_state, to_state, reason, request_sha256, request)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """A step as it is taken. With `request`, its text is kept: what was handed in stays readable."""

    contract_id: str
    version: int
    move: str
    before: State | None
    after: State
    role: Role
    reason: str | None = None
    request: ConnectionRequest | None = None


async def record_step(connection: Any, actor: Account, taken: Taken) -> None:
    """Record a step inside the open transaction of `connection`."""
    await connection.execute(
        _STEP,
        taken.contract_id,
        taken.version,
        actor.account_id,
        taken.role.value,
        taken.move,
        None if taken.before is None else taken.before.value,
        taken.after.value,
        taken.reason,
        None if taken.request is None else taken.request.digest,
        None if taken.request is None else taken.request.text,
    )
    await record_act(
        connection,
        f"contract.{taken.move}",
        actor=actor.account_id,
        contract=(taken.contract_id, taken.version),
        note=taken.reason,
    )
