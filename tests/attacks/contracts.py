"""The contracts of the attackers: what each may read and use in arguments, and how the rest is answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from auth.contract import Client, Contract, Grant, Limits, Purpose
from graph.catalog import Catalog
from tests.attacks.world import INSIDE

__all__ = ["attackers", "contract_of"]

Fields = Mapping[str, Iterable[str]]

# A narrow contract: some fields of many types, whole types missing, three keys to search by.
NARROW: Fields = {
    "Citizen": [
        "personalId",
        "birthName",
        "permanentResidence",
        "maritalStatus",
        "vehicles",
        "relatives",
        "household",
        "healthInsuranceCard",
    ],
    "PersonName": ["familyName", "givenName"],
    "Address": ["province", "detail"],
    "AdministrativeUnit": ["name"],
    "Vehicle": ["plate", "make", "owner"],
    "Relative": ["relation", "name"],
    "Household": ["address", "members"],
    "HouseholdMember": ["birthName"],
    "HealthInsuranceCard": ["validTo", "holder"],
}
NARROW_USES = ["Citizen.personalId", "Citizen.birthName", "Vehicle.plate"]

# What another client may read of the same persons: the same types, almost none of the same fields.
TWIN: Fields = {
    "Citizen": ["personalId", "birthName", "bloodGroup", "contact", "vehicles", "encounters", "household"],
    "PersonName": ["middleName", "full"],
    "Contact": ["mobile"],
    "Vehicle": ["chassisNumber", "engineNumber"],
    "Encounter": ["diagnosisText"],
    "Household": ["residenceFileNumber"],
}
TWIN_USES = ["Citizen.personalId", "Citizen.dateOfBirth", "Vehicle.plate", "Household.residenceFileNumber"]

# No field of a person at all, only the answer to a comparison.
VERIFIER_USES = ["Citizen.personalId", "Citizen.birthName", "Citizen.dateOfBirth"]


def contract_of(
    client: str,
    catalog: Catalog,
    fields: Fields,
    uses: Iterable[str],
    special: Iterable[str] = (),
    **changes: Any,
) -> Contract:
    """A contract for one purpose with every service; `special` are the fields it has of protected persons too."""
    readable = {f"{type_name}.{name}" for type_name, names in fields.items() for name in names}
    usable, protected = set(uses), set(special)
    granted = sorted(readable | usable | protected)
    grants = tuple(Grant(c, c in readable, c in usable, c in protected) for c in granted)
    now = datetime.now(UTC)
    given: dict[str, Any] = {
        "contract_id": f"contract-{client}",
        "version": 1,
        "client": Client(client, client),
        "state": "ACTIVE",
        "services": frozenset(catalog.roots),
        "purposes": {"CHINH": Purpose("CHINH", "Mục đích chính", None)},
        "grants": {"CHINH": grants},
        "valid_from": now - timedelta(days=1),
        "valid_to": now + timedelta(days=30),
        "limits": Limits(batch=1000, page=50, requests_per_minute=10**9, subjects_per_day=10**9),
        **changes,
    }
    return Contract(**given)


def everything(catalog: Catalog) -> Fields:
    """Every field of the schema."""
    found: dict[str, list[str]] = {}
    for coordinate in catalog.coordinates():
        type_name, name = coordinate.split(".")
        found.setdefault(type_name, []).append(name)
    return found


def attackers(catalog: Catalog) -> list[Contract]:
    """Every contract that the suite installs at its start."""
    whole, uses = everything(catalog), list(catalog.coordinates())
    scope: dict[str, Any] = {"row_scope": {"province": (INSIDE,)}}
    return [
        contract_of("whole", catalog, whole, uses, catalog.shielded),
        contract_of("unshielded", catalog, whole, uses),
        contract_of("narrow", catalog, NARROW, NARROW_USES),
        contract_of("narrow-null", catalog, NARROW, NARROW_USES, unpermitted="null"),
        contract_of("twin", catalog, TWIN, TWIN_USES),
        contract_of("twin-null", catalog, TWIN, TWIN_USES, unpermitted="null"),
        contract_of("verifier", catalog, {}, VERIFIER_USES),
        contract_of("scoped", catalog, whole, uses, **scope),
        contract_of("scoped-null", catalog, whole, uses, **scope, unpermitted="null"),
        contract_of("scoped-narrow", catalog, NARROW, NARROW_USES, **scope),
    ]
