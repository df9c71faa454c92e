"""Database `civil_status`.

Births, marriages and deaths (invented), in agreement with the population register.
"""

from __future__ import annotations

from samples.calendar import MERGER, TODAY, iso, year
from samples.documents.archive import Archive, Document
from samples.people import MALE, Person
from samples.places import Place

_CAUSES = ("Bệnh tim mạch", "Già yếu", "Bệnh hiểm nghèo", "Tai nạn giao thông", "Đột quỵ", None)
_PLACES = ("Tại nhà", "Tại bệnh viện", None)


def write(archive: Archive, person: Person) -> None:
    """Entries for one person; a couple's marriage is written with the husband.

    Older entries are often missing.
    """
    born = year(person.born)
    chance = 0.94 if born >= 2005 else 0.7 if born >= 1990 else 0.22
    if person.abroad is None and archive.random() < chance:
        _birth(archive, person)
    partner = person.spouse or person.former
    if partner is not None and person.sex == MALE and archive.random() < 0.88:
        _marriage(archive, person, partner)
    if person.died is not None and not person.missing and archive.random() < 0.85:
        _death(archive, person, person.died)


def _entry(archive: Archive, collection: str, kind: str, day: int) -> Document:
    number = archive.next_id(collection)
    entered = year(day)
    return {
        "_id": number,
        "loai": kind,
        "so": f"{1 + number % 800}/{entered}",
        "quyenSo": f"{1 + number % 3:02d}/{entered}",
        "ngayDangKy": iso(day),
    }


def _commune(archive: Archive, place: Place, day: int) -> Document | None:
    """The commune that registered; one entry in fifty has none."""
    if archive.random() < 0.02:
        return None
    return {"maXa": place.since[3] if day >= MERGER else place.before[3]}


def _party(person: Person | None) -> Document | None:
    return {"personalId": person.personal_id} if person is not None else None


def _birth(archive: Archive, person: Person) -> None:
    random = archive.random
    day = min(TODAY - 1, person.born + 3 + int(random() * (40 if random() < 0.95 else 900)))
    entry = _entry(archive, "khai_sinh", "KHAI_SINH", day)
    entry["personalId"] = person.personal_id
    entry["noiDangKy"] = _commune(archive, person.birthplace, day)
    entry["cha"] = _party(person.father)
    entry["me"] = _party(person.mother)
    archive.collections["khai_sinh"].append(entry)


def _marriage(archive: Archive, husband: Person, wife: Person) -> None:
    day = husband.married_on or TODAY
    entry = _entry(archive, "ket_hon", "KET_HON", day)
    entry["noiDangKy"] = _commune(archive, husband.home, day)
    entry["chong"] = {"personalId": husband.personal_id}
    entry["vo"] = {"personalId": wife.personal_id}
    entry["haiBen"] = [husband.personal_id, wife.personal_id]
    entry["trangThai"] = "HIEU_LUC" if husband.former is None else "LY_HON"
    archive.collections["ket_hon"].append(entry)


def _death(archive: Archive, person: Person, died: int) -> None:
    random = archive.random
    day = min(TODAY - 1, died + 1 + int(random() * 25))
    entry = _entry(archive, "khai_tu", "KHAI_TU", day)
    entry["personalId"] = person.personal_id
    entry["noiDangKy"] = _commune(archive, person.home, day)
    entry["ngayChet"] = iso(died)
    entry["nguyenNhan"] = _CAUSES[int(random() * len(_CAUSES))]
    entry["noiChet"] = _PLACES[int(random() * len(_PLACES))]
    archive.collections["khai_tu"].append(entry)
