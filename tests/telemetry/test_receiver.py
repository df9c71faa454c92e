"""Traces leave by OTLP and arrive: at the receiver of sonar-tui, which shows them, as the service itself does.

With JAEGER=/path/to/jaeger (the binary of Jaeger 2) the same is asked of Jaeger.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.embedded import EmbeddedServers
from tests.running import Governance, free_port, settings_for
from tests.telemetry.load import EVERYWHERE
from tests.telemetry.on_call import KEY
from tests.workers import serving

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[2]
SONAR = ROOT / ".venv/sonar/bin/python"
JAEGER = os.environ.get("JAEGER")
Tree = list[Any]
Received = Callable[[str, int], tuple[Tree, str]]
"""The tree of a trace, and what is shown of it, once so many spans have arrived."""


@contextmanager
def sonar(port: int, _folder: Path) -> Iterator[Received]:
    """sonar-tui 0.1, a receiver with a terminal of its own."""
    process = subprocess.Popen(
        [SONAR, Path(__file__).with_name("sonar_screen.py"), str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TERM": "xterm-256color"},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "listening\n"

    def received(trace_id: str, spans: int) -> tuple[Tree, str]:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{trace_id} {spans}\n")
        process.stdin.flush()
        told = json.loads(process.stdout.readline())
        assert told["spans"] == spans
        return told["tree"], told["screen"]

    try:
        yield received
    finally:
        process.stdin.close()
        process.wait(20)
        process.stdout.close()


@contextmanager
def jaeger(port: int, folder: Path) -> Iterator[Received]:
    """Jaeger 2, asked over its API as its page asks."""
    api = free_port()
    configuration = folder / "jaeger.yaml"
    configuration.write_text(_JAEGER.format(otlp=port, api=api, grpc=free_port()))
    assert JAEGER is not None
    log = (folder / "jaeger.log").open("wb")
    process = subprocess.Popen([JAEGER, "--config", configuration], stderr=log)

    def received(trace_id: str, spans: int) -> tuple[Tree, str]:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            answer = httpx.get(f"http://127.0.0.1:{api}/api/traces/{trace_id}").json()
            found = (answer.get("data") or [{"spans": []}])[0]["spans"]
            if len(found) == spans:
                return _tree_of(found), answer_text(answer)
            time.sleep(0.1)
        raise AssertionError(f"{len(found)} of {spans} spans: {answer}")

    try:
        _wait_for(f"http://127.0.0.1:{api}/api/services")
        yield received
    finally:
        process.terminate()
        process.wait(20)
        log.close()


def answer_text(answer: Any) -> str:
    """What Jaeger's page shows, as its API gives it."""
    return json.dumps(answer, ensure_ascii=False)


def _tree_of(spans: list[dict[str, Any]]) -> Tree:
    parents = {
        span["spanID"]: next((r["spanID"] for r in span["references"] if r["refType"] == "CHILD_OF"), None)
        for span in spans
    }

    def below(parent: str | None) -> Tree:
        return [
            [span["operationName"], "ERROR" if _failed(span) else "OK", below(span["spanID"])]
            for span in spans
            if parents[span["spanID"]] == parent
        ]

    return below(None)


def _failed(span: dict[str, Any]) -> bool:
    return any(tag["key"] == "error" and tag["value"] in {True, "true"} for tag in span["tags"])


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.HTTPError:
            assert time.monotonic() < deadline, f"{url} does not answer"
        time.sleep(0.1)


_JAEGER = """
service:
  extensions: [jaeger_storage, jaeger_query]
  pipelines:
    traces: {{receivers: [otlp], processors: [batch], exporters: [jaeger_storage_exporter]}}
  telemetry:
    metrics: {{level: none}}
extensions:
  jaeger_query:
    storage: {{traces: memory}}
    http: {{endpoint: "127.0.0.1:{api}"}}
    grpc: {{endpoint: "127.0.0.1:{grpc}"}}
  jaeger_storage:
    backends:
      memory: {{memory: {{max_traces: 1000}}}}
receivers:
  otlp:
    protocols:
      http: {{endpoint: "127.0.0.1:{otlp}"}}
processors:
  batch: {{timeout: 200ms}}
exporters:
  jaeger_storage_exporter: {{trace_storage: memory}}
"""


def sorted_tree(tree: Tree) -> Tree:
    return sorted([name, status, sorted_tree(children)] for name, status, children in tree)


def own_tree(spans: list[dict[str, Any]], parent: str | None = None) -> Tree:
    return [
        [span["name"], "ERROR" if span["status"] == "ERROR" else "OK", own_tree(spans, span["id"])]
        for span in spans
        if span["parent"] == parent
    ]


@pytest.mark.parametrize("receiver", [sonar, *([jaeger] if JAEGER else [])], ids=lambda receiver: receiver.__name__)
def test_a_receiver_gets_and_shows_the_traces_that_the_service_shows(
    databases: EmbeddedServers, governance: Governance, tmp_path: Path, receiver: Any
) -> None:
    port = free_port()
    rows = governance.fetch("SELECT personal_id FROM population.citizen WHERE NOT protected ORDER BY 1 LIMIT 1")
    number = rows[0]["personal_id"]
    settings = settings_for(databases, operator_key=KEY, trace_ratio=1.0)
    more = {
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"http://127.0.0.1:{port}/v1/traces",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    headers = {"authorization": governance.authorizations["mot-cua"]}
    with receiver(port, tmp_path) as received, serving(settings, tmp_path / "log", more) as service:
        for query in (EVERYWHERE, "query Sai($i: PersonalId!) { citizen(personalId: $i) { nothing } }"):
            answer = httpx.post(
                f"{service.url}/graphql", json={"query": query, "variables": {"i": number}}, headers=headers
            )
            trace_id = answer.headers["x-trace-id"]
            own = httpx.get(f"{service.url}/traces/{trace_id}.json", headers={"authorization": f"Bearer {KEY}"}).json()
            tree, shown = received(trace_id, len(own["spans"]))
            assert sorted_tree(tree) == sorted_tree(own_tree(own["spans"]))
            assert "POST /graphql" in shown
            assert ("find phuong_tien" in shown) == (query == EVERYWHERE)
            assert trace_id[:8] in shown
            assert number not in shown
