"""attacks.md, Schema disclosure: introspection, SDL and suggestions show what the contract permits."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from graphql import get_introspection_query, get_named_type

from graph.homes import Search
from graph.view import View
from tests.attacks.names import hidden_names
from tests.attacks.target import Target, never_named

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


# Introspection


@pytest.mark.parametrize("client", HIDING)
def test_introspection_shows_the_view_and_nothing_else(target: Target, client: str) -> None:
    shown = target.attack(client, WHOLE).data["__schema"]
    types = {type_["name"] for type_ in shown["types"] if not type_["name"].startswith("__")}
    view = target.view(client)
    assert types == {name for name in view.schema.type_map if not name.startswith("__")}
    assert shown["mutationType"] is shown["subscriptionType"] is None
    named = set(re.findall(r'"name":"([^"]+)"', json.dumps(shown, separators=(",", ":"))))
    assert not named & hidden_names(view.catalog, view.permission)


@pytest.mark.parametrize("client", ["narrow", "verifier"])
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
    usable = view.permission.readable | view.permission.filterable
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
        assert evidence.refused
        assert "ean" not in evidence.response.text  # "Did you mean", "meant"
        for other in ("whole", "narrow-null"):
            told = target.attack(other, document.replace("NUMBER", an).replace("HIDDEN", misspelled))
            assert told.refused
            assert "ean" not in told.response.text
