"""Use, audit and accounts in the console."""

from __future__ import annotations

import re

from tests.console.conftest import PASSWORD, Site


def test_use_is_counted_from_the_audit(site: Site) -> None:
    governance = site.service.governance
    site.service.post("mot-cua", "{ viewer { contract { id } } }")
    (row,) = governance.fetch(
        "SELECT contract_id, count(*) AS n FROM governance.audit_record WHERE client_id = 'mot-cua' GROUP BY 1"
    )
    page = site.of("auditor").get(f"/contracts/{row['contract_id']}/usage").text
    assert f"tổng cộng: {row['n']:,}".replace(",", ".") in page
    assert "<svg" in page


def test_the_audit_is_searched_by_a_number_that_is_nowhere_kept(site: Site) -> None:
    (row,) = site.service.governance.fetch("SELECT personal_id FROM population.citizen ORDER BY registered_no LIMIT 1")
    number = row["personal_id"]
    query = "query($so: PersonalId!) { citizen(personalId: $so) { birthName { full } } }"
    site.service.post("mot-cua", query, {"so": number})
    auditor = site.of("auditor")
    found = auditor.send("/audit", "/audit", subject=number)
    assert found.status_code == 200
    assert "bản ghi về số đã nhập" in found.text
    assert "mot-cua" in found.text
    assert number not in found.text
    none = auditor.send("/audit", "/audit", subject=number, since="2999-01-01")
    assert "Không có bản ghi nào như vậy" in none.text
    assert auditor.send("/audit", "/audit", field="Citizen.birthName", code="KHONG_CO").status_code == 200
    looked = site.service.governance.fetch(
        "SELECT note, e::text AS text FROM governance.audit_entry e WHERE operation_name = 'audit.search'"
    )
    assert {row["note"] for row in looked} >= {"by subjects", "by subjects, since"}
    assert not [row for row in looked if number in row["text"]]
    assert site.of("operator").send("/audit", subject=number).status_code == 403


def test_an_operator_keeps_accounts(site: Site) -> None:
    operator = site.of("operator")
    assert operator.send("/units", unit_id="don-vi-moi", unit_name="Đơn vị mới lập").status_code == 303
    made = operator.send(
        "/accounts", account_id="can-bo-moi", name="Cán bộ mới", roles="UNIT_OFFICER", client_id="don-vi-moi"
    )
    password = re.search(r'class="once" tabindex="0">([^<]+)<', made.text)
    assert password is not None
    visitor = site.visitor()
    assert visitor.sign_in("can-bo-moi", password[1]).status_code == 303
    again = operator.send("/accounts", account_id="can-bo-moi", name="Khác", roles="AUDITOR")
    assert again.status_code == 422
    reset = operator.send("/accounts/can-bo-moi/password")
    fresh = re.search(r'class="once" tabindex="0">([^<]+)<', reset.text)
    assert fresh is not None
    assert visitor.get("/").status_code == 303
    assert visitor.sign_in("can-bo-moi", password[1]).status_code == 401
    assert visitor.sign_in("can-bo-moi", fresh[1]).status_code == 303
    assert operator.send("/accounts/can-bo-moi/close").status_code == 303
    assert visitor.get("/").status_code == 303
    assert operator.send("/accounts/van-hanh/close").status_code == 422
    for path in ("/accounts", "/units", "/accounts/can-bo/password", "/accounts/can-bo/close"):
        assert site.of("approver").send(path, account_id="ai-do", name="Ai", roles="OPERATOR").status_code == 403, path
    assert site.of("officer").get("/").status_code == 200
    assert site.visitor().sign_in("officer", PASSWORD).status_code == 303
