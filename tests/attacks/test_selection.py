"""attacks.md, Selection: whatever the words of a selection, a field outside the contract is not answered."""

from __future__ import annotations

import pytest

from tests.attacks.documents import hidden_fields
from tests.attacks.target import Target

HIDING = ["narrow", "twin", "verifier", "scoped-narrow"]
# Fields of Citizen that the narrow contracts do not permit: a leaf, an object of the row, rows of other databases.
LEAF, PART, LINKS = "bloodGroup", "contact", "encounters"
DENIED = ["FIELD_NOT_IN_CONTRACT"]


def citizen(number: str, selection: str, more: str = "") -> str:
    return f'{{citizen(personalId:"{number}"){{{selection}}}}}{more}'


@pytest.mark.parametrize("client", HIDING)
def test_every_hidden_field_looks_like_none(target: Target, client: str, an: str) -> None:
    asked = 0
    for way, name in hidden_fields(target.view(client)):
        document = way.replace("NUMBER", an).replace("SELECTION", "HIDDEN")
        assert target.hidden_like_never(client, document, name).refused
        asked += 1
    assert asked >= 8


@pytest.mark.parametrize(
    "selection",
    [
        "a:HIDDEN",
        "personalId:HIDDEN",
        "birthName:HIDDEN{full}",
        "personalId personalId:HIDDEN",
        "HIDDEN:maritalStatus HIDDEN",
        "vehicles:HIDDEN{plate}",
        "vehicles{plate:HIDDEN}",
    ],
)
@pytest.mark.parametrize("hidden", [LEAF, PART, LINKS])
def test_an_alias_does_not_bring_a_hidden_field(target: Target, an: str, selection: str, hidden: str) -> None:
    assert target.hidden_like_never("narrow", citizen(an, selection), hidden).refused


def test_an_alias_onto_a_permitted_name_is_null_in_null_mode(target: Target, an: str) -> None:
    selection = "personalId:bloodGroup maritalStatus:legacyId9 birthName:contact{familyName:mobile}"
    evidence = target.attack("narrow-null", citizen(an, selection))
    assert evidence.body["data"] == {"citizen": {"personalId": None, "maritalStatus": None, "birthName": None}}
    assert evidence.codes == DENIED * 3


FRAGMENTS = {
    "named": ("...F", "fragment F on Citizen{HIDDEN}"),
    "inline": ("...on Citizen{HIDDEN}", ""),
    "inline without a type": ("...{HIDDEN}", ""),
    "inline with a directive": ("...@include(if:true){HIDDEN}", ""),
    "nested": ("...F", "fragment F on Citizen{...G} fragment G on Citizen{...on Citizen{...{HIDDEN}}}"),
    "below a link": ("vehicles{...V}", "fragment V on Vehicle{owner{...F}} fragment F on Citizen{HIDDEN}"),
    "unused": ("personalId", "fragment F on Citizen{HIDDEN}"),
    "unused and nested": ("personalId", "fragment F on Citizen{...G} fragment G on Citizen{a:HIDDEN}"),
    "cyclic": ("...F", "fragment F on Citizen{...G HIDDEN} fragment G on Citizen{...F}"),
}


@pytest.mark.parametrize("kind", FRAGMENTS)
def test_a_fragment_does_not_bring_a_hidden_field(target: Target, an: str, kind: str) -> None:
    selection, fragments = FRAGMENTS[kind]
    assert target.hidden_like_never("narrow", citizen(an, selection, fragments), LEAF).refused


@pytest.mark.parametrize("kind", [kind for kind in FRAGMENTS if not kind.startswith(("unused", "cyclic"))])
def test_a_fragment_brings_null_in_null_mode(target: Target, an: str, kind: str) -> None:
    selection, fragments = (text.replace("HIDDEN", LEAF) for text in FRAGMENTS[kind])
    evidence = target.attack("narrow-null", citizen(an, selection, fragments))
    below = evidence.body["data"]["citizen"]
    found = [vehicle["owner"] for vehicle in below["vehicles"]] if "vehicles" in below else [below]
    assert found == [{LEAF: None}] * len(found) != []
    assert evidence.codes == DENIED


