"""The plan beside its trace: what is fetched, from where and why, with what it took this time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from connectors.fetch import Statement
from resolvers.plan import FetchNode, Plan
from service.telemetry.recorder import Recording

__all__ = ["Step", "steps_of"]

_Loads = dict[tuple[str, str], tuple[int, int, float, str | None]]


@dataclass(frozen=True, slots=True)
class Step:
    """A fetch of a plan. `uses` are (column, reasons); the times and rows are those of the trace, None when not run."""

    depth: int
    path: str
    coordinate: str
    source: str
    statement: str | None
    uses: list[tuple[str, str]]
    guard: bool
    keys: int | None
    rows: int | None
    milliseconds: float | None
    code: str | None


def steps_of(plan: Plan, recording: Recording, render: Callable[[Statement], str]) -> list[Step]:
    """The fetches of a plan in the order of its tree; `render` gives a statement's text, without values."""
    loads = _loads(recording)
    return [step for root in plan.roots if root.fetch is not None for step in _steps(root.fetch, loads, render, 0)]


def _steps(
    node: FetchNode,
    loads: _Loads,
    render: Callable[[Statement], str],
    depth: int,
    *,
    guard: bool = False,
) -> Iterator[Step]:
    path = ".".join(node.path)
    told = None if node.assured else loads.get((path, node.statement.table))
    yield Step(
        depth,
        path,
        node.coordinate,
        node.statement.source,
        None if node.assured else render(node.statement),
        [(str(use.column), ", ".join(use.reasons)) for use in node.uses],
        guard,
        *(told or (None, None, None, None)),
    )
    if node.guard is not None:
        yield from _steps(node.guard, loads, render, depth + 1, guard=True)
    for child in node.children:
        yield from _steps(child, loads, render, depth + 1)


def _loads(recording: Recording) -> _Loads:
    """Keys, rows, milliseconds and failure of each load, by the fields it served and its table."""
    rows: dict[int | None, int] = {}
    for span in recording.spans:
        returned = span.attributes.get("db.response.returned_rows")
        if returned is not None:
            rows[span.parent_id] = rows.get(span.parent_id, 0) + returned
    found: _Loads = {}
    for span in recording.spans:
        for path in span.attributes.get("lienthong.fields", ()):
            took = ((span.end_time or span.start_time) - span.start_time) / 1e6
            told = (span.attributes["graphql.dataloader.batch.size"], rows.get(span.span_id, 0), took)
            found[path, span.name.removeprefix("load ")] = (*told, span.attributes.get("error.type"))
    return found
