"""The audit proves itself: whatever is done to a record afterwards is found, and the first bad one named."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from auth.audit import AuditLog, AuditRecord, Facts, SubjectHasher
from auth.audit.chain import COLUMNS, follow
from auth.audit.checkpoints import Checkpoint, CheckpointError, CheckpointWriter, public_key_of, read_checkpoints
from auth.audit.verify import Verdict, verify
from service.embedded import EmbeddedServers
from tests.running import run

SEED = bytes(range(32))
RECORDS = 8
MIDDLE = 4
TAKEN_AWAY = (
    "DELETE FROM governance.audit_record WHERE chain = CHAIN",
    "DELETE FROM governance.audit_chain WHERE chain = CHAIN",
)


class Written:
    """A chain of a process that has stopped, and its checkpoints."""

    def __init__(self, admin_url: str, chain: str, checkpoints: Path) -> None:
        self.admin_url = admin_url
        self.chain = chain
        self.checkpoints = checkpoints

    def tamper(self, *statements: str) -> None:
        """What someone with every right does: past triggers and all."""

        async def work() -> None:
            connection = await asyncpg.connect(self.admin_url)
            try:
                await connection.execute("SET session_replication_role = replica")
                for statement in statements:
                    await connection.execute(statement.replace("CHAIN", f"'{self.chain}'"))
            finally:
                await connection.close()

        run(work())

    def rewrite_from(self, first: int) -> None:
        """Change a record and compute every hash after it anew, as a careful forger would."""

        async def work() -> None:
            connection = await asyncpg.connect(self.admin_url)
            try:
                await connection.execute("SET session_replication_role = replica")
                rows = await connection.fetch(
                    f"SELECT {', '.join(COLUMNS)}, hash FROM governance.audit_record "
                    "WHERE chain = $1 ORDER BY sequence",
                    self.chain,
                )
                last = rows[first - 2]["hash"]
                for row in rows[first - 1 :]:
                    values = {name: row[name] for name in COLUMNS}
                    if row["sequence"] == first:
                        values["client_id"] = "someone-else"
                    last = follow(last, tuple(values.values()))
                    await connection.execute(
                        "UPDATE governance.audit_record SET client_id = $3, hash = $4 "
                        "WHERE chain = $1 AND sequence = $2",
                        self.chain,
                        row["sequence"],
                        values["client_id"],
                        last,
                    )
            finally:
                await connection.close()

        run(work())

    def verdict(self, *, checkpoints: bool = True, since: datetime | None = None) -> Verdict:
        """The verdict on the whole audit, with this chain's checkpoints or without."""
        marks: Sequence[Checkpoint] = ()
        if checkpoints:
            marks = list(read_checkpoints(self.checkpoints.read_text().splitlines(), [public_key_of(SEED)]))

        async def work() -> Verdict:
            connection = await asyncpg.connect(self.admin_url)
            try:
                return await verify(connection, marks, since)
            finally:
                await connection.close()

        return run(work())

    def fault(self, *, checkpoints: bool = True) -> tuple[int, str]:
        """The one fault found, which must be of this chain."""
        (fault,) = self.verdict(checkpoints=checkpoints).faults
        assert fault.chain == self.chain
        return fault.sequence, fault.what


@pytest.fixture
def written(databases: EmbeddedServers, tmp_path: Path) -> Iterator[Written]:
    """A chain of a few records, a checkpoint after each; it is taken away afterwards."""
    path = tmp_path / "checkpoints.jsonl"

    async def write() -> str:
        writer = CheckpointWriter(path, SEED)
        log = AuditLog(
            databases.postgres_url("lienthong_gateway"), SubjectHasher(bytes(32)), timeout=5, checkpoints=writer
        )
        await log.start()
        try:
            for number in range(RECORDS):
                facts = Facts(operation_type="query", operation_name=f"Test{number % 3}", requested=("Citizen.gender",))
                subjects = log.hasher.all(f"{number:012}{one}" for one in range(number))
                await log.write(AuditRecord(f"trace-{number}", client_id="tested", facts=facts, subjects=subjects))
                log._sign()
            assert log._chain is not None
            return log._chain.link.chain
        finally:
            await log.stop()

    chain = Written(databases.admin_url, asyncio.run(write()), path)
    yield chain
    chain.tamper(*TAKEN_AWAY)


