"""A dossier as it is answered: a contract version with its request, history, findings, documents, keys and moves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from auth.process import dossier as process
from auth.process.completeness import Missing as MissingItem
from auth.process.keys import IssuedKey
from graph.process.context import Context, Prospect
from graph.process.enums import AccountRole, DossierMove, DossierState, KeyEnvironment, words_of
from graph.process.request import ConnectionRequest, show_request
from graph.process.request_input import path_in_schema
from graph.process.review import ConformanceItem, Review

__all__ = ["Attachment", "Dossier", "DossierSummary", "Finding", "Key", "Missing", "PossibleMove", "Step", "Unit"]


@strawberry.type(description="Đơn vị (unit).")
class Unit:
    """A unit."""

    id: strawberry.ID = strawberry.field(description="Mã (id)")
    name: str = strawberry.field(description="Tên (name)")


@strawberry.type(description="Một bước đã đi (step of the history).")
class Step:
    """A step of the history."""

    taken_at: datetime = strawberry.field(description="Lúc nào (when)")
    actor: str = strawberry.field(description="Tài khoản (account)")
    role: AccountRole = strawberry.field(description="Với vai trò (in the role)")
    move: str = strawberry.field(description="Việc gì: submit, take_up, check_security ... (what)")
    from_state: DossierState | None = strawberry.field(description="Từ trạng thái (from)")
    to_state: DossierState = strawberry.field(description="Đến trạng thái (to)")
    reason: str | None = strawberry.field(description="Vì sao (why)")


@strawberry.type(description="Kết luận của cơ quan an ninh, ý kiến của chủ quản (finding).")
class Finding:
    """A finding."""

    kind: AccountRole = strawberry.field(description="Của ai (whose)")
    source: str | None = strawberry.field(description="Cơ sở dữ liệu, khi là của chủ quản (the owner's database)")
    passed: bool = strawberry.field(description="Đạt, đồng ý (agrees)")
    note: str = strawberry.field(description="Nội dung (words)")
    actor: str = strawberry.field(description="Tài khoản (account)")
    made_at: datetime = strawberry.field(description="Lúc nào (when)")
    current: bool = strawberry.field(description="Về đúng nội dung hiện nay (on the request as it stands)")


@strawberry.type(description="Tài liệu kèm theo (attached document).")
class Attachment:
    """An attached document."""

    id: strawberry.ID = strawberry.field(description="Mã (id)")
    name: str = strawberry.field(description="Tên tệp (name)")
    media_type: str = strawberry.field(description="Kiểu nội dung (media type)")
    size: int = strawberry.field(description="Số byte (bytes)")
    sha256: str = strawberry.field(description="SHA-256, hệ mười sáu (in hexadecimal)")
    actor: str = strawberry.field(description="Tài khoản (account)")
    attached_at: datetime = strawberry.field(description="Lúc nào (when)")

    @classmethod
    def of(cls, given: process.Attachment) -> Attachment:
        """An attached document, without its bytes."""
        return cls(
            id=strawberry.ID(str(given.attachment_id)),
            name=given.name,
            media_type=given.media_type,
            size=given.size,
            sha256=given.sha256,
            actor=given.actor,
            attached_at=given.attached_at,
        )


@strawberry.type(description="Điều còn thiếu (something that is missing).")
class Missing:
    """Something that a step needs."""

    path: str = strawberry.field(description="Ở đâu trong đề nghị (where in the request)")
    vi: str = strawberry.field(description="Nói bằng tiếng Việt (in Vietnamese)")
    en: str = strawberry.field(description="Nói bằng tiếng Anh (in English)")

    @classmethod
    def of(cls, given: MissingItem) -> Missing:
        """What is missing, as it is answered."""
        return cls(path=path_in_schema(given.path), vi=given.vi, en=given.en)


@strawberry.type(
    description="Một bước mà vai trò của tài khoản có: đi được hay chưa, vì sao (move of the account's roles)."
)
class PossibleMove:
    """A move of the account's roles."""

    move: DossierMove = strawberry.field(description="Bước (move)")
    words: str = strawberry.field(description="Tên bước (its Vietnamese words)")
    to_state: DossierState = strawberry.field(description="Đến trạng thái (to)")
    needs_reason: bool = strawberry.field(description="Cần lý do bằng chữ (needs a written reason)")
    possible: bool = strawberry.field(description="Đi được ngay bây giờ (possible now)")
    refused: str | None = strawberry.field(description="Vì sao không đi được (why not)")
    missing: list[Missing] = strawberry.field(description="Còn thiếu gì (what is missing)")

    @classmethod
    def of(cls, prospect: Prospect) -> PossibleMove:
        """A prospect, as it is answered."""
        move = DossierMove(prospect.move.name)
        return cls(
            move=move,
            words=words_of(move),
            to_state=DossierState(prospect.move.target.value),
            needs_reason=prospect.move.reasoned,
            possible=prospect.possible,
            refused=prospect.refused,
            missing=[Missing.of(item) for item in prospect.missing],
        )


