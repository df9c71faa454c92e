"""`lienthong demo`: embedded databases, sample data, sample clients, and the service, in one foreground process."""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
import shlex
import socket
import tomllib
from collections.abc import Mapping
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pymongo
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from auth.registry import install_contract, issue_key
from errors import LienthongError
from samples.load import load
from service.app import create_app
from service.contracts import read_checked_contracts
from service.demo_process import PEOPLE, prepare_accounts, prepare_dossiers
from service.demo_sandbox import prepare_sandbox, sandbox_sources
from service.embedded import EmbeddedServers
from service.migrate import migrate
from service.settings import load_settings

__all__ = ["DemoFolder", "prepare_databases", "prepare_demo"]

SOURCES = ("social_insurance", "health", "transport", "civil_status", "education")
SEED = 46
KEY_DAYS = 90


class DemoFolder:
    """The files of a demo below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.clients = folder / "clients.json"
        self.accounts = folder / "accounts.json"
        self.environment = folder / "lienthong.env"
        self.traces = folder / "traces.jsonl"
        self.checkpoints = folder / "checkpoints.jsonl"


def require_free_port(port: int) -> None:
    """Raise `LienthongError` when something listens on the port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise LienthongError(f"port {port} is taken: choose another, for instance PORT={port + 1}") from error


async def prepare_databases(servers: EmbeddedServers, *, citizens: int, console: Console, seed: int = SEED) -> None:
    """Migrate and load the sample data; what is there already is kept."""
    applied = await migrate(servers.admin_url)
    if applied:
        console.print(f"Cơ sở dữ liệu (schemas): {', '.join(applied)}")
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    ) as progress:
        tasks: dict[str, Any] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage, total=total)
            progress.update(tasks[stage], completed=done, total=total)

        await load(
            servers.admin_url,
            {source: servers.mongo_url(source) for source in SOURCES},
            citizens=citizens,
            seed=seed,
            progress=report,
        )


async def prepare_demo(
    servers: EmbeddedServers, demo: DemoFolder, *, port: int, citizens: int, console: Console
) -> None:
    """Databases, contracts, keys, `clients.json` and the settings file of a demo."""
    await prepare_databases(servers, citizens=citizens, console=console)
    await prepare_sandbox(servers)
    environment = _environment(servers, demo, port)
    if not demo.clients.exists() or not await _keys_are_valid(servers, demo):
        await _issue_clients(servers, demo)
    await _refresh_examples(servers, demo)
    lines = (f"{name}={value}" for name, value in environment.items())
    _write_private(demo.environment, "\n".join(lines).encode() + b"\n")
    await _prepare_process(servers, demo)


async def _prepare_process(servers: EmbeddedServers, demo: DemoFolder) -> None:
    """Accounts with their passwords in `accounts.json`, and dossiers in every state, made by the application itself."""
    known = orjson.loads(demo.accounts.read_bytes()) if demo.accounts.exists() else {}
    accounts = await prepare_accounts(servers, known)
    passwords = {one.account.account_id: one.password for one in accounts}
    _write_private(demo.accounts, orjson.dumps(passwords, option=orjson.OPT_INDENT_2))
    app = create_app(load_settings(_env_file=demo.environment))
    connection = await asyncpg.connect(servers.admin_url)
    try:
        citizen = await connection.fetchval(
            "SELECT personal_id FROM population.citizen WHERE NOT protected ORDER BY registered_no LIMIT 1"
        )
    finally:
        await connection.close()
    async with app.router.lifespan_context(app):
        await prepare_dossiers(app, app.state.process, citizen)


def show(demo: DemoFolder, *, port: int, console: Console) -> None:
    """Print who may ask what, a ready command for each, and the addresses."""
    base = f"http://127.0.0.1:{port}"
    table = Table(title="Khách hàng mẫu (sample clients)", show_lines=True, expand=True)
    for heading in ("Ai (who)", "Mục đích (purpose)", "Được phép (permitted)"):
        table.add_column(heading, overflow="fold")
    clients = orjson.loads(demo.clients.read_bytes())
    for client in clients:
        table.add_row(
            f"[bold]{client['name']}[/bold]\n{client['clientName']}",
            "\n".join(client["purposes"]),
            f"{client['description']}\n[dim]{client['descriptionEn']}[/dim]",
        )
    console.print(table)
    word_for_word = {table["client"] for table in _tables() if table.get("allow_list_only")}
    for client in clients:
        console.print(f"# {client['name']}: {client['titleEn']}", style="bold", markup=False)
        command = _curl(base, client, compact=client["name"] not in word_for_word)
        console.print(command, soft_wrap=True, markup=False, highlight=False)
    _show_accounts(demo, base, console)
    console.print(f"\nGraphiQL  {base}/graphiql\nHealth    {base}/healthz   {base}/readyz\nClients   {demo.clients}")
    console.print(f"Sandbox   {base}/sandbox/graphql   (docs/sandbox.md)")
    console.print("Plan      .venv/bin/lienthong explain --client mot-cua '{...}'", markup=False, soft_wrap=True)
    console.print("Trace     .venv/bin/lienthong trace [X-Trace-Id]", markup=False, soft_wrap=True)
    console.print("Mọi công dân đều do máy sinh ra, không có thật. (All citizens are invented.)  Ctrl-C: dừng (stop)")


