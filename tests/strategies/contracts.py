"""Random contracts: any part of the schema readable or filterable, both modes, with or without a row scope."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from random import Random

from auth.contract import Client, Contract, Grant, Limits, Permission, Purpose, Unpermitted
from graph.catalog import Catalog
from tests.strategies.tables import PROVINCES

__all__ = ["everything", "permission_of", "random_permission"]


def permission_of(
    *,
    readable: Collection[str] = (),
    filterable: Collection[str] = (),
    services: Collection[str] = (),
    unpermitted: Unpermitted = "hide",
    provinces: tuple[str, ...] | None = None,
    limits: Limits | None = None,
) -> Permission:
    """The permission of a contract with one purpose."""
    coordinates = sorted({*readable, *filterable})
    return Contract(
        contract_id="C-1",
        version=3,
        client=Client("unit-1", "Đơn vị một"),
        state="ACTIVE",
        services=frozenset(services),
        purposes={"P": Purpose("P", "Mục đích", None)},
        grants={"P": tuple(Grant(c, c in readable, c in filterable) for c in coordinates)},
        valid_from=datetime(2025, 1, 1, tzinfo=UTC),
        valid_to=datetime(2035, 1, 1, tzinfo=UTC),
        unpermitted=unpermitted,
        row_scope={} if provinces is None else {"province": provinces},
        limits=limits or Limits(),
    ).permission("P")


def everything(catalog: Catalog, *, unpermitted: Unpermitted = "hide") -> Permission:
    """The permission that leaves nothing out."""
    coordinates = frozenset(catalog.coordinates())
    return permission_of(
        readable=coordinates, filterable=coordinates, services=frozenset(catalog.roots), unpermitted=unpermitted
    )


def random_permission(catalog: Catalog, random: Random) -> Permission:
    """Any permission."""
    coordinates = sorted(catalog.coordinates())
    lookups = sorted({grant for root in catalog.roots for grant in catalog.required_grants(root)})
    density = random.choice((0.4, 0.7, 0.9, 0.95, 1))
    usable = random.choice((0.5, 0.9, 1, 1))
    return permission_of(
        readable={c for c in coordinates if random.random() < density},
        filterable={c for c in coordinates if random.random() < (usable if c in lookups else density / 2)}
        | {c for c in ("Citizen.birthName", "Citizen.permanentResidence") if random.random() < usable},
        services={root for root in sorted(catalog.roots) if random.random() < 0.85},
        unpermitted=random.choice(("hide", "null")),
        provinces=random.choice((None, None, None, PROVINCES[:1], PROVINCES[1:])),
        limits=Limits(batch=random.choice((3, 100)), page=random.choice((4, 50))),
    )
