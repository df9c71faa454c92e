"""What the contract does not permit: absent in `hide` mode, null in `null` mode, and never asked of a database."""

from __future__ import annotations

import re
from typing import Any

import pytest

from graph.catalog import Catalog
from graph.homes import Stored
from graph.schema import schema
from tests.running import RunningService

CATALOG = Catalog.of(schema)
HIDING = ["doi-chieu", "benh-vien", "csgt", "so-lao-dong", "cong-chung", "mot-cua", "dai-hoc"]


@pytest.fixture(scope="module")
def number(service: RunningService) -> str:
    (row,) = service.governance.fetch(
        "SELECT personal_id FROM population.citizen WHERE permanent_province_code = '79' AND NOT protected "
        "ORDER BY registered_no LIMIT 1"
    )
    found: str = row["personal_id"]
    return found


def unread(service: RunningService, client: str) -> list[str]:
    """The fields of `Citizen` that the client's contract does not let it read."""
    contract = service.governance.contracts[client]
    readable = contract.permission(next(iter(contract.purposes))).readable
    return sorted(c.split(".")[1] for c in CATALOG.homes if c.startswith("Citizen.") and c not in readable)


@pytest.mark.parametrize("client", HIDING)
@pytest.mark.parametrize(
    "shape", ['{{citizen(personalId:"{n}"){{{f}}}}}', '{{citizen(personalId:"{n}"){{x:{f}{{code}}}}}}']
)
def test_a_hidden_field_gives_the_same_bytes_as_a_name_that_never_existed(
    service: RunningService, number: str, client: str, shape: str
) -> None:
    for hidden in unread(service, client):
        never = "z" * len(hidden)
        with service.observing() as observed:
            answers = [service.post(client, shape.format(n=number, f=name)) for name in (hidden, never)]
        seen = [
            (a.status_code, _normal(a.content, name), sorted(a.headers.keys()))
            for a, name in zip(answers, (hidden, never), strict=True)
        ]
        assert seen[0] == seen[1]
        assert answers[0].status_code == 400
        assert observed.statements == []


def _normal(body: bytes, name: str) -> bytes:
    return re.sub(rb'"traceId":"[0-9a-f]{32}"', b'"traceId":""', body.replace(name.encode(), b"NAME"))


@pytest.mark.parametrize("client", HIDING)
def test_a_hidden_type_and_a_hidden_root_look_like_none(service: RunningService, client: str) -> None:
    contract = service.governance.contracts[client]
    for hidden in sorted(set(CATALOG.roots) - contract.services - {"viewer"}):
        answers = [service.post(client, f'{{{name}(number:"1"){{a}}}}') for name in (hidden, "z" * len(hidden))]
        assert _normal(answers[0].content, hidden) == _normal(answers[1].content, "z" * len(hidden))
    for hidden in ("Encounter", "Vaccination", "Relative", "MarriageRecord", "Vehicle", "SocialInsurancePeriod"):
        shown = service.answer(client, f'{{__type(name:"{hidden}"){{name}}}}')["__type"]
        if shown is None:
            never = "Z" * len(hidden)
            answers = [
                service.post(client, f"query{{viewer{{client}}}} fragment F on {name}{{a}}") for name in (hidden, never)
            ]
            assert _normal(answers[0].content, hidden) == _normal(answers[1].content, never)


def test_null_mode_answers_null_and_one_error_for_each_schema_path(service: RunningService, number: str) -> None:
    query = """query($ids:[PersonalId!]!){citizens(personalIds:$ids){
      personalId bloodGroup vehicles{plate owner{religion{name}}} other:ethnicity{name}
      healthInsuranceCard{number holder{personalId contact{mobile}}}}}"""
    with service.observing() as observed:
        body = service.post("bhxh", query, {"ids": [number, number, number]}).json()
    for citizen in body["data"]["citizens"]:
        assert citizen["personalId"] == number
        assert citizen["bloodGroup"] is citizen["vehicles"] is citizen["other"] is None
        card = citizen["healthInsuranceCard"]
        assert card is None or card["holder"] == {"personalId": number, "contact": None}
    paths = [(error["path"], error["extensions"]["code"]) for error in body["errors"]]
    assert paths == [
        (["citizens", "bloodGroup"], "FIELD_NOT_IN_CONTRACT"),
        (["citizens", "vehicles"], "FIELD_NOT_IN_CONTRACT"),
        (["citizens", "other"], "FIELD_NOT_IN_CONTRACT"),
        (["citizens", "healthInsuranceCard", "holder", "contact"], "FIELD_NOT_IN_CONTRACT"),
    ]
    text = "\n".join(statement for _, statement in observed.statements)
    for column in ("blood_group", "ethnicity", "contact_", "religion", "phuong_tien"):
        assert column not in text


