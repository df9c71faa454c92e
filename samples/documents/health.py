"""Database `health`: encounters in the columns of the insurance's XML1 table, and vaccinations (invented)."""

from __future__ import annotations

from samples.calendar import TODAY, age, compact
from samples.documents.archive import Archive
from samples.names import weighted
from samples.people import Person

_DIAGNOSES = (
    ("J06.9", "Nhiễm trùng đường hô hấp trên cấp"),
    ("I10", "Tăng huyết áp nguyên phát"),
    ("E11.9", "Đái tháo đường típ 2"),
    ("K29.7", "Viêm dạ dày"),
    ("M54.5", "Đau lưng vùng thấp"),
    ("J18.9", "Viêm phổi"),
    ("H10.9", "Viêm kết mạc"),
    ("K02.9", "Sâu răng"),
    ("A09", "Tiêu chảy nhiễm trùng"),
    ("S61.9", "Vết thương cổ tay và bàn tay"),
)
_SECONDARY = (None, None, None, "I10", "E11;I10", "K29.7", "E78.5;I10")
_CHILD_VACCINES = (
    ("LAO", "Vắc xin lao (BCG)", 1, 3),
    ("VGB", "Vắc xin viêm gan B", 1, 1),
    ("DPT5", "Vắc xin 5 trong 1", 1, 62),
    ("DPT5", "Vắc xin 5 trong 1", 2, 95),
    ("DPT5", "Vắc xin 5 trong 1", 3, 128),
    ("SOI", "Vắc xin sởi", 1, 275),
    ("MR", "Vắc xin sởi - rubella", 2, 550),
)
_VISITS = weighted("0 40, 1 30, 2 15, 3 8, 5 3")


def write(archive: Archive, person: Person) -> None:
    """Encounters of the last three years and vaccinations of one person."""
    random = archive.random
    years = age(person.born)
    visits = int(_VISITS[int(random() * len(_VISITS))]) + (1 if years > 60 and random() < 0.5 else 0)
    last = TODAY - 2 if person.died is None else person.died
    for _ in range(visits):
        day = max(last - int(random() * 1000), person.born + 1)
        if day < last:
            _encounter(archive, person, day, min(last, day + int(random() * random() * 9)))
    if years < 12:
        for code, name, dose, after in _CHILD_VACCINES:
            if random() < 0.55 and person.born + after < last:
                _vaccination(archive, person, (code, name, dose), person.born + after + int(random() * 12))
    elif random() < 0.4 and last > TODAY - 1500:
        _vaccination(
            archive,
            person,
            ("COVID19", "Vắc xin phòng COVID-19", 1 + int(random() * 3)),
            last - 1100 - int(random() * 400),
        )


def _encounter(archive: Archive, person: Person, admitted: int, left: int) -> None:
    random = archive.random
    number = archive.next_id("kham_chua_benh")
    province = person.home.province.code
    clinic = f"{province}{1 + int(random() * 60):03d}"
    code, text = _DIAGNOSES[int(random() * len(_DIAGNOSES))]
    insured = person.card_number is not None
    total = 60_000 + int(random() * random() * 9000) * 1_000 * (4 if left > admitted else 1)
    paid = total * 8 // 10 if insured else 0
    born = compact(person.born)
    archive.collections["kham_chua_benh"].append(
        {
            "_id": number,
            "MA_LK": f"{clinic}{number:011d}",
            "MA_BN": f"{province}{person.index:08d}",
            "HO_TEN": person.full_name,
            "SO_CCCD": person.personal_id,
            "NGAY_SINH": f"{born[:4]}00000000" if person.year_only else f"{born}0000",
            "GIOI_TINH": str(person.sex),
            "MA_THE_BHYT": person.card_number,
            "MA_DKBD": f"{province}{1 + person.index % 60:03d}" if insured else None,
            "GT_THE_TU": f"{compact(admitted)[:4]}0101" if insured else None,
            "GT_THE_DEN": f"{compact(admitted)[:4]}1231" if insured else None,
            "CHAN_DOAN_RV": text,
            "MA_BENH_CHINH": code,
            "MA_BENH_KT": _SECONDARY[int(random() * len(_SECONDARY))],
            "MA_DOITUONG_KCB": "1.1" if insured else "9",
            "NGAY_VAO": f"{compact(admitted)}{7 + int(random() * 4):02d}{int(random() * 60):02d}",
            "NGAY_RA": f"{compact(left)}{12 + int(random() * 5):02d}{int(random() * 60):02d}"
            if random() > 0.01
            else None,
            "KET_QUA_DTRI": "1" if random() < 0.7 else "2",
            "MA_LOAI_KCB": "01" if left == admitted else "03",
            "MA_CSKCB": clinic,
            "T_TONGCHI_BV": total,
            "T_BHTT": paid,
            "T_BNCCT": total - paid,
        }
    )


def _vaccination(archive: Archive, person: Person, vaccine: tuple[str, str, int], day: int) -> None:
    random = archive.random
    code, name, dose = vaccine
    archive.collections["tiem_chung"].append(
        {
            "_id": archive.next_id("tiem_chung"),
            "SO_CCCD": person.personal_id,
            "MA_VACXIN": code,
            "TEN_VACXIN": name,
            "MUI_SO": dose,
            "NGAY_TIEM": compact(day),
            "CO_SO_TIEM": f"Trạm Y tế số {20 + person.index % 40} ({person.home.province.code})",
            "SO_LO": f"L{int(random() * 100_000):05d}" if random() > 0.08 else None,
        }
    )
