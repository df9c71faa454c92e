"""The technical document of each sample contract: made, read back, and every query in it run over HTTP."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import asyncpg
import pymongo
import pypdf
import pytest
from typer.testing import CliRunner

from auth.contract import Client, Contract, Limits
from auth.errors import ContractUnknownError
from auth.registry import read_contracts
from errors import LienthongError
from graph.catalog import Catalog
from graph.describe import describe
from graph.schema import schema
from service.cli import app
from service.document.build import technical_document
from service.document.content import Connection, TechnicalDocument
from service.document.render import document_html, document_pdf
from service.document.words import LIMITS, SOURCES, error_words
from service.embedded import EmbeddedServers
from tests.running import RunningService, run, settings_for
from tests.unit.test_documents import table_rows

CATALOG = Catalog.of(schema)
THEN = datetime(2026, 11, 1, tzinfo=UTC)
CONTRACTS = {c.client.client_id: c for c in read_contracts(Path("samples/contracts.toml"), THEN)}
CONNECTION = Connection("https://cong.example.vn", "https://cong.example.vn")


class Page(HTMLParser):
    """The text of a page, what it names elsewhere, and its anchors."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.links: set[str] = set()
        self.anchors: set[str] = set()
        self.tags: set[str] = set()
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given = dict(attrs)
        self.links |= {given[name] or "" for name in ("href", "src", "action", "data") if name in given}
        self.anchors |= {given["id"] or ""} if "id" in given else set()
        if tag not in {"meta", "col", "br", "link", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)


def made_of(client: str, samples: dict[str, Any] | None = None) -> TechnicalDocument:
    return technical_document(CATALOG, CONTRACTS[client], CONNECTION, samples)


