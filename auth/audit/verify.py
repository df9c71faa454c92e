"""Proving that the audit is as it was written: every chain is followed from its beginning, checkpoints are compared."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from auth.audit.chain import COLUMNS, Link, beginning, follow
from auth.audit.checkpoints import Checkpoint

__all__ = ["Fault", "Verdict", "verify"]

_RECORDS = f"""
SELECT {", ".join(f"r.{column}" for column in COLUMNS)}, r.hash, p.description::text AS description
FROM governance.audit_record r LEFT JOIN governance.audit_plan p ON p.digest = r.plan
LEFT JOIN unnest($1::text[], $2::bigint[]) AS trusted (chain, sequence) ON trusted.chain = r.chain
WHERE r.sequence >= coalesce(trusted.sequence, 0)
ORDER BY r.chain, r.sequence
"""  # noqa: S608 - the names are ours
_CHAINS = "SELECT chain FROM governance.audit_chain"


@dataclass(frozen=True, slots=True)
class Fault:
    """The first bad record of a chain: where it is or should be, and what is wrong."""

    chain: str
    sequence: int
    what: str
    recorded_at: datetime | None = None
    trace_id: str | None = None


@dataclass
class Verdict:
    """What was verified, and the first fault of each chain that has one, in order of time and chain."""

    records: int = 0
    chains: int = 0
    checkpoints: int = 0
    faults: list[Fault] = field(default_factory=list)


async def verify(connection: Any, checkpoints: Iterable[Checkpoint], since: datetime | None = None) -> Verdict:
    """Follow every chain in one snapshot of the database; with `since`, from its last checkpoint before that time.

    Read the checkpoints before: a chain that goes on meanwhile is then longer than they say, never shorter.
    """
    marks: dict[str, dict[int, Checkpoint]] = {}
    verdict = Verdict()
    for checkpoint in checkpoints:
        marks.setdefault(checkpoint.chain, {})[checkpoint.sequence] = checkpoint
        verdict.checkpoints += 1
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        chains = {row["chain"] for row in await connection.fetch(_CHAINS)}
        walks = {chain: _Walk(chain, marks.get(chain, {}), since) for chain in chains | set(marks)}
        async for row in _rows(connection, [walk.trusted for walk in walks.values() if walk.trusted]):
            walk = walks.setdefault(row["chain"], _Walk(row["chain"], {}, None))
            walk.step(row)
            verdict.records += 1
    for walk in walks.values():
        walk.end(known=walk.link.chain in chains)
    verdict.chains = len(walks)
    found = [walk.fault for walk in walks.values() if walk.fault is not None]
    verdict.faults = sorted(found, key=lambda fault: (fault.recorded_at is None, str(fault.recorded_at), fault.chain))
    return verdict


async def _rows(connection: Any, trusted: list[Checkpoint]) -> AsyncIterator[Any]:
    places = [mark.chain for mark in trusted], [mark.sequence for mark in trusted]
    async for row in connection.cursor(_RECORDS, *places, prefetch=1000):
        yield row


class _Walk:
    """A chain being followed; after its first fault the rest does not matter."""

    def __init__(self, chain: str, marks: dict[int, Checkpoint], since: datetime | None) -> None:
        before = [m for m in marks.values() if since and m.sequence and datetime.fromisoformat(m.at) < since]
        self.trusted = max(before, key=lambda mark: mark.sequence, default=None)
        self.link = Link(chain, self.trusted.sequence - 1, b"") if self.trusted else beginning(chain)
        self.marks = marks
        self.fault: Fault | None = None

    def step(self, row: Any) -> None:
        """The next record in the order of the sequence."""
        if self.fault is not None:
            return
        expected = self.link.sequence + 1
        if row["sequence"] != expected:
            missing = f"record {expected} is missing: the next is {row['sequence']}"
            self.fault = Fault(self.link.chain, expected, missing, row["recorded_at"], row["trace_id"])
            return
        values = tuple(row[column] for column in COLUMNS)
        mark = self.marks.get(expected)
        if mark is not None and mark == self.trusted and mark.hash == row["hash"]:
            self.link = Link(self.link.chain, expected, mark.hash)
            return
        what = None
        if row["description"] is None or hashlib.sha256(row["description"].encode()).digest() != row["plan"]:
            what = "what it says of its operation was changed or removed"
        elif follow(self.link.hash, values) != row["hash"]:
            what = "it was changed, inserted or moved, or the record before it was"
        elif mark is not None and mark.hash != row["hash"]:
            since = max((sequence for sequence in self.marks if sequence < expected), default=0)
            what = f"the chain was rewritten: it contradicts the checkpoint of {mark.at}; it agreed at record {since}"
        if what is not None:
            self.fault = Fault(self.link.chain, expected, what, row["recorded_at"], row["trace_id"])
            return
        self.link = Link(self.link.chain, expected, row["hash"])

    def end(self, *, known: bool) -> None:
        """No more records: the last checkpoint must have been reached."""
        last = max(self.marks, default=0)
        if self.fault is not None:
            return
        if last > self.link.sequence:
            what = f"the records from here on are missing: the checkpoint of {self.marks[last].at} knows {last}"
            self.fault = Fault(self.link.chain, self.link.sequence + 1, what)
        elif not known:
            self.fault = Fault(self.link.chain, 0, "the chain is missing, though records or checkpoints know it")
