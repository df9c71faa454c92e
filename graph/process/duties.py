"""Cases, notices and concealments as accounts are answered."""

from __future__ import annotations

from datetime import datetime

import strawberry

from auth import notices
from auth.process import case as process
from auth.process import concealment
from graph.duties import CaseKindName, CaseStateName, ChannelName, SeverityName

__all__ = ["Concealment", "HandledCase", "Notice"]


@strawberry.type(name="CaseEntry", description="Một lời trao đổi hoặc bước xử lý (message or step of a case).")
class HandledEntry:
    """An entry of a case's thread."""

    at: datetime = strawberry.field(description="Lúc nào (when)")
    actor: str = strawberry.field(description="Ai (who)")
    party: str = strawberry.field(description="Bên: CLIENT, AGENCY, OWNER (which side)")
    act: str = strawberry.field(description="Việc (act)")
    state: CaseStateName = strawberry.field(description="Trạng thái sau đó (state after it)")
    message: str | None = strawberry.field(description="Nội dung (words)")


@strawberry.type(name="CaseDocument", description="Tài liệu của hồ sơ (document of a case).")
class HandledDocument:
    """A document of a case."""

    id: strawberry.ID = strawberry.field(description="Mã (id)")
    name: str | None = strawberry.field(description="Tên tệp (file name)")
    media_type: str = strawberry.field(description="Loại tệp (media type)")
    size: int = strawberry.field(description="Số byte (bytes)")
    sha256: str = strawberry.field(description="SHA-256, hex")


@strawberry.type(name="CaseContent", description="Nội dung, chỉ dành cho người xử lý (words, for who handles it).")
class HandledContent:
    """The words of a case."""

    line: str | None = strawberry.field(description="Tiêu đề yêu cầu hỗ trợ (line of a call for help)")
    problem: str | None = strawberry.field(description="Sai ở đâu (what is wrong)")
    evidence: str | None = strawberry.field(description="Căn cứ (evidence)")
    value: str | None = strawberry.field(description="Giá trị đề xuất (proposed value)")
    basis: str | None = strawberry.field(description="Cơ sở của đề xuất (what it rests on)")


@strawberry.type(name="Case", description="Báo lỗi, chia sẻ ngược hoặc yêu cầu hỗ trợ (case).")
class HandledCase:
    """A case as far as the account may see it."""

    id: strawberry.ID = strawberry.field(description="Mã hồ sơ (id)")
    kind: CaseKindName = strawberry.field(description="Loại (kind)")
    state: CaseStateName = strawberry.field(description="Trạng thái (state)")
    contract: strawberry.ID = strawberry.field(description="Hợp đồng (contract)")
    version: int = strawberry.field(description="Phiên bản (version)")
    unit: strawberry.ID = strawberry.field(description="Đơn vị (unit)")
    purpose: str | None = strawberry.field(description="Mục đích (purpose)")
    field: str | None = strawberry.field(description="Trường: Kiểu.trường (field coordinate)")
    source: str | None = strawberry.field(description="Cơ sở dữ liệu (database)")
    channel: ChannelName | None = strawberry.field(description="Kênh (channel)")
    severity: SeverityName | None = strawberry.field(description="Mức độ (severity)")
    opened_at: datetime = strawberry.field(description="Lúc mở (opened)")
    subject: str | None = strawberry.field(description="Số định danh, chỉ cho người xử lý (the citizen's number)")
    content: HandledContent = strawberry.field(description="Nội dung (words)")
    entries: list[HandledEntry] = strawberry.field(description="Trao đổi, cũ trước (thread, oldest first)")
    documents: list[HandledDocument] = strawberry.field(description="Tài liệu (documents)")

    @classmethod
    def of(cls, given: process.Case) -> HandledCase:
        """A case, as it is answered."""
        words = given.content
        return cls(
            id=strawberry.ID(given.case_id),
            kind=CaseKindName(given.kind.value),
            state=CaseStateName(given.state.value),
            contract=strawberry.ID(given.contract_id),
            version=given.version,
            unit=strawberry.ID(given.client_id),
            purpose=given.purpose or None,
            field=given.coordinate,
            source=given.source,
            channel=None if given.channel is None else ChannelName(given.channel.value),
            severity=None if given.severity is None else SeverityName(given.severity.value),
            opened_at=given.opened_at,
            subject=given.subject,
            content=HandledContent(
                line=words.get("line"),
                problem=words.get("problem"),
                evidence=words.get("evidence"),
                value=words.get("value"),
                basis=words.get("basis"),
            ),
            entries=[_entry(entry) for entry in given.entries],
            documents=[
                HandledDocument(
                    id=strawberry.ID(str(one.attachment_id)),
                    name=one.name,
                    media_type=one.media_type,
                    size=one.size,
                    sha256=one.sha256,
                )
                for one in given.attachments
            ],
        )


