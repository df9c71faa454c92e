"""The databases that all three read: sample data, and for the gateway a contract, a key and its settings."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import as_file, files
from pathlib import Path

import asyncpg
import pymongo
from rich.console import Console

from auth.registry import install_contract, issue_key, read_contracts
from bench.peer_sources import ENVIRONMENT, Document
from samples.documents.archive import MALFORMED
from service.demo.databases import SOURCES, prepare_databases
from service.embedded import EmbeddedServers

__all__ = ["DocumentServer", "Prepared", "audited", "prepare"]

CLIENT = "mot-cua"


@dataclass(frozen=True, slots=True)
class DocumentServer:
    """Which MongoDB-compatible server holds the documents; without a command, the demo's own."""

    name: str
    command: tuple[str, ...] | None

    @classmethod
    def find(cls, given: str | None) -> DocumentServer:
        """The one given, else `$SECANTUSD_RS`, else `secantusd-rs` on PATH, else the demo's server in Python."""
        program = given or os.environ.get("SECANTUSD_RS") or shutil.which("secantusd-rs")
        if program is None:
            return cls("secantusd-py", None)
        path = shutil.which(program)
        if path is None:
            raise SystemExit(f"bench: no such program: {program}")
        return cls(Path(path).name, (str(Path(path).resolve()),))


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the servers and the load need: environment variables, a credential, and numbers of citizens."""

    environment: Mapping[str, str]
    authorization: str
    personal_ids: list[str]


def prepare(servers: EmbeddedServers, *, citizens: int, console: Console) -> Prepared:
    """Load the sample data unless it is there, forget earlier audit records, and issue a key."""
    asyncio.run(prepare_databases(servers, citizens=citizens, console=console))
    authorization, personal_ids = asyncio.run(_contract_and_citizens(servers.admin_url))
    malformed = _with_malformed_cards(servers)
    urls = {
        "population": servers.postgres_url("lienthong_reader"),
        **{name: servers.mongo_url(name) for name in SOURCES},
    }
    environment = {
        ENVIRONMENT: json.dumps(urls),
        "LIENTHONG_GOVERNANCE_URL": servers.postgres_url("lienthong_gateway"),
        "LIENTHONG_CURSOR_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "LIENTHONG_AUDIT_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "LIENTHONG_CHECKPOINT_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "LIENTHONG_CHECKPOINT_FILE": str(servers.directory / "checkpoints.jsonl"),
        **{f"LIENTHONG_SOURCES__{name.upper()}": url for name, url in urls.items()},
    }
    return Prepared(environment, authorization, [one for one in personal_ids if one not in malformed])


def audited(servers: EmbeddedServers) -> int:
    """How many requests the gateway has answered and recorded."""

    async def count() -> int:
        connection = await asyncpg.connect(servers.admin_url)
        try:
            found: int = await connection.fetchval(
                "SELECT count(*) FROM governance.audit_record WHERE outcome = 'answered'"
            )
        finally:
            await connection.close()
        return found

    return asyncio.run(count())


def _with_malformed_cards(servers: EmbeddedServers) -> set[str]:
    """Citizens whose card has a malformed date: the gateway reports it as an error, and the peers do not notice."""
    with pymongo.MongoClient[Document](servers.mongo_url("social_insurance")) as client:
        cards = client["social_insurance"]["the_bhyt"]
        return {card["personalId"] for card in cards.find({"gtTheDen": {"$in": list(MALFORMED)}})}


async def _contract_and_citizens(admin_url: str) -> tuple[str, list[str]]:
    with as_file(files("samples").joinpath("contracts.toml")) as path:
        contract = next(one for one in read_contracts(path) if one.client.client_id == CLIENT)
    # Limits are on, and too high to be met: the measurement is of answers, not of refusals.
    contract = replace(contract, limits=replace(contract.limits, requests_per_minute=10**7, subjects_per_day=10**7))
    connection = await asyncpg.connect(admin_url)
    try:
        # The database is the measurement's own: each run begins with this contract and an empty audit.
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(
            "TRUNCATE governance.client, governance.api_key, governance.audit_record, governance.audit_plan, "
            "governance.audit_chain, governance.subject_day, governance.subject_seen, governance.request_minute CASCADE"
        )
        await connection.execute("SET session_replication_role = origin")
        await install_contract(connection, contract)
        key = await issue_key(connection, contract.contract_id, days=1)
        await connection.execute("VACUUM ANALYZE")
        rows: Sequence[asyncpg.Record] = await connection.fetch(
            "SELECT personal_id FROM population.citizen ORDER BY registered_no"
        )
    finally:
        await connection.close()
    return key.authorization, [row["personal_id"] for row in rows]
