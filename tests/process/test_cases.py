"""Cases over HTTP: errors in data, data shared back, calls for help, from a client's system to who handles them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from auth.documents import by_digest
from auth.process.actors import Account, Role
from auth.process.case import CASE_MOVES, CaseState
from auth.process.errors import CaseRefusedError, CaseUnknownError, RoleRequiredError
from service.embedded import EmbeddedServers
from tests.process.duty import ALL_DUTIES, Duties, install
from tests.process.people import PEOPLE
from tests.running import Governance, RunningService, observed_tracing, settings_for

REPORT = """
mutation($so: PersonalId!, $truong: String!, $sai: String!, $ma: String, $tep: DocumentInput) {
  reportDataError(personalId: $so, field: $truong, problem: $sai, evidence: "Giấy khai sinh", reference: $ma,
                  document: $tep) {
    id kind state field source subject problem evidence documents entries { party act state message }
  }
}
"""
PROPOSE = """
mutation($so: PersonalId!, $truong: String!) {
  proposeData(personalId: $so, field: $truong, value: "0900000001", basis: "Người dân khai tại quầy") { id state value }
}
"""
SUPPORT = """
mutation { requestSupport(subject: "Không gọi được", text: "Lỗi 503 từ sáng", channel: PHONE, severity: HIGH) {
  id state subjectLine channel severity entries { party act message } } }
