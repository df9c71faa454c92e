"""What each role sees and may do in the console."""

from __future__ import annotations

import re

import pytest

from tests.console.conftest import Site

PDF = b"%PDF-1.7 chi la thu"


def follow(response: object) -> str:
    location: str = response.headers["location"]  # type: ignore[attr-defined]
    return location.removeprefix("/console")


@pytest.mark.parametrize(
    ("who", "shown", "hidden"),
    [
        ("officer", {"/console/contracts/new"}, {"/console/audit", "/console/accounts"}),
        ("reviewer", set(), {"/console/contracts/new", "/console/audit", "/console/accounts"}),
        ("auditor", {"/console/audit"}, {"/console/contracts/new", "/console/accounts"}),
        ("operator", {"/console/accounts"}, {"/console/contracts/new", "/console/audit"}),
    ],
)
def test_a_role_is_led_to_its_own_pages(site: Site, who: str, shown: set[str], hidden: set[str]) -> None:
    visitor = site.of(who)
    links = set(re.findall(r'href="([^"?#]+)"', visitor.get("/").text))
    assert shown <= links
    assert not hidden & links
    assert {visitor.get(link.removeprefix("/console")).status_code for link in shown} <= {200}
    assert {visitor.get(link.removeprefix("/console")).status_code for link in hidden} == {403}


def test_an_operator_comes_to_the_traces_without_their_key_and_nobody_else_does(site: Site) -> None:
    entered = site.of("operator").get("/traces")
    assert (entered.status_code, entered.headers["location"]) == (303, "/traces")
    assert "lienthong_operator=" in entered.headers["set-cookie"]
    assert site.of("operator").client.get("/traces").status_code == 200
    for who in ("officer", "reviewer", "approver", "auditor"):
        refused = site.of(who).get("/traces")
        assert (refused.status_code, "set-cookie" in refused.headers) == (403, False)
        assert site.of(who).client.get("/traces").status_code == 303


def test_a_dossier_of_another_unit_is_not_there(site: Site) -> None:
    site.at("SUBMITTED", "cua-don-vi-thu")
    paths = ("/1", "/keys", "/usage", "/1/request/unit", "/1/attachments/1")
    for path in paths:
        theirs = site.of("stranger").get(f"/contracts/cua-don-vi-thu{path}")
        nobodys = site.of("stranger").get(f"/contracts/khong-co-that{path}")
        assert (theirs.status_code, nobodys.status_code) == (404, 404), path
        assert theirs.text.replace("cua-don-vi-thu", "") == nobodys.text.replace("khong-co-that", "")
    moved = site.of("stranger").send("/contracts/cua-don-vi-thu/1/moves/withdraw", reason="Thử")
    assert moved.status_code == 404
    assert "cua-don-vi-thu" not in site.of("stranger").get("/contracts").text


def test_paths_that_no_database_keeps_are_not_there(site: Site) -> None:
    visitor = site.of("officer")
    for path in ("/contracts/x/99999999999", "/contracts/%00/1", "/khong-co", "/contracts/x/1/attachments/9999999999"):
        response = visitor.get(path)
        assert response.status_code == 404, path
        assert "Không có hồ sơ hoặc trang như vậy" in response.text


