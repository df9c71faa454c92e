"""Checking a contract's stored documents before it is written: each must be answerable for one of its purposes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graphql import GraphQLError, OperationDefinitionNode, parse

from auth.contract import Contract
from errors import LienthongError
from graph.catalog import Catalog
from graph.view import View
from resolvers.cost import cost_of
from resolvers.documents import prepare_document
from resolvers.errors import ClientError, LimitExceededError, PlanError
from resolvers.planner import plan_operation

__all__ = ["document_faults", "document_names"]


def document_faults(catalog: Catalog, contract: Contract) -> list[str]:
    """What is wrong with the documents of a contract that has no other fault; empty when it may be installed."""
    if not contract.documents:
        return []
    views = {purpose: View.of(catalog, contract.permission(purpose)) for purpose in contract.purposes}
    return [
        f"contract `{contract.contract_id}`: document {name}: {fault}"
        for name, text in zip(document_names(contract.documents), contract.documents.values(), strict=True)
        if (fault := _fault(views, text)) is not None
    ]


def document_names(documents: Mapping[str, str]) -> list[str]:
    """What people call each document: its hash, and the operations in it when it can be read."""
    return [" ".join([f"sha256:{sha256}", *_operation_names(text)]) for sha256, text in documents.items()]


def _operation_names(text: str) -> Iterator[str]:
    try:
        definitions = parse(text, no_location=True).definitions
    except GraphQLError:
        return
    for definition in definitions:
        if isinstance(definition, OperationDefinitionNode):
            yield definition.name.value if definition.name else "(anonymous)"


def _fault(views: Mapping[str, View], text: str) -> str | None:
    """Why no purpose permits a document; None when one does."""
    faults = {}
    for purpose, view in views.items():
        try:
            _plan(view, text)
        except (ClientError, PlanError) as error:
            faults[purpose] = _reason(error)
        else:
            return None
    if len(set(faults.values())) == 1:
        return next(iter(faults.values()))
    return ", and ".join(f"for `{purpose}`: {fault}" for purpose, fault in faults.items())


def _reason(error: LienthongError) -> str:
    messages = [fault["message"] for fault in error.details.get("errors", ())]
    if messages:
        return "; ".join(messages)
    details = ", ".join(f"{name}: {value}" for name, value in error.details.items())
    return f"{error.message} ({details})" if details else error.message


def _plan(view: View, text: str) -> None:
    """Plan each operation with all its @skip and @include off, and on, and count its cost for one key or row."""
    document, allowed = prepare_document(view, text), view.permission.contract.limits.cost
    for operation in document.operations.values():
        for on in (False, True):
            plan = plan_operation(view, operation.node, document.fragments, dict.fromkeys(operation.switches, on))
            cost = cost_of(plan, {root.key: {"keys": [None], "first": 1} for root in plan.roots})
            if cost > allowed:
                raise LimitExceededError("it would read too much", limit="cost", allowed=allowed, given=cost)