"""
CASE = "query($id: String!) { case(id: $id) { id state subject entries { party act message } } }"
REPLY = 'mutation($id: String!) { replyToCase(id: $id, text: "Đã gửi thêm") { state entries { message } } }'
PAGE = "query($sau: String) { cases(first: 2, after: $sau) { cases { id } pageInfo { hasNextPage endCursor } } }"
TRANSPORT = PEOPLE["owner"]
HEALTH = Account("chu-quan-y-te", "Chủ quản y tế", frozenset({Role.SOURCE_OWNER}), sources=frozenset({"health"}))
REVIEWER = PEOPLE["reviewer"]


@pytest.fixture(scope="module")
def duties(databases: EmbeddedServers, governance: Governance) -> Iterator[Duties]:
    observed_tracing()
    install(governance, "csgt", "csgt-nghia-vu", ALL_DUTIES)
    install(governance, "csgt", "csgt-hai", ALL_DUTIES)
    install(governance, "so-lao-dong", "tinh-79", ALL_DUTIES)
    limits = governance.contracts["csgt"].limits
    install(governance, "csgt", "csgt-it", ALL_DUTIES, limits=replace(limits, subjects_per_day=1))
    stored = {"documents": by_digest([SUPPORT]), "allow_list_only": True}
    install(governance, "csgt", "csgt-luu", ALL_DUTIES, **stored)
    install(governance, "csgt", "csgt-null", frozenset({"cases"}), unpermitted="null")
    url = databases.postgres_url("lienthong_process")
    with RunningService(settings_for(databases, process_url=url)) as running:
        running.governance = governance
        yield Duties(running, url)


@pytest.fixture(scope="module")
def number(governance: Governance) -> str:
    """The number of somebody who lives outside the province of `tinh-79`."""
    (row,) = governance.fetch(
        "SELECT personal_id FROM population.citizen WHERE permanent_province_code <> '79' AND NOT protected LIMIT 1"
    )
    return str(row["personal_id"])


def report(duties: Duties, number: str, field: str = "Vehicle.plate", **more: Any) -> Any:
    given = {"so": number, "truong": field, "sai": "Biển số ghi nhầm", **more}
    return duties.ask("csgt-nghia-vu", REPORT, **given)["reportDataError"]


def test_an_error_goes_to_the_owner_of_its_source_and_is_answered(duties: Duties, number: str) -> None:
    content = base64.b64encode(b"%PDF-1.7 anh chup").decode()
    case = report(duties, number, tep={"name": "dang-ky.pdf", "content": content})
    assert (case["kind"], case["state"], case["source"]) == ("DATA_ERROR", "OPEN", "transport")
    assert (case["subject"], case["problem"], case["evidence"]) == (number, "Biển số ghi nhầm", "Giấy khai sinh")
    assert case["documents"] == ["dang-ky.pdf"]
    assert case["id"] in [seen.case_id for seen in duties.do("cases", "list", TRANSPORT)]
    assert case["id"] not in [seen.case_id for seen in duties.do("cases", "list", HEALTH)]
    whole = duties.do("cases", "get", TRANSPORT, case["id"])
    assert whole.subject == number
    (document,) = whole.attachments
    assert duties.do("cases", "content", TRANSPORT, case["id"], document.attachment_id) == b"%PDF-1.7 anh chup"
    duties.do("cases", "move", TRANSPORT, case["id"], "take_up")
    duties.do("cases", "say", TRANSPORT, case["id"], "Đang đối chiếu hồ sơ gốc")
    assert duties.ask("csgt-nghia-vu", REPLY, id=case["id"])["replyToCase"]["state"] == "IN_PROGRESS"
    duties.do("cases", "move", TRANSPORT, case["id"], "correct", reply="Đã sửa tại nguồn")
    told = duties.ask("csgt-nghia-vu", CASE, id=case["id"])["case"]
    assert told["state"] == "CORRECTED"
    assert [(entry["party"], entry["act"], entry["message"]) for entry in told["entries"]] == [
        ("CLIENT", "open", None),
        ("OWNER", "take_up", None),
        ("OWNER", "message", "Đang đối chiếu hồ sơ gốc"),
        ("CLIENT", "message", "Đã gửi thêm"),
        ("OWNER", "correct", "Đã sửa tại nguồn"),
    ]
    assert duties.fault("csgt-nghia-vu", REPLY, id=case["id"])[0] == "CASE_REFUSED"


def test_only_who_handles_a_case_sees_whom_it_is_about(duties: Duties, number: str) -> None:
    case_id = report(duties, number)["id"]
    for account in (HEALTH, REVIEWER, PEOPLE["officer"], PEOPLE["cyber"]):
        with pytest.raises(CaseUnknownError):
            duties.do("cases", "get", account, case_id)
    for who in ("auditor", "operator", "approver"):
        outline = duties.do("cases", "get", PEOPLE[who], case_id)
        assert (outline.subject, outline.content) == (None, {})
        with pytest.raises(RoleRequiredError):
            duties.do("cases", "move", PEOPLE[who], case_id, "take_up")
    assert [case.case_id for case in duties.do("cases", "list", TRANSPORT, subject=number)]
    assert duties.do("cases", "list", PEOPLE["auditor"], subject=number) == []
    with pytest.raises(CaseRefusedError, match="possible in IN_PROGRESS"):
        duties.do("cases", "move", TRANSPORT, case_id, "correct", reply="x")
    duties.do("cases", "move", TRANSPORT, case_id, "take_up")
    with pytest.raises(CaseRefusedError, match="needs words"):
        duties.do("cases", "move", TRANSPORT, case_id, "correct")


def test_nothing_personal_is_in_the_audit_or_readable_in_the_tables(
    duties: Duties, number: str, governance: Governance
) -> None:
    response = duties.service.post(
        "csgt-nghia-vu", REPORT, {"so": number, "truong": "Vehicle.plate", "sai": "Sai rõ ràng"}
    )
    record = duties.service.record_of(response)
    assert (record["operation_type"], record["granted"][0]) == ("mutation", "Mutation.reportDataError")
    assert len(record["subjects"]) == 1
    case_id = response.json()["data"]["reportDataError"]["id"]
    duties.do("cases", "get", TRANSPORT, case_id)
    told = "SELECT * FROM governance.audit_entry WHERE note LIKE $1 ORDER BY recorded_at, sequence"
    acts = governance.fetch(told, f"%{case_id}%")
    assert [act["operation_name"] for act in acts] == ["case.open", "case.read"]
    tables = "client_case", "case_entry", "case_attachment", "audit_record", "audit_plan"
    for table in tables:
        for row in governance.fetch(f"SELECT to_jsonb(t)::text AS text FROM governance.{table} t"):
            assert number not in row["text"]
            assert "Sai rõ ràng" not in row["text"]


@pytest.mark.parametrize("field", ["Citizen.bloodGroup", "Citizen.khongCo", "x"])
def test_a_field_outside_the_contract_is_like_one_that_is_not_there(duties: Duties, number: str, field: str) -> None:
    given = {"so": number, "truong": field, "sai": "x"}
    assert duties.fault("csgt-nghia-vu", REPORT, **given) == (
        "FIELD_NOT_IN_CONTRACT",
        "the field is not in the contract",
    )


def test_a_citizen_out_of_scope_is_like_one_who_is_not_there(duties: Duties, number: str) -> None:
    given = {"truong": "Citizen.birthName", "sai": "x"}
    outside = duties.fault("tinh-79", REPORT, so=number, **given)
    assert outside == duties.fault("tinh-79", REPORT, so="999999999999", **given)
    assert outside == ("CASE_REFUSED", "there is no such citizen")
    assert duties.ask("tinh-79", "{ cases { cases { id } } }")["cases"]["cases"] == []


def test_a_protected_person_is_not_there_for_a_contract_limited_by_residence(
    duties: Duties, governance: Governance
) -> None:
    numbers = governance.fetch(
        "SELECT DISTINCT ON (protected) personal_id, protected FROM population.citizen "
        "WHERE permanent_province_code = '79' ORDER BY protected"
    )
    given = {"truong": "Citizen.birthName", "sai": "x"}
    open_, hidden = (row["personal_id"] for row in numbers)
    assert duties.ask("tinh-79", REPORT, so=open_, **given)["reportDataError"]["state"] == "OPEN"
    assert duties.fault("tinh-79", REPORT, so=hidden, **given) == ("CASE_REFUSED", "there is no such citizen")


def test_more_persons_than_a_day_allows_stop_a_report_before_it_is_made(
    duties: Duties, number: str, governance: Governance
) -> None:
    given = {"truong": "Vehicle.plate", "sai": "x"}
    first = duties.ask("csgt-it", REPORT, so=number, **given)["reportDataError"]["id"]
    assert duties.fault("csgt-it", REPORT, so="999999999999", **given)[0] == "QUOTA_EXCEEDED"
    other = governance.fetch("SELECT personal_id FROM population.citizen WHERE personal_id <> $1 LIMIT 1", number)
    assert duties.fault("csgt-it", REPORT, so=other[0]["personal_id"], **given)[0] == "QUOTA_EXCEEDED"
    assert [case["id"] for case in duties.ask("csgt-it", PAGE)["cases"]["cases"]] == [first]


def test_a_contract_of_stored_documents_carries_out_those_only(duties: Duties) -> None:
    assert duties.ask("csgt-luu", SUPPORT)["requestSupport"]["state"] == "OPEN"
    assert duties.fault("csgt-luu", SUPPORT + " ")[0] == "DOCUMENT_NOT_ALLOWED"
    assert duties.fault("csgt-luu", PAGE)[0] == "DOCUMENT_NOT_ALLOWED"


def test_several_duties_of_a_request_are_carried_out_in_their_order(duties: Duties) -> None:
    two = """
    mutation {
      a: requestSupport(subject: "Một", text: "x", channel: EMAIL) { id severity }
      b: requestSupport(subject: "Hai", text: "", channel: EMAIL) { id }
      c: requestSupport(subject: "Ba", text: "x", channel: EMAIL) { id }
    }
    """
    body = duties.service.post("csgt-nghia-vu", two).json()
    assert (body["data"]["a"]["severity"], body["data"]["b"]) == ("NORMAL", None)
    assert [(error["path"], error["extensions"]["code"]) for error in body["errors"]] == [(["b"], "CASE_REFUSED")]
    latest = duties.ask("csgt-nghia-vu", PAGE)["cases"]["cases"]
    assert [case["id"] for case in latest] == [body["data"]["c"]["id"], body["data"]["a"]["id"]]


def test_a_client_sees_its_own_cases_only_page_by_page(duties: Duties, number: str) -> None:
    ids = [duties.ask("csgt-hai", SUPPORT)["requestSupport"]["id"] for _ in range(3)]
    first = duties.ask("csgt-hai", PAGE)["cases"]
    second = duties.ask("csgt-hai", PAGE, sau=first["pageInfo"]["endCursor"])["cases"]
    assert [case["id"] for case in first["cases"] + second["cases"]] == ids[::-1]
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)
    other = report(duties, number)["id"]
    unknown = duties.fault("csgt-hai", CASE, id="0" * 24)
    assert duties.fault("csgt-hai", CASE, id=other) == unknown == ("CASE_UNKNOWN", "there is no such case")
    assert duties.fault("csgt-hai", REPLY, id=other) == unknown
    assert duties.fault("csgt-nghia-vu", PAGE, sau=first["pageInfo"]["endCursor"])[0] == "BAD_USER_INPUT"


def test_data_shared_back_changes_nothing_in_the_register(duties: Duties, number: str, governance: Governance) -> None:
    register = "SELECT to_jsonb(c)::text AS text FROM population.citizen c WHERE personal_id = $1"
    before = governance.fetch(register, number)
    with duties.service.observing() as observed:
        case = duties.ask("csgt-nghia-vu", PROPOSE, so=number, truong="Citizen.birthName")["proposeData"]
    assert (case["state"], case["value"]) == ("PROPOSED", "0900000001")
    assert len(observed.statements) == 1
    duties.do("cases", "move", REVIEWER, case["id"], "check")
    with pytest.raises(CaseRefusedError, match="needs words"):
        duties.do("cases", "move", REVIEWER, case["id"], "reject")
    duties.do("cases", "move", REVIEWER, case["id"], "accept", reply="Sẽ cập nhật theo thủ tục")
    assert duties.ask("csgt-nghia-vu", CASE, id=case["id"])["case"]["state"] == "ACCEPTED"
    assert governance.fetch(register, number) == before
    code, message = duties.fault("csgt-nghia-vu", PROPOSE, so=number, truong="Vehicle.plate")
    assert (code, message) == ("CASE_REFUSED", "data is shared back to the population database only")


def test_help_is_asked_for_answered_and_asked_for_again(duties: Duties) -> None:
    case = duties.ask("csgt-nghia-vu", SUPPORT)["requestSupport"]
    assert (case["state"], case["channel"], case["severity"]) == ("OPEN", "PHONE", "HIGH")
    assert case["entries"] == [{"party": "CLIENT", "act": "open", "message": "Lỗi 503 từ sáng"}]
    operator = PEOPLE["operator"]
    duties.do("cases", "move", operator, case["id"], "answer", reply="Đã khởi động lại")
    duties.do("cases", "move", operator, case["id"], "close")
    assert duties.ask("csgt-nghia-vu", REPLY, id=case["id"])["replyToCase"]["state"] == "OPEN"
    assert duties.do("cases", "list", operator, states=frozenset({CaseState.OPEN}))[0].case_id == case["id"]


def test_a_repetition_under_the_same_reference_opens_no_second_case(duties: Duties, number: str) -> None:
    first = report(duties, number, ma="so-cv-01")
    assert report(duties, number, ma="so-cv-01")["id"] == first["id"]
    given = {"so": number, "truong": "Vehicle.plate", "sai": "Khác", "ma": "so-cv-01"}
    assert duties.fault("csgt-nghia-vu", REPORT, **given)[0] == "CASE_REFUSED"


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"name": "a.pdf", "content": "%%%"}, "CASE_REFUSED"),
        ({"name": "a.pdf", "content": base64.b64encode(b"MZ").decode()}, "ATTACHMENT_REFUSED"),
    ],
)
def test_a_document_that_is_none_stops_the_report(
    duties: Duties, number: str, document: dict[str, str], code: str
) -> None:
    given = {"so": number, "truong": "Vehicle.plate", "sai": "x", "ma": code, "tep": document}
    assert duties.fault("csgt-nghia-vu", REPORT, **given)[0] == code
    assert report(duties, number, ma=code)["documents"] == []


def test_what_the_contract_does_not_name_does_not_exist(duties: Duties) -> None:
    sdl = duties.service.session.get(
        f"{duties.service.url}/schema.graphql",
        headers={"authorization": duties.service.governance.authorizations["csgt"]},
    ).text
    assert not [name for name in ("Mutation", "reportDataError", "cases", "DataRead") if name in sdl]
    assert duties.fault("csgt", "mutation { requestSupport { id } }")[0] == "GRAPHQL_VALIDATION_FAILED"
    assert duties.fault("csgt", "{ cases { cases { id } } }") == (
        "GRAPHQL_VALIDATION_FAILED",
        "Cannot query field 'cases' on type 'Query'.",
    )
    # In `null` mode too: a duty is no field of the data, whose names that mode shows.
    assert duties.ask("csgt-null", "{ cases { cases { id } } }") == {"cases": {"cases": []}}
    assert "Cannot query field 'case'" in duties.fault("csgt-null", '{ case(id: "x") { id } }')[1]


def test_without_a_record_nothing_is_done(duties: Duties, governance: Governance) -> None:
    before = governance.fetch("SELECT count(*) AS cases FROM governance.client_case")
    governance.fetch("REVOKE INSERT ON governance.audit_record FROM lienthong_process")
    try:
        code, _ = duties.fault("csgt-nghia-vu", SUPPORT)
    finally:
        governance.fetch("GRANT INSERT ON governance.audit_record TO lienthong_process")
    assert code == "GOVERNANCE_UNAVAILABLE"
    assert governance.fetch("SELECT count(*) AS cases FROM governance.client_case") == before


def test_every_state_of_a_case_can_be_reached() -> None:
    reached = {move.target for moves in CASE_MOVES.values() for move in moves.values()}
    assert reached | {CaseState.OPEN, CaseState.PROPOSED} == set(CaseState)
