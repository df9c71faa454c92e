"""What people have from home: a place, an ethnicity, a religion and a family name."""

from typing import NamedTuple

from samples import names, places
from samples.names import Random
from samples.people import Person
from samples.places import Place

_FAITHS_OF_ETHNICITIES = {
    "05": ("01", 0.8),
    "08": ("08", 0.4),
    "10": ("08", 0.4),
    "12": ("08", 0.4),
    "17": ("04", 0.5),
}
_FAITHS_OF_PROVINCES = {"72": ("05", 0.35), "87": ("03", 0.3), "89": ("03", 0.3)}
_FAITHS = (("02", 0.06), ("01", 0.11), ("08", 0.122), ("05", 0.128), ("13", 0.1284), ("99", 0.129))


class Stock(NamedTuple):
    """A person's origin: codes of ethnicity and religion (None where the register has none written)."""

    place: Place
    ethnicity: str
    religion: str | None
    family: str


def stock(random: Random) -> Stock:
    """An origin anywhere in the country, with an ethnicity by the province's share."""
    place = places.any_place(random)
    province = place.province
    ethnicity = "01"
    if random() * 100 < province.minority_share:
        draw = random()
        ethnicity = province.minorities[int(draw * draw * len(province.minorities))]
    elif random() < 0.004:
        ethnicity = f"{2 + int(random() * 53):02d}"
    family = names.family_name(random, ethnicity, southern=province.southern)
    return Stock(place, ethnicity, _religion(random(), place, ethnicity), family)


def partner_stock(random: Random, stock_of_one: Stock) -> Stock:
    """The origin of someone's husband or wife: most often the same but for the family name."""
    if random() < 0.12:
        return stock(random)
    southern = stock_of_one.place.province.southern
    return stock_of_one._replace(family=names.family_name(random, stock_of_one.ethnicity, southern=southern))


def child_stock(parent: Person) -> Stock:
    """What a child has from the parent whose family name it bears."""
    return Stock(parent.home, parent.ethnicity or "01", parent.religion, parent.family)


def _religion(draw: float, place: Place, ethnicity: str) -> str | None:
    """A religion code by rough shares of the 2019 census."""
    for faith in (_FAITHS_OF_ETHNICITIES.get(ethnicity), _FAITHS_OF_PROVINCES.get(place.province.code)):
        if faith is not None and 1 - draw < faith[1]:
            return faith[0]
    if draw > 0.97:
        return None
    return next((code for code, limit in _FAITHS if draw < limit), "00")
