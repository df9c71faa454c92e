from __future__ import annotations

import orjson
import pytest

from bench.query import Request, batches
from bench.report import TARGETS, summary
from bench.rounds import Figures, Options, Spread, ratio

NUMBERS = [f"{number:012d}" for number in range(300)]


def figures(throughput: float) -> Figures:
    return Figures(throughput, p50=1, p99=2, server_cpu=3, postgresql_cpu=4, documents_cpu=5)


def test_every_peer_is_asked_for_the_same_batches() -> None:
    drawn = batches(NUMBERS, size=100, count=3, seed="100/1")
    assert drawn == batches(NUMBERS, size=100, count=3, seed="100/1")
    assert drawn != batches(NUMBERS, size=100, count=3, seed="100/2")
    assert all(len(set(batch)) == 100 for batch in drawn)


@pytest.mark.parametrize("graphql", [True, False])
def test_a_request_is_whole(graphql: bool) -> None:  # noqa: FBT001
    head, _, body = Request("/x", graphql=graphql).encode(NUMBERS[:2]).partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head.split(b"\r\n")
    content = orjson.loads(body)
    assert NUMBERS[:2] in (content.get("personalIds"), content.get("variables", {}).get("so"))


def test_ratios_are_taken_within_rounds() -> None:
    fast, slow = [figures(10), figures(40), figures(90)], [figures(10), figures(20), figures(30)]
    assert ratio(fast, slow, "throughput") == Spread(median=2, least=1, greatest=3)


def test_bounds_hold_in_the_direction_meant() -> None:
    measured = {
        size: {name: [figures(value)] for name, value in (("lienthong", 80), ("strawberry", 10), ("handwritten", 130))}
        for size in (100, 1)
    }
    assert [target.value(measured).median for target in TARGETS] == [8, 8, 1.625]
    assert [target.met(measured) for target in TARGETS] == [True, True, False]


def test_a_round_in_which_a_database_used_no_measurable_time_is_written() -> None:
    idle = Figures(100, p50=1, p99=2, server_cpu=3, postgresql_cpu=0, documents_cpu=0)
    measured = {1: {name: [idle] for name in ("lienthong", "strawberry", "handwritten")}}
    written = summary(measured, Options(sizes=(1,), rounds=1), {"cores": 2})
    assert written["sizes"]["1"]["ours_over"]["handwritten"]["total_cpu"]["median"] == 1
    assert [target["met"] for target in written["acceptance"]] == [False]
    assert orjson.dumps(written)
