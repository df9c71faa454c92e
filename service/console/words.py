"""The words of the console: Vietnamese first, then English."""

from __future__ import annotations

from collections.abc import Mapping

from auth.process.actors import Role
from auth.process.lifecycle import State
from service.words import SOURCES, Words

__all__ = [
    "DONE",
    "ENVIRONMENTS",
    "ERRORS",
    "LIMITS",
    "MOVES",
    "OUTCOMES",
    "RESIDENCES",
    "ROLES",
    "SOURCES",
    "STATES",
    "WAITING",
    "Words",
]


STATES: Mapping[str, Words] = {
    State.DRAFT.value: Words("Bản thảo", "Draft"),
    State.SUBMITTED.value: Words("Đã nộp", "Submitted"),
    State.NEEDS_INFO.value: Words("Cần bổ sung", "Needs information"),
    State.UNDER_REVIEW.value: Words("Đang thẩm định", "Under review"),
    State.TECHNICAL_TEST.value: Words("Thử nghiệm kỹ thuật", "Technical test"),
    State.SECURITY_CHECK.value: Words("Kiểm tra an ninh", "Security check"),
    State.APPROVED.value: Words("Đã phê duyệt", "Approved"),
    State.ACTIVE.value: Words("Đang hiệu lực", "Active"),
    State.SUSPENDED.value: Words("Tạm đình chỉ", "Suspended"),
    State.TERMINATED.value: Words("Đã chấm dứt", "Terminated"),
    State.EXPIRED.value: Words("Hết thời hạn", "Expired"),
    State.SUPERSEDED.value: Words("Đã có bản thay thế", "Superseded"),
    State.REJECTED.value: Words("Bị từ chối", "Rejected"),
    State.WITHDRAWN.value: Words("Đơn vị đã rút", "Withdrawn"),
}

ROLES: Mapping[str, Words] = {
    Role.UNIT_OFFICER.value: Words("Cán bộ đơn vị đăng ký", "Unit's officer"),
    Role.REVIEWER.value: Words("Người thẩm định", "Reviewer"),
    Role.APPROVER.value: Words("Người phê duyệt", "Approver"),
    Role.CYBER_SECURITY.value: Words(
        "Cục An ninh mạng và phòng, chống tội phạm sử dụng công nghệ cao", "Cyber security body"
    ),
    Role.TECHNICAL_SECURITY.value: Words("Cục Kỹ thuật nghiệp vụ", "Technical security body"),
    Role.SOURCE_OWNER.value: Words("Chủ quản cơ sở dữ liệu chuyên ngành", "Owner of a specialised database"),
    Role.AUDITOR.value: Words("Kiểm toán", "Auditor"),
    Role.OPERATOR.value: Words("Vận hành", "Operator"),
    Role.CLOCK.value: Words("Đồng hồ hệ thống", "The clock"),
}

WAITING: Mapping[str, Words] = {
    State.DRAFT.value: Words("cán bộ đơn vị điền và nộp", "the unit's officer, to fill in and submit"),
    State.SUBMITTED.value: Words("người thẩm định nhận hồ sơ", "a reviewer, to take it up"),
    State.NEEDS_INFO.value: Words("cán bộ đơn vị bổ sung và nộp lại", "the unit's officer, to add and submit again"),
    State.UNDER_REVIEW.value: Words("người thẩm định", "the reviewer"),
    State.TECHNICAL_TEST.value: Words(
        "đơn vị thử hết danh mục, rồi người thẩm định chuyển tiếp", "the unit's tests, then the reviewer"
    ),
    State.SECURITY_CHECK.value: Words(
        "hai cơ quan an ninh và chủ quản ghi ý kiến, rồi người phê duyệt", "findings, then the approver"
    ),
    State.APPROVED.value: Words(
        "người phê duyệt hoặc vận hành cho hiệu lực", "an approver or operator, to activate it"
    ),
}
"""Who is next, by the state of a dossier."""

MOVES: Mapping[str, Words] = {
    "open": Words("Lập hồ sơ", "Open"),
    "submit": Words("Nộp hồ sơ", "Submit"),
    "withdraw": Words("Rút hồ sơ", "Withdraw"),
    "take_up": Words("Nhận thẩm định", "Take up"),
    "send_back": Words("Yêu cầu bổ sung", "Send back"),
    "reject": Words("Từ chối", "Reject"),
    "admit_to_test": Words("Cho thử nghiệm kỹ thuật", "Admit to test"),
    "send_to_security": Words("Chuyển kiểm tra an ninh", "Send to security check"),
    "approve": Words("Phê duyệt", "Approve"),
    "activate": Words("Cho hiệu lực", "Activate"),
    "suspend": Words("Tạm đình chỉ", "Suspend"),
    "restore": Words("Khôi phục", "Restore"),
    "terminate": Words("Chấm dứt", "Terminate"),
    "expire": Words("Hết thời hạn", "Expire"),
    "supersede": Words("Được thay thế", "Superseded"),
    "check_security": Words("Kết luận kiểm tra an ninh", "Security finding"),
    "co_approve": Words("Ý kiến của chủ quản dữ liệu", "Owner's opinion"),
}

LIMITS: Mapping[str, Words] = {
    "requests_per_minute": Words("Yêu cầu mỗi phút", "Requests a minute"),
    "subjects_per_day": Words("Công dân khác nhau mỗi ngày", "Different persons a day"),
    "batch": Words("Khóa tra cứu mỗi yêu cầu", "Keys of a request"),
    "page": Words("Dòng mỗi trang", "Rows of a page"),
    "depth": Words("Số tầng của truy vấn", "Depth of selections"),
    "fields": Words("Số trường của truy vấn", "Fields of a request"),
    "aliases": Words("Bí danh", "Aliases"),
    "tokens": Words("Số từ của truy vấn", "Tokens of a document"),
    "cost": Words("Dòng ước tính phải đọc", "Estimated rows read"),
    "subjects": Words("Công dân khác nhau mỗi yêu cầu", "Different persons of a request"),
}

