"""The parts of a request as a person fills them in, and the JSON value that each part's form stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as fields_of
from typing import Any

from starlette.datastructures import FormData

from auth.contract import Limits
from service.console.words import Words
from service.forms import text_of, texts_of

__all__ = ["PARTS", "part_of", "with_form"]

PARTS: Mapping[str, Words] = {
    "unit": Words("Đơn vị và hệ thống", "Unit and system"),
    "purposes": Words("Mục đích và dịch vụ", "Purposes and services"),
    "fields": Words("Trường thông tin", "Fields"),
    "security": Words("Kỹ thuật và an toàn", "Technique and security"),
    "terms": Words("Phạm vi, thời hạn, giới hạn", "Scope, term, limits"),
}
"""The parts in the order in which they are filled in."""

_PLACES = {
    "purposes": "purposes",
    "services": "purposes",
    "reciprocal_sharing": "purposes",
    "fields": "fields",
    "contract": "fields",
    "technical_description": "security",
    "security_level": "security",
    "inspections": "security",
    "valid_from": "terms",
    "valid_to": "terms",
    "row_scope": "terms",
    "limits": "terms",
    "unpermitted": "terms",
    "documents": "terms",
    "allow_list_only": "terms",
}
_TEXTS = {
    "unit": ("title", "unit_code", "unit_name", "mandate", "system_name", "system_kind"),
    "purposes": ("reciprocal_sharing",),
    "security": ("technical_description",),
}
_OFFICER = ("name", "position", "phone", "email")
_PURPOSE = ("code", "text", "procedure_code", "legal_basis")
_INSPECTION = ("body", "on", "result")


def part_of(path: str) -> str:
    """The part in which what a path names is filled in."""
    return _PLACES.get(path.partition(".")[0], "unit")


def with_form(given: Mapping[str, Any], part: str, form: FormData) -> dict[str, Any]:
    """A request's JSON with one part (but `fields`) as a form has it. Rows without any text are left out."""
    changed: dict[str, Any] = {name: text_of(form, name) for name in _TEXTS.get(part, ())}
    if part == "unit":
        changed["officers"] = _rows(form, "officers", _OFFICER)
    elif part == "purposes":
        changed["purposes"] = _rows(form, "purposes", _PURPOSE)
        changed["services"] = texts_of(form, "services")
        changed["fields"] = _renamed(given, changed["purposes"], form)
    elif part == "security":
        changed["security_level"] = _number(text_of(form, "security_level"))
        changed["inspections"] = [{**row, "on": row["on"] or None} for row in _rows(form, "inspections", _INSPECTION)]
    elif part == "terms":
        changed |= _terms(form)
    return {**given, **changed}


def _terms(form: FormData) -> dict[str, Any]:
    scope = {name: texts_of(form, f"row_scope.{name}") for name in ("province", "residence")}
    limits = {field.name: _number(text_of(form, f"limits.{field.name}")) for field in fields_of(Limits)}
    documents = [text_of(form, name) for name in form if name.startswith("documents.")]
    return {
        "valid_from": text_of(form, "valid_from") or None,
        "valid_to": text_of(form, "valid_to") or None,
        "row_scope": {name: values for name, values in scope.items() if values},
        "limits": {name: value for name, value in limits.items() if value is not None},
        "unpermitted": text_of(form, "unpermitted") or "hide",
        "documents": [document for document in documents if document],
        "allow_list_only": "allow_list_only" in form,
    }


def _rows(form: FormData, name: str, parts: tuple[str, ...]) -> list[dict[str, Any]]:
    rows = [{part: text_of(form, f"{name}.{index}.{part}") for part in parts} for index in _indexes(form, name)]
    return [row for row in rows if any(row.values())]


def _indexes(form: FormData, name: str) -> list[int]:
    named = {key.split(".")[1] for key in form if key.startswith(f"{name}.") and key.count(".") == 2}
    return sorted(int(index) for index in named if index.isascii() and index.isdigit() and len(index) < 4)


def _renamed(given: Mapping[str, Any], purposes: list[dict[str, Any]], form: FormData) -> list[dict[str, Any]]:
    """The fields under the codes that their purposes have now; those of a purpose that is gone go with it."""
    codes: dict[str, str] = {}
    for index, purpose in enumerate(given["purposes"]):
        new = text_of(form, f"purposes.{index}.code")
        if purpose["code"] and new:
            codes.setdefault(purpose["code"], new)
    kept = {purpose["code"] for purpose in purposes}
    renamed = [{**field, "purpose": codes.get(field["purpose"], field["purpose"])} for field in given["fields"]]
    return [field for field in renamed if field["purpose"] in kept]


def _number(text: str) -> int | str | None:
    """A number as typed; other text goes on to be named as a fault."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text or None
