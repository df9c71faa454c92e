"""One shard of sample data from a seed: the same seed and count always give the same rows and documents.

A shard is SHARD people (the last one fewer) made of whole families, with its own random numbers, so shards
can be made in any order and by any number of processes. Everyone is invented.

Gaps, as real registers have them: births known by year only, communes missing, addresses in dissolved
provinces and districts, relatives known by a nine-digit number, by a number that leads nowhere or by name
only, people without household, the dead with cards, licences and vehicles or without a death entry, missing
people, births and marriages without entry, foreign nationals, people born abroad, unknown sex and marital
status, lost file numbers, households without address, and malformed dates.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from samples.documents import Archive, write
from samples.families import Families
from samples.people import Numbers
from samples.protection import protect
from samples.register import Register, Row

GENERATOR = 2
"""Version of the generator.

Raise it whenever the data for a seed changes, so that loaded samples are replaced.
"""
SHARD = 2_000
"""People in one shard."""
LARGEST = 1_000_000
"""Personal numbers end in six digits that are unique by themselves.

More people than this would repeat them.
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """What to generate: a number of citizens from 1 to LARGEST, and a seed.

    Raises ValueError for other numbers.
    """

    citizens: int
    seed: int

    def __post_init__(self) -> None:
        if not 1 <= self.citizens <= LARGEST:
            raise ValueError(f"citizens must be from 1 to {LARGEST}, not {self.citizens}")

    @property
    def shards(self) -> int:
        """Number of shards."""
        return -(-self.citizens // SHARD)


@dataclass(frozen=True, slots=True)
class Shard:
    """Rows by table of the schema `population` and documents by collection.

    The columns of a row are `samples.register.COLUMNS`.
    """

    citizens: int
    tables: dict[str, list[Row]]
    collections: dict[str, list[dict[str, Any]]]


def shard(sample: Sample, number: int) -> Shard:
    """The shard `number`, counted from 0."""
    count = min(SHARD, sample.citizens - number * SHARD)
    base = number * SHARD * 50
    random = Random(f"{GENERATOR}/{sample.seed}/{number}")
    numbers = Numbers(Random(sample.seed).randrange(1_000_000))
    families = Families(random, numbers, number * SHARD, number * SHARD + 1)
    families.grow(count)
    protect(families.households, Random(f"protected/{GENERATOR}/{sample.seed}/{number}").random)
    register = Register(random.random, numbers, base)
    archive = Archive(random.random, base)
    for household in families.households:
        register.add_household(household)
    for person in families.people:
        register.add_person(person)
        write(archive, person)
    archive.spoil()
    return Shard(count, register.tables, archive.collections)
