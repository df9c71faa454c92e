"""Collecting fields: the selections of an object, merged by response key (GraphQL specification, 6.3.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    visit,
)

__all__ = ["Selections", "Switches", "switch_variables"]

Switches = Mapping[str, bool]


@dataclass(frozen=True)
class Selections:
    """The fragments of a document and the values of the variables that switch selections on and off."""

    fragments: Mapping[str, FragmentDefinitionNode]
    switches: Switches

    def collect(self, type_name: str, sets: Iterable[SelectionSetNode | None]) -> dict[str, list[FieldNode]]:
        """The fields of an object of type `type_name`, by response key, in the order of first appearance."""
        grouped: dict[str, list[FieldNode]] = {}
        visited: set[str] = set()
        for selection_set in sets:
            if selection_set is not None:
                self._collect(type_name, selection_set, grouped, visited)
        return grouped

    def _collect(
        self,
        type_name: str,
        selection_set: SelectionSetNode,
        grouped: dict[str, list[FieldNode]],
        visited: set[str],
    ) -> None:
        for selection in selection_set.selections:
            if not self._included(selection.directives or ()):
                continue
            if isinstance(selection, FieldNode):
                key = selection.alias.value if selection.alias else selection.name.value
                grouped.setdefault(key, []).append(selection)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                if condition is None or condition.name.value == type_name:
                    self._collect(type_name, selection.selection_set, grouped, visited)
            elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in visited:
                visited.add(selection.name.value)
                fragment = self.fragments[selection.name.value]
                if fragment.type_condition.name.value == type_name:
                    self._collect(type_name, fragment.selection_set, grouped, visited)

    def _included(self, directives: Iterable[DirectiveNode]) -> bool:
        for directive in directives:
            if directive.name.value == "skip" and self._condition(directive):
                return False
            if directive.name.value == "include" and not self._condition(directive):
                return False
        return True

    def _condition(self, directive: DirectiveNode) -> bool:
        value = next(a.value for a in directive.arguments or () if a.name.value == "if")
        if isinstance(value, VariableNode):
            return self.switches[value.name.value]
        return isinstance(value, BooleanValueNode) and value.value


def switch_variables(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> tuple[str, ...]:
    """The variables in @skip or @include of an operation and of the fragments it reaches, sorted."""
    finder = _SwitchFinder()
    visit(operation, finder)
    seen: set[str] = set()
    while reached := finder.spreads - seen:
        seen |= reached
        for name in reached:
            visit(fragments[name], finder)
    return tuple(sorted(finder.names))


class _SwitchFinder(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.spreads: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        if node.name.value in {"skip", "include"}:
            self.names |= {a.value.name.value for a in node.arguments or () if isinstance(a.value, VariableNode)}

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
        self.spreads.add(node.name.value)
