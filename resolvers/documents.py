"""Documents: parsed and validated once per view, and the facts of each operation that a request needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    ExecutableDefinitionNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    Visitor,
    parse,
    print_ast,
    validate,
    visit,
)
from opentelemetry import trace

from graph.view import View
from resolvers.errors import LimitExceededError, OperationError, ParseError, ValidationError
from resolvers.selections import switch_variables

__all__ = [
    "MAX_ERRORS",
    "Document",
    "Operation",
    "attempted_fields",
    "coordinates_of",
    "limit_fields",
    "located",
    "parse_document",
    "prepare_document",
]

_TRACER = trace.get_tracer("lienthong.resolvers")
MAX_ERRORS = 50
"""Faults of one document that are told at most."""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of a valid document.

    `types` gives each variable's name and type without the outer mark of being required; `switches` are the variables
    that @skip and @include look at.
    """

    node: OperationDefinitionNode
    variables: tuple[VariableDefinitionNode, ...]
    types: tuple[tuple[str, str], ...]
    switches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A valid document under one view."""

    operations: dict[str | None, Operation]
    fragments: dict[str, FragmentDefinitionNode]

    def operation(self, name: str | None) -> Operation:
        """The operation to run. Raises `OperationError` when that is not clear."""
        if name is None:
            if len(self.operations) != 1:
                raise OperationError("the document has several operations: give `operationName`")
            return next(iter(self.operations.values()))
        if name not in self.operations:
            raise OperationError("the document has no operation of that name")
        return self.operations[name]


def prepare_document(view: View, text: str) -> Document:
    """Parse and validate.

    Raises `LimitExceededError`, `ParseError` or `ValidationError`; the last two list every fault in `errors`.
    """
    limits = view.permission.contract.limits
    with _TRACER.start_as_current_span("parse"):
        document = parse_document(text, limits.tokens)
        limit_fields(document, limits.fields)
    with _TRACER.start_as_current_span("validate"):
        errors = validate(view.schema, document, max_errors=MAX_ERRORS, hide_suggestions=True)
        if errors:
            raise ValidationError(None, errors=[located(error) for error in errors])
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    operations: dict[str | None, Operation] = {}
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            if view.schema.get_root_type(node.operation) is None:
                raise OperationError(f"the service has no {node.operation.value} operations")
            name = node.name.value if node.name else None
            variables = tuple(node.variable_definitions or ())
            types = tuple((v.variable.name.value, print_ast(v.type).removesuffix("!")) for v in variables)
            operations[name] = Operation(node, variables, types, switch_variables(node, fragments))
    return Document(operations, fragments)


def limit_fields(document: DocumentNode, allowed: int) -> None:
    """Refuse early what would be refused late: validation takes the square of the number of fields of one name."""
    given = 0
    waiting = [node.selection_set for node in document.definitions if isinstance(node, ExecutableDefinitionNode)]
    while waiting:
        for selection in waiting.pop().selections:
            given += isinstance(selection, FieldNode)
            if isinstance(selection, FieldNode | InlineFragmentNode) and selection.selection_set is not None:
                waiting.append(selection.selection_set)
    if given > allowed:
        raise LimitExceededError("the document has too many fields", limit="fields", allowed=allowed, given=given)


def attempted_fields(schema: GraphQLSchema, text: str, limit: int) -> frozenset[str]:
    """Every coordinate of the full schema that a document names, for the audit of a refused request."""
    try:
        document = parse_document(text, limit)
    except (ParseError, LimitExceededError):
        return frozenset()
    return frozenset(coordinates_of(schema, document))


def parse_document(text: str, limit: int) -> DocumentNode:
    """The document of a text of at most `limit` tokens. Raises `ParseError` or `LimitExceededError`."""
    try:
        return parse(text, max_lexical_tokens=limit, max_comments=limit)
    except GraphQLError as error:
        if "nested too deeply" in error.message:
            raise LimitExceededError(error.message, limit="nesting") from error
        if "Parsing aborted" in error.message:
            raise LimitExceededError(error.message, limit="tokens", allowed=limit) from error
        raise ParseError(None, errors=[located(error)]) from error


def coordinates_of(schema: GraphQLSchema, document: DocumentNode) -> Iterator[str]:
    """The coordinates of a schema that a document names."""
    info = TypeInfo(schema)
    found: list[str] = []

    class Finder(Visitor):
        def enter_field(self, node: FieldNode, *_: object) -> None:
            parent = info.get_parent_type()
            if parent is not None and info.get_field_def() is not None and not node.name.value.startswith("__"):
                found.append(f"{parent.name}.{node.name.value}")

    visit(document, TypeInfoVisitor(info, Finder()))
    return iter(found)


def located(error: GraphQLError) -> dict[str, Any]:
    """A fault of a document with its places, as it is answered."""
    located: dict[str, Any] = {"message": error.message}
    if error.locations:
        located["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    return located
