"""Closed lists of the process with their Vietnamese words: states, moves, roles, environments of keys."""

from __future__ import annotations

from enum import Enum

import strawberry

__all__ = ["AccountRole", "DossierMove", "DossierState", "KeyEnvironment", "words_of"]


@strawberry.enum(description="Trạng thái của một phiên bản hợp đồng (state of a contract version)")
class DossierState(Enum):
    """The states of `auth.process.lifecycle.State`."""

    DRAFT = strawberry.enum_value("DRAFT", description="Bản nháp")
    SUBMITTED = strawberry.enum_value("SUBMITTED", description="Đã nộp")
    NEEDS_INFO = strawberry.enum_value("NEEDS_INFO", description="Cần bổ sung")
    UNDER_REVIEW = strawberry.enum_value("UNDER_REVIEW", description="Đang thẩm định")
    TECHNICAL_TEST = strawberry.enum_value("TECHNICAL_TEST", description="Thử nghiệm kỹ thuật")
    SECURITY_CHECK = strawberry.enum_value("SECURITY_CHECK", description="Kiểm tra an ninh")
    APPROVED = strawberry.enum_value("APPROVED", description="Đã phê duyệt")
    ACTIVE = strawberry.enum_value("ACTIVE", description="Đang có hiệu lực")
    SUSPENDED = strawberry.enum_value("SUSPENDED", description="Tạm đình chỉ")
    TERMINATED = strawberry.enum_value("TERMINATED", description="Đã chấm dứt")
    EXPIRED = strawberry.enum_value("EXPIRED", description="Hết hạn")
    SUPERSEDED = strawberry.enum_value("SUPERSEDED", description="Đã có phiên bản thay thế")
    REJECTED = strawberry.enum_value("REJECTED", description="Bị từ chối")
    WITHDRAWN = strawberry.enum_value("WITHDRAWN", description="Đơn vị đã rút")


@strawberry.enum(description="Bước của quy trình (move in the process)")
class DossierMove(Enum):
    """The moves of `auth.process.lifecycle.MOVES`."""

    SUBMIT = strawberry.enum_value("submit", description="Nộp đề nghị")
    WITHDRAW = strawberry.enum_value("withdraw", description="Rút đề nghị")
    TAKE_UP = strawberry.enum_value("take_up", description="Nhận thẩm định")
    SEND_BACK = strawberry.enum_value("send_back", description="Trả lại để bổ sung")
    REJECT = strawberry.enum_value("reject", description="Từ chối")
    ADMIT_TO_TEST = strawberry.enum_value("admit_to_test", description="Cho thử nghiệm kỹ thuật")
    SEND_TO_SECURITY = strawberry.enum_value("send_to_security", description="Chuyển kiểm tra an ninh")
    APPROVE = strawberry.enum_value("approve", description="Phê duyệt")
    ACTIVATE = strawberry.enum_value("activate", description="Cho hiệu lực")
    SUSPEND = strawberry.enum_value("suspend", description="Tạm đình chỉ")
    RESTORE = strawberry.enum_value("restore", description="Khôi phục")
    TERMINATE = strawberry.enum_value("terminate", description="Chấm dứt")
    EXPIRE = strawberry.enum_value("expire", description="Hết hạn")
    SUPERSEDE = strawberry.enum_value("supersede", description="Thay bằng phiên bản mới")


@strawberry.enum(description="Vai trò của tài khoản (role of an account)")
class AccountRole(Enum):
    """The roles of `auth.process.actors.Role`."""

    UNIT_OFFICER = strawberry.enum_value("UNIT_OFFICER", description="Cán bộ phụ trách của đơn vị")
    REVIEWER = strawberry.enum_value("REVIEWER", description="Người thẩm định")
    APPROVER = strawberry.enum_value("APPROVER", description="Người phê duyệt")
    CYBER_SECURITY = strawberry.enum_value(
        "CYBER_SECURITY", description="Cục An ninh mạng và phòng, chống tội phạm sử dụng công nghệ cao"
    )
    TECHNICAL_SECURITY = strawberry.enum_value("TECHNICAL_SECURITY", description="Cục Kỹ thuật nghiệp vụ")
    SOURCE_OWNER = strawberry.enum_value("SOURCE_OWNER", description="Chủ quản cơ sở dữ liệu chuyên ngành")
    AUDITOR = strawberry.enum_value("AUDITOR", description="Kiểm tra, giám sát")
    OPERATOR = strawberry.enum_value("OPERATOR", description="Vận hành")
    CLOCK = strawberry.enum_value("CLOCK", description="Đồng hồ hệ thống; không tài khoản nào giữ (held by nobody)")


@strawberry.enum(description="Môi trường của khóa (environment of a key)")
class KeyEnvironment(Enum):
    """The environments that a key may serve."""

    PRODUCTION = strawberry.enum_value("production", description="Khai thác thật")
    SANDBOX = strawberry.enum_value("sandbox", description="Thử nghiệm, với người giả định")


def words_of(member: Enum) -> str:
    """The Vietnamese words of a member of one of these lists."""
    definition = type(member).__strawberry_definition__  # type: ignore[attr-defined]
    return next(str(value.description) for value in definition.values if value.name == member.name)
