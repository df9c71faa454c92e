"""The life cycle of a contract version as a state machine: pure, and the only place that says who may move what.

Activities are the circular's (Circular 46/2022/TT-BCA), names of states are ours. A move that is not in `MOVES` does
not exist; `judge` says why one is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from auth.process.actors import Account, Role
from auth.process.errors import MoveRefusedError

__all__ = ["EDITABLE", "IN_FORCE", "MOVES", "UNDER_WAY", "Move", "Standing", "State", "judge", "moves_of"]


class State(Enum):
    """Where a contract version stands."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    NEEDS_INFO = "NEEDS_INFO"
    UNDER_REVIEW = "UNDER_REVIEW"
    TECHNICAL_TEST = "TECHNICAL_TEST"
    SECURITY_CHECK = "SECURITY_CHECK"
    APPROVED = "APPROVED"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    TERMINATED = "TERMINATED"
    EXPIRED = "EXPIRED"
    SUPERSEDED = "SUPERSEDED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


EDITABLE = frozenset({State.DRAFT, State.NEEDS_INFO})
"""The unit holds the request and may change it."""

UNDER_WAY = EDITABLE | {
    State.SUBMITTED,
    State.UNDER_REVIEW,
    State.TECHNICAL_TEST,
    State.SECURITY_CHECK,
    State.APPROVED,
}
"""Not decided yet, or not in force yet."""

IN_FORCE = frozenset({State.ACTIVE, State.SUSPENDED})
"""The version counts; when suspended, nothing is answered."""

_EXAMINED = frozenset({State.UNDER_REVIEW, State.TECHNICAL_TEST, State.SECURITY_CHECK})


@dataclass(frozen=True, slots=True)
class Move:
    """A step from one of several states to another, by an account that has one of the roles.

    `reasoned` moves need a written reason. What else a move needs (a complete request, finished tests, findings) is
    looked up where the move is carried out (`auth.process.moves`).
    """

    name: str
    origins: frozenset[State]
    target: State
    roles: frozenset[Role]
    reasoned: bool = False


def _move(
    name: str, origins: set[State] | frozenset[State], target: State, *roles: Role, reasoned: bool = False
) -> Move:
    return Move(name, frozenset(origins), target, frozenset(roles), reasoned)


MOVES: Mapping[str, Move] = {
    move.name: move
    for move in (
        _move("submit", EDITABLE, State.SUBMITTED, Role.UNIT_OFFICER),
        _move("withdraw", UNDER_WAY - {State.APPROVED}, State.WITHDRAWN, Role.UNIT_OFFICER, reasoned=True),
        _move("take_up", {State.SUBMITTED}, State.UNDER_REVIEW, Role.REVIEWER),
        _move("send_back", _EXAMINED, State.NEEDS_INFO, Role.REVIEWER, reasoned=True),
        _move("reject", _EXAMINED, State.REJECTED, Role.APPROVER, reasoned=True),
        _move("admit_to_test", {State.UNDER_REVIEW}, State.TECHNICAL_TEST, Role.REVIEWER),
        _move("send_to_security", {State.TECHNICAL_TEST}, State.SECURITY_CHECK, Role.REVIEWER),
        _move("approve", {State.SECURITY_CHECK}, State.APPROVED, Role.APPROVER),
        _move("activate", {State.APPROVED}, State.ACTIVE, Role.APPROVER, Role.OPERATOR),
        _move("suspend", {State.ACTIVE}, State.SUSPENDED, Role.APPROVER, reasoned=True),
        _move("restore", {State.SUSPENDED}, State.ACTIVE, Role.APPROVER, reasoned=True),
        _move("terminate", IN_FORCE | {State.APPROVED}, State.TERMINATED, Role.APPROVER, reasoned=True),
        _move("expire", IN_FORCE | {State.APPROVED}, State.EXPIRED, Role.CLOCK),
        _move("supersede", IN_FORCE, State.SUPERSEDED, Role.CLOCK),
    )
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What a judgement looks at: the version's state, whose it is, and the accounts that took a reviewer's step."""

    state: State
    client_id: str
    reviewers: frozenset[str] = frozenset()


def judge(standing: Standing, name: str, actor: Account, reason: str | None) -> Move:
    """The move that an account may make. Raises `MoveRefusedError` that says why not."""
    move, state = MOVES.get(name), standing.state
    if move is None:
        raise MoveRefusedError(f"there is no move `{name}`", move=name)
    if not move.roles & actor.roles:
        allowed = ", ".join(sorted(role.value for role in move.roles))
        raise MoveRefusedError(f"`{name}` is for {allowed}", move=name, state=state.value)
    if move.roles == {Role.UNIT_OFFICER} and not actor.acts_for(standing.client_id):
        raise MoveRefusedError(f"`{name}` is for an officer of `{standing.client_id}`", move=name, state=state.value)
    if state not in move.origins:
        origins = ", ".join(sorted(origin.value for origin in move.origins))
        raise MoveRefusedError(
            f"`{name}` is possible in {origins}; the version is {state.value}", move=name, state=state.value
        )
    if move.target is State.APPROVED and actor.account_id in standing.reviewers:
        raise MoveRefusedError("whoever reviewed a request cannot approve it", move=name, state=state.value)
    if move.reasoned and not (reason and reason.strip()):
        raise MoveRefusedError(f"`{name}` needs a written reason", move=name, state=state.value)
    return move


def moves_of(standing: Standing, actor: Account) -> list[Move]:
    """The moves that an account may make, in the order of the process; requirements are not looked at."""
    found = []
    for name in MOVES:
        try:
            found.append(judge(standing, name, actor, reason="-"))
        except MoveRefusedError:
            continue
    return found
