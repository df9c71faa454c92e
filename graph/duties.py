"""Duties and rights: what a client reports, shares back and asks, and what a citizen may see of the audit.

Each field of these two types is a service of its own: a contract that names it among its `services` has it, and for any
other it does not exist, in `null` mode neither. They read and write the process, never a source.
"""

from __future__ import annotations

from enum import Enum

import strawberry

from graph.fields import duty, extends
from graph.roots import PageInfo
from graph.scalars import PersonalId

__all__ = ["DutyQuery", "Mutation"]


@strawberry.enum(name="CaseKind", description="Loại hồ sơ (kind of case)")
class CaseKindName(Enum):
    """What a case is about."""

    DATA_ERROR = strawberry.enum_value("DATA_ERROR", description="Báo lỗi dữ liệu (error found in data)")
    SHARED_DATA = strawberry.enum_value("SHARED_DATA", description="Chia sẻ ngược, Điều 4 (data shared back)")
    SUPPORT = strawberry.enum_value("SUPPORT", description="Yêu cầu hỗ trợ (call for help)")


@strawberry.enum(name="CaseState", description="Trạng thái hồ sơ (state of a case)")
class CaseStateName(Enum):
    """Where a case stands."""

    OPEN = strawberry.enum_value("OPEN", description="Đã gửi (open)")
    IN_PROGRESS = strawberry.enum_value("IN_PROGRESS", description="Đang xử lý (in progress)")
    CORRECTED = strawberry.enum_value("CORRECTED", description="Đã sửa ở nguồn (corrected at the source)")
    REJECTED = strawberry.enum_value("REJECTED", description="Không chấp nhận, có lý do (rejected with a reason)")
    PROPOSED = strawberry.enum_value("PROPOSED", description="Đã đề xuất (proposed)")
    CHECKING = strawberry.enum_value("CHECKING", description="Đang kiểm tra (being checked)")
    ACCEPTED = strawberry.enum_value("ACCEPTED", description="Được chấp nhận (accepted)")
    ANSWERED = strawberry.enum_value("ANSWERED", description="Đã trả lời (answered)")
    CLOSED = strawberry.enum_value("CLOSED", description="Đã đóng (closed)")


@strawberry.enum(name="SupportChannel", description="Kênh hỗ trợ (channel of support)")
class ChannelName(Enum):
    """How a client asks for help, and wants to be answered."""

    EMAIL = strawberry.enum_value("EMAIL", description="Thư điện tử (e-mail)")
    PHONE = strawberry.enum_value("PHONE", description="Điện thoại (phone)")
    IN_PERSON = strawberry.enum_value("IN_PERSON", description="Trực tiếp (in person)")
    IN_WRITING = strawberry.enum_value("IN_WRITING", description="Văn bản (in writing)")
    CONSOLE = strawberry.enum_value("CONSOLE", description="Trên cổng (here)")


@strawberry.enum(name="Severity", description="Mức độ (severity)")
class SeverityName(Enum):
    """How badly help is needed."""

    LOW = strawberry.enum_value("LOW", description="Thấp (low)")
    NORMAL = strawberry.enum_value("NORMAL", description="Thường (normal)")
    HIGH = strawberry.enum_value("HIGH", description="Cao (high)")
    CRITICAL = strawberry.enum_value("CRITICAL", description="Nghiêm trọng (critical)")


@strawberry.input(description="Tài liệu chứng minh: PDF, PNG, JPEG, DOCX, ODT (a document that proves it).")
class DocumentInput:
    """A document; a request's size bounds it."""

    name: str = strawberry.field(description="Tên tệp (file name)")
    content: str = strawberry.field(description="Nội dung, base64 (content in base64)")


@strawberry.type(description="Một lời trao đổi hoặc bước xử lý (message or step of a case).")
class CaseEntry:
    """An entry of a case's thread."""

    at: str = strawberry.field(description="Lúc, ISO 8601 (when)")
    party: str = strawberry.field(description="Bên: CLIENT, AGENCY, OWNER (which side)")
    act: str = strawberry.field(description="Việc (act)")
    state: CaseStateName = strawberry.field(description="Trạng thái sau đó (state after it)")
    message: str | None = strawberry.field(description="Nội dung (words)")


