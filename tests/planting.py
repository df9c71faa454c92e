"""People of a test's own in the real databases, for as long as the test needs them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

import pymongo

from auth.contract import Client, Permission
from service.embedded import EmbeddedServers
from tests.running import Governance

__all__ = ["FAMILY", "MOTHER", "NOBODY", "PLACE", "SHE", "UNKNOWN", "Rows", "contracted", "planted"]

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
_BORN: Mapping[str, Any] = {
    "birth_family_name": "Thử",
    "birth_given_name": "Nghiệm",
    "date_of_birth": "1990-01-01",
    "gender": 2,
}


# She is protected and lives with her mother, who is not; of the third the register has no address and no contact.
SHE, MOTHER, NOBODY, UNKNOWN = "079190999001", "079160999002", "079190999003", "079190999004"
PLACE = "canary-place"
_PROTECTED: Mapping[str, Any] = {
    "personal_id": SHE,
    "protected": True,
    "household_id": 999_001,
    "relation_to_head": "Chủ hộ",
    **{
        f"{kind}_{part}": value
        for kind in ("permanent", "temporary", "current")
        for part, value in (("country_code", "VN"), ("province_code", "79"), ("detail", f"{PLACE}-{kind}"))
    },
    "absence_from": date(2026, 1, 2),
    "absence_reason": f"{PLACE}-absence",
    "contact_mobile": f"{PLACE}-mobile",
    "contact_email": f"{PLACE}-email",
}
FAMILY: Rows = {
    "population.household": [
        {
            "household_id": 999_001,
            "residence_file_number": f"{PLACE}-file",
            "head_personal_id": SHE,
            "address_country_code": "VN",
            "address_province_code": "79",
            "address_detail": f"{PLACE}-household",
        }
    ],
    "population.citizen": [
        _PROTECTED,
        {
            "personal_id": MOTHER,
            "household_id": 999_001,
            "relation_to_head": "Mẹ",
            "permanent_country_code": "VN",
            "permanent_province_code": "79",
        },
        {"personal_id": NOBODY, "relation_to_head": "Chủ hộ"},
    ],
    "population.relative": [
        {
            "relative_no": 999_001,
            "personal_id": MOTHER,
            "relation": "CHILD",
            "relative_personal_id": SHE,
            "family_name": "Thử",
            "given_name": "Nghiệm",
        }
    ],
    "transport.phuong_tien": [
        {"_id": 99_000_001, "bienSo": "99A-001.01", "ownerPersonalId": SHE},
        {"_id": 99_000_002, "bienSo": "99A-001.02", "ownerPersonalId": UNKNOWN},
        {"_id": 99_000_003, "bienSo": "99A-001.03", "ownerPersonalId": NOBODY},
    ],
}


@contextmanager
def planted(databases: EmbeddedServers, governance: Governance, rows: Rows) -> Iterator[None]:
    """Rows by `source.table`, inside the block. Citizens get a name, a birthday and a register number by themselves."""
    with pymongo.MongoClient[dict[str, Any]](databases.mongo_url("admin")) as client:
        try:
            for name, given in rows.items():
                source, table = name.split(".")
                if source != "population":
                    client[source][table].insert_many([dict(row) for row in given])
                    continue
                for number, row in enumerate(given):
                    register = {**_BORN, "registered_no": 10_000_000 + number} if table == "citizen" else {}
                    _insert(governance, table, {**register, **row})
            yield
        finally:
            for name, given in reversed([*rows.items()]):
                source, table = name.split(".")
                for row in given:
                    key, value = next(iter(row.items()))
                    if source == "population":
                        governance.fetch(f"DELETE FROM population.{table} WHERE {key} = $1", value)
                    else:
                        client[source][table].delete_one({key: value})


def _insert(governance: Governance, table: str, row: Mapping[str, Any]) -> None:
    places = ", ".join(f"${position}" for position in range(1, len(row) + 1))
    governance.fetch(f"INSERT INTO population.{table} ({', '.join(row)}) VALUES ({places})", *row.values())


def contracted(governance: Governance, name: str, permission: Permission) -> str:
    """Install the contract of a permission for a client of its own; the client's name."""
    contract = replace(permission.contract, contract_id=f"contract-{name}", client=Client(name, name))
    governance.install(contract)
    return name
