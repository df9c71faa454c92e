"""The media type of an answer: content negotiation after RFC 9110, section 12.5.1, for the two types there are."""

from __future__ import annotations

import re
from functools import lru_cache

from starlette.requests import Request

from service.errors import NotAcceptableError

__all__ = ["GRAPHQL_RESPONSE", "JSON", "media_type", "preferred"]

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"

_LONGEST_KEPT = 256
_WEIGHT = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")


def media_type(request: Request) -> str:
    """The media type of the answer, from every `Accept` line. Raises `NotAcceptableError`."""
    accept = ",".join(request.headers.getlist("accept"))
    chosen = _kept(accept) if len(accept) <= _LONGEST_KEPT else preferred(accept)
    if chosen is None:
        raise NotAcceptableError
    return chosen


def preferred(accept: str) -> str | None:
    """The type that `accept` weighs most; None when it wants neither.

    The most specific range decides a type's weight. Of two types with equal weight the one that is named wins over the
    one that a wildcard lets through; when both are named it is the GraphQL type, and when neither is it is JSON, which
    every client reads. An element with a wrong weight is passed over. No header, and an empty one, take anything.
    """
    if not accept.strip(" \t,"):
        return JSON
    weights = _weights(accept)
    offers = []
    for offered in (JSON, GRAPHQL_RESPONSE):
        deciding = next((name for name in (offered, "application/*", "*/*") if name in weights), None)
        if deciding is not None and weights[deciding] > 0:
            named = deciding == offered
            offers.append((weights[deciding], named, named == (offered == GRAPHQL_RESPONSE), offered))
    return max(offers)[-1] if offers else None


_kept = lru_cache(maxsize=256)(preferred)


def _weights(accept: str) -> dict[str, float]:
    """The weight of each media range. Parameters but the weight are not looked at: there is one form of each type."""
    weights: dict[str, float] = {}
    for element in accept.lower().split(","):
        name, *parameters = [part.strip() for part in element.split(";")]
        weight = next((given.removeprefix("q=") for given in parameters if given.startswith("q=")), "1")
        if _WEIGHT.fullmatch(weight):
            weights[name] = max(float(weight), weights.get(name, 0))
    return weights
