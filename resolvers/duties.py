"""Duties carried out: what a client's cases and a citizen's view answer."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from auth.process.case import Case, Channel, Severity
from auth.process.cases import CasePage, Cases
from auth.process.errors import CaseRefusedError
from auth.process.opening import Opening, Reporter
from auth.process.reads import CitizenReads, DataRead, Place
from graph.check import POPULATION
from graph.view import View
from resolvers.cursors import CursorSealer
from resolvers.errors import CitizenRequiredError, CursorError, FieldNotInContractError, LimitExceededError

__all__ = ["Duties", "DutyCall"]


@dataclass(frozen=True, slots=True)
class DutyCall:
    """A duty to be carried out: its name, coerced arguments, and for whom.

    `found` says whether the citizen whom it is about is there for this client. `citizen` is the number of the person
    whom the access token names, if it names one.
    """

    name: str
    arguments: Mapping[str, Any]
    view: View
    found: bool
    citizen: str | None = None


class Duties:
    """Carries out duties over the process, from `serve` on."""

    def __init__(self, sealer: CursorSealer) -> None:
        self._parts: tuple[Cases, CitizenReads] | None = None
        self._sealer = sealer
        self._acts: Mapping[str, Callable[[DutyCall], Awaitable[Any]]] = {
            "cases": self._page,
            "case": self._case,
            "reportDataError": self._report,
            "proposeData": self._propose,
            "requestSupport": self._support,
            "replyToCase": self._reply,
            "dataReads": self._reads,
        }

    def serve(self, cases: Cases, reads: CitizenReads) -> None:
        """Begin to carry out duties."""
        self._parts = (cases, reads)

    async def __call__(self, call: DutyCall) -> Any:
        """The answer. Raises a `ProcessError`, `RefusedError` or `ClientError`."""
        return await self._acts[call.name](call)

    def _of(self, call: DutyCall) -> tuple[Cases, Reporter]:
        return self._process()[0], Reporter.of(call.view.permission)

    def _process(self) -> tuple[Cases, CitizenReads]:
        if self._parts is None:
            raise CaseRefusedError("this environment carries out no duties")
        return self._parts

    async def _page(self, call: DutyCall) -> Any:
        cases, reporter = self._of(call)
        first = page_size(call)
        binding = f"cases {call.view.key}"
        after = call.arguments.get("after")
        page = await cases.page(reporter, first, None if after is None else self._position(after, binding))
        return {"cases": list(map(_told, page.cases)), "pageInfo": self._page_info(page, binding, after)}

    def _position(self, cursor: str, binding: str) -> tuple[datetime, str]:
        match self._sealer.open(cursor, binding):
            case (str(at), str(case_id)):
                return datetime.fromisoformat(at), case_id
        raise CursorError

    def _page_info(self, page: CasePage, binding: str, after: str | None) -> Mapping[str, Any]:
        ends = [page.cases[0], page.cases[-1]] if page.cases else []
        cursors = [self._sealer.seal((case.opened_at.isoformat(), case.case_id), binding) for case in ends]
        return page_info(cursors, more=page.more, continued=after is not None)

    async def _case(self, call: DutyCall) -> Any:
        cases, reporter = self._of(call)
        return _told(await cases.own(reporter, call.arguments["id"]))

    async def _report(self, call: DutyCall) -> Any:
        given = call.arguments
        about = _about(call)
        opening = Opening.data_error(about, given["problem"], given.get("evidence"), given.get("reference"))
        return await self._open(call, opening)

    async def _propose(self, call: DutyCall) -> Any:
        given = call.arguments
        about = _about(call)
        if about[2] != POPULATION:
            raise CaseRefusedError("data is shared back to the population database only")
        opening = Opening.shared_data(about, given["value"], given["basis"], given.get("reference"))
        return await self._open(call, opening)

    async def _support(self, call: DutyCall) -> Any:
        given = call.arguments
        severity = given.get("severity")
        opening = Opening.support(
            given["subject"],
            given["text"],
            Channel(_name(given["channel"])),
            Severity.NORMAL if severity is None else Severity(_name(severity)),
            given.get("reference"),
        )
        return await self._open(call, opening)

    async def _reply(self, call: DutyCall) -> Any:
        cases, reporter = self._of(call)
        return _told(await cases.add(reporter, call.arguments["id"], call.arguments["text"]))

    async def _reads(self, call: DutyCall) -> Any:
        """A page of a citizen's own view. The number comes from the access token: nobody can ask for another's."""
        if call.citizen is None:
            raise CitizenRequiredError
        reads, first = self._process()[1], page_size(call)
        binding = f"dataReads {call.citizen} {call.view.key}"
        after = call.arguments.get("after")
        page = await reads.page(call.citizen, first, None if after is None else self._place(after, binding))
        ends = [page.reads[0], page.reads[-1]] if page.reads else []
        cursors = [self._sealer.seal((read.at.isoformat(), *read.place[1:]), binding) for read in ends]
        info = page_info(cursors, more=page.more, continued=after is not None)
        return {"reads": list(map(_told_read, page.reads)), "pageInfo": info}

    def _place(self, cursor: str, binding: str) -> Place:
        match self._sealer.open(cursor, binding):
            case (str(at), int(chain), int(sequence)):
                return datetime.fromisoformat(at), chain, sequence
        raise CursorError

    async def _open(self, call: DutyCall, opening: Opening) -> Any:
        cases, reporter = self._of(call)
        document = call.arguments.get("document")
        if document is not None:
            opening = opening.with_attachment(document["name"], _bytes(document["content"]))
        return _told(await cases.open(reporter, opening))


def page_size(call: DutyCall) -> int:
    """The page that is asked for. Raises `LimitExceededError` when the contract allows no such page."""
    first: int = call.arguments["first"]
    allowed = call.view.permission.contract.limits.page
    if not 1 <= first <= allowed:
        raise LimitExceededError(f"`first` must be from 1 to {allowed}", limit="page", allowed=allowed, given=first)
    return first


def page_info(cursors: Sequence[str], *, more: bool, continued: bool) -> Mapping[str, Any]:
    """A page's information from the cursors of its ends."""
    return {
        "hasNextPage": more,
        "hasPreviousPage": continued,
        "startCursor": cursors[0] if cursors else None,
        "endCursor": cursors[-1] if cursors else None,
    }


