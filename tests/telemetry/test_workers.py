"""Several workers: whichever of them is asked, the pages and the measurements are those of all."""

from __future__ import annotations

import os
import stat
import tempfile
import time
from pathlib import Path

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as prometheus

from service.embedded import EmbeddedServers
from tests.running import Governance, settings_for
from tests.telemetry.on_call import KEY
from tests.workers import serving

pytestmark = pytest.mark.servers

WORKERS = 3
HEADERS = {"authorization": f"Bearer {KEY}"}


def test_every_worker_shows_all(databases: EmbeddedServers, governance: Governance, tmp_path: Path) -> None:
    settings = settings_for(databases, operator_key=KEY, workers=WORKERS)
    credentials = {"authorization": governance.authorizations["mot-cua"]}
    with serving(settings, tmp_path / "log") as service:
        traces: set[str] = set()
        seen: set[int] = set()
        deadline = time.monotonic() + 30
        while len(seen) < WORKERS:  # each request over a connection of its own, so that another worker may take it
            assert time.monotonic() < deadline
            answer = httpx.post(f"{service.url}/graphql", json={"query": "{ viewer { client } }"}, headers=credentials)
            traces.add(answer.headers["x-trace-id"])
            workers = httpx.get(f"{service.url}/traces.json", headers=HEADERS).json()["workers"]
            assert len(workers) <= WORKERS
            seen = {worker["process"] for worker in workers if worker["requests"]}
        for _ in range(8):
            workers = httpx.get(f"{service.url}/traces.json", headers=HEADERS).json()["workers"]
            assert {request["trace"] for worker in workers for request in worker["requests"]} == traces
            assert {worker["process"] for worker in workers} == seen
            text = httpx.get(f"{service.url}/traces", headers=HEADERS).text
            assert all(f"/traces/{trace}" in text for trace in traces)
            assert f"{WORKERS} tiến trình" in text
        for trace in traces:
            for _ in range(2):
                page = httpx.get(f"{service.url}/traces/{trace}", headers=HEADERS)
                assert (page.status_code, trace in page.text) == (200, True)
                assert httpx.get(f"{service.url}/traces/{trace}.json", headers=HEADERS).json()["trace"] == trace
        assert httpx.get(f"{service.url}/traces/{'0' * 32}", headers=HEADERS).status_code == 404
        counted = _by_worker(httpx.get(f"{service.url}/metrics", headers=HEADERS).text)
        assert set(counted) == {str(pid) for pid in seen}
        assert sum(counted.values()) == len(traces)
        exact = httpx.get(f"{service.url}/metrics", headers={**HEADERS, "accept": "application/openmetrics-text"}).text
        labels = [s.labels for f in openmetrics(exact) for s in f.samples if s.exemplar]  # type: ignore[no-untyped-call]
        assert {label["worker"] for label in labels} <= set(counted)
        folder = Path(tempfile.gettempdir()) / f"lienthong-{os.getuid()}-{settings.port}"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert len(list(folder.glob("*.sock"))) == WORKERS
    assert not folder.exists()


def _by_worker(text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for family in prometheus(text):
        for sample in family.samples:
            if sample.name == "lienthong_requests_total":
                worker = sample.labels["worker"]
                found[worker] = found.get(worker, 0.0) + sample.value
    return found
