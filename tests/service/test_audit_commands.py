"""`lienthong audit`: the audit proved and searched by the role that may only read it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from service.cli import app
from service.embedded import EmbeddedServers
from tests.running import RunningService, run, settings_for


@pytest.fixture
def audit(databases: EmbeddedServers, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs `lienthong audit` with the settings of the service and the auditor's role."""
    settings = settings_for(databases)
    assert settings.checkpoint_key is not None
    given = {
        "AUDIT_URL": databases.postgres_url("lienthong_auditor"),
        "GOVERNANCE_URL": settings.governance_url,
        "CURSOR_KEY": settings.cursor_key.get_secret_value(),
        "AUDIT_KEY": settings.audit_key.get_secret_value(),
        "CHECKPOINT_KEY": settings.checkpoint_key.get_secret_value(),
        "CHECKPOINT_FILE": str(settings.checkpoint_file),
        **{f"SOURCES__{source.upper()}": url for source, url in settings.sources.items()},
    }
    for name, value in given.items():
        monkeypatch.setenv(f"LIENTHONG_{name}", value)
    # A console takes its width from the environment when it is made, which is long ago.
    monkeypatch.setattr("service.audit.console", Console(width=300))

    def invoke(*arguments: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(app, ["audit", *arguments], input=typed)

    return invoke


@pytest.fixture(scope="module")
def number(service: RunningService) -> str:
    (row,) = service.governance.fetch("SELECT personal_id FROM population.citizen ORDER BY registered_no LIMIT 1")
    found: str = row["personal_id"]
    return found


def read(service: RunningService, number: str) -> str:
    """A read of a citizen; its trace."""
    query = "query Xem($i:PersonalId!){citizen(personalId:$i){gender}}"
    trace: str = service.post("csgt", query, {"i": number}).headers["x-trace-id"]
    return trace


def test_who_read_a_citizens_data_is_shown_by_number(audit: Any, service: RunningService, number: str) -> None:
    trace = read(service, number)
    shown = audit("show", "--subject", "-", "--json", "--limit", "5", typed=f"{number}\n")
    records = json.loads(shown.output)
    (record,) = [record for record in records if record["trace_id"] == trace]
    assert (record["client_id"], record["purpose"], record["outcome"]) == ("csgt", "XU_LY_VI_PHAM", "answered")
    assert record["granted"] == ["Citizen.gender", "Query.citizen"]
    assert record["reads"] == [
        "population.citizen.gender: output",
        "population.citizen.personal_id: audit, filter",
    ]
    assert record["row_counts"] == {"population": 1}
    assert number not in shown.output


def test_records_of_a_former_key_are_found(
    audit: Any, service: RunningService, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = read(service, number)
    former, present = settings_key(), "/////////////////////////////////////////v8="
    monkeypatch.setenv("LIENTHONG_AUDIT_KEY", present)
    assert trace not in audit("show", "--subject", number, "--json").output
    monkeypatch.setenv("LIENTHONG_PREVIOUS_AUDIT_KEYS", json.dumps([former]))
    assert trace in audit("show", "--subject", number, "--json").output


def settings_key() -> str:
    from tests.running import _KEY

    return _KEY


def test_records_are_filtered_by_client_field_code_and_time(audit: Any, service: RunningService, number: str) -> None:
    trace = read(service, number)
    denied = service.post("csgt", f'{{citizen(personalId:"{number}"){{bloodGroup}}}}').headers["x-trace-id"]

    def traces(*arguments: str) -> set[str]:
        return {record["trace_id"] for record in json.loads(audit("show", "--json", *arguments).output)}

    assert {trace, denied} <= traces("--client", "csgt", "--limit", "500")
    assert {trace, denied} <= traces("--client", "csgt-tra-cuu", "--limit", "500")
    assert not {trace, denied} & traces("--client", "mot-cua", "--limit", "500")
    found = traces("--field", "Citizen.bloodGroup", "--client", "csgt")
    assert denied in found
    assert trace not in found
    assert denied in traces("--code", "GRAPHQL_VALIDATION_FAILED", "--client", "csgt")
    assert not traces("--until", "2026-01-01")
    assert {trace, denied} <= traces("--since", "2026-01-01", "--limit", "500")


def test_the_table_tells_who_what_and_how_it_ended(audit: Any, service: RunningService, number: str) -> None:
    trace = read(service, number)
    shown = audit("show", "--client", "csgt", "--limit", "3").output
    for told in (trace, "csgt-tra-cuu v", "XU_LY_VI_PHAM", "query Xem", "Citizen.gender", "answered"):
        assert told in shown


def test_acts_of_administrators_are_on_the_record(audit: Any, service: RunningService) -> None:
    records = json.loads(audit("show", "--client", "csgt-tra-cuu", "--json", "--limit", "1000").output)
    acts = {record["operation_name"]: record for record in records if record["operation_type"] == "act"}
    assert {"contract.install", "key.issue"} <= set(acts)
    assert acts["contract.install"]["actor"].endswith("@postgres")
    assert acts["key.issue"]["note"] == service.governance.authorizations["csgt"].split("_")[1]


def test_the_running_audit_is_verified_with_its_checkpoints(audit: Any, service: RunningService, number: str) -> None:
    read(service, number)
    told = audit("verify")
    assert told.exit_code == 0, told.output
    assert "unchanged" in told.output
    public_key = audit("public-key").output.strip()
    settings_file = audit("verify", "--public-key", public_key, "--json")
    assert json.loads(settings_file.output)["faults"] == []


def test_a_changed_record_ends_with_status_1_and_is_named(
    audit: Any, service: RunningService, databases: EmbeddedServers, number: str
) -> None:
    trace = read(service, number)

    def tamper(outcome: str) -> None:
        async def work() -> None:
            connection = await asyncpg.connect(databases.admin_url)
            try:
                await connection.execute("SET session_replication_role = replica")
                change = "UPDATE governance.audit_record SET outcome = $1 WHERE trace_id = $2"
                await connection.execute(change, outcome, trace)
            finally:
                await connection.close()

        run(work())

    tamper("refused")
    told = audit("verify")
    tamper("answered")
    assert told.exit_code == 1
    assert "CHANGED" in told.output
    assert trace in told.output
    assert audit("verify").exit_code == 0


def test_a_wrong_public_key_is_told(audit: Any, tmp_path: Path) -> None:
    told = audit("verify", "--public-key", settings_key())
    assert told.exit_code == 1
    assert "signature" in str(told.exception)
    told = audit("verify", "--public-key", "x")
    assert "32 bytes" in str(told.exception)
    told = audit("verify", "--checkpoints", str(tmp_path / "none"))
    assert "cannot be read" in str(told.exception)


def test_the_gateways_role_may_not_look(
    audit: Any, databases: EmbeddedServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIENTHONG_AUDIT_URL", databases.postgres_url("lienthong_gateway"))
    assert "may not read the audit" in str(audit("show").exception)
    assert "may not read the audit" in str(audit("verify").exception)
