"""attacks.md, Inference: what may not be read can be neither filtered, ordered, counted nor looked up by."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.attacks.canaries import tokens_of
from tests.attacks.contracts import NARROW, contract_of
from tests.attacks.target import Evidence, Target

NOBODY = "0" * 12
SEARCH = "searchCitizens(%s){edges{cursor node{personalId}}pageInfo{hasNextPage endCursor}}"
PAGE = "query($f:CitizenFilter!,$o:CitizenOrder,$n:Int!,$c:String){BODY}".replace(
    "BODY", SEARCH % "filter:$f,orderBy:$o,first:$n,after:$c"
)


def refused(evidence: Evidence) -> bool:
    return evidence.response.status_code == 400 and "data" not in evidence.body and not evidence.statements


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
    assert refused(evidence)
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
    assert refused(evidence)


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
    assert refused(target.hidden_like_never("narrow", document, "chassisNumber"))


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
    assert refused(evidence)
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
    assert refused(target.hidden_like_never("narrow", document, "DATE_OF_BIRTH"))
    given = {"f": {"name": "zq"}, "n": 5}
    assert refused(target.hidden_like_never("narrow", PAGE, "DATE_OF_BIRTH", {**given, "o": "HIDDEN"}))
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
    assert refused(target.attack("turning", PAGE, {**given, "o": "DATE_OF_BIRTH"}))
    other = target.attack("turning", PAGE, {**given, "o": "NAME"})
    assert (other.codes, other.statements) == (["BAD_USER_INPUT"], [])


# Counts


def test_the_page_ends_with_what_is_in_scope(target: Target) -> None:
    """Four of six live inside: pages, their ends and their counts know of no fifth."""
    inside = [target.numbers[name] for name in ("an", "vo", "cha", "la")]
    for client, first, shown, more in (
        ("scoped-narrow", 3, 3, True),
        ("scoped-narrow", 4, 4, False),
        ("scoped-narrow", 5, 4, False),
        ("narrow", 5, 5, True),
        ("narrow", 6, 6, False),
    ):
        evidence = target.attack(client, PAGE, {"f": {"name": "zq"}, "n": first})
        page = evidence.data["searchCitizens"]
        numbers = [edge["node"]["personalId"] for edge in page["edges"]]
        assert (len(numbers), page["pageInfo"]["hasNextPage"]) == (shown, more)
        if client.startswith("scoped"):
            assert set(numbers) <= set(inside)
            assert "t.permanent_province_code = ANY(" in evidence.texts[0]


def test_the_difference_of_two_counts_says_nothing_of_who_is_outside(target: Target) -> None:
    name = stored(target, "population", "citizen", "birth_full_name", "xa")
    answers = [
        target.attack("scoped", PAGE, {"f": given, "n": 5})
        for given in ({"name": name}, {"name": "nobody at all"}, {"provinceCode": "01"}, {"provinceCode": "48"})
    ]
    target.alike(*answers[:2])
    target.alike(*answers[2:])
    assert not answers[0].data["searchCitizens"]["edges"]


@pytest.mark.parametrize("name", ["totalCount", "count", "aggregate", "nodes"])
def test_there_is_no_count_of_rows(target: Target, name: str) -> None:
    assert refused(
        target.attack("whole", "query{" + SEARCH.replace("pageInfo", f"{name} pageInfo") % 'filter:{name:"a"}' + "}")
    )


# Look-ups


LOOK_UPS = {
    "citizen": ("citizen(personalId:$k){personalId}", "PersonalId", "population", "citizen", "personal_id"),
    "citizens": ("citizens(personalIds:[$k]){personalId}", "PersonalId", "population", "citizen", "personal_id"),
    "household": (
        "household(residenceFileNumber:$k){residenceFileNumber}",
        "String",
        "population",
        "household",
        "residence_file_number",
    ),
    "vehicle": ("vehicle(plate:$k){plate}", "String", "transport", "phuong_tien", "bienSo"),
    "drivingLicence": ("drivingLicence(number:$k){number}", "String", "transport", "giay_phep_lai_xe", "soGPLX"),
    "healthInsuranceCard": (
        "healthInsuranceCard(number:$k){number}",
        "String",
        "social_insurance",
        "the_bhyt",
        "maThe",
    ),
    "degree": ("degree(number:$k){title}", "String", "education", "van_bang", "soHieu"),
}


def _look_up(target: Target, client: str, root: str, key: str) -> Evidence:
    field, kind, *_ = LOOK_UPS[root]
    return target.attack(client, f"query($k:{kind}!){{{field}}}", {"k": key})


def _key(target: Target, root: str, owner: str) -> str:
    _, _, source, table, element = LOOK_UPS[root]
    return stored(target, source, table, element, owner)


@pytest.mark.parametrize("root", sorted(LOOK_UPS.keys() - {"citizen", "citizens", "vehicle"}))
def test_a_root_with_an_ungranted_key_is_no_root(target: Target, root: str) -> None:
    """Every service is in the contract; what it lacks is the grant to look up by the key."""
    field, kind, *_ = LOOK_UPS[root]
    document = f"query($k:{kind}!){{HIDDEN{field.removeprefix(root)}}}"
    evidences = [
        target.hidden_like_never("narrow", document, root, {"k": key}) for key in (_key(target, root, "an"), "Zq99999X")
    ]
    target.alike(*evidences)
    assert refused(evidences[0])
    denied = [_look_up(target, "narrow-null", root, key) for key in (_key(target, root, "an"), "Zq99999X")]
    target.alike(*denied)
    assert (denied[0].codes, denied[0].statements) == (["FIELD_NOT_IN_CONTRACT"], [])


@pytest.mark.parametrize("client", ["scoped", "scoped-null"])
@pytest.mark.parametrize("root", LOOK_UPS)
def test_out_of_scope_and_not_found_look_alike(target: Target, client: str, root: str) -> None:
    """Answer, statements and so the time that they take are those of a key that nothing has."""
    nobody = NOBODY if root.startswith("citizen") else "Zq99999X"
    outside = _look_up(target, client, root, _key(target, root, "xa"))
    nothing = _look_up(target, client, root, nobody)
    target.alike(outside, nothing)
    assert set(map(str, outside.data.values())) <= {"None", "[None]"}
    assert _look_up(target, client, root, _key(target, root, "an")).data != nothing.data


def test_a_verification_of_someone_out_of_scope_matches_nothing(target: Target) -> None:
    query = """query($i: PersonalId!, $n: String!, $d: PartialDate!) {
      verifyCitizen(personalId: $i, fullName: $n, dateOfBirth: $d) { matches }
    }"""

    def ask(owner: str, number: str) -> Evidence:
        name, born = (stored(target, "population", "citizen", c, owner) for c in ("birth_full_name", "date_of_birth"))
        return target.attack("scoped", query, {"i": number, "n": name, "d": born})

    outside, nobody = ask("xa", target.numbers["xa"]), ask("xa", NOBODY)
    target.alike(outside, nobody)
    assert outside.data == {"verifyCitizen": {"matches": False}}
    assert ask("an", target.numbers["an"]).data == {"verifyCitizen": {"matches": True}}


# Pointers out of scope


def test_what_points_out_of_scope_points_nowhere(target: Target) -> None:
    numbers = target.numbers
    query = """query($i:PersonalId!){citizen(personalId:$i){
      household{members{personalId} head{personalId}}
      relatives{relation citizen{personalId birthName{full} vehicles{plate} household{residenceFileNumber}}}
      birthRecord{number father{personalId} mother{personalId birthName{full} encounters{number}}}
      marriageRecords{number husband{personalId} wife{personalId birthName{full}}}
      drivingLicences{number holder{personalId}} vehicles{plate owner{personalId}}}}"""
    seen = target.attack("scoped", query, {"i": numbers["an"]}).data["citizen"]
    assert sorted(member["personalId"] for member in seen["household"]["members"]) == sorted(
        numbers[name] for name in ("an", "vo", "cha")
    )
    citizens = [relative["citizen"] and relative["citizen"]["personalId"] for relative in seen["relatives"]]
    assert citizens == [numbers["cha"], None, numbers["vo"], None]
    assert seen["birthRecord"]["father"] == {"personalId": numbers["cha"]}
    assert seen["birthRecord"]["mother"] is None
    record = target.attack("scoped", query, {"i": numbers["cha"]}).data["citizen"]["marriageRecords"][0]
    assert (record["husband"], record["wife"]) == ({"personalId": numbers["cha"]}, None)
    assert target.attack("scoped", query, {"i": numbers["la"]}).data["citizen"]["household"] is None


def test_a_pointer_out_of_scope_costs_what_a_dangling_one_costs(target: Target) -> None:
    """The stranger's records are followed no further than those of a person whom no register knows."""
    query = "query($i:PersonalId!){citizen(personalId:$i){relatives{relation citizen{personalId vehicles{plate}}}}}"
    outside = target.attack("scoped", query, {"i": target.numbers["la"]})
    assert outside.data["citizen"]["relatives"][0]["citizen"] is None
    world = target.canaries.world
    (row,) = world.rows("population", "relative", "la")
    change = "UPDATE population.relative SET relative_personal_id = $1 WHERE relative_no = $2"
    target.service.governance.fetch(change, NOBODY, row["relative_no"])
    try:
        dangling = target.attack("scoped", query, {"i": target.numbers["la"]})
    finally:
        target.service.governance.fetch(change, row["relative_personal_id"], row["relative_no"])
    target.alike(outside, dangling)


def test_a_contract_without_the_scope_sees_them_all(target: Target) -> None:
    """The control: what the scope hides is there."""
    for root in LOOK_UPS:
        assert _look_up(target, "whole", root, _key(target, root, "xa")).data[root] not in (None, [None])
