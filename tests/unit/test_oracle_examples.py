"""Cases that the oracle found, or that generated data leaves out, each as small as it gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from auth.contract import Permission
from graph.catalog import Catalog
from graph.schema import build_schema
from graph.view import View
from tests.oracle import Oracle
from tests.question import Question, World
from tests.strategies.cases import Bench, Case, Outcome
from tests.strategies.contracts import everything

A, B, C = "000000000001", "000000000002", "000000000003"
CITIZENS = [{"personal_id": number, "registered_no": int(number)} for number in (A, B, C)]

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


class Asker:
    """Puts one question to the engine and to the oracle; tables are given as `source.table`."""

    def __init__(self, catalog: Catalog, bench: Bench) -> None:
        self.catalog = catalog
        self.bench = bench
        self.permission: Permission = everything(catalog)

    def case(self, query: str, tables: Rows, failing: Mapping[str, str] | None = None, **variables: Any) -> Case:
        world: dict[str, dict[str, Any]] = {source: {} for source in self.catalog.sources}
        for name, rows in {"population.citizen": CITIZENS, **tables}.items():
            source, table = name.split(".")
            world[source][table] = rows
        view = View.of(self.catalog, self.permission)
        return Case(view, Oracle(view), World(world, failing or {}), Question(query, None, variables))

    def agreed(self, query: str, tables: Rows, failing: Mapping[str, str] | None = None, **variables: Any) -> Outcome:
        """The answer, which both sides give."""
        case = self.case(query, tables, failing, **variables)
        assert self.bench.complaints(case) == []
        return self.bench.ask(case)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.of(build_schema())


@pytest.fixture
def ask(catalog: Catalog) -> Iterator[Asker]:
    bench = Bench(catalog)
    yield Asker(catalog, bench)
    bench.close()


def test_an_explicit_null_for_a_switch_refuses_the_request(ask: Asker) -> None:
    query = f'query($s: Boolean = true) {{ citizen(personalId: "{A}") {{ gender @skip(if: $s) }} }}'
    assert ask.agreed(query, {}, s=None).faults == {("BAD_USER_INPUT", (), None)}
    assert ask.agreed(query, {}).data == b'{"citizen":{}}'


def test_an_object_of_which_nothing_is_fetched_is_there_all_the_same(ask: Asker) -> None:
    tables: Rows = {
        "population.citizen": [{**CITIZENS[0], "household_id": 5}],
        "population.household": [{"household_id": 5}],
    }
    outcome = ask.agreed(f'{{ citizen(personalId: "{A}") {{ household {{ __typename }} }} }}', tables)
    assert outcome.data == b'{"citizen":{"household":{"__typename":"Household"}}}'


def test_a_variable_is_a_switch_only_where_it_switches(ask: Asker) -> None:
    query = """
    query Q($s: String) { searchCitizens(filter: {name: "a"}, after: $s) { edges { cursor } } }
    query R($s: Boolean!) { viewer @skip(if: $s) { client } }
    """
    case = ask.case(query, {})
    assert ask.bench.complaints(replace(case, question=replace(case.question, operation_name="Q"))) == []


def test_an_empty_batch_asks_no_source(ask: Asker) -> None:
    outcome = ask.agreed("{ citizens(personalIds: []) { gender } }", {}, {"population": "SOURCE_TIMEOUT"})
    assert outcome.data == b'{"citizens":[]}'


def test_a_row_belongs_once_to_a_key_that_it_lists_twice(ask: Asker) -> None:
    marriages = {"civil_status.ket_hon": [{"_id": 1, "haiBen": [A, A], "so": "7"}]}
    outcome = ask.agreed(f'{{ citizen(personalId: "{A}") {{ marriageRecords {{ number }} }} }}', marriages)
    assert outcome.data == b'{"citizen":{"marriageRecords":[{"number":"7"}]}}'


def test_rows_of_another_alias_are_not_followed(ask: Asker) -> None:
    query = f"""{{
      absent: citizen(personalId: "000000000099") {{ encounters {{ outcome }} }}
      present: citizen(personalId: "{A}") {{ vehicles {{ plate }} }}
    }}"""
    statements = ask.bench.ask(ask.case(query, {})).statements
    assert not [fetch for fetch in statements if fetch.statement.source == "health"], "nobody asked for A's encounters"


def test_an_absent_object_has_no_failure_below_it(ask: Asker) -> None:
    query = f"""{{
      absent: citizen(personalId: "000000000099") {{ encounters {{ outcome }} }}
      present: citizen(personalId: "{A}") {{ vehicles {{ plate }} }}
    }}"""
    outcome = ask.bench.ask(ask.case(query, {}, {"health": "SOURCE_TIMEOUT"}))
    assert outcome.faults == frozenset()


def test_rows_that_are_not_shown_are_not_followed(ask: Asker) -> None:
    births = [
        {"_id": 1, "personalId": A, "me": {"personalId": B}},
        {"_id": 2, "personalId": A, "me": {"personalId": C}},
    ]
    query = f'{{ citizen(personalId: "{A}") {{ birthRecord {{ mother {{ vehicles {{ plate }} }} }} }} }}'
    outcome = ask.agreed(query, {"civil_status.khai_sinh": births})
    assert outcome.execution is not None
    assert B not in outcome.execution.run.subjects


@pytest.mark.parametrize("broken", [[A, B], {"a": 1}])
@pytest.mark.parametrize(
    ("query", "source", "row"),
    [
        pytest.param(
            '{ drivingLicence(number: "x") { number holder { gender } } }',
            "transport.giay_phep_lai_xe",
            {"soGPLX": "x", "personalId": "BROKEN"},
            id="the key of a link",
        ),
        pytest.param(
            f'{{ citizen(personalId: "{A}") {{ marriageRecords {{ number }} }} }}',
            "civil_status.ket_hon",
            {"haiBen": [A, "BROKEN"], "so": "7"},
            id="an item of a list of keys",
        ),
    ],
)
def test_a_key_of_the_wrong_shape_costs_only_its_own_field(
    ask: Asker, broken: object, query: str, source: str, row: dict[str, Any]
) -> None:
    put = {name: broken if value == "BROKEN" else value for name, value in row.items()}
    if isinstance(put.get("haiBen"), list):
        put["haiBen"] = [A, broken]
    outcome = ask.bench.ask(ask.case(query, {source: [{"_id": 1, **put}]}))
    assert b'"number":' in outcome.data


def test_where_citizens_cannot_be_asked_a_hidden_record_fails_like_one_that_is_not_there(ask: Asker) -> None:
    ask.permission = replace(ask.permission.contract, row_scope={"province": ("79",)}).permission("P")
    vehicles = {"transport.phuong_tien": [{"_id": 1, "bienSo": "x", "ownerPersonalId": A}]}
    away = {"population": "SOURCE_UNAVAILABLE"}
    outcomes = [ask.agreed(f'{{ vehicle(plate: "{plate}") {{ make }} }}', vehicles, away) for plate in ("x", "y")]
    assert outcomes[0].whole == outcomes[1].whole
    assert outcomes[0].faults == {("SOURCE_UNAVAILABLE", ("vehicle",), None)}


def test_of_two_records_of_one_number_the_one_out_of_scope_does_not_exist(ask: Asker) -> None:
    contract = replace(ask.permission.contract, row_scope={"province": ("79",)})
    ask.permission = contract.permission("P")
    tables: Rows = {
        "population.citizen": [
            {**CITIZENS[0], "permanent_province_code": "79"},
            {**CITIZENS[1], "permanent_province_code": "01"},
        ],
        "transport.giay_phep_lai_xe": [
            {"_id": 1, "soGPLX": "x", "personalId": A, "coQuanCap": "in scope"},
            {"_id": 2, "soGPLX": "x", "personalId": B, "coQuanCap": "later, and out of scope"},
        ],
    }
    outcome = ask.agreed('{ drivingLicence(number: "x") { issuedBy } }', tables)
    assert outcome.data == b'{"drivingLicence":{"issuedBy":"in scope"}}'
