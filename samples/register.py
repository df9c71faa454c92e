"""What the population register has written down about the people of a shard.

Rows for COPY, in column order.
"""

from __future__ import annotations

from datetime import date

from samples import names, places
from samples.calendar import MERGER, TODAY, age, compact, iso, year
from samples.kinship import relation_to_head, relatives
from samples.names import Random, weighted
from samples.people import FEMALE, Household, Numbers, Person
from samples.places import Place

Row = tuple[object, ...]
Address = tuple[str | None, str | None, str | None, str | None, str | None]
"""Country, province, district and commune code, detail; all None when the register has no such address."""

_ADDRESS = ("country_code", "province_code", "district_code", "commune_code", "detail")
COLUMNS: dict[str, tuple[str, ...]] = {
    "household": (
        "household_id",
        "residence_file_number",
        "head_personal_id",
        *(f"address_{part}" for part in _ADDRESS),
    ),
    "citizen": (
        "personal_id",
        "registered_no",
        "birth_family_name",
        "birth_middle_name",
        "birth_given_name",
        "other_names",
        "date_of_birth",
        "gender",
        *(
            f"{kind}_{part}"
            for kind in ("birth_place", "birth_registration", "origin", "permanent", "temporary", "current")
            for part in _ADDRESS
        ),
        "ethnicity_code",
        "religion_code",
        "nationalities",
        "blood_group",
        "legacy_id9",
        "absence_from",
        "absence_until",
        "absence_reason",
        "marital_status",
        "household_id",
        "relation_to_head",
        "date_of_death_or_missing",
        "contact_mobile",
        "contact_email",
        "protected",
    ),
    "identity_card": ("card_id", "personal_id", "kind", "issued_on", "issued_by", "expires_on"),
    "relative": (
        "relative_no",
        "personal_id",
        "relation",
        "relative_personal_id",
        "family_name",
        "middle_name",
        "given_name",
        "legacy_id9",
        "nationality",
    ),
}
"""Tables of the schema `population`, in the order of their foreign keys, with the columns of a row here."""

NOWHERE: Address = (None, None, None, None, None)
_BLOOD = weighted("00 62, 04 16, 02 11, 01 8, 03 2")
_REASONS = ("Đi làm ăn xa", "Đi học", "Đi chữa bệnh", "Đi lao động nước ngoài")
_SMALL_NAMES = ("Tèo", "Bi", "Na", "Tí", "Cún", "Sóc", "Bông", "Mít")
_CARD_1 = date(2016, 1, 1).toordinal()
_CARD_2 = date(2024, 7, 1).toordinal()
_CARD_0 = date(2012, 7, 1).toordinal()
_NUMBERS_BEGAN = date(2016, 1, 1).toordinal()
_POLICE = "Cục Cảnh sát quản lý hành chính về trật tự xã hội"


