"""attacks.md, Schema disclosure: no message that a client can provoke names what its contract hides."""

from __future__ import annotations

import re
from typing import Any

import pytest
from graphql import parse, validate
from graphql.validation import ASTValidationRule, specified_rules

from tests.attacks.names import names_of
from tests.attacks.target import Target, never_named

# What another contract may see and `narrow` may not, one of each kind.
FIELD, TYPE, ROOT, ARGUMENT = "bloodGroup", "Encounter", "household", "residenceFileNumber"
INPUT_FIELD, ENUM_VALUE, ENUM, SCALAR = "dateOfBirth", "DATE_OF_BIRTH", "BloodGroup", "PartialDate"


def _citizen(selection: str, more: str = "") -> str:
    return f'query{{citizen(personalId:"NUMBER"){{{selection}}}}}{more}'


SEARCH = "searchCitizens(filter:{name:%s}%s){pageInfo{hasNextPage}}"
# For each rule of GraphQL's validation a document that breaks it about something hidden.
VALIDATION: dict[str, list[tuple[str, str]]] = {
    "ExecutableDefinitionsRule": [("type HIDDEN{a:Int} query{viewer{client}}", TYPE)],
    "KnownOperationTypesRule": [("mutation{HIDDEN{a}}", ROOT)],
    "UniqueOperationNamesRule": [("query HIDDEN{viewer{client}} query HIDDEN{viewer{client}}", TYPE)],
    "LoneAnonymousOperationRule": [(_citizen("HIDDEN", " query B{viewer{client}}"), FIELD)],
    "SingleFieldSubscriptionsRule": [("subscription{a:HIDDEN{b} c:HIDDEN{d}}", ROOT)],
    "KnownTypeNamesRule": [
        (_citizen("...on HIDDEN{a}"), TYPE),
        ("query($a:HIDDEN){viewer{client}}", ENUM),
        ("query($a:[HIDDEN!]!){viewer{client}}", SCALAR),
    ],
    "FragmentsOnCompositeTypesRule": [(_citizen("...on HIDDEN{a}"), ENUM), (_citizen("...on HIDDEN{a}"), SCALAR)],
    "VariablesAreInputTypesRule": [("query($a:HIDDEN){viewer{client}}", TYPE)],
    "ScalarLeafsRule": [
        (_citizen("HIDDEN{a}"), FIELD),
        (_citizen("HIDDEN"), "contact"),
        (_citizen("HIDDEN"), "encounters"),
        ("query{HIDDEN}", ROOT),
    ],
    "FieldsOnCorrectTypeRule": [(_citizen("HIDDEN"), FIELD), ("query{HIDDEN{a}}", ROOT)],
    "UniqueFragmentNamesRule": [(_citizen("...F", " fragment F on Citizen{HIDDEN} fragment F on Citizen{a}"), FIELD)],
    "KnownFragmentNamesRule": [(_citizen("HIDDEN ...G"), FIELD)],
    "NoUnusedFragmentsRule": [(_citizen("personalId", " fragment F on HIDDEN{a}"), TYPE)],
    "PossibleFragmentSpreadsRule": [(_citizen("...on HIDDEN{number}"), TYPE), (_citizen("...on HIDDEN{a}"), "Contact")],
    "NoFragmentCyclesRule": [(_citizen("...F", " fragment F on Citizen{HIDDEN ...F}"), FIELD)],
    "UniqueVariableNamesRule": [("query($a:HIDDEN,$a:HIDDEN){viewer{client}}", ENUM)],
    "NoUndefinedVariablesRule": [("query{HIDDEN(a:$b){c}}", ROOT)],
    "NoUnusedVariablesRule": [("query($a:HIDDEN){viewer{client}}", ENUM)],
    "KnownDirectivesRule": [(_citizen("HIDDEN@personalData"), FIELD), (_citizen("personalId@HIDDEN"), "sourceOf")],
    "UniqueDirectivesPerLocationRule": [(_citizen("HIDDEN@skip(if:true)@skip(if:true)"), FIELD)],
    "DeferStreamDirectiveOnRootField": [("mutation{...@defer{HIDDEN}}", ROOT)],
    "DeferStreamDirectiveOnValidOperationsRule": [("subscription{...@defer{HIDDEN}}", ROOT)],
    "DeferStreamDirectiveLabel": [(_citizen('...@defer(label:"a"){HIDDEN} ...@defer(label:"a"){HIDDEN}'), FIELD)],
    "StreamDirectiveOnListField": [(_citizen("HIDDEN@stream"), FIELD)],
    "KnownArgumentNamesRule": [
        ('query{HIDDEN(nothing:"1"){a}}', ROOT),
        ('query{citizen(personalId:"NUMBER",HIDDEN:"1"){personalId}}', ARGUMENT),
        (_citizen("HIDDEN(nothing:1)"), FIELD),
    ],
    "UniqueArgumentNamesRule": [("query{HIDDEN(a:1,a:2){b}}", ROOT)],
    "ValuesOfCorrectTypeRule": [
        ("query{HIDDEN(residenceFileNumber:1){a}}", ROOT),
        ("query{" + SEARCH % ('"a",HIDDEN:1', "") + "}", INPUT_FIELD),
        ("query{" + SEARCH % ('"a"', ",orderBy:HIDDEN") + "}", ENUM_VALUE),
        ("query($a:HIDDEN=NONE){viewer{client}}", ENUM),
    ],
    "ProvidedRequiredArgumentsRule": [("query{HIDDEN{address{detail}}}", ROOT)],
    "VariablesInAllowedPositionRule": [("query($a:Int){HIDDEN(residenceFileNumber:$a){a}}", ROOT)],
    "OverlappingFieldsCanBeMergedRule": [
        (_citizen("x:HIDDEN x:birthName{givenName}"), FIELD),
        (_citizen("x:HIDDEN{a} x:HIDDEN{a:b}"), "contact"),
        ('query{x:HIDDEN(residenceFileNumber:"1"){a} x:HIDDEN(residenceFileNumber:"2"){a}}', ROOT),
    ],
    "UniqueInputFieldNamesRule": [("query{" + SEARCH % ('"a",HIDDEN:"1",HIDDEN:"2"', "") + "}", INPUT_FIELD)],
    "MaxIntrospectionDepthRule": [
        ('query{__type(name:"HIDDEN"){fields{type{fields{type{fields{type{fields{name}}}}}}}}}', TYPE)
    ],
}


