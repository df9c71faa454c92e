"""What each process of a load does.

Make a shard and write it to every database, over connections that it keeps.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from samples import postgres
from samples.generate import Sample, shard
from samples.mongo import Sources

if TYPE_CHECKING:
    from samples.postgres import Connection


@dataclass(frozen=True, slots=True)
class _Desk:
    sample: Sample
    runner: asyncio.Runner
    connection: Connection
    sources: Sources


_desks: list[_Desk] = []


def open_desk(sample: Sample, admin_url: str, mongo_urls: Mapping[str, str]) -> None:
    """Connect this process once; the connections end with it."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    runner = asyncio.Runner()
    _desks.append(_Desk(sample, runner, runner.run(postgres.connect(admin_url)), Sources(mongo_urls)))


def _end_with_parent() -> None:
    """A pool's process outlives a parent that was killed, and would write into the load that comes after."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def load_shard(number: int) -> Counter[str]:
    """Make and write the shard `number`.

    Returns the number of rows and documents written by table and collection.
    """
    desk = _desks[0]
    made = shard(desk.sample, number)
    desk.runner.run(postgres.copy(desk.connection, made))
    counts = Counter({table: len(rows) for table, rows in made.tables.items()})
    counts.update(desk.sources.insert(made))
    return counts
