"""A source that is down or slow: null and one error, the rest answered, and nothing of the driver told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pymongo
import pytest

from service.embedded import EmbeddedServers
from tests.running import RunningService, settings_for
from tests.service.test_answers import STEP_TWO

DATA: Any = {"failCommands": ["find"]}


@contextmanager
def failing(databases: EmbeddedServers, **data: Any) -> Iterator[None]:
    """Every find of the document server fails in the given way inside the block."""
    with pymongo.MongoClient[dict[str, Any]](databases.mongo_url("admin")) as client:
        client.admin.command({"configureFailPoint": "failCommand", "mode": "alwaysOn", "data": DATA | data})
        try:
            yield
        finally:
            client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})


@pytest.fixture
def impatient(databases: EmbeddedServers, service: RunningService) -> Iterator[RunningService]:
    """Another service over the same databases that waits two seconds for a fetch."""
    with RunningService(settings_for(databases, fetch_timeout=2.0)) as running:
        running.governance = service.governance
        yield running


@pytest.fixture(scope="module")
def ids(service: RunningService) -> list[str]:
    rows = service.governance.fetch("SELECT personal_id FROM population.citizen ORDER BY registered_no LIMIT 5")
    return [row["personal_id"] for row in rows]


@pytest.mark.parametrize(
    ("fault", "code", "retryable"),
    [
        ({"blockConnection": True, "blockTimeMS": 4000}, "SOURCE_TIMEOUT", True),
        ({"closeConnection": True}, "SOURCE_UNAVAILABLE", True),
        ({"errorCode": 2}, "SOURCE_FAULT", False),
    ],
)
def test_a_failed_source_is_null_with_one_error_and_the_rest_is_answered(
    databases: EmbeddedServers,
    impatient: RunningService,
    ids: list[str],
    fault: dict[str, Any],
    code: str,
    retryable: bool,  # noqa: FBT001 - a row of the table
) -> None:
    with failing(databases, **fault):
        response = impatient.post("mot-cua", STEP_TWO, {"ids": ids})
    body = response.json()
    assert response.status_code == 200
    for citizen in body["data"]["citizens"]:
        assert citizen["birthName"]["full"]
        assert citizen["healthInsuranceCard"] is citizen["drivingLicences"] is citizen["vehicles"] is None
    errors = {tuple(error["path"]): error for error in body["errors"]}
    assert set(errors) == {
        ("citizens", "healthInsuranceCard"),
        ("citizens", "drivingLicences"),
        ("citizens", "vehicles"),
    }
    for error in errors.values():
        extensions = error["extensions"]
        assert extensions["code"] == code
        assert extensions["retryable"] is retryable
        assert extensions["traceId"] == response.headers["x-trace-id"]
        assert extensions["source"] in {"social_insurance", "transport"}
    for word in ("27017", "127.0.0.1", "pymongo", "NetworkTimeout", "AutoReconnect", "giay_phep", "phuong_tien"):
        assert word not in response.text


def test_the_source_is_used_again_when_it_is_back(
    databases: EmbeddedServers, impatient: RunningService, ids: list[str]
) -> None:
    with failing(databases, closeConnection=True):
        assert "errors" in impatient.post("mot-cua", STEP_TWO, {"ids": ids}).json()
    assert "errors" not in impatient.post("mot-cua", STEP_TWO, {"ids": ids}).json()


def test_a_root_whose_source_is_away_is_null(databases: EmbeddedServers, impatient: RunningService) -> None:
    with failing(databases, closeConnection=True):
        body = impatient.post("csgt", '{vehicle(plate:"x"){plate} viewer{client}}').json()
    assert body["data"] == {"vehicle": None, "viewer": {"client": "csgt"}}
    assert body["errors"][0]["path"] == ["vehicle"]


def test_the_service_starts_and_tells_its_state_while_databases_are_away(databases: EmbeddedServers) -> None:
    import httpx

    settings = settings_for(databases, fetch_timeout=2.0, audit_timeout=0.5)
    nowhere = "mongodb://127.0.0.1:9/transport"
    away = settings.model_copy(update={"sources": settings.sources | {"transport": nowhere}})
    with RunningService(away) as running:
        body = httpx.get(f"{running.url}/readyz")
        assert (body.status_code, body.json()["status"]) == (200, "degraded")
        assert body.json()["sources"]["transport"] == "SOURCE_UNAVAILABLE"
        assert httpx.get(f"{running.url}/healthz").status_code == 200
    lost = settings.model_copy(update={"governance_url": "postgresql://nobody@127.0.0.1:9/lienthong"})
    with RunningService(lost) as running:
        assert httpx.get(f"{running.url}/readyz").status_code == 503
        headers = {"authorization": "Bearer ltk_0123456789abcdef_" + "A" * 43}
        answer = httpx.post(f"{running.url}/graphql", json={"query": "{viewer{client}}"}, headers=headers)
        assert answer.status_code == 503
        assert "127.0.0.1" not in answer.text
