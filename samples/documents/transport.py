"""Database `transport`: driving licences (classes since 2025) and vehicles (invented)."""

from __future__ import annotations

from samples.calendar import TODAY, age, iso, year
from samples.documents.archive import Archive
from samples.names import pick, weighted
from samples.people import Person

_CLASSES = weighted("A1 50, A1+B 22, A+B 4, B 8, A1+C1 4, A1+C 4, A1+D 1, A1+B+BE 1, CE 1, D2 1")
_STATES = weighted("HIEU_LUC 94, HET_HAN 4, TUOC 2")
_LETTERS = "ABCDEFGHKLMNPSTUVXYZ"
"""Letters of vehicle plates: I, J, O, Q, R and W are left out."""
_CARS = ("TOYOTA", "HYUNDAI", "KIA", "VINFAST", "MAZDA", "FORD")
_MOTORCYCLES = ("HONDA", "YAMAHA", "SYM", "PIAGGIO", "VINFAST")


def write(archive: Archive, person: Person) -> None:
    """Licence and vehicles of one person aged 18 or more; some of the dead still own theirs."""
    if age(person.born) < 18 or (person.died is not None and archive.random() < 0.6):
        return
    random = archive.random
    old = age(person.born) > 70
    if random() < (0.2 if old else 0.6):
        _licence(archive, person)
    draw = random()
    if draw < (0.2 if old else 0.5):
        _vehicle(archive, person, 0)
        if draw < 0.05:
            _vehicle(archive, person, 1)


def _licence(archive: Archive, person: Person) -> None:
    random = archive.random
    classes = pick(random, _CLASSES).split("+")
    last = TODAY - 5 if person.died is None else person.died
    passed = person.born + 365 * 18 + 30
    passed = min(last, max(passed, TODAY - 365 * 30) + int(random() * random() * 6000))
    for_ever = classes in (["A1"], ["A"])
    issued = passed + 20 if for_ever else max(passed + 20, TODAY - 365 * 10 + int(random() * 3300))
    issued = min(issued, last)
    expired = not for_ever and issued + 3652 < TODAY
    state = "HET_HAN" if expired else pick(random, _STATES)
    if state == "HET_HAN" and not expired:
        state = "HIEU_LUC"
    home = person.home.province
    points = 12 if random() < 0.85 else int(random() * 12)
    archive.collections["giay_phep_lai_xe"].append(
        {
            "_id": archive.next_id("giay_phep_lai_xe"),
            "personalId": person.personal_id,
            "soGPLX": f"{home.code}{person.sex}{year(passed) % 100:02d}{person.index:07d}",
            "hang": classes,
            "ngayCap": iso(issued),
            "ngayHetHan": None if for_ever else iso(issued + 3652),
            "ngayTrungTuyen": iso(passed) if random() > 0.03 else None,
            "coQuanCap": f"Phòng CSGT Công an {home.name}" if issued > TODAY - 580 else f"Sở GTVT {home.name}",
            "diem": 0 if state == "TUOC" else points,
            "trangThai": state,
        }
    )


def _vehicle(archive: Archive, person: Person, order: int) -> None:
    random = archive.random
    serial = person.index * 2 + order
    block, number = divmod(serial * 31, 100_000)
    letter = _LETTERS[(block // 31 + int(person.home.province.plate) * 7) % len(_LETTERS)]
    motorcycle = random() < 0.8
    kind = "MO_TO" if motorcycle else "O_TO_CON" if random() < 0.85 else "O_TO_TAI" if random() < 0.8 else "O_TO_KHACH"
    last = TODAY - 3 if person.died is None else person.died
    registered = max(person.born + 365 * 18, last - int(random() * 5000))
    series = f"{letter}{1 + block % 31 % 9}" if motorcycle else letter
    business = not motorcycle and random() < 0.15
    archive.collections["phuong_tien"].append(
        {
            "_id": archive.next_id("phuong_tien"),
            "ownerPersonalId": person.personal_id,
            "bienSo": f"{person.home.province.plate}{series}-{number // 100:03d}.{number % 100:02d}",
            "loaiBien": "DINH_DANH" if registered > TODAY - 1140 or random() < 0.4 else "CU",
            "mauBien": "VANG" if business else "TRANG",
            "loaiXe": kind,
            "nhanHieu": pick(random, _MOTORCYCLES if motorcycle else _CARS),
            "soKhung": f"RLX{serial:09d}VN",
            "soMay": f"M{serial:08d}" if random() > 0.02 else None,
            "ngayDangKyDau": iso(min(registered, TODAY - 1)),
            "trangThai": "THU_HOI" if random() < 0.03 else "DANG_LUU_HANH",
        }
    )
