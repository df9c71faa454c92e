"""Notices: who publishes them, how far ahead, and what a client sees of them over HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from auth.moments import VIETNAM
from auth.notices import Notice
from auth.process.errors import NoticeRefusedError, RoleRequiredError
from auth.process.notices import Notices
from auth.working_days import after_working_days
from service.embedded import EmbeddedServers
from tests.process.people import PEOPLE
from tests.running import Governance, RunningService, run

QUERY = "{ viewer { notices { id kind startsAt endsAt text textEn forceMajeure publishedAt } } }"
CONTRACT = "benh-vien-kham-chua-benh"


class Board:
    """`Notices` for tests that are no coroutines: each call has a pool of its own."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __getattr__(self, name: str) -> Any:
        return lambda *given: run(self._call(name, *given))

    async def _call(self, name: str, *given: Any) -> Any:
        pool = await asyncpg.create_pool(self.url, min_size=0, max_size=1)
        try:
            return await getattr(Notices(pool), name)(*given)
        finally:
            await pool.close()


@pytest.fixture(scope="module")
def notices(databases: EmbeddedServers) -> Board:
    return Board(databases.postgres_url("lienthong_process"))


def maintenance(**changes: Any) -> Notice:
    start = datetime.now(UTC) + timedelta(days=40)
    planned = Notice("MAINTENANCE", start, "Bảo trì máy chủ", "Server maintenance", start + timedelta(hours=2))
    return replace(planned, **changes)


def seen(service: RunningService, client: str) -> list[Any]:
    notices: list[Any] = service.answer(client, QUERY)["viewer"]["notices"]
    return notices


def test_a_notice_to_all_reaches_every_client_until_it_is_withdrawn(
    notices: Board, service: RunningService, governance: Governance
) -> None:
    published = notices.publish(PEOPLE["operator"], maintenance())
    for client in ("benh-vien", "csgt"):
        (told,) = [notice for notice in seen(service, client) if notice["id"] == str(published.notice_id)]
        assert told["kind"] == "MAINTENANCE"
        assert told["text"] == "Bảo trì máy chủ"
        assert told["textEn"] == "Server maintenance"
        assert datetime.fromisoformat(told["startsAt"]) == published.starts_at
        assert told["forceMajeure"] is None
    assert published.notice_id is not None
    withdrawn = notices.withdraw(PEOPLE["approver"], published.notice_id, "Hoãn bảo trì")
    assert withdrawn.withdrawal == "Hoãn bảo trì"
    assert str(published.notice_id) not in [notice["id"] for notice in seen(service, "csgt")]
    with pytest.raises(NoticeRefusedError):
        notices.withdraw(PEOPLE["approver"], published.notice_id, "Lần nữa")
    acts = governance.fetch(
        "SELECT operation_name, actor, note FROM governance.audit_entry WHERE operation_name LIKE 'notice.%' "
        "AND note LIKE $1 ORDER BY sequence",
        f"{published.notice_id} %",
    )
    assert [(act["operation_name"], act["actor"]) for act in acts] == [
        ("notice.publish", "van-hanh@lienthong_process"),
        ("notice.withdraw", "phe-duyet@lienthong_process"),
    ]
    assert acts[1]["note"].endswith("to all: Hoãn bảo trì")


def test_a_suspension_is_told_to_the_contracts_that_it_names(notices: Board, service: RunningService) -> None:
    suspension = maintenance(kind="SUSPENSION", ends_at=None, contracts=(CONTRACT,))
    with pytest.raises(RoleRequiredError):
        notices.publish(PEOPLE["operator"], suspension)
    published = notices.publish(PEOPLE["approver"], suspension)
    assert published.notice_id is not None
    assert [notice["kind"] for notice in seen(service, "benh-vien")] == ["SUSPENSION"]
    assert seen(service, "csgt") == []
    assert published in notices.list(PEOPLE["auditor"])
    assert published not in notices.list(PEOPLE["stranger"])
    notices.withdraw(PEOPLE["approver"], published.notice_id, "Đã khắc phục")


