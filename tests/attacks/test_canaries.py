"""The proof's own proof: canaries can be read by who may, and the checks see what should not have left."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

import httpx
import pytest
from opentelemetry import trace

from tests.attacks.documents import everything_below
from tests.attacks.evidence import Evidence
from tests.attacks.target import Target

SECRET = "SELECT t.contact_mobile\nFROM population.citizen t\nORDER BY t.registered_no"
COMPARED = "SELECT t.personal_id\nFROM population.citizen t\nWHERE t.contact_mobile = $1"
DOCUMENT = json.dumps(
    {"find": "phuong_tien", "filter": {"bienSo": {"$in": []}}, "projection": {"soKhung": 1, "_id": 0}}
)


def test_a_contract_that_permits_all_reads_every_canary(target: Target) -> None:
    whole = target.view("whole")
    below = everything_below(whole.catalog, whole.schema, "Citizen", 1)
    query = f"query($ids:[PersonalId!]!){{citizens(personalIds:$ids){below}}}"
    evidence = target.attack("whole", query, {"ids": list(target.numbers.values())})
    assert evidence.data
    unseen = target.allowed(whole) - target.canaries.found(evidence.response.text)
    assert not unseen
    assert len(target.allowed(whole)) > 1000


def answered(text: str, **headers: str) -> Callable[[Target, Evidence], None]:
    def make(_: Target, evidence: Evidence) -> None:
        evidence.response = httpx.Response(200, text=text, headers=headers)

    return make


def logged(name: str) -> Callable[[Target, Evidence], None]:
    return lambda target, _: logging.getLogger(name).error("seen: %s", mobile(target))


def traced(target: Target, _: Evidence) -> None:
    trace.get_tracer("test").start_span("SELECT citizen", attributes={"db.query": mobile(target)}).end()


def sent(source: str, text: str) -> Callable[[Target, Evidence], None]:
    return lambda target, _: target.service.statements.append((source, text))


def mobile(target: Target) -> str:
    found: str = target.canaries.world.value("population", "citizen", "contact_mobile", "an")
    return found


@pytest.mark.parametrize(
    ("leak", "found"),
    [
        (answered('{"data":{"citizen":{"x":"MOBILE"}}}'), "canaries in the answer"),
        (answered('{"data":{"citizen":{"x":"1 MOBILE 2"}}}'), "canaries in the answer"),
        (answered("{}", **{"content-type": "MOBILE"}), "canaries in the answer"),
        (answered('{"errors":[{"message":"bloodGroup"}]}'), "hidden names in the answer"),
        (answered('{"errors":[{"message":"t.blood_group"}]}'), "hidden names in the answer"),
        (answered("{}", **{"set-cookie": "a=b"}), "a header that nothing needs"),
        (logged("lienthong.service"), "values in the logs"),
        (logged("uvicorn.error"), "values in the logs"),
        (logged("uvicorn.access"), "values in the logs"),
        (logged("asyncio"), "values in the logs"),
        (traced, "values in the spans"),
        (sent("population", SECRET), "columns that nothing permitted needs"),
        (sent("attacks_transport", DOCUMENT), "columns that nothing permitted needs"),
        (sent("population", COMPARED), "conditions on"),
    ],
)
def test_every_way_out_is_watched(target: Target, leak: Callable[[Target, Evidence], None], found: str) -> None:
    """A leak that is made up here, on each of the ways, is found."""
    with pytest.raises(AssertionError, match=found):
        _leaked(target, leak)


def _leaked(target: Target, leak: Callable[[Target, Evidence], None]) -> None:
    with target.gathering("narrow") as evidence:
        evidence.query = f'{{citizen(personalId:"{target.numbers["an"]}"){{personalId vehicles{{plate}}}}}}'
        evidence.response = httpx.Response(200, text='{"data":{}}')
        leak(target, evidence)
        text = evidence.response.text.replace("MOBILE", mobile(target))
        headers = {name: value.replace("MOBILE", mobile(target)) for name, value in evidence.response.headers.items()}
        headers.pop("content-length", None)
        evidence.response = httpx.Response(200, text=text, headers=headers)


def test_what_is_permitted_is_no_leak(target: Target) -> None:
    """The same way with nothing on it."""
    _leaked(target, lambda *_: None)
