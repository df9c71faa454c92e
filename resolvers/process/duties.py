"""The roots of cases, notices and concealment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

import strawberry

from auth.moments import plausible
from auth.notices import Notice as Announced
from auth.notices import NoticeKind
from auth.process.actors import Role
from auth.process.case import CaseKind, CaseState, Channel, Severity
from auth.process.opening import Opening
from graph.duties import CaseKindName, CaseStateName, ChannelName, SeverityName
from graph.process.duties import Concealment, HandledCase, Notice
from resolvers.errors import InputError
from resolvers.process.declare import root
from resolvers.process.desk import Desk
from resolvers.process.queries import number_of

__all__ = ["MUTATIONS", "QUERIES"]

Info = strawberry.Info[Desk, None]
_HANDLERS = (Role.REVIEWER, Role.OPERATOR, Role.SOURCE_OWNER)
_SEEING = (*_HANDLERS, Role.UNIT_OFFICER, Role.APPROVER, Role.AUDITOR)


@root(*_SEEING, description="Các báo lỗi, chia sẻ ngược, yêu cầu hỗ trợ được xem, mới trước (cases, latest first).")
async def cases(
    info: Info, kind: CaseKindName | None = None, states: list[CaseStateName] | None = None
) -> list[HandledCase] | None:
    """The cases that the account may see, in outline."""
    found = await info.context.parts.cases.list(
        info.context.account,
        kind=None if kind is None else CaseKind(kind.value),
        states=None if states is None else frozenset(CaseState(state.value) for state in states),
    )
    return [HandledCase.of(one) for one in found]


@root(*_SEEING, description="Một hồ sơ với trao đổi của nó; người xử lý thấy cả nội dung (a case with its thread).")
async def case(info: Info, id: strawberry.ID) -> HandledCase | None:  # noqa: A002 - the argument's name
    """A case, as far as the account may see it."""
    return HandledCase.of(await info.context.parts.cases.get(info.context.account, id))


@root(
    *_HANDLERS,
    description="Một bước xử lý: take_up, correct, reject; check, accept; answer, close (a step of who handles it).",
)
async def move_case(info: Info, id: strawberry.ID, step: str, reply: str | None = None) -> HandledCase | None:  # noqa: A002
    """Take a step, with words for the client where it needs them."""
    return HandledCase.of(await info.context.parts.cases.move(info.context.account, id, step, reply=reply))


@root(*_HANDLERS, Role.UNIT_OFFICER, description="Thêm một lời vào trao đổi (add a message to a case's thread).")
async def say_in_case(info: Info, id: strawberry.ID, text: str) -> HandledCase | None:  # noqa: A002
    """Add a message."""
    return HandledCase.of(await info.context.parts.cases.say(info.context.account, id, text))


@root(
    Role.UNIT_OFFICER,
    Role.OPERATOR,
    Role.REVIEWER,
    description="Mở yêu cầu hỗ trợ: của đơn vị mình, hoặc ghi lại khi đơn vị gọi, viết, đến (open a call for help).",
)
async def open_support(
    info: Info,
    contract: strawberry.ID,
    line: str,
    text: str,
    channel: ChannelName = ChannelName.CONSOLE,
    severity: SeverityName = SeverityName.NORMAL,
) -> HandledCase | None:
    """Open a call for help."""
    opening = Opening.support(line, text, Channel(channel.value), Severity(severity.value))
    return HandledCase.of(await info.context.parts.cases.open_support(info.context.account, contract, opening))


@root(description="Các thông báo được xem, mới trước (notices that the account may see, the latest first).")
async def notices(info: Info) -> list[Notice] | None:
    """The notices that the account may see."""
    return [Notice.of(one) for one in await info.context.parts.notices.list(info.context.account)]


@root(
    Role.APPROVER,
    Role.OPERATOR,
    description="Công bố bảo trì, tạm ngừng, trước ít nhất 7 ngày làm việc hoặc có lý do bất khả kháng "
    "(publish a notice, seven working days ahead or with the reason of force majeure).",
)
async def publish_notice(  # noqa: PLR0913 - what a notice says
    info: Info,
    *,
    kind: str,
    starts_at: datetime,
    text: str,
    text_en: str,
    ends_at: datetime | None = None,
    contracts: list[strawberry.ID] | None = None,
    force_majeure: str | None = None,
) -> Notice | None:
    """Publish a notice."""
    notice = Announced(
        cast("NoticeKind", kind),
        _aware(starts_at),
        text,
        text_en,
        ends_at=None if ends_at is None else _aware(ends_at),
        contracts=None if contracts is None else tuple(contracts),
        force_majeure=force_majeure,
    )
    return Notice.of(await info.context.parts.notices.publish(info.context.account, notice))


@root(Role.APPROVER, Role.OPERATOR, description="Rút lại một thông báo, có lý do (withdraw a notice).")
async def withdraw_notice(info: Info, id: strawberry.ID, reason: str) -> Notice | None:  # noqa: A002
    """Withdraw a notice."""
    return Notice.of(await info.context.parts.notices.withdraw(info.context.account, number_of(id), reason))


@root(Role.APPROVER, Role.AUDITOR, description="Những lượt đọc đang hoặc đã tạm che (concealments).")
async def concealments(info: Info) -> list[Concealment] | None:
    """What is or was concealed."""
    return [Concealment.of(one) for one in await info.context.parts.concealments.list(info.context.account)]


@root(Role.APPROVER, description="Tạm che lượt đọc theo một hợp đồng, có hạn và lý do (conceal reads for a time).")
async def conceal(
    info: Info, contract: strawberry.ID, starts_at: datetime, ends_at: datetime, reason: str
) -> Concealment | None:
    """Conceal reads under a contract."""
    set_ = await info.context.parts.concealments.set(
        info.context.account, contract, starts_at=_aware(starts_at), ends_at=_aware(ends_at), reason=reason
    )
    return Concealment.of(set_)


@root(Role.APPROVER, description="Gỡ trước hạn, có lý do (lift a concealment before its time).")
async def lift_concealment(info: Info, id: strawberry.ID, reason: str) -> Concealment | None:  # noqa: A002
    """Lift a concealment."""
    return Concealment.of(await info.context.parts.concealments.lift(info.context.account, number_of(id), reason))


def _aware(given: datetime) -> datetime:
    """A moment without an offset would be somebody's guess."""
    if given.tzinfo is None or not plausible(given):
        raise InputError("a moment has an offset and is of 2000 to 2999: 2026-12-24T22:00:00+07:00")
    return given.astimezone(UTC)


QUERIES: Mapping[str, Any] = {"cases": cases, "case": case, "notices": notices, "concealments": concealments}
MUTATIONS: Mapping[str, Any] = {
    "move_case": move_case,
    "say_in_case": say_in_case,
    "open_support": open_support,
    "publish_notice": publish_notice,
    "withdraw_notice": withdraw_notice,
    "conceal": conceal,
    "lift_concealment": lift_concealment,
}
