"""A dossier: one contract version with its request, and all that was done and said about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from auth.contract import Client
from auth.process.actors import Account, Role
from auth.process.errors import MoveRefusedError, RoleRequiredError
from auth.process.lifecycle import EDITABLE, Standing, State
from auth.process.request import ConnectionRequest

__all__ = ["Attachment", "Dossier", "Finding", "Step", "Summary", "may_see", "require_hold"]

_REVIEWING = frozenset({"take_up", "send_back", "admit_to_test", "send_to_security"})


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the history: who, in which role, when, from where to where, and why."""

    taken_at: datetime
    actor: str
    role: str
    move: str
    from_state: str | None
    to_state: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a security body (`kind` is its role) or the owner of a `source` found.

    It holds for the request whose digest it carries, and `current` says whether that is the request as it stands.
    """

    kind: str
    source: str | None
    passed: bool
    note: str
    actor: str
    made_at: datetime
    current: bool


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document that came with the request; `size` in bytes, `sha256` in hexadecimal."""

    attachment_id: int
    name: str
    media_type: str
    size: int
    sha256: str
    actor: str
    attached_at: datetime


@dataclass(frozen=True, slots=True)
class Summary:
    """A line of a list of dossiers; `since` is when it came into its state."""

    contract_id: str
    version: int
    client: Client
    title: str
    state: State
    valid_from: datetime
    valid_to: datetime
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Dossier:
    """A contract version in the process. Steps and findings come oldest first."""

    summary: Summary
    request: ConnectionRequest
    steps: Sequence[Step]
    findings: Sequence[Finding]
    attachments: Sequence[Attachment]
    previous: int | None

    @property
    def contract_id(self) -> str:
        """The contract's id."""
        return self.summary.contract_id

    @property
    def version(self) -> int:
        """The version's number."""
        return self.summary.version

    @property
    def state(self) -> State:
        """Where it stands."""
        return self.summary.state

    @property
    def reviewers(self) -> frozenset[str]:
        """The accounts that took a reviewer's step."""
        return frozenset(step.actor for step in self.steps if step.move in _REVIEWING)

    @property
    def standing(self) -> Standing:
        """What moves are judged by."""
        return Standing(self.state, self.summary.client.client_id, self.reviewers)

    @property
    def tested_since(self) -> datetime | None:
        """When the technical test of the request as it stands began: what was tried before counts no more."""
        return next((step.taken_at for step in reversed(self.steps) if step.move == "admit_to_test"), None)

    def finding(self, kind: Role, source: str | None = None) -> Finding | None:
        """The latest finding of a body, or of the owner of a source, on the request as it stands."""
        found = (f for f in reversed(self.findings) if f.kind == kind.value and f.source == source and f.current)
        return next(found, None)


def require_hold(actor: Account, dossier: Dossier) -> None:
    """Raise unless the account's unit holds the request now, and so may change it."""
    if not actor.acts_for(dossier.summary.client.client_id):
        raise RoleRequiredError("a request is changed by an officer of its unit")
    if dossier.state not in EDITABLE:
        state = dossier.state.value
        raise MoveRefusedError(f"a request can be changed in DRAFT and NEEDS_INFO; this one is {state}", state=state)


def may_see(actor: Account, client_id: str, state: State, sources: frozenset[str]) -> bool:
    """Whether an account may see a version that reads from these specialised `sources`.

    A unit sees its own. Others see what was handed in; the owner of a database, what reads from it.
    """
    if actor.acts_for(client_id):
        return True
    if state is State.DRAFT:
        return False
    if actor.roles & {Role.REVIEWER, Role.APPROVER, Role.AUDITOR, Role.OPERATOR, Role.CLOCK}:
        return True
    if actor.roles & {Role.CYBER_SECURITY, Role.TECHNICAL_SECURITY} and state not in EDITABLE:
        return True
    return Role.SOURCE_OWNER in actor.roles and bool(actor.sources & sources)
