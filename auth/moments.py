"""Moments: the hours of Việt Nam, and which years are no mistake."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

__all__ = ["VIETNAM", "plausible"]

VIETNAM = timezone(timedelta(hours=7))
"""Time in Việt Nam, where a day begins and ends; it knows no summer time."""

_FIRST_YEAR, _LAST_YEAR = 2000, 2999


def plausible(moment: datetime) -> bool:
    """Whether what is announced or concealed may start or end then: in the years 2000 to 2999."""
    return _FIRST_YEAR <= moment.year <= _LAST_YEAR
