"""The documents say what the code does: settings, errors, routes, queries, plans, links, decision records."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from graphql import parse, validate
from pydantic import SecretStr
from starlette.routing import Route

import auth
import connectors
import graph
import resolvers
import service
from auth.contract import Contract, Limits, permit
from auth.process.actors import Role
from auth.registry import read_contracts
from errors import LienthongError, Visibility
from graph.catalog import Catalog
from graph.schema import schema
from graph.view import View
from resolvers.documents import prepare_document
from resolvers.planner import plan_operation
from resolvers.process.schema import process_schema, whole_process_schema
from service.app import create_app
from service.cli import app as cli
from service.commands.caller import CallerSettings
from service.explain import describe_plan
from service.operations.words import FINDINGS
from service.settings import Settings
from service.telemetry.instruments import GAUGES, INSTRUMENTS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROCESS = (ROOT / "docs/process.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
DUTIES = (ROOT / "docs/duties.md").read_text(encoding="utf-8")
DECISIONS = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
CATALOG = Catalog.of(schema)
ENGINES = {source: "postgresql" if source == "population" else "mongodb" for source in CATALOG.sources}


def blocks(language: str) -> list[str]:
    """The fenced blocks of the README in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def table_rows(heading: str, document: str = README) -> list[list[str]]:
    """The cells of the rows of the tables in a section of a document, without their header."""
    section = document.split(heading + "\n", 1)[1]
    section = re.split(r"^#{1,3} ", section, maxsplit=1, flags=re.MULTILINE)[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]


def subclasses(kind: type[LienthongError]) -> Iterator[type[LienthongError]]:
    for child in kind.__subclasses__():
        yield child
        yield from subclasses(child)


def client_errors() -> list[type[LienthongError]]:
    """Every error that a client may meet and that has a code of its own."""
    for package in (auth, connectors, graph, resolvers, service):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    found = [e for e in subclasses(LienthongError) if e.visibility is Visibility.CLIENT and "code" in vars(e)]
    # Classes that a test declares are none of the service's.
    return [e for e in found if e.__module__.split(".")[0] != "tests"]


def sample_contract(name: str) -> Contract:
    contracts = read_contracts(ROOT / "samples/contracts.toml")
    return next(contract for contract in contracts if name in (contract.contract_id, contract.client.client_id))


def view_of(contract: Contract, purpose: str | None = None) -> View:
    return View.of(CATALOG, permit(contract, purpose or min(contract.purposes), datetime.now(UTC)))


def settings() -> Settings:
    key = SecretStr("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
    return Settings(
        governance_url="postgresql://governance",
        sources={source: f"{engine}://host/{source}" for source, engine in ENGINES.items()},
        cursor_key=key,
        audit_key=key,
    )


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented_with_its_default(name: str) -> None:
    field = Settings.model_fields[name]
    variable = f"LIENTHONG_{name.upper()}"
    rows = [row for row in table_rows("## Cài đặt · Settings") if re.match(rf"`{variable}(__<.*>)?`$", row[0])]
    assert len(rows) == 1, f"the README's table of settings needs one row for `{variable}`"
    if field.is_required():
        assert "required" in rows[0][1]
    elif field.default is None:
        assert "none" in rows[0][1]
    else:
        assert rows[0][1] == f"`{field.default}`"


def test_no_setting_is_documented_that_is_none() -> None:
    documented = set(re.findall(r"LIENTHONG_([A-Z]+(?:_[A-Z]+)*)", README + PROCESS))
    assert documented <= {name.upper() for name in (*Settings.model_fields, *CallerSettings.model_fields)}


@pytest.mark.parametrize("name", CallerSettings.model_fields)
def test_what_a_command_reads_is_documented(name: str) -> None:
    assert any(row[0] == f"`LIENTHONG_{name.upper()}`" for row in table_rows("## Cài đặt · Settings"))


def test_every_source_has_its_variable_in_the_readme() -> None:
    for source in CATALOG.sources:
        assert f"`{source.upper()}`" in README


def test_the_variables_that_switch_tracing_are_documented() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "service/telemetry").glob("*.py"))
    names = set(re.findall(r"OTEL_[A-Z_]+[A-Z]", code))
    assert "OTEL_SERVICE_NAME" in names
    for name in names:
        assert name in README


def documented_errors() -> dict[str, str]:
    """Code -> HTTP status of every documented error: of the gateway, and of the process of contracts."""
    rows = table_rows("### Mã lỗi · Error codes") + table_rows("## Mã lỗi · Error codes", PROCESS)
    rows += table_rows("## Mã lỗi · Error codes", OPERATIONS)
    return {row[0].strip("`"): row[1] for row in rows}


