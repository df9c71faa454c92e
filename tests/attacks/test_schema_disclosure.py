"""attacks.md, Schema disclosure: nothing that a client can provoke names what its contract hides."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from graphql import get_introspection_query, get_named_type, parse, validate
from graphql.validation import ASTValidationRule, specified_rules

from graph.fields import Search
from graph.view import View
from tests.attacks.canaries import hidden_names, names_of
from tests.attacks.target import Evidence, Target, never_named

HIDING = ["narrow", "twin", "verifier", "scoped-narrow"]
# What another contract may see and `narrow` may not, one of each kind.
FIELD, TYPE, ROOT, ARGUMENT = "bloodGroup", "Encounter", "household", "residenceFileNumber"
INPUT_FIELD, ENUM_VALUE, ENUM, SCALAR = "dateOfBirth", "DATE_OF_BIRTH", "BloodGroup", "PartialDate"

WHOLE = get_introspection_query(
    descriptions=True, specified_by_url=True, directive_is_repeatable=True, schema_description=True,
    input_value_deprecation=True,
)  # fmt: skip
TYPE_OF = """
  name kind description specifiedByURL isOneOf interfaces{name} possibleTypes{name}
  fields(includeDeprecated:true){name description isDeprecated deprecationReason type{name ofType{name}}
    args(includeDeprecated:true){name description defaultValue deprecationReason type{name ofType{name}}}}
  inputFields(includeDeprecated:true){name description defaultValue type{name ofType{name}}}
  enumValues(includeDeprecated:true){name description deprecationReason}
