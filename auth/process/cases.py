"""Cases over the database: a client's own, and those that the agency and the owners of databases handle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import asyncpg

from auth.audit.acts import record_act
from auth.process.actors import Account, Role
from auth.process.case import DECIDED, Case, CaseKind, CaseState, Sight, judge_case, sight_of
from auth.process.case_records import COLUMNS, CaseRecords
from auth.process.database import transaction
from auth.process.errors import CaseRefusedError, CaseUnknownError, DossierUnknownError, RoleRequiredError
from auth.process.opening import Opening, Reporter, words_of
from auth.process.vault import Vault

__all__ = ["CasePage", "Cases"]

# The cases of a client: under the same contract and purpose, and only as long as it reads the field and the same rows.
_OWN = f"""
SELECT {COLUMNS} FROM governance.client_case
WHERE contract_id = $1 AND purpose = $2
  AND (coordinate IS NULL OR (coordinate = ANY($3) AND scope = $4))
"""  # noqa: S608 - names of ours, values are parameters
_PAGE = (
    _OWN
    + """
  AND ($5::timestamptz IS NULL OR (opened_at, case_id) < ($5, $6))
ORDER BY opened_at DESC, case_id DESC LIMIT $7
"""
)
_ONE = f"SELECT {COLUMNS} FROM governance.client_case WHERE case_id = $1"  # noqa: S608
_LIST = f"""
SELECT {COLUMNS} FROM governance.client_case
WHERE ($1::text IS NULL OR kind = $1) AND ($2::text[] IS NULL OR state = ANY($2))
  AND ($3::text IS NULL OR client_id = $3)
  AND ($4::bytea[] IS NULL OR subject_hash = ANY($4)) AND ($5::text[] IS NULL OR source = ANY($5))
