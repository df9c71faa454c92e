"""What a request must hold before it is handed in: everything that is missing is named at once."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict

from auth.process.request import ConnectionRequest

__all__ = ["MINIMUM_SECURITY_LEVEL", "Missing", "missing"]

MINIMUM_SECURITY_LEVEL = 3
"""Level of the requesting system's security that a connection needs (the circular; levels of Decree 85/2016)."""


class Missing(BaseModel):
    """Something that a step needs and that is not there: where, and what, for people."""

    model_config = ConfigDict(frozen=True)

    path: str
    vi: str
    en: str


_TEXTS = (
    ("title", "Tên hồ sơ", "title of the request"),
    ("unit_code", "Mã đơn vị đăng ký", "code of the registering unit"),
    ("unit_name", "Tên đơn vị đăng ký", "name of the registering unit"),
    ("mandate", "Chức năng, nhiệm vụ, quyền hạn được giao", "mandate of the unit"),
    ("system_name", "Tên hệ thống thông tin, cơ sở dữ liệu đề nghị kết nối", "name of the system"),
    ("system_kind", "Loại hệ thống", "kind of the system"),
    ("technical_description", "Tài liệu mô tả kỹ thuật thành phần hệ thống", "technical description"),
    ("reciprocal_sharing", "Thông tin chia sẻ ngược (Điều 4)", "data shared back (Article 4)"),
)


_OFFICER = (("name", "họ tên"), ("position", "chức vụ"), ("phone", "điện thoại"), ("email", "thư điện tử"))


def missing(request: ConnectionRequest) -> list[Missing]:
    """All that a submission lacks; empty when it is complete."""
    return list(_missing(request))


def _missing(request: ConnectionRequest) -> Iterator[Missing]:
    for path, vi, en in _TEXTS:
        if not getattr(request, path):
            yield Missing(path=path, vi=f"{vi} còn thiếu", en=f"{en} is missing")
    yield from _missing_people(request)
    yield from _missing_purposes(request)
    if not request.services:
        yield Missing(path="services", vi="Chưa chọn dịch vụ đăng ký sử dụng", en="no service is chosen")
    yield from _missing_fields(request)
    yield from _missing_security(request)
    yield from _missing_dates(request)


def _missing_people(request: ConnectionRequest) -> Iterator[Missing]:
    if not request.officers:
        yield Missing(path="officers", vi="Chưa có cán bộ phụ trách", en="no officer in charge is named")
    for index, officer in enumerate(request.officers):
        for part, vi in _OFFICER:
            if not getattr(officer, part):
                yield Missing(
                    path=f"officers.{index}.{part}",
                    vi=f"Cán bộ thứ {index + 1}: thiếu {vi}",
                    en=f"officer {index + 1}: {part} is missing",
                )


def _missing_purposes(request: ConnectionRequest) -> Iterator[Missing]:
    if not request.purposes:
        yield Missing(path="purposes", vi="Chưa nêu mục đích", en="no purpose is stated")
    for index, purpose in enumerate(request.purposes):
        for part, vi in (("code", "mã"), ("text", "nội dung"), ("legal_basis", "căn cứ pháp lý")):
            if not getattr(purpose, part):
                yield Missing(
                    path=f"purposes.{index}.{part}",
                    vi=f"Mục đích thứ {index + 1}: thiếu {vi}",
                    en=f"purpose {index + 1}: {part} is missing",
                )
    codes = [purpose.code for purpose in request.purposes if purpose.code]
    if len(set(codes)) < len(codes):
        yield Missing(path="purposes", vi="Mã mục đích bị trùng", en="two purposes have one code")
    used = {field.purpose for field in request.fields}
    for code in dict.fromkeys(codes):
        if code not in used:
            yield Missing(path="fields", vi=f"Mục đích {code} chưa có trường nào", en=f"purpose {code} has no field")


def _missing_fields(request: ConnectionRequest) -> Iterator[Missing]:
    if not request.fields:
        yield Missing(path="fields", vi="Chưa chọn trường thông tin nào", en="no field is chosen")
    codes = {purpose.code for purpose in request.purposes if purpose.code}
    seen: set[tuple[str, str]] = set()
    for index, field in enumerate(request.fields):
        where, name = f"fields.{index}", field.field or f"#{index + 1}"
        if not field.field:
            yield Missing(path=f"{where}.field", vi="Có dòng chưa chọn trường", en="a row names no field")
        if field.purpose not in codes:
            yield Missing(
                path=f"{where}.purpose", vi=f"{name}: mục đích chưa được nêu", en=f"{name}: its purpose is not stated"
            )
        if not field.justification:
            yield Missing(
                path=f"{where}.justification",
                vi=f"{name}: chưa giải trình vì sao cần",
                en=f"{name}: the justification is missing",
            )
        if (field.field, field.purpose) in seen:
            yield Missing(path=where, vi=f"{name}: nêu hai lần cho một mục đích", en=f"{name}: named twice")
        seen.add((field.field, field.purpose))


def _missing_security(request: ConnectionRequest) -> Iterator[Missing]:
    level = request.security_level
    if level is None or level < MINIMUM_SECURITY_LEVEL:
        yield Missing(
            path="security_level",
            vi=f"Cấp độ an toàn hệ thống thông tin phải từ {MINIMUM_SECURITY_LEVEL}",
            en=f"the system's security level must be {MINIMUM_SECURITY_LEVEL} or higher",
        )
    if not request.inspections:
        yield Missing(path="inspections", vi="Chưa có kết quả kiểm tra an toàn", en="no security inspection is named")
    for index, inspection in enumerate(request.inspections):
        for part in ("body", "on", "result"):
            if not getattr(inspection, part):
                yield Missing(
                    path=f"inspections.{index}.{part}",
                    vi=f"Lần kiểm tra thứ {index + 1} chưa đủ thông tin",
                    en=f"inspection {index + 1}: {part} is missing",
                )


def _missing_dates(request: ConnectionRequest) -> Iterator[Missing]:
    for path, vi, en in (
        ("valid_from", "Ngày bắt đầu", "first day"),
        ("valid_to", "Ngày kết thúc", "last day"),
    ):
        if getattr(request, path) is None:
            yield Missing(path=path, vi=f"{vi} còn thiếu", en=f"{en} is missing")
    if request.valid_from and request.valid_to and request.valid_from > request.valid_to:
        yield Missing(path="valid_to", vi="Ngày kết thúc trước ngày bắt đầu", en="it ends before it begins")
