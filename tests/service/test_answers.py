"""The main job over HTTP: one query, several databases, the right answer."""

from __future__ import annotations

from typing import Any

import pymongo
import pytest

from service.embedded import EmbeddedServers
from tests.running import RunningService

STEP_TWO = """
query LienThong($ids: [PersonalId!]!) {
  citizens(personalIds: $ids) {
    personalId
    birthName { full }
    permanentResidence { province { code name } }
    household { members { personalId birthName { full } } }
    healthInsuranceCard { number validTo }
    drivingLicences { number classes }
    vehicles { plate }
  }
}
"""


@pytest.fixture(scope="module")
def ids(service: RunningService) -> list[str]:
    rows = service.governance.fetch("SELECT personal_id FROM population.citizen ORDER BY registered_no LIMIT 100")
    return [row["personal_id"] for row in rows]


def expected(databases: EmbeddedServers, service: RunningService, ids: list[str]) -> list[dict[str, Any]]:
    """The answer, found by the plainest means: one citizen at a time, whole rows, whole documents."""
    answer = []
    with pymongo.MongoClient[dict[str, Any]](databases.mongo_url("transport")) as client:
        for number in ids:
            (citizen,) = service.governance.fetch("SELECT * FROM population.citizen WHERE personal_id = $1", number)
            province = service.governance.fetch(
                "SELECT code, name FROM population.administrative_unit WHERE code = $1",
                citizen["permanent_province_code"],
            )
            members = service.governance.fetch(
                "SELECT personal_id, birth_full_name FROM population.citizen WHERE household_id = $1 "
                "ORDER BY registered_no",
                citizen["household_id"],
            )
            card = client["social_insurance"]["the_bhyt"].find_one({"personalId": number}, sort=[("_id", -1)])
            licences = client["transport"]["giay_phep_lai_xe"].find({"personalId": number}).sort("_id", 1)
            vehicles = client["transport"]["phuong_tien"].find({"ownerPersonalId": number}).sort("_id", 1)
            answer.append(
                {
                    "personalId": number,
                    "birthName": {"full": citizen["birth_full_name"]},
                    "permanentResidence": citizen["permanent_country_code"]
                    and {"province": dict(province[0]) if province else None},
                    "household": citizen["household_id"]
                    and {
                        "members": [
                            {"personalId": m["personal_id"], "birthName": {"full": m["birth_full_name"]}}
                            for m in members
                        ]
                    },
                    "healthInsuranceCard": card and {"number": card["maThe"], "validTo": card["gtTheDen"]},
                    "drivingLicences": [{"number": d["soGPLX"], "classes": d["hang"]} for d in licences],
                    "vehicles": [{"plate": d["bienSo"]} for d in vehicles],
                }
            )
    return answer


def test_one_query_joins_all_databases(databases: EmbeddedServers, service: RunningService, ids: list[str]) -> None:
    some = ids[:12]
    body = service.post("mot-cua", STEP_TWO, {"ids": some}).json()
    assert body["data"]["citizens"] == expected(databases, service, some)


@pytest.mark.parametrize("count", [1, 10, 100])
def test_the_number_of_statements_does_not_depend_on_the_number_of_citizens(
    service: RunningService, ids: list[str], count: int
) -> None:
    with service.observing() as observed:
        service.post("mot-cua", STEP_TWO, {"ids": ids[:count]})
    assert sorted(source for source, _ in observed.statements) == [
        "population",
        "population",
        "social_insurance",
        "transport",
        "transport",
    ]


def test_statements_name_only_planned_columns_and_paths(service: RunningService, ids: list[str]) -> None:
    with service.observing() as observed:
        service.post("mot-cua", STEP_TWO, {"ids": ids[:3]})
    selects = {line for text in observed.of("population") for line in text.splitlines() if line.startswith("SELECT")}
    assert selects == {
        (
            "SELECT t.personal_id, t.birth_full_name, t.permanent_country_code, t.permanent_province_code, r1.name, "
            "t.household_id"
        ),
        "SELECT t.household_id, t.personal_id, t.birth_full_name",
    }
    finds = "\n".join(observed.of("transport") + observed.of("social_insurance"))
    for path in ("soKhung", "soMay", "nhanHieu", "mucHuong", "ngayTrungTuyen", "diem"):
        assert path not in finds


def test_unknown_numbers_are_null_in_their_place(service: RunningService, ids: list[str]) -> None:
    asked = [ids[0], "999999999999", ids[1], ids[0]]
    data = service.answer(
        "mot-cua", "query($ids:[PersonalId!]!){citizens(personalIds:$ids){personalId}}", {"ids": asked}
    )
    assert data["citizens"] == [{"personalId": ids[0]}, None, {"personalId": ids[1]}, {"personalId": ids[0]}]


