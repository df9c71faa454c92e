"""Invented Vietnamese names.

Family names come by their real frequency, middle and given names by sex and generation.
"""

from collections.abc import Callable

Random = Callable[[], float]
"""A source of numbers in [0, 1): the bound `random` method of a seeded generator."""


def weighted(text: str) -> tuple[str, ...]:
    """A table to draw from evenly, made of `name count` items separated by commas; no count means 1."""
    table: list[str] = []
    for item in text.replace("\n", " ").split(","):
        name, _, count = item.strip().rpartition(" ")
        table.extend([name.strip()] * int(count) if count.isdigit() else [item.strip()])
    return tuple(table)


def pick(random: Random, table: tuple[str, ...]) -> str:
    """One entry of a table, each position equally likely."""
    return table[int(random() * len(table))]


FAMILY_NORTH = weighted("""
    Nguyễn 320, Trần 109, Lê 89, Phạm 70, Hoàng 45, Phan 36, Vũ 42, Đặng 22, Bùi 26, Đỗ 24, Ngô 17, Dương 14,
    Đinh 11, Trịnh 10, Đào 10, Đoàn 9, Mai 8, Cao 8, Lưu 7, Hà 8, Lương 7, Phùng 6, Tạ 5, Tô 4, Chu 4,
    Tống 3, Nghiêm 2, Kiều 2, Lại 2, Khuất 1, Thân 1, Hồ 8, Trương 15, Thái 4, Quách 2, Vương 3""")
FAMILY_SOUTH = weighted("""
    Nguyễn 315, Trần 110, Lê 92, Phạm 60, Huỳnh 56, Phan 40, Võ 50, Đặng 20, Bùi 18, Đỗ 12, Ngô 14, Hồ 22,
    Dương 15, Trương 24, Lâm 12, Mai 9, Đinh 8, Cao 8, Lý 7, Châu 6, Đoàn 8, Hà 5, Thái 5, Lưu 4, Tăng 2,
    Từ 2, Văn 2, Tô 4, La 2, Trà 1, Kiều 2, Đào 4, Lương 5""")
