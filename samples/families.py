"""Families and households in real shapes, with marriages, births, divorces and deaths that agree."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from samples import names, origins, places
from samples.calendar import FIRST, TODAY, age, year
from samples.names import weighted
from samples.origins import Stock
from samples.people import FEMALE, MALE, Household, Numbers, Person

_LARGEST = 16
"""No family takes more people than this."""
_SHAPES = weighted("""
    alone 17, couple 10, nuclear 40, three_generations 13, apart 9, single_parent 4, divorced 3,
    skip_generation 2, shared 3, unregistered 2""")
_SMALL_SHAPES = weighted("alone 3, couple 3, nuclear 10, single_parent 1, skip_generation 1")
_CHILDREN = weighted("0 12, 1 30, 2 46, 3 10, 4 2")
_MORTALITY = ((50, 0.004), (60, 0.015), (70, 0.05), (80, 0.16), (200, 0.45))
_ABROAD = ("US", "KR", "TW", "LA", "DE", "CZ", "JP")


class Families:
    """Grows one shard.

    `grow` adds families until exactly `count` people exist, in `people` and `households`.
    """

    def __init__(self, random: Random, numbers: Numbers, first: int, first_household: int) -> None:
        self.random = random.random
        self.numbers = numbers
        self.first = first
        self.first_household = first_household
        self.people: list[Person] = []
        self.households: list[Household] = []
        self.shapes: dict[str, Callable[[], None]] = {
            "alone": self._alone,
            "apart": self._apart,
            "couple": self._couple,
            "divorced": self._divorced,
            "nuclear": self._nuclear,
            "shared": self._shared,
            "single_parent": self._single_parent,
            "skip_generation": self._skip_generation,
            "three_generations": self._three_generations,
            "unregistered": self._unregistered,
        }

    def grow(self, count: int) -> None:
        """Add families until `count` people exist."""
        while (room := count - len(self.people)) > 0:
            born = len(self.people)
            if room >= _LARGEST:
                shape = names.pick(self.random, _SHAPES)
            else:
                shape = names.pick(self.random, _SMALL_SHAPES) if room >= 6 else "couple" if room > 1 else "alone"
            first_household = len(self.households)
            self.shapes[shape]()
            for person in self.people[born:]:
                self._maybe_die(person)
            for household in self.households[first_household:]:
                self._settle(household)

    # shapes

    def _alone(self) -> None:
        born = self._birth(*((22, 34) if self.random() < 0.5 else (55, 88)))
        person = self._person(MALE if self.random() < 0.5 else FEMALE, born, origins.stock(self.random))
        self._household([person])

    def _unregistered(self) -> None:
        self._person(MALE if self.random() < 0.6 else FEMALE, self._birth(18, 80), origins.stock(self.random))

    def _couple(self) -> None:
        man, woman = self._married(
            self._birth(*((23, 36) if self.random() < 0.4 else (52, 84))), origins.stock(self.random)
        )
        self._household([man, woman])

    def _nuclear(self) -> None:
        man, woman = self._married(self._birth(24, 49), origins.stock(self.random))
        head = [man, woman] if self.random() < 0.78 else [woman, man]
        self._household(head + self._children_of(man, woman, int(names.pick(self.random, _CHILDREN)), 24))

    def _three_generations(self) -> None:
        old, heir, partner, others = self._heir()
        children = self._offspring(heir, partner)
        if self.random() < 0.5:
            self._household([*old, heir, partner, *children, *others])
        else:
            self._household([heir, partner, *children, *old, *others])

    def _apart(self) -> None:
        old, heir, partner, others = self._heir()
        self._household([*old, *others])
        place = places.place_near(self.random, heir.home)
        heir.home = partner.home = place
        self._household([heir, partner, *self._offspring(heir, partner)])

    def _single_parent(self) -> None:
        mother = self._person(FEMALE, self._birth(20, 48), origins.stock(self.random))
        children = self._children_of(None, mother, 1 if self.random() < 0.8 else 2, 20)
        self._household([mother, *children])

    def _divorced(self) -> None:
        man, woman = self._married(self._birth(30, 58), origins.stock(self.random))
        children = self._children_of(man, woman, 1 + int(self.random() * 2), 20)
        latest = max([man.married_on or 0, *(child.born for child in children)])
        man.divorced_on = woman.divorced_on = min(TODAY - 30, latest + 200 + int(self.random() * 2500))
        man.former, woman.former = woman, man
        man.spouse = woman.spouse = None
        keeper, other = (woman, man) if self.random() < 0.75 else (man, woman)
        other.home = places.place_near(self.random, other.home)
        self._household([keeper, *children])
        self._household([other])

    def _skip_generation(self) -> None:
        """A grandmother who brings up a grandchild, and represents it by law (Civil Code Article 136)."""
        stock = origins.stock(self.random)
        grandmother = self._person(FEMALE, self._birth(56, 72), stock)
        parent = self._person(FEMALE, grandmother.born + 365 * (20 + int(self.random() * 5)), stock)
        self._link(parent, None, grandmother)
        child = self._children_of(None, parent, 1, 17)
        parent.home = places.any_place(self.random)
        if child:
            child[0].representative = grandmother
            grandmother.represented = child[0]
        self._household([grandmother, *child])

    def _shared(self) -> None:
        place = places.any_place(self.random)
        members = [
            self._person(MALE if self.random() < 0.5 else FEMALE, self._birth(18, 35), origins.stock(self.random))
            for _ in range(2 + int(self.random() * 4))
        ]
        for member in members:
            member.home = place
        self._household(members, unrelated=True)

    # what the shapes are made of

    def _heir(self) -> tuple[list[Person], Person, Person, list[Person]]:
        """An old couple, one grown child with husband or wife, and the couple's unmarried other children."""
        stock = origins.stock(self.random)
        man, woman = self._married(self._birth(52, 86), stock)
        sex = MALE if self.random() < 0.75 else FEMALE
        started = max(man.married_on or 0, woman.born + 365 * 19)
        born = min(started + 300 + int(self.random() * 2200), TODAY - 365 * 22)
        heir = self._person(sex, born, stock._replace(family=man.family))
        self._link(heir, man, woman)
        later = int((self.random() - 0.5) * 2000) + (700 if sex == MALE else -700)
        partner_born = min(heir.born + later, TODAY - 365 * 20)
        partner = self._person(FEMALE if sex == MALE else MALE, partner_born, origins.partner_stock(self.random, stock))
        partner.home = heir.home
        self._marry(heir, partner)
        others: list[Person] = []
        if self.random() < 0.3:
            sex = MALE if self.random() < 0.6 else FEMALE
            other = self._person(sex, heir.born + 500 + int(self.random() * 1200), origins.child_stock(man))
            self._link(other, man, woman)
            others.append(other)
        return [man, woman], heir, partner, others

    def _offspring(self, heir: Person, partner: Person) -> list[Person]:
        man, woman = (heir, partner) if heir.sex == MALE else (partner, heir)
        return self._children_of(man, woman, int(names.pick(self.random, _CHILDREN)), 24)

    def _married(self, born: int, stock: Stock) -> tuple[Person, Person]:
        man = self._person(MALE, born, stock)
        later = int((self.random() * 8 - 2) * 365)
        woman = self._person(FEMALE, min(born + later, TODAY - 365 * 19), origins.partner_stock(self.random, stock))
        woman.home = man.home
        self._marry(man, woman)
        return man, woman

    def _marry(self, one: Person, other: Person) -> None:
        earliest = max(one.born, other.born) + 365 * 18 + 150
        day = earliest + int(self.random() * self.random() * 365 * 12)
        one.spouse, other.spouse = other, one
        one.married_on = other.married_on = min(day, TODAY - 20)

    def _children_of(self, man: Person | None, woman: Person, count: int, oldest: int) -> list[Person]:
        """Up to `count` children: none above `oldest` years (they left), none after the mother was 43."""
        married = woman.married_on or woman.born + 365 * 19
        day = max(married + 240, TODAY - 365 * oldest - int(self.random() * 300))
        end = min(woman.born + 365 * 43, TODAY - 10)
        children = []
        for _ in range(count):
            day += int(self.random() * 900)
            if day >= end:
                break
            child = self._person(MALE if self.random() < 0.527 else FEMALE, day, origins.child_stock(man or woman))
            child.home = (man or woman).home
            self._link(child, man, woman)
            children.append(child)
            day += 420 + int(self.random() * 900)
        return children

    def _link(self, child: Person, father: Person | None, mother: Person) -> None:
        child.father, child.mother = father, mother
        mother.children.append(child)
        if father is not None:
            father.children.append(child)

    def _birth(self, youngest: int, oldest: int) -> int:
        days = 365.2425 * (youngest + self.random() * (oldest - youngest))
        return TODAY - int(days)

    def _person(self, sex: int, born: int, stock: Stock) -> Person:
        random = self.random
        person = Person(self.first + len(self.people), sex, max(born, FIRST + 400), stock.place)
        self.people.append(person)
        birth_year = year(person.born)
        person.family = stock.family
        person.middle, person.given = names.personal_name(random, sex, birth_year, stock.ethnicity)
        person.ethnicity, person.religion = stock.ethnicity, stock.religion
        person.birthplace = places.place_near(random, stock.place)
        if random() < 0.006:
            self._from_abroad(person)
        person.year_only = birth_year < 1966 and random() < 0.16
        self.numbers.assign(person, legacy=birth_year < 1998 and random() < (0.85 if birth_year < 1985 else 0.5))
        return person

    def _from_abroad(self, person: Person) -> None:
        person.abroad = _ABROAD[int(self.random() * len(_ABROAD))]
        if self.random() < 0.25 and person.abroad in names.FOREIGN:
            choices = names.FOREIGN[person.abroad]
            person.family, middle, person.given = choices[int(self.random() * len(choices))]
            person.middle = middle or None
            person.ethnicity = person.religion = None

    def _maybe_die(self, person: Person) -> None:
        years = age(person.born)
        chance = next(chance for limit, chance in _MORTALITY if years < limit)
        if self.random() >= chance:
            return
        youngest = max((child.born for child in person.children), default=0)
        earliest = max(
            youngest + 30, person.married_on or 0, person.divorced_on or 0, TODAY - 365 * 15, person.born + 1
        )
        if person.representative or person.represented or earliest >= TODAY - 5:
            return
        person.died = earliest + int(self.random() * (TODAY - 5 - earliest))
        person.missing = self.random() < 0.03

    def _household(self, members: list[Person], *, unrelated: bool = False) -> None:
        number = self.first_household + len(self.households)
        household = Household(number, members[0].home, members, unrelated=unrelated)
        self.households.append(household)
        for member in members:
            member.household = household

    def _settle(self, household: Household) -> None:
        """Strike most of the dead from the household; the first living member becomes its head."""
        for member in household.members:
            if member.died is not None and self.random() < 0.8:
                member.household = None
        household.members = [member for member in household.members if member.household is household]
        if household.members:
            household.head = min(household.members, key=lambda member: member.died is not None)
