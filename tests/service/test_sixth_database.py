"""A sixth specialised database is one file and one setting: proved on a copy of the product, in its own process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pymongo
import pytest

from auth.registry import read_contracts
from service.demo.databases import SOURCES
from service.embedded import EmbeddedServers
from tests.running import Governance, free_port, settings_for

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[2]
PACKAGES = ("auth", "connectors", "errors", "graph", "migrations", "resolvers", "samples", "service")
SETTING = "LIENTHONG_SOURCES__TAX"

# The whole of what a new database takes. Since July 2025 the tax code of a person is the personal number.
TAX = '''\
"""The tax database: taxpayers."""

from __future__ import annotations

from graph.fields import CitizenRef, entity, extends, linked, lookup, stored
from graph.scalars import PersonalId

SOURCE = "tax"


@entity(source=SOURCE, table="nguoi_nop_thue", subject="maSoThue", description="Người nộp thuế (taxpayer).")
class Taxpayer:
    """A taxpayer; the tax code is the personal number."""

    tax_code: PersonalId | None = stored("maSoThue", description="Mã số thuế (tax code)")
    former_tax_code: str | None = stored("maSoThueCu", description="Mã số thuế cũ (tax code before July 2025)")
    office: str | None = stored("coQuanThue", description="Cơ quan thuế quản lý (tax office)")
    status: str | None = stored("trangThai", description="Trạng thái (status code)")
    citizen: CitizenRef | None = linked("maSoThue", "personal_id", description="Công dân (the citizen)")


@extends("Citizen", source=SOURCE)
class CitizenTax:
    """Tax's part of a citizen."""

    taxpayer: Taxpayer | None = linked("personal_id", "maSoThue", description="Người nộp thuế (taxpayer)")


@extends("Query", source=SOURCE)
class TaxQuery:
    """Roots that begin in tax."""

    @lookup("maSoThue", description="Người nộp thuế theo mã số thuế (a taxpayer by tax code).")
    def taxpayer(self, tax_code: PersonalId) -> Taxpayer | None:
        """A taxpayer."""