RESIDENCES: Mapping[str, Words] = {
    "PERMANENT": Words("Thường trú", "Permanent"),
    "TEMPORARY": Words("Tạm trú", "Temporary"),
    "ABSENT": Words("Khai báo tạm vắng", "Absence declared"),
    "UNREGISTERED": Words("Không có thường trú, tạm trú", "Neither permanent nor temporary"),
}

OUTCOMES: Mapping[str, Words] = {
    "answered": Words("Trả lời đủ", "Answered"),
    "partial": Words("Trả lời một phần", "Partial"),
    "refused": Words("Bị từ chối", "Refused"),
    "done": Words("Đã thực hiện", "Done"),
}

ENVIRONMENTS: Mapping[str, Words] = {
    "sandbox": Words("Thử nghiệm", "Sandbox"),
    "production": Words("Khai thác thật", "Production"),
}

ERRORS: Mapping[str, Words] = {
    "CASE_UNKNOWN": Words("Không có hồ sơ như vậy mà bạn được xem.", "There is no such case that you may see."),
    "CASE_REFUSED": Words("Không làm được việc này với hồ sơ.", "This is not possible with the case."),
    "NOTICE_REFUSED": Words("Thông báo chưa đúng quy định.", "The notice is not as it must be."),
    "CONCEALMENT_REFUSED": Words("Không đặt hoặc gỡ được như vậy.", "It cannot be concealed or lifted like this."),
    "VALUE_REFUSED": Words("Có ký tự không nhận được.", "A value cannot be taken."),
    "ACT_REFUSED": Words("Việc này bị từ chối.", "The act is refused."),
    "MOVE_REFUSED": Words("Không thực hiện được bước này.", "The move is not possible."),
    "ROLE_REQUIRED": Words("Tài khoản của bạn không có vai trò để làm việc này.", "This is not for your roles."),
    "REQUEST_INCOMPLETE": Words("Hồ sơ còn thiếu nội dung.", "Something is missing."),
    "REQUEST_MALFORMED": Words("Có nội dung sai dạng.", "Something has the wrong form."),
    "DOSSIER_UNKNOWN": Words(
        "Không có hồ sơ hoặc trang như vậy mà bạn được xem.", "There is no such dossier or page that you may see."
    ),
    "DOSSIER_CHANGED": Words(
        "Trong lúc bạn sửa, hồ sơ đã được người khác thay đổi. Nội dung bạn nhập vẫn còn dưới đây.",
        "Somebody changed it meanwhile. What you typed is kept below.",
    ),
    "ATTACHMENT_REFUSED": Words(
        "Tài liệu không được nhận: chỉ nhận PDF, PNG, JPEG, DOCX, ODT, tối đa 10 MB.", "The document is not taken."
    ),
    "ACCOUNT_FAULT": Words("Không lập được tài khoản hoặc đơn vị như vậy.", "The account cannot be made like this."),
    "SIGN_IN_FAILED": Words("Tài khoản hoặc mật khẩu không đúng.", "Account or password is not valid."),
    "TOO_MANY_ATTEMPTS": Words("Đã thử sai quá nhiều lần. Hãy chờ rồi thử lại.", "Too many failed attempts; wait."),
    "FORM_REFUSED": Words(
        "Biểu mẫu không còn hợp lệ hoặc đến từ trang khác. Hãy tải lại trang và gửi lại.",
        "The form is no longer valid or came from another site. Reload the page and send it again.",
    ),
    "BODY_TOO_LARGE": Words("Nội dung gửi lên quá lớn.", "What was sent is too large."),
    "BAD_REQUEST": Words("Nội dung gửi lên không đọc được.", "What was sent cannot be read."),
    "GOVERNANCE_UNAVAILABLE": Words(
        "Cơ sở dữ liệu hợp đồng tạm thời không trả lời. Hãy thử lại sau.", "The database does not answer now."
    ),
    "INTERNAL_SERVER_ERROR": Words("Hệ thống gặp lỗi. Hãy thử lại sau.", "Something went wrong. Try again later."),
}

DONE: Mapping[str, Words] = {
    "case-opened": Words("Đã gửi yêu cầu hỗ trợ.", "Support is asked for."),
    "case-moved": Words("Đã ghi bước xử lý.", "The step is taken."),
    "case-said": Words("Đã gửi lời trao đổi.", "The message is added."),
    "notice-published": Words("Đã công bố thông báo.", "The notice is published."),
    "notice-withdrawn": Words("Đã rút lại thông báo.", "The notice is withdrawn."),
    "concealed": Words("Đã đặt tạm che.", "The reads are concealed."),
    "lifted": Words("Đã gỡ tạm che.", "The concealment is lifted."),
    "saved": Words("Đã lưu.", "Saved."),
    "moved": Words("Đã thực hiện bước xử lý.", "The step is taken."),
    "found": Words("Đã ghi ý kiến.", "The finding is recorded."),
    "attached": Words("Đã nhận tài liệu.", "The document is attached."),
    "detached": Words("Đã gỡ tài liệu.", "The document is removed."),
    "revoked": Words("Đã thu hồi khóa.", "The key is revoked."),
    "unit": Words("Đã ghi đơn vị.", "The unit is registered."),
    "closed": Words("Đã đóng tài khoản.", "The account is closed."),
    "signed-out": Words("Bạn đã đăng xuất.", "You are signed out."),
}
