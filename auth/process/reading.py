"""Reading dossiers over an open transaction, as much of them as an account may see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from auth.contract import Client, Contract
from auth.process.actors import Account
from auth.process.completeness import Missing
from auth.process.dossier import Attachment, Dossier, Finding, Step, Summary, may_see
from auth.process.errors import DossierUnknownError
from auth.process.lifecycle import State
from auth.process.request import ConnectionRequest, parse_request, request_of
from auth.store import read_version

__all__ = ["Examiner", "list_summaries", "read_dossier", "request_of_version"]

_SUMMARY = """
SELECT c.contract_id, c.version, c.client_id, l.name AS client_name, c.title, c.state, c.valid_from, c.valid_to,
       (SELECT max(taken_at) FROM governance.step s
        WHERE s.contract_id = c.contract_id AND s.version = c.version AND s.to_state = c.state) AS since
FROM governance.contract c JOIN governance.client l USING (client_id)
"""
_STEPS = """
SELECT taken_at, actor, role, move, from_state, to_state, reason FROM governance.step
WHERE contract_id = $1 AND version = $2 ORDER BY step_id
"""
_FINDINGS = """
SELECT kind, source, passed, note, actor, made_at, request_sha256 FROM governance.finding
WHERE contract_id = $1 AND version = $2 ORDER BY finding_id
"""
_ATTACHMENTS = """
SELECT attachment_id, name, media_type, length(content) AS size, encode(sha256, 'hex') AS sha256, actor, attached_at
FROM governance.attachment WHERE contract_id = $1 AND version = $2 AND removed_at IS NULL ORDER BY attachment_id
"""


@dataclass(frozen=True, slots=True)
class Examiner:
    """What the process must know of the schema.

    `faults` are those of a contract against it; `sources` are the specialised databases that a contract reads from.
    """

    faults: Callable[[Contract], Sequence[Missing]]
    sources: Callable[[Contract], frozenset[str]]


async def read_dossier(
    connection: Any, examiner: Examiner, actor: Account, contract_id: str, version: int | None, *, lock: bool = False
) -> Dossier:
    """A dossier, its row locked if need be; without a version the latest. Raises `DossierUnknownError`."""
    rows = await connection.fetch(
        _SUMMARY
        + "WHERE c.contract_id = $1 AND ($2::integer IS NULL OR c.version = $2) ORDER BY c.version DESC"
        + (" FOR UPDATE OF c" if lock else ""),
        contract_id,
        version,
    )
    for row in rows:
        summary = _summary(row)
        if await _visible(connection, examiner, actor, summary):
            return await _dossier(connection, summary)
    raise DossierUnknownError


async def list_summaries(
    connection: Any, examiner: Examiner, actor: Account, states: frozenset[State] | None
) -> list[Summary]:
    """The dossiers that an account may see, the latest change first."""
    rows = await connection.fetch(
        _SUMMARY + "WHERE ($1::text[] IS NULL OR c.state = ANY($1)) "
        "ORDER BY since DESC NULLS LAST, contract_id, version DESC",
        None if states is None else [state.value for state in states],
    )
    summaries = [_summary(row) for row in rows]
    return [summary for summary in summaries if await _visible(connection, examiner, actor, summary)]


async def _visible(connection: Any, examiner: Examiner, actor: Account, summary: Summary) -> bool:
    sources: frozenset[str] = frozenset()
    if actor.sources:
        contract = await read_version(connection, summary.contract_id, summary.version)
        sources = examiner.sources(contract) if contract is not None else sources
    return may_see(actor, summary.client.client_id, summary.state, sources)


async def _dossier(connection: Any, summary: Summary) -> Dossier:
    identity = (summary.contract_id, summary.version)
    request = await request_of_version(connection, *identity)
    assert request is not None
    digest = request.digest
    return Dossier(
        summary=summary,
        request=request,
        steps=[Step(**row) for row in await connection.fetch(_STEPS, *identity)],
        findings=[_finding(row, digest) for row in await connection.fetch(_FINDINGS, *identity)],
        attachments=[Attachment(**row) for row in await connection.fetch(_ATTACHMENTS, *identity)],
        previous=await connection.fetchval(
            "SELECT max(version) FROM governance.contract WHERE contract_id = $1 AND version < $2", *identity
        ),
    )


async def request_of_version(connection: Any, contract_id: str, version: int) -> ConnectionRequest | None:
    """The request of a version; of one that was installed without, the one it would have come from."""
    text = await connection.fetchval(
        "SELECT request::text FROM governance.contract WHERE contract_id = $1 AND version = $2", contract_id, version
    )
    if text is not None:
        return parse_request(orjson.loads(text))
    contract = await read_version(connection, contract_id, version)
    return None if contract is None else request_of(contract)


def _summary(row: Any) -> Summary:
    return Summary(
        contract_id=row["contract_id"],
        version=row["version"],
        client=Client(row["client_id"], row["client_name"]),
        title=row["title"],
        state=State(row["state"]),
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        since=row["since"],
    )


def _finding(row: Any, digest: bytes) -> Finding:
    return Finding(
        row["kind"],
        row["source"],
        row["passed"],
        row["note"],
        row["actor"],
        row["made_at"],
        current=row["request_sha256"] == digest,
    )
