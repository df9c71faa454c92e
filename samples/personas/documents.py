"""What the five specialised databases of the sandbox hold about the personas, in the shapes of the real systems."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from samples.documents import INDEXES
from samples.personas.cast import EVERYONE, Persona, person
from samples.personas.rows import place_of

__all__ = ["collections"]

Document = dict[str, Any]
_UNREADABLE = "không rõ"
_MARRIAGES = (
    ("HUSBAND", "FULL", "2012-10-10", "HIEU_LUC"),
    ("DECEASED", "WIDOW", "1975-05-05", "HIEU_LUC"),
    ("FORMER_HUSBAND", "REMARRIED", "2005-01-15", "LY_HON"),
    ("SECOND_HUSBAND", "REMARRIED", "2016-06-20", "HIEU_LUC"),
    ("LARGE_HOUSEHOLD", "WIFE", "1984-04-04", "HIEU_LUC"),
    ("SON", "DAUGHTER_IN_LAW", "2009-09-09", "HIEU_LUC"),
)
_PARENTS = {"CHILD": ("HUSBAND", "FULL"), "SON": ("LARGE_HOUSEHOLD", "WIFE"), "DAUGHTER": ("LARGE_HOUSEHOLD", "WIFE")}
_PARENTS |= {f"GRANDCHILD_{n}": ("SON", "DAUGHTER_IN_LAW") for n in range(1, 6)}


def collections() -> dict[str, dict[str, list[Document]]]:
    """The documents by source and collection."""
    found: dict[str, list[Document]] = {name: [] for names in INDEXES.values() for name in names}
    for one in EVERYONE:
        for name, document in _documents(one):
            found[name].append(document)
    found["ket_hon"] += [_marriage(*marriage) for marriage in _MARRIAGES]
    for documents in found.values():
        for number, document in enumerate(documents, 1):
            document["_id"] = number
    return {source: {name: found[name] for name in names} for source, names in INDEXES.items()}


def _documents(one: Persona) -> Iterator[tuple[str, Document]]:
    yield "khai_sinh", _birth(one)
    if one.died is not None:
        yield "khai_tu", _death(one)
    if one.born >= "2008":
        yield "tiem_chung", _vaccination(one)
        yield "ghi_danh", _enrolment(one)
    if one.papers and one.died is None:
        yield "the_bhyt", _insurance_card(one)
        yield "qua_trinh_bhxh", _insurance_period(one)
        yield "kham_chua_benh", _encounter(one)
        yield "tiem_chung", _vaccination(one)
        yield "giay_phep_lai_xe", _licence(one)
        yield "phuong_tien", _vehicle(one)
        yield "van_bang", _degree(one)


def _day(one: Persona, day: str) -> str:
    return day if one.readable else _UNREADABLE


def _commune(one: Persona) -> Document | None:
    place = place_of(one)
    return None if place is None else {"maXa": place.since[3]}


def _birth(one: Persona) -> Document:
    father, mother = _PARENTS.get(one.code, (None, None))
    return {
        "loai": "KHAI_SINH",
        "so": f"{one.serial}/{one.born[:4]}",
        "quyenSo": f"01/{one.born[:4]}",
        "ngayDangKy": _day(one, f"{one.born[:4]}-12-31"),
        "noiDangKy": _commune(one),
        "personalId": one.number,
        "cha": {"personalId": person(father).number} if father else None,
        "me": {"personalId": person(mother).number} if mother else None,
    }


def _death(one: Persona) -> Document:
    return {
        "loai": "KHAI_TU",
        "so": f"{one.serial}/2024",
        "quyenSo": "01/2024",
        "ngayDangKy": "2024-05-10",
        "noiDangKy": _commune(one),
        "personalId": one.number,
        "ngayChet": one.died,
        "nguyenNhan": "Già yếu",
        "noiChet": "Tại nhà",
    }


def _marriage(husband: str, wife: str, day: str, state: str) -> Document:
    man, woman = person(husband), person(wife)
    return {
        "loai": "KET_HON",
        "so": f"{woman.serial}/{day[:4]}",
        "quyenSo": f"01/{day[:4]}",
        "ngayDangKy": day,
        "noiDangKy": _commune(man),
        "chong": {"personalId": man.number},
        "vo": {"personalId": woman.number},
        "haiBen": [man.number, woman.number],
        "trangThai": state,
    }


def _insurance_card(one: Persona) -> Document:
    return {
        "personalId": one.number,
        "maSoBHXH": one.insurance_number,
        "maThe": one.insurance_card,
        "mucHuong": "4",
        "maKV": None,
        "maDKBD": "00001",
        "tenDKBD": "Bệnh viện thử nghiệm",
        "gtTheTu": _day(one, "2026-01-01"),
        "gtTheDen": _day(one, "2030-12-31"),
        "ngayDu5Nam": _day(one, "2031-01-01"),
        "maCqBHXH": "00",
        "doiTuong": "DN",
    }


def _insurance_period(one: Persona) -> Document:
    return {
        "personalId": one.number,
        "maSoBHXH": one.insurance_number,
        "maDonVi": "T000001",
        "tenDonVi": "Đơn vị thử nghiệm",
        "tuThang": _day(one, "201501"),
        "denThang": None,
        "mucLuongDong": 10_000_000,
        "trangThai": "DANG_DONG",
    }


def _encounter(one: Persona) -> Document:
    return {
        "MA_LK": f"00001{one.serial:011d}",
        "MA_BN": f"00{one.serial:08d}",
        "HO_TEN": one.full_name,
        "SO_CCCD": one.number,
        "NGAY_SINH": f"{one.born.replace('-', ''):0<8}0000",
        "GIOI_TINH": str(one.sex),
        "MA_THE_BHYT": one.insurance_card,
        "MA_DKBD": "00001",
        "GT_THE_TU": "20260101",
        "GT_THE_DEN": "20301231",
        "CHAN_DOAN_RV": "Viêm dạ dày",
        "MA_BENH_CHINH": "K29.7",
        "MA_BENH_KT": "I10",
        "MA_DOITUONG_KCB": "1.1",
        "NGAY_VAO": _day(one, "202606010800"),
        "NGAY_RA": _day(one, "202606011630"),
        "KET_QUA_DTRI": "1",
        "MA_LOAI_KCB": "01",
        "MA_CSKCB": "00001",
        "T_TONGCHI_BV": 500_000,
        "T_BHTT": 400_000,
        "T_BNCCT": 100_000,
    }


def _vaccination(one: Persona) -> Document:
    return {
        "SO_CCCD": one.number,
        "MA_VACXIN": "MR",
        "TEN_VACXIN": "Vắc xin sởi - rubella",
        "MUI_SO": 1,
        "NGAY_TIEM": _day(one, "20220315"),
        "CO_SO_TIEM": "Trạm Y tế thử nghiệm",
        "SO_LO": "L00001",
    }


def _licence(one: Persona) -> Document:
    return {
        "personalId": one.number,
        "soGPLX": one.licence,
        "hang": ["A1", "B"],
        "ngayCap": _day(one, "2025-03-01"),
        "ngayHetHan": _day(one, "2035-03-01"),
        "ngayTrungTuyen": _day(one, "2025-02-15"),
        "coQuanCap": "Phòng CSGT thử nghiệm",
        "diem": 12,
        "trangThai": "HIEU_LUC",
    }


def _vehicle(one: Persona) -> Document:
    return {
        "ownerPersonalId": one.number,
        "bienSo": one.plate,
        "loaiBien": "DINH_DANH",
        "mauBien": "TRANG",
        "loaiXe": "MO_TO",
        "nhanHieu": "HONDA",
        "soKhung": f"RLX{one.serial:09d}TN",
        "soMay": f"M{one.serial:08d}",
        "ngayDangKyDau": _day(one, "2024-01-10"),
        "trangThai": "DANG_LUU_HANH",
    }


def _degree(one: Persona) -> Document:
    return {
        "soDinhDanh": one.number,
        "soHieu": one.degree,
        "soVaoSo": f"{one.serial}/2010",
        "tenVanBang": "Bằng cử nhân",
        "chuyenNganh": "Luật",
        "xepLoai": "Khá",
        "ngayCap": _day(one, "30/06/2010"),
        "coSoCap": {"ma": "00100", "ten": "Trường Đại học thử nghiệm"},
    }


def _enrolment(one: Persona) -> Document:
    return {
        "soDinhDanh": one.number,
        "maTruong": "00100",
        "tenTruong": "Trường Tiểu học thử nghiệm",
        "namHoc": "2026-2027",
        "khoiLop": "Lớp 3",
        "trangThai": "DANG_HOC",
    }