def _show_accounts(demo: DemoFolder, base: str, console: Console) -> None:
    """Print with which account and password each role signs in to the console."""
    passwords = orjson.loads(demo.accounts.read_bytes())
    table = Table(title=f"Bàn làm việc (console): {base}/console", expand=True)
    for heading in ("Vai trò (role)", "Tài khoản (account)", "Mật khẩu (password)"):
        table.add_column(heading, overflow="fold")
    for account in PEOPLE.values():
        roles = ", ".join(sorted(role.value for role in account.roles))
        table.add_row(f"{account.name}\n[dim]{roles}[/dim]", account.account_id, passwords[account.account_id])
    console.print(table)


def _curl(base: str, client: Mapping[str, Any], *, compact: bool) -> str:
    example = client["examples"][0]
    query = " ".join(example["query"].split()) if compact else example["query"]
    body = orjson.dumps({"query": query, "variables": example["variables"]}).decode()
    headers = [f"Authorization: {client['authorization']}", "Content-Type: application/json"]
    if len(client["purposes"]) > 1:
        headers.append(f"X-Purpose: {client['purpose']}")
    arguments = [argument for header in headers for argument in ("-H", header)]
    return shlex.join(["curl", "-s", f"{base}/graphql", *arguments, "-d", body])


def _environment(servers: EmbeddedServers, demo: DemoFolder, port: int) -> dict[str, str]:
    kept = _read_environment(demo.environment)
    names = {f"LIENTHONG_SOURCES__{source.upper()}": servers.mongo_url(source) for source in SOURCES}
    return {
        "LIENTHONG_GOVERNANCE_URL": servers.postgres_url("lienthong_gateway"),
        "LIENTHONG_ADMIN_URL": servers.admin_url,
        "LIENTHONG_PROCESS_URL": servers.postgres_url("lienthong_process"),
        "LIENTHONG_SOURCES__POPULATION": servers.postgres_url("lienthong_reader"),
        **names,
        **{f"LIENTHONG_SANDBOX_SOURCES__{name.upper()}": url for name, url in sandbox_sources(servers).items()},
        "LIENTHONG_CURSOR_KEY": kept.get("LIENTHONG_CURSOR_KEY") or _random_key(),
        "LIENTHONG_AUDIT_KEY": kept.get("LIENTHONG_AUDIT_KEY") or _random_key(),
        "LIENTHONG_CHECKPOINT_KEY": kept.get("LIENTHONG_CHECKPOINT_KEY") or _random_key(),
        "LIENTHONG_CHECKPOINT_FILE": str(demo.checkpoints),
        "LIENTHONG_AUDIT_URL": servers.postgres_url("lienthong_auditor"),
        "LIENTHONG_PORT": str(port),
        "LIENTHONG_DEMO_CLIENTS": str(demo.clients),
        "LIENTHONG_TRACE_FILE": str(demo.traces),
    }


