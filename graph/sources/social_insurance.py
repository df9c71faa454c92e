"""The social and health insurance database (VSS): health insurance cards and insurance periods."""

from __future__ import annotations

from enum import Enum

import strawberry

from graph.codecs import codes, year_month
from graph.enums import named
from graph.fields import CitizenRef, entity, extends, linked, lookup, stored
from graph.scalars import Date, YearMonth

SOURCE = "social_insurance"


@strawberry.enum(description="Trạng thái đóng bảo hiểm xã hội (state of an insurance period)")
class ContributionStatus(Enum):
    """States of a period of social insurance."""

    CONTRIBUTING = strawberry.enum_value("DANG_DONG", description="Đang đóng")
    ENDED = strawberry.enum_value("DA_NGHI", description="Đã nghỉ")


@entity(
    source=SOURCE,
    table="the_bhyt",
    subject="personalId",
    description="Thẻ bảo hiểm y tế (health insurance card).",
)
class HealthInsuranceCard:
    """A health insurance card, with the source's elements maThe, gtTheTu and so on."""

    number: str | None = stored("maThe", description="Mã thẻ, 15 ký tự (card number)")
    social_insurance_number: str | None = stored("maSoBHXH", description="Mã số BHXH, 10 chữ số")
    benefit_level: str | None = stored("mucHuong", description="Mức hưởng 1-5 (benefit level)")
    area_code: str | None = stored("maKV", description="Mã khu vực (area)")
    registered_facility_code: str | None = stored("maDKBD", description="Mã nơi đăng ký khám, chữa bệnh ban đầu")
    registered_facility_name: str | None = stored("tenDKBD", description="Tên nơi đăng ký khám, chữa bệnh ban đầu")
    valid_from: Date | None = stored("gtTheTu", description="Giá trị từ ngày (valid from)")
    valid_to: Date | None = stored("gtTheDen", description="Giá trị đến ngày (valid to)")
    five_years_on: Date | None = stored("ngayDu5Nam", description="Ngày đủ 5 năm liên tục")
    agency_code: str | None = stored("maCqBHXH", description="Mã cơ quan BHXH (agency)")
    holder_category: str | None = stored("doiTuong", description="Đối tượng: DN, HC, TE ... (category)")
    holder: CitizenRef | None = linked("personalId", "personal_id", description="Chủ thẻ (holder)")


@entity(
    source=SOURCE,
    table="qua_trinh_bhxh",
    subject="personalId",
    description="Quá trình đóng bảo hiểm xã hội (period of social insurance).",
)
class SocialInsurancePeriod:
    """A period of contributions at one employer."""

    social_insurance_number: str | None = stored("maSoBHXH", description="Mã số BHXH, 10 chữ số")
    employer_code: str | None = stored("maDonVi", description="Mã đơn vị (employer's code)")
    employer_name: str | None = stored("tenDonVi", description="Tên đơn vị (employer's name)")
    starts: YearMonth | None = stored("tuThang", codec=year_month, description="Từ tháng (first month)")
    ends: YearMonth | None = stored("denThang", codec=year_month, description="Đến tháng (last month)")
    monthly_salary: int | None = stored("mucLuongDong", description="Mức lương đóng, đồng mỗi tháng (VND a month)")
    status: ContributionStatus | None = stored(
        "trangThai", codec=codes(named(ContributionStatus)), description="Trạng thái (state)"
    )


@extends("Citizen", source=SOURCE)
class CitizenSocialInsurance:
    """Social insurance's part of a citizen."""

    health_insurance_card: HealthInsuranceCard | None = linked(
        "personal_id", "personalId", description="Thẻ bảo hiểm y tế (health insurance card)"
    )
    social_insurance_periods: list[SocialInsurancePeriod] | None = linked(
        "personal_id", "personalId", description="Quá trình đóng BHXH (periods of social insurance)"
    )


@extends("Query", source=SOURCE)
class SocialInsuranceQuery:
    """Roots that begin in social insurance."""

    @lookup("maThe", description="Thẻ bảo hiểm y tế theo mã thẻ (a health insurance card by its number).")
    def health_insurance_card(self, number: str) -> HealthInsuranceCard | None:
        """A health insurance card."""
