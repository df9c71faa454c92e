"""The population database's roots: look-ups by number, search, verification, and the caller's own contract."""

from __future__ import annotations

import re
import unicodedata
from enum import Enum

import strawberry

from graph.fields import CitizenRef, extends, lookup, report, search, verify
from graph.homes import Criterion
from graph.scalars import PartialDate, PersonalId
from graph.sources.population import Household

__all__ = [
    "CitizenConnection",
    "CitizenFilter",
    "CitizenOrder",
    "PopulationQuery",
    "Verification",
    "Viewer",
    "fold",
]


_MARKS = re.compile("[\u0300-\u036f]")
_BLANKS = re.compile("[ \t\r\n\f\v]+")


def fold(name: str) -> str:
    """A name in the form of the column `name_key` (`population.fold`): lower case, no marks, single blanks."""
    decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFC", name).lower())
    return _BLANKS.sub(" ", _MARKS.sub("", decomposed).replace("đ", "d")).strip(" ")


NAME = Criterion("name_key", "prefix", "Citizen.birthName", fold)
WHOLE_NAME = Criterion("name_key", "equals", "Citizen.birthName", fold)
BORN = Criterion("date_of_birth", "prefix", "Citizen.dateOfBirth")
BORN_EXACTLY = Criterion("date_of_birth", "equals", "Citizen.dateOfBirth")
PROVINCE = Criterion("permanent_province_code", "equals", "Citizen.permanentResidence")
NUMBER = Criterion("personal_id", "equals", "Citizen.personalId")


@strawberry.enum(description="Thứ tự kết quả tìm kiếm (order of a search)")
class CitizenOrder(Enum):
    """Orders of `searchCitizens`."""

    NAME = strawberry.enum_value("NAME", description="Theo tên, thứ tự chữ cái tiếng Việt (Vietnamese order)")
    DATE_OF_BIRTH = strawberry.enum_value("DATE_OF_BIRTH", description="Theo ngày sinh (date of birth)")


@strawberry.input(description="Điều kiện tìm kiếm; mọi điều kiện đều phải đúng (all must hold; at least one).")
class CitizenFilter:
    """Criteria of `searchCitizens`; each exists only under a filterable grant of its field."""

    name: str | None = strawberry.field(
        default=None,
        description="Phần đầu họ tên, không phân biệt hoa thường và dấu (beginning of the whole name)",
    )
    date_of_birth: PartialDate | None = strawberry.field(
        default=None, description="Ngày sinh, hoặc năm sinh (date of birth; a year finds all born in it)"
    )
    province_code: str | None = strawberry.field(
        default=None, description="Mã tỉnh nơi thường trú (province of permanent residence)"
    )


@strawberry.type(description="Thông tin trang (page information, Relay).")
class PageInfo:
    """Relay page information; paging is forward only."""

    has_next_page: bool = strawberry.field(description="Còn trang sau (more results follow)")
    has_previous_page: bool = strawberry.field(description="Có trang trước (results precede)")
    start_cursor: str | None = strawberry.field(description="Con trỏ đầu trang (first cursor)")
    end_cursor: str | None = strawberry.field(description="Con trỏ cuối trang (last cursor)")


@strawberry.type(description="Một kết quả tìm kiếm (search result).")
class CitizenEdge:
    """One result with its cursor."""

    cursor: str = strawberry.field(description="Con trỏ đã ký (signed cursor)")
    node: CitizenRef | None = strawberry.field(description="Công dân (the citizen)")


@strawberry.type(description="Trang kết quả tìm kiếm (page of results, Relay connection).")
class CitizenConnection:
    """A Relay connection over citizens."""

    edges: list[CitizenEdge] = strawberry.field(description="Các kết quả (results)")
    page_info: PageInfo = strawberry.field(description="Thông tin trang (page information)")


@strawberry.type(description="Kết quả đối chiếu (result of a verification).")
class Verification:
    """Says whether the given particulars agree with the record, and nothing else."""

    matches: bool = strawberry.field(description="Khớp hay không (all particulars agree)")


@strawberry.type(description="Mục đích khai thác (purpose).")
class Purpose:
    """A purpose of the contract."""

    code: str = strawberry.field(description="Mã (code)")
    text: str = strawberry.field(description="Nội dung (text)")
    legal_basis: str | None = strawberry.field(description="Căn cứ pháp lý (legal basis)")


@strawberry.type(description="Trường được phép (permitted field).")
class PermittedField:
    """A field coordinate with its uses."""

    coordinate: str = strawberry.field(description="Tọa độ trường: Kiểu.trường (coordinate: Type.field)")
    readable: bool = strawberry.field(description="Được đọc (may be read)")
    filterable: bool = strawberry.field(description="Được dùng để tra cứu, lọc (may be used to look up or filter)")
    protected: bool = strawberry.field(description="Cả với người được bảo vệ (of protected persons too)")


