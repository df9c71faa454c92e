"""The console in a real browser, by keyboard alone: sign in, fill in a request, submit it; nothing leaves it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.console.browsing import browsing, photograph
from tests.console.conftest import PASSWORD, Site


@pytest.fixture
def page(site: Site) -> Iterator[Page]:
    """A page of somebody who has not signed in."""
    with browsing(site.service.url) as fresh:
        page = fresh()
        yield page
        photograph(page, "last")


def reach(page: Page, wanted: Locator) -> None:
    """Press Tab until something has the focus."""
    expect(wanted).to_have_count(1)
    for _ in range(700):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} cannot be reached by keyboard")


def type_into(page: Page, label: str, text: str) -> None:
    reach(page, page.get_by_label(label, exact=False).first)
    page.keyboard.type(text)


def press(page: Page, name: str) -> None:
    reach(page, page.get_by_role("button", name=name).first)
    page.keyboard.press("Enter")


def sign_in(page: Page, site: Site) -> None:
    page.goto(f"{site.service.url}/console")
    expect(page.get_by_role("heading", name="Đăng nhập")).to_be_visible()
    page.keyboard.type("can-bo")
    type_into(page, "Mật khẩu", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Việc đang chờ tôi")).to_be_visible()


def test_a_request_is_filled_in_by_keyboard_and_submitted(page: Page, site: Site) -> None:
    sign_in(page, site)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Đến nội dung chính")).to_be_focused()
    page.keyboard.press("Enter")
    reach(page, page.get_by_role("link", name="Lập hồ sơ mới"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Mã hợp đồng")).to_be_focused()
    page.keyboard.type("bang-ban-phim")
    page.keyboard.press("Enter")

    press(page, "Nộp hồ sơ")
    expect(page.get_by_role("alert")).to_contain_text("Ngày kết thúc còn thiếu")
    photograph(page, "missing")
    reach(page, page.get_by_role("link", name="Tên hồ sơ còn thiếu"))
    page.keyboard.press("Enter")

    for label, text in [
        ("Tên hồ sơ", "Tra cứu chủ xe"),
        ("Chức năng, nhiệm vụ", "Quản lý phương tiện"),
        ("Hệ thống thông tin", "Hệ thống quản lý phương tiện"),
        ("Loại hệ thống", "Hệ thống thông tin"),
        ("Họ tên", "Cán bộ mẫu"),
        ("Chức vụ", "Chuyên viên"),
        ("Điện thoại", "0240000000"),
        ("Thư điện tử", "a@example.vn"),
    ]:
        type_into(page, label, text)
    press(page, "Lưu và sang phần sau")

    expect(page.get_by_role("status").first).to_contain_text("Đã lưu")
    for label, text in [
        ("Mã (chữ in hoa", "XAC_MINH"),
        ("Nội dung", "Xác minh chủ xe"),
        ("Căn cứ pháp lý", "Luật 36/2024/QH15"),
    ]:
        type_into(page, label, text)
    reach(page, page.locator('input[name="services"][value="citizen"]'))
    page.keyboard.press("Space")
    type_into(page, "Thông tin chia sẻ ngược", "Biến động chủ phương tiện")
    press(page, "Lưu và sang phần sau")

    type_into(page, "Giải trình chung", "Cần để xác minh chủ xe")
    for coordinate in ("read:Citizen.personalId", "filter:Citizen.personalId", "read:Citizen.dateOfBirth"):
        reach(page, page.locator(f'input[name="{coordinate}"]'))
        page.keyboard.press("Space")
    reach(page, page.locator('input[name="why:Citizen.dateOfBirth"]'))
    page.keyboard.type("Đối chiếu với đăng ký xe")
    page.keyboard.press("Enter")

    type_into(page, "Mô tả kỹ thuật", "Một máy chủ ứng dụng, mạng riêng")
    reach(page, page.get_by_label("Cấp độ an toàn"))
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    type_into(page, "Cơ quan kiểm tra", "Đơn vị kiểm tra")
    reach(page, page.get_by_label("Ngày", exact=False).first)
    page.keyboard.type("05012026")
    type_into(page, "Kết quả", "Đạt")
    press(page, "Lưu và sang phần sau")

    reach(page, page.get_by_label("Ngày bắt đầu"))
    page.keyboard.type("01012026")
    reach(page, page.get_by_label("Ngày kết thúc"))
    page.keyboard.type("12122027")
    press(page, "Lưu và về hồ sơ")

    press(page, "Nộp hồ sơ")
    expect(page.get_by_role("status").first).to_contain_text("Đã thực hiện bước xử lý")
    expect(page.locator(".facts")).to_contain_text("Đã nộp")
    photograph(page, "submitted")
    assert "Tra cứu chủ xe" in site.of("reviewer").get("/").text
