"""Who the test personas are. All are invented, and their numbers begin with 000, which is no province's code.

A number has the shape of Decree 137/2015 Article 13; nobody can have been given one, and the generator of the sample
register gives none, so a number tells at once whether data are of the sandbox.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from samples.provinces import PROVINCES

__all__ = [
    "EVERYONE",
    "HOUSEHOLDS",
    "PERSONAS",
    "PREFIX",
    "RELATIONS",
    "RESIDENTS",
    "Persona",
    "person",
]

PREFIX = "000"
"""What every personal number of the sandbox begins with."""

HOME = "79"
"""The province where the personas live, but for those who are there for living elsewhere."""


@dataclass(frozen=True, slots=True)
class Persona:
    """An invented person; `vi` and `en` say what the person is there for.

    `born` and `died` are `yyyy-mm-dd` or `yyyy`. The name is `Thử Nghiệm` and `given`. `province` is the code of where
    they live, in today's form or, with `old`, in that of before July 2025; None: nowhere on record. `away`: they are
    registered at home, temporarily elsewhere, and declared absent. `papers`: whether they have any card or licence.
    `readable`: whether the dates in the specialised databases are dates.
    """

    code: str
    number: str
    given: str
    born: str
    vi: str = ""
    en: str = ""
    province: str | None = HOME
    old: bool = False
    away: bool = False
    protected: bool = False
    papers: bool = True
    readable: bool = True
    died: str | None = None
    marital_status: int = 1

    @property
    def sex(self) -> int:
        """1 male, 2 female, as the number's fourth digit says."""
        return 1 + int(self.number[3]) % 2

    @property
    def serial(self) -> int:
        """The last six digits of the number, which no other persona has."""
        return int(self.number[6:])

    @property
    def full_name(self) -> str:
        """Family, middle and given name."""
        return f"Thử Nghiệm {self.given}"

    @property
    def plate(self) -> str:
        """The plate of their vehicle; no province's plates begin with 00."""
        return f"00T-{self.serial // 100:03d}.{self.serial % 100:02d}"

    @property
    def licence(self) -> str:
        """The number of their driving licence."""
        return f"00{self.number[3:6]}{self.serial:07d}"

    @property
    def insurance_card(self) -> str:
        """The number of their health insurance card."""
        return f"DN400{self.insurance_number}"

    @property
    def insurance_number(self) -> str:
        """Their social insurance number."""
        return f"00{self.serial:08d}"

    @property
    def degree(self) -> str:
        """The number of their degree."""
        return f"TN{self.serial:07d}"

    @property
    def file_number(self) -> str:
        """The residence file number of the household that they head."""
        return f"00{self.serial:09d}"

    @property
    def samples(self) -> dict[str, str]:
        """Values by the field that they are values of, for examples."""
        return {
            "Citizen.personalId": self.number,
            "Citizen.birthName": self.full_name,
            "Citizen.dateOfBirth": self.born,
            "Citizen.permanentResidence": self.province or HOME,
            "Household.residenceFileNumber": self.file_number,
            "Vehicle.plate": self.plate,
            "DrivingLicence.number": self.licence,
            "HealthInsuranceCard.number": self.insurance_card,
            "Degree.number": self.degree,
        }