FAMILY_MINORITY: dict[str, tuple[str, ...]] = {
    "02": weighted("Hoàng 4, Nông 5, Lý 2, Ma 3, Triệu 2, Đàm 1, Bế 1, Hứa 1, Nguyễn 3"),
    "03": weighted("Lò 6, Cà 2, Quàng 3, Lường 2, Tòng 2, Hoàng 1, Vi 2, Lương 2"),
    "04": weighted("Trần 3, Lý 2, Lâm 3, Huỳnh 2, Quách 2, Vương 1, Châu 1, Tăng 1"),
    "05": weighted("Thạch 6, Sơn 3, Kim 3, Danh 4, Lâm 2, Kiên 1, Châu 1"),
    "06": weighted("Bùi 8, Đinh 3, Quách 3, Bạch 2, Hà 2, Nguyễn 2"),
    "07": weighted("Nông 5, Hoàng 3, Lương 2, Vi 2, Triệu 1, Lộc 1, Hứa 1"),
    "08": weighted("Giàng 4, Vàng 4, Sùng 3, Thào 3, Mùa 2, Hạng 2, Lầu 1, Vừ 2, Ly 2"),
    "09": weighted("Triệu 4, Đặng 4, Bàn 3, Phàn 3, Lý 3, Chảo 1"),
    "10": weighted("Ksor 4, Rơ Châm 3, Siu 3, Rah Lan 2, Kpă 2, Rơ Mah 2"),
    "17": weighted("Đàng 2, Bá 2, Thiên 1, Lưu 1, Đạo 1, Quảng 1"),
}
"""Family names usual among some ethnicities; here the others use those of the region."""
_MALE_MIDDLE = (
    weighted("""
        Văn 60, Đình 6, Hữu 6, Xuân 5, Đức 5, Ngọc 4, Quang 4, Công 3, Thế 2, Trọng 2, Bá 2, Viết 1,
        Duy 1"""),
    weighted("""
        Văn 36, Đức 9, Quang 7, Minh 7, Ngọc 6, Hữu 6, Anh 3, Xuân 4, Thanh 5, Duy 5, Hoàng 4, Mạnh 3,
        Tuấn 3, Quốc 3, Trung 2, Đình 4, Công 3"""),
    weighted("""
        Minh 14, Gia 11, Đức 9, Anh 7, Quang 7, Bảo 7, Hoàng 6, Duy 5, Tuấn 5, Nhật 4, Thiên 3, Khánh 3,
        Văn 7, Quốc 4, Thành 3, Hải 3, Hoàng Gia 1, Nguyễn Minh 1, Phúc 2"""),
)
_FEMALE_MIDDLE = (
    weighted("Thị 86, Ngọc 3, Kim 3, Thị Thanh 2, Thị Kim 2, Thị Ngọc 2, Thanh 1, Hồng 1"),
    weighted("""
        Thị 52, Thị Thu 5, Thị Thanh 5, Thị Ngọc 4, Thị Bích 2, Thị Kim 3, Ngọc 6, Thanh 5, Thu 5, Thùy 3,
        Kim 2, Hồng 3, Phương 3, Minh 2"""),
    weighted("""
        Thị 17, Ngọc 12, Bảo 8, Khánh 8, Phương 8, Minh 8, Thùy 5, Quỳnh 4, Gia 5, Thanh 5, Thảo 4, Hà 3,
        Anh 3, Tường 3, Thị Ngọc 2, Thị Minh 1, Thị Thùy 2, Kim 2, Ngọc Bảo 2"""),
)
_MALE_GIVEN = (
    weighted("""
        Hùng 8, Dũng 7, Thành 5, Minh 5, Sơn 6, Tuấn 4, Bình 5, Hòa 4, Long 3, Thắng 5, Cường 4, Tâm 3, Hải 5,
        Lâm 3, Phúc 2, Thọ 2, Tài 2, Khánh 2, Chiến 3, Tiến 3, Quý 2, Lợi 2, Đông 2, Ba 1, Năm 1, Sáu 1,
        Út 1, Xuân 2, Thanh 3, Phương 2"""),
    weighted("""
        Tuấn 9, Hùng 6, Dũng 6, Cường 6, Thắng 5, Minh 5, Nam 6, Hải 5, Long 4, Hiếu 5, Trung 5, Sơn 4,
        Tùng 4, Anh 4, Quân 4, Đạt 4, Linh 2, Việt 3, Hoàng 4, Phong 3, Tú 3, Đức 4, Khoa 3,
        Kiên 3, Huy 5, Thịnh 2,
        Vũ 2, Toàn 2"""),
    weighted("""
        Huy 7, Khang 7, Bảo 7, Minh 7, Anh 6, Khoa 6, Phúc 6, Đạt 4, Long 5, Nam 5, Khôi 5, Nguyên 4, Quân 4,
        Kiệt 4, Phong 4, Thịnh 3, Nhân 3, Hưng 4, An 3, Đăng 4, Dương 3, Tùng 2, Lâm 3, Hiếu 3, Vinh 2,
        Thiện 2"""),
)
_FEMALE_GIVEN = (
    weighted("""
        Lan 7, Hoa 6, Hồng 5, Hương 6, Nga 5, Liên 4, Thanh 4, Bình 3, Mai 5, Tâm 3, Hạnh 4, Loan 4, Hà 3,
        Hằng 3, Yến 3, Phượng 3, Cúc 2, Thơm 1, Nhung 2, Tuyết 4, Xuân 3, Minh 3, Vân 3, Lý 2, Năm 1, Bảy 1,
        Tư 1, Sáu 1, Thủy 3, Ánh 2"""),
    weighted("""
        Hương 6, Hà 6, Hằng 6, Linh 6, Trang 7, Thảo 6, Huyền 6, Ngọc 5, Lan 4, Hoa 3, Thủy 5, Nga 3, Mai 4,
        Phương 6, Nhung 4, Oanh 3, Vân 4, Yến 4, Dung 4, Hiền 5, Quỳnh 4, Thúy 4, Loan 2, Hạnh 3, Tuyết 2,
        Anh 4, Ánh 2, Ngân 3, Diễm 2"""),
    weighted("""
        Anh 8, Linh 7, Ngọc 6, Trang 5, Hân 6, Nhi 6, Vy 7, My 5, Châu 5, Chi 5, Thư 5, Ngân 5, Hà 4,
        Phương 4, Trâm 4, An 4, Uyên 3, Quỳnh 4, Thảo 4, Như 4, Yến 3, Khuê 2, Mai 3, Diệp 2,
        Vân 2, Dương 2, Ân 1,
        Ý 2, Băng 1"""),
)
_MALE_HMONG = weighted("A Páo, A Dơ, A Chu, A Sình, A Tủa, Seo Vần, Mí Pó, A Lử")
_FEMALE_HMONG = weighted("Thị Mỷ, Thị Dở, Thị Súa, Thị Xay, Thị Máy, Thị Pàng")
_MALE_JRAI = weighted("Thuyên, Rít, Phới, Blưm, Nay, Wơn")
_FEMALE_JRAI = weighted("H'Lan, H'Bia, H'Nhung, H'Phia, H'Yan")
FOREIGN: dict[str, tuple[tuple[str, str, str], ...]] = {
    "KR": (("Kim", "Min", "Jun"), ("Lee", "Seo", "Yeon"), ("Park", "Ji", "Ho")),
    "TW": (("Chen", "Wei", "Ting"), ("Lin", "Yu", "Chun")),
    "US": (("Miller", "James", "Robert"), ("Carter", "Anne", "Marie")),
    "LA": (("Vongsa", "", "Somphone"), ("Keo", "", "Bounmy")),
    "JP": (("Tanaka", "", "Haruto"), ("Mori", "", "Yui")),
}
"""Family, middle and given names of the few foreign nationals, by country."""

