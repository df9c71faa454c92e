"""Who is protected: a few grown people, and the minor children who live with them."""

from __future__ import annotations

from collections.abc import Iterable

from samples.calendar import age
from samples.names import Random
from samples.people import Household, Person

_SHARE = 0.012
"""Of the households, in about one of eighty somebody is protected."""


def protect(households: Iterable[Household], random: Random) -> None:
    """Flag people by `random`, which gives numbers in [0, 1).

    Of a household one grown member is chosen. Children are flagged with the parent, or the grandparent who brings them
    up: else their address would tell. Other grown members are not, as it was not they who asked for it.
    """
    for household in households:
        if random() >= _SHARE:
            continue
        grown = [member for member in household.members if member.died is None and age(member.born) >= 18]
        if grown:
            chosen = grown[int(random() * len(grown))]
            chosen.protected = True
            for member in household.members:
                if age(member.born) < 18 and chosen in _guardians(member):
                    member.protected = True


def _guardians(child: Person) -> tuple[Person | None, ...]:
    return child.father, child.mother, child.representative


__all__ = ["protect"]
