"""Cases as values: what a client reports, shares back or asks, where it stands, and who may do what with it.

The circular (46/2022/TT-BCA) obliges a client to report errors that it finds in data, to share data back (Article 4),
and lets it ask for help by e-mail, phone, in person or in writing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from auth.process.actors import Account, Role
from auth.process.errors import CaseRefusedError, RoleRequiredError

__all__ = [
    "CASE_MOVES",
    "FIRST_STATES",
    "Case",
    "CaseAttachment",
    "CaseEntry",
    "CaseKind",
    "CaseMove",
    "CaseState",
    "Channel",
    "Severity",
    "Sight",
    "judge_case",
    "sight_of",
]

_AGENCY_SOURCE = "population"


class CaseKind(Enum):
    """What a case is about."""

    DATA_ERROR = "DATA_ERROR"
    SHARED_DATA = "SHARED_DATA"
    SUPPORT = "SUPPORT"


class CaseState(Enum):
    """Where a case stands; which states a kind has follows from `CASE_MOVES`."""

    OPEN = "OPEN"
    IN_PROGRESS = "IN_PROGRESS"
    CORRECTED = "CORRECTED"
    REJECTED = "REJECTED"
    PROPOSED = "PROPOSED"
    CHECKING = "CHECKING"
    ACCEPTED = "ACCEPTED"
    ANSWERED = "ANSWERED"
    CLOSED = "CLOSED"


class Channel(Enum):
    """How a client asked for help."""

    EMAIL = "EMAIL"
    PHONE = "PHONE"
    IN_PERSON = "IN_PERSON"
    IN_WRITING = "IN_WRITING"
    CONSOLE = "CONSOLE"


class Severity(Enum):
    """How badly help is needed."""

    LOW = "LOW"
    NORMAL = "NORMAL"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"


FIRST_STATES: Mapping[CaseKind, CaseState] = {
    CaseKind.DATA_ERROR: CaseState.OPEN,
    CaseKind.SHARED_DATA: CaseState.PROPOSED,
    CaseKind.SUPPORT: CaseState.OPEN,
}
DECIDED = frozenset({CaseState.CORRECTED, CaseState.REJECTED, CaseState.ACCEPTED})
"""States that end a case about data; of support, the client's next message opens a closed case again."""


@dataclass(frozen=True, slots=True)
class CaseMove:
    """A step of whoever handles a case. `replied` steps need words for the client."""

    name: str
    origins: frozenset[CaseState]
    target: CaseState
    replied: bool = False


def _moves(*moves: CaseMove) -> Mapping[str, CaseMove]:
    return {move.name: move for move in moves}


CASE_MOVES: Mapping[CaseKind, Mapping[str, CaseMove]] = {
    CaseKind.DATA_ERROR: _moves(
        CaseMove("take_up", frozenset({CaseState.OPEN}), CaseState.IN_PROGRESS),
        CaseMove("correct", frozenset({CaseState.IN_PROGRESS}), CaseState.CORRECTED, replied=True),
        CaseMove("reject", frozenset({CaseState.OPEN, CaseState.IN_PROGRESS}), CaseState.REJECTED, replied=True),
    ),
    # What is accepted here is entered into the register by its own procedure: this service never writes there.
    CaseKind.SHARED_DATA: _moves(
        CaseMove("check", frozenset({CaseState.PROPOSED}), CaseState.CHECKING),
        CaseMove("accept", frozenset({CaseState.CHECKING}), CaseState.ACCEPTED, replied=True),
        CaseMove("reject", frozenset({CaseState.PROPOSED, CaseState.CHECKING}), CaseState.REJECTED, replied=True),
    ),
    CaseKind.SUPPORT: _moves(
        CaseMove("answer", frozenset({CaseState.OPEN, CaseState.ANSWERED}), CaseState.ANSWERED, replied=True),
        CaseMove("close", frozenset({CaseState.OPEN, CaseState.ANSWERED}), CaseState.CLOSED),
    ),
}


@dataclass(frozen=True, slots=True)
class CaseEntry:
    """A message or step: who (`party` is CLIENT, AGENCY or OWNER), when, from where to where, and the words if any."""

    made_at: datetime
    actor: str
    party: str
    act: str
    from_state: str | None
    to_state: str
    message: str | None = None


@dataclass(frozen=True, slots=True)
class CaseAttachment:
    """A document of a case; `size` in bytes, `sha256` in hexadecimal."""

    attachment_id: int
    name: str | None
    media_type: str
    size: int
    sha256: str
    attached_at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """A case as far as its reader may see it: without the right to handle it, `subject` and the words are left out.

    `content` has `problem` and `evidence` of an error, `value` and `basis` of data shared back, `line` of support.
    """

    case_id: str
    kind: CaseKind
    contract_id: str
    version: int
    client_id: str
    purpose: str | None
    coordinate: str | None
    source: str | None
    channel: Channel | None
    severity: Severity | None
    state: CaseState
    opened_at: datetime
    subject: str | None = None
    content: Mapping[str, str] = field(default_factory=dict)
    entries: Sequence[CaseEntry] = ()
    attachments: Sequence[CaseAttachment] = ()


class Sight(Enum):
    """How much of a case somebody sees: nothing, that it is there and where it stands, or its words and subject too."""

    NOTHING = 0
    OUTLINE = 1
    WHOLE = 2


def handles(actor: Account, case: Case) -> bool:
    """Whether an account works on a case: the agency on the population's data, an owner on that of its databases."""
    if case.kind is CaseKind.SUPPORT:
        return bool(actor.roles & {Role.OPERATOR, Role.REVIEWER})
    if case.kind is CaseKind.SHARED_DATA or case.source == _AGENCY_SOURCE:
        return Role.REVIEWER in actor.roles
    return Role.SOURCE_OWNER in actor.roles and case.source in actor.sources


def sight_of(actor: Account, case: Case) -> Sight:
    """How much an account sees.

    An officer sees the unit's own calls for help whole. Of cases about a citizen's data officers and auditors see the
    outline: the contract's system reported them, under a purpose that is not the officer's.
    """
    if handles(actor, case):
        return Sight.WHOLE
    if actor.acts_for(case.client_id):
        return Sight.WHOLE if case.kind is CaseKind.SUPPORT else Sight.OUTLINE
    return Sight.OUTLINE if actor.roles & {Role.AUDITOR, Role.APPROVER, Role.OPERATOR} else Sight.NOTHING


def judge_case(actor: Account, case: Case, name: str, words: str | None) -> CaseMove:
    """The step that an account may take. Raises `RoleRequiredError` or `CaseRefusedError` that says why not."""
    if not handles(actor, case):
        raise RoleRequiredError("this case is for those who handle it")
    move = CASE_MOVES[case.kind].get(name)
    if move is None:
        raise CaseRefusedError(f"a case of this kind has no step `{name}`")
    if case.state not in move.origins:
        origins = ", ".join(sorted(origin.value for origin in move.origins))
        raise CaseRefusedError(
            f"`{name}` is possible in {origins}; the case is {case.state.value}", state=case.state.value
        )
    if move.replied and not (words and words.strip()):
        raise CaseRefusedError(f"`{name}` needs words for the client")
    return move
