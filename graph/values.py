"""Objects that live inside a row: names, addresses, coded values. Their elements are relative to a prefix."""

from __future__ import annotations

from graph.fields import embedded, stored, value
from graph.homes import CODE_LIST
from graph.scalars import Date

__all__ = ["AbsenceStatus", "Address", "AdministrativeUnit", "CodedValue", "Contact", "PersonName"]


@value(description="Họ, chữ đệm và tên (a person's name in its three parts, family name first).")
class PersonName:
    """A name in its three parts (QCVN 109:2017/BTTTT, element HoVaTen)."""

    family_name: str | None = stored("family_name", description="Họ (family name)")
    middle_name: str | None = stored("middle_name", description="Chữ đệm (middle name); có thể không có")
    given_name: str | None = stored("given_name", description="Tên (given name)")
    full: str | None = stored("full_name", description="Họ, chữ đệm và tên viết liền (the whole name)")


@value(description="Đơn vị hành chính (administrative unit).")
class AdministrativeUnit:
    """An administrative unit by its national code."""

    code: str | None = stored("code", description="Mã đơn vị hành chính (code)")
    name: str | None = stored(
        "name", description="Tên đơn vị hành chính (name)", reference=("administrative_unit", "code", "code")
    )


@value(description="Địa chỉ theo đơn vị hành chính (address by administrative unit).")
class Address:
    """An address; the district is null since the district tier ended in July 2025."""

    country_code: str | None = stored("country_code", description="Mã quốc gia ISO 3166-1 alpha-2 (country)")
    province: AdministrativeUnit | None = embedded(
        "province_", present="code", description="Tỉnh, thành phố trực thuộc trung ương (province)"
    )
    district: AdministrativeUnit | None = embedded(
        "district_", present="code", description="Quận, huyện - chỉ có ở địa chỉ cũ trước 7/2025 (district)"
    )
    commune: AdministrativeUnit | None = embedded(
        "commune_", present="code", description="Xã, phường, đặc khu (commune)"
    )
    detail: str | None = stored("detail", description="Số nhà, đường, thôn, tổ dân phố (street, hamlet)")


@value(description="Giá trị theo danh mục (a value of a national code list).")
class CodedValue:
    """A code with its name from the national list."""

    code: str | None = stored("code", description="Mã (code)")
    name: str | None = stored("name", description="Tên (name)", reference=(CODE_LIST, "code", "code"))


@value(description="Thông tin liên hệ (contact).")
class Contact:
    """Mobile number and electronic mail address (item 25)."""

    mobile: str | None = stored("mobile", description="Số thuê bao di động (mobile number)")
    email: str | None = stored("email", description="Địa chỉ thư điện tử (e-mail)")


@value(description="Tình trạng khai báo tạm vắng (declared temporary absence).")
class AbsenceStatus:
    """A declared temporary absence (item 19)."""

    starts_on: Date | None = stored("from", description="Từ ngày (first day)")
    ends_on: Date | None = stored("until", description="Đến ngày (last day)")
    reason: str | None = stored("reason", description="Lý do (reason)")