def test_what_comes_too_early_needs_a_reason_of_force_majeure(notices: Board, service: RunningService) -> None:
    soon = datetime.now(UTC) + timedelta(hours=3)
    early = maintenance(starts_at=soon, ends_at=soon + timedelta(hours=1))
    with pytest.raises(NoticeRefusedError, match="7 working days ahead") as refused:
        notices.publish(PEOPLE["operator"], early)
    assert datetime.fromisoformat(refused.value.details["earliest"]) == after_working_days(datetime.now(UTC), 7, ())
    published = notices.publish(PEOPLE["operator"], replace(early, force_majeure="Bão số 5"))
    assert published.notice_id is not None
    assert [notice["forceMajeure"] for notice in seen(service, "csgt")] == ["Bão số 5"]
    notices.withdraw(PEOPLE["operator"], published.notice_id, "Bão đã tan")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"text_vi": " "}, "texts"),
        ({"text_en": "x" * 2_001}, "texts"),
        ({"ends_at": None}, "maintenance has an end"),
        ({"ends_at": datetime(2020, 1, 1, tzinfo=UTC)}, "end after it starts"),
        ({"contracts": ()}, "names contracts"),
        ({"contracts": ("khong-co",)}, "no contract `khong-co`"),
        ({"kind": "SUSPENSION"}, "names its contracts"),
        ({"kind": "EXPIRY"}, "MAINTENANCE or of SUSPENSION"),
    ],
)
def test_a_notice_that_lacks_something_is_refused(notices: Board, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(NoticeRefusedError, match=message):
        notices.publish(PEOPLE["approver"], maintenance(**changes))


@pytest.mark.parametrize("who", sorted(set(PEOPLE) - {"operator", "approver", "both"}))
def test_nobody_else_publishes_or_withdraws(notices: Board, governance: Governance, who: str) -> None:
    assert governance.contracts
    with pytest.raises(RoleRequiredError):
        notices.publish(PEOPLE[who], maintenance())
    published = notices.publish(PEOPLE["operator"], maintenance())
    assert published.notice_id is not None
    with pytest.raises(RoleRequiredError):
        notices.withdraw(PEOPLE[who], published.notice_id, "x")
    stands = notices.withdraw(PEOPLE["operator"], published.notice_id, "Kiểm thử")
    assert stands.withdrawal == "Kiểm thử"


def test_a_contract_near_its_end_is_told_so(service: RunningService, governance: Governance) -> None:
    near = datetime.now(UTC) + timedelta(days=10)
    contract = governance.contracts["csgt"]
    expiring = replace(contract, contract_id="csgt-sap-het", client=replace(contract.client, client_id="csgt-sap-het"))
    governance.install(replace(expiring, valid_to=near))
    (told,) = seen(service, "csgt-sap-het")
    assert told["kind"] == "EXPIRY"
    assert told["id"] is None
    assert datetime.fromisoformat(told["startsAt"]) == near
    assert f"{near.astimezone(VIETNAM):%d/%m/%Y}" in told["text"]


@pytest.mark.parametrize(
    ("moment", "holidays", "expected"),
    [
        # Thursday evening in Việt Nam: Fri, Mon-Fri, Mon count.
        ("2026-11-26T12:00+00:00", [], "2026-12-08"),
        # It is Friday already in Việt Nam: Mon-Fri, Mon, Tue count.
        ("2026-11-26T20:00+00:00", [], "2026-12-09"),
        ("2026-11-26T12:00+00:00", [date(2026, 11, 30)], "2026-12-09"),
        # Two fixed holidays in a row are no working days, and need not be given.
        ("2026-04-28T02:00+00:00", [], "2026-05-12"),
    ],
)
def test_working_days_leave_out_weekends_and_holidays(moment: str, holidays: list[date], expected: str) -> None:
    found = after_working_days(datetime.fromisoformat(moment), 7, holidays)
    assert found.isoformat() == f"{expected}T00:00:00+07:00"
