"""The dossiers of a demo: a contract in every state.

Nothing is written past the process: requests are submitted, tested in the sandbox by real requests, found, approved and
activated by the accounts whose part that is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

import httpx
from starlette.applications import Starlette

from auth.moments import VIETNAM
from auth.notices import Notice
from auth.process.case import Channel, Severity
from auth.process.opening import Opening
from samples.personas import person
from service.demo.people import PEOPLE
from service.demo.request import sample_request
from service.process import Process

__all__ = ["prepare_dossiers"]

_QUERY = "query($so: PersonalId!) { citizen(personalId: $so) { birthName { full } vehicles { plate } } }"
_REPORT = """mutation($so: PersonalId!) {
  reportDataError(personalId: $so, field: "Vehicle.plate", problem: "Biển số không khớp giấy đăng ký xe",
                  evidence: "Giấy đăng ký xe do chủ xe xuất trình", reference: "MAU-1") { id }
}"""
_ACTIVE = "mau-hieu-luc"
_DENIED = "query($so: PersonalId!) { citizen(personalId: $so) { bloodGroup } }"


async def prepare_dossiers(app: Starlette, process: Process, citizen: str) -> None:
    """Bring one dossier into each state. `app` serves both environments.

    An error is reported in the data of `citizen`, by the number of an invented one; support is asked for, and a notice
    published.
    """
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://demo") as client:
        walk = _Walk(process, client)
        for state, (words, ways) in _STATES.items():
            await walk.open(f"mau-{state}", f"Xác minh chủ xe, hồ sơ mẫu {words}")
            for way in ways:
                await way(walk)
        await walk.report(citizen)
    await _announce(process)
    # One of them ends today: for it alone the clock is put forward.
    await process.moves.expire(datetime.now(VIETNAM) + timedelta(days=2))


class _Walk:
    """One dossier after the other on its way."""

    def __init__(self, process: Process, client: httpx.AsyncClient) -> None:
        self._process = process
        self._client = client
        self._identity = ("", 0)

    async def open(self, contract_id: str, title: str) -> None:
        """Begin a dossier, or its next version."""
        request = sample_request(title, days=0 if contract_id.endswith("het-han") else 365)
        dossier = await self._process.dossiers.open(PEOPLE["officer"], contract_id, request)
        self._identity = (dossier.contract_id, dossier.version)

    async def go(self, who: str, move: str, reason: str | None = None) -> None:
        """Take a step as somebody."""
        await self._process.moves.move(PEOPLE[who], *self._identity, move, reason=reason)

    async def find(self, who: str, note: str, source: str | None = None) -> None:
        """Find in its favour as somebody."""
        await self._process.moves.find(PEOPLE[who], *self._identity, passed=True, note=note, source=source)

    async def test(self) -> None:
        """Do what the conformance list asks for, as the unit's own system."""
        key = await self._key()
        for code in ("FULL", "SPECIALISED_DOWN"):
            await self._ask(key, _QUERY, person(code).number)
        await self._ask(key, _DENIED, person("FULL").number)
        await self._ask(key, _QUERY, "12")
        await self._ask(await self._key(expired=True), _QUERY, person("FULL").number)
        number = person("FULL").number
        many = " ".join(f'a{n}: citizen(personalId: "{number}") {{ __typename }}' for n in range(60))
        await self._ask(key, f"{{ {many} }}", number)

    async def report(self, citizen: str) -> None:
        """Report an error in data as the unit's system does, and ask for help as its officer."""
        key = await self._process.keys.issue(PEOPLE["officer"], _ACTIVE, "production", days=90)
        answer = await self._client.post(
            "/graphql",
            json={"query": _REPORT, "variables": {"so": citizen}},
            headers={"authorization": key.authorization},
        )
        assert "errors" not in answer.json(), answer.text
        line, words = "Thêm địa chỉ máy chủ", "Đơn vị đổi đường truyền từ tháng sau, nhờ hướng dẫn các bước."
        opening = Opening.support(line, words, Channel.CONSOLE, Severity.NORMAL)
        await self._process.cases.open_support(PEOPLE["officer"], _ACTIVE, opening)

    async def _key(self, *, expired: bool = False) -> str:
        issued = await self._process.keys.issue(
            PEOPLE["officer"], self._identity[0], "sandbox", days=90, expired=expired
        )
        return issued.authorization

    async def _ask(self, key: str, query: str, number: str) -> None:
        await self._client.post(
            "/sandbox/graphql", json={"query": query, "variables": {"so": number}}, headers={"authorization": key}
        )