def test_a_look_up_starts_in_a_specialised_database_and_arrives_at_the_citizen(
    databases: EmbeddedServers, service: RunningService
) -> None:
    with pymongo.MongoClient[dict[str, Any]](databases.mongo_url("transport")) as client:
        vehicle = client["transport"]["phuong_tien"].find_one({}) or {}
    data = service.answer(
        "csgt",
        "query($p:String!){vehicle(plate:$p){plate owner{personalId vehicles{plate owner{personalId}}}}}",
        {"p": vehicle["bienSo"]},
    )
    owner = data["vehicle"]["owner"]
    assert owner["personalId"] == vehicle["ownerPersonalId"]
    assert {"plate": vehicle["bienSo"], "owner": {"personalId": owner["personalId"]}} in owner["vehicles"]


def test_aliases_of_one_fetch_are_answered_by_one_statement(service: RunningService, ids: list[str]) -> None:
    query = (
        "query($id:PersonalId!){a:citizen(personalId:$id){birthName{full}} b:citizen(personalId:$id){birthName{full}}}"
    )
    with service.observing() as observed:
        data = service.answer("mot-cua", query, {"id": ids[0]})
    assert data["a"] == data["b"]
    assert len(observed.statements) == 1


def test_verification_says_whether_particulars_agree_and_nothing_else(service: RunningService, ids: list[str]) -> None:
    (row,) = service.governance.fetch(
        "SELECT birth_full_name, date_of_birth FROM population.citizen WHERE personal_id = $1", ids[0]
    )
    query = (
        "query($i:PersonalId!,$n:String!,$d:PartialDate!)"
        "{verifyCitizen(personalId:$i,fullName:$n,dateOfBirth:$d){matches}}"
    )
    right = {"i": ids[0], "n": row["birth_full_name"].upper(), "d": row["date_of_birth"]}
    assert service.answer("doi-chieu", query, right) == {"verifyCitizen": {"matches": True}}
    for wrong in ({"n": "Không Phải Tên"}, {"d": "1900"}, {"i": "999999999999"}):
        assert service.answer("doi-chieu", query, right | wrong) == {"verifyCitizen": {"matches": False}}


def test_a_search_pages_in_vietnamese_order_without_gap_or_repetition(service: RunningService) -> None:
    query = """query($after:String){searchCitizens(filter:{name:"nguyen"},orderBy:NAME,first:20,after:$after){
      edges{cursor node{personalId birthName{full}}} pageInfo{hasNextPage hasPreviousPage endCursor}}}"""
    seen, after = [], None
    while True:
        page = service.answer("mot-cua", query, {"after": after})["searchCitizens"]
        seen += [edge["node"]["personalId"] for edge in page["edges"]]
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    rows = service.governance.fetch(
        "SELECT personal_id FROM population.citizen WHERE name_key LIKE 'nguyen%' ORDER BY name_sort, registered_no"
    )
    assert seen == [row["personal_id"] for row in rows]
    assert len(seen) > 100


def test_a_year_finds_all_born_in_it(service: RunningService) -> None:
    query = '{searchCitizens(filter:{dateOfBirth:"1950"},first:50){edges{node{dateOfBirth}}}}'
    edges = service.answer("mot-cua", query)["searchCitizens"]["edges"]
    (count,) = service.governance.fetch("SELECT count(*) AS n FROM population.citizen WHERE date_of_birth LIKE '1950%'")
    assert len(edges) == min(count["n"], 50) > 0
    assert all(edge["node"]["dateOfBirth"].startswith("1950") for edge in edges)


def test_the_viewer_tells_the_contract(service: RunningService) -> None:
    viewer = service.answer(
        "doi-chieu", "{viewer{client contract version purpose fields{coordinate readable filterable}}}"
    )
    assert viewer["viewer"]["client"] == "doi-chieu"
    assert {"coordinate": "Citizen.birthName", "readable": False, "filterable": True} in viewer["viewer"]["fields"]


@pytest.mark.parametrize(
    "client", ["doi-chieu", "benh-vien", "csgt", "so-lao-dong", "cong-chung", "mot-cua", "dai-hoc"]
)
def test_each_client_sees_its_own_schema(service: RunningService, client: str) -> None:
    data = service.answer(client, '{__schema{queryType{fields{name}}} __type(name:"Citizen"){fields{name}}}')
    contract = service.governance.contracts[client]
    roots = {field["name"] for field in data["__schema"]["queryType"]["fields"]}
    assert roots - {"viewer"} <= contract.services
    purpose = next(iter(contract.purposes))
    readable = contract.permission(purpose).readable
    shown = {f"Citizen.{field['name']}" for field in (data["__type"] or {"fields": []})["fields"]}
    assert shown <= readable
