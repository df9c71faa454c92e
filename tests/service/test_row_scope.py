"""Row scope: a citizen out of it looks like a number that does not exist, wherever the way to them begins."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import httpx
import pytest

from graph.catalog import Catalog
from graph.schema import schema
from service.embedded import EmbeddedServers
from tests.planting import contracted, planted
from tests.running import RunningService
from tests.service.test_records import hashed
from tests.strategies.contracts import permission_of

CATALOG = Catalog.of(schema)

INSIDE, OUTSIDE, STUDENT, AWAY, NOWHERE = (f"07919088800{digit}" for digit in range(1, 6))
UNKNOWN = "079190888009"
THERE = {"permanent_country_code": "VN", "permanent_province_code": "79"}
ELSEWHERE = {"permanent_country_code": "VN", "permanent_province_code": "01"}


def _birth(number: int, child: str, father: str) -> dict[str, Any]:
    return {"_id": number, "personalId": child, "so": "1/1990", "cha": {"personalId": father}}


def _owned(number: int, owner: str) -> dict[str, dict[str, Any]]:
    """A record of each kind that can be looked up by a number of its own."""
    return {
        "transport.phuong_tien": {"_id": number, "bienSo": f"88A-{number}", "ownerPersonalId": owner},
        "transport.giay_phep_lai_xe": {"_id": number, "soGPLX": f"88L-{number}", "personalId": owner},
        "social_insurance.the_bhyt": {"_id": number, "maThe": f"88C-{number}", "personalId": owner},
        "education.van_bang": {"_id": number, "soHieu": f"88D-{number}", "soDinhDanh": owner},
    }


OF_INSIDE, OF_OUTSIDE, OF_UNKNOWN, MISSING = 88_000_001, 88_000_002, 88_000_003, 88_000_009
_RECORDS = [_owned(OF_INSIDE, INSIDE), _owned(OF_OUTSIDE, OUTSIDE), _owned(OF_UNKNOWN, UNKNOWN)]
ROWS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "population.household": [
        {
            "household_id": 888_001,
            "residence_file_number": "88-1",
            "head_personal_id": OUTSIDE,
            "address_country_code": "VN",
            "address_province_code": "79",
        },
        {
            "household_id": 888_002,
            "residence_file_number": "88-2",
            "head_personal_id": STUDENT,
            "address_country_code": "VN",
            "address_province_code": "01",
        },
    ],
    "population.citizen": [
        {"personal_id": INSIDE, **THERE, "household_id": 888_001},
        {"personal_id": OUTSIDE, **ELSEWHERE, "household_id": 888_001},
        {"personal_id": STUDENT, **THERE, "temporary_country_code": "VN", "household_id": 888_002},
        {"personal_id": AWAY, **THERE, "absence_from": date(2026, 1, 2)},
        {"personal_id": NOWHERE, "current_country_code": "VN", "current_province_code": "79"},
    ],
    "population.relative": [
        {
            "relative_no": 888_000 + number,
            "personal_id": INSIDE,
            "relation": "FATHER",
            "relative_personal_id": relative,
            "family_name": "Thử",
            "given_name": "Nghiệm",
        }
        for number, relative in enumerate((OUTSIDE, UNKNOWN))
    ],
    "civil_status.khai_sinh": [_birth(88_000_001, INSIDE, OUTSIDE), _birth(88_000_002, STUDENT, UNKNOWN)],
    "civil_status.ket_hon": [
        {
            "_id": 88_000_001,
            "haiBen": [INSIDE, OUTSIDE],
            "chong": {"personalId": INSIDE},
            "vo": {"personalId": OUTSIDE},
        },
        {
            "_id": 88_000_002,
            "haiBen": [STUDENT, UNKNOWN],
            "chong": {"personalId": STUDENT},
            "vo": {"personalId": UNKNOWN},
        },
    ],
    **{name: [records[name] for records in _RECORDS] for name in _RECORDS[0]},
}


@pytest.fixture(scope="module", autouse=True)
def people(databases: EmbeddedServers, service: RunningService) -> Iterator[None]:
    with planted(databases, service.governance, ROWS):
        yield


def client(service: RunningService, name: str, **row_scope: tuple[str, ...]) -> str:
    """A client that may do everything with whom is in scope."""
    coordinates = frozenset(CATALOG.coordinates())
    permission = permission_of(
        readable=coordinates,
        filterable=coordinates,
        protected=CATALOG.shielded,
        services=frozenset(CATALOG.roots),
        row_scope=row_scope,
    )
    return contracted(service.governance, f"scope-{name}", permission)


@pytest.fixture(scope="module")
def limited(service: RunningService) -> str:
    return client(service, "province", province=("79",))


def body(response: httpx.Response) -> str:
    assert response.status_code == 200
    return re.sub(r'"traceId":"[0-9a-f]{32}"', "", response.text)


def asked(service: RunningService, who: str, query: str, variables: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The answer, and the statements that it took."""
    with service.observing() as observed:
        answer = body(service.post(who, query, variables))
    text = [
        re.sub(r'"(lsid|\$clusterTime)": \{.*?\}|88[A-Z]-\d+', "", statement) for _, statement in observed.statements
    ]
    return answer, sorted(text)


