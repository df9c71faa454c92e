"""Cases as PostgreSQL keeps them: rows and sealed values over an open transaction."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from typing import Any

import orjson

from auth.audit.acts import record_act
from auth.process.attachments import media_type_of
from auth.process.case import (
    FIRST_STATES,
    Case,
    CaseAttachment,
    CaseEntry,
    CaseKind,
    CaseState,
    Channel,
    Severity,
)
from auth.process.opening import Opening, Reporter
from auth.process.vault import Vault

__all__ = ["COLUMNS", "CaseRecords"]

COLUMNS = (
    "case_id, kind, contract_id, version, client_id, purpose, coordinate, source, channel, severity, state, "
    "opened_at, subject, content"
)
_INSERT = """
INSERT INTO governance.client_case (case_id, kind, contract_id, version, client_id, purpose, scope, coordinate, source,
    subject, subject_key, subject_hash, channel, severity, content, reference, digest, state)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
"""
_ENTRY = """
INSERT INTO governance.case_entry (case_id, actor, party, act, from_state, to_state, message)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_ATTACH = """
INSERT INTO governance.case_attachment (case_id, name, media_type, size, sha256, content)
VALUES ($1, $2, $3, $4, $5, $6)
"""
_ENTRIES = """
SELECT made_at, actor, party, act, from_state, to_state, message FROM governance.case_entry
WHERE case_id = $1 ORDER BY entry_id
"""
_ATTACHMENTS = """
SELECT attachment_id, name, media_type, size, encode(sha256, 'hex') AS sha256, attached_at
FROM governance.case_attachment WHERE case_id = $1 ORDER BY attachment_id
"""


class CaseRecords:
    """Reads and writes rows; what each party may do is judged before (`auth.process.cases`)."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def digests(self, opening: Opening) -> list[bytes]:
        """Keyed hashes of all that opens a case, under the present key first: a repetition has the same."""
        attached = opening.attachment and (opening.attachment[0], hashlib.sha256(opening.attachment[1]).hexdigest())
        told = (
            opening.kind.value,
            sorted(opening.content.items()),
            opening.coordinate,
            opening.subject,
            opening.channel and opening.channel.value,
            opening.severity and opening.severity.value,
            opening.message,
            attached,
        )
        return self._vault.digests(repr(told))

    def references(self, reporter: Reporter, reference: str) -> list[bytes]:
        """Keyed hashes of a client's own reference, under the present key first."""
        return self._vault.digests(f"reference {reporter.contract_id} {reporter.purpose} {reference}")

    async def insert(self, connection: Any, reporter: Reporter, opening: Opening, *, actor: str, party: str) -> str:
        """Write a case with its first entry, its document and its act in the audit; its id."""
        case_id, state = secrets.token_hex(12), FIRST_STATES[opening.kind].value
        key, hashed = self._vault.subject(opening.subject) if opening.subject is not None else (None, None)
        about_data = opening.kind is not CaseKind.SUPPORT
        await connection.execute(
            _INSERT,
            case_id,
            opening.kind.value,
            reporter.contract_id,
            reporter.version,
            reporter.client_id,
            reporter.purpose,
            reporter.scope if about_data else None,
            opening.coordinate,
            opening.source,
            None if opening.subject is None else self._vault.seal(opening.subject, f"subject {case_id}"),
            key,
            hashed,
            opening.channel and opening.channel.value,
            opening.severity and opening.severity.value,
            self._vault.seal(orjson.dumps(dict(opening.content)), f"content {case_id}"),
            None if opening.reference is None else self.references(reporter, opening.reference)[0],
            self.digests(opening)[0],
            state,
        )
        entry = (case_id, actor, party, "open", None, state)
        await self.add_entry(connection, entry, opening.message)
        if opening.attachment is not None:
            await self._attach(connection, case_id, *opening.attachment)
        identity = (reporter.contract_id, reporter.version)
        note = f"{opening.kind.value} {case_id}"
        await record_act(connection, "case.open", actor=actor, contract=identity, note=note)
        return case_id

    async def add_entry(
        self, connection: Any, entry: tuple[str, str, str, str, str | None, str], message: str | None
    ) -> None:
        """Add to the thread: (case, actor, party, act, from, to) and the words, if any."""
        sealed = None if message is None else self._vault.seal(message, f"entry {entry[0]}")
        await connection.execute(_ENTRY, *entry, sealed)

    async def _attach(self, connection: Any, case_id: str, name: str, content: bytes) -> None:
        await connection.execute(
            _ATTACH,
            case_id,
            self._vault.seal(name, f"name {case_id}"),
            media_type_of(name, content),
            len(content),
            hashlib.sha256(content).digest(),
            self._vault.seal(content, f"attachment {case_id}"),
        )

    def outline(self, row: Any) -> Case:
        """A case without its subject and its words."""
        return Case(
            case_id=row["case_id"],
            kind=CaseKind(row["kind"]),
            contract_id=row["contract_id"],
            version=row["version"],
            client_id=row["client_id"],
            purpose=row["purpose"],
            coordinate=row["coordinate"],
            source=row["source"],
            channel=None if row["channel"] is None else Channel(row["channel"]),
            severity=None if row["severity"] is None else Severity(row["severity"]),
            state=CaseState(row["state"]),
            opened_at=row["opened_at"],
        )

    def opened(self, row: Any) -> tuple[str | None, dict[str, str]]:
        """The subject's number, if there is one, and the texts of a case."""
        case_id, sealed = row["case_id"], row["subject"]
        subject = None if sealed is None else self._vault.open(sealed, f"subject {case_id}")
        content: dict[str, str] = orjson.loads(self._vault.open_bytes(row["content"], f"content {case_id}"))
        return subject, content

    async def entries(self, connection: Any, case_id: str, *, words: bool) -> Sequence[CaseEntry]:
        """The thread, oldest first; without words, the steps alone."""
        rows = [dict(row) for row in await connection.fetch(_ENTRIES, case_id)]
        for row in rows:
            sealed = row["message"]
            row["message"] = self._vault.open(sealed, f"entry {case_id}") if sealed is not None and words else None
        return [CaseEntry(**row) for row in rows]

    async def attachments(self, connection: Any, case_id: str, *, names: bool) -> Sequence[CaseAttachment]:
        """The documents, without their bytes."""
        rows = [dict(row) for row in await connection.fetch(_ATTACHMENTS, case_id)]
        for row in rows:
            row["name"] = self._vault.open(row["name"], f"name {case_id}") if names else None
        return [CaseAttachment(**row) for row in rows]

    async def content(self, connection: Any, case_id: str, attachment_id: int) -> bytes | None:
        """The bytes of a document."""
        sealed = await connection.fetchval(
            "SELECT content FROM governance.case_attachment WHERE case_id = $1 AND attachment_id = $2",
            case_id,
            attachment_id,
        )
        return None if sealed is None else self._vault.open_bytes(sealed, f"attachment {case_id}")