@strawberry.type(description="Hồ sơ của chính hợp đồng này (a case of this contract).")
class Case:
    """A case with its thread."""

    id: str = strawberry.field(description="Mã hồ sơ (id)")
    kind: CaseKindName = strawberry.field(description="Loại (kind)")
    state: CaseStateName = strawberry.field(description="Trạng thái (state)")
    opened_at: str = strawberry.field(description="Lúc gửi, ISO 8601 (opened)")
    field: str | None = strawberry.field(description="Trường: Kiểu.trường (field coordinate)")
    source: str | None = strawberry.field(description="Cơ sở dữ liệu (database)")
    subject: str | None = strawberry.field(description="Số định danh của công dân (the citizen's number)")
    problem: str | None = strawberry.field(description="Sai ở đâu (what is wrong)")
    evidence: str | None = strawberry.field(description="Căn cứ (evidence)")
    value: str | None = strawberry.field(description="Giá trị đề xuất (proposed value)")
    basis: str | None = strawberry.field(description="Cơ sở của đề xuất (what it rests on)")
    subject_line: str | None = strawberry.field(description="Tiêu đề yêu cầu hỗ trợ (line of a call for help)")
    channel: ChannelName | None = strawberry.field(description="Kênh (channel)")
    severity: SeverityName | None = strawberry.field(description="Mức độ (severity)")
    documents: list[str] = strawberry.field(description="Tên tài liệu đã gửi (names of the documents)")
    entries: list[CaseEntry] = strawberry.field(description="Trao đổi, cũ trước (thread, oldest first)")


@strawberry.type(description="Trang hồ sơ, mới trước (page of cases, latest first).")
class CasePage:
    """A page of cases."""

    cases: list[Case] = strawberry.field(description="Các hồ sơ (cases)")
    page_info: PageInfo = strawberry.field(description="Thông tin trang (page information)")


@strawberry.type(description="Một lượt đọc dữ liệu của tôi (a read of my data).")
class DataRead:
    """Who read a citizen's data, when, for what, and which fields; never the values."""

    at: str = strawberry.field(description="Lúc đọc, ISO 8601 (when)")
    client: str | None = strawberry.field(description="Mã đơn vị (client)")
    client_name: str | None = strawberry.field(description="Tên đơn vị (client's name)")
    contract: str | None = strawberry.field(description="Mã hợp đồng (contract)")
    purpose: str | None = strawberry.field(description="Mã mục đích (purpose)")
    purpose_text: str | None = strawberry.field(description="Mục đích (purpose in words)")
    legal_basis: str | None = strawberry.field(description="Căn cứ pháp lý (legal basis)")
    services: list[str] = strawberry.field(description="Dịch vụ đã gọi (services that were called)")
    fields: list[str] = strawberry.field(description="Tên các trường đã hỏi và được phép (fields that were permitted)")


@strawberry.type(description="Trang các lượt đọc, mới trước (page of reads, latest first).")
class DataReadPage:
    """A page of reads."""

    reads: list[DataRead] = strawberry.field(description="Các lượt đọc (reads)")
    page_info: PageInfo = strawberry.field(description="Thông tin trang (page information)")


@extends("Query")
class DutyQuery:
    """What a client asks of its cases, and a citizen of the audit."""

    @duty(description="Các hồ sơ của hợp đồng này, mới trước (this contract's cases, latest first).")
    def cases(self, first: int = 20, after: str | None = None) -> CasePage | None:
        """A page of cases."""

    @duty(description="Một hồ sơ của hợp đồng này (a case of this contract).")
    def case(self, id: str) -> Case | None:  # noqa: A002 - the argument's name in GraphQL
        """A case."""

    @duty(
        own=True,
        description="Ai đã đọc dữ liệu của công dân mà token nêu: chính người đang đăng nhập ở cổng công dân "
        "(who read the data of the citizen whom the access token names).",
    )
    def data_reads(self, first: int = 20, after: str | None = None) -> DataReadPage | None:
        """A page of reads."""


@strawberry.type(description="Nghĩa vụ và quyền của đơn vị khai thác (duties and rights of a client).")
class Mutation:
    """What a client reports, shares back and asks. Nothing of it changes a source."""

    @duty(
        subject="personalId", coordinate="field", description="Báo lỗi trong dữ liệu đã nhận (report an error in data)."
    )
    def report_data_error(
        self,
        personal_id: PersonalId,
        field: str,
        problem: str,
        evidence: str | None = None,
        document: DocumentInput | None = None,
        reference: str | None = None,
    ) -> Case | None:
        """Report an error."""

    @duty(
        subject="personalId",
        coordinate="field",
        description="Chia sẻ ngược cho cơ sở dữ liệu dân cư, Điều 4: chỉ là đề xuất, cơ quan quản lý kiểm tra "
        "(propose data to the population database; the agency checks it).",
    )
    def propose_data(
        self,
        personal_id: PersonalId,
        field: str,
        value: str,
        basis: str,
        document: DocumentInput | None = None,
        reference: str | None = None,
    ) -> Case | None:
        """Propose data."""

    @duty(description="Yêu cầu hỗ trợ; mức độ mặc định NORMAL (ask for help).")
    def request_support(
        self,
        subject: str,
        text: str,
        channel: ChannelName,
        severity: SeverityName | None = None,
        reference: str | None = None,
    ) -> Case | None:
        """Ask for help."""

    @duty(description="Trao đổi thêm trong một hồ sơ (add a message to a case).")
    def reply_to_case(self, id: str, text: str) -> Case | None:  # noqa: A002 - the argument's name in GraphQL
        """Add a message."""