def test_a_request_is_filled_in_part_by_part_and_submitted(site: Site) -> None:
    visitor = site.of("officer")
    opened = visitor.send("/contracts", contract_id="dien-tung-phan")
    base = follow(opened)
    assert base == "/contracts/dien-tung-phan/1"

    early = visitor.send(f"{base}/moves/submit")
    assert early.status_code == 422
    for text in ("Chức năng, nhiệm vụ, quyền hạn được giao còn thiếu", "Chưa nêu mục đích", "Ngày kết thúc còn thiếu"):
        assert text in early.text
    assert f'href="/console{base}/request/unit?check=1#mandate"' in early.text
    beside = visitor.get(f"{base}/request/unit?check=1").text
    assert 'id="mandate-lacks">Chức năng, nhiệm vụ, quyền hạn được giao còn thiếu' in beside

    def fill(part: str, **fields: str) -> None:
        page = visitor.get(f"{base}/request/{part}").text
        digest = re.search(r'name="digest" value="(\w+)"', page)
        assert digest is not None
        saved = visitor.send(f"{base}/request/{part}", digest=digest[1], then="stay", **fields)
        assert saved.status_code == 303, saved.text

    fill(
        "unit",
        **{
            "title": "Tra cứu chủ xe",
            "unit_code": "don-vi-thu",
            "unit_name": "Đơn vị thử",
            "mandate": "Quản lý phương tiện",
            "system_name": "Hệ thống phương tiện",
            "system_kind": "Hệ thống thông tin",
            "officers.0.name": "Cán bộ mẫu",
            "officers.0.position": "Chuyên viên",
            "officers.0.phone": "0240000000",
            "officers.0.email": "a@example.vn",
        },
    )
    fill(
        "purposes",
        **{
            "purposes.0.code": "XAC_MINH",
            "purposes.0.text": "Xác minh chủ xe",
            "purposes.0.legal_basis": "Luật 36/2024/QH15",
            "services": "citizen",
            "reciprocal_sharing": "Biến động chủ phương tiện",
        },
    )
    fill(
        "fields",
        **{
            "purpose": "XAC_MINH",
            "common": "Cần để xác minh",
            "read:Citizen.personalId": "on",
            "filter:Citizen.personalId": "on",
            "why:Citizen.personalId": "Khóa tra cứu",
            "read:Citizen.bloodGroup": "on",
        },
    )
    fields = visitor.get(f"{base}/request/fields").text
    assert 'name="filter:Citizen.personalId" checked' in fields
    assert 'value="Khóa tra cứu"' in fields
    fill(
        "security",
        **{
            "technical_description": "Một máy chủ",
            "security_level": "3",
            "inspections.0.body": "Đơn vị kiểm tra",
            "inspections.0.on": "2026-01-05",
            "inspections.0.result": "Đạt",
        },
    )
    fill("terms", valid_from="2026-01-01", valid_to="2027-12-31", **{"limits.requests_per_minute": "60"})
    page = visitor.get(base).text
    assert re.search(r"Trường đề nghị.*?<dd>2</dd>", page, re.DOTALL)
    assert re.search(r"Nhạy cảm.*?<dd>1 <small>50 %</small></dd>", page, re.DOTALL)
    assert visitor.get(f"{base}/request/terms?check=1").text.count("Hồ sơ đã đủ nội dung để nộp") == 1
    assert visitor.send(f"{base}/moves/submit").status_code == 303
    assert "Đã nộp" in visitor.get(base).text
    assert visitor.get(f"{base}/request/unit").status_code == 409


def test_what_has_the_wrong_form_is_shown_beside_its_field_and_kept(site: Site) -> None:
    site.at("DRAFT", "sai-dang")
    visitor = site.of("officer")
    response = visitor.send("/contracts/sai-dang/1/request/terms", valid_from="mai", **{"limits.batch": "nhiều"})
    assert response.status_code == 422
    assert response.text.count("Sai dạng") == 2
    assert 'value="mai" aria-invalid="true"' in response.text
    assert 'value="nhiều"' in response.text


def test_a_change_over_somebody_elses_is_not_saved_and_kept_on_the_page(site: Site) -> None:
    site.at("DRAFT", "hai-nguoi")
    visitor = site.of("officer")
    page = visitor.get("/contracts/hai-nguoi/1/request/unit").text
    digest = re.search(r'name="digest" value="(\w+)"', page)
    assert digest is not None
    first = visitor.send("/contracts/hai-nguoi/1/request/unit", digest=digest[1], title="Của người thứ nhất")
    second = visitor.send("/contracts/hai-nguoi/1/request/unit", digest=digest[1], title="Của người thứ hai")
    assert (first.status_code, second.status_code) == (303, 409)
    assert "Của người thứ hai" in second.text
    assert "Của người thứ nhất" in visitor.get("/contracts/hai-nguoi/1").text


