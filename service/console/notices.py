"""Notices to the units: published and withdrawn by the managing agency; and concealment, decided by an approver."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.responses import Response

from auth.moments import VIETNAM, plausible
from auth.notices import Notice, NoticeKind
from auth.process.actors import Role
from auth.process.errors import ConcealmentRefusedError, NoticeRefusedError, ProcessError
from service.console import duty_words
from service.console.visit import Visit, redirect

__all__ = ["conceal", "current_notices", "lift", "publish", "show_concealments", "show_notices", "withdraw"]


async def show_notices(visit: Visit) -> Response:
    """The notices, and for the agency the form that publishes one."""
    return await _notices(visit)


async def publish(visit: Visit) -> Response:
    """Publish a notice. One that comes too late without a reason is refused, with the earliest moment."""
    kind: NoticeKind = "SUSPENSION" if visit.text("kind") == "SUSPENSION" else "MAINTENANCE"
    named = tuple(visit.text("contracts").split())
    try:
        notice = Notice(
            kind,
            _moment(visit.text("starts_at"), NoticeRefusedError("a notice has a start")),
            visit.text("text_vi"),
            visit.text("text_en"),
            ends_at=_moment(visit.text("ends_at"), NoticeRefusedError("the end is no time"))
            if visit.text("ends_at")
            else None,
            contracts=named or None,
            force_majeure=visit.text("force_majeure") or None,
        )
        await visit.process.notices.publish(visit.account, notice)
    except NoticeRefusedError as error:
        return await _notices(visit, problem=error)
    return redirect("/notices?done=notice-published")


async def withdraw(visit: Visit) -> Response:
    """Withdraw a notice, with a reason."""
    try:
        await visit.process.notices.withdraw(visit.account, visit.number("notice_id"), visit.text("reason"))
    except NoticeRefusedError as error:
        return await _notices(visit, problem=error)
    return redirect("/notices?done=notice-withdrawn")


async def show_concealments(visit: Visit) -> Response:
    """What is or was concealed."""
    return await _concealments(visit)


async def conceal(visit: Visit) -> Response:
    """Conceal reads under a contract for a time."""
    try:
        await visit.process.concealments.set(
            visit.account,
            visit.text("contract_id"),
            starts_at=_moment(visit.text("starts_at"), ConcealmentRefusedError("it has a start")),
            ends_at=_moment(visit.text("ends_at"), ConcealmentRefusedError("it has an end")),
            reason=visit.text("reason"),
        )
    except ConcealmentRefusedError as error:
        return await _concealments(visit, problem=error)
    return redirect("/concealments?done=concealed")


async def lift(visit: Visit) -> Response:
    """End a concealment before its time."""
    try:
        await visit.process.concealments.lift(visit.account, visit.number("concealment_id"), visit.text("reason"))
    except ConcealmentRefusedError as error:
        return await _concealments(visit, problem=error)
    return redirect("/concealments?done=lifted")


async def current_notices(visit: Visit) -> list[Notice]:
    """The notices that stand and are not over, the earliest first."""
    now = datetime.now(UTC)
    found = await visit.process.notices.list(visit.account)
    return [one for one in reversed(found) if one.withdrawn_at is None and (one.ends_at is None or one.ends_at > now)]


async def _notices(visit: Visit, problem: ProcessError | None = None) -> Response:
    roles = visit.account.roles
    kinds = ["MAINTENANCE"] if roles & {Role.APPROVER, Role.OPERATOR} else []
    kinds += ["SUSPENSION"] if Role.APPROVER in roles else []
    return visit.render(
        "notices.html",
        200 if problem is None else problem.status,
        problem=problem,
        notices=await visit.process.notices.list(visit.account),
        kinds=kinds,
        given=visit.form,
        earliest=visit.process.notices.earliest(datetime.now(UTC)),
        duty=duty_words,
    )


async def _concealments(visit: Visit, problem: ProcessError | None = None) -> Response:
    return visit.render(
        "concealments.html",
        200 if problem is None else problem.status,
        problem=problem,
        concealments=await visit.process.concealments.list(visit.account),
        may_set=Role.APPROVER in visit.account.roles,
        given=visit.form,
        today=datetime.now(UTC),
    )


def _moment(text: str, refusal: ProcessError) -> datetime:
    """A moment of Vietnamese time, as a browser's field for date and time gives it. Raises `refusal` for no such."""
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=VIETNAM)
    except ValueError:
        raise refusal from None
    if not plausible(moment):
        raise refusal
    return moment
