"""What is asked of all three: the query of the measurement, and its requests."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

__all__ = ["QUERY", "Request", "batches", "body"]

QUERY = """
query LienThong($so: [PersonalId!]!) {
  citizens(personalIds: $so) {
    personalId
    birthName { full }
    permanentResidence { province { code name } }
    household { members { personalId birthName { full } } }
    healthInsuranceCard { number validTo }
    drivingLicences { number classes }
    vehicles { plate }
  }
}
"""


@dataclass(frozen=True, slots=True)
class Request:
    """How a peer is asked: its path, whether it speaks GraphQL, and its credentials if it wants any."""

    path: str
    graphql: bool
    authorization: str | None = None

    def encode(self, personal_ids: Sequence[str]) -> bytes:
        """The whole HTTP/1.1 request."""
        content = body(personal_ids, graphql=self.graphql)
        lines = [
            f"POST {self.path} HTTP/1.1",
            "Host: 127.0.0.1",
            "Accept: application/json",
            "Content-Type: application/json",
            f"Content-Length: {len(content)}",
        ]
        if self.authorization is not None:
            lines.append(f"Authorization: {self.authorization}")
        return "\r\n".join([*lines, "", ""]).encode() + content


def body(personal_ids: Sequence[str], *, graphql: bool) -> bytes:
    """The body of a request for `personal_ids`; those without GraphQL carry the numbers alone."""
    if graphql:
        return orjson.dumps({"query": QUERY, "variables": {"so": personal_ids}})
    return orjson.dumps({"personalIds": personal_ids})


def batches(personal_ids: Sequence[str], *, size: int, count: int, seed: str) -> list[list[str]]:
    """`count` batches of `size` different numbers; the same ones for the same seed."""
    draw = random.Random(seed)
    return [draw.sample(personal_ids, size) for _ in range(count)]
