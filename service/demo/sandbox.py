"""The sandbox of a demo: databases of its own in the embedded servers, with the test personas in them."""

from __future__ import annotations

import asyncpg

from samples.personas.load import load_personas
from service.demo.databases import SOURCES
from service.embedded import EmbeddedServers
from service.migrate import migrate

__all__ = ["prepare_sandbox", "sandbox_sources"]

_DATABASE = "lienthong_sandbox"


def sandbox_sources(servers: EmbeddedServers, role: str = "lienthong_reader") -> dict[str, str]:
    """The URL of each database of the sandbox by its source name."""
    return {
        "population": servers.postgres_url(role, _DATABASE),
        **{source: servers.mongo_url(f"sandbox_{source}") for source in SOURCES},
    }


async def prepare_sandbox(servers: EmbeddedServers) -> None:
    """Make the databases where they are missing, and have them hold exactly the personas."""
    connection = await asyncpg.connect(servers.admin_url)
    try:
        if not await connection.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", _DATABASE):
            await connection.execute(f"CREATE DATABASE {_DATABASE} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
    finally:
        await connection.close()
    urls = sandbox_sources(servers, "postgres")
    population = urls.pop("population")
    await migrate(population, ("population",))
    await load_personas(population, urls)
