"""The queries of the process."""

from __future__ import annotations

import base64

import strawberry

from auth.process.actors import Account
from auth.process.lifecycle import State
from graph.process.answers import AttachedContent, Me
from graph.process.dossier import Dossier, DossierSummary
from graph.process.enums import DossierState
from resolvers.errors import InputError
from resolvers.process.declare import root
from resolvers.process.desk import Desk

__all__ = ["attachment", "dossier", "dossiers", "me", "number_of"]

Info = strawberry.Info[Desk, None]


@root(description="Tài khoản đang hỏi (the account that asks).")
async def me(info: Info) -> Me:
    """The account that asks."""
    account: Account = info.context.account
    return Me.of(account)


@root(description="Các hồ sơ mà tài khoản được xem, đổi trạng thái gần nhất trước (dossiers, the latest change first).")
async def dossiers(info: Info, states: list[DossierState] | None = None) -> list[DossierSummary] | None:
    """The dossiers that the account may see."""
    wanted = None if states is None else frozenset(State(state.value) for state in states)
    found = await info.context.parts.dossiers.list(info.context.account, states=wanted)
    return [DossierSummary.of(summary) for summary in found]


@root(description="Một hồ sơ; không nêu phiên bản thì là bản mới nhất được xem (a dossier, by default the latest).")
async def dossier(info: Info, contract: strawberry.ID, version: int | None = None) -> Dossier | None:
    """A dossier."""
    return Dossier.of(await info.context.parts.dossiers.get(info.context.account, contract, version))


@root(description="Nội dung một tài liệu kèm theo (an attached document with its bytes).")
async def attachment(
    info: Info, contract: strawberry.ID, version: int, attachment: strawberry.ID
) -> AttachedContent | None:
    """An attached document with its bytes."""
    found, content = await info.context.parts.attachments.content(
        info.context.account, contract, version, number_of(attachment)
    )
    return AttachedContent(
        name=found.name, media_type=found.media_type, sha256=found.sha256, base64=base64.b64encode(content).decode()
    )


def number_of(given: str) -> int:
    """The number that an id of the process is. Raises `InputError`."""
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise InputError("this id is a number")
    return int(given)
