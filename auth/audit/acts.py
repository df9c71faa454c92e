"""Acts of administrators: recorded on one shared chain, in the transaction of the act itself."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from auth.audit.chain import INSERT_PLAN, INSERT_RECORD, Chain, Link, beginning
from auth.audit.record import AuditRecord, Facts

__all__ = ["ADMINISTRATION", "record_act"]

ADMINISTRATION = "administration"
_LOCK = "SELECT pg_advisory_xact_lock(hashtext($1))"
_LAST = "SELECT sequence, hash FROM governance.audit_record WHERE chain = $1 ORDER BY sequence DESC LIMIT 1"
_BEGIN = "INSERT INTO governance.audit_chain VALUES ($1, $2) ON CONFLICT DO NOTHING"
_WHO = "SELECT coalesce($1, '') || '@' || session_user"


async def record_act(
    connection: Any,
    act: str,
    *,
    actor: str | None,
    contract: tuple[str, int | None] | None = None,
    note: str | None = None,
) -> Link:
    """Record an act (`contract.install`, `key.issue`, ...) inside the open transaction of `connection`.

    `actor` is the operator's name; the database role is added. `contract` is its id and version; `note` must hold no
    personal data. Returns where the chain of administration stands after it.
    """
    now = datetime.now(UTC)
    await connection.execute(_LOCK, ADMINISTRATION)
    await connection.execute(_BEGIN, ADMINISTRATION, now)
    last = await connection.fetchrow(_LAST, ADMINISTRATION)
    chain = Chain(Link(ADMINISTRATION, *last) if last else beginning(ADMINISTRATION))
    record = AuditRecord(
        trace_id=secrets.token_hex(16),
        actor=await connection.fetchval(_WHO, actor),
        contract_id=contract[0] if contract else None,
        version=contract[1] if contract else None,
        facts=Facts(operation_type="act", operation_name=act, note=note),
        outcome="done",
    )
    rows, link = chain.rows([record], now)
    await connection.execute(INSERT_PLAN, record.facts.digest, record.facts.description)
    await connection.execute(INSERT_RECORD, *rows[0])
    return link
