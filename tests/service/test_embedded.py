"""The embedded servers, really started: they keep their data, and end with the process that holds them."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import asyncpg
import psutil
import pymongo
import pytest
from pymongo.errors import AutoReconnect, OperationFailure

from service.embedded import EmbeddedServerError, EmbeddedServers

pytestmark = [pytest.mark.servers, pytest.mark.lengthy]

ROOT = Path(__file__).parents[2]

HOLDER = """
import sys, time
from pathlib import Path
from service.embedded import EmbeddedServers
with EmbeddedServers(Path(sys.argv[1])) as servers:
    print(servers.mongo_url("health"), flush=True)
    time.sleep(600)
"""


@contextmanager
def holder(directory: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process that holds the servers of `directory`, and the URL of its document server."""
    command = [sys.executable, "-c", HOLDER, str(directory)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def children_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    children = psutil.Process(process.pid).children(recursive=True)
    assert {"postgres", "sh"} <= {child.name() for child in children}
    return children


def ended(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE  # who collects it is not ours to say
    except psutil.NoSuchProcess:
        return True


def gone(processes: list[psutil.Process]) -> bool:
    deadline = time.monotonic() + 20
    while not all(map(ended, processes)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return all(map(ended, processes))


async def count_visits(servers: EmbeddedServers) -> tuple[int, int]:
    """Add a row and a document; how many there are now."""
    connection = await asyncpg.connect(servers.admin_url)
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS visit (at timestamptz DEFAULT now())")
        await connection.execute("INSERT INTO visit DEFAULT VALUES")
        rows: int = await connection.fetchval("SELECT count(*) FROM visit")
    finally:
        await connection.close()
    with pymongo.MongoClient[dict[str, object]](servers.mongo_url("health")) as client:
        visits = client.get_default_database()["visit"]
        visits.insert_one({})
        return rows, visits.count_documents({})


async def test_data_outlives_a_restart_and_a_path_too_long_for_a_socket(tmp_path: Path) -> None:
    before = set(psutil.Process().children())
    directory = tmp_path / ("deep" * 12) / ("deeper" * 12)
    with EmbeddedServers(directory) as servers:
        assert await count_visits(servers) == (1, 1)
    with EmbeddedServers(directory) as servers:
        assert await count_visits(servers) == (2, 2)
    assert set(psutil.Process().children()) <= before


async def test_the_database_is_utf8_with_the_c_locale(tmp_path: Path) -> None:
    with EmbeddedServers(tmp_path) as servers:
        connection = await asyncpg.connect(servers.postgres_url("postgres", database="lienthong"))
        try:
            row = await connection.fetchrow(
                "SELECT datname, pg_encoding_to_char(encoding), datcollate, datctype, inet_server_port()"
                " FROM pg_database WHERE datname = current_database()"
            )
        finally:
            await connection.close()
        assert row is not None
        assert tuple(row) == ("lienthong", "UTF8", "C", "C", None)
        assert servers.mongo_url("health").startswith("mongodb://127.0.0.1:")
        sockets = Path(unquote(urlsplit(servers.admin_url).netloc.partition("@")[2]))
        assert [path.name for path in sockets.iterdir() if path.is_socket()]  # noqa: ASYNC240


@pytest.mark.parametrize("reason", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_the_servers_end_with_their_holder(tmp_path: Path, reason: signal.Signals) -> None:
    with holder(tmp_path) as (process, _):
        children = children_of(process)
        process.send_signal(reason)
        assert gone(children)


async def test_what_a_killed_run_left_behind_is_ended_first(tmp_path: Path) -> None:
    with EmbeddedServers(tmp_path) as servers:
        await count_visits(servers)
    with holder(tmp_path) as (process, _):
        children = children_of(process)
        guardians = [child for child in children if child.name() == "sh"]
        for doomed in (*guardians, psutil.Process(process.pid)):
            doomed.kill()
        process.wait()
        servers_left = [child for child in children if child not in guardians and not ended(child)]
        assert servers_left
        with EmbeddedServers(tmp_path) as servers:
            assert gone(servers_left)
            assert await count_visits(servers) == (2, 2)


async def test_data_outlives_servers_that_were_killed(tmp_path: Path) -> None:
    before = set(psutil.Process().children(recursive=True))
    with EmbeddedServers(tmp_path) as servers:
        await count_visits(servers)
        for child in set(psutil.Process().children(recursive=True)) - before:
            with contextlib.suppress(psutil.NoSuchProcess):  # the end of PostgreSQL's first process ends the others
                if child.name() != "sh":
                    child.kill()
    (tmp_path / "postgres" / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n" * 7 + "ready\n")
    with EmbeddedServers(tmp_path) as servers:
        assert await count_visits(servers) == (2, 2)


def test_a_directory_is_held_by_one_process(tmp_path: Path) -> None:
    with (
        EmbeddedServers(tmp_path),
        pytest.raises(EmbeddedServerError, match="another process"),
        EmbeddedServers(tmp_path),
    ):
        pass


def test_a_server_that_does_not_start_is_reported_with_its_log(tmp_path: Path) -> None:
    before = set(psutil.Process().children())
    broken = [sys.executable, "-c", "raise SystemExit('no such option')"]
    with (
        pytest.raises(EmbeddedServerError, match=r"mongo ended with status 1(?s:.*)no such option"),
        EmbeddedServers(tmp_path, mongo_command=broken),
    ):
        pass
    assert set(psutil.Process().children()) <= before


def test_a_folder_that_is_a_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(EmbeddedServerError, match="cannot use"), EmbeddedServers(tmp_path / "data"):
        pass


@pytest.mark.parametrize("allowed", [True, False])
def test_fail_points_are_for_tests_that_ask_for_them(tmp_path: Path, *, allowed: bool) -> None:
    fail_once = {
        "configureFailPoint": "failCommand",
        "mode": {"times": 1},
        "data": {"failCommands": ["ping"], "closeConnection": True},
    }
    with (
        EmbeddedServers(tmp_path, test_commands=allowed) as servers,
        pymongo.MongoClient[dict[str, object]](servers.mongo_url("health")) as client,
    ):
        if allowed:
            client.admin.command(fail_once)
            with pytest.raises(AutoReconnect):
                client.admin.command("ping")
        else:
            with pytest.raises(OperationFailure):
                client.admin.command(fail_once)