PERSONAS: tuple[Persona, ...] = (
    Persona(
        "FULL",
        "000188000001",
        "Đầy Đủ",
        "1988-03-15",
        "Người lớn bình thường, có đủ giấy tờ ở mọi cơ sở dữ liệu",
        "an ordinary adult with records in every database",
        marital_status=2,
    ),
    Persona(
        "YEAR_ONLY",
        "000041000002",
        "Năm Sinh",
        "1941",
        "Chỉ biết năm sinh",
        "date of birth known by its year only",
    ),
    Persona(
        "PROTECTED",
        "000190000003",
        "Bảo Vệ",
        "1990-07-01",
        "Người được bảo vệ: nơi ở, liên hệ, hộ gia đình chỉ dành cho quyền đặc biệt",
        "a protected person: addresses, contacts and household need the special grant",
        protected=True,
    ),
    Persona(
        "WITHOUT_PAPERS",
        "000095000004",
        "Không Giấy Tờ",
        "1995-11-20",
        "Không có thẻ căn cước, giấy phép lái xe, thẻ bảo hiểm, văn bằng",
        "no identity card, licence, insurance card or degree",
        papers=False,
    ),
    Persona(
        "DECEASED",
        "000050000005",
        "Đã Mất",
        "1950-02-10",
        "Đã mất: cơ sở dữ liệu dân cư và hộ tịch ghi cùng một ngày",
        "deceased; the register and civil status agree on the day",
        died="2024-05-06",
        marital_status=2,
    ),
    Persona(
        "LARGE_HOUSEHOLD",
        "000060000006",
        "Đông Người",
        "1960-09-09",
        "Chủ hộ của một hộ mười người",
        "head of a household of ten",
        marital_status=2,
    ),
    Persona(
        "CHILD",
        "000318000007",
        "Trẻ Em",
        "2018-06-01",
        "Trẻ em có cha, mẹ và người giám hộ; không có giấy tờ của người lớn",
        "a child with father, mother and guardian, and no papers of a grown person",
        papers=False,
    ),
    Persona(
        "REMARRIED",
        "000182000008",
        "Tái Hôn",
        "1982-12-24",
        "Đã ly hôn và kết hôn lần nữa: hai đăng ký kết hôn",
        "divorced and married again: two marriage records",
        marital_status=2,
    ),
    Persona(
        "OLD_ADDRESS",
        "000075000009",
        "Địa Chỉ Cũ",
        "1975-04-30",
        "Địa chỉ ghi trước 01/7/2025: có huyện, tỉnh nay đã nhập vào tỉnh khác",
        "an address of before July 2025: with a district, in a province that was dissolved",
        province="74",
        old=True,
    ),
    Persona(
        "TWO_CARDS",
        "000199000010",
        "Hai Thẻ",
        "1999-08-08",
        "Một thẻ căn cước đã hết hạn và một thẻ đang dùng",
        "an identity card that expired and one in use",
    ),
    Persona(
        "UNREADABLE",
        "000085000011",
        "Sai Dạng",
        "1985-02-30",
        "Ngày ghi sai trong mọi cơ sở dữ liệu: trường ấy là null, lỗi SOURCE_DATA_INVALID",
        "dates that are none in every database: the field is null, with SOURCE_DATA_INVALID",
        readable=False,
    ),
    Persona(
        "ELSEWHERE",
        "000092000012",
        "Tỉnh Khác",
        "1992-01-15",
        "Thường trú ở Hà Nội, tạm trú nơi khác, khai báo tạm vắng: ngoài phạm vi của hợp đồng giới hạn ở tỉnh khác",
        "registered in Hanoi, temporarily elsewhere, declared absent: out of scope for a contract of another province",
        province="01",
        away=True,
    ),
    Persona(
        "NO_RESIDENCE",
        "000070000013",
        "Không Nơi Ở",
        "1970-10-10",
        "Không có nơi thường trú và nơi tạm trú",
        "neither permanent nor temporary residence on record",
        province=None,
    ),
    Persona(
        "SPECIALISED_DOWN",
        "000193000014",
        "Mất Chuyên Ngành",
        "1993-05-19",
        "Hỏi người này thì mọi cơ sở dữ liệu chuyên ngành không kết nối được (SOURCE_UNAVAILABLE)",
        "asked about this person, every specialised database is down (SOURCE_UNAVAILABLE)",
    ),
    Persona(
        "SPECIALISED_SLOW",
        "000093000015",
        "Chậm Chuyên Ngành",
        "1993-09-02",
        "Hỏi người này thì mọi cơ sở dữ liệu chuyên ngành trả lời quá chậm (SOURCE_TIMEOUT)",
        "asked about this person, every specialised database is too slow (SOURCE_TIMEOUT)",
    ),
    Persona(
        "REGISTER_DOWN",
        "000094000016",
        "Mất Dân Cư",
        "1994-02-03",
        "Hỏi người này thì cơ sở dữ liệu dân cư không kết nối được (SOURCE_UNAVAILABLE)",
        "asked about this person, the population database is down (SOURCE_UNAVAILABLE)",
    ),
)
"""The personas that documents and pages list."""

_kin = partial(Persona, vi="Người thân của một nhân vật thử nghiệm", en="a relative of a persona")
_KIN: tuple[Persona, ...] = (
    _kin("HUSBAND", "000086000101", "Chồng", "1986-01-02", marital_status=2),
    _kin("GUARDIAN", "000158000102", "Giám Hộ", "1958-03-03", marital_status=3),
    _kin("WIDOW", "000152000103", "Góa", "1952-04-04", marital_status=3),
    _kin("FORMER_HUSBAND", "000080000104", "Chồng Cũ", "1980-05-05", marital_status=3),
    _kin("SECOND_HUSBAND", "000079000105", "Chồng Sau", "1979-06-06", marital_status=2),
    _kin("WIFE", "000162000106", "Vợ", "1962-07-07", marital_status=2),
    _kin("SON", "000086000107", "Con Trai", "1986-08-08", marital_status=2),
    _kin("DAUGHTER_IN_LAW", "000187000108", "Con Dâu", "1987-09-09", marital_status=2),
    _kin("DAUGHTER", "000190000109", "Con Gái", "1990-10-10"),
    *(
        _kin(f"GRANDCHILD_{n}", f"000{2 + n % 2}{10 + n}0001{10 + n}", f"Cháu {n}", f"20{10 + n}-11-11", papers=False)
        for n in range(1, 6)
    ),
)

