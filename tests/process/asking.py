"""Asking the sandbox, as a client does."""

from __future__ import annotations

from typing import Any

import httpx

from tests.running import RunningService

__all__ = ["ask", "codes"]


def ask(
    service: RunningService, authorization: str, query: str, number: str | None = None, **more: Any
) -> httpx.Response:
    """Ask the sandbox, or with `path` another endpoint."""
    headers = {"authorization": authorization, "accept": "application/graphql-response+json", **more.get("headers", {})}
    body = {"query": query, "variables": {"i": number} if number else {}}
    return service.session.post(f"{service.url}{more.get('path', '/sandbox/graphql')}", json=body, headers=headers)


def codes(response: httpx.Response) -> list[str]:
    """The code of each error."""
    return [error["extensions"]["code"] for error in response.json().get("errors", ())]
