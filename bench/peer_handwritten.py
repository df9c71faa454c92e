"""The peer without GraphQL: one Starlette route that can do nothing but this query.

Five fetches, dictionaries built by hand, orjson. It has no credentials, contracts, traces or audit.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.peer_sources import Sources, open_sources

__all__ = ["create"]


def create() -> Starlette:
    """The application."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with open_sources() as sources:
            app.state.sources = sources
            yield

    return Starlette(routes=[Route("/citizens", _citizens, methods=["POST"])], lifespan=lifespan)


async def _citizens(request: Request) -> Response:
    personal_ids: list[str] = orjson.loads(await request.body())["personalIds"]
    citizens = await _answer(request.app.state.sources, personal_ids)
    return Response(orjson.dumps({"data": {"citizens": citizens}}), media_type="application/json")


async def _answer(sources: Sources, personal_ids: list[str]) -> list[dict[str, Any] | None]:
    rows = {row[0]: row for row in await sources.citizens(personal_ids)}
    households = list({row[5] for row in rows.values() if row[5] is not None})
    member_rows, card_rows, licence_rows, vehicle_rows = await asyncio.gather(
        sources.members(households),
        sources.cards(personal_ids),
        sources.licences(personal_ids),
        sources.vehicles(personal_ids),
    )
    members: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for household, personal_id, name in member_rows:
        members[household].append({"personalId": personal_id, "birthName": {"full": name}})
    cards: dict[str, dict[str, Any]] = {}
    for card in card_rows:
        cards[card["personalId"]] = {"number": card.get("maThe"), "validTo": card.get("gtTheDen")}
    licences: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for licence in licence_rows:
        licences[licence["personalId"]].append({"number": licence.get("soGPLX"), "classes": licence.get("hang")})
    vehicles: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for vehicle in vehicle_rows:
        vehicles[vehicle["ownerPersonalId"]].append({"plate": vehicle.get("bienSo")})
    answer: list[dict[str, Any] | None] = []
    for personal_id in personal_ids:
        row = rows.get(personal_id)
        if row is None:
            answer.append(None)
            continue
        _, name, country, province, province_name, household = row
        answer.append(
            {
                "personalId": personal_id,
                "birthName": {"full": name},
                "permanentResidence": None
                if country is None
                else {"province": None if province is None else {"code": province, "name": province_name}},
                "household": None if household is None else {"members": members.get(household, ())},
                "healthInsuranceCard": cards.get(personal_id),
                "drivingLicences": licences.get(personal_id, ()),
                "vehicles": vehicles.get(personal_id, ()),
            }
        )
    return answer