@strawberry.enum(description="Loại thông báo (kind of notice)")
class NoticeKind(Enum):
    """What a notice announces."""

    MAINTENANCE = strawberry.enum_value("MAINTENANCE", description="Bảo trì theo kế hoạch (planned maintenance)")
    SUSPENSION = strawberry.enum_value("SUSPENSION", description="Tạm ngừng kết nối (suspension)")
    EXPIRY = strawberry.enum_value("EXPIRY", description="Hợp đồng sắp hết hạn (the contract ends soon)")


@strawberry.type(description="Thông báo của cơ quan quản lý (notice of the managing agency).")
class Notice:
    """A notice to the caller."""

    id: str | None = strawberry.field(description="Số thông báo; sắp hết hạn thì không có (number, none of an expiry)")
    kind: NoticeKind = strawberry.field(description="Loại (kind)")
    starts_at: str = strawberry.field(description="Từ lúc, ISO 8601 (from)")
    ends_at: str | None = strawberry.field(description="Đến lúc, ISO 8601; trống: chưa định (until; none: open)")
    text: str = strawberry.field(description="Nội dung (text in Vietnamese)")
    text_en: str = strawberry.field(description="Nội dung bằng tiếng Anh (text in English)")
    force_majeure: str | None = strawberry.field(
        description="Lý do bất khả kháng khi không báo trước 7 ngày làm việc (why it was not announced in time)"
    )
    published_at: str | None = strawberry.field(description="Lúc công bố, ISO 8601 (published)")


@strawberry.type(description="Đơn vị khai thác và hợp đồng của chính mình (the caller and its contract).")
class Viewer:
    """What the caller is permitted, read from its contract."""

    client: str = strawberry.field(description="Mã đơn vị khai thác (client)")
    client_name: str = strawberry.field(description="Tên đơn vị khai thác (client's name)")
    contract: str = strawberry.field(description="Mã hợp đồng (contract)")
    version: int = strawberry.field(description="Phiên bản hợp đồng (version)")
    purpose: str = strawberry.field(description="Mục đích của yêu cầu này (this request's purpose)")
    purposes: list[Purpose] = strawberry.field(description="Các mục đích của hợp đồng (purposes)")
    services: list[str] = strawberry.field(description="Dịch vụ được dùng (root fields)")
    fields: list[PermittedField] = strawberry.field(description="Các trường được phép (permitted fields)")
    unpermitted: str = strawberry.field(description="Trường không được phép: hide hoặc null (mode)")
    valid_to: str = strawberry.field(description="Hiệu lực đến, ISO 8601 (expiry)")
    notices: list[Notice] = strawberry.field(
        description="Thông báo chưa qua, gồm cả hợp đồng sắp hết hạn (notices that are not over, near expiry too)"
    )


@extends("Query")
class PopulationQuery:
    """Roots over the population database."""

    @lookup("personal_id", description="Một công dân theo số định danh (a citizen by number).")
    def citizen(self, personal_id: PersonalId) -> CitizenRef | None:
        """A citizen."""

    @lookup(
        "personal_id",
        description="Nhiều công dân theo số định danh, theo thứ tự yêu cầu; không có thì null (batch, in order).",
    )
    def citizens(self, personal_ids: list[PersonalId]) -> list[CitizenRef | None] | None:
        """Several citizens, in the order of the numbers."""

    @lookup(
        "residence_file_number",
        description="Hộ gia đình theo số hồ sơ cư trú (a household by its file number).",
    )
    def household(self, residence_file_number: str) -> Household | None:
        """A household."""

    @search(
        "Citizen",
        criteria={"name": NAME, "dateOfBirth": BORN, "provinceCode": PROVINCE},
        orders={
            "NAME": ("name_sort", "Citizen.birthName"),
            "DATE_OF_BIRTH": ("date_of_birth", "Citizen.dateOfBirth"),
        },
        description="Tìm công dân theo các điều kiện được phép (search by the criteria that are permitted).",
    )
    def search_citizens(
        self,
        filter: CitizenFilter,  # noqa: A002 - the argument's name in GraphQL
        order_by: CitizenOrder | None = None,
        first: int = 20,
        after: str | None = None,
    ) -> CitizenConnection | None:
        """A page of citizens."""

    @verify(
        "Citizen",
        criteria={"personalId": NUMBER, "fullName": WHOLE_NAME, "dateOfBirth": BORN_EXACTLY},
        description="Đối chiếu số định danh, họ tên, ngày sinh: chỉ trả lời khớp hay không (verification only).",
    )
    def verify_citizen(
        self, personal_id: PersonalId, full_name: str, date_of_birth: PartialDate
    ) -> Verification | None:
        """Whether the particulars agree."""

    @report(description="Đơn vị khai thác, hợp đồng, mục đích, trường được phép (who am I, what may I read).")
    def viewer(self) -> Viewer:
        """The caller and its contract."""
        raise NotImplementedError
