"""A service with the process, and clients with duties, for tests over HTTP."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import asyncpg

from auth.contract import Client
from graph.catalog import Catalog
from graph.schema import schema
from service.process import Process
from tests.running import Governance, RunningService, run

__all__ = ["ALL_DUTIES", "Duties", "install"]

_CATALOG = Catalog.of(schema)
ALL_DUTIES = frozenset({"reportDataError", "proposeData", "requestSupport", "replyToCase", "cases", "case"})


class Duties:
    """The service as its clients and the accounts of the process use it."""

    def __init__(self, service: RunningService, url: str) -> None:
        self.service = service
        self.url = url

    def ask(self, client: str, query: str, **variables: Any) -> Any:
        """The data of an operation that must be answered without errors."""
        return self.service.answer(client, query, variables)

    def fault(self, client: str, query: str, **variables: Any) -> tuple[str, str]:
        """The code and the message of the one error of an operation."""
        (error,) = self.service.post(client, query, variables).json()["errors"]
        return error["extensions"]["code"], error["message"]

    def do(self, part: str, name: str, *given: Any, **named: Any) -> Any:
        """Call a part of the process as an account: `do("cases", "list", account)`."""
        return run(self._do(part, name, given, named))

    async def _do(self, part: str, name: str, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        pool = await asyncpg.create_pool(self.url, min_size=0, max_size=2)
        try:
            process = Process.of(pool, _CATALOG, self.service.settings.audit_keys())
            return await getattr(getattr(process, part), name)(*given, **named)
        finally:
            await pool.close()


def install(governance: Governance, like: str, client: str, services: frozenset[str], **changes: Any) -> None:
    """A client whose contract is like a sample's, with further services."""
    contract = governance.contracts[like]
    governance.install(
        replace(
            contract,
            contract_id=f"{contract.contract_id}-{client}",
            client=Client(client, f"Đơn vị {client}"),
            services=contract.services | services,
            **changes,
        )
    )