def test_every_error_a_client_may_meet_is_documented() -> None:
    documented = documented_errors()
    for error in client_errors():
        assert error.code in documented, f"the tables of errors lack `{error.code}`"
        if "status" in vars(error):
            assert str(error.status) in documented[error.code], f"`{error.code}` has HTTP status {error.status}"
    assert LienthongError.code in documented


def test_no_error_is_documented_that_is_none() -> None:
    assert set(documented_errors()) <= {error.code for error in client_errors()} | {LienthongError.code}


def test_every_route_is_documented() -> None:
    routes = [route for route in create_app(settings()).routes if isinstance(route, Route)]
    public = {route.path for route in routes} - {"/graphiql/clients", "/static/{name:path}"}
    assert {"/graphql", "/readyz"} <= public
    for path in public:
        assert re.search(rf"`(GET|POST) {re.escape(path)}`", README), f"the README lacks `{path}`"


def test_every_instrument_is_documented_with_its_labels() -> None:
    rows = {row[0]: row[1] for row in table_rows("## Số đo · Metrics", OPERATIONS)}
    for instrument in (*INSTRUMENTS.values(), *GAUGES.values()):
        labels = rows[f"`{instrument.prometheus}{'_total' if instrument.kind == 'counter' else ''}`"]
        assert set(re.findall(r"`(\w+)`", labels)) == {*instrument.labels} - {"lienthong_environment"}


def test_every_alert_and_every_finding_has_its_section() -> None:
    rules = yaml.safe_load((ROOT / "deploy/prometheus/rules.yml").read_text(encoding="utf-8"))
    alerts = [rule["alert"] for group in rules["groups"] for rule in group["rules"] if "alert" in rule]
    assert len(alerts) >= 10
    sections = re.findall(r"^### (.+)$", OPERATIONS, re.MULTILINE)
    for name in (*alerts, *FINDINGS):
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").capitalize()
        assert words in sections, f"docs/operations.md lacks `{words}`"


def test_every_command_is_documented() -> None:
    rows = {row[0] for row in table_rows("## Cài đặt · Settings")}
    commands = [command.name or getattr(command.callback, "__name__", "") for command in cli.registered_commands]
    assert "serve" in commands
    for command in commands:
        assert f"`lienthong {command}`" in rows, f"the README lacks the command `{command}`"


@pytest.mark.parametrize("group", ["contract", "account", "unit", "audit"])
def test_every_command_of_a_group_is_documented_and_no_other(group: str) -> None:
    rows = [row[0] for row in table_rows("## Cài đặt · Settings") if row[0].startswith(f"`lienthong {group} ")]
    documented = [name.removeprefix(f"lienthong {group} ") for row in rows for name in re.findall(r"`([^`]+)`", row)]
    whole: Any = typer.main.get_command(cli)
    assert sorted(documented) == sorted(whole.commands[group].commands)


@pytest.mark.parametrize("block", re.findall(r"^```graphql\n(.*?)^```$", PROCESS, re.DOTALL | re.MULTILINE))
def test_a_graphql_block_of_the_process_is_valid(block: str) -> None:
    assert [error.message for error in validate(whole_process_schema(), parse(block))] == []


def test_the_roots_of_each_role_are_documented() -> None:
    for role in set(Role) - {Role.CLOCK}:
        (row,) = re.findall(rf"^\|[^|]*\b{role.value}\b[^|]*\|([^|]*`[a-z]+[^|]*)\|$", PROCESS, re.MULTILINE) or [""]
        mutations = process_schema(frozenset({role})).schema.mutation_type
        assert set(re.findall(r"`([A-Za-z]+)`", row)) == set(mutations.fields if mutations else ())


def test_every_limit_of_a_contract_is_documented_with_its_default() -> None:
    row = next(row for row in table_rows("## Hợp đồng · The contract") if row[0] == "`limits`")
    for limit in fields(Limits):
        assert f"`{limit.name}` {limit.default}" in row[1]


def test_every_sample_client_is_documented_with_its_purposes() -> None:
    rows = {row[0].strip("`"): row for row in table_rows("## Các đơn vị mẫu · Sample clients")}
    contracts = read_contracts(ROOT / "samples/contracts.toml")
    assert {contract.client.client_id for contract in contracts} == set(rows)
    for contract in contracts:
        row = rows[contract.client.client_id]
        assert row[1] == f"`{contract.contract_id}`"
        assert row[2] == ", ".join(f"`{purpose}`" for purpose in contract.purposes)


