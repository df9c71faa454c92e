"""The mutations of the process: the unit's work on a request, findings, keys. Moves are in `moves`."""

from __future__ import annotations

import base64
import binascii
from typing import cast

import strawberry

from auth.process.actors import Role
from auth.process.errors import DossierUnknownError, MoveRefusedError
from auth.store import Environment
from graph.process.answers import NewKey
from graph.process.dossier import Dossier
from graph.process.enums import KeyEnvironment
from graph.process.request_input import ConnectionRequestInput, read_request
from resolvers.errors import InputError
from resolvers.process.declare import root
from resolvers.process.desk import Desk
from resolvers.process.queries import number_of

__all__ = [
    "attach",
    "check_security",
    "co_approve",
    "detach",
    "edit_request",
    "issue_key",
    "open_dossier",
    "open_next_version",
    "revoke_key",
]

Info = strawberry.Info[Desk, None]
_LONGEST_DAYS = 3660


@root(Role.UNIT_OFFICER, description="Mở hồ sơ của một hợp đồng mới (open the dossier of a new contract).")
async def open_dossier(
    info: Info, contract: strawberry.ID, request: ConnectionRequestInput | None = None
) -> Dossier | None:
    """Begin the first version of a contract. Raises `MoveRefusedError` when there is one already."""
    given = None if request is None else read_request(request)
    try:
        found = await info.context.parts.dossiers.get(info.context.account, contract)
    except DossierUnknownError:
        return Dossier.of(await info.context.parts.dossiers.open(info.context.account, contract, given))
    raise MoveRefusedError(f"the contract has version {found.version} already: open its next version", move="open")


@root(Role.UNIT_OFFICER, description="Mở phiên bản tiếp theo, bắt đầu từ đề nghị trước (open the next version).")
async def open_next_version(info: Info, contract: strawberry.ID) -> Dossier | None:
    """Begin the next version of one of the unit's contracts, from what the one before asked for."""
    await info.context.parts.dossiers.get(info.context.account, contract)
    return Dossier.of(await info.context.parts.dossiers.open(info.context.account, contract))


@root(
    Role.UNIT_OFFICER,
    description="Thay toàn bộ đề nghị; revision là giá trị đã đọc, có người sửa trước thì bị từ chối "
    "(replace the request; refused with DOSSIER_CHANGED when it is no longer of that revision).",
)
async def edit_request(
    info: Info, contract: strawberry.ID, version: int, revision: str, request: ConnectionRequestInput
) -> Dossier | None:
    """Replace the request that has the digest `revision`."""
    try:
        expected = bytes.fromhex(revision)
    except ValueError:
        raise InputError("`revision` is the `revision` of the dossier, as it was read") from None
    given = read_request(request)
    return Dossier.of(await info.context.parts.dossiers.save(info.context.account, contract, version, given, expected))


@root(
    Role.UNIT_OFFICER,
    description="Kèm một tài liệu: PDF, PNG, JPEG, DOCX, ODT, tối đa 10 MB (attach a document).",
)
async def attach(info: Info, contract: strawberry.ID, version: int, name: str, base64: str) -> Dossier | None:
    """Attach a document."""
    return Dossier.of(
        await info.context.parts.attachments.attach(info.context.account, contract, version, name, _bytes(base64))
    )


def _bytes(given: str) -> bytes:
    try:
        return base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        raise InputError("the document is not in base64") from None


@root(Role.UNIT_OFFICER, description="Bỏ một tài liệu kèm theo (take an attached document back).")
async def detach(info: Info, contract: strawberry.ID, version: int, attachment: strawberry.ID) -> Dossier | None:
    """Take a document back."""
    return Dossier.of(
        await info.context.parts.attachments.detach(info.context.account, contract, version, number_of(attachment))
    )


@root(
    Role.CYBER_SECURITY,
    Role.TECHNICAL_SECURITY,
    description="Kết luận kiểm tra an ninh của cơ quan mình (finding of the account's security body).",
)
async def check_security(
    info: Info, contract: strawberry.ID, version: int, *, passed: bool, note: str
) -> Dossier | None:
    """Record what a security body found."""
    return Dossier.of(
        await info.context.parts.moves.find(info.context.account, contract, version, passed=passed, note=note)
    )


@root(Role.SOURCE_OWNER, description="Ý kiến của chủ quản một cơ sở dữ liệu (finding of the owner of a database).")
async def co_approve(
    info: Info, contract: strawberry.ID, version: int, source: str, *, passed: bool, note: str
) -> Dossier | None:
    """Record what the owner of a database says of the grants on its fields."""
    return Dossier.of(
        await info.context.parts.moves.find(
            info.context.account, contract, version, passed=passed, note=note, source=source
        )
    )


@root(
    Role.UNIT_OFFICER,
    Role.OPERATOR,
    description="Phát một khóa của hợp đồng; chỉ hiện một lần (issue a key of the contract, shown this once).",
)
async def issue_key(
    info: Info, contract: strawberry.ID, environment: KeyEnvironment, days: int = 90, *, expired: bool = False
) -> NewKey | None:
    """Issue a key that is valid for `days`, or, for a technical test, a sandbox key that has expired already."""
    if not 1 <= days <= _LONGEST_DAYS:
        raise InputError(f"`days` is between 1 and {_LONGEST_DAYS}")
    serves = cast("Environment", environment.value)
    key = await info.context.parts.keys.issue(info.context.account, contract, serves, days=days, expired=expired)
    return NewKey(id=strawberry.ID(key.key_id), environment=environment, authorization=key.authorization)


@root(Role.UNIT_OFFICER, Role.OPERATOR, description="Thu hồi một khóa của hợp đồng (revoke a key of the contract).")
async def revoke_key(info: Info, contract: strawberry.ID, key: strawberry.ID) -> bool | None:
    """Revoke a key; every worker refuses it within a second."""
    await info.context.parts.keys.revoke(info.context.account, contract, key)
    return True
