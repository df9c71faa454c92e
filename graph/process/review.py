"""Help for a review, and the conformance list, as they are answered."""

from __future__ import annotations

from datetime import datetime

import strawberry

__all__ = ["ConformanceItem", "Review", "ReviewChange", "ReviewDoubt", "ReviewedField"]


@strawberry.type(description="Một mục của danh mục thử nghiệm (item of the conformance list).")
class ConformanceItem:
    """An item of the conformance list."""

    code: str = strawberry.field(description="Mã (code)")
    words: str = strawberry.field(description="Phải cho thấy điều gì (what is to be shown)")
    english: str = strawberry.field(description="Bằng tiếng Anh (in English)")
    hint: str = strawberry.field(description="Làm thế nào (how)")
    query: str | None = strawberry.field(description="Một truy vấn khớp hợp đồng, nếu có (an example that fits)")
    done_at: datetime | None = strawberry.field(description="Đã cho thấy lúc nào (when it was shown)")
    trace_id: str | None = strawberry.field(description="Yêu cầu nào đã cho thấy (the request that showed it)")


@strawberry.type(description="Một trường được xin, và điều nó mở ra (a field that is asked for, and what it opens).")
class ReviewedField:
    """A field that is asked for."""

    purpose: str = strawberry.field(description="Mục đích (purpose)")
    field: str = strawberry.field(description="Trường (field)")
    words: str = strawberry.field(description="Mở ra điều gì (what it opens)")
    english: str = strawberry.field(description="Bằng tiếng Anh (in English)")
    justification: str = strawberry.field(description="Giải trình (justification)")
    paths: list[str] = strawberry.field(description="Ở đâu trong truy vấn (paths in queries)")
    arguments: list[str] = strawberry.field(description="Dùng trong tham số nào (arguments)")
    elements: list[str] = strawberry.field(description="Cột nào bị đọc (columns and elements)")
    sensitive: bool = strawberry.field(description="Nhạy cảm (sensitive)")
    third_party: bool = strawberry.field(description="Về người khác (of third parties)")


@strawberry.type(description="Điều chỉ ra để người thẩm định quyết định (pointed out; a human decides).")
class ReviewDoubt:
    """Something that is pointed out."""

    rule: str = strawberry.field(description="Quy tắc (rule)")
    purpose: str = strawberry.field(description="Mục đích (purpose)")
    fields: list[str] = strawberry.field(description="Các trường (fields)")
    words: str = strawberry.field(description="Bằng lời (in words)")
    english: str = strawberry.field(description="Bằng tiếng Anh (in English)")


@strawberry.type(description="Một khác biệt so với phiên bản bị thay (a difference to the version that is replaced).")
class ReviewChange:
    """A difference."""

    subject: str = strawberry.field(description="Phần nào (part)")
    direction: str = strawberry.field(description="WIDER, NARROWER hoặc CHANGED (or)")
    purpose: str | None = strawberry.field(description="Mục đích (purpose)")
    before: str | None = strawberry.field(description="Trước (before)")
    after: str | None = strawberry.field(description="Sau (after)")
    words: str = strawberry.field(description="Bằng lời (in words)")
    english: str = strawberry.field(description="Bằng tiếng Anh (in English)")


@strawberry.type(description="Hỗ trợ thẩm định (review help).")
class Review:
    """Help for a review."""

    number_of_fields: int = strawberry.field(description="Số trường (number of fields)")
    sensitive_share: float = strawberry.field(description="Tỷ lệ nhạy cảm, 0 đến 1 (share of sensitive fields)")
    third_party_share: float = strawberry.field(description="Tỷ lệ về người khác, 0 đến 1 (share of third parties)")
    opened: list[ReviewedField] = strawberry.field(description="Từng trường mở gì (what each field opens)")
    doubts: list[ReviewDoubt] = strawberry.field(description="Nên xem lại (pointed out)")
    replaces: int | None = strawberry.field(description="Phiên bản bị thay (version that would be replaced)")
    changes: list[ReviewChange] = strawberry.field(description="Khác phiên bản đó chỗ nào (differences to it)")
    columns: list[str] = strawberry.field(description="Mọi cột mà cơ sở dữ liệu bị hỏi tới (every column asked for)")
    faults: list[str] = strawberry.field(description="Không khớp lược đồ (what does not fit the schema)")