def _read_environment(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    pairs = (line.partition("=") for line in path.read_text(encoding="utf-8").splitlines())
    return {name: value for name, _, value in pairs if value}


def _random_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


async def _keys_are_valid(servers: EmbeddedServers, demo: DemoFolder) -> bool:
    """Whether the keys in the clients file are still those of the database."""
    key_ids = [c["authorization"].split("_")[1] for c in orjson.loads(demo.clients.read_bytes())]
    connection = await asyncpg.connect(servers.admin_url)
    try:
        known = await connection.fetchval(
            "SELECT count(*) FROM governance.api_key k JOIN governance.contract c USING (contract_id) "
            "WHERE key_id = ANY($1) AND k.expires_at > now() AND c.state = 'ACTIVE' AND c.valid_to > now()",
            key_ids,
        )
    finally:
        await connection.close()
    return bool(known == len(_tables()) == len(key_ids))


def _tables() -> list[dict[str, Any]]:
    tables: list[dict[str, Any]] = tomllib.loads(_contract_file().read_text(encoding="utf-8"))["contract"]
    return tables


def _contract_file() -> Any:
    return files("samples").joinpath("contracts.toml")


async def _issue_clients(servers: EmbeddedServers, demo: DemoFolder) -> None:
    with as_file(_contract_file()) as path:
        contracts = read_checked_contracts(path)
    connection = await asyncpg.connect(servers.admin_url)
    clients = []
    try:
        for contract, table in zip(contracts, _tables(), strict=True):
            exists = await connection.fetchval(
                "SELECT 1 FROM governance.contract WHERE contract_id = $1 AND state = 'ACTIVE' AND valid_to > now()",
                contract.contract_id,
            )
            if not exists:
                await install_contract(connection, contract)
            key = await issue_key(connection, contract.contract_id, days=KEY_DAYS)
            clients.append(
                {
                    "name": contract.client.client_id,
                    "clientName": contract.client.name,
                    "title": f"{contract.client.name}: {contract.title}",
                    "titleEn": table["title_en"],
                    "authorization": key.authorization,
                    "contract": contract.contract_id,
                    "purpose": next(iter(contract.purposes)),
                    "purposes": list(contract.purposes),
                    "description": table["description"],
                    "descriptionEn": table["description_en"],
                }
            )
    finally:
        await connection.close()
    _write_private(demo.clients, orjson.dumps(clients, option=orjson.OPT_INDENT_2))


async def _refresh_examples(servers: EmbeddedServers, demo: DemoFolder) -> None:
    """Fill the examples' placeholders with citizens of the data at hand."""
    clients = orjson.loads(demo.clients.read_bytes())
    connection = await asyncpg.connect(servers.admin_url)
    try:
        tables = {table["client"]: table for table in _tables()}
        for client in clients:
            table = tables[client["name"]]
            provinces = table.get("row_scope", {}).get("province")
            values = await _example_values(connection, servers, provinces)
            client["examples"] = [
                {
                    "title": example["title"],
                    "query": example["query"].strip(),
                    "variables": {name: _filled(value, values) for name, value in example["variables"].items()},
                }
                for example in table["examples"]
            ]
    finally:
        await connection.close()
    _write_private(demo.clients, orjson.dumps(clients, option=orjson.OPT_INDENT_2))


def _filled(value: Any, values: Mapping[str, Any]) -> Any:
    return values[value[1:]] if isinstance(value, str) and value.startswith("@") else value


async def _example_values(
    connection: asyncpg.Connection[Any], servers: EmbeddedServers, provinces: list[str] | None
) -> dict[str, Any]:
    rows = await connection.fetch(
        "SELECT personal_id, birth_full_name, date_of_birth FROM population.citizen "
        "WHERE household_id IS NOT NULL AND date_of_death_or_missing IS NULL AND marital_status = 2 AND NOT protected "
        "AND ($1::text[] IS NULL OR permanent_province_code = ANY($1)) ORDER BY registered_no LIMIT 40",
        provinces,
    )
    personal_ids = [row["personal_id"] for row in rows]
    vehicle, card = await asyncio.to_thread(_example_documents, servers, personal_ids)
    chosen = next((row for row in rows if row["personal_id"] == vehicle["ownerPersonalId"]), rows[0])
    return {
        "personalId": chosen["personal_id"],
        "personalIds": list(dict.fromkeys([chosen["personal_id"], *personal_ids]))[:3],
        "fullName": chosen["birth_full_name"],
        "dateOfBirth": chosen["date_of_birth"],
        "plate": vehicle["bienSo"],
        "cardNumber": card["maThe"],
    }


def _example_documents(servers: EmbeddedServers, personal_ids: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    found = []
    for source, table, key in (
        ("transport", "phuong_tien", "ownerPersonalId"),
        ("social_insurance", "the_bhyt", "personalId"),
    ):
        with pymongo.MongoClient[dict[str, Any]](servers.mongo_url(source)) as client:
            collection = client[source][table]
            document = collection.find_one({key: {"$in": personal_ids}}) or collection.find_one()
            found.append(document or {})
    return found[0], found[1]


def _write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, all at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    fresh.replace(path)
