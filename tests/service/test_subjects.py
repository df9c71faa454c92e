"""Whose data was read is in the audit: whoever a record is about or names, as far as the client got to see it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from graph.catalog import Catalog
from graph.schema import schema
from service.embedded import EmbeddedServers
from tests.planting import Rows, contracted, planted
from tests.running import RunningService
from tests.service.test_records import hashed
from tests.strategies.contracts import everything

CATALOG = Catalog.of(schema)

CHILD, FATHER, MOTHER, GRANNY, FOREIGN = (f"07919066600{digit}" for digit in range(1, 6))
ROWS: Rows = {
    "population.household": [{"household_id": 666_001, "residence_file_number": "66-1", "head_personal_id": GRANNY}],
    "population.citizen": [
        {"personal_id": CHILD, "birth_given_name": "Sáu Một", "household_id": 666_001},
        {"personal_id": FATHER, "birth_given_name": "Sáu Hai"},
        {"personal_id": MOTHER, "birth_given_name": "Sáu Ba"},
        {"personal_id": GRANNY, "birth_given_name": "Bốn", "household_id": 666_001},
    ],
    "population.identity_card": [
        {"card_id": 666_001, "personal_id": CHILD, "kind": "CCCD", "issued_on": date(2024, 1, 2)}
    ],
    "population.relative": [
        {
            "relative_no": 666_001,
            "personal_id": CHILD,
            "relation": "MOTHER",
            "relative_personal_id": MOTHER,
            "family_name": "Thử",
            "given_name": "Sáu Ba",
        }
    ],
    "transport.phuong_tien": [{"_id": 66_000_001, "bienSo": "66A-1", "ownerPersonalId": FATHER}],
    "transport.giay_phep_lai_xe": [{"_id": 66_000_001, "soGPLX": "66L-1", "personalId": FATHER}],
    "social_insurance.the_bhyt": [{"_id": 66_000_001, "maThe": "66C-1", "personalId": CHILD}],
    "social_insurance.qua_trinh_bhxh": [{"_id": 66_000_001, "tenDonVi": "66", "personalId": MOTHER}],
    "health.kham_chua_benh": [{"_id": 66_000_001, "MA_LK": "66", "SO_CCCD": CHILD}],
    "education.van_bang": [{"_id": 66_000_001, "soHieu": "66D-1", "soDinhDanh": MOTHER}],
    "civil_status.khai_sinh": [
        {"_id": 66_000_001, "personalId": CHILD, "cha": {"personalId": FATHER}, "me": {"personalId": FOREIGN}}
    ],
    "civil_status.ket_hon": [
        {
            "_id": 66_000_001,
            "haiBen": [FATHER, MOTHER],
            "chong": {"personalId": FATHER},
            "vo": {"personalId": MOTHER},
        }
    ],
    "civil_status.khai_tu": [{"_id": 66_000_001, "personalId": FATHER, "so": "66"}],
}


@pytest.fixture(scope="module")
def asking(databases: EmbeddedServers, service: RunningService) -> Iterator[str]:
    """A client that may do everything."""
    with planted(databases, service.governance, ROWS):
        yield contracted(service.governance, "subjects", everything(CATALOG))


def of_child(below: str) -> str:
    return f'{{ citizen(personalId: "{CHILD}") {{ {below} }} }}'


@pytest.mark.parametrize(
    ("query", "subjects"),
    [
        ('{ vehicle(plate: "66A-1") { make } }', {FATHER}),
        ('{ drivingLicence(number: "66L-1") { points } }', {FATHER}),
        ('{ healthInsuranceCard(number: "66C-1") { validTo } }', {CHILD}),
        ('{ degree(number: "66D-1") { title } }', {MOTHER}),
        ('{ household(residenceFileNumber: "66-1") { address { detail } } }', {GRANNY}),
        ('{ household(residenceFileNumber: "66-1") { members { relationToHead } } }', {CHILD, GRANNY}),
        ('{ household(residenceFileNumber: "66-1") { head { legacyId9 } } }', {GRANNY}),
        (of_child("gender"), {CHILD}),
        (of_child("identityCards { kind }"), {CHILD}),
        (of_child("encounters { outcome }"), {CHILD}),
        (of_child("relatives { relation }"), {CHILD, MOTHER}),
        (of_child("household { residenceFileNumber }"), {CHILD}),
        (of_child("household { members { relationToHead } }"), {CHILD, GRANNY}),
        (of_child("birthRecord { number }"), {CHILD}),
        (of_child("birthRecord { fatherPersonalId motherPersonalId }"), {CHILD, FATHER, FOREIGN}),
        (of_child("birthRecord { father { gender } mother { gender } }"), {CHILD, FATHER}),
        (of_child("birthRecord { father { marriageRecords { status } } }"), {CHILD, FATHER, MOTHER}),
        (of_child("birthRecord { father { deathRecord { cause } } }"), {CHILD, FATHER}),
        (of_child("relatives { citizen { socialInsurancePeriods { employerName } } }"), {CHILD, MOTHER}),
        (f'{{ citizens(personalIds: ["{FOREIGN}", "{MOTHER}"]) {{ gender }} }}', {MOTHER}),
        (
            f'{{ verifyCitizen(personalId: "{FATHER}", fullName: "A", dateOfBirth: "1990") {{ matches }} }}',
            {FATHER},
        ),
        (
            '{ searchCitizens(filter: {name: "thu sau"}, first: 2) { edges { node { gender } } } }',
            {CHILD, FATHER},
        ),
        ('{ searchCitizens(filter: {name: "thu sau"}, first: 1) { pageInfo { hasNextPage } } }', {CHILD}),
    ],
)
def test_whoever_was_read_is_noted_and_nobody_else(
    service: RunningService, asking: str, query: str, subjects: set[str]
) -> None:
    response = service.post(asking, query)
    assert "errors" not in response.json()
    assert set(service.record_of(response)["subjects"]) == {hashed(subject) for subject in subjects}
