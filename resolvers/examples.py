"""Example queries made from a contract itself: each fits its schema and limits, so that it really runs.

Values come by the coordinate that an argument is compared with (`Citizen.personalId`); where none is given there stands
one of the right form that no record has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from graphql import (
    ArgumentNode,
    FieldNode,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    NonNullTypeNode,
    ObjectFieldNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableNode,
    Visitor,
    get_named_type,
    is_enum_type,
    is_list_type,
    type_from_ast,
    visit,
)

from errors import LienthongError
from graph.catalog import Catalog
from graph.describe import leads_to
from graph.homes import Linked, Lookup, Report, Search, Verify
from graph.view import View
from resolvers.cost import cost_of
from resolvers.documents import prepare_document
from resolvers.planner import plan_operation
from resolvers.reach import root_fields

__all__ = ["Example", "compared_with", "examples_of"]

_PAGE = 10
_FEW = 5
_PLACEHOLDERS: Mapping[str, Any] = {
    "PersonalId": "000000000000",
    "PartialDate": "1900-01-01",
    "String": "0000000000",
    "Int": 1,
    "Boolean": True,
}
_NAMED: Mapping[str, Any] = {"Citizen.birthName": "họ và tên", "Citizen.permanentResidence": "00"}
_WIDTH = 100
_VIEWER = """query viewer {
  viewer {
    clientName
    contract
    version
    purpose
    validTo
    fields { coordinate readable filterable }
  }
}"""

_Selection: TypeAlias = "tuple[tuple[str, _Selection], ...]"


@dataclass(frozen=True, slots=True)
class Example:
    """An operation for one purpose, with its variables; `root` is the service that it shows.

    `document` is the SHA-256 of a stored document, whose text it is byte for byte.
    """

    purpose: str
    root: str
    query: str
    variables: Mapping[str, Any]
    document: str | None = None


def examples_of(view: View, samples: Mapping[str, Any] | None = None) -> tuple[Example, ...]:
    """An example for every service that a permission may use, and its stored documents.

    `samples` are values by coordinate. A contract that runs its stored documents only has no other examples.
    """
    contract, given = view.permission.contract, samples or {}
    stored = tuple(_stored_examples(view, given))
    if contract.allow_list_only:
        return stored
    shown: set[str] = set()
    made: list[Example] = []
    for root in sorted(view.roots, key=lambda root: (isinstance(view.catalog.roots[root], Report | Verify), root)):
        finds = isinstance(view.catalog.roots[root], Lookup | Search)
        entity = view.catalog.entity_of(root) if finds else ""
        example = _root_example(view, root, given, frozenset(shown))
        made += [] if example is None else [example]
        shown |= {entity} if entity else set()
    return (*made, *stored)


def _root_example(view: View, root: str, given: Mapping[str, Any], shown: frozenset[str]) -> Example | None:
    """The fullest of some queries that fits the limits; None when not even the smallest does.

    Of the types that another example has `shown` a few fields are enough.
    """
    if isinstance(view.catalog.roots[root], Report):
        return Example(view.permission.purpose, root, _VIEWER, {}) if _fits(view, _VIEWER) else None
    variables = _variables(view, root, given)
    for links, leaves in ((1, None), (0, None), (0, _FEW), (0, 1)):
        selection = _selection(view, root, links, shown)[:leaves]
        text = _query(view, root, variables, selection)
        if selection and _fits(view, text):
            return Example(view.permission.purpose, root, text, variables)
    return None


def _query(view: View, root: str, variables: Mapping[str, Any], selection: _Selection) -> str:
    field = _root_field(view, root)
    types = ", ".join(f"${name}: {field.args[name].type}" for name in variables)
    given = ", ".join(f"{name}: ${name}" for name in variables)
    for name in reversed(root_fields(view, root)[1:]):
        paging: _Selection = (("pageInfo", (("hasNextPage", ()), ("endCursor", ()))),) if name == "edges" else ()
        selection = ((name, selection), *paging)
    return f"query {root}({types}) {{\n{_layout(((f'{root}({given})', selection),), 1)}}}"


def _layout(selection: _Selection, depth: int) -> str:
    """A selection as people write it: what is short stays on one line."""
    lines, indent = [], "  " * depth
    for name, below in selection:
        whole = f"{indent}{_line(name, below)}\n"
        if below and (len(whole) > _WIDTH or any(inner for _, inner in below)):
            whole = f"{indent}{name} {{\n{_layout(below, depth + 1)}{indent}}}\n"
        lines.append(whole)
    return "".join(lines)


def _line(name: str, below: _Selection) -> str:
    return f"{name} {{ {' '.join(_line(*inner) for inner in below)} }}" if below else name


def _selection(view: View, root: str, links: int, shown: frozenset[str]) -> _Selection:
    if isinstance(view.catalog.roots[root], Verify):
        verification = cast("GraphQLObjectType", get_named_type(_root_field(view, root).type))
        return tuple((name, ()) for name in verification.fields)
    return _fields(view, view.catalog.entity_of(root), links, shown)


def _fields(view: View, type_name: str, links: int, shown: frozenset[str]) -> _Selection:
    """The permitted fields of a type, each with what is below it, through so many links; a few of a type once shown."""
    catalog, found = view.catalog, []
    links = 0 if type_name in shown else links
    type_ = cast("GraphQLObjectType", catalog.schema.type_map[type_name])
    for name in type_.fields:
        coordinate = f"{type_name}.{name}"
        opened = leads_to(catalog, coordinate)
        linked = isinstance(catalog.homes[coordinate], Linked)
        if coordinate not in view.readable or (linked and not links):
            continue
        below = () if opened is None else _fields(view, opened, links - linked, shown)
        if opened is None or below:
            found.append((name, below))
    return tuple(found[:_FEW] if type_name in shown else found)


def _variables(view: View, root: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A value for each argument that an example gives, by name."""
    home, arguments = view.catalog.roots[root], _root_field(view, root).args
    values: dict[str, Any] = {}
    for name, argument in arguments.items():
        if isinstance(home, Search) and name == "filter":
            usable = [criterion for criterion in home.criteria if view.filterable(home.criteria[criterion].field)]
            criteria = cast("GraphQLInputObjectType", get_named_type(argument.type)).fields
            values[name] = {usable[0]: _value(view, criteria[usable[0]].type, home.criteria[usable[0]].field, given)}
        elif isinstance(home, Search) and name == "first":
            values[name] = min(_PAGE, view.permission.contract.limits.page)
        elif isinstance(argument.type, GraphQLNonNull):
            values[name] = _value(view, argument.type, compared_with(view.catalog, root, name), given)
    return values


