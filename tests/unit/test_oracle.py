"""The engine and the oracle agree: generated contracts, data and operations, from a fixed seed.

On a failure the case is made smaller and printed in full, as Python literals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from graph.catalog import Catalog
from graph.schema import build_schema
from graph.view import View
from tests.oracle import Oracle
from tests.question import Question, World
from tests.strategies.cases import Bench, Case, reproduction
from tests.strategies.contracts import everything, random_permission
from tests.strategies.operations import random_question
from tests.strategies.reduce import reduced
from tests.strategies.tables import PROVINCES, random_tables

PARTS = 4
ROUNDS = 20
CASES = 2000
WORLDS = 3
QUESTIONS = 7

PAGES = """
query Page($filter: CitizenFilter!, $order: CitizenOrder, $first: Int!, $after: String) {
  searchCitizens(filter: $filter, orderBy: $order, first: $first, after: $after) {
    edges { cursor node { personalId birthName { full } } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""

# No two fetches of it are alike: equal ones would be made once, which depends on the keys.
BROAD = """
query Broad($numbers: [PersonalId!]!) {
  citizens(personalIds: $numbers) {
    gender
    household { members { citizen { legacyId9 vehicles { plate owner { gender } } } } }
    relatives { citizen { dateOfBirth birthRecord { number } } }
    again: vehicles { make }
  }
}
"""


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.of(build_schema())


@pytest.fixture
def bench(catalog: Catalog) -> Iterator[Bench]:
    bench = Bench(catalog)
    yield bench
    bench.close()


def random_world(catalog: Catalog, random: Random) -> World:
    failing = {
        source: random.choice(("SOURCE_UNAVAILABLE", "SOURCE_TIMEOUT"))
        for source in sorted(catalog.sources)
        if random.random() < 0.08
    }
    return World(random_tables(catalog, random, random.choice((0, 3, 8, 8, 12, 12))), failing)


def generated_cases(catalog: Catalog, random: Random) -> Iterator[Case]:
    """The cases of one round: one contract, several worlds, several questions to each.

    Some documents come again, with other switches and under another contract, as plans are kept by both.
    """
    view = View.of(catalog, random_permission(catalog, random))
    whole = View.of(catalog, everything(catalog))
    oracle, whole_oracle = Oracle(view), Oracle(whole)
    for _ in range(WORLDS):
        world = random_world(catalog, random)
        for _ in range(QUESTIONS):
            case = Case(view, oracle, world, random_question(view, world.tables, random))
            yield case
            if random.random() < 0.15:
                yield replace(case, question=switched(case.question))
            if random.random() < 0.1:
                yield replace(case, view=whole, oracle=whole_oracle)


def switched(question: Question) -> Question:
    """The same document with every given Boolean the other way round."""
    flipped = {name: not value if isinstance(value, bool) else value for name, value in question.variables.items()}
    return replace(question, variables=flipped)


def report(bench: Bench, case: Case, complaint: str) -> str:
    """The reproduction of the smallest case that was found with a complaint of this kind."""

    def fails(other: Case) -> bool:
        return any(found.split()[:2] == complaint.split()[:2] for found in bench.complaints(other))

    small = reduced(case, fails)
    return reproduction(small, bench.complaints(small))


# In parts, which processes can share: each takes about twenty seconds.
@pytest.mark.parametrize(
    "part", [pytest.param(n, marks=[pytest.mark.xdist_group(f"oracle-{n}"), pytest.mark.lengthy]) for n in range(PARTS)]
)
def test_the_engine_and_the_oracle_agree(catalog: Catalog, bench: Bench, part: int) -> None:
    tally: Counter[str] = Counter()

    # One draw for each round: the rest is plain Python from that seed, and `reduced` does what shrinking would.
    # Every part draws alike, so its number belongs to the seed.
    @settings(
        max_examples=ROUNDS,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(seed=st.integers(0, 2**32))
    def rounds(seed: int) -> None:
        for case in generated_cases(catalog, Random(f"{part} {seed}")):
            complaints = bench.complaints(case)
            if complaints:
                pytest.fail(report(bench, case, complaints[0]), pytrace=False)
            outcome = bench.ask(case)
            tally["cases"] += 1
            tally["joined"] += len(outcome.statements) > 1
            tally["refused"] += outcome.prepared is None
            tally["rows"] += outcome.execution is not None and any(outcome.execution.run.rows.values())
            tally.update({code for code, _, _ in outcome.faults})

    rounds()
    print(dict(tally))  # noqa: T201 - shown by `pytest -s`, and on a failure
    assert tally["cases"] >= CASES / PARTS
    assert min(tally["rows"], tally["joined"]) > tally["cases"] / 5, "the cases say too little: they find no data"


@pytest.mark.parametrize("order", [None, "NAME", "DATE_OF_BIRTH"])
@pytest.mark.parametrize("size", [1, 2, 3, 50])
@pytest.mark.parametrize("provinces", [None, PROVINCES[:2]])
def test_pages_continue_where_the_page_before_ended(
    catalog: Catalog, bench: Bench, order: str | None, size: int, provinces: tuple[str, ...] | None
) -> None:
    contract = replace(everything(catalog).contract, row_scope={} if provinces is None else {"province": provinces})
    view = View.of(catalog, contract.permission("P"))
    oracle = Oracle(view)
    for seed in range(4):
        world = World(random_tables(catalog, Random(seed), 12))
        for wanted in ({"name": "nguyen"}, {"dateOfBirth": "1990"}):
            variables = {"filter": wanted, "order": order, "first": size}
            numbers = walk(bench, Case(view, oracle, world, Question(PAGES, None, variables)))
            whole = bench.ask(Case(view, oracle, world, Question(PAGES, None, {**variables, "first": 50})))
            assert numbers == shown(orjson.loads(whole.data))
            assert len(numbers) == len(set(numbers))


def walk(bench: Bench, case: Case) -> list[str]:
    """Every number of a search, page by page; engine and oracle each follow their own cursors."""
    numbers: list[str] = []
    cursor = oracle_cursor = None
    while True:
        asked = replace(case.question, variables={**case.question.variables, "after": cursor})
        outcome = bench.ask(replace(case, question=asked))
        answer = case.oracle.answer(
            replace(asked, variables={**asked.variables, "after": oracle_cursor}), case.world
        ).data
        assert answer is not None
        data = orjson.loads(outcome.whole)["data"]
        assert shown(data) == shown(answer)
        pages = [side["searchCitizens"]["pageInfo"] for side in (data, answer)]
        assert [(p["hasNextPage"], p["hasPreviousPage"]) for p in pages] == [
            (pages[0]["hasNextPage"], cursor is not None)
        ] * 2
        numbers += shown(data)
        cursor, oracle_cursor = (page["endCursor"] for page in pages)
        if not pages[0]["hasNextPage"]:
            return numbers


def shown(data: dict[str, Any]) -> list[str]:
    """The numbers on a page."""
    return [edge["node"]["personalId"] for edge in data["searchCitizens"]["edges"]]


def test_the_number_of_fetches_does_not_follow_the_number_of_rows(catalog: Catalog, bench: Bench) -> None:
    view = View.of(catalog, everything(catalog))
    oracle = Oracle(view)
    counts = set()
    for connector in bench.connectors.values():
        connector.turns = 1  # which equal fetches meet in one turn, and become one, must not be left to chance here
    for size in (1, 5, 40):
        numbers = [f"{number:012d}" for number in range(size)]
        world = World(
            {source: {} for source in catalog.sources}
            | {
                "population": {
                    "citizen": [
                        {"personal_id": number, "registered_no": i, "household_id": i % 3}
                        for i, number in enumerate(numbers)
                    ],
                    "household": [{"household_id": i} for i in range(3)],
                    "relative": [
                        {"relative_no": i, "personal_id": number, "relative_personal_id": number}
                        for i, number in enumerate(numbers * 2)
                    ],
                },
                "transport": {
                    "phuong_tien": [{"_id": i, "ownerPersonalId": number} for i, number in enumerate(numbers * 2)]
                },
                "civil_status": {"khai_sinh": [{"_id": i, "personalId": n} for i, n in enumerate(numbers)]},
            }
        )
        case = Case(view, oracle, world, Question(BROAD, None, {"numbers": numbers}))
        assert bench.complaints(case) == []
        counts.add(len(bench.ask(case).statements))
    assert len(counts) == 1, counts
