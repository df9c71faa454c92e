"""What `viewer { notices }` answers, from the notices that concern a contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from auth.notices import Notice, NoticeBoard
from graph.view import View

__all__ = ["notices_of"]


def notices_of(board: NoticeBoard) -> Any:
    """A reader of the board's notices for the caller of a view."""

    async def read(view: View) -> Sequence[Mapping[str, Any]]:
        return [_told(notice) for notice in await board.current(view.permission.contract, datetime.now(UTC))]

    return read


def _told(notice: Notice) -> Mapping[str, Any]:
    return {
        "id": None if notice.notice_id is None else str(notice.notice_id),
        "kind": notice.kind,
        "startsAt": notice.starts_at.isoformat(),
        "endsAt": notice.ends_at and notice.ends_at.isoformat(),
        "text": notice.text_vi,
        "textEn": notice.text_en,
        "forceMajeure": notice.force_majeure,
        "publishedAt": notice.published_at and notice.published_at.isoformat(),
    }
