"""Plans in words: what `lienthong explain` prints and the golden tests hold."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from connectors.fetch import Condition, Statement
from connectors.mongo import compile_find
from connectors.postgres import compile_sql
from graph.homes import Search
from graph.view import View
from resolvers.documents import prepare_document
from resolvers.plan import FetchNode, Plan, RootField
from resolvers.planner import plan_operation
from service.settings import Settings

__all__ = ["describe_plan", "explain_plan"]


def explain_plan(view: View, query: str, settings: Settings, operation_name: str | None = None) -> str:
    """The plan of a query under a view. Switch variables count as false. Raises a `ClientError`."""
    document = prepare_document(view, query)
    operation = document.operation(operation_name)
    plan = plan_operation(view, operation.node, document.fragments, dict.fromkeys(operation.switches, False))
    return describe_plan(plan, view, {name: urlsplit(url).scheme for name, url in settings.sources.items()})


def describe_plan(plan: Plan, view: View, engines: Mapping[str, str]) -> str:
    """The plan as text. `engines` maps each source to the scheme of its URL."""
    contract, version, purpose, _ = view.key
    lines = [
        f"contract {contract} version {version}, purpose {purpose}, unpermitted: {view.permission.contract.unpermitted}"
    ]
    lines.append(f"operation {plan.operation_type} {plan.operation_name or '(anonymous)'}")
    for root in plan.roots:
        lines.append("")
        lines += _root(root, engines, view)
    if plan.denials:
        lines += ["", "denied, answered with null:"]
        lines += [f"  {'.'.join(denial.path)}  ({denial.coordinate})" for denial in plan.denials]
    return "\n".join(lines)


def _root(root: RootField, engines: Mapping[str, str], view: View) -> list[str]:
    if root.fetch is None:
        return [f"{root.key}: Query.{root.name}, nothing is fetched"]
    lines = [f"{root.key}: Query.{root.name}", *_node(root.fetch, engines, 1)]
    if isinstance(root.home, Search):
        lines.append("  conditions and order bound per request, as far as given:")
        usable = {name: c for name, c in root.home.criteria.items() if view.filterable(c.field)}
        lines += [
            f"    {name}: {c.element} {c.operator} (filter, {c.field}{_shield(view, c.field)})"
            for name, c in usable.items()
        ]
        orders = {name: (e, field) for name, (e, field) in root.home.orders.items() if view.filterable(field)}
        lines += [
            f"    orderBy {name}: {element} (order, {field}{_shield(view, field)})"
            for name, (element, field) in orders.items()
        ]
    return lines


def _shield(view: View, coordinate: str) -> str:
    return ", finds no protected person" if view.shields(coordinate) else ""


def _node(node: FetchNode, engines: Mapping[str, str], depth: int) -> list[str]:
    indent = "  " * depth
    lines = [f"{indent}{'.'.join(node.path)}  ({node.coordinate})"]
    if node.assured:
        lines.append(f"{indent}  no fetch: the key `{node.uses[0].column}` is all that is needed")
    else:
        lines.append(f"{indent}  source {node.statement.source}")
        lines += [f"{indent}  | {line}" for line in _text(node.statement, engines).splitlines()]
        lines += [f"{indent}  {use.column}: {', '.join(use.reasons)}" for use in node.uses]
        lines += [f"{indent}  {condition.column}: scope `{name}`" for name, condition in _scoped(node)]
        if node.statement.unless is not None:
            lines.append(f"{indent}  {node.statement.unless}: shield, such rows are left out")
    if node.guard is not None:
        lines.append(f"{indent}  only for subjects in scope, by:")
        lines += _node(node.guard, engines, depth + 2)
    for child in node.children:
        lines += _node(child, engines, depth + 1)
    return lines


def _scoped(node: FetchNode) -> list[tuple[str, Condition]]:
    count = len(node.scope)
    return list(zip(node.scope, node.statement.conditions[len(node.statement.conditions) - count :], strict=True))


def _text(statement: Statement, engines: Mapping[str, str]) -> str:
    return (
        compile_find(statement) if engines.get(statement.source, "").startswith("mongodb") else compile_sql(statement)
    )
