"""The 63 provinces before July 2025 as sample data needs them.

Names, codes and successors are facts (Resolution 202/2025/QH15); plate numbers are the traffic police's.
Populations are rounded to 100,000; shares of minorities and the ethnicities named are a rough picture of
the 2019 census, good for sample data only.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Province:
    """One old province.

    `code` and `successor` of two digits, `weight` in 100,000 people, `plate` its vehicle number,
    `minority_share` in percent and the ethnicity codes that share it, the first being the largest.
    """

    code: str
    successor: str
    weight: int
    plate: str
    minority_share: int
    minorities: tuple[str, ...]
    name: str

    @property
    def southern(self) -> bool:
        """Whether southern forms of family names (Huỳnh, Võ) are usual: from Đà Nẵng on southwards."""
        return self.code >= "48"


_TABLE = """
01 01 84 29  1 02,04,06     Hà Nội
02 08  9 23 85 08,02,09     Hà Giang
04 04  5 11 94 02,07,08,09  Cao Bằng
06 19  3 97 88 02,09,07     Bắc Kạn
08 08  8 22 56 02,09,15     Tuyên Quang
10 15  8 24 66 08,02,09,25  Lào Cai
11 11  6 27 82 03,08,29     Điện Biên
12 12  5 25 84 03,08,35,09  Lai Châu
14 14 13 26 83 03,08,06,09  Sơn La
15 15  8 21 57 02,09,08,03  Yên Bái
17 25  9 28 74 06,03,02     Hòa Bình
19 19 13 20 29 02,07,15,18  Thái Nguyên
20 20  8 12 83 07,02,09     Lạng Sơn
22 22 14 14 12 09,02,18     Quảng Ninh
24 24 19 98 14 07,02,15     Bắc Giang
25 25 15 19 17 06,09        Phú Thọ
26 25 12 88  1 02,04,06     Vĩnh Phúc
27 24 15 99  1 02,04,06     Bắc Ninh
30 31 19 34  1 02,04,06     Hải Dương
31 31 21 15  1 02,04,06     Hải Phòng
33 33 13 89  1 02,04,06     Hưng Yên
34 33 19 17  1 02,04,06     Thái Bình
35 37  9 90  1 02,04,06     Hà Nam
36 37 18 18  1 02,04,06     Nam Định
37 37 10 35  1 02,04,06     Ninh Bình
38 38 37 36 18 06,03,24     Thanh Hóa
40 40 34 37 15 03,24,29     Nghệ An
42 42 13 38  1 02,04,06     Hà Tĩnh
44 44  9 73  3 23,34        Quảng Bình
45 44  6 74 13 23,31        Quảng Trị
46 46 12 75  5 31,26        Thừa Thiên Huế
48 48 12 43  1 02,04,06     Đà Nẵng
49 48 15 92  9 26,14,30     Quảng Nam
51 51 12 76 15 19,30,14     Quảng Ngãi
52 52 15 77  1 02,04,06     Bình Định
54 66  9 78  1 02,04,06     Phú Yên
56 56 13 79  1 02,04,06     Khánh Hòa
58 56  6 85 24 17,21        Ninh Thuận
60 68 12 86  8 17,21        Bình Thuận
62 51  6 82 55 14,13,10,27  Kon Tum
64 52 16 81 46 10,13        Gia Lai
66 66 19 47 36 12,07,02,20  Đắk Lắk
67 68  7 48 32 20,08,07     Đắk Nông
68 68 13 49 26 16,28,36     Lâm Đồng
70 75 10 93 20 22,02,07     Bình Phước
72 80 12 70  2 05,17        Tây Ninh
74 79 28 61  1 02,04,06     Bình Dương
75 75 33 60  6 04,32        Đồng Nai
77 79 12 72  1 02,04,06     Bà Rịa - Vũng Tàu
79 79 94 51  6 04,05,17     Hồ Chí Minh
80 80 17 62  1 02,04,06     Long An
82 82 18 63  1 02,04,06     Tiền Giang
83 86 13 71  1 02,04,06     Bến Tre
84 86 10 84 32 05,04        Trà Vinh
86 86 10 64  1 02,04,06     Vĩnh Long
87 82 16 66  1 02,04,06     Đồng Tháp
89 91 19 67  5 05,17,04     An Giang
91 91 17 68 13 05,04        Kiên Giang
92 92 12 65  3 05,04        Cần Thơ
93 92  7 95  1 02,04,06     Hậu Giang
94 92 12 83 35 05,04        Sóc Trăng
95 96  9 94 10 05,04        Bạc Liêu
96 96 12 69  3 05,04        Cà Mau
"""


def _province(line: str) -> Province:
    code, successor, weight, plate, share, ethnicities, name = line.split(maxsplit=6)
    return Province(code, successor, int(weight), plate, int(share), tuple(ethnicities.split(",")), name)


PROVINCES: tuple[Province, ...] = tuple(_province(line) for line in _TABLE.strip().splitlines())
