"""The words of the pages of the people on call: Vietnamese first, then English."""

from __future__ import annotations

from collections.abc import Mapping

from service.words import Words

__all__ = ["BREAKER", "ENVIRONMENTS", "FINDINGS", "GOVERNANCE", "KEPT", "OUTCOMES", "STAGES"]

GOVERNANCE = Words("Hợp đồng và nhật ký", "Contracts and audit")

ENVIRONMENTS: Mapping[str, Words] = {
    "production": Words("Vận hành", "Production"),
    "sandbox": Words("Thử nghiệm", "Sandbox"),
}

OUTCOMES: Mapping[str, Words] = {
    "answered": Words("trả lời đủ", "answered"),
    "partial": Words("trả lời một phần", "partial"),
    "refused": Words("từ chối", "refused"),
    "done": Words("xong", "done"),
}

BREAKER: Mapping[str, Words] = {
    "closed": Words("đóng, đang cho qua", "closed"),
    "open": Words("NGẮT, không hỏi nguồn", "open"),
    "half-open": Words("thử lại một lần", "half-open"),
}

STAGES: Mapping[str, Words] = {
    "authenticate": Words("xác thực", "authenticate"),
    "receive": Words("nhận thân yêu cầu", "receive"),
    "plan": Words("lập kế hoạch", "plan"),
    "parse": Words("phân tích cú pháp", "parse"),
    "validate": Words("kiểm tra theo hợp đồng", "validate"),
    "build plan": Words("dựng kế hoạch", "build plan"),
    "execute": Words("thực hiện", "execute"),
    "introspect": Words("đọc lược đồ", "introspect"),
    "count persons": Words("đếm số người trong ngày", "count persons"),
    "assemble": Words("ghép câu trả lời", "assemble"),
    "audit": Words("ghi nhật ký", "audit commit"),
    "encode": Words("mã hóa câu trả lời", "encode"),
}

KEPT: Mapping[str, Words] = {
    "error": Words("có lỗi hoặc từ chối", "error or refusal"),
    "slow": Words("chậm", "slow"),
    "caller": Words("bên gọi yêu cầu giữ", "the caller asked"),
    "ratio": Words("lấy mẫu", "sampled"),
}

FINDINGS: Mapping[str, Words] = {
    "SOURCE_DOWN": Words("Nguồn không trả lời", "Source down"),
    "SOURCE_SLOW": Words("Nguồn chậm", "Source slow"),
    "POOL_EXHAUSTED": Words("Hết kết nối", "Pool exhausted"),
    "CLIENT_FLOODING": Words("Bên khai thác gửi quá nhiều", "Client flooding"),
    "CONTRACT_REFUSED": Words("Hợp đồng không còn hiệu lực", "Contract not in force"),
    "PLAN_MISSES": Words("Kế hoạch không dùng lại được", "Plan cache misses"),
    "AUDIT_SLOW": Words("Ghi nhật ký chậm", "Audit slow"),
    "AUDIT_FAILING": Words("Không ghi được nhật ký", "Audit failing"),
    "GOVERNANCE_SILENT": Words("Mất kênh báo hợp đồng", "Contract channel lost"),
}
