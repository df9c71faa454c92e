"""The words of cases, notices and concealment."""

from __future__ import annotations

from collections.abc import Mapping

from service.console.words import Words

__all__ = ["ACTS", "CASE_STATES", "CHANNELS", "KINDS", "NOTICE_KINDS", "PARTIES", "SEVERITIES"]

KINDS: Mapping[str, Words] = {
    "DATA_ERROR": Words("Báo lỗi dữ liệu", "Error in data"),
    "SHARED_DATA": Words("Chia sẻ ngược", "Data shared back"),
    "SUPPORT": Words("Yêu cầu hỗ trợ", "Support"),
}
CASE_STATES: Mapping[str, Words] = {
    "OPEN": Words("Mới", "Open"),
    "IN_PROGRESS": Words("Đang xử lý", "In progress"),
    "CORRECTED": Words("Đã sửa ở nguồn", "Corrected"),
    "REJECTED": Words("Không chấp nhận", "Rejected"),
    "PROPOSED": Words("Mới đề xuất", "Proposed"),
    "CHECKING": Words("Đang kiểm tra", "Checking"),
    "ACCEPTED": Words("Chấp nhận", "Accepted"),
    "ANSWERED": Words("Đã trả lời", "Answered"),
    "CLOSED": Words("Đã đóng", "Closed"),
}
ACTS: Mapping[str, Words] = {
    "open": Words("Mở", "Opened"),
    "message": Words("Trao đổi", "Message"),
    "take_up": Words("Nhận xử lý", "Take up"),
    "correct": Words("Đã sửa ở nguồn", "Corrected at the source"),
    "reject": Words("Không chấp nhận", "Reject"),
    "check": Words("Nhận kiểm tra", "Check"),
    "accept": Words("Chấp nhận", "Accept"),
    "answer": Words("Trả lời", "Answer"),
    "close": Words("Đóng", "Close"),
}
CHANNELS: Mapping[str, Words] = {
    "EMAIL": Words("Thư điện tử", "E-mail"),
    "PHONE": Words("Điện thoại", "Phone"),
    "IN_PERSON": Words("Trực tiếp", "In person"),
    "IN_WRITING": Words("Văn bản", "In writing"),
    "CONSOLE": Words("Trang quản trị", "Console"),
}
SEVERITIES: Mapping[str, Words] = {
    "LOW": Words("Thấp", "Low"),
    "NORMAL": Words("Bình thường", "Normal"),
    "HIGH": Words("Cao", "High"),
    "CRITICAL": Words("Khẩn cấp", "Critical"),
}
PARTIES: Mapping[str, Words] = {
    "CLIENT": Words("Đơn vị", "Client"),
    "AGENCY": Words("Cơ quan quản lý", "Managing agency"),
    "OWNER": Words("Chủ quản cơ sở dữ liệu", "Owner of the database"),
}
NOTICE_KINDS: Mapping[str, Words] = {
    "MAINTENANCE": Words("Bảo trì", "Maintenance"),
    "SUSPENSION": Words("Tạm ngừng", "Suspension"),
}
