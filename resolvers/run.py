"""Running a plan: every fetch once per level, independent ones side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.errors import SourceError
from connectors.fetch import Fetch, Row
from errors import LienthongError
from graph.homes import Duty, Lookup, Search, Verify
from graph.view import View
from resolvers.bind import Page, bind_lookup, bind_search, bind_verify, scope_values
from resolvers.cursors import CursorSealer
from resolvers.errors import ClientError, LimitExceededError
from resolvers.loaders import Fetched, FetchLoader, as_keys
from resolvers.plan import FetchNode, Plan, RootField

__all__ = ["RootResult", "Run", "run_plan"]

Loading = asyncio.Future[asyncio.Task[Fetched]]


@dataclass(slots=True)
class RootResult:
    """What a root has to assemble: rows in answer order (None where a key was not found), a page, a value, an error."""

    rows: list[Row | None] = field(default_factory=list)
    page: Page | None = None
    error: LienthongError | None = None
    value: Any = None


@dataclass(slots=True)
class Run:
    """The outcome of a plan's fetches.

    `slots` holds the rows by key of each fetch, None where its source failed; `failures` are those errors by
    slot; `subjects` are the numbers of all citizens whose data was read. `notices` is what the
    viewer is told.
    """

    slots: list[dict[Any, list[Row]] | None]
    roots: dict[str, RootResult] = field(default_factory=dict)
    failures: dict[int, tuple[FetchNode, SourceError]] = field(default_factory=dict)
    subjects: set[str] = field(default_factory=set)
    rows: Mapping[str, int] = field(default_factory=dict)
    notices: Sequence[Mapping[str, Any]] = ()


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
    roots = [root for root in plan.roots if root.key in arguments and root.fetch is not None]
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
            latest = await self._look_up(node, tuple(dict.fromkeys(keys)))
            result.rows = [latest.get(key) for key in keys]
            rows: Sequence[Row] = list(latest.values())
        elif isinstance(root.home, Duty):
            assert root.home.subject is not None
            self._count_keys(1)
            self.run_state.subjects.add(arguments[root.home.subject])
            rows = list((await self._look_up(node, (arguments[root.home.subject],))).values())
            result.rows = list(rows)
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
        fetched = await self.loader.fetched(self.loader.load_for(node.path, fetch))
        self.run_state.slots[node.slot] = fetched.by_key
        return fetched

    async def _look_up(self, node: FetchNode, keys: tuple[Any, ...]) -> dict[Any, Row]:
        """The row of each key that has one and whose subject is in scope."""
        if not keys:
            return {}
        fetched = await self._load(node, Fetch(node.statement, (keys, *scope_values(self.view, node))))
        groups = {key: group for key in keys if (group := fetched.by_key.get(key))}
        if node.guard is not None:  # asked also when nothing was found: a record out of scope must look just like that
            groups = await self._in_scope(node, node.guard, groups)
        return {key: group[-1] for key, group in groups.items() if group}

    async def _in_scope(self, node: FetchNode, guard: FetchNode, groups: dict[Any, list[Row]]) -> dict[Any, list[Row]]:
        """The rows about subjects in scope: any other does not exist for this client."""
        position = node.subject
        assert position is not None
        found = (s for group in groups.values() for row in group for s in as_keys(row[position]))
        subjects = tuple(dict.fromkeys(s for s in found if isinstance(s, str)))
        allowed = await self._load(guard, Fetch(guard.statement, (subjects, *scope_values(self.view, guard))))
        return {
            key: [row for row in group if any(s in allowed.by_key for s in as_keys(row[position]))]
            for key, group in groups.items()
        }

    async def _below(self, node: FetchNode, rows: Sequence[Row]) -> None:
        """Start the fetches of every child at once. One without children of its own needs no task to wait for it.

        A request that has read of more persons than its contract allows reads no further: it is refused anyway.
        """
        if len(self.run_state.subjects) > self.view.permission.contract.limits.subjects:
            return
        leaves, tasks = [], []
        for child in node.children:
            keys = _keys(child, rows)
            if child.assured or not keys:
                found: dict[Any, list[Row]] = {key: [(key,)] for key in keys}
                self.run_state.slots[child.slot] = found
                await self._below(child, [row for group in found.values() for row in group])
                continue
            fetch = Fetch(child.statement, (keys, *scope_values(self.view, child)))
            loading = self.loader.load_for(child.path, fetch)
            if child.children:
                tasks.append(asyncio.ensure_future(self._child(child, keys, loading)))
            else:
                leaves.append((child, keys, loading))
        for leaf in leaves:
            await self._settle(*leaf)
        for task in tasks:
            await task

    async def _child(self, node: FetchNode, keys: tuple[Any, ...], loading: Loading) -> None:
        rows = await self._settle(node, keys, loading)
        if rows:
            await self._below(node, rows)

    async def _settle(self, node: FetchNode, keys: tuple[Any, ...], loading: Loading) -> Sequence[Row]:
        """Wait for a fetch; the rows that answer these keys. Its source's error is kept for the response."""
        try:
            fetched = await self.loader.fetched(loading)
        except SourceError as error:
            self.run_state.failures[node.slot] = (node, error)
            return ()
        self.run_state.slots[node.slot] = fetched.by_key
        rows = fetched.of_keys(keys) if node.many else fetched.latest(keys)
        self._note_subjects(node, rows)
        return rows

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
                if subject.__class__ is str:
                    subjects.add(subject)
                elif subject is not None:
                    subjects.update(item for item in as_keys(subject) if isinstance(item, str))


def _keys(node: FetchNode, parents: Sequence[Row]) -> tuple[Any, ...]:
    """The keys of a child: each parent's value once, without nulls and what no key can be."""
    position = node.parent_key
    assert position is not None
    values = [row[position] for row in parents if row[position] is not None]
    try:
        return tuple(dict.fromkeys(values))
    except TypeError:
        return tuple(dict.fromkeys(value for value in values if isinstance(value, Hashable)))
