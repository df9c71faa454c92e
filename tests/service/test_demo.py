"""`lienthong demo` as its reader meets it: a command, a table, clients that work, and nothing left behind."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.running import free_port

pytestmark = [pytest.mark.servers, pytest.mark.lengthy]

LIENTHONG = Path(sys.executable).with_name("lienthong")
CITIZENS = 500
KEYS = {
    "name",
    "clientName",
    "title",
    "titleEn",
    "authorization",
    "contract",
    "purpose",
    "purposes",
    "description",
    "descriptionEn",
    "examples",
}
QUERY = "query($so:PersonalId!){citizen(personalId:$so){birthName{full} vehicles{plate}}}"


def environment() -> dict[str, str]:
    """What a reader's shell has: nothing of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LIENTHONG_", "OTEL_"))}
    return kept | {"COLUMNS": "160", "PYTHONDONTWRITEBYTECODE": "1"}


@dataclass
class Run:
    """One run of the command, over the folder `.demo` of a directory of its own."""

    directory: Path
    process: subprocess.Popen[bytes]
    port: int
    seconds: float = 0.0
    left: list[psutil.Process] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        return (self.directory / "output").read_text("utf-8")

    @property
    def clients(self) -> list[dict[str, Any]]:
        clients: list[dict[str, Any]] = json.loads((self.directory / ".demo" / "clients.json").read_text("utf-8"))
        return clients

    def end(self, request: signal.Signals) -> None:
        """Ask the command to end, as a terminal or a supervisor does, and note which of its processes are left."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        assert len(children) > 2
        self.process.send_signal(request)
        self.process.wait(30)
        _, alive = psutil.wait_procs(children, timeout=5)
        self.left = [child for child in alive if child.status() != psutil.STATUS_ZOMBIE]

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another command of the same reader, in the same directory."""
        return subprocess.run(
            [LIENTHONG, *arguments],
            cwd=self.directory,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@contextmanager
def running(directory: Path, *, port: int | None = None) -> Iterator[Run]:
    """The command, started and ready; ended by force if the block did not end it."""
    port = port or free_port()
    command = [str(LIENTHONG), "demo", "--port", str(port), "--citizens", str(CITIZENS), "--folder", ".demo"]
    started = time.monotonic()
    with (directory / "output").open("wb") as output:
        process = subprocess.Popen(
            command, cwd=directory, env=environment(), stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    run = Run(directory, process, port)
    try:
        while not _ready(run.url):
            assert process.poll() is None, run.output
            assert time.monotonic() < started + 90, run.output
            time.sleep(0.05)
        run.seconds = time.monotonic() - started
        yield run
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(30)


def _ready(url: str) -> bool:
    try:
        return bool(httpx.get(f"{url}/readyz", timeout=5).json()["status"] == "ready")
    except httpx.TransportError:
        return False


@dataclass(frozen=True)
class Ended:
    """What a run that has ended leaves to look at."""

    run: Run
    output: str
    clients: list[dict[str, Any]]
    modes: dict[str, int]
    explained: subprocess.CompletedProcess[str]


def run_and_end(directory: Path, request: signal.Signals) -> Ended:
    with running(directory) as run:
        run.end(request)
    files = ("clients.json", "lienthong.env")
    modes = {name: (directory / ".demo" / name).stat().st_mode & 0o777 for name in files}
    return Ended(run, run.output, run.clients, modes, run.command("explain", "--client", "mot-cua", QUERY))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """The first run in a directory, ended by SIGTERM."""
    return run_and_end(tmp_path_factory.mktemp("demo"), signal.SIGTERM)


@pytest.fixture(scope="module")
def second(first: Ended) -> Ended:
    """The second run there, ended by Ctrl-C."""
    return run_and_end(first.run.directory, signal.SIGINT)


@pytest.fixture(scope="module")
def demo(second: Ended) -> Iterator[Run]:
    """A run that goes on while its clients are tried."""
    with running(second.run.directory) as run:
        yield run


def test_the_first_run_prints_who_may_ask_what(first: Ended) -> None:
    for client in first.clients:
        assert client["name"] in first.output
        assert client["authorization"] in first.output
        for purpose in client["purposes"]:
            assert purpose in first.output
    assert f"{first.run.url}/graphiql" in first.output
    assert "Traceback" not in first.output


def test_the_clients_file_has_the_documented_keys_and_is_private(first: Ended) -> None:
    assert len({client["name"] for client in first.clients}) == len(first.clients) >= 8
    for client in first.clients:
        assert set(client) == KEYS
        assert client["purpose"] in client["purposes"]
        assert all(set(example) == {"title", "query", "variables"} for example in client["examples"])
        assert client["examples"]
    assert first.modes == {"clients.json": 0o600, "lienthong.env": 0o600}


def test_sigterm_and_ctrl_c_leave_no_process(first: Ended, second: Ended) -> None:
    for ended in (first, second):
        assert ended.run.left == []
        assert ended.run.process.returncode in {0, 130}
        assert "Traceback" not in ended.output
        assert "Đã dừng" in ended.output


def test_the_second_run_is_ready_at_once_and_keeps_the_keys(first: Ended, second: Ended, demo: Run) -> None:
    assert second.run.seconds < 10
    assert demo.seconds < 10
    keys = {client["name"]: client["authorization"] for client in first.clients}
    assert {client["name"]: client["authorization"] for client in demo.clients} == keys


def test_every_example_of_every_client_is_answered(demo: Run) -> None:
    codes = {}
    for client in demo.clients:
        headers = {"authorization": client["authorization"], "x-purpose": client["purpose"]}
        for example in client["examples"]:
            body = {"query": example["query"], "variables": example["variables"]}
            answer = httpx.post(f"{demo.url}/graphql", json=body, headers=headers, timeout=30).json()
            codes[client["name"], example["title"]] = {e["extensions"]["code"] for e in answer.get("errors", ())}
            assert all(value is not None for value in answer["data"].values()), (example, answer)
    denied = {place: found for place, found in codes.items() if found}
    assert denied == {("bhxh", "Trường được phép và không được phép"): {"FIELD_NOT_IN_CONTRACT"}}
    assert len(codes) >= len(demo.clients)


def test_every_printed_command_is_answered(demo: Run) -> None:
    commands = [shlex.split(line) for line in demo.output.splitlines() if line.startswith("curl ")]
    assert len(commands) == len(demo.clients)
    for command in commands:
        flags = list(pairwise(command))
        headers = dict(value.split(": ", 1) for flag, value in flags if flag == "-H")
        (body,) = (value for flag, value in flags if flag == "-d")
        assert command[2] == f"{demo.url}/graphql"
        answer = httpx.post(command[2], content=body, headers=headers, timeout=30)
        assert answer.status_code == 200
        assert answer.json()["data"]


def test_a_plan_is_explained_while_the_demo_runs(demo: Run) -> None:
    told = demo.command("explain", "--client", "mot-cua", QUERY)
    assert (told.returncode, told.stderr) == (0, "")
    assert "SELECT t.personal_id, t.birth_full_name" in told.stdout
    assert "phuong_tien.find(" in told.stdout


def test_the_audit_of_the_demo_is_proved_and_shown(demo: Run) -> None:
    (client,) = (client for client in demo.clients if client["name"] == "csgt")
    headers = {"authorization": client["authorization"]}
    answer = httpx.post(f"{demo.url}/graphql", json={"query": "{viewer{client}}"}, headers=headers, timeout=30)
    shown = demo.command("audit", "show", "--client", "csgt", "--json")
    assert answer.headers["x-trace-id"] in shown.stdout
    proved = demo.command("audit", "verify")
    assert (proved.returncode, proved.stderr) == (0, "")
    assert "unchanged" in proved.stdout


@pytest.mark.parametrize(
    ("client", "query", "reason"),
    [
        ("mot-cua", "{citizen}", "Argument"),
        ("mot-cua", "{", "GraphQL"),
        ("ngan-hang", QUERY, "citizen"),
        ("khong-co", QUERY, "khong-co"),
    ],
)
def test_what_cannot_be_explained_is_told_without_a_stack(demo: Run, client: str, query: str, reason: str) -> None:
    told = demo.command("explain", "--client", client, query)
    assert told.returncode == 1
    assert told.stdout == ""
    assert told.stderr.startswith("lienthong: ")
    assert reason in told.stderr
    assert "Traceback" not in told.stderr


def test_a_second_demo_in_the_folder_says_so_and_harms_nothing(demo: Run) -> None:
    told = demo.command("demo", "--port", str(free_port()), "--citizens", str(CITIZENS), "--folder", ".demo")
    assert told.returncode == 1
    assert "another process" in told.stderr
    assert "Traceback" not in told.stderr
    assert _ready(demo.url)


def test_explaining_without_a_demo_fails_in_one_line(second: Ended) -> None:
    told = second.explained
    assert (told.returncode, told.stdout) == (1, "")
    assert len(told.stderr.splitlines()) == 1
    assert told.stderr.startswith("lienthong: ")
    assert "demo" in told.stderr
