"""Working days in Việt Nam, for what must be announced some of them ahead."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta

from auth.moments import VIETNAM

__all__ = ["after_working_days", "is_working_day"]

_WEEKEND = 5
_FIXED = frozenset({(1, 1), (4, 30), (5, 1), (9, 2)})


def is_working_day(day: date, holidays: Collection[date]) -> bool:
    """Whether a day is neither a Saturday or Sunday nor a public holiday.

    The holidays of the solar calendar are known (Labour Code 45/2019/QH14, article 112). `holidays` are those that are
    set anew each year: Tết, the Hùng Kings' day, the second day of the National Day, days in lieu.
    """
    return day.weekday() < _WEEKEND and (day.month, day.day) not in _FIXED and day not in holidays


def after_working_days(moment: datetime, count: int, holidays: Collection[date]) -> datetime:
    """The first instant before which `count` whole working days lie after the day of `moment`, in Việt Nam's time.

    The day itself does not count (Civil Code 91/2015/QH13, article 147).
    """
    day = moment.astimezone(VIETNAM).date()
    while count > 0:
        day += timedelta(days=1)
        count -= is_working_day(day, holidays)
    return datetime.combine(day + timedelta(days=1), time(), VIETNAM)