@pytest.mark.parametrize("client", ["narrow", "verifier"])
@pytest.mark.parametrize("hidden", ["Encounter", "BirthRecord", "CodedValue", "DateTime", "BloodGroup"])
@pytest.mark.parametrize(
    "document",
    [
        "{...on HIDDEN{number}}",
        "{viewer{...on HIDDEN{number}}}",
        "{viewer{client ...F}} fragment F on HIDDEN{number}",
        "{viewer{client}} fragment F on HIDDEN{number}",
    ],
)
def test_a_condition_on_a_hidden_type_is_one_on_no_type(
    target: Target, client: str, hidden: str, document: str
) -> None:
    assert target.hidden_like_never(client, document, hidden).refused


def test_fragments_that_share_a_key_do_not_bring_the_denied_one(target: Target, an: str) -> None:
    for one, other in (("x:personalId", "x:HIDDEN"), ("x:HIDDEN", "x:personalId")):
        shared = f"fragment A on Citizen{{{one}}} fragment B on Citizen{{{other}}}"
        assert target.hidden_like_never("narrow", citizen(an, "...A ...B", shared), "legacyId9").refused
    merged = "fragment A on Citizen{v:vehicles{plate}} fragment B on Citizen{v:vehicles{HIDDEN}}"
    assert target.hidden_like_never("narrow", citizen(an, "...A ...B", merged), "chassisNumber").refused


def test_fragments_that_share_a_key_are_answered_each_by_its_grant_in_null_mode(target: Target, an: str) -> None:
    merged = "fragment A on Citizen{v:vehicles{plate}} fragment B on Citizen{v:vehicles{chassisNumber plate}}"
    for order in ("...A ...B", "...B ...A"):
        evidence = target.attack("narrow-null", citizen(an, order, merged))
        vehicles = evidence.body["data"]["citizen"]["v"]
        assert len(vehicles) == 2
        assert all(vehicle["plate"] and vehicle["chassisNumber"] is None for vehicle in vehicles)
        assert evidence.codes == DENIED
    conflict = "fragment A on Citizen{x:personalId} fragment B on Citizen{x:legacyId9}"
    assert target.attack("narrow-null", citizen(an, "...A ...B", conflict)).refused


@pytest.mark.parametrize("directive", ["@skip(if:true)", "@include(if:false)", "@include(if:true)", "@skip(if:false)"])
def test_a_switched_off_hidden_field_is_refused_like_none(target: Target, an: str, directive: str) -> None:
    assert target.hidden_like_never("narrow", citizen(an, f"personalId HIDDEN {directive}"), LEAF).refused


@pytest.mark.parametrize("directive", ["@skip(if:$off)", "@include(if:$off)"])
@pytest.mark.parametrize("off", [True, False])
def test_a_hidden_field_under_a_variable_is_refused_like_none(
    target: Target, an: str, directive: str, *, off: bool
) -> None:
    document = "query($off:Boolean!)" + citizen(an, f"personalId HIDDEN {directive}")
    assert target.hidden_like_never("narrow", document, LEAF, {"off": off}).refused


def test_a_plan_cached_under_false_gives_nothing_when_replayed_with_true(target: Target, an: str) -> None:
    selection = "personalId legacyId9@include(if:$on) maritalStatus@include(if:$on) vehicles@skip(if:$off)"
    document = "query($on:Boolean!,$off:Boolean=true)" + citizen(an, selection + "{plate chassisNumber}")
    for _ in range(2):
        without = target.attack("narrow-null", document, {"on": False})
        assert without.data == {"citizen": {"personalId": an}}
        assert "marital_status" not in str(without.texts)
        replayed = target.attack("narrow-null", document, {"on": True})
        assert replayed.body["data"]["citizen"].keys() == {"personalId", "legacyId9", "maritalStatus"}
        assert replayed.body["data"]["citizen"]["legacyId9"] is None
        assert replayed.codes == DENIED
        both = target.attack("narrow-null", document, {"on": True, "off": False})
        assert {vehicle["chassisNumber"] for vehicle in both.body["data"]["citizen"]["vehicles"]} == {None}