# Rules about the fields of root types that the schema does not have.
IDLE = {"SingleFieldSubscriptionsRule", "DeferStreamDirectiveOnRootField"}


def test_every_validation_rule_has_its_attack() -> None:
    assert set(VALIDATION) == {rule.__name__ for rule in specified_rules}


@pytest.mark.parametrize("rule", specified_rules, ids=lambda rule: rule.__name__)
def test_no_validation_message_tells_a_hidden_name(target: Target, an: str, rule: type[ASTValidationRule]) -> None:
    for document, hidden in VALIDATION[rule.__name__]:
        text = document.replace("NUMBER", an)
        evidence = target.hidden_like_never("narrow", text, hidden)
        assert evidence.refused
        asked = [text.replace("HIDDEN", name) for name in (hidden, never_named(hidden))]
        broken = [validate(target.view("whole").schema, parse(document), [rule]) for document in asked]
        assert any(broken) or rule.__name__ in IDLE, "the document is none of this rule's"


# Variables


@pytest.mark.parametrize(
    ("definition", "argument", "given", "hidden"),
    [
        ("$f:CitizenFilter!", "filter:$f", {"f": {"HIDDEN": "1990"}}, INPUT_FIELD),
        ("$f:CitizenFilter!", "filter:$f", {"f": {"name": "a", "HIDDEN": None}}, INPUT_FIELD),
        ("$f:CitizenFilter!", "filter:$f", {"f": {"name": "a", "HIDDEN": {"a": 1}}}, "provinceCode"),
        ("$f:CitizenFilter={HIDDEN:1}", "filter:$f", {}, INPUT_FIELD),
        ("$f:String", "filter:{HIDDEN:$f}", {"f": "1990"}, INPUT_FIELD),
        ("$o:CitizenOrder", 'filter:{name:"a"},orderBy:$o', {"o": "HIDDEN"}, ENUM_VALUE),
        ("$o:CitizenOrder=HIDDEN", 'filter:{name:"a"},orderBy:$o', {}, ENUM_VALUE),
        ("$o:CitizenOrder", 'filter:{name:"a"},orderBy:$o', {"o": ["HIDDEN"]}, ENUM_VALUE),
        ("$o:HIDDEN", 'filter:{name:"a"}', {"o": "A"}, ENUM),
        ("$d:HIDDEN", 'filter:{name:"a"}', {"d": "1990-02-30"}, SCALAR),
    ],
)
def test_no_variable_tells_a_hidden_name(
    target: Target, definition: str, argument: str, given: dict[str, Any], hidden: str
) -> None:
    document = f"query({definition}){{searchCitizens({argument}){{pageInfo{{hasNextPage}}}}}}"
    assert target.hidden_like_never("narrow", document, hidden, given).refused


@pytest.mark.parametrize("size", [100, 100_000])
def test_an_over_long_enum_value_names_no_other(target: Target, size: int) -> None:
    long = "DATE_OF_BIRTH" + "H" * size
    query = 'query($o:CitizenOrder){searchCitizens(filter:{name:"a"},orderBy:$o){pageInfo{hasNextPage}}}'
    evidence = target.attack("narrow", query, {"o": long})
    assert evidence.refused
    assert "NAME" not in evidence.response.text.replace(long, "")
    literal = query.replace("query($o:CitizenOrder)", "query").replace("$o", long)
    assert target.attack("narrow", literal).refused


@pytest.mark.parametrize(
    ("definition", "given"),
    [
        ("$n:PersonalId!", "12345678901x"),
        ("$n:PersonalId!", 12345678901),
        ("$n:PersonalId!", {"$ne": None}),
        ("$n:PersonalId!", ["079190000001"]),
        ("$n:PersonalId!", None),
        ("$n:PersonalId!", "٠٧٩١٩٠٠٠٠٠٠١"),
    ],
)
def test_the_error_of_a_scalar_says_its_form_and_nothing_of_data(target: Target, definition: str, given: Any) -> None:
    query = f"query({definition}){{citizen(personalId:$n){{personalId}}}}"
    evidence = target.attack("narrow", query, {"n": given})
    assert evidence.refused
    assert evidence.codes == ["BAD_USER_INPUT"]
    assert not names_of(target.view("whole").schema) & set(
        re.findall(r"\w+", evidence.body["errors"][0]["message"])
    ) - {"PersonalId"}


def test_a_hidden_scalar_has_no_error_of_its_own(target: Target) -> None:
    """`PartialDate` is what a hidden input field takes: its own sentence would tell that there is such a field."""
    query = 'query{searchCitizens(filter:{name:"a",HIDDEN:"30-02-1990"}){pageInfo{hasNextPage}}}'
    evidence = target.hidden_like_never("narrow", query, INPUT_FIELD)
    assert evidence.refused
    assert "yyyy" not in evidence.response.text
