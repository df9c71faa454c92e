"""Random contracts: any part of the schema readable, filterable or specially granted, both modes, any row scope."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from random import Random

from auth.contract import Client, Contract, Grant, Limits, Permission, Purpose, Unpermitted
from graph.catalog import Catalog
from graph.scopes import ROW_SCOPES
from tests.strategies.tables import PROVINCES

__all__ = ["everything", "permission_of", "random_permission"]


def permission_of(  # noqa: PLR0913 - every argument is named, and says one part of a contract
    *,
    readable: Collection[str] = (),
    filterable: Collection[str] = (),
    protected: Collection[str] = (),
    services: Collection[str] = (),
    unpermitted: Unpermitted = "hide",
    row_scope: Mapping[str, tuple[str, ...]] | None = None,
    limits: Limits | None = None,
) -> Permission:
    """The permission of a contract with one purpose."""
    coordinates = sorted({*readable, *filterable, *protected})
    return Contract(
        contract_id="C-1",
        version=3,
        client=Client("unit-1", "Đơn vị một"),
        state="ACTIVE",
        services=frozenset(services),
        purposes={"P": Purpose("P", "Mục đích", None)},
        grants={"P": tuple(Grant(c, c in readable, c in filterable, c in protected) for c in coordinates)},
        valid_from=datetime(2025, 1, 1, tzinfo=UTC),
        valid_to=datetime(2035, 1, 1, tzinfo=UTC),
        unpermitted=unpermitted,
        row_scope=row_scope or {},
        limits=limits or Limits(),
    ).permission("P")


def everything(catalog: Catalog, *, unpermitted: Unpermitted = "hide") -> Permission:
    """The permission that leaves nothing out."""
    coordinates = frozenset(catalog.coordinates())
    return permission_of(
        readable=coordinates,
        filterable=coordinates,
        protected=catalog.shielded,
        services=frozenset(catalog.roots),
        unpermitted=unpermitted,
    )


def random_permission(catalog: Catalog, random: Random) -> Permission:
    """Any permission."""
    coordinates = sorted(catalog.coordinates())
    lookups = sorted({grant for root in catalog.roots for grant in catalog.required_grants(root)})
    density = random.choice((0.4, 0.7, 0.9, 0.95, 1))
    usable = random.choice((0.5, 0.9, 1, 1))
    special = random.choice((0, 0, 0.5, 0.9, 1))
    row_scope: dict[str, tuple[str, ...]] = {}
    if random.random() < 0.4:
        row_scope["province"] = random.choice((PROVINCES[:1], PROVINCES[1:]))
    if random.random() < 0.25:
        statuses = sorted(ROW_SCOPES["residence"].values)
        row_scope["residence"] = tuple(random.sample(statuses, random.randrange(1, 4)))
    return permission_of(
        readable={c for c in coordinates if random.random() < density},
        filterable={c for c in coordinates if random.random() < (usable if c in lookups else density / 2)}
        | {c for c in ("Citizen.birthName", "Citizen.permanentResidence") if random.random() < usable},
        protected={c for c in sorted(catalog.shielded) if random.random() < special},
        services={root for root in sorted(catalog.roots) if random.random() < 0.85},
        unpermitted=random.choice(("hide", "null")),
        row_scope=row_scope,
        limits=Limits(batch=random.choice((3, 100)), page=random.choice((4, 50))),
    )
