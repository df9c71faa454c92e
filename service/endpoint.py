"""POST /graphql: credential -> contract -> permission -> view -> plan -> fetches -> audit -> answer."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import Span, Status, StatusCode
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.responses import Response as HttpResponse

from auth.audit import AuditLog, AuditRecord, Facts
from auth.cache import LruCache
from auth.contract import Contract, Permission
from auth.errors import AuditError, TooManyAttemptsError
from auth.limits import SharedLimits
from auth.process.actors import Account
from errors import LienthongError
from graph.catalog import Catalog
from graph.view import View
from resolvers.documents import attempted_fields
from resolvers.engine import Caller, Engine, OperationRequest, Prepared
from resolvers.errors import ClientError, DocumentNotAllowedError, LimitExceededError
from resolvers.facts import attempt
from resolvers.persisted import PersistedDocuments
from resolvers.process.schema import process_schema
from resolvers.respond import Response, errors_of
from resolvers.run import Run
from service.authentication import Authentication, citizen_of
from service.negotiation import JSON, media_type
from service.process_operations import ProcessOperations
from service.telemetry.names import told_name
from service.telemetry.requests import RequestTraces, keep_beside
from service.telemetry.tracing import trace_id_of
from service.wire import ReceivedOperation, encode, read_operation

__all__ = ["GraphQLEndpoint"]

_VIEWS = 500
_SCHEMA = Facts(operation_type="schema")
_LOG = logging.getLogger("lienthong.service")


class GraphQLEndpoint:
    """The endpoint with all it needs. It answers only what has been audited."""

    def __init__(  # noqa: PLR0913 - the parts of the way from a credential to an answer
        self,
        *,
        catalog: Catalog,
        authentication: Authentication,
        engine: Engine,
        audit: AuditLog,
        limits: SharedLimits,
        traces: RequestTraces,
        max_body: int,
    ) -> None:
        self._catalog = catalog
        self._authentication = authentication
        self._engine = engine
        self._audit = audit
        self._limits = limits
        self._max_body = max_body
        self._views: LruCache[Any, View] = LruCache(_VIEWS)
        self._documents = PersistedDocuments()
        self._traces = traces
        self._tracer = trace.get_tracer("lienthong.service")
        self.process: ProcessOperations | None = None
        """What answers accounts of the process of contracts; without it their keys open nothing."""

    async def __call__(self, request: Request) -> HttpResponse:
        """Answer one request; it leaves a record, or, of a source that failed too often, is counted in one."""
        kind = JSON

        async def answer(record: AuditRecord) -> Response:
            nonlocal kind
            kind = media_type(request)
            return await self._answer(request, record)

        return await self._recorded(request, answer, lambda response, fields: encode(response, kind, fields))

    async def schema(self, request: Request) -> HttpResponse:
        """The SDL of the caller's own view, recorded as an operation of the type `schema`.

        A contract of stored documents shows it as little as introspection.
        """
        sdl = ""

        async def answer(record: AuditRecord) -> Response:
            nonlocal sdl
            record.facts = _SCHEMA
            account = await self._account(request, record)
            if account is not None:
                sdl = process_schema(account.roles).sdl
                return Response({})
            permission = await self.permission(request, record)
            await self._limits.rate.take(permission.contract)
            if permission.contract.allow_list_only:
                raise DocumentNotAllowedError
            sdl = self.view(permission).sdl
            return Response({})

        def render(response: Response, fields: dict[str, str]) -> HttpResponse:
            if response.data is None:
                return encode(response, JSON, fields)
            return PlainTextResponse(sdl, headers={**fields, "cache-control": "no-store"})

        return await self._recorded(request, answer, render)

    async def _recorded(
        self,
        request: Request,
        answer: Callable[[AuditRecord], Awaitable[Response]],
        render: Callable[[Response, dict[str, str]], HttpResponse],
    ) -> HttpResponse:
        """Answer in a span of its own, and let the answer go when its record is durable."""
        with self._traces.begin(request) as span:
            record = AuditRecord(trace_id=trace_id_of(span))
            fields = {"x-trace-id": record.trace_id}
            due = True
            try:
                response = await answer(record)
            except LienthongError as error:
                response = Response(None, errors_of(error), error.status)
                fields |= error.headers()
                due = not isinstance(error, TooManyAttemptsError) or error.crossing
            except Exception as error:  # noqa: BLE001 - whatever happens is recorded, and nothing of it is told
                _log_unexpected(error, record.trace_id)
                response = Response(None, errors_of(LienthongError()), 500)
            _close(record, response)
            try:
                if due:
                    with self._tracer.start_as_current_span(
                        "audit", attributes={"lienthong.audit.waiting": self._audit.waiting}
                    ):
                        await self._audit.write(record)
            except AuditError as error:
                response, fields = Response(None, errors_of(error), error.status), {"x-trace-id": record.trace_id}
                _close(record, response)
            for fault in response.errors:
                fault["extensions"]["traceId"] = record.trace_id
            with self._tracer.start_as_current_span("encode"):
                answered = render(response, fields)
            _describe(span, record, response, answered.status_code)
            return answered

    async def _answer(self, request: Request, record: AuditRecord) -> Response:
        with self._tracer.start_as_current_span("authenticate"):
            account = await self._account(request, record)
            if account is None or self.process is None:
                permission = await self.permission(request, record)
                await self._limits.rate.take(permission.contract)
        if account is not None and self.process is not None:
            return await self.process(request, record, account)
        with self._tracer.start_as_current_span("receive"):
            operation = await read_operation(request, self._max_body)
        view = self.view(permission)
        prepared = self._prepare(view, operation, record)
        record.facts = prepared.cached.facts(Run([]))
        keep_beside(trace.get_current_span(), plan=prepared.plan)

        async def admit(run: Run) -> None:
            """Nothing is done, and nothing leaves, for more persons than the contract allows."""
            record.facts = prepared.cached.facts(run)
            record.row_counts = run.rows
            await self._count_subjects(permission.contract, run.subjects, record)

        return (await self._engine.execute(view, prepared, Caller(admit, citizen_of(request)))).response

    async def _account(self, request: Request, record: AuditRecord) -> Account | None:
        """The account that asks, when the request shows an account's key and the process is served."""
        if self.process is None:
            return None
        return await self._authentication.account(request, record, self.process.accounts)

    async def _count_subjects(self, contract: Contract, subjects: set[str], record: AuditRecord) -> None:
        """Note whose data was read. Raises when they are more than the contract allows in a request or a day."""
        record.subject_key, record.subjects = self._audit.hasher.key_id, self._audit.hasher.all(subjects)
        allowed = contract.limits.subjects
        if len(subjects) > allowed:
            raise LimitExceededError(f"at most {allowed} persons in one request", limit="subjects", allowed=allowed)
        with self._tracer.start_as_current_span("count persons"):
            await self._limits.quota.count(contract, record.subjects, datetime.now(UTC))

    async def permission(self, request: Request, record: AuditRecord) -> Permission:
        """What the request's credentials permit now, for the purpose it names. Raises a `RefusedError`."""
        return await self._authentication(request, record)

    def view(self, permission: Permission) -> View:
        """The view of a permission, built once."""
        return self._views.get_or_make(permission.key, lambda: View.of(self._catalog, permission))

    def _prepare(self, view: View, received: ReceivedOperation, record: AuditRecord) -> Prepared:
        document, permission = received.document, view.permission
        text = document.text
        try:
            text = self._documents.resolve(permission, document)
            prepared = self._engine.prepare(view, OperationRequest(text, received.operation_name, received.variables))
        except ClientError:
            requested = attempted_fields(self._catalog.full, text or "", permission.contract.limits.tokens)
            granted = frozenset(coordinate for coordinate in requested if view.permits(*coordinate.split(".")))
            record.facts = attempt(document.digest, requested, granted)
            raise
        self._documents.register(permission, document)
        return prepared