def _about(call: DutyCall) -> tuple[str, str, str]:
    """The subject's number, the coordinate and its source.

    A field that is not readable is like one that is not there, and so is a citizen out of scope.
    """
    view, coordinate = call.view, call.arguments["field"]
    if coordinate not in view.readable:
        raise FieldNotInContractError
    entity = view.catalog.entities.get(coordinate.partition(".")[0])
    if entity is None:
        raise CaseRefusedError("name the field of a record, for instance `Citizen.birthName`, not a part of its value")
    if not call.found:
        raise CaseRefusedError("there is no such citizen")
    return call.arguments["personalId"], coordinate, entity.source


def _name(given: Any) -> str:
    return str(given.value if isinstance(given, Enum) else given)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise CaseRefusedError("`content` of the document must be base64") from error


def _told(case: Case) -> Mapping[str, Any]:
    """A case as its client sees it: who acted is told by the side, not by name."""
    return {
        "id": case.case_id,
        "kind": case.kind.value,
        "state": case.state.value,
        "openedAt": case.opened_at.isoformat(),
        "field": case.coordinate,
        "source": case.source,
        "subject": case.subject,
        "problem": case.content.get("problem"),
        "evidence": case.content.get("evidence"),
        "value": case.content.get("value"),
        "basis": case.content.get("basis"),
        "subjectLine": case.content.get("line"),
        "channel": case.channel and case.channel.value,
        "severity": case.severity and case.severity.value,
        "documents": [document.name for document in case.attachments],
        "entries": [
            {
                "at": entry.made_at.isoformat(),
                "party": entry.party,
                "act": entry.act,
                "state": entry.to_state,
                "message": entry.message,
            }
            for entry in case.entries
        ],
    }


def _told_read(read: DataRead) -> Mapping[str, Any]:
    return {
        "at": read.at.isoformat(),
        "client": read.client_id,
        "clientName": read.client_name,
        "contract": read.contract_id,
        "purpose": read.purpose,
        "purposeText": read.purpose_text,
        "legalBasis": read.legal_basis,
        "services": list(read.services),
        "fields": list(read.fields),
    }