def test_the_make_targets_in_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"there is no `make {target}`"


@pytest.mark.parametrize("block", blocks("graphql"))
def test_a_graphql_block_of_the_readme_is_valid(block: str) -> None:
    assert [error.message for error in validate(CATALOG.schema, parse(block))] == []


@pytest.mark.parametrize("block", re.findall(r"^```graphql\n(.*?)^```$", DUTIES, re.DOTALL | re.MULTILINE))
def test_a_graphql_block_of_the_duties_is_valid(block: str) -> None:
    assert [error.message for error in validate(CATALOG.full, parse(block))] == []


@pytest.mark.parametrize("name", sorted(CATALOG.duties))
def test_every_duty_is_documented(name: str) -> None:
    assert f"`{name}`" in DUTIES


def test_the_federated_query_of_the_readme_fits_the_contract_it_names() -> None:
    block = next(block for block in blocks("graphql") if "query LienThong" in block)
    prepare_document(view_of(sample_contract("mot-cua")), block)


def test_the_first_query_of_the_readme_fits_the_contract_it_names() -> None:
    command = next(block for block in blocks("sh") if "curl" in block)
    client = re.search(r"\$\(khoa ([a-z-]+)\)", command)
    purpose = re.search(r"X-Purpose: ([A-Z_]+)", command)
    body = re.search(r"-d '(.*)'", command)
    assert client is not None
    assert purpose is not None
    assert body is not None
    view = view_of(sample_contract(client[1]), purpose[1])
    prepare_document(view, json.loads(body[1])["query"])


def test_the_plan_in_the_readme_is_what_explain_prints() -> None:
    command = next(block for block in blocks("sh") if "lienthong explain" in block)
    words = shlex.split(command)
    query, client = words[-1], words[words.index("--client") + 1]
    view = view_of(sample_contract(client))
    document = prepare_document(view, query)
    plan = plan_operation(view, document.operation(None).node, document.fragments, {})
    printed = next(block for block in blocks("text") if block.startswith("contract "))
    assert printed == describe_plan(plan, view, ENGINES) + "\n"


NEW_SOURCE = """
import sys
import graph.sources
graph.sources.__path__.append(sys.argv[1])
from datetime import UTC, datetime
from pathlib import Path
from auth.contract import permit
from auth.registry import read_contracts
from graph.catalog import Catalog
from graph.schema import schema
from graph.view import View
from resolvers.documents import prepare_document

catalog = Catalog.of(schema)
(contract,) = read_contracts(Path(sys.argv[1]) / "contract.toml")
granted = {grant.coordinate for grants in contract.grants.values() for grant in grants}
assert granted <= set(catalog.coordinates()), granted
assert contract.services <= set(catalog.roots), contract.services
assert "tax" in catalog.sources
view = View.of(catalog, permit(contract, None, datetime.now(UTC)))
prepare_document(view, '''{
  citizen(personalId: "000000000000") { birthName { full } taxpayer { taxCode taxOffice status } }
  taxpayer(taxCode: "000000000000") { holder { birthName { full } } }
}''')
"""


def test_the_new_database_of_the_readme_can_be_added_and_permitted(tmp_path: Path) -> None:
    (declarations,) = blocks("python")
    (contract,) = blocks("toml")
    (tmp_path / "tax.py").write_text(declarations, encoding="utf-8")
    (tmp_path / "contract.toml").write_text(contract, encoding="utf-8")
    command = [sys.executable, "-c", NEW_SOURCE, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_relative_link_is_broken(document: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, _ = target.partition("#")
        assert (document.parent / path).exists(), f"{document.name} links to {target}"


@pytest.mark.parametrize("record", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_record_has_its_parts(record: Path) -> None:
    lines = record.read_text(encoding="utf-8").splitlines()
    number = record.name[:4]
    assert re.match(rf"# {number}\. \S", lines[0])
    assert lines[2].startswith("Tiếng Việt: ")
    assert [line for line in lines if line.startswith("## ")] == ["## Context", "## Decision", "## Consequences"]
    assert len(lines) <= 40, "a record is short"


def test_decision_records_are_numbered_and_listed() -> None:
    index = (ROOT / "docs/decisions/README.md").read_text(encoding="utf-8")
    assert [record.name[:4] for record in DECISIONS] == [f"{n:04}" for n in range(1, len(DECISIONS) + 1)]
    for record in DECISIONS:
        title = record.read_text(encoding="utf-8").splitlines()[0].split(". ", 1)[1]
        assert f"| [{record.name[:4]}]({record.name}) | {title} |" in index
