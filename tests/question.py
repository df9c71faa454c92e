"""What engine and oracle are asked and answer, as plain values that belong to neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graph.view import View
from tests.reach import Reach

__all__ = ["Answer", "Fault", "Question", "Row", "Sought", "World", "describe_viewer"]

Row = Mapping[str, Any]
Fault = tuple[str, tuple[str, ...], int | None]
Sought = tuple[str, str, str, Any]


@dataclass(frozen=True)
class World:
    """What the sources hold (source -> table -> rows), and the error code of each source that fails."""

    tables: Mapping[str, Mapping[str, Sequence[Row]]]
    failing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """What a client sends."""

    query: str
    operation_name: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """The data, the errors as (code, schema path, count), the citizens whose data was read and those who may be noted
    as well, every (source, table, element, key) that some field had to look for, and what the operation may reach."""

    data: dict[str, Any] | None
    faults: frozenset[Fault]
    subjects: frozenset[str] = frozenset()
    notable: frozenset[str] = frozenset()
    sought: frozenset[Sought] = frozenset()
    reach: Reach = field(default_factory=Reach)


def describe_viewer(view: View) -> dict[str, Any]:
    """What `viewer` answers, read from the contract."""
    permission = view.permission
    contract = permission.contract
    return {
        "client": contract.client.client_id,
        "clientName": contract.client.name,
        "contract": contract.contract_id,
        "version": contract.version,
        "purpose": permission.purpose,
        "purposes": [{"code": p.code, "text": p.text, "legalBasis": p.legal_basis} for p in contract.purposes.values()],
        "services": sorted(contract.services),
        "notices": [],
        "fields": [
            {
                "coordinate": c,
                "readable": c in permission.readable,
                "filterable": c in permission.filterable,
                "protected": c in permission.protected,
            }
            for c in sorted({grant.coordinate for grant in contract.grants[permission.purpose]})
        ],
        "unpermitted": contract.unpermitted,
        "validTo": contract.valid_to.isoformat(),
    }
