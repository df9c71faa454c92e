"""A document whose link to the citizen is not a personal number: its own link is null, the rest is answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pymongo
import pytest

from service.embedded import EmbeddedServers
from tests.running import RunningService

pytestmark = pytest.mark.servers

QUERY = '{good:vehicle(plate:"%s"){plate} bad:vehicle(plate:"%s"){plate owner{personalId}}}'
PLATES = ("00A-GOOD", "00A-BAD")


@pytest.fixture(params=[{"so": "1"}, ["a"], 79, 1.5, True], ids=repr)
def owner(request: pytest.FixtureRequest, databases: EmbeddedServers) -> Iterator[Any]:
    """The owner that one of two vehicles has; the other has an ordinary one."""
    with pymongo.MongoClient[dict[str, Any]](databases.mongo_url("transport")) as client:
        vehicles = client["transport"]["phuong_tien"]
        for plate, kept in zip(PLATES, ("001099000001", request.param), strict=True):
            vehicles.insert_one({"_id": plate, "bienSo": plate, "ownerPersonalId": kept})
        yield request.param
        vehicles.delete_many({"_id": {"$in": PLATES}})


@pytest.mark.usefixtures("owner")
def test_an_unreadable_owner_is_null_and_the_request_is_recorded(service: RunningService) -> None:
    count = "SELECT count(*) AS n FROM governance.audit_record"
    (before,) = service.governance.fetch(count)
    response = service.post("csgt", QUERY % PLATES)
    (after,) = service.governance.fetch(count)
    assert response.status_code == 200
    assert response.json()["data"] == {"good": {"plate": PLATES[0]}, "bad": {"plate": PLATES[1], "owner": None}}
    assert after["n"] == before["n"] + 1