def test_renaming_a_purpose_keeps_its_fields(site: Site) -> None:
    site.at("DRAFT", "doi-ma")
    visitor = site.of("officer")
    digest = re.search(r'name="digest" value="(\w+)"', visitor.get("/contracts/doi-ma/1/request/purposes").text)
    assert digest is not None
    data = {"purposes.0.code": "XAC_MINH_CHU_XE", "purposes.0.text": "Xác minh", "services": "citizen"}
    assert visitor.send("/contracts/doi-ma/1/request/purposes", digest=digest[1], **data).status_code == 303
    page = visitor.get("/contracts/doi-ma/1").text
    assert "<code>XAC_MINH_CHU_XE</code>" in page
    assert re.search(r"Trường đề nghị.*?<dd>5</dd>", page, re.DOTALL)


def test_text_of_a_request_is_text_wherever_it_is_shown(site: Site) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    field = {"field": f"Citizen.{evil}", "purpose": "XAC_MINH", "justification": evil}
    site.at("DRAFT", "ma-doc", title=evil, mandate=evil, documents=[evil], fields=[field])
    visitor = site.of("officer")
    pages = ["/contracts", "/contracts/ma-doc/1", "/contracts/ma-doc/keys", "/contracts/ma-doc/usage"]
    pages += [f"/contracts/ma-doc/1/request/{part}" for part in ("unit", "purposes", "fields", "security", "terms")]
    for page in pages:
        response = visitor.get(page)
        assert response.status_code == 200, page
        assert "<script" not in response.text, page
        assert "<img src=x" not in response.text, page
        assert "&lt;script&gt;" in response.text, page
    assert "<script" not in site.visitor().sign_in(evil).text


def test_moves_that_are_not_possible_say_why(site: Site) -> None:
    site.at("UNDER_REVIEW", "vi-sao")
    page = site.of("reviewer").get("/contracts/vi-sao/1").text
    assert 'action="/console/contracts/vi-sao/1/moves/admit_to_test"' in page
    assert 'action="/console/contracts/vi-sao/1/moves/approve"' not in page
    assert "Dành cho: Người phê duyệt" in page
    assert "Chỉ làm được khi hồ sơ ở: Đã nộp" in page
    refused = site.of("reviewer").send("/contracts/vi-sao/1/moves/approve")
    assert refused.status_code == 409
    assert "Không thực hiện được bước này" in refused.text


def test_a_move_with_its_reason_is_in_the_history(site: Site) -> None:
    site.at("UNDER_REVIEW", "tra-lai")
    reviewer = site.of("reviewer")
    assert reviewer.send("/contracts/tra-lai/1/moves/send_back").status_code == 409
    assert reviewer.send("/contracts/tra-lai/1/moves/send_back", reason="Thiếu biên bản").status_code == 303
    page = site.of("officer").get("/contracts/tra-lai/1").text
    assert "Thiếu biên bản" in page
    assert "Đang thẩm định → Cần bổ sung" in page


def test_what_waits_is_on_the_start_page(site: Site) -> None:
    site.at("SUBMITTED", "cho-tham-dinh", title="Hồ sơ chờ thẩm định")
    assert "Hồ sơ chờ thẩm định" in site.of("reviewer").get("/").text
    assert "Hồ sơ chờ thẩm định" not in site.of("approver").get("/").text
    assert "Hồ sơ chờ thẩm định" not in site.of("officer").get("/").text


def test_an_owner_says_what_they_think_and_then_it_waits_no_more(site: Site) -> None:
    site.at("UNDER_REVIEW", "cho-y-kien", title="Hồ sơ chờ ý kiến")
    owner = site.of("owner")
    assert "Hồ sơ chờ ý kiến" in owner.get("/").text
    path = "/contracts/cho-y-kien/1/findings"
    assert owner.send(path, source="transport", note="Được").status_code == 409
    assert owner.send(path, source="health", passed="yes", note="Được").status_code == 403
    assert owner.send(path, source="transport", passed="yes", note="Đồng ý chia sẻ biển số").status_code == 303
    assert "Đồng ý chia sẻ biển số" in site.of("reviewer").get("/contracts/cho-y-kien/1").text
    assert "Hồ sơ chờ ý kiến" not in owner.get("/").text


