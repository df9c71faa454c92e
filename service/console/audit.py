"""Looking into the audit: for auditors. What is looked for is sent as a form, so that no number is in an address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from starlette.responses import Response

from auth.audit import SubjectHasher
from auth.audit.search import AuditFilter
from auth.moments import VIETNAM
from auth.process.actors import Role
from service.console.visit import Handler, Visit

__all__ = ["audit_search", "show_audit"]

_MOST = 200
_FIELDS = ("client", "field", "code", "trace", "since", "until")


async def show_audit(visit: Visit) -> Response:
    """The form."""
    visit.require(Role.AUDITOR)
    return _page(visit, None)


def audit_search(keys: Sequence[bytes]) -> Handler:
    """The search. A citizen's number is hashed under the audit's `keys` at once, and not shown again."""

    async def search(visit: Visit) -> Response:
        visit.require(Role.AUDITOR)
        number = visit.text("subject")
        wanted = AuditFilter(
            client=visit.text("client") or None,
            subjects=[SubjectHasher(key)(number) for key in keys] if number else None,
            field=visit.text("field") or None,
            code=visit.text("code") or None,
            trace=visit.text("trace") or None,
            since=_midnight(visit.text("since"), 0),
            until=_midnight(visit.text("until"), 1),
            sandbox="sandbox" in visit.form,
            limit=_MOST + 1,
        )
        return _page(visit, await visit.process.records.search(visit.account, wanted), by_subject=bool(number))

    return search


def _page(visit: Visit, records: Sequence[dict[str, Any]] | None, *, by_subject: bool = False) -> Response:
    return visit.render(
        "audit.html",
        records=None if records is None else records[:_MOST],
        more=records is not None and len(records) > _MOST,
        most=_MOST,
        by_subject=by_subject,
        given={name: visit.text(name) for name in _FIELDS} | {"sandbox": "sandbox" in visit.form},
    )


def _midnight(text: str, later: int) -> datetime | None:
    """The beginning of a Vietnamese day, or of one `later`; None for what is no day."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return datetime.combine(day + timedelta(days=later), time.min, VIETNAM)