ORDER BY opened_at DESC, case_id DESC LIMIT $6
"""  # noqa: S608
_LATEST = """
SELECT version FROM governance.contract WHERE contract_id = $1 AND client_id = $2 ORDER BY version DESC LIMIT 1
"""
_MOST = 500


@dataclass(frozen=True, slots=True)
class CasePage:
    """Cases, the latest first, and whether there are more."""

    cases: Sequence[Case]
    more: bool


class Cases:
    """Cases over a pool of the role `lienthong_process`.

    Methods raise `ProcessError`s for what may not be done, and `GovernanceUnavailableError` in an outage.
    """

    def __init__(self, pool: asyncpg.Pool[Any], vault: Vault) -> None:
        self._pool = pool
        self._vault = vault
        self._records = CaseRecords(vault)

    async def open(self, reporter: Reporter, opening: Opening) -> Case:
        """Open a client's case, with its act in the audit in one transaction.

        A repetition under the same `reference` gives the case that is there; other words under it are refused.
        """
        async with transaction(self._pool) as connection:
            case_id = await self._repeated(connection, reporter, opening)
            if case_id is None:
                case_id = await self._records.insert(
                    connection, reporter, opening, actor=reporter.actor, party="CLIENT"
                )
            return await self._own(connection, reporter, case_id)

    async def own(self, reporter: Reporter, case_id: str) -> Case:
        """A client's own case, with its thread. Raises `CaseUnknownError` for any other."""
        async with transaction(self._pool) as connection:
            return await self._own(connection, reporter, case_id)

    async def page(self, reporter: Reporter, first: int, after: tuple[datetime, str] | None = None) -> CasePage:
        """A page of a client's own cases, with their threads; `after` is the last one's opening and id."""
        at, case_id = after or (None, None)
        async with transaction(self._pool) as connection:
            rows = await connection.fetch(_PAGE, *_owned(reporter), at, case_id, first + 1)
            cases = [await self._whole(connection, row) for row in rows[:first]]
        return CasePage(cases, len(rows) > first)

    async def add(self, reporter: Reporter, case_id: str, text: str) -> Case:
        """Add a client's message; to support, it opens it again. Raises `CaseRefusedError` for decided cases."""
        words = words_of(text, "text")
        async with transaction(self._pool) as connection:
            case = await self._own(connection, reporter, case_id, lock=True)
            await self._message(connection, case, reporter.actor, words)
            return await self._own(connection, reporter, case_id)

    async def list(
        self,
        actor: Account,
        *,
        kind: CaseKind | None = None,
        states: frozenset[CaseState] | None = None,
        subject: str | None = None,
    ) -> list[Case]:
        """The cases that an account may see, the latest first, in outline, 500 at most.

        `subject` is a citizen's number, which only those who handle such cases may search by.
        """
        officer = actor.client_id if actor.roles == {Role.UNIT_OFFICER} else None
        sources = sorted(actor.sources) if actor.roles == {Role.SOURCE_OWNER} else None
        wanted = None if states is None else [state.value for state in states]
        hashes = None if subject is None else self._vault.subjects(subject)
        async with transaction(self._pool) as connection:
            rows = await connection.fetch(_LIST, kind and kind.value, wanted, officer, hashes, sources, _MOST)
        least = Sight.OUTLINE if subject is None else Sight.WHOLE
        cases = [self._records.outline(row) for row in rows]
        return [case for case in cases if sight_of(actor, case).value >= least.value]

    async def get(self, actor: Account, case_id: str) -> Case:
        """A case with its thread, as far as the account may see it. Who is shown a citizen's number is in the audit."""
        async with transaction(self._pool) as connection:
            case = await self._seen(connection, actor, case_id)
            if case.subject is not None:
                identity = (case.contract_id, case.version)
                await record_act(connection, "case.read", actor=actor.account_id, contract=identity, note=case_id)
            return case

    async def open_support(self, actor: Account, contract_id: str, opening: Opening) -> Case:
        """Open a call for help: by an officer of the unit, or by the agency for a unit that called, wrote or came."""
        if opening.kind is not CaseKind.SUPPORT:
            raise CaseRefusedError("this opens calls for help only")
        agency = bool(actor.roles & {Role.OPERATOR, Role.REVIEWER})
        async with transaction(self._pool) as connection:
            client = await connection.fetchval(
                "SELECT client_id FROM governance.contract WHERE contract_id = $1 LIMIT 1", contract_id
            )
            if client is None or not (agency or actor.acts_for(client)):
                raise DossierUnknownError
            version = await connection.fetchval(_LATEST, contract_id, client)
            # Calls of people belong to no purpose, so the contract's systems do not see them.
            reporter = Reporter(contract_id, version, client, "", frozenset(), b"")
            party = "CLIENT" if actor.acts_for(client) else "AGENCY"
            case_id = await self._records.insert(connection, reporter, opening, actor=actor.account_id, party=party)
            return await self._seen(connection, actor, case_id)

    async def say(self, actor: Account, case_id: str, text: str) -> Case:
        """Add a message: of whoever handles the case, or of an officer to the unit's own call for help."""
        words = words_of(text, "text")
        async with transaction(self._pool) as connection:
            case = await self._seen(connection, actor, case_id, lock=True)
            if sight_of(actor, case) is not Sight.WHOLE:
                raise RoleRequiredError("this case is for those who handle it")
            if actor.acts_for(case.client_id):
                await self._message(connection, case, actor.account_id, words)
            else:
                await self._enter(connection, case, (actor.account_id, _party(case), "message", case.state), words)
            return await self._seen(connection, actor, case_id)

    async def move(self, actor: Account, case_id: str, name: str, *, reply: str | None = None) -> Case:
        """Take a step (`CASE_MOVES`), with words for the client where it needs them."""
        async with transaction(self._pool) as connection:
            case = await self._seen(connection, actor, case_id, lock=True)
            move = judge_case(actor, case, name, reply)
            words = words_of(reply, "reply") if reply and reply.strip() else None
            await self._enter(connection, case, (actor.account_id, _party(case), name, move.target), words)
            return await self._seen(connection, actor, case_id)

    async def content(self, actor: Account, case_id: str, attachment_id: int) -> bytes:
        """The bytes of a document, for those who handle the case."""
        async with transaction(self._pool) as connection:
            case = await self._seen(connection, actor, case_id)
            content = await self._records.content(connection, case_id, attachment_id)
            if sight_of(actor, case) is not Sight.WHOLE or content is None:
                raise CaseUnknownError("there is no such document")
            identity = (case.contract_id, case.version)
            note = f"{case_id} {attachment_id}"
            await record_act(connection, "case.document", actor=actor.account_id, contract=identity, note=note)
            return content

    async def _repeated(self, connection: Any, reporter: Reporter, opening: Opening) -> str | None:
        """The case that was opened under the same reference. Two at once: the second waits for the first."""
        if opening.reference is None:
            return None
        references = self._records.references(reporter, opening.reference)
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext(encode($1, 'hex')))", references[0])
        row = await connection.fetchrow(
            "SELECT case_id, digest FROM governance.client_case WHERE contract_id = $1 AND reference = ANY($2)",
            reporter.contract_id,
            references,
        )
        if row is not None and row["digest"] not in self._records.digests(opening):
            raise CaseRefusedError("another case was opened under this `reference`")
        return None if row is None else str(row["case_id"])

    async def _own(self, connection: Any, reporter: Reporter, case_id: str, *, lock: bool = False) -> Case:
        sql = _OWN + " AND case_id = $5" + (" FOR UPDATE" if lock else "")
        row = await connection.fetchrow(sql, *_owned(reporter), case_id)
        if row is None:
            raise CaseUnknownError
        return await self._whole(connection, row)

    async def _seen(self, connection: Any, actor: Account, case_id: str, *, lock: bool = False) -> Case:
        row = await connection.fetchrow(_ONE + (" FOR UPDATE" if lock else ""), case_id)
        if row is None:
            raise CaseUnknownError
        case = self._records.outline(row)
        sight = sight_of(actor, case)
        if sight is Sight.NOTHING:
            raise CaseUnknownError
        if sight is Sight.WHOLE:
            return await self._whole(connection, row)
        entries = await self._records.entries(connection, case_id, words=False)
        return replace(
            case, entries=entries, attachments=await self._records.attachments(connection, case_id, names=False)
        )

    async def _whole(self, connection: Any, row: Any) -> Case:
        subject, content = self._records.opened(row)
        return replace(
            self._records.outline(row),
            subject=subject,
            content=content,
            entries=await self._records.entries(connection, row["case_id"], words=True),
            attachments=await self._records.attachments(connection, row["case_id"], names=True),
        )

    async def _message(self, connection: Any, case: Case, actor: str, words: str) -> None:
        """A message of the client's side."""
        if case.state in DECIDED:
            raise CaseRefusedError(
                "the case is decided: open a new one for what is still wrong", state=case.state.value
            )
        after = CaseState.OPEN if case.kind is CaseKind.SUPPORT else case.state
        await self._enter(connection, case, (actor, "CLIENT", "message", after), words)

    async def _enter(
        self, connection: Any, case: Case, step: tuple[str, str, str, CaseState], words: str | None
    ) -> None:
        actor, party, act, after = step
        if after is not case.state:
            await connection.execute(
                "UPDATE governance.client_case SET state = $2 WHERE case_id = $1", case.case_id, after.value
            )
        entry = (case.case_id, actor, party, act, case.state.value, after.value)
        await self._records.add_entry(connection, entry, words)
        identity = (case.contract_id, case.version)
        note = f"{case.kind.value} {case.case_id} {after.value}"
        await record_act(connection, f"case.{act}", actor=actor, contract=identity, note=note)


def _owned(reporter: Reporter) -> tuple[str, str, list[str], bytes]:
    return reporter.contract_id, reporter.purpose, sorted(reporter.readable), reporter.scope


def _party(case: Case) -> str:
    """Who speaks to the client: the owner of a specialised database, or the agency."""
    return "OWNER" if case.source not in {None, "population"} else "AGENCY"
