"""Running a plan: every fetch once per level, independent ones side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.errors import SourceError
from connectors.fetch import Fetch, Row
from errors import LienthongError
from graph.fields import Lookup, Search, Verify
from graph.view import View
from resolvers.bind import Page, bind_lookup, bind_search, bind_verify, scope_values
from resolvers.cursors import CursorSealer
from resolvers.errors import ClientError, LimitExceededError
from resolvers.loaders import Fetched, FetchLoader
from resolvers.plan import FetchNode, Plan, RootField

__all__ = ["RootResult", "Run", "run_plan"]


@dataclass(slots=True)
class RootResult:
    """What a root has to assemble: rows in answer order (None where a key was not found), or a page, or an error."""

    rows: list[Row | None] = field(default_factory=list)
    page: Page | None = None
    error: LienthongError | None = None


@dataclass(slots=True)
class Run:
    """The outcome of a plan's fetches.

    `slots` holds the rows by key of each fetch, None where its source failed; `failures` are those errors by
    slot; `subjects` are the numbers of all citizens whose data was read.
    """

    slots: list[dict[Any, list[Row]] | None]
    roots: dict[str, RootResult] = field(default_factory=dict)
    failures: dict[int, tuple[FetchNode, SourceError]] = field(default_factory=dict)
    subjects: set[str] = field(default_factory=set)
    rows: Mapping[str, int] = field(default_factory=dict)


async def run_plan(
    plan: Plan,
    arguments: Mapping[str, Mapping[str, Any]],
    view: View,
    loader: FetchLoader,
    sealer: CursorSealer,
) -> Run:
    """Run the fetches of every root that has `arguments` (the coerced ones, by response key).

    Raises nothing that a source or a client caused: those errors are in the result.
    """
    run = Run([None] * plan.slots, rows=loader.rows)
    runner = _Runner(run, view, loader, sealer)
    roots = [root for root in plan.roots if root.key in arguments]
    if len(roots) == 1:
        await runner.root(roots[0], arguments[roots[0].key])
    elif roots:
        await asyncio.gather(*(runner.root(root, arguments[root.key]) for root in roots))
    return run


class _Runner:
    def __init__(self, run: Run, view: View, loader: FetchLoader, sealer: CursorSealer) -> None:
        self.run_state = run
        self.view = view
        self.loader = loader
        self.sealer = sealer
        self.keys = 0

    async def root(self, root: RootField, arguments: Mapping[str, Any]) -> None:
        node = root.fetch
        assert node is not None
        result = self.run_state.roots[root.key] = RootResult()
        try:
            rows = await self._root_rows(root, node, arguments, result)
        except (ClientError, SourceError) as error:
            result.error = error
            return
        await self._below(node, rows)

    async def _root_rows(
        self, root: RootField, node: FetchNode, arguments: Mapping[str, Any], result: RootResult
    ) -> Sequence[Row]:
        if isinstance(root.home, Lookup):
            keys = bind_lookup(root, arguments)
            self._count_keys(len(keys))
            wanted = tuple(dict.fromkeys(keys))
            fetched = await self._load(node, Fetch(node.statement, (wanted, *scope_values(self.view, node))))
            rows = await self._guarded(node, fetched.rows)
            first = {row[0]: row for row in reversed(rows)}
            result.rows = [first.get(key) for key in keys]
            rows = list(first.values())
        elif isinstance(root.home, Search):
            page = result.page = bind_search(root, root.home, node, arguments, self.view, self.sealer)
            rows = list((await self._load(node, page.fetch)).rows)
            result.rows = list(rows)
            rows = rows[: page.first]
        else:
            assert isinstance(root.home, Verify)
            self._count_keys(1)
            self._note_verified(root.home, arguments)
            rows = (await self._load(node, bind_verify(root.home, node, arguments, self.view))).rows
            result.rows = list(rows)
        self._note_subjects(node, rows)
        return rows

    def _count_keys(self, count: int) -> None:
        """Hold all look-ups of the request together to the contract's batch size."""
        allowed, asked = self.view.permission.contract.limits.batch, self.keys + count
        if asked > allowed:
            raise LimitExceededError(
                f"at most {allowed} keys in one request", limit="batch", allowed=allowed, given=asked
            )
        self.keys = asked

    async def _load(self, node: FetchNode, fetch: Fetch) -> Fetched:
        fetched = await self.loader.fetched(self.loader.load(fetch))
        self.run_state.slots[node.slot] = fetched.by_key
        return fetched

    async def _guarded(self, node: FetchNode, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows whose subject is in scope."""
        guard = node.guard
        if guard is None or not rows or node.subject is None:
            return rows
        subjects = tuple(dict.fromkeys(row[node.subject] for row in rows))
        allowed = await self._load(guard, Fetch(guard.statement, (subjects, *scope_values(self.view, guard))))
        return [row for row in rows if row[node.subject] in allowed.by_key]

    async def _below(self, node: FetchNode, rows: Sequence[Row]) -> None:
        """Start the fetches of every child at once. One without children of its own needs no task to wait for it."""
        leaves, tasks = [], []
        for child in node.children:
            fetch = self._child_fetch(child, rows)
            if child.children:
                tasks.append(asyncio.ensure_future(self._child(child, fetch, rows)))
            elif fetch is not None:
                leaves.append((child, self.loader.load(fetch)))
            else:
                self.run_state.slots[child.slot] = {}
        for child, loading in leaves:
            await self._settle(child, loading)
        for task in tasks:
            await task

    def _child_fetch(self, node: FetchNode, parents: Sequence[Row]) -> Fetch | None:
        """The fetch of a child for its parents' rows; None when it needs none."""
        keys = _keys(node, parents)
        if node.assured or not keys:
            return None
        return Fetch(node.statement, (keys, *scope_values(self.view, node)))

    async def _child(self, node: FetchNode, fetch: Fetch | None, parents: Sequence[Row]) -> None:
        if fetch is None:
            found: Sequence[Row] = [(key,) for key in _keys(node, parents)] if node.assured else []
            self.run_state.slots[node.slot] = {row[0]: [row] for row in found}
            await self._below(node, found)
            return
        fetched = await self._settle(node, self.loader.load(fetch))
        if fetched is not None:
            await self._below(node, fetched.rows)

    async def _settle(self, node: FetchNode, loading: asyncio.Future[asyncio.Task[Fetched]]) -> Fetched | None:
        """Wait for a fetch and keep its rows, or its source's error."""
        try:
            fetched = await self.loader.fetched(loading)
        except SourceError as error:
            self.run_state.failures[node.slot] = (node, error)
            return None
        self.run_state.slots[node.slot] = fetched.by_key
        self._note_subjects(node, fetched.rows)
        return fetched

    def _note_verified(self, home: Verify, arguments: Mapping[str, Any]) -> None:
        """Whatever the outcome, a verification tells something of the person whose number was given."""
        subject = self.view.catalog.entities[home.entity].subject
        for name, criterion in home.criteria.items():
            if criterion.element == subject:
                self.run_state.subjects.add(arguments[name])

    def _note_subjects(self, node: FetchNode, rows: Iterable[Row]) -> None:
        subjects = self.run_state.subjects
        for position in node.subjects:
            for row in rows:
                subject = row[position]
                if type(subject) is list:
                    subjects.update(subject)
                elif subject is not None:
                    subjects.add(subject)


def _keys(node: FetchNode, parents: Sequence[Row]) -> tuple[Any, ...]:
    """The keys of a child: each parent's value once, without nulls."""
    position = node.parent_key
    assert position is not None
    return tuple(dict.fromkeys(row[position] for row in parents if row[position] is not None))