@pytest.mark.parametrize(
    ("query", "outside", "unknown", "inside"),
    [
        pytest.param(
            "query($v: PersonalId!) { citizen(personalId: $v) { personalId gender vehicles { plate } } }",
            OUTSIDE,
            UNKNOWN,
            INSIDE,
            id="number",
        ),
        pytest.param(
            'query($v: PersonalId!) { verifyCitizen(personalId: $v, fullName: "Thử Nghiệm", dateOfBirth: "1990-01-01")'
            " { matches } }",
            OUTSIDE,
            UNKNOWN,
            INSIDE,
            id="verification",
        ),
        *(
            pytest.param(
                f"query($v: String!) {{ {root}({argument}: $v) {{ {link} {{ gender vehicles {{ plate }} }} }} }}",
                f"88{letter}-{OF_OUTSIDE}",
                f"88{letter}-{MISSING}",
                f"88{letter}-{OF_INSIDE}",
                id=root,
            )
            for root, argument, link, letter in (
                ("vehicle", "plate", "owner", "A"),
                ("drivingLicence", "number", "holder", "L"),
                ("healthInsuranceCard", "number", "holder", "C"),
                ("degree", "number", "holder", "D"),
            )
        ),
    ],
)
def test_out_of_scope_is_the_same_as_not_there(
    service: RunningService, limited: str, query: str, outside: str, unknown: str, inside: str
) -> None:
    hidden = asked(service, limited, query, {"v": outside})
    missing = asked(service, limited, query, {"v": unknown})
    assert hidden == missing, "neither the answer nor what was asked of the databases differs"
    assert asked(service, limited, query, {"v": inside})[0] != hidden[0]


def test_a_record_of_an_unknown_number_is_not_there_either(service: RunningService, limited: str) -> None:
    query = "query($v: String!) { vehicle(plate: $v) { plate } }"
    answers = [asked(service, limited, query, {"v": f"88A-{of}"}) for of in (OF_UNKNOWN, MISSING)]
    assert answers[0] == answers[1]
    assert len(answers[0][1]) == 2, "the owners in scope are asked for whether or not there is a vehicle"


def test_a_relative_out_of_scope_looks_like_one_of_an_unknown_number(service: RunningService, limited: str) -> None:
    below = "relatives { personalId name { full } citizen { gender } }"
    query = f"query($i: PersonalId!) {{ citizen(personalId: $i) {{ {below} }} }}"
    relatives = service.answer(limited, query, {"i": INSIDE})["citizen"]["relatives"]
    assert relatives == [
        {"personalId": number, "name": {"full": "Thử Nghiệm"}, "citizen": None} for number in (OUTSIDE, UNKNOWN)
    ]


@pytest.mark.parametrize(
    ("below", "read"),
    [
        ("birthRecord { number fatherPersonalId father { gender } }", "khai_sinh"),
        ("marriageRecords { wifePersonalId wife { gender } husband { personalId } }", "ket_hon"),
    ],
)
def test_a_record_in_scope_names_persons_out_of_it_like_unknown_ones(
    service: RunningService, limited: str, below: str, read: str
) -> None:
    query = f"query($i: PersonalId!) {{ citizen(personalId: $i) {{ {below} }} }}"
    outside, unknown = (asked(service, limited, query, {"i": number}) for number in (INSIDE, STUDENT))
    normal = outside[0].replace(OUTSIDE, "OTHER").replace(INSIDE, "OWN")
    assert normal == unknown[0].replace(UNKNOWN, "OTHER").replace(STUDENT, "OWN")
    assert '":null' in normal
    assert len(outside[1]) == len(unknown[1])
    assert read in "".join(outside[1])


