"""Example queries of the conformance list: what a client of a contract may send to the sandbox to begin with."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from auth.contract import Contract
from graph.catalog import Catalog
from samples.personas import Persona, call, person, resident

__all__ = ["examples_of"]

_WITHOUT_EXAMPLE = frozenset({"searchCitizens"})
"""What a search may filter by differs from contract to contract: its unit writes its own."""


def examples_of(catalog: Catalog) -> Callable[[Contract], Mapping[str, str]]:
    """Examples by item code for contracts over a schema. One of stored documents gets none: it sends these."""

    def examples(contract: Contract) -> Mapping[str, str]:
        if contract.allow_list_only:
            return {}
        found = {}
        for purpose in contract.purposes:
            query = _query(catalog, contract, purpose, resident(contract.row_scope))
            if query is not None:
                found[f"VALID_QUERY.{purpose}"] = query
        outage = next(
            filter(None, (_query(catalog, contract, p, person("REGISTER_DOWN")) for p in contract.purposes)), None
        )
        if outage is not None:
            found["PARTIAL_OUTAGE"] = outage
        return found

    return examples


def _query(catalog: Catalog, contract: Contract, purpose: str, persona: Persona) -> str | None:
    """The first service of the contract that the purpose may use, asked about somebody."""
    filterable = {grant.coordinate for grant in contract.grants.get(purpose, ()) if grant.filterable}
    for service in sorted(contract.services - _WITHOUT_EXAMPLE):
        asked = call(service, persona)
        if asked is not None and service in catalog.roots and catalog.required_grants(service) <= filterable:
            return f"{{ {asked} }}"
    return None
