"""Protected persons: without a special grant there is no address or contact of theirs, and nobody finds them by one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from connectors import postgres
from graph.catalog import Catalog
from graph.schema import schema
from service.embedded import EmbeddedServers
from tests.planting import FAMILY, MOTHER, NOBODY, PLACE, SHE, UNKNOWN, contracted, planted
from tests.running import RunningService
from tests.service.test_records import hashed
from tests.strategies.contracts import permission_of

CATALOG = Catalog.of(schema)

ADDRESS = "{ countryCode province { code name } district { name } commune { name } detail }"
BELOW = {
    "Citizen.permanentResidence": ADDRESS,
    "Citizen.temporaryResidence": ADDRESS,
    "Citizen.currentResidence": ADDRESS,
    "Citizen.temporaryAbsence": "{ startsOn endsOn reason }",
    "Citizen.contact": "{ mobile email }",
    "Citizen.residenceFileNumber": "",
    "Citizen.household": f"{{ residenceFileNumber address {ADDRESS} head {{ personalId }} members {{ personalId }} }}",
}
SHIELDED = " ".join(f"{coordinate.split('.')[1]} {below}" for coordinate, below in BELOW.items())
ALL = f"query($i: PersonalId!) {{ citizen(personalId: $i) {{ {SHIELDED} }} }}"


@pytest.fixture(scope="module", autouse=True)
def people(databases: EmbeddedServers, service: RunningService) -> Iterator[None]:
    with planted(databases, service.governance, FAMILY):
        yield


@pytest.fixture
def rows_given(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every row that PostgreSQL gives to the service, as text."""
    rows: list[str] = []
    select = postgres._select

    async def spy(connection: Any, sql: str, values: list[Any]) -> Any:
        found = await select(connection, sql, values)
        rows.extend(str(tuple(row)) for row in found)
        return found

    monkeypatch.setattr(postgres, "_select", spy)
    return rows


def client(service: RunningService, name: str, *special: str, **more: Any) -> str:
    """A client that may do everything, and of protected persons what is special."""
    coordinates = frozenset(CATALOG.coordinates())
    permission = permission_of(
        readable=coordinates, filterable=coordinates, protected=special, services=frozenset(CATALOG.roots), **more
    )
    return contracted(service.governance, f"protected-{name}", permission)


@pytest.fixture(scope="module")
def plain(service: RunningService, people: None) -> str:  # noqa: ARG001 - the people are there first
    return client(service, "plain")


@pytest.fixture(scope="module")
def special(service: RunningService, people: None) -> str:  # noqa: ARG001 - the people are there first
    return client(service, "special", *CATALOG.shielded)


def body(response: httpx.Response) -> bytes:
    assert response.status_code == 200
    return re.sub(rb'"traceId":"[0-9a-f]{32}"', b"", response.content)


def test_what_is_asked_here_is_all_that_is_shielded() -> None:
    assert {coordinate for coordinate in CATALOG.shielded if coordinate.startswith("Citizen.")} == BELOW.keys()


def test_a_protected_person_looks_like_one_without_address_and_contact(
    service: RunningService, plain: str, rows_given: list[str]
) -> None:
    answers = {}
    for number in (SHE, NOBODY):
        with service.observing() as observed:
            response = service.post(plain, ALL, {"i": number})
            answer = body(response)
        answers[number] = (answer, observed.statements)
        assert "population.citizen.protected: shield" in service.record_of(response)["reads"]
    assert answers[SHE] == answers[NOBODY]
    assert b'"permanentResidence":null' in answers[SHE][0]
    assert b'"contact":{"mobile":null,"email":null}' in answers[SHE][0]
    assert PLACE not in "".join(rows_given), "no value leaves the database"
    ((_, text),) = answers[SHE][1]
    select, _, _ = text.partition("\nFROM")
    columns = select.removeprefix("SELECT ").split(", ")
    assert columns[0] == "t.personal_id"
    assert all(re.fullmatch(r"CASE WHEN NOT t\.protected THEN [a-z0-9_.]+ END", column) for column in columns[1:])
    assert len(columns) > 20


