"""Invented districts and communes below the real provinces, in the form of before and after July 2025.

Codes and names of districts and communes are made up: communes are numbered from 40001 (old) and 50001
(new), above every code in use, so none can be taken for a real place.
"""

from dataclasses import dataclass
from datetime import date

from samples.names import Random
from samples.provinces import PROVINCES, Province

DISTRICTS = 8
"""Districts in each old province."""
COMMUNES = 6
"""Old communes in each district; three of them make one new commune."""

_FIRST = (
    "Tân",
    "An",
    "Phú",
    "Bình",
    "Long",
    "Hòa",
    "Mỹ",
    "Vĩnh",
    "Thạnh",
    "Đông",
    "Xuân",
    "Yên",
    "Thanh",
    "Quảng",
    "Đức",
    "Kim",
)
_SECOND = (
    "Lộc",
    "Thành",
    "Hưng",
    "Sơn",
    "Giang",
    "Khánh",
    "Thịnh",
    "Phong",
    "Lợi",
    "Trung",
    "Hải",
    "Lâm",
    "Phước",
    "Nghĩa",
    "Hà",
)
STREETS = (
    "Hoa Sữa",
    "Bằng Lăng",
    "Cây Me",
    "Bến Nước",
    "Chợ Cũ",
    "Đồng Xanh",
    "Suối Trong",
    "Cầu Đá",
    "Gò Mây",
    "Sao Mai",
)
"""Invented street names: no living or historic person."""

Codes = tuple[str, str | None, str | None, str | None]
"""Country, province, district and commune code of an address."""


@dataclass(frozen=True, slots=True)
class Place:
    """One old commune.

    Its province, the address codes before and since July 2025, and whether it is a ward.
    """

    province: Province
    before: Codes
    since: Codes
    urban: bool


@dataclass(frozen=True, slots=True)
class Unit:
    """A row of `population.administrative_unit`."""

    code: str
    level: int
    name: str
    parent_code: str
    dissolved_on: date | None
    successor_code: str | None


def _name(number: int) -> str:
    return f"{_FIRST[number * 7 % len(_FIRST)]} {_SECOND[number * 11 % len(_SECOND)]}"


def _build() -> tuple[tuple[Unit, ...], tuple[tuple[Place, ...], ...]]:
    ended = date(2025, 7, 1)
    fresh: list[Unit] = []
    districts: list[Unit] = []
    communes: list[Unit] = []
    places: list[tuple[Place, ...]] = []
    for province in PROVINCES:
        local: list[Place] = []
        for order in range(DISTRICTS):
            urban = order < 1 + province.weight // 14
            code = f"{len(districts) + 1:03d}"
            kind = "Quận" if urban else "Huyện"
            districts.append(Unit(code, 2, f"{kind} {_name(len(districts) + 3)}", province.code, ended, None))
            for part in range(COMMUNES):
                kind = "Phường" if urban else "Xã"
                if part % 3 == 0:
                    new = f"{50001 + len(fresh)}"
                    fresh.append(Unit(new, 3, f"{kind} {_name(len(fresh))}", province.successor, None, None))
                old = f"{40001 + len(communes)}"
                communes.append(Unit(old, 3, f"{kind} {_name(len(communes) + 5)}", code, ended, new))
                before = ("VN", province.code, code, old)
                local.append(Place(province, before, ("VN", province.successor, None, new), urban))
        places.append(tuple(local))
    return (*fresh, *districts, *communes), tuple(places)


UNITS, PLACES = _build()
"""UNITS: every district and commune, parents and successors first.

PLACES: by province, in the order of `PROVINCES`.
"""

_LOCAL = {local[0].province.code: local for local in PLACES}
_DRAW = tuple(number for number, province in enumerate(PROVINCES) for _ in range(province.weight))


def any_place(random: Random) -> Place:
    """A commune anywhere in the country, provinces weighted by population."""
    local = PLACES[_DRAW[int(random() * len(_DRAW))]]
    return local[int(random() * len(local))]


def place_near(random: Random, place: Place) -> Place:
    """Most often the same commune, sometimes another one of its province, sometimes anywhere.

    How far people move.
    """
    draw = random()
    if draw < 0.68:
        return place
    if draw < 0.85:
        local = _LOCAL[place.province.code]
        return local[int(random() * len(local))]
    return any_place(random)


def street(random: Random, *, urban: bool) -> str:
    """House number and street, or hamlet, as an address detail."""
    number = 1 + int(random() * 240)
    if urban:
        return f"Số {number} đường {STREETS[number % len(STREETS)]}"
    return f"Thôn {1 + number % 14}" if number % 3 else f"Số {number} xóm {1 + number % 9}"
