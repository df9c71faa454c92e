"""The real service over the test databases, with four sample clients: two that see different fields, one suspended, one
that runs one stored document only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pymongo

from auth.contract import Client, Contract
from auth.documents import by_digest
from service.embedded import EmbeddedServers
from tests.running import Governance, RunningService, observed_tracing, settings_for

VEHICLES = """query TraCuuXe($so: PersonalId!) {
  citizen(personalId: $so) {
    personalId
    birthName {
      full
    }
    vehicles {
      plate
    }
  }
}
"""
BLOOD_GROUP = """query TiepNhan($so: PersonalId!) {
  citizen(personalId: $so) {
    birthName {
      full
    }
    bloodGroup
  }
}
"""
STORED = """query BienSo($so: PersonalId!) {
  citizen(personalId: $so) {
    vehicles { plate }
  }
}"""


@dataclass(frozen=True)
class RealService:
    """Where the service is, and what its clients may show."""

    url: str
    authorization: str
    personal_id: str
    plate: str


@contextmanager
def serve(databases: EmbeddedServers, governance: Governance, folder: Path) -> Iterator[RealService]:
    """Serve with a file of sample clients in `folder`."""
    observed_tracing()
    suspended = replace(
        governance.contracts["csgt"],
        contract_id="tam-dung",
        client=Client("tam-dung", "Đơn vị mẫu bị tạm dừng"),
        state="SUSPENDED",
    )
    governance.install(suspended)
    listing = replace(
        governance.contracts["csgt"],
        contract_id="truy-van-da-luu",
        client=Client("truy-van-da-luu", "Đơn vị mẫu chỉ chạy truy vấn đã lưu"),
        documents=by_digest([STORED]),
        allow_list_only=True,
    )
    governance.install(listing)
    vehicle = _vehicle(databases)
    variables = {"so": vehicle["ownerPersonalId"]}
    clients = [
        _client(governance, governance.contracts["csgt"], VEHICLES, variables),
        _client(governance, governance.contracts["benh-vien"], BLOOD_GROUP, variables),
        _client(governance, suspended, VEHICLES, variables),
        _client(governance, listing, STORED, variables),
    ]
    path = folder / "clients.json"
    path.write_text(json.dumps(clients, ensure_ascii=False), "utf-8")
    with RunningService(settings_for(databases, demo_clients=path)) as running:
        yield RealService(running.url, clients[0]["authorization"], vehicle["ownerPersonalId"], vehicle["bienSo"])


def _client(governance: Governance, contract: Contract, query: str, variables: dict[str, Any]) -> dict[str, Any]:
    name = contract.client.client_id
    return {
        "name": name,
        "title": contract.title,
        "authorization": governance.authorizations[name],
        "contract": contract.contract_id,
        "purpose": next(iter(contract.purposes)),
        "purposes": list(contract.purposes),
        "description": contract.client.name,
        "examples": [{"title": "Tra cứu theo số định danh", "query": query, "variables": variables}],
    }


def _vehicle(databases: EmbeddedServers) -> dict[str, Any]:
    with pymongo.MongoClient[dict[str, Any]](databases.mongo_url("transport")) as client:
        vehicle = client["transport"]["phuong_tien"].find_one({"trangThai": "DANG_LUU_HANH"}, sort=[("_id", 1)])
        assert vehicle is not None
        return vehicle