@pytest.mark.parametrize("coordinate", BELOW)
def test_a_special_grant_opens_its_own_field_and_no_other(service: RunningService, coordinate: str) -> None:
    one = client(service, "one-" + coordinate.split(".")[1].lower(), coordinate)
    name = coordinate.split(".")[1]
    citizen = service.answer(one, ALL, {"i": SHE})["citizen"]
    assert citizen.pop(name) is not None
    others = [value for value in citizen.values() if value is not None]
    assert others == ([] if name == "contact" else [{"mobile": None, "email": None}])


def test_with_the_special_grants_nothing_is_held_back(service: RunningService, special: str) -> None:
    text = body(service.post(special, ALL, {"i": SHE})).decode()
    for canary in ("permanent", "temporary", "current", "absence", "mobile", "email", "file", "household"):
        assert f"{PLACE}-{canary}" in text
    assert [m["personalId"] for m in json.loads(text)["data"]["citizen"]["household"]["members"]] == [SHE, MOTHER]


def test_in_null_mode_it_is_the_same(service: RunningService) -> None:
    asking = client(service, "null", unpermitted="null")
    assert body(service.post(asking, ALL, {"i": SHE})) == body(service.post(asking, ALL, {"i": NOBODY}))


SEARCH = """query($province: String, $name: String, $after: String, $first: Int! = 50) {
  searchCitizens(filter: {name: $name, provinceCode: $province}, first: $first, after: $after) {
    edges { node { personalId } } pageInfo { hasNextPage endCursor } } }"""


def found(service: RunningService, who: str, **variables: Any) -> list[str]:
    numbers: list[str] = []
    after = None
    while True:
        page = service.answer(who, SEARCH, {**variables, "after": after})["searchCitizens"]
        numbers += [edge["node"]["personalId"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return numbers


def test_a_search_by_address_never_finds_them(service: RunningService, plain: str, special: str) -> None:
    assert found(service, plain, name="thu nghiem") == [SHE, MOTHER, NOBODY]
    assert found(service, plain, name="thu nghiem", province="79") == [MOTHER]
    assert found(service, special, name="thu nghiem", province="79") == [SHE, MOTHER]
    with service.observing() as observed:
        everyone = found(service, plain, province="79", first=50)
    flagged = service.governance.fetch("SELECT personal_id FROM population.citizen WHERE protected")
    assert not {row["personal_id"] for row in flagged} & set(everyone)
    assert MOTHER in everyone
    assert all("AND NOT t.protected" in text for text in observed.of("population"))
    record = service.record_of(service.post(plain, SEARCH, {"province": "79"}))
    assert "population.citizen.protected: shield" in record["reads"]
    assert "population.citizen.permanent_province_code: filter" in record["reads"]


HOUSEHOLD = f"""query($f: String!) {{ household(residenceFileNumber: $f) {{
  address {ADDRESS} head {{ personalId }} members {{ personalId }} }} }}"""


def test_a_household_does_not_tell_who_of_it_is_protected(service: RunningService, plain: str, special: str) -> None:
    query = "query($i: PersonalId!) { citizen(personalId: $i) { household { address { detail } head { personalId } "
    query += "members { personalId birthName { full } } } } }"
    response = service.post(plain, query, {"i": MOTHER})
    household = response.json()["data"]["citizen"]["household"]
    assert [member["personalId"] for member in household.pop("members")] == [MOTHER]
    assert household == {"address": None, "head": None}
    assert set(service.record_of(response)["subjects"]) == {hashed(MOTHER)}
    granted = service.post(special, query, {"i": MOTHER})
    assert granted.json()["data"]["citizen"]["household"]["head"] == {"personalId": SHE}
    assert set(service.record_of(granted)["subjects"]) == {hashed(MOTHER), hashed(SHE)}


def test_a_file_number_leads_to_no_protected_household(service: RunningService, plain: str, special: str) -> None:
    answers = [body(service.post(plain, HOUSEHOLD, {"f": file})) for file in (f"{PLACE}-file", "no-such-file")]
    assert answers == [b'{"data":{"household":null}}'] * 2
    household = service.answer(special, HOUSEHOLD, {"f": f"{PLACE}-file"})["household"]
    assert household["address"]["detail"] == f"{PLACE}-household"
    query = "query($f: String!) { household(residenceFileNumber: $f) { address { detail } } }"
    record = service.record_of(service.post(special, query, {"f": f"{PLACE}-file"}))
    assert record["subjects"] == [hashed(SHE)], "an address was read: it is noted with the head of the household"


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ('{ vehicle(plate: "99A-001.01") { owner { birthName { full } %s } } }', ["vehicle", "owner"]),
        (
            f'{{ citizen(personalId: "{MOTHER}") {{ relatives {{ citizen {{ birthName {{ full }} %s }} }} }} }}',
            ["citizen", "relatives", 0, "citizen"],
        ),
    ],
)
def test_no_other_way_leads_to_their_address(
    service: RunningService, plain: str, rows_given: list[str], query: str, path: list[Any]
) -> None:
    answer: Any = service.answer(plain, query % "permanentResidence { detail } contact { mobile }")
    for step in path:
        answer = answer[step]
    assert answer == {"birthName": {"full": "Thử Nghiệm"}, "permanentResidence": None, "contact": {"mobile": None}}
    assert PLACE not in "".join(rows_given)


