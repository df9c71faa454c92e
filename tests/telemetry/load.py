"""Load as clients make it: several at a time, each about other citizens, until the block ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from random import Random

import httpx

from tests.running import RunningService

__all__ = ["EVERYWHERE", "busy"]

EVERYWHERE = """query KhapNoi($i: PersonalId!) { citizen(personalId: $i) {
  birthName { full } healthInsuranceCard { number } vehicles { plate } marriageRecords { status } degrees { title }
} }"""
"""A query that five sources are asked for."""

Ask = Callable[[httpx.Client, Random, int], object]
"""Sends one request."""


@contextmanager
def busy(service: RunningService, asks: Sequence[Ask]) -> Iterator[Callable[[int], None]]:
    """One client for each of `asks`; gives what waits until so many more requests were answered."""
    stop, lock, answered = threading.Event(), threading.Condition(), count()
    state = {"answered": 0}
    faults: list[BaseException] = []

    def work(ask: Ask, seed: int) -> None:
        random = Random(seed)
        try:
            with httpx.Client(timeout=30, base_url=service.url) as http:
                while not stop.is_set():
                    ask(http, random, next(answered))
                    with lock:
                        state["answered"] += 1
                        lock.notify_all()
        except BaseException as error:  # noqa: BLE001 - told by the test
            faults.append(error)

    threads = [threading.Thread(target=work, args=(ask, seed), name="load") for seed, ask in enumerate(asks)]
    for thread in threads:
        thread.start()

    def wait(requests: int) -> None:
        with lock:
            wanted = state["answered"] + requests
            assert lock.wait_for(lambda: faults or state["answered"] >= wanted, 60), "no answers"

    try:
        yield wait
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    assert not faults, faults
