"""The transport databases: driving licences and vehicles."""

from __future__ import annotations

from enum import Enum

import strawberry

from graph.codecs import codes
from graph.enums import named
from graph.fields import CitizenRef, entity, extends, linked, lookup, stored
from graph.scalars import Date, PersonalId

SOURCE = "transport"


@strawberry.enum(description="Trạng thái giấy phép lái xe (state of a licence)")
class LicenceStatus(Enum):
    """States of a driving licence."""

    VALID = strawberry.enum_value("HIEU_LUC", description="Còn hiệu lực")
    EXPIRED = strawberry.enum_value("HET_HAN", description="Hết hạn")
    REVOKED = strawberry.enum_value("TUOC", description="Bị tước")


@strawberry.enum(description="Màu biển số (colour of a plate)")
class PlateColour(Enum):
    """Colours of number plates."""

    WHITE = strawberry.enum_value("TRANG", description="Trắng")
    YELLOW = strawberry.enum_value("VANG", description="Vàng")
    BLUE = strawberry.enum_value("XANH", description="Xanh")
    RED = strawberry.enum_value("DO", description="Đỏ")


@strawberry.enum(description="Loại xe (kind of vehicle)")
class VehicleKind(Enum):
    """Kinds of vehicle."""

    CAR = strawberry.enum_value("O_TO_CON", description="Ô tô con")
    MOTORCYCLE = strawberry.enum_value("MO_TO", description="Mô tô, xe máy")
    TRUCK = strawberry.enum_value("O_TO_TAI", description="Ô tô tải")
    BUS = strawberry.enum_value("O_TO_KHACH", description="Ô tô khách")


@strawberry.enum(description="Trạng thái đăng ký xe (state of a registration)")
class VehicleStatus(Enum):
    """States of a vehicle registration."""

    IN_USE = strawberry.enum_value("DANG_LUU_HANH", description="Đang lưu hành")
    WITHDRAWN = strawberry.enum_value("THU_HOI", description="Đã thu hồi")


@entity(
    source=SOURCE,
    table="giay_phep_lai_xe",
    subject="personalId",
    description="Giấy phép lái xe (driving licence).",
)
class DrivingLicence:
    """A driving licence; classes since 2025-01-01 are A1 to DE."""

    number: str | None = stored("soGPLX", description="Số giấy phép, 12 chữ số (number)")
    classes: list[str] | None = stored("hang", description="Hạng (classes)")
    issued_on: Date | None = stored("ngayCap", description="Ngày cấp (date of issue)")
    expires_on: Date | None = stored("ngayHetHan", description="Ngày hết hạn (date of expiry)")
    passed_on: Date | None = stored("ngayTrungTuyen", description="Ngày trúng tuyển (date of the test)")
    issued_by: str | None = stored("coQuanCap", description="Cơ quan cấp (issuing authority)")
    points: int | None = stored("diem", description="Điểm còn lại, tối đa 12 (points left)")
    status: LicenceStatus | None = stored("trangThai", codec=codes(named(LicenceStatus)), description="Trạng thái")
    holder: CitizenRef | None = linked("personalId", "personal_id", description="Người được cấp (holder)")


@entity(
    source=SOURCE,
    table="phuong_tien",
    subject="ownerPersonalId",
    description="Phương tiện đã đăng ký (vehicle).",
)
class Vehicle:
    """A registered vehicle."""

    plate: str | None = stored("bienSo", description="Biển số (plate)")
    plate_kind: str | None = stored("loaiBien", description="Loại biển: DINH_DANH hoặc CU (kind of plate)")
    plate_colour: PlateColour | None = stored("mauBien", codec=codes(named(PlateColour)), description="Màu biển")
    kind: VehicleKind | None = stored("loaiXe", codec=codes(named(VehicleKind)), description="Loại xe (kind)")
    make: str | None = stored("nhanHieu", description="Nhãn hiệu (make)")
    chassis_number: str | None = stored("soKhung", description="Số khung (chassis number)")
    engine_number: str | None = stored("soMay", description="Số máy (engine number)")
    first_registered_on: Date | None = stored("ngayDangKyDau", description="Ngày đăng ký lần đầu")
    status: VehicleStatus | None = stored("trangThai", codec=codes(named(VehicleStatus)), description="Trạng thái")
    owner_personal_id: PersonalId | None = stored("ownerPersonalId", description="Số định danh của chủ xe")
    owner: CitizenRef | None = linked("ownerPersonalId", "personal_id", description="Chủ xe (owner)")


@extends("Citizen", source=SOURCE)
class CitizenTransport:
    """Transport's part of a citizen."""

    driving_licences: list[DrivingLicence] | None = linked(
        "personal_id", "personalId", description="Giấy phép lái xe (driving licences)"
    )
    vehicles: list[Vehicle] | None = linked(
        "personal_id", "ownerPersonalId", description="Phương tiện đứng tên (vehicles)"
    )


@extends("Query", source=SOURCE)
class TransportQuery:
    """Roots that begin in transport."""

    @lookup(
        "bienSo",
        description="Xe theo biển số (a vehicle by its plate).",
    )
    def vehicle(self, plate: str) -> Vehicle | None:
        """A vehicle."""

    @lookup("soGPLX", description="Giấy phép lái xe theo số (a driving licence by its number).")
    def driving_licence(self, number: str) -> DrivingLicence | None:
        """A driving licence."""
