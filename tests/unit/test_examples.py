"""Example queries and reaches of any contract: what is printed fits, and what is said to be read is what is read."""

from __future__ import annotations

from random import Random

import pytest

from auth.contract import Client
from auth.process.request import ConnectionRequest, to_contract
from graph.catalog import Catalog
from graph.homes import Report, Stored
from graph.schema import schema
from graph.view import View
from resolvers.documents import prepare_document
from resolvers.examples import examples_of
from resolvers.planner import plan_operation
from resolvers.reach import reach_of
from service.document.build import technical_document
from service.document.content import Connection
from service.document.render import document_html, document_pdf
from tests.reach import readable_elements
from tests.strategies.contracts import everything, random_permission

CATALOG = Catalog.of(schema)


def any_view(seed: int) -> View:
    return View.of(CATALOG, random_permission(CATALOG, Random(seed)))


@pytest.mark.parametrize("seed", range(12))
def test_examples_of_any_contract_cover_its_services_and_are_permitted(seed: int) -> None:
    view = any_view(seed)
    examples = examples_of(view)
    assert {example.root for example in examples} == view.roots
    for example in examples:
        document = prepare_document(view, example.query)
        plan = plan_operation(view, document.operation(None).node, document.fragments, {})
        assert plan.denied == ()
        assert isinstance(CATALOG.roots[example.root], Report) or list(plan.fetches())


@pytest.mark.parametrize("seed", range(12))
def test_the_reach_of_any_contract_reads_only_what_its_grants_open(seed: int) -> None:
    view = any_view(seed)
    places = reach_of(view).places
    stored = [place for place in places if isinstance(CATALOG.homes[place.coordinate], Stored)]
    read = {element for place in stored for element in place.elements if "->" not in element}
    opened = {f"{source}: {table}.{element}" for source, table, element in readable_elements(view)}
    assert read <= opened
    assert {place.coordinate for place in places} <= view.readable


def test_the_reach_of_everything_is_everything() -> None:
    assert reach_of(View.of(CATALOG, everything(CATALOG))).coordinates == set(CATALOG.coordinates())


def test_a_place_is_a_path_that_can_be_asked_for() -> None:
    view = any_view(1)
    for place in reach_of(view).places[:200]:
        field = CATALOG.schema.query_type
        for name in place.path[:-1]:
            assert field is not None
            inner = field.fields[name].type
            while hasattr(inner, "of_type"):
                inner = inner.of_type
            field = inner
        assert field is not None
        assert f"{field.name}.{place.path[-1]}" == place.coordinate


def test_a_request_that_is_hardly_begun_has_a_document_too() -> None:
    contract = to_contract(ConnectionRequest(), "moi", 1, Client("moi", "Đơn vị mới"))
    document = technical_document(CATALOG, contract, Connection("https://cong.example.vn"))
    assert "moi" in document_html(document)
    assert document_pdf(document).startswith(b"%PDF-")
