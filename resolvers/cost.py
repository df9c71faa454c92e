"""The cost of a request: how many rows it makes the databases read, as far as that can be told beforehand.

It follows from the plan and the number of keys alone, so it tells nothing of the data. A list counts as `FAN_OUT` rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.homes import Lookup, Search
from resolvers.plan import FetchNode, Plan, RootField

__all__ = ["FAN_OUT", "cost_of"]

FAN_OUT = 5


def cost_of(plan: Plan, arguments: Mapping[str, Mapping[str, Any]]) -> int:
    """Rows to be read by the roots that have `arguments` (coerced, by response key)."""
    return sum(
        _keys(root, arguments[root.key]) * _rows(root.fetch)
        for root in plan.roots
        if root.fetch is not None and root.key in arguments
    )


def _keys(root: RootField, arguments: Mapping[str, Any]) -> int:
    if isinstance(root.home, Lookup):
        return len(next(iter(arguments.values()))) if root.many else 1
    return max(1, arguments["first"]) if isinstance(root.home, Search) else 1


def _rows(node: FetchNode) -> int:
    """Rows read for one row of a node: itself, its guard, and what is below."""
    own = 0 if node.assured else 1
    guard = 0 if node.guard is None else 1
    return own + guard + sum(_rows(child) * (FAN_OUT if child.many else 1) for child in node.children)
