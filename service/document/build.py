"""Making the technical document of a contract version."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import fields as fields_of
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

import orjson
from graphql import GraphQLEnumType, GraphQLField, GraphQLInputObjectType, GraphQLObjectType, Undefined, get_named_type

from auth.contract import Contract, Grant, Limits
from auth.moments import VIETNAM
from graph.catalog import Catalog
from graph.describe import describe, english, enum_of, term_of_type, vietnamese
from graph.scopes import ROW_SCOPES
from graph.view import View
from resolvers.examples import Example, compared_with, examples_of
from resolvers.reach import reach_of
from service.document.content import (
    ArgumentPart,
    CodeListPart,
    Connection,
    ExamplePart,
    FieldPart,
    LimitPart,
    PurposePart,
    ScopePart,
    ServicePart,
    TechnicalDocument,
    TypePart,
)
from service.document.words import LIMITS, SCOPES, SOURCES, ErrorWords, Words, error_words

__all__ = ["technical_document"]

_PAGING = {
    "first": "Số dòng của một trang (rows of a page)",
    "after": "Con trỏ `pageInfo.endCursor` của trang trước (cursor of the page before)",
}
_PERSISTED_CODES = frozenset(
    {"PERSISTED_QUERY_NOT_FOUND", "PERSISTED_QUERY_NOT_SUPPORTED", "PERSISTED_QUERY_HASH_MISMATCH"}
)
_TOKEN_CODES = frozenset({"TOKEN_INVALID", "ISSUER_UNAVAILABLE", "CONTRACT_REQUIRED"})


def technical_document(
    catalog: Catalog, contract: Contract, connection: Connection, samples: Mapping[str, Any] | None = None
) -> TechnicalDocument:
    """The technical document of a contract version that fits the schema.

    `samples` are values for the example queries by the coordinate that they are compared with, for instance
    `{"Citizen.personalId": "..."}` of a test persona; where none is given there stands one that no record has.
    """
    views = {code: View.of(catalog, contract.permission(code)) for code in sorted(contract.purposes)}
    purposes = tuple(_purpose(view, samples or {}) for view in views.values())
    return TechnicalDocument(
        contract_id=contract.contract_id,
        version=contract.version,
        title=contract.title,
        client_id=contract.client.client_id,
        client_name=contract.client.name,
        valid_from=_day(contract.valid_from),
        valid_to=_day(contract.valid_to - timedelta(microseconds=1)),
        nulls=contract.unpermitted == "null",
        stored_only=contract.allow_list_only,
        stored=len(contract.documents),
        connection=connection,
        curl=_curl(connection, purposes),
        purposes=purposes,
        scopes=tuple(_scope(name, values) for name, values in sorted(contract.row_scope.items())),
        code_lists=tuple(_code_lists(catalog, contract)),
        limits=tuple(
            LimitPart(limit.name, getattr(contract.limits, limit.name), LIMITS[limit.name])
            for limit in fields_of(Limits)
        ),
        errors=tuple(_errors(contract, connection)),
    )


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(VIETNAM):%d/%m/%Y}"


def _scope(name: str, values: tuple[str, ...]) -> ScopePart:
    meaning = ROW_SCOPES[name].meaning
    return ScopePart(SCOPES.get(name) or Words(meaning, meaning), ", ".join(sorted(values)))


def _purpose(view: View, samples: Mapping[str, Any]) -> PurposePart:
    contract, code, catalog = view.permission.contract, view.permission.purpose, view.catalog
    reach = reach_of(view)
    sensitive = {place.coordinate for place in reach.places if {place.coordinate, *place.inside} & catalog.sensitive}
    others = {place.coordinate for place in reach.places if place.person}
    declared = {name for name in view.readable if describe(catalog, name).third_party}
    purpose = contract.purposes[code]
    return PurposePart(
        code=code,
        text=purpose.text,
        legal_basis=purpose.legal_basis or "",
        readable=len(reach.coordinates),
        sensitive=len(sensitive),
        third_party=len(others | declared),
        types=tuple(_types(catalog, contract.grants.get(code, ()))),
        services=tuple(_services(view)),
        examples=tuple(_example(view, example) for example in examples_of(view, samples)),
        sdl=view.sdl,
    )


def _types(catalog: Catalog, grants: tuple[Grant, ...]) -> Iterator[TypePart]:
    """The granted fields by type, in the order of the schema."""
    granted = {grant.coordinate: grant for grant in grants}
    by_type: dict[str, list[FieldPart]] = {}
    for coordinate in catalog.homes:
        if coordinate in granted:
            type_name, _, name = coordinate.partition(".")
            by_type.setdefault(type_name, []).append(_field(catalog, name, granted[coordinate]))
    for type_name, fields in by_type.items():
        yield TypePart(type_name, term_of_type(catalog, type_name), tuple(fields))


def _field(catalog: Catalog, name: str, grant: Grant) -> FieldPart:
    described = describe(catalog, grant.coordinate)
    databases = tuple(SOURCES.get(source) or Words(source, source) for source in described.sources)
    return FieldPart(name, described, databases, grant.readable, grant.filterable, grant.protected)


def _services(view: View) -> Iterator[ServicePart]:
    """The permitted services with the arguments that exist for the client, also where it sees the whole schema."""
    narrowed = replace(view.permission.contract, unpermitted="hide").permission(view.permission.purpose)
    query = cast("GraphQLObjectType", View.of(view.catalog, narrowed).schema.query_type)
    for name, field in sorted(query.fields.items()):
        arguments = tuple(_arguments(view.catalog, name, field))
        yield ServicePart(name, str(field.type), field.description or "", arguments)


def _arguments(catalog: Catalog, root: str, field: GraphQLField) -> Iterator[ArgumentPart]:
    """The arguments of a service, with the criteria or orders inside them."""
    for name, argument in field.args.items():
        inner, coordinate = get_named_type(argument.type), compared_with(catalog, root, name)
        note = describe(catalog, coordinate).note if coordinate else _PAGING.get(name, "")
        note = note or getattr(inner, "description", "") or ""
        yield ArgumentPart(name, str(argument.type), _default(argument.default_value), note)
        if isinstance(inner, GraphQLInputObjectType):
            for criterion, given in inner.fields.items():
                yield ArgumentPart(f"{name}.{criterion}", str(given.type), "", given.description or "")
        elif isinstance(inner, GraphQLEnumType):
            for value, definition in inner.values.items():
                yield ArgumentPart(f"{name}: {value}", "", "", definition.description or "")


def _default(value: Any) -> str:
    return "" if value is Undefined or value is None else str(value)


def _example(view: View, example: Example) -> ExamplePart:
    query = cast("GraphQLObjectType", view.schema.query_type)
    field = query.fields.get(example.root)
    note = field.description or "" if field is not None else ""
    return ExamplePart(
        root=example.root,
        title=Words(vietnamese(note), english(example.root)),
        query=example.query,
        variables=orjson.dumps(example.variables).decode(),
        document=example.document or "",
    )


def _curl(connection: Connection, purposes: tuple[PurposePart, ...]) -> str:
    """A ready command for the first example; the key is for the reader to fill in."""
    for purpose in purposes:
        for example in purpose.examples:
            # A stored document counts byte for byte, of any other the blanks are of no account.
            query = example.query if example.document else " ".join(example.query.split())
            body = orjson.dumps({"query": query, "variables": orjson.loads(example.variables)}).decode()
            headers = ["Authorization: Bearer ltk_...", "Content-Type: application/json"]
            headers += [f"X-Purpose: {purpose.code}"] if len(purposes) > 1 else []
            lines = [
                f"curl -s {shlex.quote(connection.endpoint)}",
                *(f"-H {shlex.quote(header)}" for header in headers),
            ]
            return " \\\n  ".join([*lines, f"-d {shlex.quote(body)}"])
    return ""


def _code_lists(catalog: Catalog, contract: Contract) -> Iterator[CodeListPart]:
    """The closed lists of the granted fields, each once."""
    granted = {grant.coordinate for grants in contract.grants.values() for grant in grants}
    lists = {found.name: found for name in catalog.homes if name in granted and (found := enum_of(catalog, name))}
    for name, found in sorted(lists.items()):
        values = tuple((value, definition.description or "") for value, definition in found.values.items())
        yield CodeListPart(name, found.description or "", values)


def _errors(contract: Contract, connection: Connection) -> Iterator[ErrorWords]:
    """The error codes that a client of this contract may meet."""
    absent = {"FIELD_NOT_IN_CONTRACT"} if contract.unpermitted == "hide" else set()
    absent |= {"PURPOSE_REQUIRED"} if len(contract.purposes) == 1 else set()
    absent |= set() if connection.issuers else _TOKEN_CODES
    absent |= _PERSISTED_CODES if contract.allow_list_only else {"DOCUMENT_NOT_ALLOWED"}
    return (words for words in error_words() if words.code not in absent)
