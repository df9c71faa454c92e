"""The command line: what is printed for people, documents, contracts from files, and an officer's rarer commands."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

from tests.process.people import complete_request
from tests.process.shell import Shell
from tests.process.speaking import as_input

PDF = b"%PDF-1.7 mau"
CONTRACT = """
[[contract]]
id = "tu-tep"
client = "tu-tep"
client_name = "Khách hàng mẫu"
title = "Từ tệp"
services = ["citizen"]
[contract.purposes.THU]
text = "Thử"
[contract.purposes.THU.fields]
Citizen = { read = ["personalId"], filter = ["personalId"] }
"""


def submitted(shell: Shell) -> str:
    contract = shell.assembly.new_id()
    shell.told("officer", "contract", "open", contract, "-", given=json.dumps(as_input(complete_request())))
    shell.told("officer", "contract", "submit", contract)
    return contract


def test_what_is_printed_for_people_says_what_can_be_done(shell: Shell) -> None:
    contract = shell.assembly.new_id()
    assert shell.run("officer", "contract", "open", contract).stdout == f"{contract} version 1: DRAFT\n"
    shown = shell.run("officer", "contract", "show", contract).stdout
    assert "submit: còn thiếu (lacks)" in shown
    assert "securityLevel: Cấp độ an toàn" in shown
    assert "withdraw: được (possible)" in shown
    lacking = shell.run("officer", "contract", "submit", contract).stderr
    assert "  - title: Tên hồ sơ còn thiếu (title of the request is missing)" in lacking
    assert contract in shell.run("officer", "contract", "list").stdout
    assert "UNIT_OFFICER" in shell.run("officer", "contract", "history", contract).stdout
    assert shell.run("officer", "account", "me").stdout == "can-bo (Cán bộ đơn vị): UNIT_OFFICER\n"


def test_findings_and_documents_are_shown(shell: Shell) -> None:
    contract = submitted(shell)
    shell.told("reviewer", "contract", "take-up", contract)
    found = ("--refused", "--note", "Chưa đủ", "--source", "transport")
    assert shell.run("owner", "contract", "find", contract, *found).returncode == 0
    shell.told("reviewer", "contract", "send-back", contract, "--reason", "Bổ sung")
    (shell.folder / "a.pdf").write_bytes(PDF)
    attached = shell.run("officer", "contract", "attach", contract, "a.pdf").stdout
    number = re.match(r"#(\d+) a.pdf sha256 [0-9a-f]{64}\n", attached)
    assert number is not None
    (shell.folder / "de-nghi.json").write_text(json.dumps(as_input(complete_request(title="Tên khác"))))
    shell.told("officer", "contract", "edit", contract, "de-nghi.json")
    shown = shell.run("officer", "contract", "show", contract, "--version", "1").stdout
    assert "Tên khác" in shown
    assert f"#{number[1]} a.pdf, {len(PDF)} byte" in shown
    assert "transport: không đạt (not passed), về nội dung cũ (of former contents): Chưa đủ" in shown
    fetch = ("contract", "fetch", contract, number[1], "--output", "b.pdf")
    assert shell.run("officer", *fetch).stdout == attached.removeprefix(f"#{number[1]} ")
    assert shell.refused("officer", *fetch, status=2)["message"] == "`b.pdf` cannot be written"
    assert shell.told("officer", "contract", "detach", contract, number[1])["state"] == "NEEDS_INFO"
    assert shell.told("officer", "contract", "show", contract)["attachments"] == []


def test_a_file_of_no_request_is_refused(shell: Shell) -> None:
    contract = submitted(shell)
    shell.told("reviewer", "contract", "take-up", contract)
    shell.told("reviewer", "contract", "send-back", contract, "--reason", "Bổ sung")
    for content, code in (('{"salary": 1}', "BAD_USER_INPUT"), ('{"securityLevel": 9}', "REQUEST_MALFORMED")):
        (shell.folder / "de-nghi.json").write_text(content)
        assert shell.refused("officer", "contract", "edit", contract, "de-nghi.json")["code"] == code
    (shell.folder / "de-nghi.json").write_text("[]")
    assert "no JSON object" in shell.run("officer", "contract", "edit", contract, "de-nghi.json").stderr
    assert shell.run("officer", "contract", "open", contract, "de-nghi.json", "--next").returncode == 2


def test_keys_are_issued_and_listed_for_people(shell: Shell) -> None:
    contract = submitted(shell)
    for move in ("take-up", "admit-to-test"):
        shell.told("reviewer", "contract", move, contract)
    issued = shell.run("officer", "contract", "key", contract, "--environment", "sandbox").stdout
    found = re.fullmatch(r"Authorization: Bearer ltk_([0-9a-f]{16})_\S+\n", issued)
    assert found is not None
    listed = shell.run("operator", "contract", "keys", contract).stdout
    assert "SANDBOX" in listed
    expired = shell.told("officer", "contract", "key", contract, "--environment", "sandbox", "--expired")
    (row,) = [key for key in shell.told("operator", "contract", "keys", contract) if key["id"] == expired["id"]]
    assert datetime.fromisoformat(row["expiresAt"]) < datetime.now(UTC)
    assert shell.refused("officer", "contract", "key", contract, "--expired")["code"] == "MOVE_REFUSED"
    assert found[1] in re.sub(r"[\s│]", "", listed)


def test_contracts_from_files_go_on_without_accounts(shell: Shell) -> None:
    (shell.folder / "tu-tep.toml").write_text(CONTRACT, encoding="utf-8")
    installed = {"contract": "tu-tep", "version": 1, "state": "ACTIVE"}
    assert shell.told(None, "contract", "install", "tu-tep.toml") == [installed]
    key = shell.told(None, "contract", "key", "tu-tep", "--days", "1")
    assert key["authorization"].startswith(f"Bearer ltk_{key['id']}_")
    assert shell.refused(None, "contract", "key", "tu-tep", "--environment", "sandbox", status=2)
    assert shell.told(None, "contract", "revoke", key["id"]) == {"id": key["id"], "revoked": True}
    for act, state in (("suspend", "SUSPENDED"), ("restore", "ACTIVE"), ("end", "TERMINATED")):
        assert shell.told(None, "contract", act, "tu-tep", "--reason", "Thử")["state"] == state
    (row,) = [row for row in shell.told(None, "contract", "list") if row["contract"] == "tu-tep"]
    assert (row["state"], row["purposes"], row["unit"]) == ("TERMINATED", ["THU"], {"id": "tu-tep"})
    assert "tu-tep" not in [row["contract"] for row in shell.told(None, "contract", "list", "--state", "active")]


def test_the_same_words_with_an_account_are_its_moves(shell: Shell) -> None:
    contract = submitted(shell)
    for act, move in (("suspend", "suspend"), ("restore", "restore"), ("end", "terminate")):
        error = shell.refused("approver", "contract", act, contract, "--reason", "Thử")
        assert error["code"] == "MOVE_REFUSED"
        assert error["move"] == move


def test_what_needs_the_owner_says_so(shell: Shell) -> None:
    del shell.owner["LIENTHONG_ADMIN_URL"]
    assert "LIENTHONG_ADMIN_URL" in shell.refused(None, "account", "list", status=2)["message"]
    shell.owner["LIENTHONG_ADMIN_URL"] = "postgresql://postgres@127.0.0.1:9/lienthong"
    assert shell.refused(None, "unit", "list", status=4)["message"] == "the database of accounts does not answer"
