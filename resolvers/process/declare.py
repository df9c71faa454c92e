"""Declaring a root of the process for the roles that have it; for all others it does not exist."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

from auth.process.actors import Role

__all__ = ["EVERYONE", "root", "roots_for"]

EVERYONE = frozenset(Role) - {Role.CLOCK}
"""Every role that an account can have."""


def root(*roles: Role, description: str) -> Callable[[Callable[..., Any]], Any]:
    """Declare a root for accounts with one of `roles`; without any, for every account."""
    declared: Callable[[Callable[..., Any]], Any] = strawberry.field(
        description=description, metadata={"roles": frozenset(roles) or EVERYONE}
    )
    return declared


def roots_for(roles: frozenset[Role], members: Mapping[str, Any]) -> list[StrawberryField]:
    """Copies of the declared roots among `members` that one of the roles has, in the order of their declaration."""
    declared = [member for member in members.values() if isinstance(member, StrawberryField)]
    return [copy.copy(field) for field in declared if field.metadata["roles"] & roles]
