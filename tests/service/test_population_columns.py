"""What the register keeps by itself: the flag of households with a protected member, and the residence status."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

from service.embedded import EmbeddedServers
from tests.planting import Rows, planted
from tests.running import RunningService, run

ONE, OTHER, CHILD, FIRST, SECOND = "079190777001", "079190777002", "079190777003", 777_001, 777_002


@pytest.fixture(autouse=True)
def people(databases: EmbeddedServers, service: RunningService) -> Iterator[None]:
    rows: Rows = {
        "population.household": [{"household_id": FIRST}, {"household_id": SECOND}],
        "population.citizen": [{"personal_id": number, "household_id": FIRST} for number in (ONE, OTHER)],
    }
    with planted(databases, service.governance, rows):
        yield


def flags(service: RunningService) -> tuple[bool, bool]:
    """Whether the first and the second household are flagged."""
    rows = service.governance.fetch(
        "SELECT protected FROM population.household WHERE household_id = ANY($1) ORDER BY household_id", [FIRST, SECOND]
    )
    return rows[0]["protected"], rows[1]["protected"]


def test_a_household_is_protected_as_long_as_a_member_is(service: RunningService) -> None:
    assert flags(service) == (False, False)
    for change, expected in (
        ("SET protected = true WHERE personal_id = $1", (True, False)),
        ("SET household_id = 777002 WHERE personal_id = $1", (False, True)),
        ("SET household_id = NULL WHERE personal_id = $1", (False, False)),
        ("SET household_id = 777001 WHERE personal_id = $1", (True, False)),
        ("SET household_id = 777002, protected = false WHERE personal_id = $1", (False, False)),
        ("SET household_id = 777001, protected = true WHERE personal_id = $1", (True, False)),
        ("SET contact_mobile = '1' WHERE personal_id = $1", (True, False)),
        ("SET protected = false WHERE personal_id = $1", (False, False)),
    ):
        service.governance.fetch(f"UPDATE population.citizen {change}", ONE)
        assert flags(service) == expected, change


def test_it_stays_protected_while_another_member_is(service: RunningService) -> None:
    service.governance.fetch("UPDATE population.citizen SET protected = true WHERE household_id = $1", FIRST)
    service.governance.fetch("UPDATE population.citizen SET protected = false WHERE personal_id = $1", ONE)
    assert flags(service) == (True, False)
    service.governance.fetch("UPDATE population.citizen SET household_id = $2 WHERE personal_id = $1", OTHER, SECOND)
    assert flags(service) == (False, True)


def test_who_is_entered_or_struck_off_counts(databases: EmbeddedServers, service: RunningService) -> None:
    child = {"personal_id": CHILD, "registered_no": 10_000_900, "household_id": SECOND, "protected": True}
    with planted(databases, service.governance, {"population.citizen": [child]}):
        assert flags(service) == (False, True)
    assert flags(service) == (False, False)


async def waits_for_a_lock(watching: Any, waiting: Any) -> None:
    """Return when a connection waits for another one's lock."""
    query = "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $1"
    async with asyncio.timeout(20):
        while not await watching.fetchval(query, waiting.get_server_pid()):  # noqa: ASYNC110 - a lock is no event
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("isolation", ["read_committed", "repeatable_read"])
def test_two_changes_at_once_never_lose_a_flag(
    databases: EmbeddedServers, service: RunningService, isolation: Any
) -> None:
    """One member is flagged while the other's flag is taken off: whoever commits last knows of both, or fails."""
    update = "UPDATE population.citizen SET protected = {} WHERE personal_id = $1"
    service.governance.fetch(update.format("true"), OTHER)

    async def at_once(flagging: Any, unflagging: Any, watching: Any) -> None:
        first, second = flagging.transaction(isolation=isolation), unflagging.transaction(isolation=isolation)
        await first.start()
        await second.start()
        await unflagging.fetch("SELECT FROM population.citizen LIMIT 1")  # what it sees is settled here
        await flagging.execute(update.format("true"), ONE)
        waiting = asyncio.create_task(unflagging.execute(update.format("false"), OTHER))
        await waits_for_a_lock(watching, unflagging)
        await first.commit()
        if isolation == "read_committed":
            await waiting
            await second.commit()
        else:
            with pytest.raises(asyncpg.SerializationError):
                await waiting
            await second.rollback()

    async def connected() -> None:
        connections = [await asyncpg.connect(databases.admin_url) for _ in range(3)]
        try:
            await at_once(*connections)
        finally:
            for connection in connections:
                await connection.close()

    run(connected())
    assert flags(service) == (True, False)


def test_every_sample_household_has_the_flag_of_its_members(service: RunningService) -> None:
    wrong = service.governance.fetch(
        "SELECT household_id FROM population.household h WHERE protected <> "
        "EXISTS (SELECT FROM population.citizen c WHERE c.household_id = h.household_id AND c.protected)"
    )
    assert wrong == []
    (count,) = service.governance.fetch("SELECT count(*) AS n FROM population.household WHERE protected")
    assert count["n"] > 3


def test_the_statuses_are_what_is_on_record(service: RunningService) -> None:
    rows = service.governance.fetch("SELECT * FROM population.citizen")
    seen = set()
    for row in rows:
        permanent, temporary = row["permanent_country_code"], row["temporary_country_code"]
        true = {"PERMANENT": permanent, "TEMPORARY": temporary, "ABSENT": row["absence_from"]}
        true["UNREGISTERED"] = None if permanent or temporary else "yes"
        assert row["residence_status"] == [status for status, told in true.items() if told is not None]
        seen |= set(row["residence_status"])
    assert seen == {"PERMANENT", "TEMPORARY", "ABSENT", "UNREGISTERED"}
