"""Filling in a request: one page a part, saved by itself, with what is missing beside each field when asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields as fields_of
from typing import Any

from starlette.responses import Response

from auth.contract import Limits
from auth.process.dossier import Dossier, require_hold
from auth.process.errors import DossierChangedError, DossierUnknownError
from auth.process.request import RequestShapeError, parse_request
from graph.dictionary import dictionary_of
from graph.scopes import ROW_SCOPES
from service.console.order import vietnamese_key
from service.console.provinces import PROVINCES
from service.console.request_fields import FieldTable, chosen_fields
from service.console.request_parts import PARTS, part_of, with_form
from service.console.visit import Visit, redirect

__all__ = ["save_part", "show_part"]

_DEFAULTS = {field.name: getattr(Limits(), field.name) for field in fields_of(Limits)}


async def show_part(visit: Visit) -> Response:
    """The form of a part."""
    dossier = await _held(visit)
    return await _page(visit, dossier, dossier.request.model_dump(mode="json"), {})


async def save_part(visit: Visit) -> Response:
    """Save a part. What does not fit is shown beside its field, with everything that was typed."""
    dossier = await _held(visit)
    part, before = _part(visit), dossier.request.model_dump(mode="json")
    if part == "fields":
        purpose = visit.text("purpose")
        others = [field for field in before["fields"] if field["purpose"] != purpose]
        catalog, form = visit.process.catalog, dict(visit.form)
        given = {**before, "fields": others + chosen_fields(catalog, purpose, form, visit.text("common"))}
    else:
        given = with_form(before, part, visit.form)
    try:
        request = parse_request(given)
        expected = _digest(visit.text("digest"))
        await visit.process.dossiers.save(visit.account, visit.contract_id, visit.version, request, expected)
    except RequestShapeError as error:
        faults = {fault["path"]: fault["message"] for fault in error.details["faults"]}
        return await _page(visit, dossier, given, faults, error)
    except DossierChangedError as error:
        return await _page(visit, dossier, given, {}, error)
    return redirect(f"/contracts/{visit.contract_id}/{visit.version}{_after(visit, part)}")


def _after(visit: Visit, part: str) -> str:
    """Where to go after saving: the same part, the next one, or the dossier."""
    parts, check = list(PARTS), "&check=1" if visit.text("check") else ""
    if visit.text("then") == "next" and part != parts[-1]:
        return f"/request/{parts[parts.index(part) + 1]}?done=saved{check}"
    if visit.text("then") == "next":
        return "?done=saved"
    purpose = f"&purpose={visit.text('purpose')}" if part == "fields" else ""
    return f"/request/{part}?done=saved{check}{purpose}"


async def _page(
    visit: Visit,
    dossier: Dossier,
    given: Mapping[str, Any],
    faults: Mapping[str, str],
    problem: Exception | None = None,
) -> Response:
    part, catalog = _part(visit), visit.process.catalog
    checking = bool(visit.request.query_params.get("check") or visit.text("check"))
    lacking: dict[str, list[str]] = {}
    if checking:
        identity = (dossier.contract_id, dossier.version)
        for item in await visit.process.moves.lacking(visit.account, *identity, "submit"):
            lacking.setdefault(item.path, []).append(item.vi)
    codes = [purpose["code"] for purpose in given["purposes"] if purpose["code"]]
    wanted = visit.text("purpose") or visit.request.query_params.get("purpose", "")
    purpose = wanted if wanted in codes else next(iter(codes), "")
    return visit.render(
        f"request_{part}.html",
        getattr(problem, "status", 200),
        problem=problem,
        dossier=dossier,
        given=given,
        part=part,
        parts=PARTS,
        open_parts={part_of(path) for path in lacking},
        checking=checking,
        lacking=lacking,
        faults=faults,
        services=_services(visit),
        kinds=dictionary_of(catalog) if part == "fields" else (),
        purpose=purpose,
        chosen={field["field"]: field for field in given["fields"] if field["purpose"] == purpose},
        table=FieldTable.of(catalog, dossier.request),
        digest=visit.text("digest") or dossier.request.digest.hex(),
        limits=_DEFAULTS,
        places=sorted(PROVINCES, key=lambda code: vietnamese_key(PROVINCES[code])),
        residences=sorted(ROW_SCOPES["residence"].values),
    )


def _services(visit: Visit) -> Sequence[tuple[str, str]]:
    catalog = visit.process.catalog
    query = catalog.schema.query_type
    assert query is not None
    data = [(name, query.fields[name].description or "") for name in catalog.roots]
    return [*data, *((name, duty.definition.description or "") for name, duty in catalog.duties.items())]


async def _held(visit: Visit) -> Dossier:
    dossier = await visit.process.dossiers.get(visit.account, visit.contract_id, visit.version)
    require_hold(visit.account, dossier)
    return dossier


def _part(visit: Visit) -> str:
    part = visit.named("part")
    if part not in PARTS:
        raise DossierUnknownError("there is no such part of a request")
    return part


def _digest(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
