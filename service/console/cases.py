"""Cases: errors in data, data shared back, calls for help; seen by their unit and by those who handle them."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from starlette.responses import Response

from auth.process.actors import Role
from auth.process.case import CASE_MOVES, Case, CaseKind, CaseMove, CaseState, Channel, Severity, Sight, sight_of
from auth.process.errors import CaseRefusedError, CaseUnknownError, ProcessError
from auth.process.lifecycle import IN_FORCE
from auth.process.opening import Opening
from service.console import duty_words
from service.console.visit import Visit, redirect
from service.pages import NO_SCRIPT_HEADERS

__all__ = ["act", "download", "open_support", "say", "show_case", "show_cases", "waiting_cases"]

_WAITS = frozenset({CaseState.OPEN, CaseState.IN_PROGRESS, CaseState.PROPOSED, CaseState.CHECKING})


async def show_cases(visit: Visit) -> Response:
    """Every case that the account may see, of one kind or state if asked, and the form that calls for help."""
    return await _list(visit)


async def open_support(visit: Visit) -> Response:
    """Call for help: an officer for the unit, or the agency for a unit that called, wrote or came."""
    channel = next((one for one in Channel if one.value == visit.text("channel")), Channel.CONSOLE)
    severity = next((one for one in Severity if one.value == visit.text("severity")), Severity.NORMAL)
    try:
        opening = Opening.support(visit.text("line"), visit.text("message"), channel, severity)
        case = await visit.process.cases.open_support(visit.account, visit.text("contract_id"), opening)
    except ProcessError as error:
        return await _list(visit, problem=error)
    return redirect(f"/cases/{case.case_id}?done=case-opened")


async def show_case(visit: Visit) -> Response:
    """One case with its thread, as far as the account may see it."""
    return await _page(visit)


async def act(visit: Visit) -> Response:
    """Take a step, with words for the client where it needs them."""
    case_id = visit.named("case_id")
    try:
        await visit.process.cases.move(visit.account, case_id, visit.named("step"), reply=visit.text("reply") or None)
    except CaseRefusedError as error:
        return await _page(visit, problem=error)
    return redirect(f"/cases/{case_id}?done=case-moved")


async def say(visit: Visit) -> Response:
    """Add a message to the thread."""
    case_id = visit.named("case_id")
    try:
        await visit.process.cases.say(visit.account, case_id, visit.text("text"))
    except CaseRefusedError as error:
        return await _page(visit, problem=error)
    return redirect(f"/cases/{case_id}?done=case-said")


async def download(visit: Visit) -> Response:
    """A document of a case, to be saved: no page of ours shows what somebody else has made."""
    case = await visit.process.cases.get(visit.account, visit.named("case_id"))
    number = visit.number("attachment_id")
    found = next((one for one in case.attachments if one.attachment_id == number), None)
    if found is None:
        raise CaseUnknownError("there is no such document")
    content = await visit.process.cases.content(visit.account, case.case_id, number)
    name = quote(found.name or f"{case.case_id}-{number}", safe="")
    headers = {**NO_SCRIPT_HEADERS, "Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(content, headers=headers, media_type=found.media_type)


async def waiting_cases(visit: Visit) -> list[Case]:
    """The cases that wait for the account to handle them, the longest waiting first."""
    everything = await visit.process.cases.list(visit.account, states=_WAITS)
    return [case for case in reversed(everything) if _handles(visit, case)]


async def _list(visit: Visit, problem: ProcessError | None = None) -> Response:
    asked = visit.request.query_params
    kind = next((one for one in CaseKind if one.value == asked.get("kind")), None)
    state = next((one for one in CaseState if one.value == asked.get("state")), None)
    dossiers = await visit.process.dossiers.list(visit.account, states=IN_FORCE)
    agency = bool(visit.account.roles & {Role.OPERATOR, Role.REVIEWER})
    return visit.render(
        "cases.html",
        200 if problem is None else problem.status,
        problem=problem,
        cases=await visit.process.cases.list(visit.account, kind=kind, states=frozenset({state}) if state else None),
        kind=kind.value if kind else "",
        state=state.value if state else "",
        may_open=[one for one in dossiers if agency or visit.account.acts_for(one.client.client_id)],
        agency=agency,
        duty=duty_words,
    )


async def _page(visit: Visit, problem: ProcessError | None = None) -> Response:
    case = await visit.process.cases.get(visit.account, visit.named("case_id"))
    whole = sight_of(visit.account, case) is Sight.WHOLE
    return visit.render(
        "case.html",
        200 if problem is None else problem.status,
        problem=problem,
        case=case,
        whole=whole,
        steps=_steps(visit, case),
        may_speak=whole and case.state.value not in {"CORRECTED", "REJECTED", "ACCEPTED"},
        duty=duty_words,
    )


def _steps(visit: Visit, case: Case) -> Sequence[CaseMove]:
    if not _handles(visit, case):
        return ()
    return [move for move in CASE_MOVES[case.kind].values() if case.state in move.origins]


def _handles(visit: Visit, case: Case) -> bool:
    return sight_of(visit.account, case) is Sight.WHOLE and not visit.account.acts_for(case.client_id)
