"""What the process of contracts asks of the schema: whether a contract fits it, and whose databases it reads from."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from auth.contract import Contract
from auth.process.completeness import Missing
from auth.process.reading import Examiner
from graph.catalog import Catalog
from graph.check import contract_faults, specialised_sources
from graph.describe import leads_to
from resolvers.check import document_faults

__all__ = ["examiner_of"]

_EVERYBODYS = frozenset({"viewer"})


def examiner_of(catalog: Catalog) -> Examiner:
    """The examiner of a schema."""

    def faults(contract: Contract) -> list[Missing]:
        if not contract.purposes:  # named as missing already, and nothing fits without one
            return []
        found = contract_faults(catalog, contract) or document_faults(catalog, contract)
        words = [fault.removeprefix(f"contract `{contract.contract_id}`: ") for fault in found]
        misfits = [Missing(path="contract", vi=f"Không khớp lược đồ: {fault}", en=fault) for fault in words]
        return misfits or [*_useless_services(catalog, contract), *_empty_objects(catalog, contract)]

    return Examiner(faults, partial(specialised_sources, catalog))


def _useless_services(catalog: Catalog, contract: Contract) -> Iterator[Missing]:
    """Services that no purpose may use: what they are asked by is not granted."""
    for service in sorted((contract.services & set(catalog.roots)) - _EVERYBODYS):
        needed = catalog.required_grants(service)
        granted = [{grant.coordinate for grant in grants if grant.filterable} for grants in contract.grants.values()]
        if not any(needed <= given for given in granted):
            named = ", ".join(sorted(needed))
            yield Missing(
                path="services",
                vi=f"Dịch vụ {service} chưa dùng được: hãy chọn thêm quyền tra cứu cho {named}",
                en=f"the service `{service}` needs `filter` for {named}",
            )


def _empty_objects(catalog: Catalog, contract: Contract) -> Iterator[Missing]:
    """Objects of which nothing is read: a query could not select a single field of them."""
    for purpose, grants in contract.grants.items():
        readable = {grant.coordinate for grant in grants if grant.readable}
        types = {coordinate.partition(".")[0] for coordinate in readable}
        for coordinate in sorted(readable):
            opened = leads_to(catalog, coordinate)
            if opened is not None and opened not in types:
                yield Missing(
                    path="fields",
                    vi=f"{coordinate} ({purpose}) là {opened}: hãy chọn thêm ít nhất một trường của {opened}",
                    en=f"`{coordinate}` is a {opened}: choose a field of it as well",
                )
