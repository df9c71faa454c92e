"""attacks.md, Inference: what may not be used can be neither filtered nor ordered by, and no cursor tells of it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.attacks.canaries import tokens_of
from tests.attacks.contracts import NARROW, contract_of
from tests.attacks.target import Target

NOBODY = "0" * 12
SEARCH = "searchCitizens(%s){edges{cursor node{personalId}}pageInfo{hasNextPage endCursor}}"
PAGE = "query($f:CitizenFilter!,$o:CitizenOrder,$n:Int!,$c:String){BODY}".replace(
    "BODY", SEARCH % "filter:$f,orderBy:$o,first:$n,after:$c"
)


def stored(target: Target, source: str, table: str, element: str, owner: str) -> str:
    value: str = target.canaries.world.value(source, table, element, owner)
    return value


# Filters


FILTERS = {
    "equal": '{HIDDEN:"VALUE"}',
    "beside a permitted one": '{name:"zq",HIDDEN:"VALUE"}',
    "prefix": '{HIDDEN:{startsWith:"VALUE"}}',
    "range": '{HIDDEN:{gte:"VALUE",lt:"z"}}',
    "is null": "{HIDDEN:null}",
    "is null beside a permitted one": '{name:"zq",HIDDEN:null}',
    "in a conjunction": '{and:[{name:"zq"},{HIDDEN:"VALUE"}]}',
    "in a disjunction": '{or:[{name:"zq"},{HIDDEN:"VALUE"}]}',
    "negated": '{name:"zq",not:{HIDDEN:"VALUE"}}',
    "deep in and, or, not": '{and:[{or:[{not:{HIDDEN:"VALUE"}}]}]}',
    "through a relation": '{name:"zq",household:{head:{HIDDEN:"VALUE"}}}',
}


@pytest.mark.parametrize("kind", FILTERS)
@pytest.mark.parametrize("hidden", ["dateOfBirth", "provinceCode", "bloodGroup", "personalId"])
def test_an_ungranted_field_cannot_be_filtered_by(target: Target, kind: str, hidden: str) -> None:
    born = stored(target, "population", "citizen", "date_of_birth", "an")
    document = "query{" + SEARCH % f"filter:{FILTERS[kind]}".replace("VALUE", born) + "}"
    evidence = target.hidden_like_never("narrow", document, hidden)
    assert evidence.refused
    other = target.hidden_like_never("narrow", document.replace(born, "1800-01-01"), hidden)
    target.alike(evidence, other, renamed={"1800-01-01": born})


@pytest.mark.parametrize(
    ("document", "given"),
    [
        ('query($f:CitizenFilter={name:"zq",HIDDEN:"VALUE"}){%s}', {}),
        ("query($f:CitizenFilter!){%s}", {"f": {"name": "zq", "HIDDEN": "VALUE"}}),
        ("query($f:CitizenFilter!){%s}", {"f": {"HIDDEN": None, "name": "zq"}}),
    ],
)
def test_no_default_and_no_variable_brings_a_filter(target: Target, document: str, given: Mapping[str, Any]) -> None:
    evidence = target.hidden_like_never("narrow", document % SEARCH % "filter:$f", "dateOfBirth", given)
    assert evidence.refused


@pytest.mark.parametrize(
    "selection",
    [
        'vehicles(HIDDEN:"x"){plate}',
        'vehicles(where:{HIDDEN:"x"}){plate}',
        'relatives(filter:{HIDDEN:{eq:"x"}}){relation}',
        'household{members(HIDDEN:"x"){birthName{givenName}}}',
    ],
)
def test_a_relation_takes_no_filter(target: Target, selection: str) -> None:
    document = f'query{{citizen(personalId:"{target.numbers["an"]}"){{{selection}}}}}'
    assert target.hidden_like_never("narrow", document, "chassisNumber").refused


def test_in_null_mode_an_ungranted_filter_is_denied_whatever_its_value(target: Target) -> None:
    born = stored(target, "population", "citizen", "date_of_birth", "an")
    asked = [{"dateOfBirth": value, "name": "zq"} for value in (born, born[:4], "1800")]
    asked += [{"provinceCode": value} for value in ("79", "01", "99")]
    evidences = [target.attack("narrow-null", PAGE, {"f": given, "n": 5}) for given in asked]
    for one, other in ((0, 1), (0, 2), (3, 4), (3, 5)):
        target.alike(evidences[one], evidences[other])
    for evidence in evidences:
        assert (evidence.codes, evidence.statements) == (["FIELD_NOT_IN_CONTRACT"], [])
        assert evidence.body["data"] == {"searchCitizens": None}
    absent = target.attack("narrow-null", PAGE, {"f": {"name": "zq", "dateOfBirth": None}, "n": 5})
    assert "date_of_birth" not in str(absent.texts)


# Operators of document databases


@pytest.mark.parametrize(
    "text", ["$ne", "$gt", '{"$ne":null}', ".*", "^Zq", "ownerPersonalId", "owner.$gt", "a\u0000b"]
)
def test_an_operator_in_a_string_is_a_value(target: Target, text: str) -> None:
    evidence = target.attack("narrow", "query($p:String!){vehicle(plate:$p){plate owner{personalId}}}", {"p": text})
    assert evidence.body["data"] == {"vehicle": None}
    filters = [json.loads(command)["filter"] for _, command in evidence.statements]
    assert filters in ([{"bienSo": {"$in": [text]}}], [])


@pytest.mark.parametrize(
    "value", [{"$ne": None}, {"$regex": ".*"}, ["$ne"], [{"$gt": ""}], {"plate": {"$ne": "x"}}, {"": ""}]
)
@pytest.mark.parametrize("root", ["vehicle(plate:$p){plate}", "citizen(personalId:$p){personalId}"])
def test_an_operator_in_json_is_no_value(target: Target, root: str, value: Any) -> None:
    kind = "String" if "plate:" in root else "PersonalId"
    evidence = target.attack("narrow", f"query($p:{kind}!){{{root}}}", {"p": value})
    assert evidence.refused
    assert evidence.codes == ["BAD_USER_INPUT"]


def test_names_of_variables_and_of_the_operation_reach_no_database(target: Target) -> None:
    given = {"p": "x", "$where": "1", "ownerPersonalId": {"$gt": ""}, "filter.ownerPersonalId": "x"}
    query = "query where($p:String!){vehicle(plate:$p){plate}}"
    plain = target.attack("narrow", query, {"p": "x"}, operationName="where")
    more = target.attack("narrow", query, given, operationName="where", extensions={"$where": "1"})
    target.alike(plain, more)
    assert len(more.statements) == 1
    assert "$where" not in more.statements[0][1]


# Order and pages


def test_an_ungranted_field_cannot_be_ordered_by(target: Target) -> None:
    document = "query{" + SEARCH % 'filter:{name:"zq"},orderBy:HIDDEN' + "}"
    assert target.hidden_like_never("narrow", document, "DATE_OF_BIRTH").refused
    given = {"f": {"name": "zq"}, "n": 5}
    assert target.hidden_like_never("narrow", PAGE, "DATE_OF_BIRTH", {**given, "o": "HIDDEN"}).refused
    denied = target.attack("narrow-null", PAGE, {**given, "o": "DATE_OF_BIRTH"})
    assert (denied.codes, denied.statements) == (["FIELD_NOT_IN_CONTRACT"], [])


@pytest.mark.parametrize(("order", "columns"), [(None, "t.registered_no"), ("NAME", "t.name_sort, t.registered_no")])
def test_ties_are_broken_by_the_rows_identity_and_by_no_hidden_field(
    target: Target, order: str | None, columns: str
) -> None:
    evidence = target.attack("narrow", PAGE, {"f": {"name": "zq"}, "n": 5, "o": order})
    (statement,) = evidence.texts
    assert f"\nORDER BY {columns}\n" in statement


def _first_cursor(target: Target, client: str, order: str | None = "NAME") -> str:
    evidence = target.attack(client, PAGE, {"f": {"name": "zq"}, "n": 1, "o": order})
    cursor: str = evidence.data["searchCitizens"]["pageInfo"]["endCursor"]
    return cursor


def _unsealed(cursor: str) -> bytes:
    return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))


@pytest.mark.parametrize("order", ["NAME", None])
def test_a_cursor_decodes_to_no_value_and_has_no_length_of_its_own(target: Target, order: str | None) -> None:
    """The names that are sorted by differ in length, and so would sealed ones."""
    page = target.attack("narrow", PAGE, {"f": {"name": "zq"}, "n": 6, "o": order}).data["searchCitizens"]
    cursors = [edge["cursor"] for edge in page["edges"]]
    for raw in map(_unsealed, cursors):
        assert not tokens_of(raw.decode("latin-1")) & target.canaries.origins.keys()
        assert not any(key.encode() in raw for key in target.canaries.sort_keys)
    assert len({len(key) for key in target.canaries.sort_keys}) > 1
    assert len(set(map(len, cursors))) == 1, "the length of a cursor tells that of the value in it"
    assert _first_cursor(target, "narrow", order) != _first_cursor(target, "narrow", order)


def test_a_cursor_of_another_order_client_or_hand_is_refused(target: Target) -> None:
    good = _first_cursor(target, "narrow")
    given = {"f": {"name": "zq"}, "n": 2, "o": "NAME"}
    assert "errors" not in target.attack("narrow", PAGE, {**given, "c": good}).body
    raw = bytearray(_unsealed(good))
    raw[-1] ^= 1
    forged = [
        _first_cursor(target, "narrow", None),
        _first_cursor(target, "scoped-narrow"),
        _first_cursor(target, "narrow-null"),
        base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("="),
        base64.urlsafe_b64encode(b'["date_of_birth","1900"]').decode(),
        base64.urlsafe_b64encode(json.dumps(["", 0]).encode().rjust(60)).decode(),
        good[:-4],
        "",
    ]
    evidences = [target.attack("narrow", PAGE, {**given, "c": cursor}) for cursor in forged]
    target.alike(*evidences)
    assert (evidences[0].codes, evidences[0].statements) == (["BAD_USER_INPUT"], [])


def test_a_cursor_dies_with_the_grant_that_it_was_made_under(target: Target) -> None:
    uses = ["Citizen.personalId", "Citizen.birthName", "Citizen.dateOfBirth"]
    target.service.governance.install(contract_of("turning", target.canaries.catalog, NARROW, uses))
    cursor = _first_cursor(target, "turning", "DATE_OF_BIRTH")
    narrowed = contract_of("turning", target.canaries.catalog, NARROW, uses[:2], version=2)
    target.service.governance.install(narrowed)
    given = {"f": {"name": "zq"}, "n": 2, "c": cursor}
    assert target.attack("turning", PAGE, {**given, "o": "DATE_OF_BIRTH"}).refused
    other = target.attack("turning", PAGE, {**given, "o": "NAME"})
    assert (other.codes, other.statements) == (["BAD_USER_INPUT"], [])
