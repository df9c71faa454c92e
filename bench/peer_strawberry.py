"""The peer on plain Strawberry, written as its documentation recommends.

Types with asynchronous resolvers, one aiodataloader per relation made anew for each request, `ParserCache` and
`ValidationCache`, the ASGI view inside Starlette, JSON by orjson. It has no credentials, contracts, traces or audit;
its schema is as much of the gateway's as the query needs, with the gateway's own scalars.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast

import orjson
import strawberry
from aiodataloader import DataLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

from bench.peer_sources import Document, Sources, open_sources
from graph.scalars import Date, PersonalId, scalar_map

__all__ = ["create"]


class Loaders:
    """The loaders of one request."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self.citizens: DataLoader[str, Citizen | None] = DataLoader(self._citizens)
        self.members: DataLoader[int, list[HouseholdMember]] = DataLoader(self._members)
        self.cards: DataLoader[str, list[HealthInsuranceCard]] = DataLoader(self._cards)
        self.licences: DataLoader[str, list[DrivingLicence]] = DataLoader(self._licences)
        self.vehicles: DataLoader[str, list[Vehicle]] = DataLoader(self._vehicles)

    async def _citizens(self, keys: list[str]) -> list[Citizen | None]:
        found = {row[0]: _citizen(row) for row in await self._sources.citizens(keys)}
        return [found.get(key) for key in keys]

    async def _members(self, keys: list[int]) -> list[list[HouseholdMember]]:
        found: dict[int, list[HouseholdMember]] = defaultdict(list)
        for household, personal_id, name in await self._sources.members(keys):
            found[household].append(HouseholdMember(personal_id=personal_id, birth_name=PersonName(full=name)))
        return [found.get(key, []) for key in keys]

    async def _cards(self, keys: list[str]) -> list[list[HealthInsuranceCard]]:
        return await _grouped(self._sources.cards, keys, "personalId", _card)

    async def _licences(self, keys: list[str]) -> list[list[DrivingLicence]]:
        return await _grouped(self._sources.licences, keys, "personalId", _licence)

    async def _vehicles(self, keys: list[str]) -> list[list[Vehicle]]:
        return await _grouped(self._sources.vehicles, keys, "ownerPersonalId", _vehicle)


@dataclass
class Context:
    """The context of one request."""

    loaders: Loaders


Info = strawberry.Info[Context, None]


@strawberry.type
class PersonName:
    """A name."""

    full: str | None


@strawberry.type
class AdministrativeUnit:
    """An administrative unit."""

    code: str | None
    name: str | None


@strawberry.type
class Address:
    """An address."""

    province: AdministrativeUnit | None


@strawberry.type
class HouseholdMember:
    """A member of a household."""

    personal_id: PersonalId | None
    birth_name: PersonName | None


@strawberry.type
class Household:
    """A household."""

    household_id: strawberry.Private[int]

    @strawberry.field
    async def members(self, info: Info) -> list[HouseholdMember] | None:
        """Its members."""
        return await info.context.loaders.members.load(self.household_id)


@strawberry.type
class HealthInsuranceCard:
    """A health insurance card."""

    number: str | None
    valid_to: Date | None


@strawberry.type
class DrivingLicence:
    """A driving licence."""

    number: str | None
    classes: list[str] | None


@strawberry.type
class Vehicle:
    """A vehicle."""

    plate: str | None


@strawberry.type
class Citizen:
    """A citizen."""

    personal_id: PersonalId | None
    birth_name: PersonName | None
    permanent_residence: Address | None
    household: Household | None

    @strawberry.field
    async def health_insurance_card(self, info: Info) -> HealthInsuranceCard | None:
        """The citizen's health insurance card."""
        cards = await info.context.loaders.cards.load(cast("str", self.personal_id))
        return cards[-1] if cards else None

    @strawberry.field
    async def driving_licences(self, info: Info) -> list[DrivingLicence] | None:
        """The citizen's driving licences."""
        return await info.context.loaders.licences.load(cast("str", self.personal_id))

    @strawberry.field
    async def vehicles(self, info: Info) -> list[Vehicle] | None:
        """The citizen's vehicles."""
        return await info.context.loaders.vehicles.load(cast("str", self.personal_id))


@strawberry.type
class Query:
    """The root."""

    @strawberry.field
    async def citizens(self, info: Info, personal_ids: list[PersonalId]) -> list[Citizen | None] | None:
        """Citizens in the order of their numbers, null for a number that does not exist."""
        return await info.context.loaders.citizens.load_many(personal_ids)


class View(GraphQL[Context, None]):
    """Strawberry's ASGI view with loaders for each request."""

    sources: Sources

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:  # noqa: ARG002
        """Loaders keep what they read, so they must not outlive the request."""
        return Context(Loaders(self.sources))

    def encode_json(self, data: object) -> bytes:
        """The response by orjson, as the documentation offers."""
        return orjson.dumps(data)


def create() -> Starlette:
    """The application."""
    schema = strawberry.Schema(
        Query, extensions=[ParserCache, ValidationCache], config=StrawberryConfig(scalar_map=scalar_map)
    )
    view = View(schema, graphql_ide=None)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with open_sources() as view.sources:
            yield

    return Starlette(routes=[Route("/graphql", view)], lifespan=lifespan)


def _citizen(row: Iterable[Any]) -> Citizen:
    personal_id, name, country, province, province_name, household = row
    unit = None if province is None else AdministrativeUnit(code=province, name=province_name)
    return Citizen(
        personal_id=personal_id,
        birth_name=PersonName(full=name),
        permanent_residence=None if country is None else Address(province=unit),
        household=None if household is None else Household(household_id=household),
    )


def _card(document: Document) -> HealthInsuranceCard:
    return HealthInsuranceCard(number=document.get("maThe"), valid_to=document.get("gtTheDen"))


def _licence(document: Document) -> DrivingLicence:
    return DrivingLicence(number=document.get("soGPLX"), classes=document.get("hang"))


def _vehicle(document: Document) -> Vehicle:
    return Vehicle(plate=document.get("bienSo"))


async def _grouped(
    find: Callable[[list[str]], Awaitable[list[Document]]], keys: list[str], key: str, make: Callable[[Document], Any]
) -> list[list[Any]]:
    """What `make` makes of the documents found, for each of the keys in turn."""
    groups: dict[str, list[Any]] = defaultdict(list)
    for document in await find(keys):
        groups[document[key]].append(make(document))
    return [groups.get(one, []) for one in keys]
