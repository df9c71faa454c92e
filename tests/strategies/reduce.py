"""Make a case that fails small: leave out selections, rows and failures as long as it fails in the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    validate,
    visit,
)

from tests.strategies.cases import Case

__all__ = ["reduced"]


def reduced(case: Case, fails: Callable[[Case], bool]) -> Case:
    """A smaller case that `fails` still holds of."""
    case = _fewer_selections(case, fails)
    for source in list(case.world.failing):
        failing = {name: code for name, code in case.world.failing.items() if name != source}
        case = _kept(case, replace(case, world=replace(case.world, failing=failing)), fails)
    for source, tables in case.world.tables.items():
        for table, rows in tables.items():
            for row in [] if table == "household" else rows:  # a foreign key leads there
                now = case.world.tables[source]
                fewer = {**now, table: [other for other in now[table] if other is not row]}
                world = replace(case.world, tables={**case.world.tables, source: fewer})
                case = _kept(case, replace(case, world=world), fails)
    return case


def _kept(case: Case, smaller: Case, fails: Callable[[Case], bool]) -> Case:
    return smaller if fails(smaller) else case


def _fewer_selections(case: Case, fails: Callable[[Case], bool]) -> Case:
    found = True
    while found:
        found = False
        for text in _smaller_documents(parse(case.question.query)):
            smaller = replace(case, question=replace(case.question, query=text))
            if not validate(case.view.schema, parse(text)) and fails(smaller):
                case, found = smaller, True
                break
    return case


def _smaller_documents(document: DocumentNode) -> Iterator[str]:
    """The document without its n-th operation, selection or directive, for every n; fragments are put inline."""
    count = 0

    class Counter(Visitor):
        def enter(self, node: Any, *_: object) -> None:
            nonlocal count
            count += isinstance(node, _Removable)

    visit(document, Counter())
    for index in range(count):
        smaller = _tidied(visit(document, _Remover(index)))
        if smaller is not None:
            yield print_ast(smaller)


_Removable = FieldNode | FragmentSpreadNode | InlineFragmentNode | DirectiveNode | OperationDefinitionNode


class _Remover(Visitor):
    def __init__(self, index: int) -> None:
        super().__init__()
        self.left = index

    def enter(self, node: Any, *_: object) -> Any:
        if not isinstance(node, _Removable):
            return None
        self.left -= 1
        return self.REMOVE if self.left == -1 else None


def _tidied(document: DocumentNode) -> DocumentNode | None:
    """Without unused fragments and variables; None when a selection set or the document is empty."""
    while True:
        names = _names_used(document)
        kept = tuple(
            d
            for d in document.definitions
            if not isinstance(d, FragmentDefinitionNode) or d.name.value in names[FragmentSpreadNode]
        )
        if len(kept) == len(document.definitions):
            break
        document = DocumentNode(definitions=kept)
    if names[SelectionSetNode] or not any(isinstance(d, OperationDefinitionNode) for d in document.definitions):
        return None

    class Remover(Visitor):
        def enter_variable_definition(self, node: VariableDefinitionNode, *_: object) -> Any:
            return None if node.variable.name.value in names[VariableNode] else self.REMOVE

    return visit(document, Remover())  # type: ignore[no-any-return]


def _names_used(document: DocumentNode) -> dict[type, set[str]]:
    names: dict[type, set[str]] = {FragmentSpreadNode: set(), VariableNode: set(), SelectionSetNode: set()}

    class Finder(Visitor):
        def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
            names[FragmentSpreadNode].add(node.name.value)

        def enter_variable(self, node: VariableNode, _key: object, parent: Any, *_: object) -> None:
            if not isinstance(parent, VariableDefinitionNode):
                names[VariableNode].add(node.name.value)

        def enter_selection_set(self, node: SelectionSetNode, *_: object) -> None:
            if not node.selections:
                names[SelectionSetNode].add("empty")

    visit(document, Finder())
    return names
