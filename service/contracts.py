"""`lienthong contract`: install contracts from a file, issue and revoke keys, list what there is.

Contracts that came through the process are moved by accounts (`service.commands.dossiers`): none is installed, restored
or ended with a database's URL. With LIENTHONG_ACCOUNT_KEY the commands are run as that account.
"""

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

from auth.process.lifecycle import State
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
from service.commands import acts
from service.commands.caller import USAGE, CommandError, is_signed_in
from service.commands.dossiers import dossier_commands
from service.commands.duties import concealment_commands
from service.commands.examination import examination_commands
from service.commands.output import AsJson, print_json
from service.settings import load_settings

__all__ = ["contract_commands", "read_checked_contracts"]

contract_commands = typer.Typer(
    no_args_is_help=True,
    help="Contracts and keys: as an account (LIENTHONG_ACCOUNT_KEY), or from files (LIENTHONG_ADMIN_URL).",
)
contract_commands.add_typer(dossier_commands)
contract_commands.add_typer(examination_commands)
contract_commands.add_typer(concealment_commands)
console = Console()

ContractId = Annotated[str, typer.Argument(help="contract id")]
Reason = Annotated[str, typer.Option(help="why; kept in the audit")]
Version = Annotated[int | None, typer.Option(help="version, for an account; by default the latest", min=1)]
_PROCESSED = "SELECT EXISTS (SELECT FROM governance.contract WHERE contract_id = $1 AND request IS NOT NULL)"


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
def install(
    file: Annotated[Path, typer.Argument(help="TOML file of contracts", exists=True, dir_okay=False)],
    *,
    as_json: AsJson = False,
) -> None:
    """Install each contract of a file as the version in force; the version before is superseded."""
    contracts = read_checked_contracts(file)

    async def work(connection: Any) -> None:
        for contract in contracts:
            await _require_unprocessed(connection, contract.contract_id)
        for contract in contracts:
            await install_contract(connection, contract, actor=operator())
            if as_json:
                continue
            console.print(f"{contract.contract_id} version {contract.version}: {contract.state}")
            for name in document_names(contract.documents):
                console.print(f"  {name}", markup=False, soft_wrap=True)

    _as_administrator(work)
    if as_json:
        print_json([{"contract": c.contract_id, "version": c.version, "state": c.state} for c in contracts])


async def _require_unprocessed(connection: Any, contract: str) -> None:
    if await connection.fetchval(_PROCESSED, contract):
        raise LienthongError(f"`{contract}` goes through the process: act as an account (LIENTHONG_ACCOUNT_KEY)")


@contract_commands.command()
def key(  # noqa: PLR0913 - one option per part of a key
    contract: Annotated[str, typer.Argument(help="contract id")],
    days: Annotated[int, typer.Option(help="days until the key expires", min=1)] = 90,
    replaces: Annotated[str | None, typer.Option(help="id of a key of the contract that this one replaces")] = None,
    overlap: Annotated[float, typer.Option(help="hours for which the replaced key still works", min=0)] = 24,
    certificate: Annotated[
        Path | None, typer.Option(help="client certificate (PEM) that the key is bound to", exists=True, dir_okay=False)
    ] = None,
    environment: Annotated[str, typer.Option(help="production or sandbox; sandbox for an account")] = "production",
    *,
    expired: Annotated[bool, typer.Option("--expired", help="a sandbox key that has expired, for the test")] = False,
    as_json: AsJson = False,
) -> None:
    """Issue an API key for a contract. It is shown this once; only its hash is kept.

    A key that replaces one bound to a certificate is bound to it too, unless another certificate is given.
    """
    if environment not in {"production", "sandbox"}:
        raise CommandError(USAGE, "the environment is production or sandbox")
    if is_signed_in():
        if replaces is not None or certificate is not None:
            raise CommandError(USAGE, "--replaces and --certificate are for operators, without LIENTHONG_ACCOUNT_KEY")
        acts.issue_key(contract, environment, days, expired=expired, as_json=as_json)
        return
    if environment != "production" or expired:
        raise CommandError(USAGE, "a sandbox key is issued to an account: set LIENTHONG_ACCOUNT_KEY")
    bound = _fingerprint(certificate) if certificate else None

    async def work(connection: Any) -> Any:
        async with connection.transaction():
            needed = bound
            if replaces is not None:
                former = await shorten_key(connection, replaces, contract, hours=overlap, actor=operator())
                needed = bound or former
            return await issue_key(connection, contract, days=days, certificate=needed, actor=operator())

    issued = _as_administrator(work)
    if as_json:
        print_json({"id": issued.key_id, "environment": "PRODUCTION", "authorization": issued.authorization})
    else:
        console.print(f"Authorization: {issued.authorization}", markup=False, soft_wrap=True)


