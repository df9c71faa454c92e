"""The people of the sample: what is true of a person, before any register has written it down."""

from __future__ import annotations

from dataclasses import dataclass

from samples.calendar import compact
from samples.places import Place

MALE, FEMALE = 1, 2


class Person:
    """One invented person. Days are day numbers; `died` is None for the living.

    Not a dataclass with defaults for each field by name: a million of these are made, and one plain
    initialiser is twice as fast.
    """

    __slots__ = (
        "abroad",
        "birthplace",
        "born",
        "card_number",
        "children",
        "died",
        "divorced_on",
        "ethnicity",
        "family",
        "father",
        "former",
        "given",
        "home",
        "household",
        "index",
        "insurance_number",
        "legacy_id9",
        "married_on",
        "middle",
        "missing",
        "mother",
        "personal_id",
        "protected",
        "religion",
        "representative",
        "represented",
        "sex",
        "spouse",
        "year_only",
    )

    def __init__(self, index: int, sex: int, born: int, home: Place) -> None:
        self.index = index
        self.sex = sex
        self.born = born
        self.home = home
        self.birthplace = home
        self.year_only = False
        self.abroad: str | None = None
        self.family = ""
        self.middle: str | None = None
        self.given = ""
        self.ethnicity: str | None = "01"
        self.religion: str | None = "00"
        self.personal_id = ""
        self.legacy_id9: str | None = None
        self.insurance_number = ""
        self.card_number: str | None = None
        self.father: Person | None = None
        self.mother: Person | None = None
        self.spouse: Person | None = None
        self.former: Person | None = None
        self.married_on: int | None = None
        self.divorced_on: int | None = None
        self.children: list[Person] = []
        self.representative: Person | None = None
        self.represented: Person | None = None
        self.died: int | None = None
        self.missing = False
        self.protected = False
        self.household: Household | None = None

    @property
    def full_name(self) -> str:
        """Family, middle and given name joined by blanks, as `population.full_name` does."""
        return f"{self.family} {self.middle} {self.given}" if self.middle else f"{self.family} {self.given}"


class Household:
    """People registered at one address. `unrelated` members are there as tenants, not as kin."""

    __slots__ = ("head", "members", "number", "place", "unrelated")

    def __init__(self, number: int, place: Place, members: list[Person], *, unrelated: bool = False) -> None:
        self.number = number
        self.place = place
        self.members = members
        self.head = members[0]
        self.unrelated = unrelated


_COUNTRY_OF_BIRTH = {
    "US": "108",
    "KR": "114",
    "TW": "119",
    "LA": "121",
    "DE": "125",
    "CZ": "127",
    "JP": "133",
}
"""Three-digit codes for births registered abroad.

The numbers are invented, only their place (1..) follows the rule.
"""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Unique numbers for people by their index.

    They come from stepping through all values with a step prime to their count; `offset`, from the seed, is
    where it starts. The last six digits of a personal number alone are unique, up to 1,000,000 people.
    """

    offset: int

    def serial(self, index: int) -> str:
        """Six digits that no other index below 1,000,000 has."""
        return f"{(index * 618_033 + self.offset) % 1_000_000:06d}"

    def assign(self, person: Person, *, legacy: bool) -> None:
        """Give a person their numbers.

        The personal number is `PPP G YY RRRRRR` (Decree 137/2015 Article 13), the social insurance number
        has ten digits, and `legacy` adds the nine digits of an old identity card.
        """
        serial = self.serial(person.index)
        province = _COUNTRY_OF_BIRTH[person.abroad] if person.abroad else "0" + person.birthplace.province.code
        person.personal_id = province + _century_and_year(person.sex, person.born) + serial
        number = (person.index * 61_803_399 + self.offset) % 100_000_000
        person.insurance_number = f"{person.home.province.code}{number:08d}"
        if legacy:
            person.legacy_id9 = self.legacy(person, 0)

    def legacy(self, person: Person, rank: int) -> str:
        """A nine-digit number kept with this person.

        `rank` 0 is their own, 1 the father's, 2 the mother's.
        """
        return f"{rank}{person.birthplace.province.code}{self.serial(person.index)}"

    def elsewhere(self, person: Person, sex: int, born: int) -> str:
        """The number of a parent who is not in the register.

        The person's own serial under another sex and year, so unique.
        """
        return "0" + person.home.province.code + _century_and_year(sex, born) + self.serial(person.index)


def _century_and_year(sex: int, born: int) -> str:
    year = compact(born)[:4]
    digit = (int(year[:2]) - 19) * 2 + (1 if sex == FEMALE else 0)
    return f"{digit}{year[2:]}"