@strawberry.type(description="Khóa của hợp đồng; bí mật không đọc lại được (key of the contract, without its secret).")
class Key:
    """A key of a contract."""

    id: strawberry.ID = strawberry.field(description="Mã khóa (id)")
    environment: KeyEnvironment = strawberry.field(description="Môi trường (environment)")
    created_at: datetime = strawberry.field(description="Phát lúc (issued)")
    expires_at: datetime = strawberry.field(description="Hết hạn lúc (expires)")
    revoked_at: datetime | None = strawberry.field(description="Thu hồi lúc (revoked)")
    bound: bool = strawberry.field(description="Gắn với một chứng thư (bound to a client certificate)")

    @classmethod
    def of(cls, given: IssuedKey) -> Key:
        """A key that was issued, as it is answered."""
        return cls(
            id=strawberry.ID(given.key_id),
            environment=KeyEnvironment(given.environment),
            created_at=given.created_at,
            expires_at=given.expires_at,
            revoked_at=given.revoked_at,
            bound=given.bound,
        )


@strawberry.interface(description="Một phiên bản hợp đồng (contract version).")
class ContractVersion:
    """What lists show of a contract version, too."""

    contract: strawberry.ID = strawberry.field(description="Mã hợp đồng (contract id)")
    version: int = strawberry.field(description="Phiên bản (version)")
    unit: Unit = strawberry.field(description="Đơn vị (unit)")
    title: str = strawberry.field(description="Tên hồ sơ (title)")
    state: DossierState = strawberry.field(description="Trạng thái (state)")
    since: datetime | None = strawberry.field(description="Ở trạng thái đó từ lúc (in the state since)")
    valid_from: datetime = strawberry.field(description="Có hiệu lực từ (valid from)")
    valid_to: datetime = strawberry.field(description="Đến trước lúc (until before)")


@strawberry.type(description="Một dòng của danh sách hồ sơ (line of the list of dossiers).")
class DossierSummary(ContractVersion):
    """A line of the list."""

    @classmethod
    def of(cls, given: process.Summary) -> DossierSummary:
        """A summary, as it is answered."""
        return cls(**_summary(given))


@strawberry.type(description="Hồ sơ: một phiên bản hợp đồng và mọi điều đã làm, đã nói về nó (dossier).")
class Dossier(ContractVersion):
    """A dossier."""

    previous: int | None = strawberry.field(description="Phiên bản trước (the version before)")
    revision: str = strawberry.field(description="Giá trị băm của đề nghị, gửi kèm khi sửa (digest of the request)")
    request: ConnectionRequest = strawberry.field(description="Đề nghị kết nối (connection request)")
    history: list[Step] = strawberry.field(description="Lịch sử, cũ trước (history, oldest first)")
    findings: list[Finding] = strawberry.field(description="Kết luận và ý kiến, cũ trước (findings, oldest first)")
    attachments: list[Attachment] = strawberry.field(description="Tài liệu kèm theo (attached documents)")
    given: strawberry.Private[process.Dossier]

    async def _moves(self, info: strawberry.Info[Context, None]) -> list[PossibleMove]:
        """The moves of the account's roles, in the order of the process."""
        return [PossibleMove.of(prospect) for prospect in await info.context.prospects(self.given)]

    async def _keys(self, info: strawberry.Info[Context, None]) -> list[Key]:
        """The keys of the contract."""
        return [Key.of(key) for key in await info.context.keys_of(self.given)]

    async def _tests(self, info: strawberry.Info[Context, None]) -> list[ConformanceItem]:
        """The conformance list."""
        return [
            ConformanceItem(
                code=item.code,
                words=item.vi,
                english=item.en,
                hint=item.hint_vi,
                query=item.query,
                done_at=item.done_at,
                trace_id=item.trace_id,
            )
            for item in await info.context.tests_of(self.given)
        ]

    async def _review(self, info: strawberry.Info[Context, None]) -> Review:
        """Help for the review."""
        return await info.context.review_of(self.given)

    tests: list[ConformanceItem] = strawberry.field(
        resolver=_tests, description="Danh mục thử nghiệm, tự đánh dấu từ yêu cầu thật (conformance list)"
    )
    review: Review = strawberry.field(resolver=_review, description="Hỗ trợ thẩm định (review help)")
    moves: list[PossibleMove] = strawberry.field(
        resolver=_moves, description="Các bước mà vai trò của tài khoản có (moves of the account's roles)"
    )
    keys: list[Key] = strawberry.field(
        resolver=_keys, description="Các khóa của hợp đồng, mới trước (keys of the contract, newest first)"
    )

    @classmethod
    def of(cls, given: process.Dossier) -> Dossier:
        """A dossier, as it is answered."""
        return cls(
            **_summary(given.summary),
            previous=given.previous,
            revision=given.request.digest.hex(),
            request=show_request(given.request),
            history=[_step(step) for step in given.steps],
            findings=[_finding(finding) for finding in given.findings],
            attachments=[Attachment.of(attachment) for attachment in given.attachments],
            given=given,
        )


def _summary(given: process.Summary) -> dict[str, Any]:
    return {
        "contract": strawberry.ID(given.contract_id),
        "version": given.version,
        "unit": Unit(id=strawberry.ID(given.client.client_id), name=given.client.name),
        "title": given.title,
        "state": DossierState(given.state.value),
        "since": given.since,
        "valid_from": given.valid_from,
        "valid_to": given.valid_to,
    }


def _step(given: process.Step) -> Step:
    return Step(
        taken_at=given.taken_at,
        actor=given.actor,
        role=AccountRole(given.role),
        move=given.move,
        from_state=None if given.from_state is None else DossierState(given.from_state),
        to_state=DossierState(given.to_state),
        reason=given.reason,
    )


def _finding(given: process.Finding) -> Finding:
    return Finding(
        kind=AccountRole(given.kind),
        source=given.source,
        passed=given.passed,
        note=given.note,
        actor=given.actor,
        made_at=given.made_at,
        current=given.current,
    )