@contract_commands.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="the 16 digits after ltk_ in the key")],
    contract: Annotated[str | None, typer.Option(help="its contract, for an account")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Revoke an API key; every worker refuses it within a second."""
    if is_signed_in() and contract is None:
        raise CommandError(USAGE, "an account names the key's contract: --contract")
    if contract is not None:
        acts.revoke_key(contract, key_id)
    else:
        _revoke(key_id)
    if as_json:
        print_json({"id": key_id, "revoked": True})


def _revoke(key_id: str) -> None:

    async def work(connection: Any) -> bool:
        return await revoke_key(connection, key_id, actor=operator())

    if not _as_administrator(work):
        raise KeyUnknownError


def _move(contract: str, state: str, reason: str, *, as_json: bool) -> None:
    async def work(connection: Any) -> int:
        await _require_unprocessed(connection, contract)
        return await set_state(connection, contract, state, reason=reason, actor=operator())

    acts.tell_state({"contract": contract, "version": _as_administrator(work), "state": state}, as_json=as_json)


@contract_commands.command()
def suspend(contract: ContractId, reason: Reason, version: Version = None, *, as_json: AsJson = False) -> None:
    """Suspend a contract; every worker refuses it within a second."""
    if is_signed_in():
        acts.move("suspend", contract, version, reason, as_json=as_json)
    else:
        _move(contract, "SUSPENDED", reason, as_json=as_json)


@contract_commands.command()
def restore(contract: ContractId, reason: Reason, version: Version = None, *, as_json: AsJson = False) -> None:
    """Lift a suspension."""
    if is_signed_in():
        acts.move("restore", contract, version, reason, as_json=as_json)
    else:
        _move(contract, "ACTIVE", reason, as_json=as_json)


@contract_commands.command()
def end(contract: ContractId, reason: Reason, version: Version = None, *, as_json: AsJson = False) -> None:
    """End a contract for good, as `terminate` does; only a new version brings it back."""
    if is_signed_in():
        acts.move("terminate", contract, version, reason, as_json=as_json)
    else:
        _move(contract, "TERMINATED", reason, as_json=as_json)


@contract_commands.command(name="list")
def list_contracts(
    state: Annotated[list[str] | None, typer.Option(help="state; may be given more than once")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List contracts: client, state, purposes, validity. An account sees the dossiers that it may see."""
    states = [name.upper() for name in state or ()]
    if unknown := set(states) - {known.value for known in State}:
        raise CommandError(USAGE, f"there is no state {', '.join(sorted(unknown))}")
    if is_signed_in():
        acts.list_dossiers(states, as_json=as_json)
    else:
        _list_contracts(states, as_json=as_json)


def _list_contracts(states: list[str], *, as_json: bool) -> None:

    async def work(connection: Any) -> list[Any]:
        return list(
            await connection.fetch(
                "SELECT c.*, array(SELECT code FROM governance.purpose p WHERE p.contract_id = c.contract_id "
                "AND p.version = c.version ORDER BY code) AS purposes "
                "FROM governance.contract c WHERE $1::text[] IS NULL OR c.state = ANY ($1) "
                "ORDER BY contract_id, version",
                states or None,
            )
        )

    rows = _as_administrator(work)
    if as_json:
        print_json([_listed(row) for row in rows])
        return
    table = Table("contract", "version", "client", "state", "purposes", "valid to")
    for row in rows:
        until = f"{row['valid_to']:%Y-%m-%d}"
        purposes = ", ".join(row["purposes"])
        table.add_row(row["contract_id"], str(row["version"]), row["client_id"], row["state"], purposes, until)
    console.print(table)


def _listed(row: Any) -> dict[str, Any]:
    """A line of the list for programs; keys are those that an account's list has too."""
    return {
        "contract": row["contract_id"],
        "version": row["version"],
        "unit": {"id": row["client_id"]},
        "title": row["title"],
        "state": row["state"],
        "purposes": row["purposes"],
        "validTo": row["valid_to"],
    }


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
