"""The civil status database: records of birth, marriage and death."""

from __future__ import annotations

from enum import Enum

import strawberry

from graph.codecs import codes
from graph.enums import named
from graph.fields import CitizenRef, entity, extends, linked, stored
from graph.scalars import Date, PersonalId

SOURCE = "civil_status"


@strawberry.enum(description="Tình trạng đăng ký kết hôn (state of a marriage record)")
class MarriageStatus(Enum):
    """States of a marriage record."""

    IN_FORCE = strawberry.enum_value("HIEU_LUC", description="Đang có hiệu lực")
    DISSOLVED = strawberry.enum_value("LY_HON", description="Đã ly hôn")


@entity(source=SOURCE, table="khai_sinh", subject="personalId", description="Đăng ký khai sinh (birth record).")
class BirthRecord:
    """A birth record."""

    number: str | None = stored("so", description="Số (number)")
    book: str | None = stored("quyenSo", description="Quyển số (book)")
    registered_on: Date | None = stored("ngayDangKy", description="Ngày đăng ký (date)")
    commune_code: str | None = stored("noiDangKy.maXa", description="Mã xã nơi đăng ký (commune)")
    father_personal_id: PersonalId | None = stored(
        "cha.personalId", third_party=True, description="Số định danh của cha"
    )
    mother_personal_id: PersonalId | None = stored("me.personalId", third_party=True, description="Số định danh của mẹ")
    father: CitizenRef | None = linked("cha.personalId", "personal_id", third_party=True, description="Cha (father)")
    mother: CitizenRef | None = linked("me.personalId", "personal_id", third_party=True, description="Mẹ (mother)")


@entity(source=SOURCE, table="ket_hon", subject="haiBen", description="Đăng ký kết hôn (marriage record).")
class MarriageRecord:
    """A marriage record; it belongs to both spouses."""

    number: str | None = stored("so", description="Số (number)")
    book: str | None = stored("quyenSo", description="Quyển số (book)")
    registered_on: Date | None = stored("ngayDangKy", description="Ngày đăng ký (date)")
    commune_code: str | None = stored("noiDangKy.maXa", description="Mã xã nơi đăng ký (commune)")
    status: MarriageStatus | None = stored("trangThai", codec=codes(named(MarriageStatus)), description="Tình trạng")
    husband_personal_id: PersonalId | None = stored(
        "chong.personalId", third_party=True, description="Số định danh của chồng"
    )
    wife_personal_id: PersonalId | None = stored("vo.personalId", third_party=True, description="Số định danh của vợ")
    husband: CitizenRef | None = linked("chong.personalId", "personal_id", third_party=True, description="Chồng")
    wife: CitizenRef | None = linked("vo.personalId", "personal_id", third_party=True, description="Vợ")


@entity(source=SOURCE, table="khai_tu", subject="personalId", description="Đăng ký khai tử (death record).")
class DeathRecord:
    """A death record."""

    number: str | None = stored("so", description="Số (number)")
    book: str | None = stored("quyenSo", description="Quyển số (book)")
    registered_on: Date | None = stored("ngayDangKy", description="Ngày đăng ký (date)")
    commune_code: str | None = stored("noiDangKy.maXa", description="Mã xã nơi đăng ký (commune)")
    died_on: Date | None = stored("ngayChet", description="Ngày chết (date of death)")
    cause: str | None = stored("nguyenNhan", sensitive=True, description="Nguyên nhân (cause)")
    place: str | None = stored("noiChet", description="Nơi chết (place)")


@extends("Citizen", source=SOURCE)
class CitizenCivilStatus:
    """Civil status' part of a citizen."""

    birth_record: BirthRecord | None = linked("personal_id", "personalId", description="Đăng ký khai sinh")
    marriage_records: list[MarriageRecord] | None = linked(
        "personal_id", "haiBen", description="Đăng ký kết hôn (marriage records)"
    )
    death_record: DeathRecord | None = linked("personal_id", "personalId", description="Đăng ký khai tử")
