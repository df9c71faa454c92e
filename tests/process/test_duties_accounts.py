"""Cases, notices and concealment by GraphQL and by command, from a client's report to what it sees of the answer."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auth.contract import Client
from auth.working_days import after_working_days
from tests.process.duty import ALL_DUTIES
from tests.process.people import UNIT
from tests.process.shell import Shell
from tests.process.speaking import Assembly
from tests.process.test_cases import CASE, REPORT
from tests.running import Governance

CLIENT = "bao-loi-cua-tai-khoan"
SEEN = "query($id: ID!) { case(id: $id) { state subject content { problem } entries { party act message } } }"
MOVE = """
mutation($id: ID!, $step: String!, $reply: String) { moveCase(id: $id, step: $step, reply: $reply) { state } }
"""
PUBLISH = """
mutation($starts: DateTime!, $ends: DateTime!, $why: String) {
  publishNotice(kind: "MAINTENANCE", startsAt: $starts, endsAt: $ends, text: "Bảo trì ban đêm", textEn: "At night",
                forceMajeure: $why) { id }
}
"""


@pytest.fixture(scope="module")
def client(assembly: Assembly, governance: Governance) -> str:
    """A system of the unit whose contract carries every duty."""
    like = governance.contracts["csgt"]
    name = Client(UNIT, f"Đơn vị {UNIT}")
    governance.install(replace(like, contract_id=CLIENT, client=name, services=like.services | ALL_DUTIES))
    governance.contracts[CLIENT] = governance.contracts[UNIT]
    governance.authorizations[CLIENT] = governance.authorizations[UNIT]
    assembly.service.governance = governance
    return CLIENT


def report(assembly: Assembly, client: str) -> tuple[str, str]:
    """An error that the unit's system reports: the case's id, and whom it is about."""
    (row,) = assembly.service.governance.fetch("SELECT personal_id FROM population.citizen WHERE NOT protected LIMIT 1")
    number = str(row["personal_id"])
    variables = {"so": number, "truong": "Vehicle.plate", "sai": "Biển số ghi nhầm"}
    return str(assembly.service.answer(client, REPORT, variables)["reportDataError"]["id"]), number


def test_an_owner_answers_a_report_and_others_see_no_more_than_they_may(assembly: Assembly, client: str) -> None:
    case_id, number = report(assembly, client)
    whole = assembly.answer("owner", SEEN, {"id": case_id})["case"]
    assert (whole["subject"], whole["content"]["problem"]) == (number, "Biển số ghi nhầm")
    outline = assembly.answer("officer", SEEN, {"id": case_id})["case"]
    assert (outline["state"], outline["subject"], outline["content"]["problem"]) == ("OPEN", None, None)
    for who, code in (("stranger", "CASE_UNKNOWN"), ("reviewer", "CASE_UNKNOWN")):
        assert assembly.refusal(who, SEEN, {"id": case_id})["extensions"]["code"] == code
    assert case_id in {one["id"] for one in assembly.answer("owner", "{ cases(states: [OPEN]) { id } }")["cases"]}
    early = assembly.refusal("owner", MOVE, {"id": case_id, "step": "correct", "reply": "Xong"})
    assert early["extensions"]["code"] == "CASE_REFUSED"
    assembly.answer("owner", MOVE, {"id": case_id, "step": "take_up"})
    assembly.answer("owner", MOVE, {"id": case_id, "step": "correct", "reply": "Đã sửa tại nguồn"})
    told = assembly.service.answer(client, CASE, {"id": case_id})["case"]
    assert (told["state"], told["entries"][-1]["message"]) == ("CORRECTED", "Đã sửa tại nguồn")


def test_a_notice_is_published_in_time_or_with_a_reason(assembly: Assembly, client: str) -> None:
    starts = datetime.now(UTC) + timedelta(hours=3)
    given = {"starts": starts.isoformat(), "ends": (starts + timedelta(hours=1)).isoformat()}
    assert assembly.refusal("operator", PUBLISH, given)["extensions"]["code"] == "NOTICE_REFUSED"
    naive = given | {"starts": starts.replace(tzinfo=None).isoformat(), "why": "Sự cố"}
    assert assembly.refusal("operator", PUBLISH, naive)["extensions"]["code"] == "BAD_USER_INPUT"
    published = assembly.answer("operator", PUBLISH, given | {"why": "Sự cố"})["publishNotice"]["id"]
    shown = assembly.service.answer(client, "{ viewer { notices { text } } }")["viewer"]["notices"]
    assert "Bảo trì ban đêm" in [notice["text"] for notice in shown]
    withdraw = 'mutation($id: ID!) { withdrawNotice(id: $id, reason: "Hoãn") { withdrawal } }'
    assert assembly.answer("approver", withdraw, {"id": published})["withdrawNotice"]["withdrawal"] == "Hoãn"
    assert not assembly.service.answer(client, "{ viewer { notices { text } } }")["viewer"]["notices"]


def test_an_approver_conceals_and_lifts(assembly: Assembly, client: str) -> None:
    now = datetime.now(UTC)
    conceal = """
      mutation($contract: ID!, $from: DateTime!, $to: DateTime!) {
        conceal(contract: $contract, startsAt: $from, endsAt: $to, reason: "Xác minh") { id } }
    """
    given = {"contract": client, "from": now.isoformat(), "to": (now + timedelta(days=9)).isoformat()}
    late = given | {"to": now.isoformat()}
    assert assembly.refusal("approver", conceal, late)["extensions"]["code"] == "CONCEALMENT_REFUSED"
    made = assembly.answer("approver", conceal, given)["conceal"]["id"]
    lift = 'mutation($id: ID!) { liftConcealment(id: $id, reason: "Xong") { liftedAt } }'
    assert assembly.answer("approver", lift, {"id": made})["liftConcealment"]["liftedAt"]
    seen = assembly.answer("auditor", "{ concealments { id contract reason liftedAt } }")["concealments"]
    assert [one["reason"] for one in seen if one["id"] == made] == ["Xác minh"]


def test_the_commands_do_the_same(assembly: Assembly, client: str, shell: Shell) -> None:
    case_id, number = report(assembly, client)

    def run(who: str, *arguments: str) -> Any:
        done = shell.run(who, *arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    assert case_id in {one["id"] for one in run("owner", "case", "list", "--kind", "DATA_ERROR")}
    assert run("owner", "case", "show", case_id)["subject"] == number
    assert run("owner", "case", "move", case_id, "reject", "--reply", "Nguồn ghi đúng")["state"] == "REJECTED"
    opened = run("officer", "case", "open", client, "--line", "Lỗi", "--text", "503", "--severity", "HIGH")
    assert run("operator", "case", "say", opened["id"], "Đang xem")["state"] == "OPEN"
    starts = after_working_days(datetime.now(UTC), 7, frozenset()) + timedelta(days=30)
    times = ("--starts", f"{starts:%Y-%m-%dT%H:%M%z}", "--ends", f"{starts + timedelta(hours=1):%Y-%m-%dT%H:%M%z}")
    texts = ("--text", "Nâng cấp", "--text-en", "Upgrade")
    notice = run("operator", "notice", "publish", "MAINTENANCE", *times, *texts)["id"]
    assert notice in {one["id"] for one in run("officer", "notice", "list")}
    assert run("operator", "notice", "withdraw", notice, "--reason", "Hoãn")["withdrawal"] == "Hoãn"
    now = datetime.now(UTC)
    term = ("--starts", f"{now:%Y-%m-%dT%H:%M%z}", "--ends", f"{now + timedelta(days=3):%Y-%m-%dT%H:%M%z}")
    hidden = run("approver", "contract", "conceal", client, *term, "--reason", "Xác minh")["id"]
    assert run("approver", "contract", "reveal", hidden, "--reason", "Xong")["liftedAt"]
    assert hidden in {one["id"] for one in run("auditor", "contract", "concealments")}
