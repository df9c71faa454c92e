"""Asking a service with a sandbox, and contents of requests that any sample contract could have come from."""

from __future__ import annotations

from typing import Any

import httpx

from auth.contract import Contract
from auth.process.request import request_of
from samples.personas import Persona
from tests.process.conftest import Desk
from tests.running import RunningService

__all__ = ["REQUESTS", "ask", "citizen_like", "codes", "contents_of", "sources"]

_DATA = {"population", "social_insurance", "health", "transport", "civil_status", "education"}
REQUESTS = 100
"""How many requests a minute a contract with `contents_of` may send."""


def ask(
    service: RunningService,
    key: str,
    query: str,
    path: str = "/sandbox/graphql",
    *,
    outage: str = "",
    purpose: str = "XAC_MINH",
    **variables: Any,
) -> httpx.Response:
    """One request with a key, while the databases that `outage` names are to be down."""
    return service.session.post(
        f"{service.url}{path}",
        json={"query": query, "variables": variables},
        headers={
            "authorization": key,
            "x-purpose": purpose,
            "accept": "application/graphql-response+json",
            "lienthong-outage": outage,
        },
    )


def codes(response: httpx.Response) -> list[str]:
    return [error["extensions"]["code"] for error in response.json().get("errors", [])]


def contents_of(contract: Contract) -> dict[str, Any]:
    """What a request for such a contract would hold, with a limit that a test can reach."""
    given = request_of(contract).model_dump(mode="json")
    for field in given["fields"]:
        field["justification"] = "Cần cho thủ tục"
    given["limits"] |= {"requests_per_minute": REQUESTS}
    names = ("fields", "purposes", "services", "row_scope", "unpermitted", "documents", "allow_list_only", "limits")
    return {name: given[name] for name in names}


async def citizen_like(desk: Desk, contract: Contract) -> Persona:
    """A citizen of production whom the contract may see, in the form in which personas are asked about."""
    row = await desk.owner.fetchrow(
        "SELECT personal_id, birth_given_name, date_of_birth FROM population.citizen WHERE NOT protected "
        "AND ($1::text[] IS NULL OR permanent_province_code = ANY ($1)) ORDER BY registered_no LIMIT 1",
        contract.row_scope.get("province"),
    )
    return Persona("CITIZEN", row["personal_id"], row["birth_given_name"], row["date_of_birth"])


def sources(statements: list[tuple[str, str]]) -> set[str]:
    """The databases of data that were asked: limits and audit are governance's."""
    return {source for source, _ in statements if source.removeprefix("sandbox_") in _DATA}
