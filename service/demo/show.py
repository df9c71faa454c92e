"""What a demo prints: who may ask what, who signs in how, and where."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from service.demo.clients import sample_tables
from service.demo.folder import DemoFolder
from service.demo.people import PEOPLE

__all__ = ["show"]


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
    word_for_word = {table["client"] for table in sample_tables() if table.get("allow_list_only")}
    for client in clients:
        console.print(f"# {client['name']}: {client['titleEn']}", style="bold", markup=False)
        command = _curl(base, client, compact=client["name"] not in word_for_word)
        console.print(command, soft_wrap=True, markup=False, highlight=False)
    _show_accounts(demo, base, console)
    console.print(f"\nGraphiQL  {base}/graphiql\nHealth    {base}/healthz   {base}/readyz\nClients   {demo.clients}")
    console.print(f"Sandbox   {base}/sandbox/graphql   (docs/sandbox.md)")
    console.print("Plan      .venv/bin/lienthong explain --client mot-cua '{...}'", markup=False, soft_wrap=True)
    console.print("Trace     .venv/bin/lienthong trace [X-Trace-Id]", markup=False, soft_wrap=True)
    console.print(
        f"Traces    {base}/traces   khóa vận hành (operator key): {demo.operator_key()}", markup=False, soft_wrap=True
    )
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
