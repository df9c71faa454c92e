"""Words of the technical document that no declaration of the schema holds: databases, limits, scopes, error codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["LIMITS", "SCOPES", "SOURCES", "ErrorWords", "Words", "error_words", "in_both"]

_ERRORS = Path(__file__).parent / "errors.tsv"


@dataclass(frozen=True, slots=True)
class Words:
    """A text in Vietnamese and English."""

    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class ErrorWords:
    """An error code with its HTTP status, what it means and what a client should do."""

    code: str
    status: str
    meaning: Words
    remedy: Words


SOURCES: Mapping[str, Words] = {
    "population": Words("Dân cư", "population"),
    "social_insurance": Words("Bảo hiểm xã hội", "social insurance"),
    "health": Words("Y tế", "health"),
    "transport": Words("Giao thông", "transport"),
    "civil_status": Words("Hộ tịch", "civil status"),
    "education": Words("Giáo dục", "education"),
}

LIMITS: Mapping[str, Words] = {
    "batch": Words("khóa trong mọi phép tra cứu của một yêu cầu", "keys of all look-ups of a request"),
    "page": Words("dòng trong một trang tìm kiếm", "rows of a page of a search"),
    "depth": Words("tầng lồng nhau", "levels of nesting"),
    "fields": Words("trường được chọn", "selected fields"),
    "aliases": Words("bí danh", "aliases"),
    "tokens": Words("từ của văn bản truy vấn", "lexical tokens of the document"),
    "cost": Words("dòng ước tính phải đọc", "estimated rows to be read"),
    "subjects": Words("người khác nhau trong một yêu cầu", "different persons in a request"),
    "requests_per_minute": Words("yêu cầu mỗi phút, mọi cổng cộng lại", "requests in a minute, all gateways together"),
    "subjects_per_day": Words(
        "người khác nhau mỗi ngày (giờ Việt Nam)", "different persons in a day (Vietnamese time)"
    ),
}

SCOPES: Mapping[str, Words] = {
    "province": Words("Tỉnh, thành phố nơi thường trú (mã)", "Province of the permanent residence (codes)"),
    "residence": Words("Tình trạng cư trú", "Residence on record"),
}


def in_both(text: str) -> Words:
    """The two halves of a text that is written `Vietnamese · English`; one that is not is the same in both."""
    vi, separator, en = text.partition(" · ")
    return Words(vi, en if separator else vi)


@cache
def error_words() -> tuple[ErrorWords, ...]:
    """Every error code that a client of `POST /graphql` may meet, in the order of the README's table."""
    rows = (line.split("\t") for line in _ERRORS.read_text(encoding="utf-8").splitlines())
    return tuple(
        ErrorWords(code, status.replace("\\*", "*"), in_both(meaning), in_both(remedy))
        for code, status, meaning, remedy in rows
    )
