"""The record of one request. Names of fields are recorded, values never; a citizen is recorded as a keyed hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import orjson

__all__ = ["AuditRecord", "Facts"]


@dataclass(frozen=True)
class Facts:
    """What an operation asks for and what is read for it; the same on every run of a plan.

    `document` is the SHA-256 of its text in hexadecimal; `requested`, `granted`, `denied` are coordinates; `reads` are
    the columns and paths that are fetched, each with its reasons; `note` is an administrator's reason or a key's id.
    """

    operation_type: str | None = None
    operation_name: str | None = None
    document: str | None = None
    requested: Sequence[str] = ()
    granted: Sequence[str] = ()
    denied: Sequence[str] = ()
    sources: Sequence[str] = ()
    reads: Sequence[str] = ()
    note: str | None = None

    @cached_property
    def description(self) -> str:
        """The facts as JSON; what is kept in `audit_plan`."""
        return orjson.dumps(
            {
                "operation_type": self.operation_type,
                "operation_name": self.operation_name,
                "document": self.document,
                "requested": list(self.requested),
                "granted": list(self.granted),
                "denied": list(self.denied),
                "sources": list(self.sources),
                "reads": list(self.reads),
                "note": self.note,
            }
        ).decode()

    @cached_property
    def digest(self) -> bytes:
        """The SHA-256 of the description, under which it is kept."""
        return hashlib.sha256(self.description.encode()).digest()


_NOTHING = Facts()


@dataclass(slots=True)
class AuditRecord:
    """What is kept of a request or of an administrator's act.

    `outcome` is `answered`, `partial`, `refused` or `done`; `codes` are the error codes; `subjects` are hashes of 16
    bytes, made with the key that `subject_key` names; `actor` is who acted when it was no client.
    """

    trace_id: str
    actor: str | None = None
    client_id: str | None = None
    contract_id: str | None = None
    version: int | None = None
    purpose: str | None = None
    facts: Facts = _NOTHING
    row_counts: Mapping[str, int] = field(default_factory=dict)
    subject_key: str | None = None
    subjects: Sequence[bytes] = ()
    outcome: str = "refused"
    codes: Sequence[str] = ()