'''

CONTRACTS = """
[[contract]]
id = "thue-tra-cuu"
client = "thue"
client_name = "Cơ quan thuế mẫu"
title = "Tra cứu người nộp thuế"
services = ["citizens", "taxpayer"]
[contract.purposes.THUE]
text = "Quản lý thuế"
[contract.purposes.THUE.fields]
Citizen = { read = ["personalId", "birthName", "taxpayer"], filter = ["personalId"] }
PersonName = ["full"]
Taxpayer = { read = ["taxCode", "formerTaxCode", "office", "status", "citizen"], filter = ["taxCode"] }

[[contract]]
id = "khong-thue"
client = "khong-thue"
client_name = "Đơn vị mẫu không có quyền thuế"
title = "Tra cứu nhân thân"
services = ["citizens", "taxpayer"]
[contract.purposes.NHAN_THAN]
text = "Tra cứu nhân thân"
[contract.purposes.NHAN_THAN.fields]
Citizen = { read = ["personalId"], filter = ["personalId"] }
"""


@dataclass(frozen=True)
class Copy:
    """A copy of the product's packages in a folder of its own, and the settings that it runs with."""

    folder: Path
    settings: dict[str, str]

    def start(self, **changes: str) -> subprocess.Popen[bytes]:
        """`lienthong serve` from the copy."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LIENTHONG_", "OTEL_"))}
        return subprocess.Popen(
            [sys.executable, "-c", "from service.cli import main; main()", "serve"],
            cwd=self.folder,
            env={**kept, **self.settings, **changes, "PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def refusal(self, **changes: str) -> str:
        """What a start says that fails."""
        said, _ = self.start(**changes).communicate(timeout=60)
        return said.decode()

    @contextmanager
    def serving(self, **changes: str) -> Iterator[str]:
        """The running service; gives its URL."""
        port = str(free_port())
        with self.start(**changes, LIENTHONG_PORT=port) as process:
            try:
                yield _answering(process, f"http://127.0.0.1:{port}")
            finally:
                process.terminate()
                process.communicate(timeout=20)


def _answering(process: subprocess.Popen[bytes], url: str) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            assert process.stdout is not None
            raise AssertionError(process.stdout.read().decode())
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                return url
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the copy did not become ready")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory, databases: EmbeddedServers) -> Copy:
    """The product as it is."""
    folder = tmp_path_factory.mktemp("product")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    given = settings_for(databases)
    settings = {f"LIENTHONG_SOURCES__{name.upper()}": url for name, url in given.sources.items()}
    settings |= {
        "LIENTHONG_GOVERNANCE_URL": given.governance_url,
        "LIENTHONG_CURSOR_KEY": given.cursor_key.get_secret_value(),
        "LIENTHONG_AUDIT_KEY": given.audit_key.get_secret_value(),
    }
    return Copy(folder, settings)


@pytest.fixture(scope="module")
def extended(original: Copy, tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """The product with the one file more."""
    folder = tmp_path_factory.mktemp("extended") / "product"
    shutil.copytree(original.folder, folder)
    (folder / "graph" / "sources" / "tax.py").write_text(TAX, "utf-8")
    return Copy(folder, original.settings)


@dataclass(frozen=True)
class Taxes:
    """The document database with its taxpayers, and clients with and without a grant for them."""

    url: str
    people: list[dict[str, Any]]
    governance: Governance

    def ask(self, service: str, client: str, query: str, **variables: Any) -> Any:
        """The body that a client gets for an operation."""
        headers = {"authorization": self.governance.authorizations[client]}
        body = {"query": query, "variables": variables}
        return httpx.post(f"{service}/graphql", json=body, headers=headers, timeout=30).json()


@pytest.fixture(scope="module")
def taxes(databases: EmbeddedServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Taxes]:
    path = tmp_path_factory.mktemp("contracts") / "contracts.toml"
    path.write_text(CONTRACTS, "utf-8")
    governance = Governance(databases.admin_url)
    governance.install_samples(path, datetime.now(UTC))
    assert len(read_contracts(path)) == 2
    rows = governance.fetch(
        "SELECT personal_id, birth_full_name FROM population.citizen ORDER BY registered_no LIMIT 3"
    )
    documents: list[dict[str, Any]] = [
        {
            "maSoThue": row["personal_id"],
            "maSoThueCu": f"841234567{number}",
            "coQuanThue": "Thuế mẫu",
            "trangThai": "00",
        }
        for number, row in enumerate(rows[:2])
    ]
    with pymongo.MongoClient[dict[str, Any]](databases.mongo_url("tax")) as client:
        client["tax"]["nguoi_nop_thue"].insert_many(documents)
        yield Taxes(databases.mongo_url("tax"), [dict(row) for row in rows], governance)
        client.drop_database("tax")


BOTH_WAYS = """
query($so: [PersonalId!]!, $ma: PersonalId!) {
  citizens(personalIds: $so) { taxpayer { formerTaxCode office status citizen { personalId } } }
  taxpayer(taxCode: $ma) { taxCode citizen { birthName { full } taxpayer { formerTaxCode } } }
}
"""


def test_one_file_and_one_setting_add_a_database(extended: Copy, original: Copy, taxes: Taxes) -> None:
    assert _files(extended.folder) - _files(original.folder) == {"graph/sources/tax.py"}
    numbers = [person["personal_id"] for person in taxes.people]
    with extended.serving(**{SETTING: taxes.url}) as service:
        body = taxes.ask(service, "thue", BOTH_WAYS, so=numbers, ma=numbers[1])
        hidden = taxes.ask(service, "khong-thue", '{__type(name:"Taxpayer"){name} __schema{queryType{fields{name}}}}')
        refused = taxes.ask(service, "khong-thue", f'{{citizens(personalIds:["{numbers[0]}"]){{taxpayer{{office}}}}}}')
        unknown = taxes.ask(service, "khong-thue", f'{{citizens(personalIds:["{numbers[0]}"]){{taxpayex{{office}}}}}}')
        readiness = httpx.get(f"{service}/readyz").json()
    assert body == {
        "data": {
            "citizens": [
                {
                    "taxpayer": {
                        "formerTaxCode": f"841234567{number}",
                        "office": "Thuế mẫu",
                        "status": "00",
                        "citizen": {"personalId": numbers[number]},
                    }
                }
                for number in range(2)
            ]
            + [{"taxpayer": None}],
            "taxpayer": {
                "taxCode": numbers[1],
                "citizen": {
                    "birthName": {"full": taxes.people[1]["birth_full_name"]},
                    "taxpayer": {"formerTaxCode": "8412345671"},
                },
            },
        }
    }
    assert hidden["data"]["__type"] is None
    assert {field["name"] for field in hidden["data"]["__schema"]["queryType"]["fields"]} == {"citizens", "viewer"}
    assert "data" not in refused
    assert _shape(refused) == _shape(unknown).replace("taxpayex", "taxpayer")
    assert set(readiness["sources"]) == {"population", "tax", *SOURCES}


def test_the_file_without_the_setting_does_not_start_and_names_the_setting(extended: Copy) -> None:
    said = extended.refusal()
    assert SETTING in said
    assert "`tax`" in said
    assert "Traceback" not in said


def test_the_setting_without_the_file_does_not_start_and_names_the_setting(original: Copy, taxes: Taxes) -> None:
    said = original.refusal(**{SETTING: taxes.url})
    assert SETTING in said
    assert taxes.url not in said
    assert "Traceback" not in said


def test_a_database_of_an_unknown_kind_does_not_start(extended: Copy) -> None:
    said = extended.refusal(**{SETTING: "mysql://127.0.0.1/tax"})
    assert SETTING in said
    assert "Traceback" not in said


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"}


def _shape(refused: dict[str, Any]) -> str:
    return str([(error["message"], error.get("locations")) for error in refused["errors"]])
