"""From the form a source keeps to the form GraphQL answers.

A codec takes a stored value that is not None and returns one that serialises to JSON; it raises `ValueError`
for a value it cannot read, and never puts that value into the message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

__all__ = [
    "Codec",
    "amount",
    "boolean",
    "codes",
    "compact_date",
    "compact_datetime",
    "iso_date",
    "partial_date",
    "slash_date",
    "split",
    "text",
    "texts",
    "year_month",
]

Codec = Callable[[Any], Any]

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_PARTIAL = re.compile(r"[0-9]{4}(-[0-9]{2}-[0-9]{2})?\Z")
_WHOLE = re.compile(r"-?[0-9]{1,10}\Z")


def text(stored: Any) -> str:
    """A string as it stands."""
    if not isinstance(stored, str):
        raise ValueError("not a string")
    return stored


def texts(stored: Any) -> list[str]:
    """A list of strings."""
    if not isinstance(stored, list):
        raise ValueError("not a list of strings")
    for item in stored:
        if item.__class__ is not str:
            raise ValueError("not a list of strings")
    return stored


def split(separator: str) -> Codec:
    """A string that joins several values by `separator`."""

    def decode(stored: Any) -> list[str]:
        return [part.strip() for part in text(stored).split(separator) if part.strip()]

    return decode


def amount(stored: Any) -> int:
    """A whole number within GraphQL's Int (32 bit); a string of digits is accepted."""
    if isinstance(stored, bool) or not (isinstance(stored, int) or _WHOLE.match(text(stored))):
        raise ValueError("not a whole number")
    number = int(stored)
    if not -(2**31) <= number < 2**31:
        raise ValueError("not a 32-bit number")
    return number


def boolean(stored: Any) -> bool:
    """True or false."""
    if not isinstance(stored, bool):
        raise ValueError("not a boolean")
    return stored


def iso_date(stored: Any) -> str:
    """`yyyy-mm-dd`, from a string of that form or a date."""
    if isinstance(stored, date) and not isinstance(stored, datetime):
        return stored.isoformat()
    if not _DATE.match(text(stored)):
        raise ValueError("not yyyy-mm-dd")
    date.fromisoformat(stored)
    return str(stored)


def partial_date(stored: Any) -> str:
    """`yyyy-mm-dd` or `yyyy`: a date of birth may be known by its year only."""
    if not _PARTIAL.match(text(stored)):
        raise ValueError("not yyyy-mm-dd or yyyy")
    if len(stored) != 4:
        date.fromisoformat(stored)
    return str(stored)


def compact_date(stored: Any) -> str:
    """`yyyymmdd`."""
    return _parsed(stored, "%Y%m%d", 8).date().isoformat()


def compact_datetime(stored: Any) -> str:
    """`yyyymmddHHMM` in Vietnam's time, as an ISO 8601 instant."""
    return _parsed(stored, "%Y%m%d%H%M", 12).isoformat() + "+07:00"


def slash_date(stored: Any) -> str:
    """`dd/mm/yyyy`."""
    return _parsed(stored, "%d/%m/%Y", 10).date().isoformat()


def year_month(stored: Any) -> str:
    """`yyyymm`, as `yyyy-mm`."""
    return _parsed(stored, "%Y%m", 6).strftime("%Y-%m")


def codes(names: Mapping[Any, str]) -> Codec:
    """A closed list of codes: stored code -> name of the enum value."""

    def decode(stored: Any) -> str:
        if isinstance(stored, bool):
            raise ValueError("not a known code")
        try:
            return names[stored]
        except (KeyError, TypeError):
            raise ValueError("not a known code") from None

    return decode


def _parsed(stored: Any, form: str, length: int) -> datetime:
    if len(text(stored)) != length or not stored.isascii():
        raise ValueError(f"not of the form {form}")
    try:
        return datetime.strptime(stored, form)  # noqa: DTZ007 - the form has no zone; Vietnam has one
    except ValueError:
        raise ValueError(f"not of the form {form}") from None