def test_an_untouched_audit_is_verified(written: Written) -> None:
    verdict = written.verdict()
    assert verdict.faults == []
    assert verdict.records >= RECORDS
    assert verdict.checkpoints == RECORDS + 1


@pytest.mark.parametrize(
    "change",
    [
        "client_id = 'someone-else'",
        "contract_id = 'another'",
        "purpose = 'ANOTHER'",
        "outcome = 'answered'",
        "codes = '{X}'",
        "subjects = substring(subjects FROM 17)",
        "subject_key = '00000000'",
        "trace_id = 'another'",
        "row_counts = '{\"population\": 1}'",
        "recorded_at = recorded_at + interval '1 microsecond'",
        "version = 7",
        "actor = 'root'",
        "hash = sha256('x')",
        "plan = (SELECT digest FROM governance.audit_plan WHERE digest <> plan LIMIT 1)",
    ],
)
def test_a_changed_record_is_named(written: Written, change: str) -> None:
    written.tamper(f"UPDATE governance.audit_record SET {change} WHERE chain = CHAIN AND sequence = {MIDDLE}")
    sequence, what = written.fault(checkpoints=False)
    assert sequence == MIDDLE
    assert "changed" in what


def test_a_removed_record_is_named(written: Written) -> None:
    written.tamper(f"DELETE FROM governance.audit_record WHERE chain = CHAIN AND sequence = {MIDDLE}")
    assert written.fault(checkpoints=False) == (MIDDLE, f"record {MIDDLE} is missing: the next is {MIDDLE + 1}")


def test_a_removed_record_is_found_though_the_others_are_counted_anew(written: Written) -> None:
    written.tamper(
        f"DELETE FROM governance.audit_record WHERE chain = CHAIN AND sequence = {MIDDLE}",
        *(
            f"UPDATE governance.audit_record SET sequence = {n - 1} WHERE chain = CHAIN AND sequence = {n}"
            for n in range(MIDDLE + 1, RECORDS + 1)
        ),
    )
    assert written.fault(checkpoints=False)[0] == MIDDLE


def test_an_inserted_record_is_named(written: Written) -> None:
    copied = ", ".join(f"'{MIDDLE}'" if name == "sequence" else name for name in COLUMNS)
    written.tamper(
        *(
            f"UPDATE governance.audit_record SET sequence = {n + 1} WHERE chain = CHAIN AND sequence = {n}"
            for n in range(RECORDS, MIDDLE - 1, -1)
        ),
        f"INSERT INTO governance.audit_record ({', '.join(COLUMNS)}, hash) SELECT {copied}, hash "
        "FROM governance.audit_record WHERE chain = CHAIN AND sequence = 1",
    )
    assert written.fault(checkpoints=False)[0] == MIDDLE


def test_reordered_records_are_named(written: Written) -> None:
    written.tamper(
        f"UPDATE governance.audit_record SET sequence = 1000 WHERE chain = CHAIN AND sequence = {MIDDLE}",
        f"UPDATE governance.audit_record SET sequence = {MIDDLE} WHERE chain = CHAIN AND sequence = {MIDDLE + 1}",
        f"UPDATE governance.audit_record SET sequence = {MIDDLE + 1} WHERE chain = CHAIN AND sequence = 1000",
    )
    assert written.fault(checkpoints=False)[0] == MIDDLE


def test_a_changed_description_of_an_operation_is_found(written: Written) -> None:
    digest = hashlib.sha256(
        Facts(operation_type="query", operation_name="Test0", requested=("Citizen.gender",)).description.encode()
    ).hexdigest()
    kept = f"(SELECT description::text FROM governance.audit_plan WHERE digest = '\\x{digest}')"
    written.tamper(
        f"CREATE TABLE public.kept AS SELECT {kept} AS description",
        f"UPDATE governance.audit_plan SET description = '{{}}' WHERE digest = '\\x{digest}'",
    )
    try:
        sequence, what = written.fault(checkpoints=False)
    finally:
        written.tamper(
            "UPDATE governance.audit_plan SET description = (SELECT description FROM public.kept)::json "
            f"WHERE digest = '\\x{digest}'",
            "DROP TABLE public.kept",
        )
    assert (sequence, "operation" in what) == (1, True)


