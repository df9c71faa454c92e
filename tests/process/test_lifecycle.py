"""The state machine, complete: every move, by every role, from every state."""

from __future__ import annotations

import itertools

import pytest

from auth.process.actors import Account, Role
from auth.process.errors import MoveRefusedError
from auth.process.lifecycle import MOVES, Standing, State, judge, moves_of

UNIT = "don-vi"

# The whole law: (state, move) -> (who, to which state), written out: a change of the program is a change of this.
U, R, A, K = Role.UNIT_OFFICER, Role.REVIEWER, Role.APPROVER, Role.CLOCK
LAW: dict[tuple[str, str], tuple[set[Role], str]] = {
    ("DRAFT", "submit"): ({U}, "SUBMITTED"),
    ("DRAFT", "withdraw"): ({U}, "WITHDRAWN"),
    ("SUBMITTED", "withdraw"): ({U}, "WITHDRAWN"),
    ("SUBMITTED", "take_up"): ({R}, "UNDER_REVIEW"),
    ("NEEDS_INFO", "submit"): ({U}, "SUBMITTED"),
    ("NEEDS_INFO", "withdraw"): ({U}, "WITHDRAWN"),
    ("UNDER_REVIEW", "withdraw"): ({U}, "WITHDRAWN"),
    ("UNDER_REVIEW", "send_back"): ({R}, "NEEDS_INFO"),
    ("UNDER_REVIEW", "reject"): ({A}, "REJECTED"),
    ("UNDER_REVIEW", "admit_to_test"): ({R}, "TECHNICAL_TEST"),
    ("TECHNICAL_TEST", "withdraw"): ({U}, "WITHDRAWN"),
    ("TECHNICAL_TEST", "send_back"): ({R}, "NEEDS_INFO"),
    ("TECHNICAL_TEST", "reject"): ({A}, "REJECTED"),
    ("TECHNICAL_TEST", "send_to_security"): ({R}, "SECURITY_CHECK"),
    ("SECURITY_CHECK", "withdraw"): ({U}, "WITHDRAWN"),
    ("SECURITY_CHECK", "send_back"): ({R}, "NEEDS_INFO"),
    ("SECURITY_CHECK", "reject"): ({A}, "REJECTED"),
    ("SECURITY_CHECK", "approve"): ({A}, "APPROVED"),
    ("APPROVED", "activate"): ({A, Role.OPERATOR}, "ACTIVE"),
    ("APPROVED", "terminate"): ({A}, "TERMINATED"),
    ("APPROVED", "expire"): ({K}, "EXPIRED"),
    ("ACTIVE", "suspend"): ({A}, "SUSPENDED"),
    ("ACTIVE", "terminate"): ({A}, "TERMINATED"),
    ("ACTIVE", "expire"): ({K}, "EXPIRED"),
    ("ACTIVE", "supersede"): ({K}, "SUPERSEDED"),
    ("SUSPENDED", "restore"): ({A}, "ACTIVE"),
    ("SUSPENDED", "terminate"): ({A}, "TERMINATED"),
    ("SUSPENDED", "expire"): ({K}, "EXPIRED"),
    ("SUSPENDED", "supersede"): ({K}, "SUPERSEDED"),
}
REASONED = {"withdraw", "send_back", "reject", "suspend", "restore", "terminate"}


def someone(role: Role, client_id: str = UNIT) -> Account:
    return Account(role.value.lower(), role.value, frozenset({role}), client_id if role is U else None)


@pytest.mark.parametrize(
    ("state", "name"),
    list(itertools.product(State, MOVES)),
    ids=lambda value: value if isinstance(value, str) else value.value,
)
def test_a_move_is_made_by_whom_the_law_names_and_refused_to_all_others(state: State, name: str) -> None:
    who, target = LAW.get((state.value, name), (set(), ""))
    for role in Role:
        if role in who:
            assert judge(Standing(state, UNIT), name, someone(role), "vì sao").target.value == target
            continue
        with pytest.raises(MoveRefusedError) as refused:
            judge(Standing(state, UNIT), name, someone(role), "vì sao")
        assert refused.value.message
        assert refused.value.details["move"] == name


def test_the_law_names_every_move_and_every_state_that_is_not_an_end() -> None:
    assert {name for _, name in LAW} == set(MOVES)
    ends = {State.TERMINATED, State.EXPIRED, State.SUPERSEDED, State.REJECTED, State.WITHDRAWN}
    assert {state for state, _ in LAW} == {state.value for state in set(State) - ends}


@pytest.mark.parametrize("name", sorted(MOVES))
def test_what_is_done_to_someone_needs_a_written_reason(name: str) -> None:
    move = MOVES[name]
    assert move.reasoned == (name in REASONED)
    if move.reasoned:
        for reason in (None, "", " \n"):
            with pytest.raises(MoveRefusedError, match="written reason"):
                judge(
                    Standing(min(move.origins, key=lambda s: s.value), UNIT),
                    name,
                    someone(min(move.roles, key=str)),
                    reason,
                )


@pytest.mark.parametrize("name", [name for name, move in MOVES.items() if Role.UNIT_OFFICER in move.roles])
def test_a_unit_moves_its_own_only(name: str) -> None:
    for origin in MOVES[name].origins:
        with pytest.raises(MoveRefusedError, match="officer of"):
            judge(Standing(origin, UNIT), name, someone(U, "don-vi-khac"), "vì sao")


def test_whoever_reviewed_does_not_approve_even_in_another_role() -> None:
    both = Account("kiem-nhiem", "Kiêm nhiệm", frozenset({Role.REVIEWER, Role.APPROVER}))
    standing = Standing(State.SECURITY_CHECK, UNIT, frozenset({"kiem-nhiem"}))
    with pytest.raises(MoveRefusedError, match="reviewed"):
        judge(standing, "approve", both, None)
    assert "approve" not in [move.name for move in moves_of(standing, both)]
    other = Standing(State.SECURITY_CHECK, UNIT, frozenset({"tham-dinh"}))
    assert judge(other, "approve", both, None).target is State.APPROVED


def test_a_move_that_does_not_exist_is_refused() -> None:
    with pytest.raises(MoveRefusedError, match="no move"):
        judge(Standing(State.DRAFT, UNIT), "nhảy", someone(U), None)


def test_moves_are_offered_in_the_order_of_the_process() -> None:
    offered = [move.name for move in moves_of(Standing(State.UNDER_REVIEW, UNIT), someone(R))]
    assert offered == ["send_back", "admit_to_test"]
