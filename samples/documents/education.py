"""Database `education`: diplomas and enrolments (invented)."""

from __future__ import annotations

from samples.calendar import TODAY, age, slashed, year
from samples.documents.archive import Archive
from samples.names import pick, weighted
from samples.people import Person

_DIPLOMAS = weighted("""
    Bằng tốt nghiệp trung học phổ thông 9, Bằng tốt nghiệp cao đẳng 3, Bằng cử nhân 6, Bằng kỹ sư 3,
    Bằng thạc sĩ 1""")
_FIELDS = (
    "Kế toán",
    "Công nghệ thông tin",
    "Sư phạm Toán",
    "Luật",
    "Điều dưỡng",
    "Xây dựng dân dụng",
    "Cơ khí",
    "Nông học",
)
_GRADES = weighted("Xuất sắc 2, Giỏi 15, Khá 45, Trung bình khá 10, Trung bình 28")
_SCHOOLS = ("Mầm Xanh", "Bình Minh", "Hướng Dương", "Sao Khuê", "Ban Mai", "Phù Sa", "Cánh Diều", "Ánh Dương")


def write(archive: Archive, person: Person) -> None:
    """Diplomas of an adult, enrolments of a pupil or student of one person."""
    random = archive.random
    years = age(person.born)
    if years >= 19 and random() < (0.62 if years < 45 else 0.3):
        _diploma(archive, person, 0)
        if random() < 0.08:
            _diploma(archive, person, 1)
    if 6 <= years <= 22 and person.died is None and random() < (0.96 if years < 15 else 0.7):
        _enrolments(archive, person)


def _diploma(archive: Archive, person: Person, order: int) -> None:
    random = archive.random
    title = pick(random, _DIPLOMAS)
    secondary = title.endswith("phổ thông")
    graduated = person.born + 365 * (18 if secondary else 22 + order * 3) + 120
    last = TODAY - 5 if person.died is None else person.died
    if graduated > last:
        title, secondary, graduated = _DIPLOMAS[0], True, min(last, person.born + 365 * 18 + 120)
    serial = person.index * 2 + order
    school = 100 + int(random() * 300)
    place = person.home.province
    archive.collections["van_bang"].append(
        {
            "_id": archive.next_id("van_bang"),
            "soDinhDanh": person.personal_id,
            "soHieu": f"{'T' if secondary else 'B'}{serial:08d}",
            "soVaoSo": f"{1 + serial % 900}/{year(graduated)}" if random() > 0.05 else None,
            "tenVanBang": title,
            "chuyenNganh": None if secondary else _FIELDS[int(random() * len(_FIELDS))],
            "xepLoai": pick(random, _GRADES) if random() > 0.04 else None,
            "ngayCap": slashed(graduated),
            "coSoCap": {
                "ma": f"{place.code}{school}",
                "ten": f"Trường {_SCHOOLS[school % len(_SCHOOLS)]} ({place.name})",
            },
        }
    )


def _enrolments(archive: Archive, person: Person) -> None:
    """The school year that has begun, and in a third of cases the one before.

    A child starts in the year it turns six.
    """
    random = archive.random
    for began in (2025, 2026) if random() < 0.35 else (2026,):
        grade = began - year(person.born) - 5
        if grade < 1:
            continue
        level = "Tiểu học" if grade <= 5 else "THCS" if grade <= 9 else "THPT" if grade <= 12 else "Đại học"
        school = 100 + person.index // 400 % 300
        archive.collections["ghi_danh"].append(
            {
                "_id": archive.next_id("ghi_danh"),
                "soDinhDanh": person.personal_id,
                "maTruong": f"{person.home.province.code}{school}",
                "tenTruong": f"Trường {level} {_SCHOOLS[school % len(_SCHOOLS)]}",
                "namHoc": f"{began}-{began + 1}",
                "khoiLop": f"Lớp {grade}" if grade <= 12 else f"Năm {min(grade - 12, 6)}",
                "trangThai": _state(random(), finished=began == 2025),
            }
        )


def _state(draw: float, *, finished: bool) -> str:
    if draw < 0.02:
        return "THOI_HOC"
    return "DA_TOT_NGHIEP" if finished and draw > 0.94 else "DANG_HOC"
