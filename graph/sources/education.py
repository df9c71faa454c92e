"""The education database: degrees and enrolments."""

from __future__ import annotations

from enum import Enum

import strawberry

from graph.codecs import codes, slash_date
from graph.enums import named
from graph.fields import CitizenRef, entity, extends, linked, lookup, stored
from graph.scalars import Date

SOURCE = "education"


@strawberry.enum(description="Trạng thái học (state of an enrolment)")
class EnrolmentStatus(Enum):
    """States of an enrolment."""

    STUDYING = strawberry.enum_value("DANG_HOC", description="Đang học")
    GRADUATED = strawberry.enum_value("DA_TOT_NGHIEP", description="Đã tốt nghiệp")
    LEFT = strawberry.enum_value("THOI_HOC", description="Thôi học")


@entity(source=SOURCE, table="van_bang", subject="soDinhDanh", description="Văn bằng (degree).")
class Degree:
    """A degree or diploma."""

    number: str | None = stored("soHieu", description="Số hiệu văn bằng (number)")
    register_number: str | None = stored("soVaoSo", description="Số vào sổ (register)")
    title: str | None = stored("tenVanBang", description="Tên văn bằng (title)")
    major: str | None = stored("chuyenNganh", description="Chuyên ngành (major)")
    classification: str | None = stored("xepLoai", description="Xếp loại (classification)")
    awarded_on: Date | None = stored("ngayCap", codec=slash_date, description="Ngày cấp (date)")
    institution_code: str | None = stored("coSoCap.ma", description="Mã cơ sở cấp (institution's code)")
    institution_name: str | None = stored("coSoCap.ten", description="Tên cơ sở cấp (institution)")
    holder: CitizenRef | None = linked("soDinhDanh", "personal_id", description="Người được cấp (holder)")


@entity(source=SOURCE, table="ghi_danh", subject="soDinhDanh", description="Ghi danh, nhập học (enrolment).")
class Enrolment:
    """An enrolment in one school year."""

    school_code: str | None = stored("maTruong", description="Mã trường (school's code)")
    school_name: str | None = stored("tenTruong", description="Tên trường (school)")
    school_year: str | None = stored("namHoc", description="Năm học, ví dụ 2024-2025 (school year)")
    grade: str | None = stored("khoiLop", description="Khối lớp (grade)")
    status: EnrolmentStatus | None = stored("trangThai", codec=codes(named(EnrolmentStatus)), description="Trạng thái")


@extends("Citizen", source=SOURCE)
class CitizenEducation:
    """Education's part of a citizen."""

    degrees: list[Degree] | None = linked("personal_id", "soDinhDanh", description="Văn bằng (degrees)")
    enrolments: list[Enrolment] | None = linked("personal_id", "soDinhDanh", description="Ghi danh (enrolments)")


@extends("Query", source=SOURCE)
class EducationQuery:
    """Roots that begin in education."""

    @lookup("soHieu", description="Văn bằng theo số hiệu (a degree by its number).")
    def degree(self, number: str) -> Degree | None:
        """A degree."""
