"""Dates as day numbers (`date.toordinal`), with every text form looked up in a table instead of formatted."""

from datetime import date, timedelta

FIRST = date(1915, 1, 1).toordinal()
"""First day that `iso` knows."""
LAST = date(2060, 12, 31).toordinal()
"""Last day that `iso` knows."""
TODAY = date(2026, 10, 1).toordinal()
"""The day on which the sample registers were "taken".

Fixed: the same seed gives the same data in any year.
"""
MERGER = date(2025, 7, 1).toordinal()
"""Day on which 63 provinces became 34 and districts ended (Resolution 202/2025/QH15)."""

_DAYS = tuple((date.fromordinal(FIRST) + timedelta(days=n)).isoformat() for n in range(LAST - FIRST + 1))
_COMPACT = tuple(day.replace("-", "") for day in _DAYS)


def iso(day: int) -> str:
    """`yyyy-mm-dd` of a day number."""
    return _DAYS[day - FIRST]


def compact(day: int) -> str:
    """`yyyymmdd` of a day number."""
    return _COMPACT[day - FIRST]


def slashed(day: int) -> str:
    """`dd/mm/yyyy` of a day number."""
    text = _COMPACT[day - FIRST]
    return f"{text[6:]}/{text[4:6]}/{text[:4]}"


def year(day: int) -> int:
    """Calendar year of a day number."""
    return int(_COMPACT[day - FIRST][:4])


def age(born: int, on: int = TODAY) -> int:
    """Whole years between two day numbers."""
    return int((on - born) / 365.2425)
