"""Binding: a plan's root with the request's arguments and row scope becomes a fetch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import Any

from connectors.fetch import Column, Condition, Fetch, Statement
from graph.homes import Criterion, Search, Verify
from graph.view import View
from resolvers.cursors import CursorSealer
from resolvers.errors import FieldNotInContractError, InputError, LimitExceededError
from resolvers.plan import FetchNode, RootField

__all__ = ["Page", "bind_lookup", "bind_search", "bind_verify", "scope_values"]


@dataclass(frozen=True, slots=True)
class Page:
    """A bound search: its fetch, the rows that a page shows, where a row's cursor is, and what binds it."""

    fetch: Fetch
    first: int
    position: tuple[int, ...]
    binding: str
    continued: bool


def scope_values(view: View, node: FetchNode) -> tuple[tuple[str, ...], ...]:
    """The values of a node's row scope, in the order of its conditions."""
    row_scope = view.permission.contract.row_scope
    return tuple(row_scope[name] for name in node.scope)


def bind_lookup(root: RootField, arguments: Mapping[str, Any]) -> list[Any]:
    """The keys of a look-up, in the order given. Raises `InputError` for one that no record can have."""
    value = next(iter(arguments.values()))
    keys = list(value) if root.many else [value]
    for key in keys:
        _refuse_nul(key)
    return keys


def _refuse_nul(value: Any) -> None:
    """PostgreSQL cannot hold U+0000, so no record has it."""
    if isinstance(value, str) and "\0" in value:
        raise InputError("an argument must not contain U+0000")


def bind_verify(home: Verify, node: FetchNode, arguments: Mapping[str, Any], view: View) -> Fetch:
    """The fetch that finds the record only if every particular agrees."""
    values = tuple(_folded(criterion, arguments[name]) for name, criterion in home.criteria.items())
    return Fetch(node.statement, (*values, *scope_values(view, node)))


def bind_search(
    root: RootField,
    home: Search,
    node: FetchNode,
    arguments: Mapping[str, Any],
    view: View,
    sealer: CursorSealer,
) -> Page:
    """The fetch of one page.

    Raises `InputError` for no criterion or a bad page size, `CursorError` for a foreign cursor,
    `FieldNotInContractError` for a criterion or an order without a filterable grant.
    """
    criteria = {name: c for name, c in home.criteria.items() if arguments["filter"].get(name) is not None}
    order = _order(arguments.get("orderBy"))
    for criterion in criteria.values():
        _require(view, criterion.field)
    if order is not None:
        _require(view, home.orders[order][1])
    if not criteria:
        raise InputError("`filter` needs at least one criterion")
    first = _page_size(arguments["first"], view)
    entity = view.catalog.entities[home.entity]
    sort = (home.orders[order][0], entity.identity) if order is not None else (entity.identity,)
    contract, _, purpose, _ = view.key
    binding = "|".join((contract, purpose, root.name, order or ""))
    values: list[Any] = [_folded(criterion, arguments["filter"][name]) for name, criterion in criteria.items()]
    values += scope_values(view, node)
    after = arguments.get("after")
    if after is not None:
        values.append(sealer.open(after, binding))
    compared = [criterion.field for criterion in criteria.values()] + ([] if order is None else [home.orders[order][1]])
    unless = entity.protected if any(view.shields(field) for field in compared) else node.statement.unless
    statement = _page_statement(node.statement, tuple(criteria.values()), sort, unless, continued=after is not None)
    start = len(statement.columns) - len(sort)
    return Page(
        fetch=Fetch(statement, tuple(values), first + 1),
        first=first,
        position=tuple(range(start, len(statement.columns))),
        binding=binding,
        continued=after is not None,
    )


@lru_cache(maxsize=1024)
def _page_statement(
    base: Statement, criteria: tuple[Criterion, ...], sort: tuple[str, ...], unless: str | None, *, continued: bool
) -> Statement:
    conditions = [Condition((criterion.element,), criterion.operator) for criterion in criteria]
    conditions += base.conditions
    if continued:
        conditions.append(Condition(sort, "after"))
    return replace(
        base,
        columns=(*base.columns, *(Column(name) for name in sort)),
        conditions=tuple(conditions),
        order=sort,
        limited=True,
        unless=unless,
    )


def _order(given: Any) -> str | None:
    if given is None:
        return None
    return given.name if isinstance(given, Enum) else str(given)


def _require(view: View, coordinate: str) -> None:
    if not view.filterable(coordinate):
        raise FieldNotInContractError(f"`{coordinate}` may not be used to search", coordinate=coordinate)


def _page_size(first: int, view: View) -> int:
    allowed = view.permission.contract.limits.page
    if first < 1:
        raise InputError("`first` must be at least 1")
    if first > allowed:
        raise LimitExceededError(f"at most {allowed} rows in a page", limit="page", allowed=allowed, given=first)
    return first


def _folded(criterion: Criterion, value: Any) -> Any:
    folded = value if criterion.fold is None else criterion.fold(value)
    _refuse_nul(folded)
    if folded == "":
        raise InputError("a criterion must not be empty")
    return folded
