"""What a request would open: each field in plain words, in its places in queries, and as the elements that are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from auth.process.request import ConnectionRequest, FieldRequest
from graph.catalog import Catalog
from graph.describe import Description, describe, english, term_of_type
from graph.homes import Lookup, Search, Verify
from graph.view import View
from resolvers.reach import Place, reach_of

__all__ = ["Counts", "OpenedField", "count", "openings_of"]


@dataclass(frozen=True, slots=True)
class OpenedField:
    """A field that a request asks for, for one purpose, and what comes of it.

    `vi` and `en` say it in a sentence. `paths` are where queries find it (`citizen.birthName.full`), `arguments` where
    it may be used to find (`searchCitizens(filter.name)`), `elements` what the databases are asked for
    (`population: citizen.birth_full_name`). `sensitive` and `third_party` hold in one of its places at least.
    """

    purpose: str
    field: Description
    read: bool
    filter: bool
    protected: bool
    justification: str
    vi: str
    en: str
    paths: tuple[str, ...]
    arguments: tuple[str, ...]
    elements: tuple[str, ...]
    sensitive: bool
    third_party: bool

    @property
    def coordinate(self) -> str:
        """`Type.field`."""
        return self.field.coordinate

    @property
    def answers(self) -> bool:
        """Whether anything comes of it: a query can read it, or an argument can use it."""
        return bool(self.paths or self.arguments)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many different fields are asked for, whatever the number of purposes, and how many of them are of a kind."""

    fields: int
    sensitive: int
    third_party: int
    filterable: int
    protected: int

    @property
    def sensitive_share(self) -> float:
        """From 0 to 1."""
        return self.sensitive / self.fields if self.fields else 0.0

    @property
    def third_party_share(self) -> float:
        """From 0 to 1."""
        return self.third_party / self.fields if self.fields else 0.0


def count(opened: tuple[OpenedField, ...]) -> Counts:
    """The counts of what is opened."""
    return Counts(
        fields=len({field.coordinate for field in opened}),
        sensitive=len({field.coordinate for field in opened if field.sensitive}),
        third_party=len({field.coordinate for field in opened if field.third_party}),
        filterable=len({field.coordinate for field in opened if field.filter}),
        protected=len({field.coordinate for field in opened if field.protected}),
    )


def openings_of(request: ConnectionRequest, view: View) -> tuple[OpenedField, ...]:
    """What a request opens for the view's purpose, in the order of the request; unknown fields are left out."""
    purpose, catalog = view.permission.purpose, view.catalog
    places: dict[str, list[Place]] = {}
    for place in reach_of(view).places:
        places.setdefault(place.coordinate, []).append(place)
    asked = {field.field: field for field in request.fields if field.purpose == purpose}
    return tuple(
        _opened(view, field, tuple(places.get(name, ())) if field.read else ())
        for name, field in asked.items()
        if name in catalog.homes and (field.read or field.filter or field.protected)
    )


def _opened(view: View, asked: FieldRequest, places: tuple[Place, ...]) -> OpenedField:
    catalog, field = view.catalog, describe(view.catalog, asked.field)
    uses = tuple(_arguments_of(view, asked.field)) if asked.filter else ()
    elements = [element for place in places for element in place.elements] + [element for _, element in uses]
    inside = {coordinate for place in places for coordinate in place.inside}
    arguments = tuple(name for name, _ in uses)
    vi, en = _sentences(catalog, field, asked, places)
    return OpenedField(
        purpose=asked.purpose,
        field=field,
        read=asked.read,
        filter=asked.filter,
        protected=asked.protected,
        justification=asked.justification,
        vi=vi,
        en=en,
        paths=tuple(".".join(place.path) for place in places),
        arguments=arguments,
        elements=tuple(dict.fromkeys(elements)),
        sensitive=field.sensitive or bool(inside & catalog.sensitive),
        third_party=field.third_party or any(place.person for place in places),
    )


def _sentences(catalog: Catalog, field: Description, asked: FieldRequest, places: tuple[Place, ...]) -> tuple[str, str]:
    """The field in a sentence, Vietnamese and English."""
    verbs = [(asked.read, "đọc", "read"), (asked.filter, "tra cứu theo", "find by")]
    vi = [" và ".join(word for given, word, _ in verbs if given) or "mở", _lower(field.term)]
    en = [" and ".join(word for given, _, word in verbs if given) or "open", field.english]
    around = list(dict.fromkeys((place.inside[0], place.entity) for place in places if place.inside))
    owners = list(dict.fromkeys(place.entity for place in places)) or [asked.field.partition(".")[0]]
    if around:
        parts = [(describe(catalog, whole), entity) for whole, entity in around]
        vi.append("trong " + ", ".join(f"{_lower(part.term)} ({_thing(catalog, entity)})" for part, entity in parts))
        en.append("in " + ", ".join(f"{part.english} ({english(entity)})" for part, entity in parts))
    else:
        vi.append("của " + ", ".join(_thing(catalog, entity) for entity in owners))
        en.append("of " + ", ".join(english(entity) for entity in owners))
    others = [describe(catalog, link) for link in dict.fromkeys(place.person for place in places) if link is not None]
    if others:
        own = any(place.person is None for place in places)
        vi.append(("- cả của" if own else "- của") + " người khác: " + ", ".join(_lower(link.term) for link in others))
        en.append(("- also of" if own else "- of") + " others: " + ", ".join(link.english for link in others))
    if asked.protected:
        vi.append("- kể cả người được bảo vệ")
        en.append("- protected persons too")
    return _sentence(vi), _sentence(en)


def _sentence(words: list[str]) -> str:
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def _thing(catalog: Catalog, entity: str) -> str:
    return "công dân" if entity == "Citizen" else _lower(term_of_type(catalog, entity))


def _lower(term: str) -> str:
    """A term inside a sentence: abbreviations keep their capitals."""
    return term if term[:2].isupper() else term[:1].lower() + term[1:]


def _duties_of(view: View) -> Iterator[tuple[str, str]]:
    """Where duties take a citizen's number."""
    citizen = view.catalog.entities["Citizen"]
    for duty in sorted(view.duties):
        subject = view.catalog.duties[duty].home.subject
        if subject is not None:
            yield f"{duty}({subject})", f"{citizen.source}: {citizen.table}.{citizen.subject}"


def _arguments_of(view: View, coordinate: str) -> Iterator[tuple[str, str]]:
    """Where the permitted services compare or order by a field, and the element that is compared."""
    catalog = view.catalog
    if coordinate == "Citizen.personalId":
        yield from _duties_of(view)
    for root in sorted(view.roots):
        home = catalog.roots[root]
        if isinstance(home, Lookup):
            if catalog.lookup_grants[root] == coordinate:
                entity = catalog.entities[catalog.entity_of(root)]
                query = catalog.schema.query_type
                assert query is not None
                yield (
                    f"{root}({next(iter(query.fields[root].args))})",
                    f"{entity.source}: {entity.table}.{home.element}",
                )
            continue
        if not isinstance(home, Search | Verify):
            continue
        entity = catalog.entities[home.entity]
        inner = "filter." if isinstance(home, Search) else ""
        for name, criterion in home.criteria.items():
            if criterion.field == coordinate:
                yield f"{root}({inner}{name})", f"{entity.source}: {entity.table}.{criterion.element}"
        for name, (element, field) in home.orders.items() if isinstance(home, Search) else ():
            if field == coordinate:
                yield f"{root}(orderBy: {name})", f"{entity.source}: {entity.table}.{element}"
