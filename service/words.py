"""Words that several kinds of pages share: Vietnamese first, then English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["SOURCES", "Words"]


class Words(NamedTuple):
    """A text in both languages."""

    vi: str
    en: str


SOURCES: Mapping[str, Words] = {
    "population": Words("Cơ sở dữ liệu quốc gia về dân cư", "Population"),
    "social_insurance": Words("Bảo hiểm xã hội", "Social insurance"),
    "health": Words("Y tế", "Health"),
    "transport": Words("Giao thông", "Transport"),
    "civil_status": Words("Hộ tịch", "Civil status"),
    "education": Words("Giáo dục", "Education"),
}
