"""The page of one dossier: its request, what was found and done, and what may be done with it next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.responses import Response

from auth.process.actors import Account, Role
from auth.process.completeness import Missing
from auth.process.conformance import TestItem
from auth.process.dossier import Dossier
from auth.process.errors import AttachmentRefusedError, DossierUnknownError, MoveRefusedError, ProcessError
from auth.process.lifecycle import EDITABLE, MOVES, UNDER_WAY, Move, State, judge
from resolvers.review.review import Review, review_of
from service.console.request_fields import FieldTable
from service.console.request_parts import part_of
from service.console.visit import Visit, redirect
from service.console.words import ROLES, STATES, Words
from service.pages import NO_SCRIPT_HEADERS

__all__ = ["Choice", "attach", "choices", "detach", "download", "find", "move", "show_dossier"]


@dataclass(frozen=True, slots=True)
class Choice:
    """A move as the page shows it: what it lacks if it may be tried, or why it may not."""

    move: Move
    lacking: Sequence[Missing] = ()
    refused: Words | None = None


async def show_dossier(visit: Visit) -> Response:
    """The page."""
    return await _page(visit)


async def move(visit: Visit) -> Response:
    """Make a move."""
    name, reason = visit.named("move"), visit.text("reason") or None
    work = visit.process.moves.move(visit.account, visit.contract_id, visit.version, name, reason=reason)
    return await _act(visit, work, "moved")


async def find(visit: Visit) -> Response:
    """Record a finding of a security body, or of the owner of a database."""
    if visit.text("passed") not in {"yes", "no"}:
        return await _page(visit, MoveRefusedError("a finding says whether it agrees"))
    work = visit.process.moves.find(
        visit.account,
        visit.contract_id,
        visit.version,
        passed=visit.text("passed") == "yes",
        note=visit.text("note"),
        source=visit.text("source") or None,
    )
    return await _act(visit, work, "found")


async def attach(visit: Visit) -> Response:
    """Take a document."""
    given = visit.form.get("document")
    if not isinstance(given, UploadFile) or not given.filename:
        return await _page(visit, AttachmentRefusedError("no document was chosen"))
    name, content = given.filename.rpartition("\\")[2], await given.read()
    work = visit.process.attachments.attach(visit.account, visit.contract_id, visit.version, name, content)
    return await _act(visit, work, "attached")


async def detach(visit: Visit) -> Response:
    """Take a document back."""
    number = visit.number("attachment_id")
    work = visit.process.attachments.detach(visit.account, visit.contract_id, visit.version, number)
    return await _act(visit, work, "detached")


async def download(visit: Visit) -> Response:
    """A document as it was attached, to be saved and never shown as a page of this site."""
    number = visit.number("attachment_id")
    attachment, content = await visit.process.attachments.content(
        visit.account, visit.contract_id, visit.version, number
    )
    disposition = f"attachment; filename*=UTF-8''{quote(attachment.name, safe='')}"
    headers = {**NO_SCRIPT_HEADERS, "Content-Disposition": disposition}
    return Response(content, headers=headers, media_type=attachment.media_type)


async def choices(visit: Visit, dossier: Dossier) -> list[Choice]:
    """Every move that people make: those that the account may make first, then the others with why not."""
    may, may_not = [], []
    for name, one in MOVES.items():
        if one.roles == {Role.CLOCK}:
            continue
        try:
            judge(dossier.standing, name, visit.account, "-")
        except MoveRefusedError:
            may_not.append(Choice(one, refused=_why_not(dossier, one, visit.account)))
        else:
            identity = (dossier.contract_id, dossier.version)
            may.append(Choice(one, await visit.process.moves.lacking(visit.account, *identity, name)))
    return may + may_not


def _why_not(dossier: Dossier, one: Move, account: Account) -> Words:
    """The reason of `judge`, looked at in its order, for people."""
    if not one.roles & account.roles:
        named = [ROLES[role.value] for role in sorted(one.roles, key=lambda role: role.value)]
        return Words(
            "Dành cho: " + "; ".join(role.vi for role in named), "For: " + "; ".join(role.en for role in named)
        )
    if dossier.state not in one.origins:
        states = [STATES[state.value] for state in State if state in one.origins]
        return Words(
            "Chỉ làm được khi hồ sơ ở: " + ", ".join(state.vi for state in states),
            "Possible in: " + ", ".join(state.en for state in states),
        )
    if one.target is State.APPROVED and account.account_id in dossier.reviewers:
        return Words("Người đã thẩm định không được phê duyệt", "Whoever reviewed cannot approve")
    return Words("Dành cho cán bộ của đơn vị đăng ký", "For an officer of the registering unit")


async def _tests(visit: Visit, dossier: Dossier) -> Sequence[TestItem] | None:
    """The conformance list, from the technical test until the contract is in force."""
    if dossier.state not in {State.TECHNICAL_TEST, State.SECURITY_CHECK, State.APPROVED}:
        return None
    return await visit.process.tests.list(visit.account, dossier.contract_id, dossier.version)


async def _review(visit: Visit, dossier: Dossier) -> Review:
    # The owner of a database sees only versions that read from it.
    replaced = await visit.process.dossiers.replaced_by(visit.account, dossier)
    return await asyncio.to_thread(review_of, visit.process.catalog, dossier, replaced)


async def _act(visit: Visit, work: Awaitable[Any], done: str) -> Response:
    try:
        await work
    except DossierUnknownError:
        raise
    except ProcessError as error:
        return await _page(visit, error)
    return redirect(f"/contracts/{visit.contract_id}/{visit.version}?done={done}")


async def _page(visit: Visit, problem: ProcessError | None = None) -> Response:
    account = visit.account
    dossier = await visit.process.dossiers.get(account, visit.contract_id, visit.version)
    client_id = dossier.summary.client.client_id
    holds = account.acts_for(client_id) and dossier.state in EDITABLE
    everything = await visit.process.dossiers.list(account)
    versions = sorted((s for s in everything if s.contract_id == dossier.contract_id), key=lambda s: -s.version)
    return visit.render(
        "dossier.html",
        200 if problem is None else problem.status,
        problem=problem,
        dossier=dossier,
        table=FieldTable.of(visit.process.catalog, dossier.request),
        choices=await choices(visit, dossier),
        findable=visit.process.moves.findable(account, dossier),
        versions=versions,
        holds=holds,
        may_key=account.acts_for(client_id) or Role.OPERATOR in account.roles,
        may_renew=account.acts_for(client_id) and not any(s.state in UNDER_WAY for s in versions),
        part_of=part_of,
        reason=visit.text("reason"),
        note=visit.text("note"),
        tests=await _tests(visit, dossier),
        review=await _review(visit, dossier),
    )
