"""The connection request as it is answered; `auth.process.request` says what the parts mean."""

from __future__ import annotations

from datetime import date

import strawberry

from auth.process.request import ConnectionRequest as Request

__all__ = ["ConnectionRequest", "show_request"]


@strawberry.type(description="Cán bộ phụ trách kết nối, chia sẻ, khai thác (officer in charge).")
class Officer:
    """An officer in charge."""

    name: str = strawberry.field(description="Họ tên (name)")
    position: str = strawberry.field(description="Chức vụ (position)")
    phone: str = strawberry.field(description="Điện thoại (phone)")
    email: str = strawberry.field(description="Thư điện tử (e-mail)")


@strawberry.type(description="Mục đích khai thác (purpose).")
class PurposeRequest:
    """A purpose."""

    code: str = strawberry.field(description="Mã mục đích (code)")
    text: str = strawberry.field(description="Nội dung (text)")
    procedure_code: str = strawberry.field(description="Mã thủ tục hành chính (administrative procedure)")
    legal_basis: str = strawberry.field(description="Căn cứ pháp lý (legal basis)")


@strawberry.type(description="Một trường xin cho một mục đích (one field for one purpose).")
class FieldRequest:
    """A field for a purpose."""

    field: str = strawberry.field(description="Trường, dạng Kiểu.tên (coordinate, Type.name)")
    purpose: str = strawberry.field(description="Mã mục đích (code of the purpose)")
    justification: str = strawberry.field(description="Giải trình vì sao cần (why the purpose needs it)")
    read: bool = strawberry.field(description="Đọc (read)")
    filter: bool = strawberry.field(description="Dùng để tra cứu, lọc (use in arguments)")
    protected: bool = strawberry.field(description="Cả với người được bảo vệ (of protected persons too)")


@strawberry.type(description="Lần kiểm tra an toàn hệ thống (inspection of security).")
class Inspection:
    """An inspection."""

    body: str = strawberry.field(description="Đơn vị kiểm tra (inspecting body)")
    on: date | None = strawberry.field(description="Ngày (day)")
    result: str = strawberry.field(description="Kết quả (result)")


@strawberry.type(description="Giới hạn phạm vi bản ghi (row scope).")
class RowScope:
    """A row scope with its values."""

    name: str = strawberry.field(description="Tên: province, residence (name)")
    values: list[str] = strawberry.field(description="Các giá trị (values)")


@strawberry.type(description="Hạn mức (limit).")
class Limit:
    """A limit with its value."""

    name: str = strawberry.field(description="Tên hạn mức (name)")
    value: int = strawberry.field(description="Giá trị (value)")


@strawberry.type(description="Đề nghị kết nối, theo Thông tư 46/2022/TT-BCA (connection request).")
class ConnectionRequest:
    """A connection request."""

    title: str = strawberry.field(description="Tên hồ sơ (title)")
    unit_code: str = strawberry.field(description="Mã đơn vị đăng ký (code of the unit)")
    unit_name: str = strawberry.field(description="Tên đơn vị đăng ký (name of the unit)")
    mandate: str = strawberry.field(description="Chức năng, nhiệm vụ, quyền hạn được giao (mandate)")
    system_name: str = strawberry.field(description="Tên hệ thống đề nghị kết nối (name of the system)")
    system_kind: str = strawberry.field(description="Loại hệ thống (kind of the system)")
    officers: list[Officer] = strawberry.field(description="Cán bộ phụ trách (officers)")
    purposes: list[PurposeRequest] = strawberry.field(description="Mục đích (purposes)")
    fields: list[FieldRequest] = strawberry.field(description="Các trường đề nghị (fields)")
    services: list[str] = strawberry.field(description="Dịch vụ đăng ký sử dụng (services)")
    row_scope: list[RowScope] = strawberry.field(description="Phạm vi bản ghi (row scope)")
    technical_description: str = strawberry.field(description="Mô tả kỹ thuật (technical description)")
    reciprocal_sharing: str = strawberry.field(description="Thông tin chia sẻ ngược, Điều 4 (data shared back)")
    security_level: int | None = strawberry.field(description="Cấp độ an toàn hệ thống (security level, 1 to 5)")
    inspections: list[Inspection] = strawberry.field(description="Các lần kiểm tra an toàn (inspections)")
    valid_from: date | None = strawberry.field(description="Ngày bắt đầu (first day)")
    valid_to: date | None = strawberry.field(description="Ngày kết thúc (last day)")
    limits: list[Limit] = strawberry.field(description="Hạn mức khác mặc định (limits other than the defaults)")
    unpermitted: str = strawberry.field(description="Trường không được phép: hide hoặc null (unpermitted fields)")
    documents: list[str] = strawberry.field(description="Các truy vấn đã lưu (stored documents)")
    allow_list_only: bool = strawberry.field(description="Chỉ chạy truy vấn đã lưu (stored documents only)")


def show_request(request: Request) -> ConnectionRequest:
    """A request as it is answered."""
    parts = {name: getattr(request, name) for name in Request.model_fields}
    return ConnectionRequest(
        **parts
        | {
            "officers": [Officer(**officer.model_dump()) for officer in request.officers],
            "purposes": [PurposeRequest(**purpose.model_dump()) for purpose in request.purposes],
            "fields": [FieldRequest(**field.model_dump()) for field in request.fields],
            "inspections": [Inspection(**inspection.model_dump()) for inspection in request.inspections],
            "row_scope": [RowScope(name=name, values=list(values)) for name, values in request.row_scope.items()],
            "limits": [Limit(name=name, value=value) for name, value in request.limits.items()],
            "services": list(request.services),
            "documents": list(request.documents),
        }
    )
