"""`lienthong contract`: from a file to a first permitted answer, and back to none."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from typer.testing import CliRunner

from auth.registry import KeyUnknownError
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
    answer = service.session.post(f"{service.url}/graphql", json=query, headers=headers)
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


def issue(run: CliRunner, *options: str) -> re.Match[str]:
    shown = run.invoke(app, ["contract", "key", "cong-chung-thua-ke", *options])
    found = re.search(r"Bearer ltk_([0-9a-f]{16})_\S+", shown.output)
    assert found is not None, shown
    return found


def status(service: RunningService, authorization: str) -> int:
    headers = {"authorization": authorization}
    return service.session.post(
        f"{service.url}/graphql", json={"query": "{viewer{client}}"}, headers=headers
    ).status_code


def test_a_key_is_replaced_without_a_gap(run: CliRunner, service: RunningService) -> None:
    first = issue(run)
    second = issue(run, "--replaces", first[1], "--overlap", "0.5")
    assert (status(service, first[0]), status(service, second[0])) == (200, 200)
    (left,) = service.governance.fetch(
        "SELECT expires_at - now() AS left FROM governance.api_key WHERE key_id = $1", first[1]
    )
    assert timedelta(minutes=29) < left["left"] <= timedelta(minutes=30)
    third = issue(run, "--replaces", second[1], "--overlap", "0")
    assert (status(service, second[0]), status(service, third[0])) == (401, 200)
    (again,) = service.governance.fetch("SELECT expires_at FROM governance.api_key WHERE key_id = $1", second[1])
    refused = run.invoke(app, ["contract", "key", "cong-chung-thua-ke", "--replaces", second[1]])
    assert isinstance(refused.exception, KeyUnknownError)
    assert "ltk_" not in refused.output
    acts = service.governance.fetch(
        "SELECT operation_name FROM governance.audit_entry WHERE note = $1 ORDER BY sequence", second[1]
    )
    assert [act["operation_name"] for act in acts] == ["key.issue", "key.replace"]
    assert again["expires_at"] <= datetime.now(UTC)


def test_a_key_of_another_contract_cannot_be_replaced(run: CliRunner, service: RunningService) -> None:
    key_id = service.governance.authorizations["csgt"].split("_")[1]
    refused = run.invoke(app, ["contract", "key", "cong-chung-thua-ke", "--replaces", key_id])
    assert isinstance(refused.exception, KeyUnknownError)
    assert status(service, service.governance.authorizations["csgt"]) == 200


def test_a_key_is_bound_to_a_certificate_and_so_is_the_one_that_replaces_it(
    run: CliRunner, service: RunningService, tmp_path: Path
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ngan-hang")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    certificate = builder.sign(key, hashes.SHA256())
    file = tmp_path / "client.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    first = issue(run, "--certificate", str(file))
    second = issue(run, "--replaces", first[1])
    rows = service.governance.fetch(
        "SELECT certificate_sha256 FROM governance.api_key WHERE key_id = ANY($1)", [first[1], second[1]]
    )
    der = certificate.public_bytes(serialization.Encoding.DER)
    assert [row["certificate_sha256"] for row in rows] == [hashlib.sha256(der).digest()] * 2
    assert (status(service, first[0]), status(service, second[0])) == (401, 401)
    file.write_text("no certificate")
    refused = run.invoke(app, ["contract", "key", "cong-chung-thua-ke", "--certificate", str(file)])
    assert isinstance(refused.exception, LienthongError)


def test_a_key_for_no_contract_is_refused(run: CliRunner) -> None:
    refused = run.invoke(app, ["contract", "key", "khong-co"]).exception
    assert isinstance(refused, LienthongError)
    assert "`khong-co`" in refused.message


LISTED = """
[[contract]]
id = "liet-ke"
client = "liet-ke"
client_name = "Khách hàng mẫu"
title = "Liệt kê"
services = ["citizen"]
limits = { fields = 6, tokens = 60, cost = 2 }
documents = ["query Mot { viewer { client } }", { file = "documents/hai.graphql" }]
allow_list_only = true
[contract.purposes.THU]
text = "Thử"
[contract.purposes.THU.fields]
Citizen = { read = ["personalId"], filter = ["personalId"] }
[contract.purposes.KHAC]
text = "Khác"
[contract.purposes.KHAC.fields]
Citizen = { read = ["gender"], filter = ["personalId"] }
"""
SECOND = 'query Hai($nam: Boolean!) { citizen(personalId: "000000000000") { gender @include(if: $nam) } }\n'


def listed(tmp_path: Path, old: str = "", new: str = "", *, second: str | bytes = SECOND) -> Path:
    """The file of a contract with two documents, the other in a file beside it."""
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "hai.graphql").write_bytes(second if isinstance(second, bytes) else second.encode())
    file = tmp_path / "contract.toml"
    file.write_text(LISTED.replace(old, new) if old else LISTED, encoding="utf-8")
    return file


def test_stored_documents_are_installed_from_the_file_and_from_files_beside_it(
    run: CliRunner, service: RunningService, tmp_path: Path
) -> None:
    told = run.invoke(app, ["contract", "install", str(listed(tmp_path))]).output
    digest = hashlib.sha256(SECOND.encode()).hexdigest()
    assert f"sha256:{digest} Hai" in told
    assert re.search(r"sha256:[0-9a-f]{64} Mot\n", told)
    shown = run.invoke(app, ["contract", "key", "liet-ke", "--days", "1"]).output
    headers = {"authorization": re.search(r"Bearer \S+", shown).group(0), "x-purpose": "KHAC"}  # type: ignore[union-attr]
    body = {"documentId": f"sha256:{digest}", "variables": {"nam": True}}
    answer = service.session.post(f"{service.url}/graphql", json=body, headers=headers)
    assert answer.json() == {"data": {"citizen": None}}


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        ("query Hai { citizen(", "Syntax Error"),
        ("query Hai { viewer { nothing } }", "Cannot query field 'nothing'"),
        ("query Hai { citizen { gender } }", "for `THU`: Cannot query field 'gender' on type 'Citizen'."),
        ('query Hai { citizen(personalId: "1") { gender } }', "exactly 12 digits"),
        ("query Hai { viewer { " + "client " * 60 + "} }", "more than 60 tokens"),
        ("query Hai { viewer { " + " ".join(f"a{n}: client" for n in range(7)) + "} }", "limit: fields, allowed: 6"),
        (
            "query Hai($a: Boolean!) { viewer { ... @include(if: $a) { "
            + " ".join(f"a{n}: client" for n in range(7))
            + "} } }",
            "limit: fields, allowed: 6",
        ),
        (
            "query Hai { "
            + " ".join(f'a{n}: citizen(personalId: "000000000000") {{ gender }}' for n in range(3))
            + "}",
            "limit: cost, allowed: 2, given: 3",
        ),
        ("fragment Hai on Query { viewer { client } }", "'Hai' is never used"),
        ("mutation Hai { a }", "mutation"),
        ("", "Syntax Error"),
        (b"\xff", "utf-8"),
    ],
)
def test_a_document_that_the_contract_could_never_answer_is_refused_by_name(
    run: CliRunner, tmp_path: Path, second: str | bytes, reason: str
) -> None:
    refused = run.invoke(app, ["contract", "install", str(listed(tmp_path, second=second))]).exception
    assert isinstance(refused, LienthongError)
    assert "contract `liet-ke`" in refused.message
    assert reason in refused.message
    if isinstance(second, str):
        assert f"document sha256:{hashlib.sha256(second.encode()).hexdigest()}" in refused.message


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("documents/hai.graphql", "documents/ba.graphql", "ba.graphql"),
        ("documents/hai.graphql", "../contract.toml", "outside the contract's folder"),
        ("documents/hai.graphql", "/etc/hostname", "outside the contract's folder"),
        ("{ file =", "{ path =", "a document is a text or"),
        ("allow_list_only = true", 'allow_list_only = "false"', "`allow_list_only` is true or false"),
        ('documents = ["query Mot { viewer { client } }", { file = "documents/hai.graphql" }]', "", "lets nothing run"),
    ],
)
def test_documents_that_cannot_be_read_are_refused(
    run: CliRunner, tmp_path: Path, old: str, new: str, reason: str
) -> None:
    refused = run.invoke(app, ["contract", "install", str(listed(tmp_path, old, new))]).exception
    assert isinstance(refused, LienthongError)
    assert "contract `liet-ke`" in refused.message
    assert reason in refused.message
