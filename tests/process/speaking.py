"""Accounts that speak to a running service, each with a key of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import asyncpg
import httpx

from auth.process.accounts import Accounts
from auth.process.request import ConnectionRequest
from service.embedded import EmbeddedServers
from tests.process.people import PEOPLE, UNIT
from tests.running import Governance, RunningService, run, settings_for

__all__ = ["Assembly", "as_input", "assembled", "keys_for_people"]

_NUMBERS = itertools.count(1)


@dataclass
class Assembly:
    """The service, and the `Authorization` of each of `PEOPLE`."""

    service: RunningService
    authorizations: Mapping[str, str]

    def new_id(self) -> str:
        """The id of a contract that there is not yet."""
        return f"hop-dong-noi-{next(_NUMBERS)}"

    def post(self, who: str, query: str, variables: Mapping[str, Any] | None = None) -> httpx.Response:
        """Send an operation as one of the people."""
        return self.service.session.post(
            f"{self.service.url}/graphql",
            json={"query": query, "variables": dict(variables or {})},
            headers={
                "authorization": self.authorizations[who],
                "accept": "application/graphql-response+json",
            },
        )

    def answer(self, who: str, query: str, variables: Mapping[str, Any] | None = None) -> Any:
        """The data of an operation that must be answered without errors."""
        body = self.post(who, query, variables).json()
        assert "errors" not in body, body["errors"]
        return body["data"]

    def refusal(self, who: str, query: str, variables: Mapping[str, Any] | None = None) -> Any:
        """The one error of an operation that must be refused."""
        (error,) = self.post(who, query, variables).json()["errors"]
        return error


@contextmanager
def assembled(databases: EmbeddedServers) -> Iterator[Assembly]:
    """The service with the process, in which every technical test counts as finished."""

    async def finished(_list: Any, _connection: Any, _dossier: Any) -> list[Any]:
        return []

    keys = run(keys_for_people(databases.admin_url))
    with (
        mock.patch("auth.process.conformance.Conformance.unfinished", finished),
        RunningService(settings_for(databases, process_url=databases.postgres_url("lienthong_process"))) as service,
    ):
        service.governance = Governance(databases.admin_url)
        yield Assembly(service, keys)


async def keys_for_people(admin_url: str) -> dict[str, str]:
    """Accounts and units of `PEOPLE`, and a key for each account."""
    async with asyncpg.create_pool(admin_url, min_size=0, max_size=1) as pool:
        accounts = Accounts(pool)
        for unit in (UNIT, "don-vi-khac"):
            await accounts.register_unit("kiểm thử", unit, f"Đơn vị {unit}")
        keys = {}
        for who, account in PEOPLE.items():
            await accounts.create("kiểm thử", account)
            keys[who] = (await accounts.issue_key("kiểm thử", account.account_id, days=1)).authorization
        return keys


def as_input(request: ConnectionRequest) -> dict[str, Any]:
    """A request as the input of the process schema."""
    given = {_camel(name): value for name, value in request.model_dump(mode="json").items()}
    given["purposes"] = [{_camel(name): value for name, value in purpose.items()} for purpose in given["purposes"]]
    given["rowScope"] = [{"name": name, "values": values} for name, values in given["rowScope"].items()]
    given["limits"] = [{"name": name, "value": value} for name, value in given["limits"].items()]
    return given


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
