"""The sample clients of a demo: contracts, keys, and examples about citizens who are there."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Mapping
from importlib.resources import as_file, files
from typing import Any

import asyncpg
import orjson
import pymongo

from auth.registry import install_contract, issue_key
from service.contracts import read_checked_contracts
from service.demo.folder import DemoFolder, write_private
from service.embedded import EmbeddedServers

__all__ = ["prepare_clients", "sample_tables"]

_KEY_DAYS = 90


async def prepare_clients(servers: EmbeddedServers, demo: DemoFolder) -> None:
    """The contracts, with keys in `clients.json` that are kept while they are valid, and examples that fit the data."""
    if not demo.clients.exists() or not await _keys_are_valid(servers, demo):
        await _issue_clients(servers, demo)
    await _refresh_examples(servers, demo)


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
    return bool(known == len(sample_tables()) == len(key_ids))


def sample_tables() -> list[dict[str, Any]]:
    """The sample contracts as their file has them."""
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
        for contract, table in zip(contracts, sample_tables(), strict=True):
            exists = await connection.fetchval(
                "SELECT 1 FROM governance.contract WHERE contract_id = $1 AND state = 'ACTIVE' AND valid_to > now()",
                contract.contract_id,
            )
            if not exists:
                await install_contract(connection, contract)
            key = await issue_key(connection, contract.contract_id, days=_KEY_DAYS)
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
    write_private(demo.clients, orjson.dumps(clients, option=orjson.OPT_INDENT_2))


async def _refresh_examples(servers: EmbeddedServers, demo: DemoFolder) -> None:
    """Fill the examples' placeholders with citizens of the data at hand."""
    clients = orjson.loads(demo.clients.read_bytes())
    connection = await asyncpg.connect(servers.admin_url)
    try:
        tables = {table["client"]: table for table in sample_tables()}
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
    write_private(demo.clients, orjson.dumps(clients, option=orjson.OPT_INDENT_2))


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
