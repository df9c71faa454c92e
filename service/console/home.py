"""The start page: what waits for whoever signed in; and the list of all that they may see."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from starlette.responses import Response

from auth.process.actors import Account, Role
from auth.process.dossier import Summary
from auth.process.errors import MoveRefusedError
from auth.process.lifecycle import State
from service.console import duty_words
from service.console.cases import waiting_cases
from service.console.notices import current_notices
from service.console.order import vietnamese_key
from service.console.visit import Visit, redirect

__all__ = ["open_dossier", "show_list", "show_new", "show_start", "waiting"]

_NEAR_END = timedelta(days=60)
_WAITS: Mapping[Role, frozenset[State]] = {
    Role.UNIT_OFFICER: frozenset({State.DRAFT, State.NEEDS_INFO, State.TECHNICAL_TEST}),
    Role.REVIEWER: frozenset({State.SUBMITTED, State.UNDER_REVIEW, State.TECHNICAL_TEST}),
    Role.APPROVER: frozenset({State.SECURITY_CHECK, State.APPROVED, State.SUSPENDED}),
    Role.CYBER_SECURITY: frozenset({State.SECURITY_CHECK}),
    Role.TECHNICAL_SECURITY: frozenset({State.SECURITY_CHECK}),
    Role.SOURCE_OWNER: frozenset({State.UNDER_REVIEW, State.TECHNICAL_TEST, State.SECURITY_CHECK}),
    Role.OPERATOR: frozenset({State.APPROVED}),
}
_FINDERS = frozenset({Role.CYBER_SECURITY, Role.TECHNICAL_SECURITY, Role.SOURCE_OWNER})


async def show_start(visit: Visit) -> Response:
    """The queue of the account's roles, and contracts in force that end soon."""
    everything = await visit.process.dossiers.list(visit.account)
    soon = datetime.now(UTC) + _NEAR_END
    ending = [s for s in everything if s.state is State.ACTIVE and s.valid_to <= soon]
    return visit.render(
        "start.html",
        queue=await waiting(visit, everything),
        ending=sorted(ending, key=lambda summary: summary.valid_to),
        counts=_counts(everything),
        cases=await waiting_cases(visit),
        notices=await current_notices(visit),
        duty=duty_words,
    )


async def waiting(visit: Visit, everything: list[Summary]) -> list[Summary]:
    """What waits for the account, the longest waiting first; what it has found on already does not wait."""
    account, found = visit.account, []
    for summary in everything:
        roles = {role for role, states in _WAITS.items() if role in account.roles and summary.state in states}
        if roles and (roles - _FINDERS or await _is_open(visit, account, summary)):
            found.append(summary)
    return sorted(found, key=lambda summary: summary.since or summary.valid_from)


async def _is_open(visit: Visit, account: Account, summary: Summary) -> bool:
    dossier = await visit.process.dossiers.get(account, summary.contract_id, summary.version)
    findable = visit.process.moves.findable(account, dossier)
    return any(dossier.finding(role, source) is None for role, source in findable)


async def show_list(visit: Visit) -> Response:
    """Every dossier that the account may see, of one state if asked, in the order of units and titles."""
    state = visit.request.query_params.get("state", "")
    everything = await visit.process.dossiers.list(visit.account)
    chosen = [summary for summary in everything if state in ("", summary.state.value)]
    chosen.sort(key=lambda s: (vietnamese_key(s.client.name), vietnamese_key(s.title), s.contract_id, -s.version))
    return visit.render("list.html", dossiers=chosen, state=state, counts=_counts(everything))


async def show_new(visit: Visit) -> Response:
    """The form that opens a dossier."""
    visit.require(Role.UNIT_OFFICER)
    return visit.render("new.html", contract_id="")


async def open_dossier(visit: Visit) -> Response:
    """Open a dossier, or the next version of a contract."""
    contract_id = visit.text("contract_id")
    try:
        if not visit.text("next"):
            await _require_new(visit, contract_id)
        dossier = await visit.process.dossiers.open(visit.account, contract_id)
    except MoveRefusedError as error:
        return visit.render("new.html", error.status, contract_id=contract_id, problem=error)
    return redirect(f"/contracts/{dossier.contract_id}/{dossier.version}")


async def _require_new(visit: Visit, contract_id: str) -> None:
    """Raise `MoveRefusedError` for a contract of the unit's own: its next version is opened on its page."""
    for one in await visit.process.dossiers.list(visit.account):
        if one.contract_id == contract_id:
            raise MoveRefusedError(f"`{contract_id}` is there already: open its next version on its page")


def _counts(everything: list[Summary]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for state in State:
        if number := sum(summary.state is state for summary in everything):
            counts[state.value] = number
    return counts