_UNACCENTED = str.maketrans(
    "àằầèềìòồờùừỳảẳẩẻểỉỏổởủửỷãẵẫẽễĩõỗỡũữỹáắấéếíóốớúứýạặậẹệịọộợụựỵăâđêôơư",
    "aaaeeiooouuy" * 5 + "aadeoou",
    "' ",
)


def generation(birth_year: int) -> int:
    """0 for people born before 1975, 1 before 2000, 2 later: the three fashions in names."""
    return 0 if birth_year < 1975 else 1 if birth_year < 2000 else 2


def family_name(random: Random, ethnicity: str, *, southern: bool) -> str:
    """A family name usual for an ethnicity code and, for most people, a region."""
    table = FAMILY_MINORITY.get(ethnicity)
    return pick(random, table or (FAMILY_SOUTH if southern else FAMILY_NORTH))


def personal_name(random: Random, sex: int, birth_year: int, ethnicity: str) -> tuple[str | None, str]:
    """Middle and given name for a sex (1 male, 2 female), birth year and ethnicity; some lack the first."""
    if ethnicity == "08" and random() < 0.8:
        first, _, last = pick(random, _MALE_HMONG if sex == 1 else _FEMALE_HMONG).rpartition(" ")
        return first, last
    if ethnicity == "10" and random() < 0.8:
        return None, pick(random, _MALE_JRAI if sex == 1 else _FEMALE_JRAI)
    period = generation(birth_year)
    middles, givens = (_MALE_MIDDLE, _MALE_GIVEN) if sex == 1 else (_FEMALE_MIDDLE, _FEMALE_GIVEN)
    middle = None if random() < 0.04 else pick(random, middles[period])
    given = pick(random, givens[period])
    if middle is not None and middle.rpartition(" ")[2] == given:
        middle = "Văn" if sex == 1 else "Thị"
    return middle, given


def unaccented(name: str) -> str:
    """A name in small ASCII letters without blanks, for e-mail addresses."""
    return name.lower().translate(_UNACCENTED)
