"""`lienthong contract`: install contracts from a file, issue and revoke keys, list what there is."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import typer
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from rich.console import Console
from rich.table import Table

from auth.registry import (
    ContractFileError,
    KeyUnknownError,
    install_contract,
    issue_key,
    read_contracts,
    revoke_key,
    set_state,
    shorten_key,
)
from errors import LienthongError
from graph.catalog import Catalog
from graph.check import contract_faults
from graph.schema import schema
from resolvers.check import document_faults, document_names
from service.settings import load_settings

__all__ = ["contract_commands", "read_checked_contracts"]

contract_commands = typer.Typer(no_args_is_help=True, help="Contracts and keys (needs LIENTHONG_ADMIN_URL).")
console = Console()

ContractId = Annotated[str, typer.Argument(help="contract id")]
Reason = Annotated[str, typer.Option(help="why; kept in the audit")]


def operator() -> str | None:
    """Who runs this command, for the audit."""
    with contextlib.suppress(OSError, KeyError):
        return getpass.getuser()
    return None


def read_checked_contracts(path: Path) -> list[Any]:
    """The contracts of a file, each checked against the schema, and its documents against the contract.

    Raises `ContractFileError` with every fault.
    """
    catalog = Catalog.of(schema)
    contracts = read_contracts(path, datetime.now(UTC))
    faults = [
        fault
        for contract in contracts
        for fault in contract_faults(catalog, contract) or document_faults(catalog, contract)
    ]
    if faults:
        raise ContractFileError("the contracts do not fit the schema:\n- " + "\n- ".join(faults))
    return contracts


@contract_commands.command()
def install(file: Annotated[Path, typer.Argument(help="TOML file of contracts", exists=True, dir_okay=False)]) -> None:
    """Install each contract of a file as the version in force; the version before is superseded."""
    contracts = read_checked_contracts(file)

    async def work(connection: Any) -> None:
        for contract in contracts:
            await install_contract(connection, contract, actor=operator())
            console.print(f"{contract.contract_id} version {contract.version}: {contract.state}")
            for name in document_names(contract.documents):
                console.print(f"  {name}", markup=False, soft_wrap=True)

    _as_administrator(work)


@contract_commands.command()
def key(
    contract: Annotated[str, typer.Argument(help="contract id")],
    days: Annotated[int, typer.Option(help="days until the key expires", min=1)] = 90,
    replaces: Annotated[str | None, typer.Option(help="id of a key of the contract that this one replaces")] = None,
    overlap: Annotated[float, typer.Option(help="hours for which the replaced key still works", min=0)] = 24,
    certificate: Annotated[
        Path | None, typer.Option(help="client certificate (PEM) that the key is bound to", exists=True, dir_okay=False)
    ] = None,
) -> None:
    """Issue an API key for a contract. It is shown this once; only its hash is kept.

    A key that replaces one bound to a certificate is bound to it too, unless another certificate is given.
    """
    bound = _fingerprint(certificate) if certificate else None

    async def work(connection: Any) -> str:
        async with connection.transaction():
            needed = bound
            if replaces is not None:
                former = await shorten_key(connection, replaces, contract, hours=overlap, actor=operator())
                needed = bound or former
            issued = await issue_key(connection, contract, days=days, certificate=needed, actor=operator())
        return issued.authorization

    console.print(f"Authorization: {_as_administrator(work)}", markup=False, soft_wrap=True)


@contract_commands.command()
def revoke(key_id: Annotated[str, typer.Argument(help="the 16 digits after ltk_ in the key")]) -> None:
    """Revoke an API key; every worker refuses it within a second."""

    async def work(connection: Any) -> bool:
        return await revoke_key(connection, key_id, actor=operator())

    if not _as_administrator(work):
        raise KeyUnknownError


def _move(contract: str, state: str, reason: str) -> None:
    async def work(connection: Any) -> int:
        return await set_state(connection, contract, state, reason=reason, actor=operator())

    console.print(f"{contract} version {_as_administrator(work)}: {state}", markup=False)


@contract_commands.command()
def suspend(contract: ContractId, reason: Reason) -> None:
    """Suspend a contract; every worker refuses it within a second."""
    _move(contract, "SUSPENDED", reason)


@contract_commands.command()
def restore(contract: ContractId, reason: Reason) -> None:
    """Lift a suspension."""
    _move(contract, "ACTIVE", reason)


@contract_commands.command()
def end(contract: ContractId, reason: Reason) -> None:
    """End a contract for good; only a new version brings it back."""
    _move(contract, "TERMINATED", reason)


@contract_commands.command(name="list")
def list_contracts() -> None:
    """List contracts: client, state, purposes, validity."""

    async def work(connection: Any) -> list[Any]:
        return list(
            await connection.fetch(
                "SELECT c.*, array(SELECT code FROM governance.purpose p WHERE p.contract_id = c.contract_id "
                "AND p.version = c.version ORDER BY code) AS purposes "
                "FROM governance.contract c ORDER BY contract_id, version"
            )
        )

    table = Table("contract", "version", "client", "state", "purposes", "valid to")
    for row in _as_administrator(work):
        until = f"{row['valid_to']:%Y-%m-%d}"
        purposes = ", ".join(row["purposes"])
        table.add_row(row["contract_id"], str(row["version"]), row["client_id"], row["state"], purposes, until)
    console.print(table)


def _fingerprint(path: Path) -> bytes:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes()).fingerprint(hashes.SHA256())
    except ValueError as error:
        raise LienthongError(f"`{path}` holds no certificate in PEM") from error


def _as_administrator(work: Any) -> Any:
    url = load_settings().admin_url
    if url is None:
        raise LienthongError("set LIENTHONG_ADMIN_URL to the URL of the databases' owner")

    async def connected() -> Any:
        try:
            connection = await asyncpg.connect(url, timeout=5)
        except (OSError, TimeoutError, asyncpg.PostgresError) as error:
            raise LienthongError("the database of contracts does not answer") from error
        try:
            return await work(connection)
        except asyncpg.UniqueViolationError as error:
            raise LienthongError("this version of the contract exists already: give a higher `version`") from error
        finally:
            await connection.close()

    return asyncio.run(connected())
