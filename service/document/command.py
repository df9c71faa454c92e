"""`lienthong contract document`: write the technical document of a contract version."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import asyncpg
import orjson
import typer
from rich.console import Console

from auth.contract import Contract
from auth.errors import ContractUnknownError
from auth.store import read_version
from errors import LienthongError
from graph.catalog import Catalog
from graph.check import contract_faults
from graph.schema import schema
from service.document.build import technical_document
from service.document.content import Connection
from service.settings import Settings, load_settings

__all__ = ["document"]

_VERSIONS = """
SELECT contract_id, version, state IN ('ACTIVE', 'SUSPENDED') AS in_force FROM governance.contract
WHERE $1 IN (client_id, contract_id) ORDER BY in_force DESC, version DESC
"""
_STANDARD_OUTPUT = Path("-")


def document(
    client: Annotated[str, typer.Argument(help="client with one contract, or contract id")],
    version: Annotated[int | None, typer.Option(help="version; else the one in force, or the latest", min=1)] = None,
    form: Annotated[Literal["html", "pdf"], typer.Option("--format", help="what to write")] = "html",
    out: Annotated[Path | None, typer.Option(help="file to write; - for standard output", dir_okay=False)] = None,
    url: Annotated[str | None, typer.Option(help="address of the service as clients reach it, without a path")] = None,
    values: Annotated[
        Path | None,
        typer.Option(help="JSON object of example values by coordinate", exists=True, dir_okay=False),
    ] = None,
) -> None:
    """Write the technical document of a contract version: connection, fields, limits, errors, examples, SDL."""
    from service.document.render import document_html, document_pdf

    settings, catalog = load_settings(), Catalog.of(schema)
    contract = asyncio.run(_read(settings, client, version))
    faults = contract_faults(catalog, contract)
    if faults:
        raise LienthongError("the contract does not fit the schema:\n- " + "\n- ".join(faults))
    address = url or f"http://{settings.host}:{settings.port}"
    issuers = tuple(issuer.issuer for issuer in settings.issuers)
    connection = Connection(address, address, issuers, settings.token_audience)
    made = technical_document(catalog, contract, connection, _values(values))
    content = document_pdf(made) if form == "pdf" else document_html(made).encode()
    if out == _STANDARD_OUTPUT:
        sys.stdout.buffer.write(content)
        return
    path = out or Path(f"{contract.contract_id}-{contract.version}.{form}")
    try:
        path.write_bytes(content)
    except OSError as error:
        raise LienthongError(f"`{path}` cannot be written: {error.strerror}") from error
    Console().print(str(path), markup=False, soft_wrap=True)


def _values(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        values = orjson.loads(path.read_bytes())
    except ValueError as error:
        raise LienthongError(f"`{path}` holds no JSON") from error
    if not isinstance(values, dict):
        raise LienthongError(f"`{path}` holds no JSON object")
    return values


async def _read(settings: Settings, name: str, version: int | None) -> Contract:
    """The version of a contract, or of a client's only one, that is asked for."""
    try:
        connection = await asyncpg.connect(settings.governance_url, timeout=5)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise LienthongError("the governance database does not answer; is the service or demo running?") from error
    try:
        rows = await connection.fetch(_VERSIONS, name)
        contracts = {row["contract_id"] for row in rows}
        if len(contracts) > 1:
            raise ContractUnknownError(f"`{name}` has several contracts, name one: {', '.join(sorted(contracts))}")
        row = next((row for row in rows if version in {None, row["version"]}), None)
        contract = None if row is None else await read_version(connection, row["contract_id"], row["version"])
    finally:
        await connection.close()
    if contract is None:
        wanted = "" if version is None else f" in version {version}"
        raise ContractUnknownError(f"there is no contract of `{name}`{wanted}")
    return contract
