"""attacks.md, Inference: what is out of scope can be neither counted nor looked up, and no pointer leads to it."""

from __future__ import annotations

import pytest

from tests.attacks.evidence import Evidence
from tests.attacks.target import Target

NOBODY = "0" * 12
SEARCH = "searchCitizens(%s){edges{cursor node{personalId}}pageInfo{hasNextPage endCursor}}"
PAGE = "query($f:CitizenFilter!,$o:CitizenOrder,$n:Int!,$c:String){BODY}".replace(
    "BODY", SEARCH % "filter:$f,orderBy:$o,first:$n,after:$c"
)


def stored(target: Target, source: str, table: str, element: str, owner: str) -> str:
    value: str = target.canaries.world.value(source, table, element, owner)
    return value


# Counts


def test_the_page_ends_with_what_is_in_scope(target: Target) -> None:
    """Four of seven live inside and are not protected: pages, their ends and their counts know of no fifth."""
    inside = [target.numbers[name] for name in ("an", "vo", "cha", "la")]
    for client, first, shown, more in (
        ("scoped-narrow", 3, 3, True),
        ("scoped-narrow", 4, 4, False),
        ("scoped-narrow", 5, 4, False),
        ("narrow", 5, 5, True),
        ("narrow", 7, 7, False),
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
    document = "query{" + SEARCH.replace("pageInfo", f"{name} pageInfo") % 'filter:{name:"a"}' + "}"
    assert target.attack("whole", document).refused


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
    assert evidences[0].refused
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


# Protected persons

EVERYTHING_OF = """
query($i: PersonalId!) {
  citizen(personalId: $i) {
    birthName { full } permanentResidence { detail province { name } } temporaryResidence { detail }
    currentResidence { detail } temporaryAbsence { reason } contact { mobile email } residenceFileNumber
    household { residenceFileNumber address { detail } head { personalId } members { personalId } }
    vehicles { plate owner { contact { mobile } currentResidence { detail } } }
    healthInsuranceCard { holder { permanentResidence { detail } } }
  }
}
"""


def test_a_protected_person_is_like_one_without_an_address(target: Target) -> None:
    """By whatever way she is reached: no address, no contact, no household, and not a statement more or less."""
    che, an = target.numbers["che"], target.numbers["an"]
    shown = target.attack("unshielded", EVERYTHING_OF, {"i": che})
    citizen = shown.data["citizen"]
    assert citizen["birthName"]["full"]
    hidden = {"permanentResidence", "temporaryResidence", "currentResidence", "temporaryAbsence", "contact"}
    hidden |= {"residenceFileNumber", "household"}
    assert {name for name, given in citizen.items() if given in (None, {"mobile": None, "email": None})} == hidden
    assert len(citizen["vehicles"]) == 2
    assert [vehicle["owner"] for vehicle in citizen["vehicles"]] == [
        {"contact": {"mobile": None}, "currentResidence": None}
    ] * 2
    open_one = target.attack("unshielded", EVERYTHING_OF, {"i": an})
    assert set(shown.texts) <= set(open_one.texts)
    assert target.attack("whole", EVERYTHING_OF, {"i": che}).data["citizen"]["contact"]["mobile"]


def test_nobody_finds_a_protected_person_by_an_address(target: Target) -> None:
    """By province, by the file of the household, by a scope: as if she were not there."""
    file = stored(target, "population", "household", "residence_file_number", "che")
    query = "query($k:String!){household(residenceFileNumber:$k){address{detail} members{personalId}}}"
    target.alike(*(target.attack("unshielded", query, {"k": key}) for key in (file, "Zq99999X")))
    name = stored(target, "population", "citizen", "birth_full_name", "che")
    found = [
        target.attack("unshielded", PAGE, {"f": given, "n": 5}).data["searchCitizens"]["edges"]
        for given in ({"name": name}, {"name": name, "provinceCode": "79"}, {"name": "zq", "provinceCode": "79"})
    ]
    assert [len(edges) for edges in found] == [1, 0, 4]
    assert target.attack("whole", PAGE, {"f": {"name": name, "provinceCode": "79"}, "n": 5}).data["searchCitizens"][
        "edges"
    ]
    for number in (target.numbers["che"], NOBODY):
        query = "query($i:PersonalId!){citizen(personalId:$i){birthName{full}}}"
        assert target.attack("scoped", query, {"i": number}).data == {"citizen": None}
