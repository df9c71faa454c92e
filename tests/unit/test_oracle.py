"""The engine and the oracle agree: generated contracts, data and operations, from a fixed seed.

On a failure the case is made smaller and printed in full, as Python literals.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from graph.catalog import Catalog
from graph.schema import build_schema
from graph.view import View
from tests.oracle import Oracle, World
from tests.strategies.cases import Bench, Case, reproduction
from tests.strategies.contracts import random_permission
from tests.strategies.operations import random_question
from tests.strategies.reduce import reduced
from tests.strategies.tables import random_tables

ROUNDS = 110
WORLDS = 4
QUESTIONS = 5


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.of(build_schema())


@pytest.fixture(scope="module")
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
    return World(random_tables(catalog, random, random.choice((0, 2, 5, 12))), failing)


def generated_cases(catalog: Catalog, random: Random) -> Iterator[Case]:
    """The cases of one round: one contract, several worlds, several questions to each."""
    view = View.of(catalog, random_permission(catalog, random))
    oracle = Oracle(view)
    for _ in range(WORLDS):
        world = random_world(catalog, random)
        for _ in range(QUESTIONS):
            yield Case(view, oracle, world, random_question(view, dict(world.tables), random))


def test_the_engine_and_the_oracle_agree(catalog: Catalog, bench: Bench) -> None:
    # One draw for each round: the rest is plain Python from that seed, and `reduced` does what shrinking would.
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
        for case in generated_cases(catalog, Random(seed)):
            complaints = bench.complaints(case)
            if complaints:
                kind = complaints[0].split()[:2]
                small = reduced(case, lambda other: kind in [c.split()[:2] for c in bench.complaints(other)])
                pytest.fail(reproduction(small, bench.complaints(small)), pytrace=False)

    rounds()
