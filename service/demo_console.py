"""The demo's console: an account for every role, and a contract in every state, made by the process itself."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import orjson

from auth.process.accounts import Accounts
from auth.process.actors import Account, Role
from auth.process.completeness import Missing
from auth.process.dossier import Dossier
from auth.process.dossiers import Dossiers
from auth.process.moves import Moves
from auth.process.request import ConnectionRequest, parse_request
from graph.catalog import Catalog
from graph.schema import schema
from resolvers.examine import examiner_of

__all__ = ["Login", "logins_text", "prepare_console", "read_logins"]

UNIT = "mot-cua"
_OWNED = frozenset({"social_insurance", "health", "transport", "civil_status", "education"})
_ACCOUNTS = (
    Account("can-bo", "Cán bộ mẫu của đơn vị", frozenset({Role.UNIT_OFFICER}), client_id=UNIT),
    Account("tham-dinh", "Người thẩm định mẫu", frozenset({Role.REVIEWER})),
    Account("phe-duyet", "Người phê duyệt mẫu", frozenset({Role.APPROVER})),
    Account("an-ninh-mang", "Cán bộ an ninh mạng mẫu", frozenset({Role.CYBER_SECURITY})),
    Account("ky-thuat", "Cán bộ kỹ thuật nghiệp vụ mẫu", frozenset({Role.TECHNICAL_SECURITY})),
    Account("chu-quan", "Chủ quản dữ liệu mẫu", frozenset({Role.SOURCE_OWNER}), sources=_OWNED),
    Account("kiem-toan", "Kiểm toán viên mẫu", frozenset({Role.AUDITOR})),
    Account("van-hanh", "Người vận hành mẫu", frozenset({Role.OPERATOR})),
)
_BY_ID = {account.account_id: account for account in _ACCOUNTS}

_SUBMITTED = (("can-bo", "submit"),)
_REVIEWED = (*_SUBMITTED, ("tham-dinh", "take_up"))
_TESTED = (*_REVIEWED, ("tham-dinh", "admit_to_test"))
_CHECKED = (*_TESTED, ("tham-dinh", "send_to_security"))
_APPROVED = (
    *_CHECKED,
    ("an-ninh-mang", "find"),
    ("ky-thuat", "find"),
    ("chu-quan", "find"),
    ("phe-duyet", "approve"),
)
_ACTIVE = (*_APPROVED, ("van-hanh", "activate"))

# Title by contract; the way that it goes.
_DOSSIERS: Mapping[str, tuple[str, Sequence[tuple[str, str]]]] = {
    "mau-ban-thao": ("Đối chiếu chủ xe khi sang tên", ()),
    "mau-da-nop": ("Xác minh chủ xe khi cấp biển số", _SUBMITTED),
    "mau-can-bo-sung": ("Tra cứu chủ xe vi phạm", (*_REVIEWED, ("tham-dinh", "send_back"))),
    "mau-tham-dinh": ("Xác minh chủ xe kinh doanh vận tải", _REVIEWED),
    "mau-thu-nghiem": ("Đối chiếu xe đưa đón học sinh", _TESTED),
    "mau-an-ninh": ("Xác minh chủ xe khi đăng kiểm", _CHECKED),
    "mau-da-duyet": ("Xác minh chủ xe khi thu phí", _APPROVED),
    "mau-hieu-luc": ("Xác minh chủ xe khi đấu giá biển số", _ACTIVE),
    "mau-dinh-chi": ("Tra cứu chủ xe tại bãi giữ", (*_ACTIVE, ("phe-duyet", "suspend"))),
    "mau-cham-dut": ("Xác minh chủ xe, hệ thống cũ", (*_ACTIVE, ("phe-duyet", "terminate"))),
    "mau-het-han": ("Rà soát chủ xe, đợt năm trước", _APPROVED),
    "mau-tu-choi": ("Tra cứu mọi chủ xe", (*_REVIEWED, ("phe-duyet", "reject"))),
    "mau-da-rut": ("Xác minh chủ xe, nộp nhầm", (*_SUBMITTED, ("can-bo", "withdraw"))),
    "mau-thay-the": ("Xác minh chủ xe khi cấp lại đăng ký", _ACTIVE),
}
_REASONS = {
    "send_back": "Bổ sung biên bản kiểm tra an toàn và giải trình trường biển số.",
    "suspend": "Phát hiện lưu lượng bất thường, tạm dừng để đơn vị kiểm tra.",
    "terminate": "Đơn vị đã chuyển sang hệ thống mới.",
    "reject": "Phạm vi vượt quá nhiệm vụ được giao.",
    "withdraw": "Nộp nhầm hồ sơ.",
}


@dataclass(frozen=True, slots=True)
class Login:
    """An account of the demo and its password, which is random and holds for this demo only."""

    account: str
    name: str
    roles: Sequence[str]
    password: str


async def prepare_console(process_url: str, *, known: bool) -> list[Login]:
    """Make the accounts, unless they and their passwords are `known`, and contracts not there yet; the new logins."""
    pool = await asyncpg.create_pool(process_url, min_size=0, max_size=2)
    made: list[Login] = []
    try:
        accounts = Accounts(pool)
        there = {account.account_id for account in await accounts.list()}
        if not known or not there >= set(_BY_ID):
            made = [Login(a.account_id, a.name, [role.value for role in a.roles], _password()) for a in _ACCOUNTS]
            for login in made:
                await accounts.create("demo", _BY_ID[login.account], login.password)
        await _Walk(pool).all()
    finally:
        await pool.close()
    return made


def read_logins(path: Path) -> list[Login]:
    """The accounts of a demo that was prepared."""
    return [Login(**login) for login in orjson.loads(path.read_bytes())]


def logins_text(logins: Sequence[Login]) -> bytes:
    """The file of the logins."""
    return orjson.dumps(logins, option=orjson.OPT_INDENT_2)


def _password() -> str:
    return secrets.token_urlsafe(12)


async def _nothing_open(_connection: Any, _dossier: Dossier) -> Sequence[Missing]:
    """The conformance list of contracts that no client has tested: the demo takes it as ticked off."""
    return []


class _Walk:
    """Takes dossiers along their ways, each step by the account whose step it is."""

    def __init__(self, pool: asyncpg.Pool[Any]) -> None:
        examiner = examiner_of(Catalog.of(schema))
        self._dossiers = Dossiers(pool, examiner)
        self._moves = Moves(pool, examiner, _nothing_open)

    async def all(self) -> None:
        """Every dossier that is not there yet."""
        officer = _BY_ID["can-bo"]
        there = {summary.contract_id for summary in await self._dossiers.list(officer)}
        for contract_id, (title, way) in _DOSSIERS.items():
            if contract_id in there:
                continue
            await self._take(contract_id, _request(title, over=contract_id == "mau-het-han"), way)
            if contract_id == "mau-thay-the":
                await self._take(contract_id, _request(title), way)
        await self._moves.expire()

    async def _take(self, contract_id: str, request: ConnectionRequest, way: Sequence[tuple[str, str]]) -> None:
        dossier = await self._dossiers.open(_BY_ID["can-bo"], contract_id, request)
        identity = (contract_id, dossier.version)
        for who, move in way:
            actor = _BY_ID[who]
            if move == "find":
                source = "transport" if who == "chu-quan" else None
                await self._moves.find(actor, *identity, passed=True, note="Đạt yêu cầu.", source=source)
            else:
                await self._moves.move(actor, *identity, move, reason=_REASONS.get(move))


def _request(title: str, *, over: bool = False) -> ConnectionRequest:
    """A complete request; one that is `over` ended yesterday."""
    today = datetime.now(UTC).date()
    last = today - timedelta(days=2) if over else today + timedelta(days=365)
    return parse_request(_contents(title, last - timedelta(days=366), last))


def _contents(title: str, first: date, last: date) -> dict[str, Any]:
    fields = {
        "Citizen.personalId": "Khóa tra cứu theo giấy tờ mà chủ xe xuất trình.",
        "Citizen.birthName": "Đối chiếu họ tên chủ xe với giấy tờ.",
        "PersonName.full": "Đối chiếu họ tên chủ xe với giấy tờ.",
        "Citizen.dateOfBirth": "Phân biệt người trùng họ tên.",
        "Citizen.vehicles": "Tìm xe đứng tên người làm thủ tục.",
        "Vehicle.plate": "Đối chiếu biển số với hồ sơ xe.",
    }
    return {
        "title": title,
        "unit_code": UNIT,
        "unit_name": "Đơn vị mẫu (bịa, chỉ để dùng thử)",
        "mandate": "Tiếp nhận và giải quyết thủ tục về phương tiện theo phân cấp.",
        "system_name": "Hệ thống một cửa mẫu",
        "system_kind": "Hệ thống thông tin giải quyết thủ tục hành chính",
        "officers": [
            {"name": "Cán bộ mẫu", "position": "Chuyên viên", "phone": "0240000000", "email": "can-bo@example.vn"}
        ],
        "purposes": [
            {"code": "XAC_MINH_CHU_XE", "text": "Xác minh chủ phương tiện", "legal_basis": "Luật số 36/2024/QH15"}
        ],
        "fields": [
            {
                "field": field,
                "purpose": "XAC_MINH_CHU_XE",
                "justification": why,
                "filter": field == "Citizen.personalId",
            }
            for field, why in fields.items()
        ],
        "services": ["citizen", "viewer"],
        "technical_description": "Hai máy chủ ứng dụng sau tường lửa, kết nối qua mạng truyền số liệu chuyên dùng.",
        "reciprocal_sharing": "Chia sẻ lại thay đổi về chủ phương tiện sau khi giải quyết thủ tục.",
        "security_level": 3,
        "inspections": [{"body": "Đơn vị kiểm tra mẫu", "on": str(first - timedelta(days=30)), "result": "Đạt"}],
        "valid_from": str(first),
        "valid_to": str(last),
        "limits": {"requests_per_minute": 120, "subjects_per_day": 2_000},
    }
