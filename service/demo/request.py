"""The request that the dossiers of a demo begin with."""

from __future__ import annotations

from datetime import datetime, timedelta

from auth.moments import VIETNAM
from auth.process.request import ConnectionRequest, parse_request
from service.demo.people import UNIT, UNIT_NAME

__all__ = ["sample_request"]

_DUTIES = ("reportDataError", "proposeData", "requestSupport", "replyToCase", "cases", "case")


def sample_request(title: str, *, days: int) -> ConnectionRequest:
    """A complete request that holds from today on for so many days."""
    today = datetime.now(VIETNAM).date()
    reasons = {
        "Citizen.personalId": "Tra cứu chủ xe theo số định danh ghi trong hồ sơ đăng ký xe",
        "Citizen.birthName": "Đối chiếu họ tên chủ xe với giấy tờ xuất trình",
        "PersonName.full": "Đối chiếu họ tên chủ xe với giấy tờ xuất trình",
        "Citizen.vehicles": "Biết người này đứng tên những phương tiện nào",
        "Vehicle.plate": "Đối chiếu biển số phương tiện với hồ sơ đăng ký xe",
    }
    return parse_request(
        {
            "title": title,
            "unit_code": UNIT,
            "unit_name": UNIT_NAME,
            "mandate": "Quản lý nhà nước về phương tiện và người lái trên địa bàn",
            "system_name": "Hệ thống đăng ký phương tiện mẫu",
            "system_kind": "Hệ thống thông tin phục vụ thủ tục hành chính",
            "officers": [
                {
                    "name": "Cán bộ mẫu",
                    "position": "Chuyên viên",
                    "phone": "0240000000",
                    "email": "can-bo@thu-nghiem.example",
                }
            ],
            "purposes": [
                {
                    "code": "XAC_MINH_CHU_XE",
                    "text": "Xác minh người đứng tên phương tiện khi đăng ký, sang tên xe",
                    "legal_basis": "Luật Trật tự, an toàn giao thông đường bộ số 36/2024/QH15",
                }
            ],
            "fields": [
                {
                    "field": field,
                    "purpose": "XAC_MINH_CHU_XE",
                    "justification": why,
                    "filter": field == "Citizen.personalId",
                }
                for field, why in reasons.items()
            ],
            "services": ["citizen", *_DUTIES],
            "technical_description": "Một máy chủ ứng dụng trong mạng riêng của ngành, gọi qua một cổng ra",
            "reciprocal_sharing": "Chia sẻ lại các thay đổi về người đứng tên phương tiện",
            "security_level": 3,
            "inspections": [
                {"body": "Đơn vị kiểm tra mẫu", "on": str(today - timedelta(days=30)), "result": "Đạt cấp độ 3"}
            ],
            "valid_from": str(today),
            "valid_to": str(today + timedelta(days=days)),
        }
    )
