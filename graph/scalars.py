"""Custom scalars: values whose form is checked where they enter."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, NewType

import strawberry
from strawberry.schema.config import StrawberryConfig

__all__ = ["Date", "DateTime", "PartialDate", "PersonalId", "YearMonth", "is_personal_id", "scalar_map"]

PersonalId = NewType("PersonalId", str)
PartialDate = NewType("PartialDate", str)
Date = NewType("Date", str)
DateTime = NewType("DateTime", str)
YearMonth = NewType("YearMonth", str)

_PERSONAL_ID = re.compile(r"[0-9]{12}\Z")
_PARTIAL_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}-[0-9]{2})?\Z")


def is_personal_id(given: Any) -> bool:
    """Whether a value is a string of exactly twelve ASCII digits."""
    return given.__class__ is str and _PERSONAL_ID.match(given) is not None


def parse_personal_id(given: Any) -> str:
    """Twelve ASCII digits, as a string (Decree 137/2015 Article 13). Raises `ValueError` for any other shape."""
    if not isinstance(given, str) or not _PERSONAL_ID.match(given):
        raise ValueError("PersonalId takes a string of exactly 12 digits, leading zeros included.")
    return given


def parse_partial_date(given: Any) -> str:
    """`yyyy-mm-dd` or `yyyy`. Raises `ValueError` for any other shape and for days that do not exist."""
    if not isinstance(given, str) or not _PARTIAL_DATE.match(given):
        raise ValueError('PartialDate takes a string "yyyy-mm-dd", or "yyyy" where only the year is known.')
    if len(given) == 10:
        try:
            date.fromisoformat(given)
        except ValueError:
            raise ValueError("PartialDate takes a day that exists in the calendar.") from None
    return given


def _as_is(given: Any) -> Any:
    return given


def _refuse(_given: Any) -> Any:
    raise ValueError("this scalar is for answers only")


scalar_map: dict[object, Any] = {
    PersonalId: strawberry.scalar(
        name="PersonalId",
        serialize=_as_is,
        parse_value=parse_personal_id,
        description="Số định danh cá nhân (personal identification number): 12 chữ số, kể cả số 0 ở đầu.",
    ),
    PartialDate: strawberry.scalar(
        name="PartialDate",
        serialize=_as_is,
        parse_value=parse_partial_date,
        description="Ngày đầy đủ yyyy-mm-dd hoặc chỉ năm yyyy (full date, or the year only).",
    ),
    Date: strawberry.scalar(
        name="Date", serialize=_as_is, parse_value=_refuse, description="Ngày yyyy-mm-dd (ISO 8601 date)."
    ),
    DateTime: strawberry.scalar(
        name="DateTime", serialize=_as_is, parse_value=_refuse, description="Thời điểm ISO 8601 kèm múi giờ."
    ),
    YearMonth: strawberry.scalar(
        name="YearMonth", serialize=_as_is, parse_value=_refuse, description="Tháng yyyy-mm (year and month)."
    ),
}


def config() -> StrawberryConfig:
    """Strawberry's settings: the custom scalars, and camel case names."""
    return StrawberryConfig(scalar_map=scalar_map, disable_field_suggestions=True)
