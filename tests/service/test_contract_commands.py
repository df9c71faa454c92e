"""`lienthong contract`: from a file to a first permitted answer, and back to none."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from errors import LienthongError
from service.cli import app
from service.embedded import EmbeddedServers
from tests.running import RunningService, settings_for

CONTRACT = """
[[contract]]
id = "thu-lenh"
client = "thu-lenh"
client_name = "Khách hàng mẫu"
title = "Thử lệnh"
services = ["citizen"]
[contract.purposes.THU]
text = "Thử"
[contract.purposes.THU.fields]
Citizen = { read = ["personalId"], filter = ["personalId"] }
"""


@pytest.fixture
def run(databases: EmbeddedServers, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    settings = settings_for(databases)
    monkeypatch.setenv("LIENTHONG_ADMIN_URL", databases.admin_url)
    monkeypatch.setenv("LIENTHONG_GOVERNANCE_URL", settings.governance_url)
    monkeypatch.setenv("LIENTHONG_CURSOR_KEY", settings.cursor_key.get_secret_value())
    monkeypatch.setenv("LIENTHONG_AUDIT_KEY", settings.audit_key.get_secret_value())
    for source, url in settings.sources.items():
        monkeypatch.setenv(f"LIENTHONG_SOURCES__{source.upper()}", url)
    return CliRunner()


def test_a_contract_is_installed_a_key_issued_used_and_revoked(
    run: CliRunner, service: RunningService, tmp_path: Path
) -> None:
    file = tmp_path / "contract.toml"
    file.write_text(CONTRACT, encoding="utf-8")
    assert "thu-lenh version 1: ACTIVE" in run.invoke(app, ["contract", "install", str(file)]).output
    assert "thu-lenh" in run.invoke(app, ["contract", "list"]).output
    shown = run.invoke(app, ["contract", "key", "thu-lenh", "--days", "1"]).output
    authorization = re.search(r"Bearer ltk_([0-9a-f]{16})_\S+", shown)
    assert authorization is not None
    headers = {"authorization": authorization.group(0)}
    query = {"query": '{citizen(personalId:"000000000000"){personalId}}'}
    answer = httpx.post(f"{service.url}/graphql", json=query, headers=headers)
    assert answer.json() == {"data": {"citizen": None}}
    assert run.invoke(app, ["contract", "revoke", authorization.group(1)]).exit_code == 0
    again = run.invoke(app, ["contract", "revoke", authorization.group(1)])
    assert isinstance(again.exception, LienthongError)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (('services = ["citizen"]', 'services = ["citizens", "xyz"]'), "there is no service `xyz`"),
        (('read = ["personalId"]', 'read = ["personalNumber"]'), "`Citizen.personalNumber`, which does not exist"),
        (
            ("[contract.purposes.THU]", 'row_scope = { district = ["1"] }\n[contract.purposes.THU]'),
            "row scope `district`",
        ),
        (("title =", "limits = { batch = 0 }\ntitle ="), "every limit must be at least 1"),
        (("title =", "limits = { batches = 1 }\ntitle ="), "batches"),
        (('client = "thu-lenh"\n', ""), "'client'"),
    ],
)
def test_a_contract_that_does_not_fit_the_schema_is_refused_by_name(
    run: CliRunner, tmp_path: Path, change: tuple[str, str], fault: str
) -> None:
    file = tmp_path / "contract.toml"
    file.write_text(CONTRACT.replace(*change), encoding="utf-8")
    refused = run.invoke(app, ["contract", "install", str(file)]).exception
    assert isinstance(refused, LienthongError)
    assert fault in refused.message
    assert "thu-lenh" in refused.message


def test_a_key_for_no_contract_is_refused(run: CliRunner) -> None:
    refused = run.invoke(app, ["contract", "key", "khong-co"]).exception
    assert isinstance(refused, LienthongError)
    assert "`khong-co`" in refused.message