async def _announce(process: Process) -> None:
    starts = process.notices.earliest(datetime.now(UTC)) + timedelta(hours=1)
    notice = Notice(
        "MAINTENANCE",
        starts,
        "Nâng cấp cơ sở dữ liệu giao thông; các trường của nguồn này có thể là null.",
        "The transport database is upgraded; its fields may be null.",
        ends_at=starts + timedelta(hours=2),
    )
    await process.notices.publish(PEOPLE["operator"], notice)


_Way = Callable[[_Walk], Awaitable[None]]


async def _submitted(walk: _Walk) -> None:
    await walk.go("officer", "submit")


async def _reviewed(walk: _Walk) -> None:
    await walk.go("reviewer", "take_up")


async def _sent_back(walk: _Walk) -> None:
    await walk.go("reviewer", "send_back", "Nêu rõ hơn vì sao cần biển số xe")


async def _admitted(walk: _Walk) -> None:
    await walk.go("reviewer", "admit_to_test")


async def _tested(walk: _Walk) -> None:
    await walk.test()
    await walk.go("reviewer", "send_to_security")


async def _approved(walk: _Walk) -> None:
    await walk.find("cyber", "Hệ thống đạt cấp độ 3")
    await walk.find("technical", "Đường truyền riêng đạt yêu cầu")
    await walk.find("owner", "Đồng ý cho đọc biển số", "transport")
    await walk.go("approver", "approve")


async def _activated(walk: _Walk) -> None:
    await walk.go("operator", "activate")


async def _suspended(walk: _Walk) -> None:
    await walk.go("approver", "suspend", "Hệ thống của đơn vị đang được kiểm tra sau sự cố")


async def _ended(walk: _Walk) -> None:
    await walk.go("approver", "terminate", "Đơn vị thôi quản lý hệ thống này")


async def _rejected(walk: _Walk) -> None:
    await walk.go("approver", "reject", "Mục đích không cần đến dữ liệu này")


async def _withdrawn(walk: _Walk) -> None:
    await walk.go("officer", "withdraw", "Đơn vị chưa bố trí được hệ thống")


async def _replaced(walk: _Walk) -> None:
    await walk.open("mau-co-ban-moi", "Xác minh chủ xe, hồ sơ mẫu, bản thay thế")
    for way in (_submitted, _reviewed, _admitted, _tested, _approved, _activated):
        await way(walk)


_TO_APPROVED: tuple[_Way, ...] = (_submitted, _reviewed, _admitted, _tested, _approved)
_STATES: Mapping[str, tuple[str, tuple[_Way, ...]]] = {
    "bi-tu-choi": ("bị từ chối", (_submitted, _reviewed, _rejected)),
    "da-rut": ("đã rút", (_submitted, _withdrawn)),
    "het-han": ("hết thời hạn", _TO_APPROVED),
    "cham-dut": ("đã chấm dứt", (*_TO_APPROVED, _activated, _ended)),
    "co-ban-moi": ("đã có bản thay thế", (*_TO_APPROVED, _activated, _replaced)),
    "dinh-chi": ("tạm đình chỉ", (*_TO_APPROVED, _activated, _suspended)),
    "hieu-luc": ("đang hiệu lực", (*_TO_APPROVED, _activated)),
    "da-duyet": ("đã phê duyệt", _TO_APPROVED),
    "an-ninh": ("đang kiểm tra an ninh", (_submitted, _reviewed, _admitted, _tested)),
    "thu-nghiem": ("đang thử nghiệm", (_submitted, _reviewed, _admitted)),
    "tham-dinh": ("đang thẩm định", (_submitted, _reviewed)),
    "bo-sung": ("cần bổ sung", (_submitted, _reviewed, _sent_back)),
    "da-nop": ("đã nộp", (_submitted,)),
    "ban-thao": ("còn là bản thảo", ()),
}
"""A dossier's name -> what it is, and the way it goes; the last is the one that was touched last."""