def _log_unexpected(error: Exception, trace_id: str) -> None:
    """Where and what, without the message: it may hold a value."""
    places = "".join(traceback.format_tb(error.__traceback__))
    _LOG.error("unexpected %s, trace %s\n%s", type(error).__name__, trace_id, places)


def _close(record: AuditRecord, response: Response) -> None:
    record.codes = sorted({error["extensions"]["code"] for error in response.errors})
    if response.data is None or response.refused:
        record.outcome = "refused"
    else:
        record.outcome = "partial" if response.errors else "answered"


def _describe(span: Span, record: AuditRecord, response: Response, status: int) -> None:
    codes = record.codes
    limits = [fault["extensions"]["limit"] for fault in response.errors if "limit" in fault["extensions"]]
    described: dict[str, str | int | None] = {
        "http.response.status_code": status,
        "lienthong.outcome": record.outcome,
        "lienthong.client": record.client_id,
        "lienthong.contract": record.contract_id,
        "lienthong.contract.version": record.version,
        "lienthong.purpose": record.purpose,
        "lienthong.plan.id": record.facts.digest.hex()[:16] if record.facts.document else None,
        "lienthong.limit": limits[0] if limits else None,
        "graphql.operation.name": told_name(record.facts.operation_name) or None,
        "graphql.operation.type": record.facts.operation_type,
        "error.type": codes[0] if codes else None,
        "lienthong.error.codes": ",".join(codes) or None,
    }
    span.set_attributes({name: value for name, value in described.items() if value is not None})
    if codes:
        span.set_status(Status(StatusCode.ERROR, codes[0]))
