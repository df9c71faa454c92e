"""Chains of records: each carries the SHA-256 of the record before it and of its own content.

A gateway process writes a chain of its own, so that no process waits for another; a new one begins whenever it is not
known whether the last write took place. Administrators share one chain. Whoever changes, removes, inserts or reorders a
record has to rewrite all that follow, and contradicts the signed checkpoints then (`auth.audit.checkpoints`).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from auth.audit.record import AuditRecord

__all__ = ["COLUMNS", "INSERT_PLAN", "INSERT_RECORD", "SANDBOX", "Chain", "Link", "beginning", "content", "follow"]

COLUMNS = (
    "chain",
    "sequence",
    "recorded_at",
    "trace_id",
    "actor",
    "client_id",
    "contract_id",
    "version",
    "purpose",
    "plan",
    "row_counts",
    "subject_key",
    "subjects",
    "outcome",
    "codes",
)
SANDBOX = "sandbox-"
"""Chains with tests in the sandbox have names that begin so, and no others do."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PLACES = ", ".join(f"${place}" for place in range(1, len(COLUMNS) + 2))
INSERT_RECORD = f"INSERT INTO governance.audit_record ({', '.join(COLUMNS)}, hash) VALUES ({_PLACES})"  # noqa: S608
INSERT_PLAN = "INSERT INTO governance.audit_plan (digest, description) VALUES ($1, $2) ON CONFLICT DO NOTHING"


@dataclass(frozen=True, slots=True)
class Link:
    """Where a chain stands: its last record's sequence (0 before the first) and hash."""

    chain: str
    sequence: int
    hash: bytes


def beginning(chain: str) -> Link:
    """Where a chain of that name begins."""
    return Link(chain, 0, hashlib.sha256(b"lienthong audit chain\n" + chain.encode()).digest())


def content(row: Sequence[Any]) -> bytes:
    """The bytes of a record that its hash covers; `row` has the values of `COLUMNS`."""
    chain, sequence, at, *who, plan, counts, key, subjects, outcome, codes = row
    microseconds = (at - _EPOCH) // _MICROSECOND
    told = [chain, sequence, microseconds, *who, plan.hex(), counts, key, outcome, list(codes), len(subjects)]
    return b"%b\n%b" % (orjson.dumps(told), subjects)


def follow(before: bytes, row: Sequence[Any]) -> bytes:
    """The hash of a record that comes after the one with hash `before`."""
    return hashlib.sha256(before + content(row)).digest()


class Chain:
    """A chain in the making. It moves on only when a write is known to have taken place."""

    def __init__(self, link: Link) -> None:
        self.link = link

    @classmethod
    def new(cls, now: datetime, prefix: str = "") -> Chain:
        """A chain with a name of its own that begins with `prefix` and tells when it began."""
        return cls(beginning(f"{prefix}{now:%Y%m%dT%H%M%S}-{secrets.token_hex(6)}"))

    def rows(self, records: list[AuditRecord], now: datetime) -> tuple[list[tuple[Any, ...]], Link]:
        """The rows of records that follow, and where the chain stands after them."""
        rows = []
        chain, sequence, last = self.link.chain, self.link.sequence, self.link.hash
        for record in records:
            sequence += 1
            row = (
                chain,
                sequence,
                now,
                record.trace_id,
                record.actor,
                record.client_id,
                record.contract_id,
                record.version,
                record.purpose,
                record.facts.digest,
                orjson.dumps(dict(record.row_counts)).decode(),
                record.subject_key,
                b"".join(record.subjects),
                record.outcome,
                list(record.codes),
            )
            last = follow(last, row)
            rows.append((*row, last))
        return rows, Link(chain, sequence, last)
