"""The addresses of the console."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from auth.process.attachments import MAX_ATTACHMENT
from auth.process.errors import DossierUnknownError
from service.console import accounts, audit, cases, dossier, home, keys, notices, request_form
from service.console.document import document_file
from service.console.signing import Signing
from service.console.traces import traces_of
from service.console.visit import Gate, redirect
from service.origin import Origins
from service.settings import Settings

__all__ = ["console_routes"]

_ONE = "/contracts/{contract_id}/{version:int}"
_ALL = "/contracts/{contract_id}"
_FORM_AROUND = 20_000


def console_routes(settings: Settings) -> list[BaseRoute]:
    """Everything below `/console`, and the way to it from there."""
    origins = Origins(settings.trusted_proxies)
    gate, signing = Gate(origins), Signing(origins, settings.failed_attempts)
    page, form = gate.page, gate.form
    pages = Mount(
        "/console",
        routes=[
            gate.open("/sign-in", signing.show, "GET"),
            gate.open("/sign-in", signing.sign_in, "POST"),
            form("/sign-out", signing.sign_out),
            page("/", home.show_start),
            page("/contracts", home.show_list),
            form("/contracts", home.open_dossier),
            page("/contracts/new", home.show_new),
            page(f"{_ALL}/keys", keys.show_keys),
            form(f"{_ALL}/keys", keys.issue),
            form(f"{_ALL}/keys/{{key_id}}/revoke", keys.revoke),
            page(f"{_ALL}/usage", keys.show_usage),
            page(_ONE, dossier.show_dossier),
            page(f"{_ONE}/request/{{part}}", request_form.show_part),
            form(f"{_ONE}/request/{{part}}", request_form.save_part),
            form(f"{_ONE}/moves/{{move}}", dossier.move),
            form(f"{_ONE}/findings", dossier.find),
            form(f"{_ONE}/attachments", dossier.attach, cap=MAX_ATTACHMENT + _FORM_AROUND),
            page(f"{_ONE}/attachments/{{attachment_id:int}}", dossier.download),
            form(f"{_ONE}/attachments/{{attachment_id:int}}/remove", dossier.detach),
            page(f"{_ONE}/document.html", document_file(settings, "html")),
            page(f"{_ONE}/document.pdf", document_file(settings, "pdf")),
            page("/cases", cases.show_cases),
            form("/cases", cases.open_support),
            page("/cases/{case_id}", cases.show_case),
            form("/cases/{case_id}/steps/{step}", cases.act),
            form("/cases/{case_id}/messages", cases.say),
            page("/cases/{case_id}/attachments/{attachment_id:int}", cases.download),
            page("/notices", notices.show_notices),
            form("/notices", notices.publish),
            form("/notices/{notice_id:int}/withdraw", notices.withdraw),
            page("/concealments", notices.show_concealments),
            form("/concealments", notices.conceal),
            form("/concealments/{concealment_id:int}/lift", notices.lift),
            page("/audit", audit.show_audit),
            form("/audit", audit.audit_search(settings.audit_keys())),
            page("/accounts", accounts.show_accounts),
            form("/accounts", accounts.create),
            form("/accounts/{account_id}/password", accounts.reset),
            form("/accounts/{account_id}/close", accounts.close),
            form("/units", accounts.register),
            page("/traces", traces_of(settings)),
            gate.open("/{rest:path}", _unknown, "GET"),
            gate.open("/{rest:path}", _unknown, "POST"),
        ],
    )
    return [Route("/console", _enter, methods=["GET"]), pages]


async def _enter(_request: Request) -> Response:
    """To the first page, by its path alone: only the client knows the scheme and host that it came by."""
    return redirect("/")


async def _unknown(_request: Request) -> Response:
    raise DossierUnknownError("there is no such page")
