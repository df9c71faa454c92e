"""What the population register of the sandbox has written down about the personas: rows in column order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from samples.personas.cast import EVERYONE, HOUSEHOLDS, RELATIONS, Persona, person
from samples.places import PLACES, Place
from samples.register import COLUMNS, NOWHERE, Address, Row

__all__ = ["tables"]

_PARTS = ("country_code", "province_code", "district_code", "commune_code", "detail")
_DAY = len("yyyy-mm-dd")


def tables() -> dict[str, list[Row]]:
    """The rows of every table of the schema `population`, by its name."""
    found: dict[str, list[Any]] = {
        "household": list(_households()),
        "citizen": [_citizen(one, number) for number, one in enumerate(EVERYONE, 1)],
        "identity_card": [
            (number, *card) for number, card in enumerate((card for one in EVERYONE for card in _cards(one)), 1)
        ],
        "relative": [(number, *relative) for number, relative in enumerate(map(_relative, RELATIONS), 1)],
    }
    return {
        table: [row if isinstance(row, tuple) else tuple(row.get(name) for name in COLUMNS[table]) for row in rows]
        for table, rows in found.items()
    }


def place_of(persona: Persona) -> Place | None:
    """The invented commune where a persona lives."""
    return next((local[0] for local in PLACES if local[0].province.code == persona.province), None)


def _households() -> Iterator[Mapping[str, Any]]:
    for number, members in enumerate(HOUSEHOLDS, 1):
        head = person(members[0][0])
        yield {
            "household_id": number,
            "residence_file_number": head.file_number,
            "head_personal_id": head.number,
            **_address("address", _home(head)),
        }


_HOUSEHOLD_OF = {code: (number, to) for number, members in enumerate(HOUSEHOLDS, 1) for code, to in members}


def _citizen(one: Persona, number: int) -> Mapping[str, Any]:
    home = _home(one)
    household, relation = _HOUSEHOLD_OF.get(one.code, (None, None))
    grown = one.born < "2008"
    return {
        "personal_id": one.number,
        "registered_no": number,
        "birth_family_name": "Thử",
        "birth_middle_name": "Nghiệm",
        "birth_given_name": one.given,
        "other_names": ["Nhân vật thử nghiệm"],
        "date_of_birth": one.born,
        "gender": one.sex,
        **_address("birth_place", home[:4]),
        **_address("birth_registration", home[:4]),
        **_address("origin", home[:4]),
        **_address("permanent", home),
        **_address("temporary", home if one.away else NOWHERE),
        **_address("current", home),
        "ethnicity_code": "01",
        "religion_code": "00",
        "nationalities": ["VN"],
        "blood_group": "04",
        "legacy_id9": f"900{one.serial:06d}" if one.born < "1996" else None,
        "absence_from": date(2026, 1, 1) if one.away else None,
        "absence_reason": "Đi làm ăn xa" if one.away else None,
        "marital_status": one.marital_status,
        "household_id": household,
        "relation_to_head": relation,
        "date_of_death_or_missing": one.died,
        "contact_mobile": f"070{one.serial:07d}" if grown else None,
        "contact_email": f"{one.number}@thu-nghiem.example" if grown else None,
        "protected": one.protected,
    }


def _home(one: Persona) -> Address:
    place = place_of(one)
    if place is None:
        return NOWHERE
    return (*(place.before if one.old else place.since), f"Số {one.serial} đường Thử Nghiệm")


def _address(kind: str, address: tuple[str | None, ...]) -> dict[str, str | None]:
    return {f"{kind}_{part}": value for part, value in zip(_PARTS, address, strict=False)}


def _cards(one: Persona) -> Iterator[tuple[object, ...]]:
    if not one.papers:
        return
    if one.code == "TWO_CARDS":
        yield (
            one.number,
            "CCCD",
            date(2017, 3, 1),
            "Cục Cảnh sát quản lý hành chính về trật tự xã hội",
            date(2024, 8, 8),
        )
    yield one.number, "CAN_CUOC", date(2024, 9, 1), "Bộ Công an", date(2039, 9, 1)


def _relative(relation: tuple[str, str, str]) -> tuple[object, ...]:
    of, what, other = person(relation[0]), relation[1], person(relation[2])
    return of.number, what, other.number, "Thử", "Nghiệm", other.given, None, "VN"
