"""The connection request as it is given: everything may be left out while it is a draft."""

from __future__ import annotations

from datetime import date
from typing import Any

import strawberry
from strawberry.utils.str_converters import to_camel_case

from auth.process.request import ConnectionRequest as Request
from auth.process.request import FieldRequest, Inspection, Officer, PurposeRequest, parse_request

__all__ = ["ConnectionRequestInput", "path_in_schema", "read_request"]


@strawberry.input(description="Cán bộ phụ trách kết nối, chia sẻ, khai thác (officer in charge).")
class OfficerInput:
    """An officer in charge."""

    name: str = strawberry.field(default="", description="Họ tên (name)")
    position: str = strawberry.field(default="", description="Chức vụ (position)")
    phone: str = strawberry.field(default="", description="Điện thoại (phone)")
    email: str = strawberry.field(default="", description="Thư điện tử (e-mail)")


@strawberry.input(description="Mục đích khai thác (purpose).")
class PurposeRequestInput:
    """A purpose."""

    code: str = strawberry.field(default="", description="Mã mục đích (code)")
    text: str = strawberry.field(default="", description="Nội dung (text)")
    procedure_code: str = strawberry.field(default="", description="Mã thủ tục hành chính (administrative procedure)")
    legal_basis: str = strawberry.field(default="", description="Căn cứ pháp lý (legal basis)")


@strawberry.input(description="Một trường xin cho một mục đích (one field for one purpose).")
class FieldRequestInput:
    """A field for a purpose."""

    field: str = strawberry.field(default="", description="Trường, dạng Kiểu.tên (coordinate, Type.name)")
    purpose: str = strawberry.field(default="", description="Mã mục đích (code of the purpose)")
    justification: str = strawberry.field(default="", description="Giải trình vì sao cần (why the purpose needs it)")
    read: bool = strawberry.field(default=True, description="Đọc (read)")
    filter: bool = strawberry.field(default=False, description="Dùng để tra cứu, lọc (use in arguments)")
    protected: bool = strawberry.field(default=False, description="Cả với người được bảo vệ (of protected persons too)")


@strawberry.input(description="Lần kiểm tra an toàn hệ thống (inspection of security).")
class InspectionInput:
    """An inspection."""

    body: str = strawberry.field(default="", description="Đơn vị kiểm tra (inspecting body)")
    on: date | None = strawberry.field(default=None, description="Ngày (day)")
    result: str = strawberry.field(default="", description="Kết quả (result)")


@strawberry.input(description="Giới hạn phạm vi bản ghi (row scope).")
class RowScopeInput:
    """A row scope with its values."""

    name: str = strawberry.field(description="Tên: province, residence (name)")
    values: list[str] = strawberry.field(description="Các giá trị (values)")


@strawberry.input(description="Hạn mức (limit).")
class LimitInput:
    """A limit with its value."""

    name: str = strawberry.field(description="Tên hạn mức (name)")
    value: int = strawberry.field(description="Giá trị (value)")


@strawberry.input(description="Đề nghị kết nối, theo Thông tư 46/2022/TT-BCA (connection request).")
class ConnectionRequestInput:
    """A connection request."""

    title: str = strawberry.field(default="", description="Tên hồ sơ (title)")
    unit_code: str = strawberry.field(default="", description="Mã đơn vị đăng ký (code of the unit)")
    unit_name: str = strawberry.field(default="", description="Tên đơn vị đăng ký (name of the unit)")
    mandate: str = strawberry.field(default="", description="Chức năng, nhiệm vụ, quyền hạn được giao (mandate)")
    system_name: str = strawberry.field(default="", description="Tên hệ thống đề nghị kết nối (name of the system)")
    system_kind: str = strawberry.field(default="", description="Loại hệ thống (kind of the system)")
    officers: list[OfficerInput] = strawberry.field(default_factory=list, description="Cán bộ phụ trách (officers)")
    purposes: list[PurposeRequestInput] = strawberry.field(default_factory=list, description="Mục đích (purposes)")
    fields: list[FieldRequestInput] = strawberry.field(default_factory=list, description="Các trường đề nghị (fields)")
    services: list[str] = strawberry.field(default_factory=list, description="Dịch vụ đăng ký sử dụng (services)")
    row_scope: list[RowScopeInput] = strawberry.field(default_factory=list, description="Phạm vi bản ghi (row scope)")
    technical_description: str = strawberry.field(default="", description="Mô tả kỹ thuật (technical description)")
    reciprocal_sharing: str = strawberry.field(
        default="", description="Thông tin chia sẻ ngược, Điều 4 (data shared back)"
    )
    security_level: int | None = strawberry.field(
        default=None, description="Cấp độ an toàn hệ thống (security level, 1 to 5)"
    )
    inspections: list[InspectionInput] = strawberry.field(
        default_factory=list, description="Các lần kiểm tra an toàn (inspections)"
    )
    valid_from: date | None = strawberry.field(default=None, description="Ngày bắt đầu (first day)")
    valid_to: date | None = strawberry.field(default=None, description="Ngày kết thúc (last day)")
    limits: list[LimitInput] = strawberry.field(
        default_factory=list, description="Hạn mức khác mặc định (limits other than the defaults)"
    )
    unpermitted: str = strawberry.field(
        default="hide", description="Trường không được phép: hide hoặc null (unpermitted fields)"
    )
    documents: list[str] = strawberry.field(default_factory=list, description="Các truy vấn đã lưu (stored documents)")
    allow_list_only: bool = strawberry.field(
        default=False, description="Chỉ chạy truy vấn đã lưu (stored documents only)"
    )


def read_request(given: ConnectionRequestInput) -> Request:
    """The request of an input. Raises `RequestShapeError` that names each fault with its path."""
    parts: dict[str, Any] = dict(strawberry.asdict(given))
    for name, value in (("row_scope", "values"), ("limits", "value")):
        parts[name] = {pair["name"]: pair[value] for pair in parts[name]}
    return parse_request(parts)


_NAMES = {
    name: to_camel_case(name)
    for part in (Request, Officer, PurposeRequest, FieldRequest, Inspection)
    for name in part.model_fields
}


def path_in_schema(path: str) -> str:
    """The path of a part of a request (`officers.0.email`) by the names that the parts have in the schema."""
    return ".".join(_NAMES.get(step, step) for step in path.split("."))