class Register:
    """Collects the rows of one shard by table; `base` is the number below its first card and relative."""

    def __init__(self, random: Random, numbers: Numbers, base: int) -> None:
        self.random = random
        self.numbers = numbers
        self.base = base
        self.tables: dict[str, list[Row]] = {table: [] for table in COLUMNS}
        self._addresses: dict[int, Address] = {}

    def add_household(self, household: Household) -> None:
        """Write a household; one in twenty has lost its residence file number, one in fifty its address."""
        address = self._address(household.place, old=0.22)
        self._addresses[household.number] = address
        head = household.head
        file_number = f"{head.home.province.code}{household.number:09d}" if self.random() > 0.05 else None
        kept = address if household.number % 50 else NOWHERE
        self.tables["household"].append((household.number, file_number, head.personal_id, *kept))

    def add_person(self, person: Person) -> None:
        """Write a citizen with cards and relatives; the household must have been added."""
        self.tables["citizen"].append(self._citizen(person))
        self._cards(person)
        rows = self.tables["relative"]
        for relative in relatives(person, self.random, self.numbers):
            rows.append((self.base + len(rows) + 1, person.personal_id, *relative))

    def _citizen(self, person: Person) -> Row:
        random = self.random
        grown = age(person.born) >= 18
        permanent, temporary, current, absence = self._residence(person)
        household = person.household
        birth, registration, origin = self._birth_addresses(person)
        return (
            person.personal_id,
            person.index + 1,
            person.family,
            person.middle,
            person.given,
            [names.pick(random, _SMALL_NAMES)] if random() < 0.03 else None,
            iso(person.born)[:4] if person.year_only else iso(person.born),
            person.sex if random() > 0.0008 else 0,
            *birth,
            *registration,
            *origin,
            *permanent,
            *temporary,
            *current,
            person.ethnicity if random() > 0.004 else None,
            person.religion,
            nationalities(person),
            names.pick(random, _BLOOD) if random() > 0.1 else None,
            person.legacy_id9,
            *absence,
            marital_status(person, random()),
            household.number if household else None,
            relation_to_head(person, household) if household else None,
            death(person, random()),
            f"07{1 + int(random() * 5)}{int(random() * 10_000_000):07d}" if grown and random() < 0.72 else None,
            self._email(person) if grown and random() < 0.3 else None,
            person.protected,
        )

    def _email(self, person: Person) -> str:
        return f"{names.unaccented(person.given)}.{names.unaccented(person.family)}{person.index}@thu.example"

    def _address(self, place: Place, *, old: float, detail: bool = True) -> Address:
        """An address written before July 2025 with probability `old`.

        About one in thirty lacks its commune.
        """
        random = self.random
        country, province, district, commune = place.before if random() < old else place.since
        if random() < 0.03:
            commune = None
        return (
            country,
            province,
            district,
            commune,
            places.street(random, urban=place.urban) if detail else None,
        )

    def _birth_addresses(self, person: Person) -> tuple[Address, Address, Address]:
        random = self.random
        old = 0.7 if person.born < MERGER else 0.0
        origin_place = person.father.birthplace if person.father else person.birthplace
        origin = self._address(origin_place, old=0.7, detail=False) if random() > 0.02 else NOWHERE
        if person.abroad:
            abroad: Address = (person.abroad, None, None, None, None)
            return abroad, abroad, origin
        birth = self._address(person.birthplace, old=old, detail=False)
        draw = random()
        if draw < 0.04:
            return NOWHERE, birth, origin
        return birth, birth if draw < 0.9 else NOWHERE, origin

    def _residence(self, person: Person) -> tuple[Address, Address, Address, Row]:
        """Permanent, temporary and current address, and the declared absence (from, until, reason)."""
        random = self.random
        household = person.household
        here: tuple[None, None, None] = (None, None, None)
        if household is None:
            permanent = self._address(person.home, old=0.5) if random() < 0.6 else NOWHERE
            return permanent, NOWHERE, permanent if random() < 0.5 else NOWHERE, here
        address = self._addresses[household.number]
        if household.unrelated:
            return self._address(person.birthplace, old=0.4), address, address, here
        if person.died is None and 18 <= age(person.born) <= 50 and random() < 0.12:
            away = self._address(places.any_place(random), old=0.1)
            if random() > 0.6:
                return address, away, away, here
            left = TODAY - 30 - int(random() * 700)
            until = date.fromordinal(left + 365) if random() < 0.7 else None
            return address, away, away, (date.fromordinal(left), until, names.pick(random, _REASONS))
        return address, NOWHERE, address if random() < 0.94 else NOWHERE, here

    def _cards(self, person: Person) -> None:
        """Cards since the age of 14, renewed at 25, 40 and 60.

        Some of the dead still hold theirs, some of the living none.
        """
        random = self.random
        last = person.died if person.died is not None else TODAY - 3
        first = person.born + 365 * 14 + 20
        draw = random()
        if draw < 0.04 or last <= max(first, _CARD_1):
            return
        start = max(first, _CARD_1)
        issued = start + int(random() * random() * min(last - start, 2400))
        if person.born < _CARD_0 - 365 * 16 and draw < 0.08:
            self._card(person, "CMND12", _CARD_0 + int(random() * 1200))
        self._card(person, "CCCD" if issued < _CARD_2 else "CAN_CUOC", issued)
        if issued < _CARD_2 < last and draw > 0.72:
            self._card(person, "CAN_CUOC", _CARD_2 + int(random() * (last - _CARD_2)))

    def _card(self, person: Person, kind: str, issued: int) -> None:
        years = age(person.born, issued)
        limit = next((limit for limit in (25, 40, 60) if years < limit - 2), None)
        birthday = compact(person.born)[4:]
        expires = None
        if limit is not None:
            month, day = int(birthday[:2]), min(int(birthday[2:]), 28)
            expires = date(year(person.born) + limit, month, day)
        issuer = "Bộ Công an" if kind == "CAN_CUOC" else _POLICE
        rows = self.tables["identity_card"]
        number = self.base + len(rows) + 1
        given_by = issuer if self.random() > 0.02 else None
        rows.append((number, person.personal_id, kind, date.fromordinal(issued), given_by, expires))


def nationalities(person: Person) -> list[str]:
    """Country codes.

    Foreign nationals have no ethnicity here, and some people born abroad have two nationalities.
    """
    if person.abroad is None:
        return ["VN"]
    if person.ethnicity is None:
        return [person.abroad]
    return ["VN", person.abroad] if person.index % 2 else ["VN"]


def marital_status(person: Person, draw: float) -> int:
    """0 unknown, 1 never married, 2 married, 3 divorced or widowed.

    `draw` in [0, 1) leaves a few of the single unknown.
    """
    spouse = person.spouse
    if spouse is not None:
        outlived = spouse.died is not None and (person.died is None or spouse.died < person.died)
        return 3 if outlived else 2
    if person.former is not None:
        return 3
    return 0 if draw < 0.05 and age(person.born) >= 18 else 1


def death(person: Person, draw: float) -> str | None:
    """The date of death or disappearance as registered: sometimes only the year."""
    if person.died is None:
        return None
    return iso(person.died)[:4] if draw < 0.05 else iso(person.died)


__all__ = [
    "COLUMNS",
    "FEMALE",
    "NOWHERE",
    "Address",
    "Register",
    "Row",
    "death",
    "marital_status",
    "nationalities",
]