def test_in_null_mode_no_statement_names_a_column_of_an_unpermitted_field(service: RunningService, number: str) -> None:
    for name in unread(service, "bhxh"):
        field = CATALOG.schema.type_map["Citizen"].fields[name]  # type: ignore[attr-defined]
        below = "" if isinstance(CATALOG.homes[f"Citizen.{name}"], Stored) else "{__typename}"
        with service.observing() as observed:
            body = service.post("bhxh", f'{{citizen(personalId:"{number}"){{{name}{below}}}}}').json()
        assert body["data"] == {"citizen": {name: None}}, field
        assert [error["extensions"]["code"] for error in body["errors"]] == ["FIELD_NOT_IN_CONTRACT"]
        (select,) = [text.splitlines()[0] for text in observed.of("population")]
        assert select == "SELECT t.personal_id"


def test_a_citizen_out_of_scope_looks_like_a_number_that_does_not_exist(service: RunningService) -> None:
    rows = service.governance.fetch(
        "SELECT DISTINCT ON (permanent_province_code) personal_id, permanent_province_code AS code "
        "FROM population.citizen WHERE permanent_province_code IS NOT NULL AND NOT protected"
    )
    query = (
        "query($i:PersonalId!){citizen(personalId:$i){personalId birthName{full} household{members{birthName{full}}}}}"
    )
    for row in rows:
        data = service.answer("so-lao-dong", query, {"i": row["personal_id"]})
        assert (data["citizen"] is not None) == (row["code"] in {"79", "74", "77"})
    assert service.answer("so-lao-dong", query, {"i": "000000000000"}) == {"citizen": None}


def test_household_members_out_of_scope_are_not_listed(service: RunningService) -> None:
    rows = service.governance.fetch(
        "SELECT h.residence_file_number AS file, "
        "count(*) FILTER (WHERE c.permanent_province_code = ANY($1) AND NOT c.protected) AS inside "
        "FROM population.household h JOIN population.citizen c USING (household_id) "
        "WHERE h.address_province_code = ANY($1) AND h.residence_file_number IS NOT NULL AND NOT h.protected "
        "GROUP BY 1 ORDER BY count(*) DESC LIMIT 20",
        ["79", "74", "77"],
    )
    query = "query($f:String!){household(residenceFileNumber:$f){members{personalId}}}"
    for row in rows:
        data = service.answer("so-lao-dong", query, {"f": row["file"]})
        assert len(data["household"]["members"]) == row["inside"]
    outside = service.governance.fetch(
        "SELECT residence_file_number AS file FROM population.household "
        "WHERE residence_file_number IS NOT NULL AND NOT address_province_code = ANY($1) LIMIT 1",
        ["79", "74", "77"],
    )
    assert service.answer("so-lao-dong", query, {"f": outside[0]["file"]}) == {"household": None}


def test_a_field_may_be_used_to_verify_without_being_readable(service: RunningService) -> None:
    data: Any = service.answer("doi-chieu", '{__type(name:"Citizen"){name} __schema{queryType{fields{name}}}}')
    assert data["__type"] is None
    assert {f["name"] for f in data["__schema"]["queryType"]["fields"]} == {"verifyCitizen", "viewer"}


def test_the_sdl_is_the_callers_own(service: RunningService) -> None:

    def sdl(client: str) -> str:
        headers = {"authorization": service.governance.authorizations[client]}
        response = service.session.get(f"{service.url}/schema.graphql", headers=headers)
        assert response.status_code == 200
        return response.text

    assert "bloodGroup" in sdl("benh-vien")
    assert "@personalData(class: SENSITIVE" in sdl("benh-vien")
    assert '@source(database: "health")' in sdl("benh-vien")
    assert "bloodGroup" not in sdl("csgt")
    assert "Encounter" not in sdl("csgt")
    assert service.session.get(f"{service.url}/schema.graphql").status_code == 401
