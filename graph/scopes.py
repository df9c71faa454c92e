"""Row scopes: the ways in which a contract may be limited to some of the citizens. The set is closed.

Every entity that is limited at all says of each of them how, or that it does not apply; a contract that names another
one, or a value that is not listed here, is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["ROW_SCOPES", "RowScope"]


@dataclass(frozen=True, slots=True)
class RowScope:
    """A row scope: what it means, and every value that a contract may list."""

    meaning: str
    values: frozenset[str]


# Addresses keep the codes of their day, so the 29 provinces that were dissolved on 1 July 2025 stand beside the 34.
_PROVINCES = frozenset(
    (
        *("01", "04", "08", "11", "12", "14", "15", "19", "20", "22", "24", "25", "31", "33", "37", "38", "40", "42"),
        *("44", "46", "48", "51", "52", "56", "66", "68", "75", "79", "80", "82", "86", "91", "92", "96"),
        *("02", "06", "10", "17", "26", "27", "30", "34", "35", "36", "45", "49", "54", "58", "60", "62", "64", "67"),
        *("70", "72", "74", "77", "83", "84", "87", "89", "93", "94", "95"),
    )
)

ROW_SCOPES: Mapping[str, RowScope] = {
    "province": RowScope("province of the permanent residence (item 16)", _PROVINCES),
    # The column `population.citizen.residence_status` holds those that are true of a citizen.
    "residence": RowScope(
        "residence on record: permanent (item 16), temporary (17), absence declared (19), or neither of the first two",
        frozenset({"PERMANENT", "TEMPORARY", "ABSENT", "UNREGISTERED"}),
    ),
}
