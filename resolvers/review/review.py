"""The review of a request as one value."""

from __future__ import annotations

from dataclasses import dataclass, replace

from auth.contract import Contract
from auth.process.dossier import Dossier
from auth.process.request import ConnectionRequest, to_contract
from graph.catalog import Catalog
from graph.check import contract_faults
from graph.scopes import ROW_SCOPES
from graph.view import View
from resolvers.reach import Touch, reach_of
from resolvers.review.comparison import Comparison, compare
from resolvers.review.doubts import Doubt, doubts_of
from resolvers.review.opening import Counts, OpenedField, count, openings_of

__all__ = ["Review", "review_of"]


@dataclass(frozen=True, slots=True)
class Review:
    """What helps a human to decide on a request.

    `opened` are its fields by purpose. `elements` is everything that the databases may be asked for, joins, filters,
    scopes and orders included: the exact columns and paths. `opens` and `closes` are those that only this version, or
    only the one that it would replace, has; `comparison` is None when it would replace none. `faults` are what does not
    fit the schema and is left out of the rest.
    """

    opened: tuple[OpenedField, ...]
    counts: Counts
    doubts: tuple[Doubt, ...]
    elements: tuple[Touch, ...]
    comparison: Comparison | None
    opens: tuple[Touch, ...]
    closes: tuple[Touch, ...]
    faults: tuple[str, ...]


def review_of(catalog: Catalog, dossier: Dossier, replaced: Dossier | None = None) -> Review:
    """The review of a dossier, beside the version that it would replace (`Dossiers.replaced_by`). Pure."""
    request, contract = dossier.request, _contract(dossier)
    fitting = _fitting(catalog, contract)
    views = [View.of(catalog, fitting.permission(code)) for code in fitting.purposes]
    opened = tuple(field for view in views for field in openings_of(request, view))
    elements = _touched(views)
    before: frozenset[Touch] = frozenset()
    comparison = None
    if replaced is not None:
        old = _contract(replaced)
        comparison = compare(old, contract)
        old = _fitting(catalog, old)
        before = _touched([View.of(catalog, old.permission(code)) for code in old.purposes])
    return Review(
        opened=opened,
        counts=count(opened),
        doubts=doubts_of(catalog, request, opened),
        elements=tuple(sorted(elements)),
        comparison=comparison,
        opens=tuple(sorted(elements - before)) if replaced is not None else (),
        closes=tuple(sorted(before - elements)),
        faults=tuple(_faults(catalog, request, contract)),
    )


def _contract(dossier: Dossier) -> Contract:
    return to_contract(dossier.request, dossier.contract_id, dossier.version, dossier.summary.client)


def _fitting(catalog: Catalog, contract: Contract) -> Contract:
    """The contract without what the schema does not have: a draft may name anything."""
    scopes = {name: values for name, values in contract.row_scope.items() if name in ROW_SCOPES}
    return replace(contract, services=contract.services & {*catalog.roots, *catalog.duties}, row_scope=scopes)


def _faults(catalog: Catalog, request: ConnectionRequest, contract: Contract) -> list[str]:
    unstated = sorted({field.field for field in request.fields} - set(catalog.homes) - _granted(contract) - {""})
    prefix = f"contract `{contract.contract_id}`: "
    found = [fault.removeprefix(prefix) for fault in contract_faults(catalog, contract)]
    return found + [f"there is no field `{name}`" for name in unstated]


def _granted(contract: Contract) -> set[str]:
    return {grant.coordinate for grants in contract.grants.values() for grant in grants}


def _touched(views: list[View]) -> frozenset[Touch]:
    return frozenset(touch for view in views for touch in reach_of(view).touched)
