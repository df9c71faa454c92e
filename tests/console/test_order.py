"""The console's Vietnamese order is that of the database's stored keys."""

from __future__ import annotations

from service.console.order import vietnamese_key
from tests.console.conftest import Site

NAMES = [
    "Ân",
    "An",
    "Ăn",
    "Án",
    "Ạn",
    "Đông Anh",
    "Dông Anh",
    "Đồng Nai",
    "Hoà Bình",
    "Hoa Binh",
    "Ơn",
    "Ôn",
    "On",
    "Ưng",
    "Ung",
    "Thừa Thiên",
    "Thua Thiên",
    "Bà Rịa",
    "Ba Rìa",
]


def test_names_are_sorted_as_the_database_sorts_them(site: Site) -> None:
    rows = site.service.governance.fetch(
        'SELECT name FROM unnest($1::text[]) AS name ORDER BY population.vietnamese_sort_key(name) COLLATE "C"', NAMES
    )
    assert sorted(NAMES, key=vietnamese_key) == [row["name"] for row in rows]
