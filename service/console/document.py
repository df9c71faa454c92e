"""The technical document of a version, as a file."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from auth.process.errors import MoveRefusedError
from auth.process.request import to_contract
from graph.check import contract_faults
from samples.personas import resident
from service.console.visit import Handler, Visit
from service.document.build import technical_document
from service.document.content import Connection
from service.document.render import document_html, document_pdf
from service.pages import NO_SCRIPT_HEADERS
from service.settings import Settings

__all__ = ["document_file"]

_TYPES = {"html": "text/html; charset=utf-8", "pdf": "application/pdf"}


def document_file(settings: Settings, form: str) -> Handler:
    """The document as `html` or `pdf`, with this service's address as the visitor reaches it."""

    async def download(visit: Visit) -> Response:
        dossier = await visit.process.dossiers.get(visit.account, visit.contract_id, visit.version)
        contract = to_contract(dossier.request, dossier.contract_id, dossier.version, dossier.summary.client)
        if contract_faults(visit.process.catalog, contract):
            raise MoveRefusedError("the request does not fit the schema yet: it has no technical document")
        sandbox = visit.address if settings.sandbox_sources else None
        issuers = tuple(issuer.issuer for issuer in settings.issuers)
        connection = Connection(visit.address, sandbox, issuers, settings.token_audience)

        samples = resident(contract.row_scope).samples

        def make() -> bytes:
            made = technical_document(visit.process.catalog, contract, connection, samples)
            return document_pdf(made) if form == "pdf" else document_html(made).encode()

        name = f"{contract.contract_id}-{contract.version}.{form}"
        headers = {**NO_SCRIPT_HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
        return Response(await asyncio.to_thread(make), headers=headers, media_type=_TYPES[form])

    return download
