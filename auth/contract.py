"""Contracts as values, and the decision which permission a request has under one.

A contract version is immutable. Time, state and purpose are decided on every request (`permit`), so that
nothing cached can outlive them; the `Permission` that comes out is a pure value and may be cached by key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal

from auth.errors import (
    ContractExpiredError,
    ContractNotActiveError,
    PurposeNotPermittedError,
    PurposeRequiredError,
)

__all__ = ["Client", "Contract", "Grant", "Limits", "Permission", "Purpose", "Unpermitted", "permit"]

Unpermitted = Literal["hide", "null"]


@dataclass(frozen=True, slots=True)
class Client:
    """A registering unit's system that calls the service."""

    client_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Purpose:
    """A purpose that the contract was permitted for (Circular 46/2022/TT-BCA)."""

    code: str
    text: str
    legal_basis: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What a contract permits at one field coordinate: to read it, to use it in arguments, or both.

    `protected` is the special grant: neither stops at protected persons, whose addresses and contacts are shielded.
    """

    coordinate: str
    readable: bool = True
    filterable: bool = False
    protected: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one request, of a minute and of a day.

    Of a request: `batch` keys of all its look-ups together; `page` rows of a page; `depth` of selections; `fields`
    selected; `aliases` among them; lexical `tokens` of the document; `cost`, the rows that it makes databases read at
    most as far as the plan can tell (`Plan.cost`); `subjects`, different persons whose data it reads.
    `requests_per_minute` and `subjects_per_day` (different persons) hold for all gateways together.
    """

    batch: int = 100
    page: int = 50
    depth: int = 12
    fields: int = 500
    aliases: int = 50
    tokens: int = 4000
    cost: int = 20_000
    subjects: int = 2_000
    requests_per_minute: int = 1_200
    subjects_per_day: int = 50_000


@dataclass(frozen=True)
class Contract:
    """One immutable version of a contract.

    `services` are the permitted fields of `Query`; `grants` are given per purpose; `row_scope` limits rows,
    for instance `{"province": ("79",)}`; `documents` are stored documents by SHA-256, and nothing else runs with
    `allow_list_only`; instants are aware.
    """

    contract_id: str
    version: int
    client: Client
    state: str
    services: frozenset[str]
    purposes: Mapping[str, Purpose]
    grants: Mapping[str, tuple[Grant, ...]]
    valid_from: datetime
    valid_to: datetime
    unpermitted: Unpermitted = "hide"
    row_scope: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    title: str = ""
    documents: Mapping[str, str] = field(default_factory=dict)
    allow_list_only: bool = False
    _permissions: dict[str, Permission] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def stored_texts(self) -> frozenset[str]:
        """The texts of the stored documents."""
        return frozenset(self.documents.values())

    def permission(self, purpose: str) -> Permission:
        """The permission under one of the contract's purposes."""
        permission = self._permissions.get(purpose)
        if permission is None:
            grants = self.grants.get(purpose, ())
            permission = self._permissions[purpose] = Permission(
                contract=self,
                purpose=purpose,
                readable=frozenset(grant.coordinate for grant in grants if grant.readable),
                filterable=frozenset(grant.coordinate for grant in grants if grant.filterable),
                protected=frozenset(grant.coordinate for grant in grants if grant.protected),
            )
        return permission


@dataclass(frozen=True)
class Permission:
    """What one contract version permits for one purpose. Purposes never add up."""

    contract: Contract
    purpose: str
    readable: frozenset[str]
    filterable: frozenset[str]
    protected: frozenset[str] = frozenset()

    @cached_property
    def key(self) -> tuple[str, int, str, str]:
        """Identifies the permission by contract, version, purpose and a digest of all that it permits.

        The digest is there so that nothing cached outlives a version that someone changed in place.
        """
        contract = self.contract
        permitted = (
            sorted(self.readable),
            sorted(self.filterable),
            sorted(self.protected),
            sorted(contract.services),
            sorted(contract.row_scope.items()),
            contract.unpermitted,
            contract.limits,
            sorted(contract.documents),
            contract.allow_list_only,
        )
        digest = hashlib.sha256(repr(permitted).encode()).hexdigest()
        return (contract.contract_id, contract.version, self.purpose, digest)


def permit(contract: Contract, purpose: str | None, now: datetime) -> Permission:
    """Decide the permission of a request at `now` for the purpose it names.

    Raises `ContractNotActiveError`, `ContractExpiredError`, `PurposeRequiredError` or `PurposeNotPermittedError`.
    """
    if contract.state != "ACTIVE":
        raise ContractNotActiveError
    if not contract.valid_from <= now < contract.valid_to:
        raise ContractExpiredError
    if purpose is None:
        if len(contract.purposes) != 1:
            raise PurposeRequiredError(None, purposes=sorted(contract.purposes))
        purpose = next(iter(contract.purposes))
    if purpose not in contract.purposes:
        raise PurposeNotPermittedError(None, purposes=sorted(contract.purposes))
    return contract.permission(purpose)
