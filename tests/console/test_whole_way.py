"""A contract's whole life in a real browser, by everybody who takes part, with a real client in between."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from samples.personas import person
from tests.console.browsing import browsing, photograph
from tests.console.conftest import PASSWORD, Site
from tests.process.people import PEOPLE
from tests.process.test_whole_way import NARROW, QUERY, codes, eventually, someone_with_a_vehicle

pytestmark = [pytest.mark.browser, pytest.mark.lengthy]

CONTRACT = "chu-xe-tren-trang"
FULL = person("FULL")
TODAY = datetime.now(UTC).date()


@dataclass
class Office:
    """Everybody's browser, and the client's requests."""

    site: Site
    fresh: Callable[[], Page]
    version: int = 1
    pages: dict[str, Page] = field(default_factory=dict)

    def at(self, who: str, path: str = "") -> Page:
        """Somebody's browser, signed in, at a page of the contract's."""
        if who not in self.pages:
            page = self.pages[who] = self.fresh()
            page.goto(f"{self.site.service.url}/console")
            page.get_by_label("Tài khoản").fill(PEOPLE[who].account_id)
            page.get_by_label("Mật khẩu").fill(PASSWORD)
            page.keyboard.press("Enter")
            expect(page.get_by_role("heading", name="Việc đang chờ tôi")).to_be_visible()
        page = self.pages[who]
        page.goto(f"{self.site.service.url}/console/contracts/{CONTRACT}/{path or self.version}")
        return page

    def step(self, who: str, name: str, state: str, reason: str | None = None) -> None:
        """Take a step on the dossier's page."""
        page = self.at(who)
        if reason is not None:
            page.locator("details.move, form.move details").get_by_text(name, exact=False).first.click()
            page.locator("textarea[name=reason]:visible").fill(reason)
        page.get_by_role("button", name=name).first.click()
        expect(page.locator(".facts")).to_contain_text(state)
        photograph(page, f"whole-{self.version}-{who}-{name}")

    def agree(self, who: str) -> None:
        """Record a finding in favour."""
        page = self.at(who)
        page.locator("input[name=passed][value=yes]").check()
        page.locator("textarea[name=note]").fill("Đã kiểm tra, đạt yêu cầu")
        page.get_by_role("button", name="Ghi ý kiến").click()
        expect(page.get_by_role("status").first).to_contain_text("Đã ghi ý kiến")

    def key(self, environment: str) -> str:
        """Have a key issued, and copy it from the page."""
        page = self.at("officer", "keys")
        page.locator(f"input[name=environment][value={environment}]").check()
        page.get_by_role("button", name="Cấp khóa").click()
        key = page.locator("#new-key").inner_text()
        photograph(page, f"whole-key-{environment}")
        return key

    def ask(self, key: str, query: str, path: str = "/graphql", **variables: Any) -> httpx.Response:
        """Ask as the unit's system does."""
        return httpx.post(
            f"{self.site.service.url}{path}",
            json={"query": query, "variables": variables},
            headers={"authorization": key, "accept": "application/graphql-response+json"},
            timeout=30,
        )

    def test(self, query: str) -> None:
        """What the conformance list asks for, in the sandbox; the page then shows every item as done."""
        key, path = self.key("sandbox"), "/sandbox/graphql"
        for asked in (FULL, person("SPECIALISED_DOWN"), person("REGISTER_DOWN")):
            self.ask(key, query, path, id=asked.number)
        self.ask(key, query.replace("birthName { full }", "bloodGroup"), path, id=FULL.number)
        self.ask(key, query, path, id="12")
        self.ask(self.key("expired"), query, path, id=FULL.number)
        many = " ".join(f'a{n}: citizen(personalId: "{FULL.number}") {{ __typename }}' for n in range(99))
        self.ask(key, f"{{ {many} }}", path)
        page = self.at("officer")
        expect(page.locator(".ticks li.done").first).to_be_visible()
        expect(page.locator(".ticks li.open")).to_have_count(0)
        photograph(page, f"whole-{self.version}-tested")


@pytest.fixture
def office(site: Site) -> Iterator[Office]:
    """The office before anybody has come."""
    with browsing(site.service.url) as fresh:
        yield Office(site, fresh)


def test_a_contract_goes_its_whole_way_in_the_browser(office: Office) -> None:
    citizen = someone_with_a_vehicle(office.site.databases)
    open_and_submit(office)
    office.step("reviewer", "Nhận thẩm định", "Đang thẩm định")
    office.step("reviewer", "Yêu cầu bổ sung", "Cần bổ sung", reason="Nêu rõ hơn nhiệm vụ")
    page = office.at("officer", "1/request/unit")
    page.locator("[name=mandate]").fill("Quản lý đăng ký phương tiện trên địa bàn tỉnh")
    page.get_by_role("button", name="Lưu và sang phần sau").click()
    examine(office, QUERY, ("cyber", "technical", "owner"))
    office.step("operator", "Cho hiệu lực", "Đang hiệu lực")

    production = office.key("production")
    assert not codes(office.ask(production, QUERY, id=citizen))

    narrow(office)
    eventually(lambda: codes(office.ask(production, QUERY, id=citizen)) == ["GRAPHQL_VALIDATION_FAILED"])
    assert not codes(office.ask(production, NARROW, id=citizen))

    office.step("approver", "Tạm đình chỉ", "Tạm đình chỉ", reason="Kiểm tra sau sự cố")
    eventually(lambda: codes(office.ask(production, NARROW, id=citizen)) == ["CONTRACT_NOT_ACTIVE"])
    office.step("approver", "Khôi phục", "Đang hiệu lực", reason="Sự cố đã được khắc phục")
    eventually(lambda: not codes(office.ask(production, NARROW, id=citizen)))
    office.step("approver", "Chấm dứt", "Đã chấm dứt", reason="Đơn vị thôi quản lý hệ thống")
    eventually(lambda: codes(office.ask(production, NARROW, id=citizen)) == ["CONTRACT_NOT_ACTIVE"])
    page = office.at("auditor")
    expect(page.get_by_text("Kiểm tra sau sự cố")).to_be_visible()
    photograph(page, "whole-history")