"""


def refused(evidence: Evidence) -> bool:
    return evidence.response.status_code == 400 and "data" not in evidence.body and not evidence.statements


@pytest.fixture
def an(target: Target) -> str:
    return target.numbers["an"]


# Introspection


@pytest.mark.parametrize("client", HIDING)
def test_introspection_shows_the_view_and_nothing_else(target: Target, client: str) -> None:
    shown = target.attack(client, WHOLE).data["__schema"]
    types = {type_["name"] for type_ in shown["types"] if not type_["name"].startswith("__")}
    view = target.view(client)
    assert types == {name for name in view.schema.type_map if not name.startswith("__")}
    assert shown["mutationType"] is shown["subscriptionType"] is None
    named = set(re.findall(r'"name":"([^"]+)"', json.dumps(shown, separators=(",", ":"))))
    assert not named & hidden_names(view)


@pytest.mark.parametrize("client", HIDING)
def test_a_hidden_type_is_no_type(target: Target, client: str) -> None:
    view = target.view(client)
    whole = {name for name in view.catalog.schema.type_map if not name.startswith("__")}
    for name in sorted(whole - set(view.schema.type_map)):
        evidence = target.hidden_like_never(client, f'{{__type(name:"HIDDEN"){{{TYPE_OF}}}}}', name)
        assert evidence.data == {"__type": None}


@pytest.mark.parametrize("client", HIDING)
def test_a_shown_type_shows_only_its_shown_parts(target: Target, client: str) -> None:
    """Deprecated ones, arguments, input fields, enum values, possible types: each part by the view."""
    view = target.view(client)
    for name in sorted(view.schema.type_map):
        shown = target.attack(client, f"query($n:String!){{__type(name:$n){{{TYPE_OF}}}}}", {"n": name}).data["__type"]
        type_: Any = view.schema.type_map[name]
        for part, members in (("fields", "fields"), ("inputFields", "fields"), ("enumValues", "values")):
            if shown[part] is not None:
                assert [member["name"] for member in shown[part]] == list(getattr(type_, members))
        for field in shown["fields"] or ():
            assert [argument["name"] for argument in field["args"]] == list(type_.fields[field["name"]].args)
        assert not shown["possibleTypes"]


def test_directives_tell_nothing_that_is_hidden(target: Target) -> None:
    query = "{__schema{directives{name description locations args{name description defaultValue type{name}}}}}"
    evidences = [target.attack(client, query) for client in (*HIDING, "whole")]
    assert evidences[0].data
    target.alike(*evidences)


@pytest.mark.parametrize("client", HIDING)
def test_the_sdl_and_its_descriptions_tell_nothing_that_is_hidden(target: Target, client: str) -> None:
    view = target.view(client)
    with target.gathering(client) as evidence:
        authorization = target.service.governance.authorizations[client]
        evidence.response = target.http.get(
            f"{target.service.url}/schema.graphql", headers={"authorization": authorization}
        )
    assert evidence.response.status_code == 200
    spoken = evidence.response.text.lower()
    told = {phrase for phrase in _hidden_phrases(view) if " " in phrase and phrase in spoken}
    shown = "\n".join(_called(type_) for name, type_ in view.schema.type_map.items() if name != "Query")
    assert not {phrase for phrase in told if phrase not in shown}, "descriptions of what is shown name what is hidden"


def _hidden_phrases(view: View) -> set[str]:
    """What is called so in prose and may neither be read nor used: the first words of descriptions."""
    catalog = view.catalog
    types: Any = catalog.schema.type_map
    named = {
        coordinate: types[coordinate.split(".")[0]].fields[coordinate.split(".")[1]] for coordinate in catalog.homes
    }
    described = [(coordinate, field.description) for coordinate, field in named.items()]
    for root, home in catalog.roots.items():
        if isinstance(home, Search):
            inputs: Any = get_named_type(types["Query"].fields[root].args["filter"].type)
            described += [(c.field, inputs.fields[name].description) for name, c in home.criteria.items()]
    usable = view.readable | view.permission.filterable
    return {re.split(r"[(:;,.]", text)[0].strip().lower() for coordinate, text in described if coordinate not in usable}


def _called(type_: Any) -> str:
    """The descriptions of a type and of its fields."""
    fields = getattr(type_, "fields", {}).values()
    return "\n".join(part.description or "" for part in (type_, *fields)).lower()


@pytest.mark.parametrize(
    "document",
    [
        'query{a:__type(name:"HIDDEN"){n:name f:fields{n:name}} b:__schema{t:types{n:name}}}',
        'query{citizen(personalId:"NUMBER"){personalId} t:__type(name:"HIDDEN"){name fields{name}}}',
        'query{...F} fragment F on Query{x:__type(name:"HIDDEN"){...T}} fragment T on __Type{name fields{name}}',
        'query($t:String="HIDDEN"){__type(name:$t){name enumValues{name}}}',
    ],
)
def test_introspection_aliased_mixed_and_in_fragments_shows_the_view(target: Target, an: str, document: str) -> None:
    evidence = target.hidden_like_never("narrow", document.replace("NUMBER", an), TYPE)
    assert None in evidence.data.values()


@pytest.mark.parametrize("client", ["narrow", "whole"])
def test_introspection_over_get_is_not_served(target: Target, client: str) -> None:
    authorization = target.service.governance.authorizations[client]
    for name in (TYPE, never_named(TYPE)):
        with target.gathering(client) as evidence:
            query = f'{{__type(name:"{name}"){{name}} __schema{{types{{name}}}}}}'
            evidence.response = target.http.get(
                f"{target.service.url}/graphql", params={"query": query}, headers={"authorization": authorization}
            )
        assert evidence.response.status_code == 405
        assert evidence.response.text == "Method Not Allowed"


# Suggestions


def test_no_misspelling_is_put_right(target: Target, an: str) -> None:
    """One letter away from what is hidden and from what is shown: fields, types, arguments, enum values, inputs."""
    documents = {
        "bloodGrouq": 'query{citizen(personalId:"NUMBER"){HIDDEN}}',
        "personalIe": 'query{citizen(personalId:"NUMBER"){HIDDEN}}',
        "vehicle_": "query{HIDDEN{plate}}",
        "househole": "query{HIDDEN{address{detail}}}",
        "Encountes": "query{viewer{...on HIDDEN{number}}}",
        "Citizes": "query{viewer{...on HIDDEN{number}}}",
        "CitizenFilte": "query($f:HIDDEN){viewer{client}}",
        "dateOfBirti": 'query{searchCitizens(filter:{HIDDEN:"1990"}){pageInfo{hasNextPage}}}',
        "nama": 'query{searchCitizens(filter:{HIDDEN:"a"}){pageInfo{hasNextPage}}}',
        "DATE_OF_BIRTI": 'query{searchCitizens(filter:{name:"a"},orderBy:HIDDEN){pageInfo{hasNextPage}}}',
        "NAMA": 'query{searchCitizens(filter:{name:"a"},orderBy:HIDDEN){pageInfo{hasNextPage}}}',
        "personalIc": 'query{citizen(HIDDEN:"NUMBER"){personalId}}',
        "residenceFileNumbes": 'query{citizen(personalId:"NUMBER",HIDDEN:"1"){personalId}}',
        "includ": 'query{citizen(personalId:"NUMBER"){personalId@HIDDEN(if:true)}}',
    }
    for misspelled, document in documents.items():
        evidence = target.hidden_like_never("narrow", document.replace("NUMBER", an), misspelled)
        assert refused(evidence)
        assert "ean" not in evidence.response.text  # "Did you mean", "meant"
        for other in ("whole", "narrow-null"):
            told = target.attack(other, document.replace("NUMBER", an).replace("HIDDEN", misspelled))
            assert refused(told)
            assert "ean" not in told.response.text


# Validation


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
        assert refused(evidence)
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
    assert refused(target.hidden_like_never("narrow", document, hidden, given))


@pytest.mark.parametrize("size", [100, 100_000])
def test_an_over_long_enum_value_names_no_other(target: Target, size: int) -> None:
    long = "DATE_OF_BIRTH" + "H" * size
    query = 'query($o:CitizenOrder){searchCitizens(filter:{name:"a"},orderBy:$o){pageInfo{hasNextPage}}}'
    evidence = target.attack("narrow", query, {"o": long})
    assert refused(evidence)
    assert "NAME" not in evidence.response.text.replace(long, "")
    literal = query.replace("query($o:CitizenOrder)", "query").replace("$o", long)
    assert refused(target.attack("narrow", literal))


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
    assert refused(evidence)
    assert evidence.codes == ["BAD_USER_INPUT"]
    assert not names_of(target.view("whole").schema) & set(
        re.findall(r"\w+", evidence.body["errors"][0]["message"])
    ) - {"PersonalId"}


def test_a_hidden_scalar_has_no_error_of_its_own(target: Target) -> None:
    """`PartialDate` is what a hidden input field takes: its own sentence would tell that there is such a field."""
    query = 'query{searchCitizens(filter:{name:"a",HIDDEN:"30-02-1990"}){pageInfo{hasNextPage}}}'
    evidence = target.hidden_like_never("narrow", query, INPUT_FIELD)
    assert refused(evidence)
    assert "yyyy" not in evidence.response.text
