"""Writing contracts and keys: what an administrator does, through a connection that may."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import orjson

from auth.audit.acts import record_act
from auth.contract import Client, Contract, Grant, Limits, Purpose
from auth.credentials import ApiKey
from auth.documents import by_digest
from auth.errors import ContractUnknownError
from auth.store import Environment
from errors import LienthongError

__all__ = [
    "ContractFileError",
    "KeyUnknownError",
    "install_contract",
    "issue_key",
    "read_contracts",
    "replace_parts",
    "revoke_key",
    "set_state",
    "shorten_key",
]

_ACTS = {"SUSPENDED": "contract.suspend", "ACTIVE": "contract.restore", "TERMINATED": "contract.end"}


class ContractFileError(LienthongError):
    """the contract file is not valid"""


class KeyUnknownError(LienthongError):
    """there is no such key in force"""


def read_contracts(path: Path, now: datetime | None = None) -> list[Contract]:
    """The contracts of a TOML file.

    A contract's `[contract.purposes.<code>.fields]` lists fields by type; `{read = [...], filter = [...], protected =
    [...]}` may stand in place of a list. `documents` lists stored documents: each is a text, or `{file = "name"}` for
    the text of a file in the contract file's folder or below. Raises `ContractFileError` that names the contract.
    """
    with path.open("rb") as file:
        tables = tomllib.load(file)
    return [_contract(table, now or datetime.now(UTC), path.parent) for table in tables.get("contract", ())]


def _contract(table: Mapping[str, Any], now: datetime, folder: Path) -> Contract:
    try:
        purposes = {
            code: Purpose(code, purpose["text"], purpose.get("legal_basis"))
            for code, purpose in table["purposes"].items()
        }
        return Contract(
            contract_id=table["id"],
            version=table.get("version", 1),
            client=Client(table["client"], table["client_name"]),
            title=table["title"],
            state=table.get("state", "ACTIVE"),
            services=frozenset(table["services"]),
            purposes=purposes,
            grants={code: tuple(_grants(purpose["fields"])) for code, purpose in table["purposes"].items()},
            valid_from=now - timedelta(days=table.get("valid_since_days", 30)),
            valid_to=now + timedelta(days=table.get("valid_for_days", 365)),
            unpermitted=table.get("unpermitted", "hide"),
            row_scope={name: tuple(values) for name, values in table.get("row_scope", {}).items()},
            limits=Limits(**table.get("limits", {})),
            documents=by_digest(_document(given, folder) for given in table.get("documents", ())),
            allow_list_only=_boolean(table.get("allow_list_only", False)),
        )
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise ContractFileError(f"contract `{table.get('id', '?')}`: {error}") from error


def _document(given: Any, folder: Path) -> str:
    """The text of a stored document, exactly: its hash depends on every byte."""
    if isinstance(given, str):
        return given
    if not isinstance(given, dict) or set(given) != {"file"} or not isinstance(given["file"], str):
        raise TypeError('a document is a text or {file = "name"}')
    path = (folder / given["file"]).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ValueError(f"document file `{given['file']}` is outside the contract's folder")
    return path.read_bytes().decode()


def _boolean(given: Any) -> bool:
    if not isinstance(given, bool):
        raise TypeError("`allow_list_only` is true or false")
    return given


def _grants(fields: Mapping[str, Any]) -> Iterable[Grant]:
    for type_name, given in fields.items():
        read = given if isinstance(given, list) else given.get("read", [])
        usable = [] if isinstance(given, list) else given.get("filter", [])
        special = [] if isinstance(given, list) else given.get("protected", [])
        for name in dict.fromkeys([*read, *usable, *special]):
            yield Grant(
                f"{type_name}.{name}", readable=name in read, filterable=name in usable, protected=name in special
            )


async def install_contract(
    connection: asyncpg.Connection[Any], contract: Contract, *, actor: str | None = None
) -> None:
    """Write one version of a contract; a version in force before it is superseded. All or nothing, with its record."""
    async with connection.transaction():
        await connection.execute(
            "INSERT INTO governance.client VALUES ($1, $2) ON CONFLICT (client_id) DO UPDATE SET name = excluded.name",
            contract.client.client_id,
            contract.client.name,
        )
        await connection.execute(
            "UPDATE governance.contract SET state = 'SUPERSEDED' "
            "WHERE contract_id = $1 AND state IN ('ACTIVE', 'SUSPENDED')",
            contract.contract_id,
        )
        await connection.execute(
            "INSERT INTO governance.contract (contract_id, version, client_id, title, state, unpermitted, services, "
            "row_scope, limits, valid_from, valid_to, allow_list_only) "
            "VALUES ($1, $2, $3, $4, 'DRAFT', $5, $6, $7, $8, $9, $10, $11)",
            contract.contract_id,
            contract.version,
            contract.client.client_id,
            contract.title,
            contract.unpermitted,
            sorted(contract.services),
            orjson.dumps(dict(contract.row_scope)).decode(),
            orjson.dumps(contract.limits).decode(),
            contract.valid_from,
            contract.valid_to,
            contract.allow_list_only,
        )
        identity = (contract.contract_id, contract.version)
        await replace_parts(connection, contract)
        # Its parts can be added while it is a draft only.
        await connection.execute(
            "UPDATE governance.contract SET state = $3 WHERE contract_id = $1 AND version = $2",
            *identity,
            contract.state,
        )
        await record_act(connection, "contract.install", actor=actor, contract=identity)


async def replace_parts(connection: asyncpg.Connection[Any], contract: Contract) -> None:
    """Write purposes, grants and stored documents of a version that may still be changed, in place of what it has."""
    identity = (contract.contract_id, contract.version)
    for table in ("stored_document", "field_grant", "purpose"):
        await connection.execute(
            f"DELETE FROM governance.{table} WHERE contract_id = $1 AND version = $2",  # noqa: S608 - names from here
            *identity,
        )
    await connection.executemany(
        "INSERT INTO governance.purpose VALUES ($1, $2, $3, $4, $5)",
        [(*identity, p.code, p.text, p.legal_basis) for p in contract.purposes.values()],
    )
    await connection.executemany(
        "INSERT INTO governance.field_grant "
        "(contract_id, version, purpose, coordinate, readable, filterable, protected) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [
            (*identity, purpose, grant.coordinate, grant.readable, grant.filterable, grant.protected)
            for purpose, grants in contract.grants.items()
            for grant in grants
        ],
    )
    await connection.executemany(
        "INSERT INTO governance.stored_document VALUES ($1, $2, $3, $4)",
        [(*identity, bytes.fromhex(sha256), document) for sha256, document in contract.documents.items()],
    )


async def set_state(
    connection: asyncpg.Connection[Any], contract_id: str, state: str, *, reason: str, actor: str | None = None
) -> int:
    """Suspend, restore or end the version of a contract in force; every worker knows within a second.

    `state` is `SUSPENDED`, `ACTIVE` or `TERMINATED`. Returns the version. Raises `ContractUnknownError` when no version
    is in force.
    """
    async with connection.transaction():
        version: int | None = await connection.fetchval(
            "UPDATE governance.contract SET state = $2 WHERE contract_id = $1 AND state IN ('ACTIVE', 'SUSPENDED') "
            "RETURNING version",
            contract_id,
            state,
        )
        if version is None:
            raise ContractUnknownError(f"no version of contract `{contract_id}` is in force")
        act = _ACTS[state]
        await record_act(connection, act, actor=actor, contract=(contract_id, version), note=reason)
    return version


async def issue_key(
    connection: asyncpg.Connection[Any],
    contract_id: str,
    *,
    days: int,
    certificate: bytes | None = None,
    environment: Environment = "production",
    actor: str | None = None,
) -> ApiKey:
    """Issue an API key that expires after `days`. The caller shows it once; only its hash is kept.

    It serves one environment. With `certificate`, the SHA-256 of a client certificate, it serves only who shows that
    one. Raises `ContractUnknownError` when there is no such contract.
    """
    key = ApiKey.new()
    async with connection.transaction():
        done: str = await connection.execute(
            "INSERT INTO governance.api_key "
            "(key_id, contract_id, secret_sha256, expires_at, certificate_sha256, environment) "
            "SELECT $1, $2::text, $3, $4, $5, $6 WHERE EXISTS (SELECT FROM governance.contract WHERE contract_id = $2)",
            key.key_id,
            contract_id,
            key.digest,
            datetime.now(UTC) + timedelta(days=days),
            certificate,
            environment,
        )
        if done == "INSERT 0 0":
            raise ContractUnknownError(f"there is no contract `{contract_id}`")
        await record_act(connection, "key.issue", actor=actor, contract=(contract_id, None), note=key.key_id)
    return key


async def shorten_key(
    connection: asyncpg.Connection[Any], key_id: str, contract_id: str, *, hours: float, actor: str | None = None
) -> bytes | None:
    """Let a contract's key end after `hours` at the latest, because another replaces it; what certificate it needs.

    Raises `KeyUnknownError` when the contract has no such key in force.
    """
    async with connection.transaction():
        row = await connection.fetchrow(
            "UPDATE governance.api_key SET expires_at = least(expires_at, now() + $3) "
            "WHERE key_id = $1 AND contract_id = $2 AND revoked_at IS NULL AND expires_at > now() "
            "RETURNING certificate_sha256",
            key_id,
            contract_id,
            timedelta(hours=hours),
        )
        if row is None:
            raise KeyUnknownError(f"contract `{contract_id}` has no key `{key_id}` in force")
        await record_act(connection, "key.replace", actor=actor, contract=(contract_id, None), note=key_id)
    certificate: bytes | None = row["certificate_sha256"]
    return certificate


async def revoke_key(connection: asyncpg.Connection[Any], key_id: str, *, actor: str | None = None) -> bool:
    """Revoke a key; whether there was one in force."""
    async with connection.transaction():
        contract_id: str | None = await connection.fetchval(
            "UPDATE governance.api_key SET revoked_at = now() WHERE key_id = $1 AND revoked_at IS NULL "
            "RETURNING contract_id",
            key_id,
        )
        if contract_id is None:
            return False
        await record_act(connection, "key.revoke", actor=actor, contract=(contract_id, None), note=key_id)
    return True
