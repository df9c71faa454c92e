"""The process over the embedded databases, with an account for every role."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from auth.process.accounts import Accounts
from auth.process.attachments import Attachments
from auth.process.completeness import Missing
from auth.process.dossier import Dossier
from auth.process.dossiers import Dossiers
from auth.process.moves import Moves
from graph.catalog import Catalog
from graph.schema import schema
from resolvers.examine import examiner_of
from service.embedded import EmbeddedServers
from tests.process.people import PEOPLE, UNIT, complete_request
from tests.process.shell import Shell
from tests.process.speaking import Assembly, assembled

_NUMBERS = itertools.count(1)


@dataclass
class Desk:
    """The process as its parts; `open_tests` is what the conformance list still lacks."""

    dossiers: Dossiers
    moves: Moves
    attachments: Attachments
    owner: Any
    open_tests: list[Missing] = field(default_factory=list)

    def new_id(self) -> str:
        """The id of a contract that there is not yet."""
        return f"hop-dong-{next(_NUMBERS)}"

    async def at(self, state: str, contract_id: str | None = None, **contents: Any) -> Dossier:
        """A dossier that went the whole way to a state, with other contents than the usual ones where given."""
        name = contract_id or self.new_id()
        dossier = await self.dossiers.open(PEOPLE["officer"], name, complete_request(**contents))
        for who, move in _WAY[state]:
            dossier = await self.go(dossier, who, move)
        return dossier

    async def go(self, dossier: Dossier, who: str, move: str) -> Dossier:
        """One step by somebody; findings are steps too."""
        identity = (dossier.contract_id, dossier.version)
        if move == "find":
            source = "transport" if who == "owner" else None
            return await self.moves.find(PEOPLE[who], *identity, passed=True, note="Đạt", source=source)
        return await self.moves.move(PEOPLE[who], *identity, move, reason="Có lý do")


def _ways() -> dict[str, list[tuple[str, str]]]:
    submitted = [("officer", "submit")]
    reviewed = [*submitted, ("reviewer", "take_up")]
    tested = [*reviewed, ("reviewer", "admit_to_test")]
    checked = [*tested, ("reviewer", "send_to_security")]
    found = [("cyber", "find"), ("technical", "find"), ("owner", "find")]
    approved = [*checked, *found, ("approver", "approve")]
    active = [*approved, ("operator", "activate")]
    return {
        "DRAFT": [],
        "SUBMITTED": submitted,
        "UNDER_REVIEW": reviewed,
        "NEEDS_INFO": [*reviewed, ("reviewer", "send_back")],
        "TECHNICAL_TEST": tested,
        "SECURITY_CHECK": checked,
        "APPROVED": approved,
        "ACTIVE": active,
        "SUSPENDED": [*active, ("approver", "suspend")],
        "TERMINATED": [*active, ("approver", "terminate")],
        "REJECTED": [*reviewed, ("approver", "reject")],
        "WITHDRAWN": [*submitted, ("officer", "withdraw")],
    }


_WAY = _ways()


@pytest.fixture
async def desk(databases: EmbeddedServers) -> AsyncIterator[Desk]:
    """The process, over the role that serves it."""
    owner = await asyncpg.create_pool(databases.admin_url, min_size=0, max_size=2)
    pool = await asyncpg.create_pool(databases.postgres_url("lienthong_process"), min_size=0, max_size=4)
    accounts = Accounts(owner)
    for unit in (UNIT, "don-vi-khac"):
        await accounts.register_unit("kiểm thử", unit, f"Đơn vị {unit}")
    for account in PEOPLE.values():
        await accounts.create("kiểm thử", account)
    examiner = examiner_of(Catalog.of(schema))
    open_tests: list[Missing] = []

    async def unfinished(_connection: Any, _dossier: Dossier) -> Sequence[Missing]:
        return open_tests

    yield Desk(
        Dossiers(pool, examiner), Moves(pool, examiner, unfinished), Attachments(pool, examiner), owner, open_tests
    )
    await pool.close()
    await owner.close()


@pytest.fixture(scope="module")
def assembly(databases: EmbeddedServers) -> Iterator[Assembly]:
    """The service with the process over HTTP, and a key for every account."""
    with assembled(databases) as found:
        yield found


@pytest.fixture
def shell(assembly: Assembly, databases: EmbeddedServers, tmp_path: Path) -> Shell:
    """A shell over that service, in an empty folder."""
    settings = assembly.service.settings
    owner = {
        "LIENTHONG_ADMIN_URL": databases.admin_url,
        "LIENTHONG_GOVERNANCE_URL": settings.governance_url,
        "LIENTHONG_CURSOR_KEY": settings.cursor_key.get_secret_value(),
        "LIENTHONG_AUDIT_KEY": settings.audit_key.get_secret_value(),
        "LIENTHONG_SOURCES": json.dumps(settings.sources),
    }
    return Shell(assembly, tmp_path, owner)