def test_the_traffic_police_find_the_owner_of_a_plate_without_the_address(service: RunningService) -> None:
    below = "personalId permanentResidence { detail } currentResidence { detail }"
    owner = service.answer("csgt", f'{{ vehicle(plate: "99A-001.01") {{ owner {{ {below} }} }} }}')["vehicle"]["owner"]
    assert owner == {"personalId": SHE, "permanentResidence": None, "currentResidence": None}
    mine = f'{{ citizen(personalId: "{SHE}") {{ permanentResidence {{ detail }} }} }}'
    assert service.answer("mot-cua", mine) == {"citizen": {"permanentResidence": {"detail": f"{PLACE}-permanent"}}}


VERIFY = """query($i: PersonalId!) {
  verifyCitizen(personalId: $i, fullName: "Thử Nghiệm", dateOfBirth: "1990-01-01") { matches } }"""


def test_their_identity_can_be_verified_like_anybodys(service: RunningService, plain: str) -> None:
    assert service.answer(plain, VERIFY, {"i": SHE}) == {"verifyCitizen": {"matches": True}}
    assert service.answer("cong-chung", VERIFY, {"i": SHE}) == {"verifyCitizen": {"matches": True}}
    assert service.answer(plain, VERIFY, {"i": UNKNOWN}) == {"verifyCitizen": {"matches": False}}


@pytest.mark.parametrize("scope", [{"province": ("79",)}, {"residence": ("PERMANENT", "TEMPORARY", "ABSENT")}])
def test_to_a_contract_limited_by_residence_they_do_not_exist(
    service: RunningService, scope: dict[str, tuple[str, ...]]
) -> None:
    name = next(iter(scope))
    limited = client(service, f"limited-{name}", row_scope=scope)
    fields = ("permanentResidence", "temporaryResidence", "temporaryAbsence")
    granted = client(service, f"granted-{name}", *(f"Citizen.{field}" for field in fields), row_scope=scope)
    citizen = "query($i: PersonalId!) { citizen(personalId: $i) { personalId birthName { full } } }"
    plate = "query($p: String!) { vehicle(plate: $p) { plate owner { personalId } } }"
    asked = [(citizen, {"i": SHE}, {"i": UNKNOWN}), (VERIFY, {"i": SHE}, {"i": UNKNOWN})]
    asked.append((plate, {"p": "99A-001.01"}, {"p": "99A-001.99"}))
    for query, there, not_there in asked:
        seen = []
        for variables in (there, not_there):
            with service.observing() as observed:
                answer = body(service.post(limited, query, variables))
            seen.append((answer, observed.statements if query != plate else len(observed.statements)))
        assert seen[0] == seen[1]
        assert body(service.post(granted, query, there)) != seen[0][0]


def test_the_viewer_tells_its_special_grants(service: RunningService) -> None:
    query = "{ viewer { fields { coordinate readable protected } } }"
    for name, protected in (("mot-cua", True), ("csgt", False)):
        fields = service.answer(name, query)["viewer"]["fields"]
        assert {"coordinate": "Citizen.permanentResidence", "readable": True, "protected": protected} in fields
