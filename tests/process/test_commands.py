"""The command line: accounts, then a contract's way, each step as an account and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.process.people import complete_request
from tests.process.shell import Shell
from tests.process.speaking import Assembly, as_input

PDF = b"%PDF-1.7 mau"


def test_a_contract_goes_the_whole_way_by_commands(shell: Shell) -> None:
    contract = shell.assembly.new_id()
    assert shell.told("officer", "contract", "open", contract)["state"] == "DRAFT"
    error = shell.refused("officer", "contract", "submit", contract)
    assert error["code"] == "REQUEST_INCOMPLETE"
    assert {"title", "fields"} <= {item["path"] for item in error["missing"]}
    shown = shell.told("officer", "contract", "show", contract)
    dossier = shown | {"request": as_input(complete_request())}
    (shell.folder / "ho-so.json").write_text(json.dumps(dossier), encoding="utf-8")
    edited = shell.told("officer", "contract", "edit", contract, "ho-so.json")
    assert edited["revision"] != shown["revision"]
    assert shell.refused("officer", "contract", "edit", contract, "ho-so.json")["code"] == "DOSSIER_CHANGED"
    (shell.folder / "mô tả.pdf").write_bytes(PDF)
    attached = shell.told("officer", "contract", "attach", contract, "mô tả.pdf")
    assert attached["name"] == "mô tả.pdf"
    assert shell.refused("reviewer", "contract", "take-up", contract)["code"] == "DOSSIER_UNKNOWN"
    assert shell.told("officer", "contract", "submit", contract)["state"] == "SUBMITTED"
    assert shell.refused("operator", "contract", "take-up", contract)["code"] == "ROLE_REQUIRED"
    assert shell.refused("auditor", "contract", "take-up", contract)["code"] == "ROLE_REQUIRED"
    for move, state in [
        ("take-up", "UNDER_REVIEW"),
        ("admit-to-test", "TECHNICAL_TEST"),
        ("send-to-security", "SECURITY_CHECK"),
    ]:
        assert shell.told("reviewer", "contract", move, contract)["state"] == state
    shell.told("reviewer", "contract", "fetch", contract, attached["id"], "--output", "ban-sao.pdf")
    assert (shell.folder / "ban-sao.pdf").read_bytes() == PDF
    error = shell.refused("approver", "contract", "approve", contract)
    assert {item["path"] for item in error["missing"]} == {
        "findings.CYBER_SECURITY", "findings.TECHNICAL_SECURITY", "findings.transport",
    }  # fmt: skip
    for who, source in [("cyber", []), ("technical", []), ("owner", ["--source", "transport"])]:
        shell.told(who, "contract", "find", contract, "--passed", "--note", "Đạt", *source)
    assert shell.told("approver", "contract", "approve", contract)["state"] == "APPROVED"
    assert shell.told("operator", "contract", "activate", contract)["state"] == "ACTIVE"
    key = shell.told("officer", "contract", "key", contract, "--days", "1")
    assert key["authorization"].startswith("Bearer ltk_")
    (kept,) = shell.told("officer", "contract", "keys", contract)
    assert (kept["id"], kept["environment"]) == (key["id"], "PRODUCTION")
    shell.told("officer", "contract", "revoke", key["id"], "--contract", contract)
    assert shell.told("approver", "contract", "suspend", contract, "--reason", "Kiểm tra")["state"] == "SUSPENDED"
    history = shell.told("auditor", "contract", "history", contract)
    assert [step["move"] for step in history][-3:] == ["approve", "activate", "suspend"]
    assert history[-1]["reason"] == "Kiểm tra"
    listed = shell.told("auditor", "contract", "list", "--state", "suspended")
    assert contract in [row["contract"] for row in listed]
    assert shell.told("officer", "contract", "open", contract, "--next")["version"] == 2


def test_a_command_is_a_process_like_any(shell: Shell) -> None:
    done = shell.start("auditor", "account", "me", "--json")
    assert (done.returncode, json.loads(done.stdout)["id"], done.stderr) == (0, "kiem-toan", "")
    for words in (["contract", "show", "khong-co"], ["contract", "list", "--state", "x", "--json"]):
        assert shell.start("officer", *words) == shell.run("officer", *words)


def test_whoever_has_the_database_does_not_move_what_accounts_move(shell: Shell, tmp_path: Path) -> None:
    contract = shell.assembly.new_id()
    shell.told("officer", "contract", "open", contract)
    file = tmp_path / "hop-dong.toml"
    file.write_text(
        f'[[contract]]\nid = "{contract}"\nversion = 2\nclient = "don-vi-thu"\nclient_name = "x"\ntitle = "x"\n'
        'services = ["citizen"]\n[contract.purposes.THU]\ntext = "Thử"\n[contract.purposes.THU.fields]\n'
        'Citizen = { read = ["personalId"], filter = ["personalId"] }\n',
        encoding="utf-8",
    )
    for words in [("install", str(file)), *((act, contract, "--reason", "x") for act in ("suspend", "restore", "end"))]:
        assert "goes through the process" in shell.refused(None, "contract", *words)["message"]
    rows = shell.told(None, "contract", "list")
    assert [row["state"] for row in rows if row["contract"] == contract] == ["DRAFT"]


def test_a_first_account_is_added_signs_in_and_is_closed(shell: Shell) -> None:
    assert shell.told(None, "unit", "add", "don-vi-moi", "Đơn vị mới") == {"id": "don-vi-moi", "name": "Đơn vị mới"}
    assert {"id": "don-vi-moi", "name": "Đơn vị mới"} in shell.told(None, "unit", "list")
    account = ["can-bo-moi", "--name", "Cán bộ mẫu", "--role", "UNIT_OFFICER", "--unit", "don-vi-moi"]
    added = shell.told(None, "account", "add", *account, "--password-stdin", given="mat-khau-du-dai\n")
    assert added == {
        "id": "can-bo-moi",
        "name": "Cán bộ mẫu",
        "roles": ["UNIT_OFFICER"],
        "unit": "don-vi-moi",
        "sources": [],
    }
    assert shell.refused(None, "account", "add", *account)["code"] == "ACCOUNT_FAULT"
    issued = shell.told(None, "account", "key", "can-bo-moi")
    shell.assembly.authorizations = {**shell.assembly.authorizations, "new": f"Bearer {issued['key']}"}
    assert shell.told("new", "account", "me")["unit"] == "don-vi-moi"
    assert shell.told("new", "contract", "list") == []
    assert shell.told(None, "account", "revoke-key", issued["id"])["revoked"] is True
    assert shell.refused(None, "account", "revoke-key", issued["id"])["message"] == "there is no such key in force"
    assert shell.refused("new", "account", "me", status=3)["code"] == "CREDENTIALS_EXPIRED"
    assert "can-bo-moi" in [row["id"] for row in shell.told(None, "account", "list")]
    shell.told(None, "account", "disable", "can-bo-moi")
    assert "can-bo-moi" not in [row["id"] for row in shell.told(None, "account", "list")]
    assert shell.refused(None, "account", "disable", "can-bo-moi")["code"] == "ACCOUNT_FAULT"
    assert shell.refused(None, "account", "key", "can-bo-moi")["code"] == "ACCOUNT_FAULT"
    bad = ["x", "--name", "x", "--role", "KING"]
    assert "UNIT_OFFICER" in shell.refused(None, "account", "add", *bad)["message"]


@pytest.mark.parametrize(
    ("who", "words", "status", "says"),
    [
        ("", ["account", "me"], 3, "LIENTHONG_ACCOUNT_KEY"),
        ("", ["contract", "submit", "x"], 3, "LIENTHONG_ACCOUNT_KEY"),
        ("officer", ["contract", "withdraw", "x"], 2, "--reason"),
        ("officer", ["contract", "edit", "x", "khong-co.json"], 2, "no file of JSON"),
        ("officer", ["contract", "list", "--state", "happy"], 2, "no state HAPPY"),
        ("officer", ["contract", "key", "x", "--environment", "moon"], 2, "production or sandbox"),
        ("officer", ["contract", "key", "x", "--replaces", "y"], 2, "for operators"),
        ("officer", ["contract", "revoke", "x"], 2, "--contract"),
        ("officer", ["contract", "show", "khong-co"], 1, "no such contract version"),
        ("officer", ["contract", "open", "X"], 1, "contract id"),
    ],
)
def test_a_person_is_told_in_a_line_and_a_program_by_the_status(
    shell: Shell, who: str, words: list[str], status: int, says: str
) -> None:
    done = shell.run(who, *words)
    assert done.returncode == status
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [("ACCOUNT_KEY", "ltk_x", 3), ("ACCOUNT_KEY", "khóa", 3), ("PORT", "cao", 2)],
)
def test_settings_that_do_not_fit_are_named(shell: Shell, name: str, value: str, status: int) -> None:
    shell.owner = {f"LIENTHONG_{name}": value}
    done = shell.run(None, "account", "me")
    assert (done.returncode, f"LIENTHONG_{name}" in done.stderr) == (status, True)


@pytest.fixture
def calling(assembly: Assembly, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], Any]:
    """`ask` of the command line in this process, as an auditor and against a URL."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIENTHONG_ACCOUNT_KEY", assembly.authorizations["auditor"])

    def call(url: str) -> Any:
        from service.commands.caller import ask

        monkeypatch.setenv("LIENTHONG_URL", url)
        return ask("{ me { id } }")

    return call


def test_a_key_goes_to_this_machine_or_over_tls_only(assembly: Assembly, calling: Callable[[str], Any]) -> None:
    from service.commands.caller import CommandError

    assert calling(assembly.service.url)["id"] == "kiem-toan"
    for url, status in [
        ("http://example.vn", 2),
        ("http://127.0.0.1.example.vn", 2),
        ("ftp://127.0.0.1", 2),
        ("http://127.0.0.1:9", 4),
        ("http://127.0.0.1:99999", 4),
        ("http://[", 2),
        (f"{assembly.service.url}/healthz", 4),
    ]:
        with pytest.raises(CommandError) as refused:
            calling(url)
        assert refused.value.exit_status == status, url
