"""The whole schema: every module in `graph/sources` and the roots, composed into one Strawberry schema."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from types import ModuleType
from typing import Any

import strawberry

from graph import duties, roots, scalars, sources

__all__ = ["Citizen", "Query", "build_schema", "schema"]


def build_schema() -> strawberry.Schema:
    """Compose the schema from the declarations that were found."""
    return strawberry.Schema(query=Query, mutation=duties.Mutation, config=scalars.config())


def _compose(type_name: str, parts: Iterable[type], description: str | None = None) -> Any:
    bases = tuple(parts)
    directives: list[object] = []
    for part in bases:
        if "__entity__" in vars(part):
            definition = part.__strawberry_definition__  # type: ignore[attr-defined]
            description, directives = definition.description, list(definition.directives)
    return strawberry.type(type(type_name, bases, {}), description=description, directives=directives)


def _modules() -> list[ModuleType]:
    names = sorted(module.name for module in pkgutil.iter_modules(sources.__path__))
    found = [importlib.import_module(f"{sources.__name__}.{name}") for name in names]
    return [roots, duties, *found]


def _parts(modules: list[ModuleType]) -> dict[str, list[type]]:
    parts: dict[str, list[type]] = {}
    for module in modules:
        for member in vars(module).values():
            if isinstance(member, type) and "__extends__" in vars(member) and member.__module__ == module.__name__:
                parts.setdefault(vars(member)["__extends__"], []).append(member)
    for members in parts.values():
        members.sort(key=lambda member: "__entity__" not in vars(member))
    return parts


_PARTS = _parts(_modules())
Citizen = _compose("Citizen", _PARTS["Citizen"])
Query = _compose("Query", _PARTS["Query"], "Các dịch vụ tra cứu (services of the gateway).")
schema = build_schema()
