"""Cases, notices and concealment in the console: who sees what, what is done, and what a client's system sees."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auth.contract import Client
from auth.moments import VIETNAM
from tests.console.conftest import Site
from tests.process.duty import ALL_DUTIES
from tests.process.people import UNIT
from tests.process.test_cases import CASE, REPORT

CLIENT = "bao-loi-tren-trang"
NOTICES = "{ viewer { notices { kind text } } }"


@pytest.fixture(scope="module")
def client(site: Site) -> str:
    """A system of the unit whose contract carries every duty."""
    governance = site.service.governance
    like = governance.contracts["csgt"]
    contract = replace(
        like, contract_id=CLIENT, client=Client(UNIT, f"Đơn vị {UNIT}"), services=like.services | ALL_DUTIES
    )
    governance.install(contract)
    governance.contracts[CLIENT], governance.authorizations[CLIENT] = contract, governance.authorizations[UNIT]
    return CLIENT


@pytest.fixture(scope="module")
def citizen(site: Site) -> str:
    (row,) = site.service.governance.fetch("SELECT personal_id FROM population.citizen WHERE NOT protected LIMIT 1")
    return str(row["personal_id"])


def report(site: Site, client: str, citizen: str) -> str:
    """An error that the unit's system reports; the case's id."""
    variables = {"so": citizen, "truong": "Vehicle.plate", "sai": "Biển số <b>ghi nhầm</b>"}
    return str(site.service.answer(client, REPORT, variables)["reportDataError"]["id"])


def test_an_error_waits_for_the_owner_who_answers_it(site: Site, client: str, citizen: str) -> None:
    case_id = report(site, client, citizen)
    owner = site.of("owner")
    assert case_id in owner.get("/").text
    page = owner.get(f"/cases/{case_id}").text
    assert citizen in page
    assert "Biển số &lt;b&gt;ghi nhầm" in page
    assert owner.send(f"/cases/{case_id}/steps/take_up").status_code == 303
    refused = owner.send(f"/cases/{case_id}/steps/correct", reply="")
    assert (refused.status_code, "Không làm được việc này với hồ sơ" in refused.text) == (409, True)
    assert owner.send(f"/cases/{case_id}/messages", text="Đang xem hồ sơ gốc").status_code == 303
    assert owner.send(f"/cases/{case_id}/steps/correct", reply="Đã sửa tại nguồn").status_code == 303
    told = site.service.answer(client, CASE, {"id": case_id})["case"]
    assert (told["state"], told["entries"][-1]["message"]) == ("CORRECTED", "Đã sửa tại nguồn")
    assert case_id not in owner.get("/").text


def test_whom_a_case_is_about_is_for_those_who_handle_it(site: Site, client: str, citizen: str) -> None:
    case_id = report(site, client, citizen)
    for who in ("officer", "auditor"):
        page = site.of(who).get(f"/cases/{case_id}")
        assert page.status_code == 200
        assert citizen not in page.text
        assert "ghi nhầm" not in page.text
        assert site.of(who).send(f"/cases/{case_id}/steps/take_up").status_code in {403, 409}
    for who in ("stranger", "cyber"):
        assert site.of(who).get(f"/cases/{case_id}").status_code == 404
        assert case_id not in site.of(who).get("/cases").text


def test_an_officer_asks_for_support_and_the_agency_answers(site: Site, client: str) -> None:
    officer, operator = site.of("officer"), site.of("operator")
    form: dict[str, Any] = {"contract_id": client, "severity": "HIGH", "line": "Lỗi 503", "message": "Từ sáng nay"}
    opened = officer.send("/cases", **form)
    assert opened.status_code == 303
    (case_id,) = re.findall(r"/cases/([^?]+)", opened.headers["location"])
    assert "Lỗi 503" in operator.get(f"/cases/{case_id}").text
    assert operator.send(f"/cases/{case_id}/steps/answer", reply="Đã khởi động lại").status_code == 303
    page = officer.get(f"/cases/{case_id}").text
    assert "Đã khởi động lại" in page
    assert "Cao" in page
    assert officer.send(f"/cases/{case_id}/messages", text="Vẫn còn lỗi").status_code == 303
    assert "Vẫn còn lỗi" in operator.get(f"/cases/{case_id}").text
    assert case_id in operator.get("/cases?kind=SUPPORT&state=OPEN").text
    assert case_id not in operator.get("/cases?kind=DATA_ERROR").text
    assert officer.send("/cases", **form | {"contract_id": "csgt-tra-cuu"}).status_code == 404


def test_a_notice_comes_seven_working_days_ahead_or_says_why_not(site: Site, client: str) -> None:
    approver = site.of("approver")
    soon = datetime.now(UTC).astimezone(VIETNAM) + timedelta(days=1)
    form = {
        "kind": "MAINTENANCE",
        "starts_at": f"{soon:%Y-%m-%dT%H:%M}",
        "ends_at": f"{soon + timedelta(hours=2):%Y-%m-%dT%H:%M}",
        "text_vi": "Nâng cấp máy chủ trên trang",
        "text_en": "Server upgrade",
    }
    refused = approver.send("/notices", **form)
    assert (refused.status_code, "Nâng cấp máy chủ trên trang" in refused.text) == (422, True)
    assert approver.send("/notices", **form, force_majeure="Lỗ hổng nghiêm trọng").status_code == 303
    texts = [notice["text"] for notice in site.service.answer(client, NOTICES)["viewer"]["notices"]]
    assert "Nâng cấp máy chủ trên trang" in texts
    for who in ("officer", "reviewer"):
        assert "Nâng cấp máy chủ trên trang" in site.of(who).get("/").text
        assert site.of(who).send("/notices", **form, force_majeure="Không phải việc của tôi").status_code == 403
    number = max(map(int, re.findall(r"/notices/(\d+)/withdraw", approver.get("/notices").text)))
    assert approver.send(f"/notices/{number}/withdraw", reason="Hoãn lại").status_code == 303
    assert "Nâng cấp máy chủ trên trang" not in site.of("officer").get("/").text
    assert not site.service.answer(client, NOTICES)["viewer"]["notices"]


def test_an_approver_conceals_and_lifts_and_an_auditor_sees_it(site: Site, client: str) -> None:
    approver, auditor = site.of("approver"), site.of("auditor")
    now = datetime.now(UTC).astimezone(VIETNAM)
    form = {
        "contract_id": client,
        "starts_at": f"{now:%Y-%m-%dT%H:%M}",
        "ends_at": f"{now + timedelta(days=30):%Y-%m-%dT%H:%M}",
        "reason": "Phục vụ xác minh vụ việc",
    }
    assert approver.send("/concealments", **form | {"ends_at": form["starts_at"]}).status_code == 422
    assert approver.send("/concealments", **form).status_code == 303
    assert "Phục vụ xác minh vụ việc" in auditor.get("/concealments").text
    assert auditor.send("/concealments", **form).status_code == 403
    assert site.of("officer").get("/concealments").status_code == 403
    (number,) = re.findall(r"/concealments/(\d+)/lift", approver.get("/concealments").text)
    assert approver.send(f"/concealments/{number}/lift", reason="Đã xong").status_code == 303
    assert "Đã gỡ" in auditor.get("/concealments").text
