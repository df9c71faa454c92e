"""Database `social_insurance`: health insurance cards and periods of social insurance (invented)."""

from __future__ import annotations

from samples.calendar import TODAY, age, iso, year
from samples.documents.archive import Archive
from samples.names import pick, weighted
from samples.people import Person

_GROUPS = weighted("DN 9, HC 2, GD 6, CN 1")
_TRADES = ("May mặc", "Cơ khí", "Thủy sản", "Vận tải", "Xây dựng", "Điện tử", "Nông sản", "Bán lẻ")
_AREAS = weighted(" 20, K1 2, K2 2, K3 1")


def write(archive: Archive, person: Person) -> None:
    """Cards and insurance periods of one person; sets `person.card_number` to the newest card."""
    years = age(person.born)
    if person.died is not None:
        if archive.random() < 0.35:
            _card(archive, person, "HT" if years >= 60 else "GD", current=True)
        return
    works = 19 <= years < 62 and archive.random() < 0.55
    if archive.random() < 0.93:
        group = _group(archive, years, works=works)
        if years >= 6 and archive.random() < 0.1:
            _card(archive, person, "TE" if years < 22 else "HS" if years < 30 else "TQ", current=False)
        _card(archive, person, group, current=True)
    if works:
        _periods(archive, person, years)


def _group(archive: Archive, years: int, *, works: bool) -> str:
    if years < 6:
        return "TE"
    if years < 22 and not works:
        return "HS"
    if years >= 75:
        return "CT"
    if years >= 60:
        return "HT"
    return pick(archive.random, _GROUPS) if works else "GD" if archive.random() < 0.85 else "HN"


def _card(archive: Archive, person: Person, group: str, *, current: bool) -> None:
    random = archive.random
    level = "1" if group == "TE" else "2" if group in ("CT", "HN") else "3" if group == "HT" else "4"
    province = person.home.province.code
    number = f"{group}{level}{province}{person.insurance_number}"
    start = TODAY - int(random() * 270) - (0 if current else 800)
    start = max(start, person.born)
    end = start + (364 if current else 300)
    if current and random() < 0.06:
        end = TODAY - 1 - int(random() * 60)
        start = min(start, end - 300)
    clinic = 1 + person.index % 60
    archive.collections["the_bhyt"].append(
        {
            "_id": archive.next_id("the_bhyt"),
            "personalId": person.personal_id,
            "maSoBHXH": person.insurance_number,
            "maThe": number,
            "mucHuong": level,
            "maKV": pick(random, _AREAS) or None,
            "maDKBD": f"{province}{clinic:03d}",
            "tenDKBD": clinic_name(province, clinic) if random() > 0.02 else None,
            "gtTheTu": iso(start),
            "gtTheDen": iso(end),
            "ngayDu5Nam": iso(start + 1500) if random() < 0.7 else None,
            "maCqBHXH": province,
            "doiTuong": group,
        }
    )
    person.card_number = number


def _periods(archive: Archive, person: Person, years: int) -> None:
    random = archive.random
    began = year(person.born) + 19 + int(random() * 6)
    began = max(1998, min(began, 2026 - max(0, min(8, years - 19))))
    spells = 1 + int(random() * 2.2)
    length = max(6, (2026 - began) * 12 // spells)
    month = began * 12 + int(random() * 6)
    for spell in range(spells):
        ended = month + length - 2 - int(random() * 4)
        last = spell == spells - 1 and random() < 0.85
        if month > 2026 * 12 + 7:
            return
        employer = int(random() * 4000)
        archive.collections["qua_trinh_bhxh"].append(
            {
                "_id": archive.next_id("qua_trinh_bhxh"),
                "personalId": person.personal_id,
                "maSoBHXH": person.insurance_number,
                "maDonVi": f"T{person.home.province.code}{employer:04d}",
                "tenDonVi": f"Công ty TNHH {_TRADES[employer % len(_TRADES)]} Mẫu {employer}",
                "tuThang": _month(month),
                "denThang": None if last else _month(max(month, min(ended, 2026 * 12 + 8))),
                "mucLuongDong": 4_960_000 + int(random() * random() * 240) * 100_000,
                "trangThai": "DANG_DONG" if last else "DA_NGHI",
            }
        )
        month += length


def _month(number: int) -> str:
    return f"{number // 12}{number % 12 + 1:02d}"


def clinic_name(province: str, clinic: int) -> str:
    """The invented name of a place of treatment."""
    if clinic <= 3:
        return f"Bệnh viện Đa khoa tỉnh số {clinic} ({province})"
    return f"Trung tâm Y tế số {clinic} ({province})" if clinic <= 20 else f"Trạm Y tế số {clinic} ({province})"