def test_a_household_shows_who_is_in_scope(service: RunningService, limited: str) -> None:
    query = "query($i: PersonalId!) { citizen(personalId: $i) { household { residenceFileNumber head { personalId } "
    query += "members { personalId } } } }"
    response = service.post(limited, query, {"i": INSIDE})
    assert response.json()["data"]["citizen"]["household"] == {
        "residenceFileNumber": "88-1",
        "head": None,
        "members": [{"personalId": INSIDE}],
    }
    assert service.record_of(response)["subjects"] == [hashed(INSIDE)]
    assert service.answer(limited, query, {"i": STUDENT}) == {"citizen": {"household": None}}
    root = "query($f: String!) { household(residenceFileNumber: $f) { residenceFileNumber members { personalId } } }"
    assert asked(service, limited, root, {"f": "88-2"}) == asked(service, limited, root, {"f": "88-9"})


def test_a_search_finds_nobody_out_of_scope(service: RunningService, limited: str) -> None:
    query = 'query($p: String) { searchCitizens(filter: {name: "thu nghiem", provinceCode: $p}) '
    query += "{ edges { node { personalId } } pageInfo { hasNextPage } } }"
    answer = service.answer(limited, query, {"p": None})["searchCitizens"]
    assert [edge["node"]["personalId"] for edge in answer["edges"]] == [INSIDE, STUDENT, AWAY]
    assert asked(service, limited, query, {"p": "01"})[0] == asked(service, limited, query, {"p": "48"})[0]


STATUSES = {
    ("PERMANENT",): [INSIDE, OUTSIDE, STUDENT, AWAY],
    ("TEMPORARY",): [STUDENT],
    ("ABSENT",): [AWAY],
    ("UNREGISTERED",): [NOWHERE],
    ("ABSENT", "UNREGISTERED"): [AWAY, NOWHERE],
}
CITIZENS = "query($v: [PersonalId!]!) { citizens(personalIds: $v) { personalId } }"


@pytest.mark.parametrize("statuses", STATUSES, ids=" ".join)
def test_a_contract_may_be_limited_to_residence_statuses(service: RunningService, statuses: tuple[str, ...]) -> None:
    who = client(service, "-".join(statuses).lower(), residence=statuses)
    everyone = [INSIDE, OUTSIDE, STUDENT, AWAY, NOWHERE, UNKNOWN]
    with service.observing() as observed:
        answer = service.answer(who, CITIZENS, {"v": everyone})["citizens"]
    assert [citizen and citizen["personalId"] for citizen in answer] == [
        number if number in STATUSES[statuses] else None for number in everyone
    ]
    (statement,) = observed.of("population")
    assert "WHERE t.personal_id = ANY($1) AND t.residence_status && $2" in statement
    assert not [status for status in statuses if status in statement], "values travel as parameters"


def test_row_scopes_add_up(service: RunningService) -> None:
    who = client(service, "both", province=("79",), residence=("PERMANENT",))
    answer = service.answer(who, CITIZENS, {"v": [INSIDE, OUTSIDE, STUDENT, NOWHERE]})["citizens"]
    assert [citizen is not None for citizen in answer] == [True, False, True, False]


def test_a_root_that_a_scope_says_nothing_of_is_unknown_but_a_link_leads_there(service: RunningService) -> None:
    who = client(service, "no-root", residence=("TEMPORARY",))
    query = '{ %s(residenceFileNumber: "88-2") { residenceFileNumber } }'
    hidden, never = (service.post(who, query % name) for name in ("household", "zousehold"))
    assert hidden.status_code == never.status_code == 400
    texts = [re.sub(r'"traceId":"\w+"', "", answer.text) for answer in (hidden, never)]
    assert texts[0] == texts[1].replace("zousehold", "household")
    link = f'{{ citizen(personalId: "{STUDENT}") {{ household {{ residenceFileNumber members {{ personalId }} }} }} }}'
    household = {"residenceFileNumber": "88-2", "members": [{"personalId": STUDENT}]}
    assert service.answer(who, link) == {"citizen": {"household": household}}


@pytest.mark.parametrize("row_scope", [{"ward": ("1",)}, {"residence": ("SOMETIMES",)}, {"province": ()}])
def test_a_scope_that_came_past_the_check_shows_nothing(
    service: RunningService, row_scope: dict[str, tuple[str, ...]]
) -> None:
    who = client(service, "unchecked-" + next(iter(row_scope)), **row_scope)
    with service.observing() as observed:
        answer = service.post(who, CITIZENS, {"v": [INSIDE]})
    if "ward" in row_scope:
        assert answer.status_code == 500
        assert answer.json()["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        assert observed.statements == []
    else:
        assert answer.json() == {"data": {"citizens": [None]}}