def compared_with(catalog: Catalog, root: str, name: str) -> str:
    """The coordinate that an argument of a service, or a criterion inside one, is compared with; empty for none."""
    home = catalog.roots.get(root)
    if isinstance(home, Lookup):
        return catalog.lookup_grants[root]
    if isinstance(home, Search | Verify) and name in home.criteria:
        return home.criteria[name].field
    return ""


def _value(view: View, type_: Any, coordinate: str, given: Mapping[str, Any]) -> Any:
    """The sample of a coordinate, as a list if the type is one; else a value of the right form."""
    inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    value = given.get(coordinate)
    if value is None and coordinate == "Citizen.permanentResidence":
        value = next(iter(view.permission.contract.row_scope.get("province", ())), None)
    if value is None:
        value = _NAMED.get(coordinate, _placeholder(get_named_type(inner)))
    return [value] if is_list_type(inner) else value


def _placeholder(type_: Any) -> Any:
    if is_enum_type(type_):
        return next(iter(type_.values))
    return _PLACEHOLDERS.get(cast("GraphQLScalarType", type_).name, "")


def _root_field(view: View, root: str) -> GraphQLField:
    return cast("GraphQLField", cast("GraphQLObjectType", view.schema.query_type).fields[root])


def _fits(view: View, text: str) -> bool:
    """Whether a query fits the view's schema and limits, for one key or page."""
    limits = view.permission.contract.limits
    try:
        document = prepare_document(view, text)
        plan = plan_operation(view, document.operation(None).node, document.fragments, {})
    except LienthongError:
        return False
    arguments = {root.key: {"keys": [None], "first": min(_PAGE, limits.page)} for root in plan.roots}
    return not plan.denied and cost_of(plan, arguments) <= limits.cost


def _stored_examples(view: View, given: Mapping[str, Any]) -> Iterator[Example]:
    """The contract's stored documents that this purpose permits, those of one operation."""
    for sha256, text in sorted(view.permission.contract.documents.items()):
        try:
            document = prepare_document(view, text)
        except LienthongError:
            continue
        if len(document.operations) != 1:
            continue
        operation = document.operation(None).node
        root = next(iter(_roots(operation)), "")
        yield Example(view.permission.purpose, root, text, _stored_variables(view, operation, given), sha256)


def _roots(operation: OperationDefinitionNode) -> Iterator[str]:
    for selection in operation.selection_set.selections:
        name = getattr(selection, "name", None)
        if name is not None:
            yield name.value


def _stored_variables(view: View, operation: OperationDefinitionNode, given: Mapping[str, Any]) -> dict[str, Any]:
    """A value for each variable that has to be given, by the argument or criterion that it stands for."""
    info = TypeInfo(view.schema)
    compared: dict[str, str] = {}

    class Finder(Visitor):
        root = name = ""

        def enter_field(self, node: FieldNode, *_: object) -> None:
            if info.get_parent_type() is view.schema.query_type:
                self.root = node.name.value

        def enter_argument(self, node: ArgumentNode, *_: object) -> None:
            self.name = node.name.value

        def enter_object_field(self, node: ObjectFieldNode, *_: object) -> None:
            self.name = node.name.value

        def enter_variable(self, node: VariableNode, *_: object) -> None:
            if self.root:
                compared.setdefault(node.name.value, compared_with(view.catalog, self.root, self.name))

    visit(operation, TypeInfoVisitor(info, Finder()))
    definitions = [one for one in operation.variable_definitions or () if isinstance(one.type, NonNullTypeNode)]
    return {
        name: _value(view, type_from_ast(view.schema, definition.type), compared.get(name, ""), given)
        for definition in definitions
        if definition.default_value is None
        for name in (definition.variable.name.value,)
    }