def test_a_rewritten_chain_contradicts_its_checkpoints(written: Written) -> None:
    written.rewrite_from(MIDDLE)
    assert written.verdict(checkpoints=False).faults == []
    sequence, what = written.fault()
    assert sequence == MIDDLE
    assert f"agreed at record {MIDDLE - 1}" in what


def test_a_cut_off_end_contradicts_its_checkpoints(written: Written) -> None:
    written.tamper(f"DELETE FROM governance.audit_record WHERE chain = CHAIN AND sequence > {MIDDLE}")
    assert written.verdict(checkpoints=False).faults == []
    sequence, what = written.fault()
    assert sequence == MIDDLE + 1
    assert "missing" in what


def test_what_a_checkpoint_vouches_for_need_not_be_followed_again(written: Written) -> None:
    written.tamper(f"UPDATE governance.audit_record SET outcome = 'x' WHERE chain = CHAIN AND sequence = {MIDDLE}")
    assert written.fault()[0] == MIDDLE
    assert written.verdict(since=datetime.now(UTC)).faults == []
    last = json.loads(written.checkpoints.read_text().splitlines()[-1])
    for since in (datetime.now(UTC), datetime.fromisoformat(last["at"])):
        written.tamper(f"DELETE FROM governance.audit_record WHERE chain = CHAIN AND sequence = {RECORDS}")
        (fault,) = written.verdict(since=since).faults
        assert (fault.chain, fault.sequence) == (written.chain, RECORDS)


def test_a_chain_taken_away_as_a_whole_contradicts_its_checkpoints(written: Written) -> None:
    written.tamper(*TAKEN_AWAY)
    assert written.verdict(checkpoints=False).faults == []
    assert written.fault()[0] == 1


@pytest.mark.parametrize(
    ("forge", "says"),
    [
        (lambda line: line.replace('"sequence":3', '"sequence":2'), "no valid signature"),
        (lambda line: line.replace('"hash":"', '"hash":"00'), "no valid signature"),
        (lambda line: line[:40], "not a checkpoint"),
    ],
)
def test_a_forged_checkpoint_is_refused(written: Written, forge: Callable[[str], str], says: str) -> None:
    lines = written.checkpoints.read_text().splitlines()
    lines[3] = forge(lines[3])
    with pytest.raises(CheckpointError, match=f"line 4 .*{says}"):
        list(read_checkpoints(lines, [public_key_of(SEED)]))


def test_a_checkpoint_of_another_key_is_refused(written: Written) -> None:
    lines = written.checkpoints.read_text().splitlines()
    with pytest.raises(CheckpointError, match=r"line 1 .*signature"):
        list(read_checkpoints(lines, [public_key_of(bytes(32))]))
    assert list(read_checkpoints(lines, [public_key_of(bytes(32)), public_key_of(SEED)]))


@pytest.mark.parametrize("statement", ["UPDATE {} SET chain = chain", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.parametrize("table", ["audit_record", "audit_chain"])
def test_even_the_owner_is_told_that_the_audit_is_append_only(
    databases: EmbeddedServers, statement: str, table: str
) -> None:
    async def work() -> None:
        connection: Any = await asyncpg.connect(databases.admin_url)
        try:
            with pytest.raises(asyncpg.RaiseError, match="append-only"):
                await connection.execute(statement.format(f"governance.{table}"))
        finally:
            await connection.close()

    run(work())


def test_keys_name_themselves_without_giving_themselves_away() -> None:
    first, second = SubjectHasher(bytes(32)), SubjectHasher(SEED)
    assert first.key_id != second.key_id
    assert first("079301000001") != second("079301000001")
    assert first.key_id not in first("079301000001").hex()
