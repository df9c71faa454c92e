"""Fields that no stated purpose needs, as far as a request tells: pointed out to a human, who decides.

Each rule says in words what it looked at. None of them refuses anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from auth.process.request import ConnectionRequest, FieldRequest, PurposeRequest
from graph.catalog import Catalog
from graph.roots import fold
from resolvers.review.categories import category_of, speaks_of
from resolvers.review.opening import OpenedField

__all__ = ["RULES", "Doubt", "doubts_of"]

_ONE_FOR_ALL = 3
"""From how many fields on one and the same reason for all of a purpose's fields is pointed out."""

RULES: Mapping[str, tuple[str, str]] = {
    "PURPOSE_NOT_STATED": (
        "trường xin cho một mục đích không có trong đề nghị",
        "the field is asked for a purpose that the request does not state",
    ),
    "NO_REASON": ("không nêu lý do cần trường này", "no reason is given for the field"),
    "REASON_IS_PURPOSE": (
        "lý do chỉ nhắc lại mục đích, không nói vì sao cần trường này",
        "the reason only repeats the purpose and does not say why the field is needed",
    ),
    "ONE_REASON_FOR_ALL": (
        "mọi trường của mục đích dùng chung một lý do, không trường nào được giải thích riêng",
        "all fields of the purpose share one reason; none is explained by itself",
    ),
    "KIND_NOT_MENTIONED": (
        "cả mục đích lẫn lý do không nói gì đến loại dữ liệu này",
        "neither the purpose nor the reason speaks of this kind of data",
    ),
    "NOTHING_COMES_OF_IT": (
        "không dịch vụ nào đã chọn dùng đến trường này",
        "none of the chosen services can use the field",
    ),
    "PROTECTED_PERSONS": (
        "xin quyền đặc biệt đối với người được bảo vệ",
        "the special grant for protected persons is asked for",
    ),
}
"""The rules in words, Vietnamese and English."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A rule that points fields of a purpose out; `vi` and `en` are sentences, `fields` coordinates."""

    rule: str
    purpose: str
    fields: tuple[str, ...]
    vi: str
    en: str


def doubts_of(catalog: Catalog, request: ConnectionRequest, opened: tuple[OpenedField, ...]) -> tuple[Doubt, ...]:
    """What a reviewer should look at, by purpose and rule, in the order of `RULES`."""
    purposes = {purpose.code: purpose for purpose in request.purposes}
    codes = dict.fromkeys(field.purpose for field in request.fields)
    found: list[Doubt] = []
    for code in codes:
        fields = [field for field in request.fields if field.purpose == code and field.field in catalog.homes]
        idle = {field.coordinate for field in opened if field.purpose == code and not field.answers}
        found += _doubts(catalog, purposes.get(code), fields, idle)
    return tuple(found)


def _doubts(
    catalog: Catalog, purpose: PurposeRequest | None, fields: list[FieldRequest], idle: set[str]
) -> Iterator[Doubt]:
    if purpose is None:
        yield from _doubt("PURPOSE_NOT_STATED", fields)
        return
    reasons = {fold(field.justification) for field in fields}
    one_for_all = len(reasons) == 1 and reasons != {""} and len(fields) >= _ONE_FOR_ALL
    yield from _doubt("NO_REASON", [field for field in fields if not field.justification])
    repeated = fold(purpose.text)
    yield from _doubt("REASON_IS_PURPOSE", [f for f in fields if f.justification and fold(f.justification) == repeated])
    yield from _doubt("ONE_REASON_FOR_ALL", fields if one_for_all else [])
    stated = " ".join((purpose.code.replace("_", " "), purpose.text, purpose.legal_basis))
    yield from _unmentioned(catalog, stated, fields)
    yield from _doubt("NOTHING_COMES_OF_IT", [field for field in fields if field.field in idle])
    yield from _doubt("PROTECTED_PERSONS", [field for field in fields if field.protected])


def _unmentioned(catalog: Catalog, stated: str, fields: list[FieldRequest]) -> Iterator[Doubt]:
    """Fields of a kind of data that is not spoken of, a doubt for each kind."""
    by_kind: dict[tuple[str, str], list[FieldRequest]] = {}
    for field in fields:
        category = category_of(catalog, field.field)
        if category is not None and not speaks_of(f"{stated} {field.justification}", category):
            by_kind.setdefault((category.vi, category.en), []).append(field)
    for kind, unmentioned in by_kind.items():
        yield from _doubt("KIND_NOT_MENTIONED", unmentioned, kind)


def _doubt(rule: str, fields: list[FieldRequest], kind: tuple[str, str] | None = None) -> Iterator[Doubt]:
    if fields:
        vi, en = RULES[rule]
        if kind is not None:
            vi, en = f"{vi}: {kind[0]}", f"{en}: {kind[1]}"
        names = tuple(dict.fromkeys(field.field for field in fields))
        yield Doubt(rule, fields[0].purpose, names, vi[:1].upper() + vi[1:], en[:1].upper() + en[1:])
