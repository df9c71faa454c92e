"""Names of the provinces whose codes a row scope may list: before July 2025, and of those that go on, since then."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["PROVINCES"]

# Code and name before July 2025; after the bar the name since then where it is another, or `-` for a code that ended
# (Resolution 202/2025/QH15).
_TABLE = """
01 Hà Nội
02 Hà Giang | -
04 Cao Bằng
06 Bắc Kạn | -
08 Tuyên Quang
10 Lào Cai | -
11 Điện Biên
12 Lai Châu
14 Sơn La
15 Yên Bái | Lào Cai
17 Hòa Bình | -
19 Thái Nguyên
20 Lạng Sơn
22 Quảng Ninh
24 Bắc Giang | Bắc Ninh
25 Phú Thọ
26 Vĩnh Phúc | -
27 Bắc Ninh | -
30 Hải Dương | -
31 Hải Phòng
33 Hưng Yên
34 Thái Bình | -
35 Hà Nam | -
36 Nam Định | -
37 Ninh Bình
38 Thanh Hóa
40 Nghệ An
42 Hà Tĩnh
44 Quảng Bình | Quảng Trị
45 Quảng Trị | -
46 Thừa Thiên Huế | Huế
48 Đà Nẵng
49 Quảng Nam | -
51 Quảng Ngãi
52 Bình Định | Gia Lai
54 Phú Yên | -
56 Khánh Hòa
58 Ninh Thuận | -
60 Bình Thuận | -
62 Kon Tum | -
64 Gia Lai | -
66 Đắk Lắk
67 Đắk Nông | -
68 Lâm Đồng
70 Bình Phước | -
72 Tây Ninh | -
74 Bình Dương | -
75 Đồng Nai
77 Bà Rịa - Vũng Tàu | -
79 Hồ Chí Minh
80 Long An | Tây Ninh
82 Tiền Giang | Đồng Tháp
83 Bến Tre | -
84 Trà Vinh | -
86 Vĩnh Long
87 Đồng Tháp | -
89 An Giang | -
91 Kiên Giang | An Giang
92 Cần Thơ
93 Hậu Giang | -
94 Sóc Trăng | -
95 Bạc Liêu | -
96 Cà Mau
"""


def _label(names: str) -> str:
    old, _, new = names.partition(" | ")
    return {"": old, "-": f"{old} (đến 6/2025)"}.get(new, f"{old} (từ 7/2025: {new})")


PROVINCES: Mapping[str, str] = {
    code: _label(names) for code, names in (line.split(" ", 1) for line in _TABLE.strip().splitlines())
}
"""Code -> name as a form shows it."""