def open_and_submit(office: Office) -> None:
    """The officer opens the dossier, is told all that is missing, fills it in and submits it."""
    url = office.site.service.url
    page = office.at("officer", "keys")
    page.goto(f"{url}/console/contracts/new")
    page.get_by_label("Mã hợp đồng").fill(CONTRACT)
    page.get_by_role("button", name="Lập hồ sơ").click()
    page.wait_for_url(re.compile(f"{CONTRACT}/1"))
    page = office.at("officer")
    page.get_by_role("button", name="Nộp hồ sơ").click()
    expect(page.get_by_role("alert")).to_contain_text("còn thiếu")
    photograph(page, "whole-missing")
    parts: dict[str, dict[str, str]] = {
        "unit": {
            "title": "Xác minh chủ xe",
            "mandate": "Quản lý phương tiện",
            "system_name": "Hệ thống quản lý phương tiện",
            "system_kind": "Hệ thống thông tin",
            "officers.0.name": "Cán bộ mẫu",
            "officers.0.position": "Chuyên viên",
            "officers.0.phone": "0240000000",
            "officers.0.email": "a@example.vn",
        },
        "purposes": {
            "purposes.0.code": "XAC_MINH",
            "purposes.0.text": "Xác minh chủ xe khi đăng ký",
            "purposes.0.legal_basis": "Luật 36/2024/QH15",
            "reciprocal_sharing": "Biến động chủ phương tiện",
        },
        "fields": {"common": "Đối chiếu chủ xe với hồ sơ đăng ký"},
        "security": {
            "technical_description": "Một máy chủ ứng dụng trong mạng riêng",
            "inspections.0.body": "Đơn vị kiểm tra",
            "inspections.0.on": str(TODAY - timedelta(days=30)),
            "inspections.0.result": "Đạt cấp độ 3",
        },
        "terms": {"valid_from": str(TODAY - timedelta(days=1)), "valid_to": str(TODAY + timedelta(days=300))},
    }
    for part, values in parts.items():
        page.goto(f"{url}/console/contracts/{CONTRACT}/1/request/{part}")
        for name, value in values.items():
            page.locator(f'[name="{name}"]').fill(value)
        if part == "purposes":
            page.locator('input[name=services][value="citizen"]').check()
        if part == "fields":
            for box in ("read:Citizen.personalId", "filter:Citizen.personalId", "read:Citizen.birthName"):
                page.locator(f'[name="{box}"]').check()
            for kind, box in (("PersonName", "read:PersonName.full"), ("Vehicle", "read:Vehicle.plate")):
                page.locator("details.kind > summary").filter(has_text=re.compile(rf"\b{kind}\b")).first.click()
                page.locator(f'[name="{box}"]').check()
            page.locator('[name="read:Citizen.vehicles"]').check()
        if part == "security":
            page.locator("[name=security_level]").select_option("3")
        photograph(page, f"whole-request-{part}")
        page.locator("button[name=then][value=next]").click()
        expect(page.get_by_role("status").first).to_contain_text("Đã lưu")
    office.step("officer", "Nộp hồ sơ", "Đã nộp")


def examine(office: Office, query: str, bodies: tuple[str, ...]) -> None:
    """From submission to approval."""
    office.step("officer", "Nộp hồ sơ", "Đã nộp")
    office.step("reviewer", "Nhận thẩm định", "Đang thẩm định")
    office.step("reviewer", "Cho thử nghiệm", "Thử nghiệm kỹ thuật")
    office.test(query)
    office.step("reviewer", "Chuyển kiểm tra an ninh", "Kiểm tra an ninh")
    for who in bodies:
        office.agree(who)
    office.step("approver", "Phê duyệt", "Đã phê duyệt")


def narrow(office: Office) -> None:
    """The next version, without the vehicles."""
    page = office.at("officer")
    page.get_by_role("button", name="Lập bản kế tiếp").click()
    page.wait_for_url(re.compile(f"{CONTRACT}/2"))
    office.version = 2
    page = office.at("officer", "2/request/fields")
    page.locator('[name="read:Citizen.vehicles"]').uncheck()
    page.locator('[name="read:Vehicle.plate"]').uncheck()
    page.locator("button[name=then][value=next]").click()
    expect(page.get_by_role("status").first).to_contain_text("Đã lưu")
    examine(office, NARROW, ("cyber", "technical"))
    photograph(office.at("approver"), "whole-comparison")
    office.step("operator", "Cho hiệu lực", "Đang hiệu lực")