def pdf_text(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def granted(contract: Contract) -> set[str]:
    return {grant.coordinate for grants in contract.grants.values() for grant in grants}


@pytest.fixture(scope="module")
def samples(databases: EmbeddedServers) -> dict[str, dict[str, Any]]:
    """Values by coordinate of citizens of the test data whom each contract may see, by client."""
    return {client: run(_samples(databases, contract)) for client, contract in CONTRACTS.items()}


async def _samples(databases: EmbeddedServers, contract: Contract) -> dict[str, Any]:
    connection = await asyncpg.connect(databases.admin_url)
    try:
        row = await connection.fetchrow(
            "SELECT personal_id, birth_full_name, date_of_birth, permanent_province_code, residence_file_number "
            "FROM population.citizen c JOIN population.household h USING (household_id) "
            "WHERE NOT c.protected AND NOT h.protected AND date_of_death_or_missing IS NULL "
            "AND ($1::text[] IS NULL OR permanent_province_code = ANY($1)) "
            "AND ($1::text[] IS NULL OR address_province_code = ANY($1)) ORDER BY registered_no LIMIT 1",
            list(contract.row_scope.get("province", ())) or None,
        )
    finally:
        await connection.close()
    assert row is not None
    found = {
        "Citizen.personalId": row["personal_id"],
        "Citizen.birthName": row["birth_full_name"],
        "Citizen.dateOfBirth": row["date_of_birth"],
        "Citizen.permanentResidence": row["permanent_province_code"],
        "Household.residenceFileNumber": row["residence_file_number"],
    }
    for coordinate, source, table, element in (
        ("Vehicle.plate", "transport", "phuong_tien", "bienSo"),
        ("DrivingLicence.number", "transport", "giay_phep_lai_xe", "soGPLX"),
        ("HealthInsuranceCard.number", "social_insurance", "the_bhyt", "maThe"),
        ("Degree.number", "education", "van_bang", "soHieu"),
    ):
        with pymongo.MongoClient[dict[str, Any]](databases.mongo_url(source)) as client:
            found[coordinate] = (client[source][table].find_one() or {})[element]
    return found


def run_examples(service: RunningService, client: str, values: dict[str, Any]) -> dict[str, Any]:
    """The answers of every example of a contract's document, by purpose and service; none may hold an error."""
    contract = service.governance.contracts[client]
    document = technical_document(CATALOG, contract, Connection(service.url), values)
    answers = {}
    for purpose in document.purposes:
        assert purpose.examples
        for example in purpose.examples:
            body = {"query": example.query, "variables": json.loads(example.variables)}
            response = service.post(client, headers={"x-purpose": purpose.code}, **body)
            assert response.status_code == 200, response.text
            assert "errors" not in response.json(), (example, response.json()["errors"])
            answers[f"{purpose.code}.{example.root}"] = response.json()["data"]
            if example.document:
                asked = {"documentId": f"sha256:{example.document}", "variables": body["variables"]}
                by_hash = service.session.post(
                    f"{service.url}/graphql",
                    json=asked,
                    headers={"authorization": service.governance.authorizations[client]},
                )
                assert by_hash.json()["data"] == response.json()["data"]
    return answers


@pytest.mark.parametrize("client", CONTRACTS)
def test_every_example_query_runs_without_errors_and_finds_what_its_values_name(
    service: RunningService, samples: dict[str, dict[str, Any]], client: str
) -> None:
    answers = run_examples(service, client, samples[client])
    shown = {f"{code}.{root}" for code in CONTRACTS[client].purposes for root in CONTRACTS[client].services}
    reachable = {f"{purpose.code}.{found.name}" for purpose in made_of(client).purposes for found in purpose.services}
    viewer = set() if CONTRACTS[client].allow_list_only else {name for name in reachable if name.endswith(".viewer")}
    assert set(answers) == (shown & reachable) | viewer
    for name, data in answers.items():
        (answer,) = data.values()
        assert answer, f"{name} found nothing"
        if "edges" in answer:
            assert answer["edges"]
        if "matches" in answer:
            assert answer["matches"] is True


@pytest.mark.parametrize("client", CONTRACTS)
def test_every_example_query_runs_without_errors_as_printed_without_values(
    service: RunningService, client: str
) -> None:
    answers = run_examples(service, client, {})
    for name, data in answers.items():
        if not name.endswith(".viewer"):
            assert "000000000000" not in json.dumps(data), f"{name} found somebody by a number that nobody has"


@pytest.mark.parametrize("client", CONTRACTS)
def test_the_page_says_all_of_the_contract_and_asks_for_nothing_from_outside(client: str) -> None:
    document, contract = made_of(client), CONTRACTS[client]
    html = document_html(document)
    page = Page(html)
    assert page.open == []
    assert not page.tags & {"script", "link", "img", "iframe", "object", "form"}
    assert all(link.startswith("#") and link[1:] in page.anchors for link in page.links)
    assert "url(" not in html
    assert "@import" not in html
    text = " ".join(page.text.split())
    for coordinate in granted(contract):
        described = describe(CATALOG, coordinate)
        assert described.note in text
        assert described.type in text
    for purpose in document.purposes:
        assert purpose.code in text
        assert contract.purposes[purpose.code].text in text
        assert " ".join(purpose.sdl.split()) in text
        for example in purpose.examples:
            assert example.query in page.text
    for error in document.errors:
        assert error.code in text
    for value in (contract.contract_id, contract.client.name, CONNECTION.endpoint, "/sandbox/graphql"):
        assert value in text


@pytest.mark.parametrize("client", CONTRACTS)
def test_the_pdf_holds_its_fonts_and_its_vietnamese_can_be_read(client: str) -> None:
    document, contract = made_of(client), CONTRACTS[client]
    content = document_pdf(document)
    reader = pypdf.PdfReader(io.BytesIO(content))
    root: Any = reader.trailer["/Root"]
    assert reader.metadata is not None
    assert contract.title in (reader.metadata.title or "")
    assert root["/Lang"] == "vi"
    for page in reader.pages:
        resources: Any = page["/Resources"]
        for font in resources["/Font"].values():
            (inner,) = font.get_object()["/DescendantFonts"]
            descriptor = inner.get_object()["/FontDescriptor"].get_object()
            assert {"/FontFile2", "/FontFile3"} & set(descriptor), "a font is not embedded"
    text = pdf_text(content)
    words = " ".join(text.split())
    assert contract.title in words
    assert contract.client.name in words
    for needed in ("Trường được phép", "Giới hạn", "Mã lỗi", "Nghĩa", "Trang 1", f"/ {len(reader.pages)}"):
        assert needed in words
    for coordinate in granted(contract):
        # A name is in one piece, so that it can be copied.
        assert coordinate.partition(".")[2] in text
    for error in document.errors:
        assert error.code in text
    assert "\N{REPLACEMENT CHARACTER}" not in text
    assert "\N{ZERO WIDTH SPACE}" not in text


MAKE = """
import hashlib, sys
from datetime import UTC, datetime
from pathlib import Path
from auth.registry import read_contracts
from graph.catalog import Catalog
from graph.schema import schema
from service.document.build import technical_document
from service.document.content import Connection
from service.document.render import document_html, document_pdf
connection = Connection("https://cong.example.vn", "https://cong.example.vn")
for contract in read_contracts(Path("samples/contracts.toml"), datetime(2026, 11, 1, tzinfo=UTC)):
    made = technical_document(Catalog.of(schema), contract, connection)
    print(hashlib.sha256(document_html(made).encode()).hexdigest(), hashlib.sha256(document_pdf(made)).hexdigest())
"""


def test_the_same_contract_gives_the_same_bytes_in_any_process() -> None:
    made = {
        subprocess.run(
            [sys.executable, "-c", MAKE], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(made) == 1
    assert len(made.pop().splitlines()) == len(CONTRACTS)


def test_what_a_contract_says_is_text_and_never_markup() -> None:
    hostile = '<script>alert("x")</script> #panic("x") $x$ *x* ] \x07 \U0001f600'
    base = CONTRACTS["csgt"]
    contract = replace(base, title=hostile, client=replace(base.client, name=hostile))
    document = technical_document(CATALOG, contract, CONNECTION)
    html = document_html(document)
    assert "<script" not in html
    assert hostile in Page(html).text
    words = pdf_text(document_pdf(document)).replace("\n", " ")
    assert '#panic("x") $x$ *x* ]' in words


def test_a_contract_under_tight_limits_gets_examples_that_run_under_them(service: RunningService) -> None:
    tight = Limits(batch=1, page=3, depth=4, fields=6, tokens=60, cost=4, subjects=1)
    wide, client = service.governance.contracts["mot-cua"], Client("gioi-han-hep", "Đơn vị mẫu có giới hạn hẹp")
    service.governance.install(replace(wide, contract_id="gioi-han-hep", client=client, limits=tight))
    answers = run_examples(service, "gioi-han-hep", {})
    assert {name.partition(".")[2] for name in answers} == {
        "citizen", "citizens", "drivingLicence", "healthInsuranceCard", "household", "vehicle",
    }  # fmt: skip


def test_only_the_errors_that_a_client_can_meet_are_told() -> None:
    def codes(client: str, connection: Connection = CONNECTION) -> set[str]:
        return {error.code for error in technical_document(CATALOG, CONTRACTS[client], connection).errors}

    assert "FIELD_NOT_IN_CONTRACT" in codes("bhxh")
    assert "FIELD_NOT_IN_CONTRACT" not in codes("csgt")
    assert "PURPOSE_REQUIRED" in codes("dai-hoc")
    assert "PURPOSE_REQUIRED" not in codes("csgt")
    assert "DOCUMENT_NOT_ALLOWED" in codes("ngan-hang")
    assert "DOCUMENT_NOT_ALLOWED" not in codes("csgt")
    assert "TOKEN_INVALID" in codes("csgt", replace(CONNECTION, issuers=("https://sso.example",)))
    assert "TOKEN_INVALID" not in codes("csgt")


def test_the_words_of_the_document_are_those_of_the_readme_and_of_the_schema() -> None:
    rows = [[row[0].strip("`"), *row[1:]] for row in table_rows("### Mã lỗi · Error codes")]
    kept = Path("service/document/errors.tsv").read_text(encoding="utf-8")
    assert [line.split("\t") for line in kept.splitlines()] == rows
    assert len(error_words()) == len(rows)
    assert set(LIMITS) == set(Limits.__slots__)
    assert set(SOURCES) >= CATALOG.sources


def test_without_a_sandbox_none_is_told_of() -> None:
    html = document_html(technical_document(CATALOG, CONTRACTS["csgt"], Connection("https://cong.example.vn/")))
    assert "https://cong.example.vn/graphql" in html
    assert "sandbox" not in html


@pytest.fixture
def command(databases: EmbeddedServers, service: RunningService, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    settings = settings_for(databases)
    assert service.governance.contracts
    monkeypatch.setenv("LIENTHONG_GOVERNANCE_URL", settings.governance_url)
    monkeypatch.setenv("LIENTHONG_CURSOR_KEY", settings.cursor_key.get_secret_value())
    monkeypatch.setenv("LIENTHONG_AUDIT_KEY", settings.audit_key.get_secret_value())
    for source, url in settings.sources.items():
        monkeypatch.setenv(f"LIENTHONG_SOURCES__{source.upper()}", url)
    return CliRunner()


def test_the_command_writes_a_page_or_a_pdf(command: CliRunner, tmp_path: Path) -> None:
    values = tmp_path / "values.json"
    values.write_text('{"Vehicle.plate": "51K-123.45"}', encoding="utf-8")
    page, pdf = tmp_path / "a.html", tmp_path / "a.pdf"
    options = ["--url", "https://cong.example.vn", "--values", str(values)]
    done = command.invoke(app, ["contract", "document", "csgt", "--out", str(page), *options])
    assert done.exit_code == 0, done.output
    assert str(page) in done.output
    text = page.read_text(encoding="utf-8")
    assert "https://cong.example.vn/graphql" in text
    assert "51K-123.45" in text
    done = command.invoke(app, ["contract", "document", "csgt-tra-cuu", "--format", "pdf", "--out", str(pdf)])
    assert done.exit_code == 0, done.output
    assert pdf.read_bytes().startswith(b"%PDF-")
    shown = command.invoke(app, ["contract", "document", "csgt", "--version", "1", "--out", "-"])
    assert shown.stdout.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (["khong-co"], ContractUnknownError, "no contract of `khong-co`"),
        (["csgt", "--version", "99"], ContractUnknownError, "in version 99"),
        (["csgt", "--out", "/khong/co/a.html"], LienthongError, "cannot be written"),
        (["csgt", "--values", "README.md"], LienthongError, "holds no JSON"),
    ],
)
def test_the_command_says_what_is_wrong(
    command: CliRunner, arguments: list[str], error: type[LienthongError], message: str
) -> None:
    done = command.invoke(app, ["contract", "document", *arguments])
    assert isinstance(done.exception, error)
    assert message in done.exception.message
