"""Checking a contract against the schema before it is written: a name that nothing has is a fault, not a grant.

And which databases it would read from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple

from auth.contract import Contract
from graph.catalog import Catalog
from graph.scopes import ROW_SCOPES

__all__ = ["POPULATION", "contract_faults", "specialised_sources"]

POPULATION = "population"
"""The source that the managing agency owns itself."""


def contract_faults(catalog: Catalog, contract: Contract) -> list[str]:
    """What is wrong with a contract; empty when it may be installed."""
    return [f"contract `{contract.contract_id}`: {fault}" for fault in _faults(catalog, contract)]


def _faults(catalog: Catalog, contract: Contract) -> Iterator[str]:
    for service in sorted(contract.services - set(catalog.roots) - set(catalog.duties)):
        yield f"there is no service `{service}`"
    for purpose, grants in contract.grants.items():
        for grant in grants:
            if grant.coordinate not in catalog.homes:
                yield f"purpose `{purpose}` grants `{grant.coordinate}`, which does not exist"
            elif grant.protected and grant.coordinate not in catalog.shielded:
                yield f"purpose `{purpose}` grants `{grant.coordinate}` of protected persons, from whom it is not kept"
    yield from _scope_faults(catalog, contract)
    if contract.unpermitted not in {"hide", "null"}:
        yield "`unpermitted` must be `hide` or `null`"
    if not contract.purposes:
        yield "it has no purpose"
    if contract.allow_list_only and not contract.documents:
        yield "`allow_list_only` without `documents` lets nothing run"
    if any(limit < 1 for limit in astuple(contract.limits)):
        yield "every limit must be at least 1"


def _scope_faults(catalog: Catalog, contract: Contract) -> Iterator[str]:
    for name, values in contract.row_scope.items():
        if name not in ROW_SCOPES:
            yield f"there is no row scope `{name}`"
            continue
        if not values:
            yield f"row scope `{name}` lists no value"
        for value in values:
            if value not in ROW_SCOPES[name].values:
                yield f"row scope `{name}` has no value `{value}`"
        for service in sorted(contract.services & set(catalog.roots)):
            if not catalog.limits(service, name):
                yield f"service `{service}` cannot be limited by the row scope `{name}`"


def specialised_sources(catalog: Catalog, contract: Contract) -> frozenset[str]:
    """The databases beside the population's that a contract would read from; their owners have a say in it."""
    types = {grant.coordinate.partition(".")[0] for grants in contract.grants.values() for grant in grants}
    found = {catalog.entities[name].source for name in types if name in catalog.entities}
    return frozenset(found - {POPULATION})
