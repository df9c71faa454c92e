"""The command `lienthong`."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from datetime import UTC, datetime
from importlib.metadata import version as distribution_version
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import typer
import uvicorn
from rich.console import Console

from auth.contract import permit
from auth.errors import ContractUnknownError
from auth.store import read_contract
from errors import LienthongError
from graph.catalog import Catalog
from graph.schema import schema
from graph.view import View
from service.audit import audit_commands
from service.commands.accounts import account_commands, unit_commands
from service.commands.caller import CommandError
from service.commands.duties import case_commands, notice_commands
from service.commands.output import print_error
from service.contracts import contract_commands
from service.document.command import document
from service.migrate import migrate as apply_migrations
from service.migrate import set_password
from service.operations.terminal import fetch_trace, render_trace
from service.settings import Settings, load_settings

__all__ = ["main"]

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Liên thông: the contract-bound GraphQL gateway.")
contract_commands.command()(document)
app.add_typer(contract_commands, name="contract")
app.add_typer(audit_commands, name="audit")
app.add_typer(account_commands, name="account")
app.add_typer(unit_commands, name="unit")
app.add_typer(case_commands, name="case")
app.add_typer(notice_commands, name="notice")
console = Console()


def main() -> None:
    """Run the command line; an error of ours is told in a line, or as JSON, without a trace.

    Status 1: refused or failed; 2: the command is not well-formed; 3: not signed in; 4: what it needs does not answer.
    """
    try:
        app()
    except LienthongError as error:
        print_error(error, as_json="--json" in sys.argv)
        raise SystemExit(error.exit_status if isinstance(error, CommandError) else 1) from None


@app.command()
def serve() -> None:
    """Serve with the settings of the environment."""
    _serve(load_settings())


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="port of the service")] = 8000,
    citizens: Annotated[int, typer.Option(help="how many invented citizens", min=100)] = 20_000,
    folder: Annotated[Path, typer.Option(help="where the demo keeps its data")] = Path(".demo"),
) -> None:
    """Start embedded databases with sample data, and serve."""
    from service.demo.folder import DemoFolder
    from service.demo.prepare import prepare_demo, require_free_port
    from service.demo.show import show
    from service.embedded import EmbeddedServerError, EmbeddedServers

    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    require_free_port(port)
    files = DemoFolder(folder.resolve())
    try:
        with EmbeddedServers(files.data) as servers:
            asyncio.run(prepare_demo(servers, files, port=port, citizens=citizens, console=console))
            show(files, port=port, console=console)
            with contextlib.suppress(KeyboardInterrupt):
                _serve(load_settings(_env_file=files.environment))
            console.print("Đang dừng (stopping) ...")
    except EmbeddedServerError as error:
        raise LienthongError(str(error)) from error
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    console.print("Đã dừng (stopped).")


@app.command()
def migrate(
    sandbox: Annotated[
        str | None, typer.Option(help="URL of the owner of the sandbox's population database, to do that one instead")
    ] = None,
) -> None:
    """Create or upgrade the schemas, and set the roles' passwords from the settings' URLs."""
    settings = load_settings()
    if sandbox is not None:
        applied = asyncio.run(apply_migrations(sandbox, ("population",)))
        asyncio.run(set_password(sandbox, (settings.sandbox_sources or {}).get("population", "")))
        console.print("\n".join(applied) or "nothing to apply")
        return
    if settings.admin_url is None:
        raise LienthongError("set LIENTHONG_ADMIN_URL to the URL of the databases' owner")
    applied = asyncio.run(apply_migrations(settings.admin_url))
    roles = (settings.governance_url, settings.sources.get("population"), settings.audit_url, settings.process_url)
    for url in filter(None, roles):
        asyncio.run(set_password(settings.admin_url, url))
    console.print("\n".join(applied) or "nothing to apply")


@app.command()
def explain(
    query: Annotated[str, typer.Argument(help="a GraphQL document")],
    client: Annotated[str, typer.Option(help="client or contract whose permission applies")],
    purpose: Annotated[str | None, typer.Option(help="one of the contract's purposes")] = None,
) -> None:
    """Print the plan of a query: what is fetched from each source, by which key, and why."""
    from service.explain import explain_plan

    settings = load_settings()
    contract = asyncio.run(_contract_of(settings, client))
    permission = permit(contract, purpose, datetime.now(UTC))
    view = View.of(Catalog.of(schema), permission)
    console.print(explain_plan(view, query, settings), markup=False, highlight=False, soft_wrap=True)


@app.command()
def trace(
    trace_id: Annotated[str | None, typer.Argument(help="value of X-Trace-Id; without it the latest")] = None,
) -> None:
    """Print a trace of the running service: request, plan and every fetch, with times."""
    found = fetch_trace(load_settings(), trace_id)
    console.print(render_trace(found), markup=False, highlight=False, soft_wrap=True)


@app.command(name="version")
def show_version() -> None:
    """Print the version."""
    console.print(distribution_version("lienthong"))


async def _contract_of(settings: Settings, name: str) -> Any:
    try:
        connection = await asyncpg.connect(settings.governance_url, timeout=5)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise LienthongError("the governance database does not answer; is the service or demo running?") from error
    try:
        found = await connection.fetch(
            "SELECT DISTINCT contract_id FROM governance.contract WHERE client_id = $1 OR contract_id = $1",
            name,
        )
        contract = await read_contract(connection, found[0]["contract_id"]) if len(found) == 1 else None
        known = [
            row["contract_id"] for row in await connection.fetch("SELECT DISTINCT contract_id FROM governance.contract")
        ]
    finally:
        await connection.close()
    if contract is None:
        raise ContractUnknownError(f"`{name}` is no client with one contract; contracts: {', '.join(sorted(known))}")
    return contract


def _serve(settings: Settings) -> None:
    from service.worker import create, server_options

    options = server_options(settings)
    if settings.workers == 1:
        uvicorn.run(create(settings), **options)
    else:
        uvicorn.run("service.worker:create", factory=True, workers=settings.workers, **options)
