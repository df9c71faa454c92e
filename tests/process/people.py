"""Who takes part in the tests of the process, and a request that lacks nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from auth.process.actors import Account, Role
from auth.process.request import ConnectionRequest, parse_request

__all__ = ["PEOPLE", "UNIT", "complete_request"]

UNIT = "don-vi-thu"
PEOPLE = {
    "officer": Account("can-bo", "Cán bộ đơn vị", frozenset({Role.UNIT_OFFICER}), client_id=UNIT),
    "stranger": Account("can-bo-khac", "Cán bộ đơn vị khác", frozenset({Role.UNIT_OFFICER}), client_id="don-vi-khac"),
    "reviewer": Account("tham-dinh", "Chuyên viên thẩm định", frozenset({Role.REVIEWER})),
    "approver": Account("phe-duyet", "Lãnh đạo phê duyệt", frozenset({Role.APPROVER})),
    "both": Account("kiem-nhiem", "Kiêm nhiệm", frozenset({Role.REVIEWER, Role.APPROVER})),
    "cyber": Account("an-ninh-mang", "An ninh mạng", frozenset({Role.CYBER_SECURITY})),
    "technical": Account("ky-thuat", "Kỹ thuật nghiệp vụ", frozenset({Role.TECHNICAL_SECURITY})),
    "owner": Account(
        "chu-quan", "Chủ quản dữ liệu giao thông", frozenset({Role.SOURCE_OWNER}), sources=frozenset({"transport"})
    ),
    "auditor": Account("kiem-toan", "Kiểm toán", frozenset({Role.AUDITOR})),
    "operator": Account("van-hanh", "Vận hành", frozenset({Role.OPERATOR})),
}


def complete_request(**changes: Any) -> ConnectionRequest:
    """A request of the unit for its vehicles' holders, with everything that a submission needs."""
    today = datetime.now(UTC).date()
    why = "Cần để xác minh chủ phương tiện"
    given: dict[str, Any] = {
        "title": "Xác minh chủ phương tiện",
        "unit_code": UNIT,
        "unit_name": "Đơn vị thử",
        "mandate": "Quản lý phương tiện",
        "system_name": "Hệ thống quản lý phương tiện",
        "system_kind": "Hệ thống thông tin",
        "officers": [{"name": "Cán bộ mẫu", "position": "Chuyên viên", "phone": "0240000000", "email": "a@example.vn"}],
        "purposes": [{"code": "XAC_MINH", "text": "Xác minh chủ xe", "legal_basis": "Luật 36/2024/QH15"}],
        "fields": [
            {"field": "Citizen.personalId", "purpose": "XAC_MINH", "justification": why, "filter": True},
            {"field": "Citizen.birthName", "purpose": "XAC_MINH", "justification": why},
            {"field": "Citizen.vehicles", "purpose": "XAC_MINH", "justification": why},
            {"field": "PersonName.full", "purpose": "XAC_MINH", "justification": why},
            {"field": "Vehicle.plate", "purpose": "XAC_MINH", "justification": why},
        ],
        "services": ["citizen"],
        "technical_description": "Một máy chủ ứng dụng, mạng riêng",
        "reciprocal_sharing": "Chia sẻ lại biến động chủ phương tiện",
        "security_level": 3,
        "inspections": [{"body": "Đơn vị kiểm tra", "on": str(today), "result": "Đạt"}],
        "valid_from": str(today - timedelta(days=1)),
        "valid_to": str(today + timedelta(days=365)),
    }
    return parse_request(given | changes)
