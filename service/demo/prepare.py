"""Preparing a demo: databases, sandbox, clients, and the people and dossiers of the process."""

from __future__ import annotations

import socket

import asyncpg
import orjson
from rich.console import Console

from errors import LienthongError
from service.app import create_app
from service.demo.clients import prepare_clients
from service.demo.databases import prepare_databases
from service.demo.dossiers import prepare_dossiers
from service.demo.folder import DemoFolder, environment_of, write_private
from service.demo.people import UNIT, prepare_accounts
from service.demo.sandbox import prepare_sandbox
from service.embedded import EmbeddedServers
from service.settings import load_settings

__all__ = ["prepare_demo", "require_free_port"]


def require_free_port(port: int) -> None:
    """Raise `LienthongError` when something listens on the port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise LienthongError(f"port {port} is taken: choose another, for instance PORT={port + 1}") from error


async def prepare_demo(
    servers: EmbeddedServers, demo: DemoFolder, *, port: int, citizens: int, console: Console
) -> None:
    """Databases, contracts, keys, `clients.json` and the settings file of a demo."""
    await prepare_databases(servers, citizens=citizens, console=console)
    await prepare_sandbox(servers)
    environment = environment_of(servers, demo, port)
    await prepare_clients(servers, demo)
    lines = (f"{name}={value}" for name, value in environment.items())
    write_private(demo.environment, "\n".join(lines).encode() + b"\n")
    await _prepare_process(servers, demo)


async def _prepare_process(servers: EmbeddedServers, demo: DemoFolder) -> None:
    """Accounts with their passwords in `accounts.json`, and dossiers in every state, made by the application itself."""
    known = orjson.loads(demo.accounts.read_bytes()) if demo.accounts.exists() else {}
    accounts = await prepare_accounts(servers, known)
    passwords = {one.account.account_id: one.password for one in accounts}
    write_private(demo.accounts, orjson.dumps(passwords, option=orjson.OPT_INDENT_2))
    connection = await asyncpg.connect(servers.admin_url)
    try:
        if await connection.fetchval("SELECT EXISTS (SELECT FROM governance.contract WHERE client_id = $1)", UNIT):
            return
        citizen = await connection.fetchval(
            "SELECT personal_id FROM population.citizen WHERE NOT protected ORDER BY registered_no LIMIT 1"
        )
    finally:
        await connection.close()
    app = create_app(load_settings(_env_file=demo.environment))
    async with app.router.lifespan_context(app):
        await prepare_dossiers(app, app.state.process, citizen)
