"""Who takes part in the process, and in which role (Circular 46/2022/TT-BCA)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

__all__ = ["CLOCK", "SECURITY_BODIES", "Account", "Role"]


class Role(Enum):
    """What an account may do. `CLOCK` is the service itself: what happens because time passes."""

    UNIT_OFFICER = "UNIT_OFFICER"
    REVIEWER = "REVIEWER"
    APPROVER = "APPROVER"
    CYBER_SECURITY = "CYBER_SECURITY"
    TECHNICAL_SECURITY = "TECHNICAL_SECURITY"
    SOURCE_OWNER = "SOURCE_OWNER"
    AUDITOR = "AUDITOR"
    OPERATOR = "OPERATOR"
    CLOCK = "CLOCK"


SECURITY_BODIES = (Role.CYBER_SECURITY, Role.TECHNICAL_SECURITY)
"""The two bodies that the circular names: Cục An ninh mạng và phòng, chống tội phạm sử dụng công nghệ cao; Cục Kỹ thuật
nghiệp vụ."""


@dataclass(frozen=True, slots=True)
class Account:
    """A person or system that takes part. `client_id` is the unit of an officer; `sources` are an owner's databases."""

    account_id: str
    name: str
    roles: frozenset[Role]
    client_id: str | None = None
    sources: frozenset[str] = field(default_factory=frozenset)

    def acts_for(self, client_id: str) -> bool:
        """Whether this is an officer of the unit."""
        return Role.UNIT_OFFICER in self.roles and self.client_id == client_id


CLOCK = Account("clock", "Đồng hồ hệ thống", frozenset({Role.CLOCK}))
