"""How people are related, in the words of the register: to the head of the household, and as relatives."""

from __future__ import annotations

from collections.abc import Iterator

from samples import names
from samples.calendar import FIRST, TODAY, year
from samples.names import Random
from samples.people import FEMALE, MALE, Household, Numbers, Person

Relative = tuple[str, str | None, str, str | None, str, str | None, str | None]
"""Relation, personal number, family, middle and given name, nine-digit number, nationality.

Columns of `relative`.
"""


def relation_to_head(person: Person, household: Household) -> str | None:
    """The Vietnamese word for what a member is to the head ("Chủ hộ", "Vợ", "Con", ...).

    None if nobody wrote it down.
    """
    head = household.head
    if person is head:
        return "Chủ hộ"
    if person.spouse is head:
        return "Chồng" if person.sex == MALE else "Vợ"
    if household.unrelated:
        return "Cùng thuê nhà" if person.index % 9 else None
    return _descent(person, head) or _side(person, head) or "Người ở nhờ"


def _descent(person: Person, head: Person) -> str | None:
    male = person.sex == MALE
    if head in (person.father, person.mother):
        return "Con"
    if person in (head.father, head.mother):
        return "Cha" if male else "Mẹ"
    spouse = person.spouse
    if spouse is not None and head in (spouse.father, spouse.mother):
        return "Con rể" if male else "Con dâu"
    for parent in (person.father, person.mother):
        if parent is not None and (head in (parent.father, parent.mother) or head.spouse is parent):
            return "Cháu" if head.spouse is not parent else "Con"
    return None


def _side(person: Person, head: Person) -> str | None:
    male = person.sex == MALE
    partner = head.spouse
    if partner is not None:
        if person in (partner.father, partner.mother):
            side = "chồng" if head.sex == FEMALE else "vợ"
            return f"{'Cha' if male else 'Mẹ'} {side}"
        if partner.mother is not None and person.mother is partner.mother:
            older = person.born < partner.born
            side = "chồng" if head.sex == FEMALE else "vợ"
            return f"{('Anh' if male else 'Chị') if older else 'Em'} {side}"
    if head.mother is not None and person.mother is head.mother:
        return ("Anh" if male else "Chị") if person.born < head.born else "Em"
    spouse = person.spouse
    if spouse is not None and spouse.mother is not None and spouse.mother is head.mother:
        return "Em rể" if male else "Chị dâu" if spouse.born < head.born else "Em dâu"
    if any(parent and parent.mother and parent.mother is head.mother for parent in (person.father, person.mother)):
        return "Cháu"
    return None


def relatives(person: Person, random: Random, numbers: Numbers) -> Iterator[Relative]:
    """The relatives noted with a person. Whoever is in the register is noted on both sides."""
    if person.father is not None:
        yield _known("FATHER", person.father, random)
    if person.mother is not None:
        yield _known("MOTHER", person.mother, random)
    elif random() < 0.72:
        yield _outside("FATHER", person, random, numbers)
        yield _outside("MOTHER", person, random, numbers)
    if person.spouse is not None:
        yield _known("HUSBAND" if person.spouse.sex == MALE else "WIFE", person.spouse, random)
    for child in person.children:
        yield _known("CHILD", child, random)
    if person.representative is not None:
        yield _known("REPRESENTATIVE", person.representative, random)
    if person.represented is not None:
        yield _known("REPRESENTED", person.represented, random)


def _known(relation: str, other: Person, random: Random) -> Relative:
    """Someone in the register; an old entry knows them by their nine-digit number only."""
    old = other.legacy_id9 if other.legacy_id9 is not None and random() < 0.25 else None
    number = None if old is not None and random() < 0.3 else other.personal_id
    nationality = other.abroad if other.ethnicity is None else "VN"
    return relation, number, other.family, other.middle, other.given, old, nationality


def _outside(relation: str, person: Person, random: Random, numbers: Numbers) -> Relative:
    """A parent who is not in this register.

    Known by name, by an old number, or by a number that leads nowhere.
    """
    father = relation == "FATHER"
    born = max(person.born - int((20 + random() * 15) * 365), FIRST)
    sex = MALE if father else FEMALE
    ethnicity = person.ethnicity or "01"
    family = person.family if father else names.family_name(random, ethnicity, southern=person.home.province.southern)
    middle, given = names.personal_name(random, sex, year(born), ethnicity)
    nationality = None if random() < 0.1 else "VN"
    draw = random()
    if draw < 0.2 and born > TODAY - 365 * 95:
        return relation, numbers.elsewhere(person, sex, born), family, middle, given, None, nationality
    old = numbers.legacy(person, 1 if father else 2) if draw < 0.6 and year(born) < 1990 else None
    return relation, None, family, middle, given, old, nationality
