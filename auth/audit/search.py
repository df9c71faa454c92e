"""Looking into the audit: by client, subject, field, time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auth.audit.chain import SANDBOX

__all__ = ["AuditFilter", "search_audit"]


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What to show; what is None does not matter.

    `client` is a client's or contract's id; `subjects` are the hashes of one citizen's number under each key;
    `trace` is a trace id; `field` a coordinate that was asked for; `code` an error code; `sandbox` whether to show what
    was tried in the sandbox, or all the rest; `limit` the number of records, the latest first.
    """

    client: str | None = None
    subjects: Sequence[bytes] | None = None
    field: str | None = None
    code: str | None = None
    trace: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    sandbox: bool = False
    limit: int = 100


async def search_audit(connection: Any, wanted: AuditFilter) -> list[dict[str, Any]]:
    """The records that fit, the latest first, with the columns of `governance.audit_entry`."""
    conditions, values = [], []

    def where(condition: str, value: Any) -> None:
        if value is not None:
            values.append(value)
            conditions.append(condition.replace("$", f"${len(values)}"))

    where("recorded_at >= $", wanted.since)
    where("recorded_at < $", wanted.until)
    where("(client_id = $ OR contract_id = $)", wanted.client)
    where("$ = ANY(requested)", wanted.field)
    where("$ = ANY(codes)", wanted.code)
    where("trace_id = $", wanted.trace)
    where("subjects && $::bytea[]", wanted.subjects)
    where(f"(chain LIKE '{SANDBOX}%') = $", wanted.sandbox)
    values.append(wanted.limit)
    limits = " AND ".join(conditions) or "true"
    sql = (
        f"SELECT * FROM governance.audit_entry WHERE {limits} "  # noqa: S608 - conditions are ours, values are parameters
        f"ORDER BY recorded_at DESC, chain, sequence DESC LIMIT ${len(values)}"
    )
    return [dict(row) for row in await connection.fetch(sql, *values)]
