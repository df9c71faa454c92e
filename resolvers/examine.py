"""What the process of contracts asks of the schema: whether a contract fits it, and whose databases it reads from."""

from __future__ import annotations

from functools import partial

from auth.contract import Contract
from auth.process.completeness import Missing
from auth.process.reading import Examiner
from graph.catalog import Catalog
from graph.check import contract_faults, specialised_sources
from resolvers.check import document_faults

__all__ = ["examiner_of"]


def examiner_of(catalog: Catalog) -> Examiner:
    """The examiner of a schema."""

    def faults(contract: Contract) -> list[Missing]:
        if not contract.purposes:  # named as missing already, and nothing fits without one
            return []
        found = contract_faults(catalog, contract) or document_faults(catalog, contract)
        words = [fault.removeprefix(f"contract `{contract.contract_id}`: ") for fault in found]
        return [Missing(path="contract", vi=f"Không khớp lược đồ: {fault}", en=fault) for fault in words]

    return Examiner(faults, partial(specialised_sources, catalog))
