"""What the audit keeps of a plan: coordinates, and every column or path that is read, with its reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from auth.audit import Facts
from connectors.fetch import Statement
from resolvers.plan import FetchNode, Plan

__all__ = ["attempt", "facts_of"]


def attempt(document: str | None, requested: frozenset[str], granted: frozenset[str]) -> Facts:
    """The facts of an operation that was refused: what it asked for, by coordinate."""
    return Facts(
        document=document,
        requested=sorted(requested),
        granted=sorted(requested & granted),
        denied=sorted(requested - granted),
    )


def facts_of(plan: Plan, document: str, bound: Mapping[int, Statement]) -> Facts:
    """The facts of a plan. `bound` has the statements of slots that arguments changed (searches)."""
    return Facts(
        operation_type=plan.operation_type,
        operation_name=plan.operation_name,
        document=document,
        requested=plan.requested,
        granted=plan.granted,
        denied=plan.denied,
        sources=plan.sources,
        reads=sorted({read for node in plan.fetches() for read in _reads(node, bound.get(node.slot, node.statement))}),
    )


def _reads(node: FetchNode, statement: Statement) -> Iterator[str]:
    """Each read as `source.table.column: reasons`. An assured node reads nothing: its row is known to exist."""
    if node.assured:
        return
    reasons = {str(use.column): set(use.reasons) for use in node.uses}
    limits = set(node.statement.conditions[len(node.statement.conditions) - len(node.scope) :])
    for condition in statement.conditions:
        if condition.operator == "any" and statement.key is not None and condition == statement.conditions[0]:
            continue
        reason = "scope" if condition in limits else "order" if condition.operator == "after" else "filter"
        for column in condition.columns:
            reasons.setdefault(column, set()).add(reason)
    for column in statement.order if statement.limited else ():
        reasons.setdefault(column, set()).add("order")
    for mark in {statement.unless, *(column.unless for column in statement.columns)} - {None}:
        reasons.setdefault(str(mark), set()).add("shield")
    for column, given in reasons.items():
        yield f"{statement.source}.{statement.table}.{column}: {', '.join(sorted(given))}"
