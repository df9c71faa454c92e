"""Golden cases: a query under a contract, its plan, what is fetched for it, and its response.

Each folder of `tests/golden` holds `query.graphql` and `contract.toml`; `request.json` may add variables, the purpose
and sources that are down. `plan.txt` and `response.json` are written by

    pytest tests/golden tests/unit/test_golden.py --regenerate-golden

and reviewed in the diff.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from auth.contract import permit
from auth.registry import read_contracts
from connectors.errors import SourceError, SourceTimeoutError, SourceUnavailableError
from connectors.fetch import Fetch, Row
from connectors.memory import MemoryConnector
from graph.catalog import Catalog
from graph.schema import schema
from graph.view import View
from resolvers.cursors import CursorSealer
from resolvers.engine import Engine, OperationRequest
from resolvers.errors import CursorError
from service.explain import describe_plan

GOLDEN = Path(__file__).parents[1] / "golden"
CASES = sorted(path.parent for path in GOLDEN.glob("*/query.graphql"))
NOW = datetime(2026, 1, 1, tzinfo=UTC)
FAILURES: Mapping[str, type[SourceError]] = {"away": SourceUnavailableError, "slow": SourceTimeoutError}


class OpenSealer(CursorSealer):
    """Cursors that a reviewer can read."""

    def seal(self, position: tuple[object, ...], binding: str) -> str:
        return json.dumps([binding, *position], ensure_ascii=False)

    def open(self, cursor: str, binding: str) -> tuple[object, ...]:
        bound, *position = json.loads(cursor)
        if bound != binding:
            raise CursorError
        return tuple(position)


class Source(MemoryConnector):
    """A source in memory; `failure` says that it does not answer."""

    failure: type[SourceError] | None = None

    async def fetch(self, fetch: Fetch) -> list[Row]:
        rows = await super().fetch(fetch)
        if self.failure is not None:
            raise self.failure(self.source)
        return rows

    def describe_fetches(self) -> list[str]:
        """The fetches that arrived, with their number of keys; values are left to the response."""
        return [f"fetched {self.source}.{fetch.statement.table}{_keys(fetch)}" for fetch in self.statements]


def _keys(fetch: Fetch) -> str:
    first = fetch.values[0]
    return f" by {len(first)} key(s)" if isinstance(first, tuple) else ""


@cache
def catalog() -> Catalog:
    return Catalog.of(schema)


def answer(case: Path) -> tuple[str, dict[str, Any]]:
    """The plan as text, and the response, of a case."""
    (contract,) = read_contracts(case / "contract.toml", NOW)
    request = json.loads((case / "request.json").read_text("utf-8")) if (case / "request.json").exists() else {}
    view = View.of(catalog(), permit(contract, request.get("purpose"), NOW))
    sources = {
        path.stem: Source(path.stem, json.loads(path.read_text("utf-8"))) for path in (GOLDEN / "data").iterdir()
    }
    for name, failure in request.get("failing", {}).items():
        sources[name].failure = FAILURES[failure]
    engine = Engine(sources, OpenSealer(bytes(32)))
    query = (case / "query.graphql").read_text("utf-8")
    prepared = engine.prepare(view, OperationRequest(query, None, request.get("variables", {})))
    execution = asyncio.run(engine.execute(view, prepared))
    engines = {name: "postgresql" if name == "population" else "mongodb" for name in sources}
    fetches = sorted(line for source in sources.values() for line in source.describe_fetches())
    plan = [describe_plan(prepared.plan, view, engines), "", *(fetches or ["fetched nothing"])]
    return "\n".join(plan) + "\n", execution.response.body()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_plan_and_the_response_are_those_reviewed(case: Path, request: pytest.FixtureRequest) -> None:
    plan, response = answer(case)
    text = json.dumps(response, ensure_ascii=False, indent=2) + "\n"
    if request.config.getoption("--regenerate-golden", default=False):
        (case / "plan.txt").write_text(plan, "utf-8")
        (case / "response.json").write_text(text, "utf-8")
    assert plan == (case / "plan.txt").read_text("utf-8")
    assert text == (case / "response.json").read_text("utf-8")


def test_every_folder_is_a_case() -> None:
    assert {path.name for path in GOLDEN.iterdir() if path.is_dir() and not path.name.startswith("__")} == {
        "data",
        *(case.name for case in CASES),
    }
    assert len(CASES) >= 14
