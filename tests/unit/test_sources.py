"""The URLs of databases are held against the schema, and the sandbox's against production's, before anything opens."""

from __future__ import annotations

import base64

import pytest
from pydantic import SecretStr

from graph.catalog import Catalog
from graph.schema import schema
from service.app import create_app
from service.settings import Settings
from service.sources import SettingsError

KEY = SecretStr(base64.b64encode(bytes(32)).decode())
SPECIALISED = sorted(Catalog.of(schema).sources - {"population"})
PRODUCTION = {"population": "postgresql://reader@db.example/lienthong"} | {
    name: f"mongodb://mongo-a.example:27017,mongo-b.example:27017/{name}" for name in SPECIALISED
}
SANDBOX = {"population": "postgresql://reader@db.example/lienthong_sandbox"} | {
    name: f"mongodb://mongo-a.example/sandbox_{name}" for name in SPECIALISED
}


def faults(**sandbox: str) -> str:
    """What stops the start of a service with a sandbox over these databases instead of the usual ones."""
    sources = {name: url for name, url in (SANDBOX | sandbox).items() if url}
    settings = Settings(
        governance_url="postgresql://gateway@db.example/lienthong",
        sources=PRODUCTION,
        sandbox_sources=sources,
        cursor_key=KEY,
        audit_key=KEY,
    )
    try:
        create_app(settings)
    except SettingsError as error:
        return str(error)
    return ""


def test_a_sandbox_beside_production_on_the_same_servers_is_served() -> None:
    assert not faults()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://reader@db.example/lienthong",
        "postgres://somebody:secret@DB.example:5432/lienthong?sslmode=require",
        "postgresql://other.example,db.example/lienthong",
        "postgresql:///lienthong?host=db.example",
    ],
)
def test_production_is_recognised_whoever_connects_and_however(url: str) -> None:
    assert "LIENTHONG_SANDBOX_SOURCES__POPULATION names a database of production" in faults(population=url)
    assert "secret" not in faults(population=url)


def test_one_server_of_productions_replica_set_is_enough() -> None:
    assert "SANDBOX_SOURCES__HEALTH names a database of production" in faults(health="mongodb://mongo-b.example/health")


def test_another_database_of_production_is_one_too() -> None:
    assert "SANDBOX_SOURCES__HEALTH names" in faults(health="mongodb://mongo-a.example/transport")


def test_a_sandbox_has_every_database_and_none_that_the_schema_lacks() -> None:
    assert "database `health` has no URL: set LIENTHONG_SANDBOX_SOURCES__HEALTH" in faults(health="")
    assert "LIENTHONG_SANDBOX_SOURCES__TAX names no database" in faults(tax="mongodb://mongo-a.example/tax")
    assert "LIENTHONG_SANDBOX_SOURCES__HEALTH is neither" in faults(health="mysql://mongo-a.example/health")
