"""Where one shard's documents are collected, and the indexes that their collections have."""

from __future__ import annotations

from typing import Any

from samples.names import Random

Document = dict[str, Any]

INDEXES: dict[str, dict[str, tuple[tuple[str, bool], ...]]] = {
    "social_insurance": {
        "the_bhyt": (("personalId", False), ("maThe", True)),
        "qua_trinh_bhxh": (("personalId", False),),
    },
    "health": {
        "kham_chua_benh": (("SO_CCCD", False), ("MA_LK", True)),
        "tiem_chung": (("SO_CCCD", False),),
    },
    "transport": {
        "giay_phep_lai_xe": (("personalId", False), ("soGPLX", True)),
        "phuong_tien": (("ownerPersonalId", False), ("bienSo", True)),
    },
    "civil_status": {
        "khai_sinh": (("personalId", False),),
        "ket_hon": (("haiBen", False),),
        "khai_tu": (("personalId", False),),
    },
    "education": {
        "van_bang": (("soDinhDanh", False), ("soHieu", True)),
        "ghi_danh": (("soDinhDanh", False),),
    },
}
"""Database -> collection -> (field, unique) of each index."""
DATABASES = tuple(INDEXES)

_MALFORMABLE = {
    "the_bhyt": "gtTheDen",
    "qua_trinh_bhxh": "tuThang",
    "kham_chua_benh": "NGAY_RA",
    "tiem_chung": "NGAY_TIEM",
    "giay_phep_lai_xe": "ngayHetHan",
    "phuong_tien": "ngayDangKyDau",
    "khai_sinh": "ngayDangKy",
    "ket_hon": "ngayDangKy",
    "khai_tu": "ngayDangKy",
    "van_bang": "ngayCap",
}
"""The date in each kind of document that is sometimes typed wrongly."""
MALFORMED = ("31/02/2024", "2024-13-05", "không rõ", "", "20240230")
"""Values no date parser may accept in any of these fields."""


class Archive:
    """Documents of one shard by collection name.

    `base` is the number below its first `_id` in each collection.
    """

    def __init__(self, random: Random, base: int) -> None:
        self.random = random
        self.base = base
        self.collections: dict[str, list[Document]] = {
            collection: [] for collections in INDEXES.values() for collection in collections
        }

    def next_id(self, collection: str) -> int:
        """The `_id` of the next document.

        It grows in the order of insertion within the shard, and from shard to shard.
        """
        return self.base + len(self.collections[collection]) + 1

    def spoil(self) -> None:
        """Put a malformed date into about one document in 2,000 of each collection that has a date."""
        for collection, field in _MALFORMABLE.items():
            documents = self.collections[collection]
            position = int(self.random() * 4000)
            while position < len(documents):
                documents[position][field] = MALFORMED[int(self.random() * len(MALFORMED))]
                position += 1 + int(self.random() * 4000)