def test_the_selected_operation_decides(target: Target, an: str) -> None:
    document = f"query A{citizen(an, 'personalId')} query B{citizen(an, 'legacyId9 vehicles{chassisNumber}')}"
    allowed = target.attack("narrow-null", document, operationName="A")
    assert allowed.data == {"citizen": {"personalId": an}}
    denied = target.attack("narrow-null", document, operationName="B")
    assert denied.codes == DENIED * 2
    assert denied.body["data"]["citizen"]["legacyId9"] is None
    assert "soKhung" not in str(denied.texts)
    assert target.attack("narrow-null", document).refused
    hidden = f"query A{citizen(an, 'personalId')} query B{citizen(an, 'HIDDEN')}"
    for name in ("A", "B"):
        attacks = [
            target.attack("narrow", hidden.replace("HIDDEN", asked), operationName=name) for asked in (LEAF, "z" * 10)
        ]
        target.alike(*attacks, renamed={"z" * 10: LEAF})
        assert attacks[0].refused


def test_the_name_of_a_hidden_type_is_not_told_by_typename(target: Target, an: str) -> None:
    for hidden in (PART, LINKS, "identityCards", "deathRecord"):
        assert target.hidden_like_never("narrow", citizen(an, "HIDDEN{__typename}"), hidden).refused
        evidence = target.attack("narrow-null", citizen(an, f"x:{hidden}{{__typename}}"))
        assert evidence.body["data"] == {"citizen": {"x": None}}
        assert evidence.codes == DENIED
    licence = target.canaries.world.value("transport", "giay_phep_lai_xe", "soGPLX", "an")
    evidence = target.attack("narrow-null", f'{{drivingLicence(number:"{licence}"){{__typename}}}}')
    assert (evidence.body["data"], evidence.statements) == ({"drivingLicence": None}, [])


@pytest.mark.parametrize("kind", ["mutation", "subscription"])
@pytest.mark.parametrize("client", ["narrow", "narrow-null", "whole"])
def test_a_mutation_has_no_payload(target: Target, an: str, kind: str, client: str) -> None:
    evidences = [
        target.attack(client, f"{kind} M{citizen(an, name)}") for name in ("bloodGroup", "z" * 10, "personalId")
    ]
    assert all(evidence.refused for evidence in evidences)
    target.alike(*evidences, renamed={"z" * 10: "bloodGroup", "personalId": "bloodGroup"})
    assert target.attack(client, f'{kind}{{updateCitizen(personalId:"{an}"){{personalId bloodGroup}}}}').refused


ORACLE = """
query($ids: [PersonalId!]!) {
  citizens(personalIds: $ids) { legacyId9 encounters { number } contact { mobile } vehicles { chassisNumber } }
}
"""


def test_null_is_no_oracle_of_existence(target: Target, an: str) -> None:
    """Whether there is something to deny, and how much, is the same answer."""
    client, nobody = "narrow-null", "0" * 12
    asked = [[an], [nobody], [], list(target.numbers.values()), [an, nobody]]
    evidences = [target.attack(client, ORACLE, {"ids": ids}) for ids in asked]
    errors = [[(e["message"], e["path"], e["extensions"]["code"]) for e in ev.body["errors"]] for ev in evidences]
    assert all(found == errors[0] for found in errors)
    assert len(errors[0]) == 4
    for ids, evidence in zip(asked, evidences, strict=True):
        known = [None if number == nobody else number for number in ids]
        answers = evidence.body["data"]["citizens"]
        assert [answer is None for answer in answers] == [number is None for number in known]
        for answer in filter(None, answers):
            assert (answer["legacyId9"], answer["encounters"], answer["contact"]) == (None, None, None)
    root = '{household(residenceFileNumber:"%s"){address{detail}} degree(number:"%s"){title}}'
    file = target.canaries.world.value("population", "household", "residence_file_number", "an")
    degree = target.canaries.world.value("education", "van_bang", "soHieu", "an")
    here, there = (target.attack(client, root % numbers) for numbers in ((file, degree), ("Zq99999X", "Zq99998X")))
    target.alike(here, there)
    assert here.statements == []
