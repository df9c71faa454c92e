"""An operation on the process schema, from its text to the response: parsed, limited, validated, executed."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    execute,
    get_operation_ast,
    validate,
)

from auth.audit import Facts
from auth.documents import document_digest
from errors import LienthongError
from graph.process.request_input import path_in_schema
from resolvers.documents import MAX_ERRORS, attempted_fields, coordinates_of, limit_fields, located, parse_document
from resolvers.errors import ClientError, InputError, LimitExceededError, OperationError, ValidationError
from resolvers.facts import attempt
from resolvers.process.desk import Desk
from resolvers.process.schema import ProcessSchema, process_schema, whole_process_schema
from resolvers.respond import Response, error_of

__all__ = ["ProcessOperation", "execute_process"]

_TOKENS = 20_000
_FIELDS = 1_000
_ROOTS = 20
_LOG = logging.getLogger("lienthong.resolvers")


@dataclass(frozen=True, slots=True)
class ProcessOperation:
    """What was sent: a document, the name of the operation to run, and its variables."""

    text: str
    name: str | None
    variables: Mapping[str, Any]


async def execute_process(desk: Desk, operation: ProcessOperation, tell: Callable[[Facts], None]) -> Response:
    """The response of an operation, with an error for each root that was refused.

    `tell` learns, before anything is done, what the audit is to keep. Raises a `ClientError` when nothing is executed.
    """
    served = process_schema(desk.account.roles)
    try:
        document, node = _prepare(served, operation)
    except ClientError:
        tell(_attempted(served, operation.text))
        raise
    tell(_facts(served, operation.text, document, node))
    result = execute(
        served.schema,
        document,
        context_value=desk,
        variable_values=dict(operation.variables),
        operation_name=operation.name,
        hide_suggestions=True,
    )
    answered: ExecutionResult = await result if isawaitable(result) else result
    errors = answered.errors or []
    if answered.data is None:
        raise InputError(None, errors=[located(error) for error in errors])
    nothing = bool(errors) and all(value is None for value in answered.data.values())
    return Response(answered.data, [_fault(error) for error in errors], refused=nothing)


def _prepare(served: ProcessSchema, operation: ProcessOperation) -> tuple[DocumentNode, OperationDefinitionNode]:
    document = parse_document(operation.text, _TOKENS)
    limit_fields(document, _FIELDS)
    errors = validate(served.schema, document, max_errors=MAX_ERRORS, hide_suggestions=True)
    if errors:
        raise ValidationError(None, errors=[located(error) for error in errors])
    node = get_operation_ast(document, operation.name)
    if node is None:
        raise OperationError("it is not clear which operation of the document to run: give `operationName`")
    given = _count_roots(document, node)
    if given > _ROOTS:
        raise LimitExceededError("the operation has too many roots", limit="roots", allowed=_ROOTS, given=given)
    return document, node


def _count_roots(document: DocumentNode, node: OperationDefinitionNode) -> int:
    """At most how many roots the operation executes: the fields of its own and of fragments on its type."""
    kind = node.operation.value.capitalize()
    waiting: list[SelectionNode] = list(node.selection_set.selections)
    for definition in document.definitions:
        if isinstance(definition, FragmentDefinitionNode) and definition.type_condition.name.value == kind:
            waiting += definition.selection_set.selections
    count = 0
    while waiting:
        selection = waiting.pop()
        count += isinstance(selection, FieldNode)
        if isinstance(selection, InlineFragmentNode):
            waiting += selection.selection_set.selections
    return count


def _facts(served: ProcessSchema, text: str, document: DocumentNode, node: OperationDefinitionNode) -> Facts:
    asked = sorted(set(coordinates_of(served.schema, document)))
    return Facts(
        operation_type=node.operation.value,
        operation_name=node.name.value if node.name else None,
        document=document_digest(text),
        requested=asked,
        granted=asked,
    )


def _attempted(served: ProcessSchema, text: str) -> Facts:
    requested = attempted_fields(whole_process_schema(), text, _TOKENS)
    return attempt(document_digest(text), requested, attempted_fields(served.schema, text, _TOKENS))


def _fault(error: GraphQLError) -> dict[str, Any]:
    """The answer's error: one of ours as it is, an argument that does not fit, or one that is logged and not told."""
    path = tuple(step for step in error.path or () if isinstance(step, str))
    cause = error.original_error
    if isinstance(cause, LienthongError):
        return _in_schema(error_of(cause, path))
    if cause is None or isinstance(cause, GraphQLError):
        return error_of(InputError(error.message), path)
    places = "".join(traceback.format_tb(cause.__traceback__))
    _LOG.error("unexpected %s\n%s", type(cause).__name__, places)
    return error_of(LienthongError(), path)


def _in_schema(fault: dict[str, Any]) -> dict[str, Any]:
    """An error of ours, with the parts of a request that it names as the schema names them."""
    for name in {"missing", "faults"} & set(fault["extensions"]):
        items = fault["extensions"][name]
        fault["extensions"][name] = [item | {"path": path_in_schema(item["path"])} for item in items]
    return fault
