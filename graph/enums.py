"""Closed code lists: the enum that GraphQL shows and the codec from the code that the source keeps."""

from __future__ import annotations

from enum import Enum

import strawberry

from graph.codecs import codes

__all__ = [
    "BloodGroup",
    "Gender",
    "IdentityCardKind",
    "MaritalStatus",
    "Relation",
    "blood_group",
    "gender",
    "marital_status",
    "named",
]


def named(kind: type[Enum]) -> dict[str, str]:
    """The stored codes of an enum whose values are those codes: code -> name."""
    return {member.value: member.name for member in kind}


@strawberry.enum(description="Giới tính (gender)")
class Gender(Enum):
    """Gender codes 0, 1, 2 of the population database."""

    UNKNOWN = strawberry.enum_value(0, description="Chưa có thông tin")
    MALE = strawberry.enum_value(1, description="Nam")
    FEMALE = strawberry.enum_value(2, description="Nữ")


@strawberry.enum(description="Tình trạng hôn nhân (marital status)")
class MaritalStatus(Enum):
    """Marital status codes 0 to 3 of the population database."""

    UNKNOWN = strawberry.enum_value(0, description="Chưa có thông tin")
    NEVER_MARRIED = strawberry.enum_value(1, description="Chưa kết hôn")
    MARRIED = strawberry.enum_value(2, description="Đang có vợ hoặc chồng")
    DIVORCED_OR_WIDOWED = strawberry.enum_value(3, description="Đã ly hôn, hoặc vợ hoặc chồng đã chết")


@strawberry.enum(description="Nhóm máu (blood group)")
class BloodGroup(Enum):
    """Blood group codes 00 to 04 of the population database."""

    UNKNOWN = strawberry.enum_value("00", description="Chưa có thông tin")
    A = "01"
    B = "02"
    AB = "03"
    O = "04"  # noqa: E741 - the name of the group


@strawberry.enum(description="Loại giấy tờ căn cước (kind of identity card)")
class IdentityCardKind(Enum):
    """Kinds of identity card."""

    CAN_CUOC = strawberry.enum_value("CAN_CUOC", description="Thẻ căn cước")
    CCCD = strawberry.enum_value("CCCD", description="Căn cước công dân")
    CMND12 = strawberry.enum_value("CMND12", description="Chứng minh nhân dân 12 số")


@strawberry.enum(description="Quan hệ (relation to the citizen)")
class Relation(Enum):
    """Relations of Law 26/2023 Article 9, item 15."""

    FATHER = strawberry.enum_value("FATHER", description="Cha")
    MOTHER = strawberry.enum_value("MOTHER", description="Mẹ")
    WIFE = strawberry.enum_value("WIFE", description="Vợ")
    HUSBAND = strawberry.enum_value("HUSBAND", description="Chồng")
    CHILD = strawberry.enum_value("CHILD", description="Con")
    REPRESENTATIVE = strawberry.enum_value("REPRESENTATIVE", description="Người đại diện hợp pháp")
    REPRESENTED = strawberry.enum_value("REPRESENTED", description="Người được đại diện")


gender = codes(named(Gender))
marital_status = codes(named(MaritalStatus))
blood_group = codes(named(BloodGroup))
