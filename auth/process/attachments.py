"""Documents that come with a request: taken by what their bytes say, kept with their hash."""

from __future__ import annotations

import hashlib
from typing import Any

import asyncpg

from auth.audit.acts import record_act
from auth.process.actors import Account
from auth.process.database import transaction
from auth.process.dossier import Attachment, Dossier, require_hold
from auth.process.errors import AttachmentRefusedError, DossierUnknownError
from auth.process.reading import Examiner, read_dossier

__all__ = ["MAX_ATTACHMENT", "Attachments", "media_type_of"]

MAX_ATTACHMENT = 10_000_000
"""Bytes of one attached document at most."""

_OFFICE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_ATTACHABLE = {
    "application/pdf": b"%PDF-",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    _OFFICE: b"PK\x03\x04",
    "application/vnd.oasis.opendocument.text": b"PK\x03\x04",
}
_ENDINGS = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "docx": _OFFICE,
    "odt": "application/vnd.oasis.opendocument.text",
}


class Attachments:
    """Attached documents over a pool of the role `lienthong_process`."""

    def __init__(self, pool: asyncpg.Pool[Any], examiner: Examiner) -> None:
        self._pool = pool
        self._examiner = examiner

    async def attach(self, actor: Account, contract_id: str, version: int, name: str, content: bytes) -> Dossier:
        """Attach a document: PDF, PNG, JPEG, DOCX or ODT, by what its bytes say, of `MAX_ATTACHMENT` bytes at most."""
        media_type = media_type_of(name, content)
        async with transaction(self._pool) as connection:
            dossier = await read_dossier(connection, self._examiner, actor, contract_id, version, lock=True)
            require_hold(actor, dossier)
            await connection.execute(
                "INSERT INTO governance.attachment (contract_id, version, name, media_type, sha256, content, actor) "
                "VALUES ($1, $2, $3, $4, $5, $6, $7)",
                contract_id,
                version,
                name,
                media_type,
                hashlib.sha256(content).digest(),
                content,
                actor.account_id,
            )
            await record_act(
                connection, "contract.attach", actor=actor.account_id, contract=(contract_id, version), note=name
            )
            return await read_dossier(connection, self._examiner, actor, contract_id, version)

    async def detach(self, actor: Account, contract_id: str, version: int, attachment_id: int) -> Dossier:
        """Take a document back while the unit holds the request."""
        async with transaction(self._pool) as connection:
            dossier = await read_dossier(connection, self._examiner, actor, contract_id, version, lock=True)
            require_hold(actor, dossier)
            await connection.execute(
                "UPDATE governance.attachment SET removed_at = now() "
                "WHERE attachment_id = $1 AND contract_id = $2 AND version = $3",
                attachment_id,
                contract_id,
                version,
            )
            await record_act(
                connection,
                "contract.detach",
                actor=actor.account_id,
                contract=(contract_id, version),
                note=str(attachment_id),
            )
            return await read_dossier(connection, self._examiner, actor, contract_id, version)

    async def content(
        self, actor: Account, contract_id: str, version: int, attachment_id: int
    ) -> tuple[Attachment, bytes]:
        """An attached document with its bytes, checked against its hash."""
        async with transaction(self._pool) as connection:
            dossier = await read_dossier(connection, self._examiner, actor, contract_id, version)
            attachment = next((a for a in dossier.attachments if a.attachment_id == attachment_id), None)
            if attachment is None:
                raise DossierUnknownError("there is no such document")
            content: bytes = await connection.fetchval(
                "SELECT content FROM governance.attachment WHERE attachment_id = $1", attachment_id
            )
        if hashlib.sha256(content).hexdigest() != attachment.sha256:
            raise AttachmentRefusedError("the document is not what was attached")
        return attachment, content


def media_type_of(name: str, content: bytes) -> str:
    """The media type that name and bytes of a document agree on. Raises `AttachmentRefusedError`."""
    if not name.strip() or len(name) > 200 or any(mark in name for mark in "/\\\0\n\r"):
        raise AttachmentRefusedError("the document needs a plain name of at most 200 characters")
    if len(content) > MAX_ATTACHMENT:
        raise AttachmentRefusedError(None, limit="bytes", allowed=MAX_ATTACHMENT, given=len(content))
    ending = name.rpartition(".")[2].lower()
    media_type = _ENDINGS.get(ending)
    if media_type is None:
        raise AttachmentRefusedError("documents are PDF, PNG, JPEG, DOCX or ODT", given=ending)
    if not content.startswith(_ATTACHABLE[media_type]):
        raise AttachmentRefusedError(f"the bytes are not those of a .{ending} document")
    return media_type
