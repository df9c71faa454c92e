"""The engine: prepares an operation (parse, validate, plan: all cached) and executes its plan."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, SelectionSetNode, execute_sync
from graphql.execution.values import get_argument_values
from opentelemetry import trace

from auth.audit import Facts
from auth.cache import LruCache
from auth.documents import document_digest
from auth.errors import GovernanceUnavailableError, RefusedError
from auth.process.errors import ProcessError
from connectors.fetch import Connector, Statement
from graph.homes import Duty, Report
from graph.view import View
from resolvers.cost import cost_of
from resolvers.cursors import CursorSealer
from resolvers.documents import Document, Operation, prepare_document
from resolvers.duties import DutyCall
from resolvers.errors import ClientError, InputError, LimitExceededError
from resolvers.facts import facts_of
from resolvers.inputs import Variables
from resolvers.loaders import FetchLoader
from resolvers.plan import PlainShape, Plan, RootField
from resolvers.planner import plan_operation
from resolvers.respond import Response, ShapeCompiler, assemble_response, error_of
from resolvers.run import RootResult, Run, run_plan

_VARIANTS = 64

CarryOut = Callable[[DutyCall], Awaitable[Any]]
"""Carries out a duty."""
ReadNotices = Callable[[View], Awaitable[Sequence[Mapping[str, Any]]]]
"""Reads what the caller is told in `viewer`."""

__all__ = ["Caller", "Engine", "Execution", "OperationRequest", "Prepared"]


@dataclass(frozen=True, slots=True)
class OperationRequest:
    """What a client sends: the document, the name of the operation, and raw variables."""

    query: str
    operation_name: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CachedPlan:
    """A plan with its compiled shapes and what the audit keeps of it (more than once if searches vary)."""

    plan: Plan
    compiler: ShapeCompiler
    document: str
    _facts: LruCache[tuple[tuple[int, Statement], ...], Facts] = field(default_factory=lambda: LruCache(_VARIANTS))

    def facts(self, run: Run) -> Facts:
        """What a run of the plan has asked for and read."""
        bound = tuple(
            (root.fetch.slot, result.page.fetch.statement)
            for root in self.plan.roots
            if root.fetch is not None and (result := run.roots.get(root.key)) is not None and result.page is not None
        )
        return self._facts.get_or_make(bound, lambda: facts_of(self.plan, self.document, dict(bound)))


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan bound to the variables of one request."""

    cached: CachedPlan
    document: Document
    operation: Operation
    variables: Variables
    cache_hit: bool

    @property
    def plan(self) -> Plan:
        """The plan."""
        return self.cached.plan


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `admit` is told what was read, before anything is done, and raises to stop there.

    `citizen` is the number of the person whom the access token names.
    """

    admit: Callable[[Run], Awaitable[None]]
    citizen: str | None = None


@dataclass(frozen=True, slots=True)
class Execution:
    """A response and what was read for it: subjects, rows by source."""

    response: Response
    run: Run


class Engine:
    """Prepares and executes operations. Documents and plans are all that requests share.

    `cache_size` bounds the number of documents and of plans kept. Without `notices` there are none, without
    `duties` none can be carried out.
    """

    def __init__(
        self,
        connectors: Mapping[str, Connector],
        sealer: CursorSealer,
        *,
        cache_size: int = 1000,
        notices: ReadNotices | None = None,
        duties: CarryOut | None = None,
    ) -> None:
        self._connectors = connectors
        self._sealer = sealer
        self._notices = notices
        self._duties = duties
        self._documents: LruCache[tuple[str, Any], Document] = LruCache(cache_size)
        self._plans: LruCache[tuple[str, str | None, tuple[bool, ...], Any], CachedPlan] = LruCache(cache_size)
        self._tracer = trace.get_tracer("lienthong.resolvers")

    @property
    def plans(self) -> int:
        """How many plans are kept."""
        return len(self._plans)

    def prepare(self, view: View, request: OperationRequest) -> Prepared:
        """The plan of a request. Raises a `ClientError` when it is malformed or does not fit the view."""
        with self._tracer.start_as_current_span("plan") as span:
            prepared = self._prepare(view, request)
            span.set_attribute("lienthong.plan.cache_hit", prepared.cache_hit)
            span.set_attribute("lienthong.plan.fetches", prepared.plan.slots)
            return prepared

    def _prepare(self, view: View, request: OperationRequest) -> Prepared:
        document = self._documents.get_or_make((request.query, view.key), lambda: prepare_document(view, request.query))
        operation = document.operation(request.operation_name)
        variables = Variables(view, operation, request.variables)
        switches = _switches(operation, variables)
        key = (request.query, request.operation_name, tuple(switches.values()), view.key)
        cached = self._plans.get(key)
        hit = cached is not None
        if cached is None:
            with self._tracer.start_as_current_span("build plan"):
                plan = plan_operation(view, operation.node, document.fragments, switches)
            cached = self._plans.put(key, CachedPlan(plan, ShapeCompiler(), document_digest(request.query)))
        return Prepared(cached, document, operation, variables, hit)

    async def execute(self, view: View, prepared: Prepared, caller: Caller | None = None) -> Execution:
        """Run a plan and assemble its response. Duties are carried out last, one by one, if `caller` admits it.

        Raises `LimitExceededError` when it would cost more than the contract allows, what the caller raises,
        and nothing else that a client or a source caused.
        """
        plan = prepared.plan
        arguments, refused = _coerce_arguments(prepared)
        cost, allowed = cost_of(plan, arguments), view.permission.contract.limits.cost
        if cost > allowed:
            raise LimitExceededError("the operation would read too much", limit="cost", allowed=allowed, given=cost)
        with self._tracer.start_as_current_span("execute"):
            run = await run_plan(plan, arguments, view, FetchLoader(self._connectors, self._tracer), self._sealer)
        run.roots.update(refused)
        if caller is not None:
            if caller.citizen is not None and any(isinstance(root.home, Duty) and root.home.own for root in plan.roots):
                run.subjects.add(caller.citizen)
            await caller.admit(run)
        await self._carry_out(plan, run, view, arguments, caller)
        if self._notices is not None and any(map(_tells_notices, plan.roots)):
            run.notices = await self._notices(view)
        introspection: Mapping[str, Any] = {}
        introspection_errors: list[dict[str, Any]] = []
        if plan.introspects:
            with self._tracer.start_as_current_span("introspect"):
                introspection, introspection_errors = _introspect(view, prepared)
        with self._tracer.start_as_current_span("assemble"):
            response = assemble_response(plan, run, view, prepared.cached.compiler, self._sealer, introspection)
        response.errors += introspection_errors
        return Execution(response, run)

    async def _carry_out(
        self,
        plan: Plan,
        run: Run,
        view: View,
        arguments: Mapping[str, dict[str, Any]],
        caller: Caller | None,
    ) -> None:
        """Carry out the duties of a plan whose arguments hold and whose source answered."""
        for root in plan.roots:
            if not isinstance(root.home, Duty) or root.key not in arguments:
                continue
            result = run.roots.setdefault(root.key, RootResult())
            if result.error is not None:
                continue
            found = any(row is not None for row in result.rows)
            call = DutyCall(root.name, arguments[root.key], view, found, None if caller is None else caller.citizen)
            try:
                if self._duties is None:
                    raise GovernanceUnavailableError
                result.value = await self._duties(call)
            except (ProcessError, RefusedError, ClientError) as error:
                result.error = error


def _tells_notices(root: RootField) -> bool:
    return (
        isinstance(root.home, Report)
        and isinstance(root.shape, PlainShape)
        and any(name == "notices" for _, name, _ in root.shape.fields)
    )


def _switches(operation: Operation, variables: Variables) -> dict[str, bool]:
    """The values of the variables in @skip and @include; null is no boolean, whatever the default was."""
    switches = {name: variables.coerced.get(name) for name in operation.switches}
    for name, value in switches.items():
        if value is None:
            raise InputError(f"variable `${name}` decides a @skip or @include and must not be null")
    return {name: bool(value) for name, value in switches.items()}


def _coerce_arguments(prepared: Prepared) -> tuple[dict[str, dict[str, Any]], dict[str, RootResult]]:
    """Arguments by response key, and the roots whose arguments cannot be coerced."""
    arguments: dict[str, dict[str, Any]] = {}
    refused: dict[str, RootResult] = {}
    for root in prepared.plan.roots:
        if root.definition is None or (root.fetch is None and not isinstance(root.home, Duty)):
            continue
        if root.arguments is not None:
            arguments[root.key] = root.arguments
            continue
        coerced = prepared.variables.coerced
        if root.variables is not None and all(coerced.get(name) is not None for name in root.variables.values()):
            arguments[root.key] = {argument: coerced[name] for argument, name in root.variables.items()}
            continue
        try:
            arguments[root.key] = get_argument_values(
                root.definition, root.nodes[0], prepared.variables.values, hide_suggestions=True
            )
        except GraphQLError as error:
            refused[root.key] = RootResult(error=InputError(error.message))
    return arguments, refused


def _introspect(view: View, prepared: Prepared) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Answer `__schema` and `__type` by graphql-core from the view's schema."""
    nodes = [node for root in prepared.plan.roots if root.name in {"__schema", "__type"} for node in root.nodes]
    whole = prepared.operation.node
    operation = OperationDefinitionNode(
        operation=whole.operation,
        name=whole.name,
        variable_definitions=whole.variable_definitions,
        directives=(),
        selection_set=SelectionSetNode(selections=tuple(nodes)),
    )
    document = DocumentNode(definitions=(operation, *prepared.document.fragments.values()))
    result = execute_sync(view.schema, document, variable_values=dict(prepared.variables.raw))
    errors = [error_of(InputError(error.message), tuple(map(str, error.path or ()))) for error in result.errors or ()]
    return result.data or {}, errors