RESIDENTS: tuple[Persona, ...] = tuple(
    Persona(
        f"RESIDENT_{province.code}",
        f"0000802000{province.code}",
        f"Tỉnh {province.code}",
        "1980-01-01",
        f"Người có nơi thường trú, tạm trú và khai báo tạm vắng theo mã tỉnh {province.code}",
        f"permanent and temporary residence and a declared absence under the province code {province.code}",
        province=province.code,
        old=True,
        away=True,
    )
    for province in PROVINCES
)
"""One for each province code, so that every row scope has somebody in it."""

EVERYONE = (*PERSONAS, *_KIN, *RESIDENTS)
"""All who are in the sandbox."""

_BY_CODE = {one.code: one for one in EVERYONE}


def person(code: str) -> Persona:
    """Somebody of the sandbox by code. Raises KeyError."""
    return _BY_CODE[code]


_GRANDCHILDREN = tuple(f"GRANDCHILD_{n}" for n in range(1, 6))
RELATIONS: tuple[tuple[str, str, str], ...] = (
    ("FULL", "HUSBAND", "HUSBAND"),
    ("HUSBAND", "WIFE", "FULL"),
    ("FULL", "CHILD", "CHILD"),
    ("HUSBAND", "CHILD", "CHILD"),
    ("CHILD", "FATHER", "HUSBAND"),
    ("CHILD", "MOTHER", "FULL"),
    ("CHILD", "REPRESENTATIVE", "GUARDIAN"),
    ("GUARDIAN", "REPRESENTED", "CHILD"),
    ("DECEASED", "WIFE", "WIDOW"),
    ("REMARRIED", "HUSBAND", "SECOND_HUSBAND"),
    ("SECOND_HUSBAND", "WIFE", "REMARRIED"),
    ("LARGE_HOUSEHOLD", "WIFE", "WIFE"),
    ("WIFE", "HUSBAND", "LARGE_HOUSEHOLD"),
    ("LARGE_HOUSEHOLD", "CHILD", "SON"),
    ("LARGE_HOUSEHOLD", "CHILD", "DAUGHTER"),
    ("SON", "FATHER", "LARGE_HOUSEHOLD"),
    ("SON", "MOTHER", "WIFE"),
    ("DAUGHTER", "FATHER", "LARGE_HOUSEHOLD"),
    ("DAUGHTER", "MOTHER", "WIFE"),
    ("SON", "WIFE", "DAUGHTER_IN_LAW"),
    ("DAUGHTER_IN_LAW", "HUSBAND", "SON"),
    *((child, "FATHER", "SON") for child in _GRANDCHILDREN),
    *((child, "MOTHER", "DAUGHTER_IN_LAW") for child in _GRANDCHILDREN),
    *(("SON", "CHILD", child) for child in _GRANDCHILDREN),
)
"""(whose record, what the other is to them, the other)."""

HOUSEHOLDS: tuple[tuple[tuple[str, str], ...], ...] = (
    (("HUSBAND", "Chủ hộ"), ("FULL", "Vợ"), ("CHILD", "Con")),
    (
        ("LARGE_HOUSEHOLD", "Chủ hộ"),
        ("WIFE", "Vợ"),
        ("SON", "Con"),
        ("DAUGHTER_IN_LAW", "Con dâu"),
        ("DAUGHTER", "Con"),
        *((child, "Cháu") for child in _GRANDCHILDREN),
    ),
    (("REMARRIED", "Chủ hộ"), ("SECOND_HUSBAND", "Chồng")),
    *(
        ((code, "Chủ hộ"),)
        for code in (
            "YEAR_ONLY",
            "PROTECTED",
            "WITHOUT_PAPERS",
            "OLD_ADDRESS",
            "TWO_CARDS",
            "UNREADABLE",
            "ELSEWHERE",
            "SPECIALISED_DOWN",
            "SPECIALISED_SLOW",
            "REGISTER_DOWN",
            "GUARDIAN",
            "WIDOW",
        )
    ),
    *(((resident.code, "Chủ hộ"),) for resident in RESIDENTS),
)
"""Members with what they are to the head, who comes first."""