def _entry(given: process.CaseEntry) -> HandledEntry:
    return HandledEntry(
        at=given.made_at,
        actor=given.actor,
        party=given.party,
        act=given.act,
        state=CaseStateName(given.to_state),
        message=given.message,
    )


@strawberry.type(description="Thông báo gửi các đơn vị (notice to the units).")
class Notice:
    """A notice."""

    id: strawberry.ID = strawberry.field(description="Mã (id)")
    kind: str = strawberry.field(description="MAINTENANCE hoặc SUSPENSION (or)")
    starts_at: datetime = strawberry.field(description="Từ (from)")
    ends_at: datetime | None = strawberry.field(description="Đến (until)")
    contracts: list[strawberry.ID] | None = strawberry.field(description="Gửi ai; null: mọi đơn vị (to whom)")
    text: str = strawberry.field(description="Nội dung (in Vietnamese)")
    text_en: str = strawberry.field(description="Nội dung tiếng Anh (in English)")
    force_majeure: str | None = strawberry.field(description="Lý do bất khả kháng (force majeure)")
    published_at: datetime | None = strawberry.field(description="Công bố lúc (published)")
    actor: str | None = strawberry.field(description="Ai công bố (by whom)")
    withdrawn_at: datetime | None = strawberry.field(description="Rút lại lúc (withdrawn)")
    withdrawal: str | None = strawberry.field(description="Vì sao rút lại (why withdrawn)")

    @classmethod
    def of(cls, given: notices.Notice) -> Notice:
        """A notice, as it is answered."""
        return cls(
            id=strawberry.ID(str(given.notice_id)),
            kind=given.kind,
            starts_at=given.starts_at,
            ends_at=given.ends_at,
            contracts=None if given.contracts is None else [strawberry.ID(one) for one in given.contracts],
            text=given.text_vi,
            text_en=given.text_en,
            force_majeure=given.force_majeure,
            published_at=given.published_at,
            actor=given.actor,
            withdrawn_at=given.withdrawn_at,
            withdrawal=given.withdrawal,
        )


@strawberry.type(description="Tạm che lượt đọc trước công dân (concealment of reads).")
class Concealment:
    """A concealment."""

    id: strawberry.ID = strawberry.field(description="Mã (id)")
    contract: strawberry.ID = strawberry.field(description="Hợp đồng (contract)")
    starts_at: datetime = strawberry.field(description="Từ (from)")
    ends_at: datetime = strawberry.field(description="Đến (until)")
    reason: str = strawberry.field(description="Vì sao (why)")
    actor: str = strawberry.field(description="Ai đặt (by whom)")
    lifted_at: datetime | None = strawberry.field(description="Gỡ lúc (lifted)")

    @classmethod
    def of(cls, given: concealment.Concealment) -> Concealment:
        """A concealment, as it is answered."""
        return cls(
            id=strawberry.ID(str(given.concealment_id)),
            contract=strawberry.ID(given.contract_id),
            starts_at=given.starts_at,
            ends_at=given.ends_at,
            reason=given.reason,
            actor=given.actor,
            lifted_at=given.lifted_at,
        )
