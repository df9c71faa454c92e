"""The console over HTTP: a running service, an account with a password for every role, and browsers for them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import asyncpg
import httpx
import pytest

from auth.process.accounts import Accounts
from graph.catalog import Catalog
from graph.schema import schema
from service.demo.sandbox import prepare_sandbox, sandbox_sources
from service.embedded import EmbeddedServers
from service.process import Process
from tests.process.people import PEOPLE, UNIT, complete_request
from tests.running import Governance, RunningService, settings_for

PASSWORD = "mat-khau-chi-de-kiem-thu"


@dataclass
class Visitor:
    """A browser of one person: it keeps cookies, follows nothing by itself, and sends forms as a page of the site."""

    url: str
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.url, timeout=20)

    def get(self, path: str) -> httpx.Response:
        return self.client.get(f"/console{path}")

    def post(self, path: str, data: dict[str, Any], **more: Any) -> httpx.Response:
        headers = {"sec-fetch-site": "same-origin", **more.pop("headers", {})}
        return self.client.post(f"/console{path}", data=data, headers=headers, **more)

    def send(self, path: str, page: str | None = None, **data: Any) -> httpx.Response:
        """Send a form with the token of a page."""
        return self.post(path, {"csrf": self.token(page or "/"), **data})

    def token(self, page: str) -> str:
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', self.get(page).text)
        assert found is not None, page
        return found[1]

    def sign_in(self, who: str, password: str = PASSWORD) -> httpx.Response:
        account = PEOPLE[who].account_id if who in PEOPLE else who
        return self.post("/sign-in", {"account": account, "password": password})


@dataclass
class Site:
    """The running service, and its process for what a test needs done beforehand."""

    service: RunningService
    databases: EmbeddedServers
    _visitors: dict[str, Visitor] = field(default_factory=dict)
    _all: list[Visitor] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for visitor in self._all:
            visitor.client.close()

    def visitor(self) -> Visitor:
        """Somebody who has not signed in."""
        self._all.append(Visitor(self.service.url))
        return self._all[-1]

    def of(self, who: str) -> Visitor:
        """Somebody who has signed in, once for the module."""
        if who not in self._visitors:
            self._visitors[who] = self.visitor()
            assert self._visitors[who].sign_in(who).status_code == 303
        return self._visitors[who]

    def at(self, state: str, contract_id: str, **contents: Any) -> None:
        """A dossier that went the way to a state."""
        way = {
            "DRAFT": [],
            "SUBMITTED": [("officer", "submit")],
            "UNDER_REVIEW": [("officer", "submit"), ("reviewer", "take_up")],
            "TECHNICAL_TEST": [("officer", "submit"), ("reviewer", "take_up"), ("reviewer", "admit_to_test")],
        }[state]

        async def work() -> None:
            pool = await asyncpg.create_pool(self.databases.postgres_url("lienthong_process"), min_size=0, max_size=2)
            process = Process.of(pool, Catalog.of(schema), [bytes(32)])
            dossier = await process.dossiers.open(PEOPLE["officer"], contract_id, complete_request(**contents))
            for person, move in way:
                await process.moves.move(PEOPLE[person], contract_id, dossier.version, move)
            await pool.close()

        asyncio.run(work())


@pytest.fixture(scope="module")
def site(databases: EmbeddedServers, governance: Governance) -> Iterator[Site]:
    """The service, with accounts."""

    async def prepare() -> None:
        pool = await asyncpg.create_pool(databases.admin_url, min_size=0, max_size=2)
        accounts = Accounts(pool)
        for unit in (UNIT, "don-vi-khac"):
            await accounts.register_unit("kiểm thử", unit, f"Đơn vị {unit}")
        for account in PEOPLE.values():
            await accounts.create("kiểm thử", account, PASSWORD)
        await pool.close()

    asyncio.run(prepare())
    asyncio.run(prepare_sandbox(databases))
    settings = settings_for(
        databases,
        process_url=databases.postgres_url("lienthong_process"),
        sandbox_sources=sandbox_sources(databases),
    )
    with RunningService(settings) as running:
        running.governance = governance
        with Site(running, databases) as site:
            yield site