def test_documents_are_attached_and_given_back_as_files(site: Site) -> None:
    site.at("DRAFT", "kem-tai-lieu")
    visitor, base = site.of("officer"), "/contracts/kem-tai-lieu/1"
    token = visitor.token(base)
    sent = visitor.post(f"{base}/attachments", {"csrf": token}, files={"document": ("Biên bản.pdf", PDF)})
    assert sent.status_code == 303
    wrong = visitor.post(f"{base}/attachments", {"csrf": token}, files={"document": ("a.html", b"<script>")})
    assert wrong.status_code == 422
    assert "chỉ nhận PDF, PNG, JPEG, DOCX, ODT" in wrong.text
    assert visitor.post(f"{base}/attachments", {}, files={"document": ("a.pdf", PDF)}).status_code == 403
    large = visitor.post(f"{base}/attachments", {"csrf": token}, files={"document": ("a.pdf", PDF + bytes(11_000_000))})
    assert large.status_code == 413
    found = re.search(r"attachments/(\d+)", visitor.get(base).text)
    assert found is not None
    given = visitor.get(f"{base}/attachments/{found[1]}")
    assert given.content == PDF
    assert given.headers["content-disposition"].startswith("attachment;")
    assert given.headers["x-content-type-options"] == "nosniff"
    assert visitor.send(f"{base}/attachments/{found[1]}/remove").status_code == 303
    assert visitor.get(f"{base}/attachments/{found[1]}").status_code == 404


def test_the_technical_test_shows_its_list_and_its_document(site: Site) -> None:
    site.at("TECHNICAL_TEST", "dang-thu")
    visitor, base = site.of("officer"), "/contracts/dang-thu/1"
    page = visitor.get(base).text
    assert "Danh mục thử nghiệm" in page
    assert "Khóa hết hạn bị từ chối" in page
    assert f'href="/console{base}/document.pdf"' in page
    assert visitor.get(f"{base}/document.pdf").content.startswith(b"%PDF-")
    html = visitor.get(f"{base}/document.html")
    assert html.headers["content-disposition"].startswith("attachment;")
    assert f"{site.service.url}/graphql" in html.text
    assert site.of("stranger").get(f"{base}/document.pdf").status_code == 404
    site.at("DRAFT", "chua-co-gi", purposes=[], fields=[])
    assert visitor.get("/contracts/chua-co-gi/1/document.pdf").status_code == 409


def test_a_review_shows_what_a_request_would_open(site: Site) -> None:
    site.at("UNDER_REVIEW", "dang-xem")
    page = site.of("reviewer").get("/contracts/dang-xem/1").text
    assert "Đề nghị này mở những gì (5)" in page
    assert "population: citizen.birth_full_name" in page


def test_a_key_is_shown_once_and_can_be_revoked(site: Site) -> None:
    site.at("TECHNICAL_TEST", "co-khoa")
    visitor, path = site.of("officer"), "/contracts/co-khoa/keys"
    early = visitor.send(path, environment="production", days="90")
    assert early.status_code == 409
    issued = visitor.send(path, environment="sandbox", days="30")
    assert issued.status_code == 200
    key = re.search(r"Bearer (ltk_\w+)", issued.text)
    assert key is not None
    later = visitor.get(path).text
    assert key[1] not in later
    key_id = re.search(r"/keys/([^/\"]+)/revoke", later)
    assert key_id is not None
    assert visitor.send(f"{path}/{key_id[1]}/revoke").status_code == 303
    assert "Đã thu hồi" in visitor.get(path).text
    assert site.of("reviewer").send(path, environment="sandbox", days="30").status_code == 403
