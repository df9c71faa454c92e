"""The audit as auditors see it; that they looked is in it too."""

from __future__ import annotations

from typing import Any

import asyncpg

from auth.audit.acts import record_act
from auth.audit.search import AuditFilter, search_audit
from auth.process.actors import Account, Role
from auth.process.database import transaction
from auth.process.errors import RoleRequiredError

__all__ = ["Records"]


class Records:
    """The audit over a pool of the role `lienthong_process`."""

    def __init__(self, pool: asyncpg.Pool[Any]) -> None:
        self._pool = pool

    async def search(self, actor: Account, wanted: AuditFilter) -> list[dict[str, Any]]:
        """Records that fit, the latest first, for an auditor. Raises `RoleRequiredError` for others.

        The search is recorded by the names of its conditions: their values may tell of a person.
        """
        if Role.AUDITOR not in actor.roles:
            raise RoleRequiredError("the audit is for auditors")
        named = ("client", "subjects", "field", "code", "trace", "since", "until")
        used = [name for name in named if getattr(wanted, name) is not None]
        async with transaction(self._pool) as connection:
            found = await search_audit(connection, wanted)
            await record_act(
                connection, "audit.search", actor=actor.account_id, note=f"by {', '.join(used) or 'nothing'}"
            )
        return found
