"""Load the invented register into PostgreSQL and MongoDB: `python -m samples.load --help`."""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from samples import postgres
from samples.generate import Sample
from samples.mongo import Sources
from samples.postgres import LoadError
from samples.worker import load_shard, open_desk

Progress = Callable[[str, int, int], None]
"""Called with a stage, what is done, and the total.

Stages: `emptying`, `citizens`, `population indexes`, `document indexes`; the last two run side by side.
"""


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a call of `load` did.

    `loaded` is False when the same sample was there already; then `counts` is empty.

    `counts` gives rows and documents by table and collection, `seconds` the time taken.
    """

    citizens: int
    seed: int
    loaded: bool
    counts: Mapping[str, int]
    seconds: float


async def load(
    admin_url: str, mongo_urls: Mapping[str, str], *, citizens: int, seed: int, progress: Progress
) -> LoadReport:
    """Fill `population` and the given document databases with `citizens` invented people made from `seed`.

    `admin_url` needs the owner of the schema, migrations done; `mongo_urls` maps source names to URLs that
    name a database. A second call with the same count, seed and generator does nothing; any other replaces
    the sample that is there. Raises LoadError when migrations are missing, another load runs, or there are
    data that no sample load put there; ValueError for a count or a source that has no samples; drivers'
    errors when a database fails.
    """
    started = time.monotonic()
    sample = Sample(citizens, seed)
    sources = Sources(mongo_urls)
    connection = await postgres.connect(admin_url)
    counts: Counter[str] = Counter()
    try:
        await postgres.lock(connection)
        register = await postgres.is_loaded(connection, sample)
        documents = await asyncio.to_thread(sources.are_loaded, sample)
        if not (register and documents):
            progress("emptying", 0, 1)
            await postgres.prepare(connection, sample)
            await asyncio.to_thread(sources.prepare, sample)
            progress("emptying", 1, 1)
            counts = await _load_shards(sample, admin_url, mongo_urls, progress)
            await asyncio.gather(
                postgres.finish(connection, lambda done, total: progress("population indexes", done, total)),
                asyncio.to_thread(
                    sources.finish, sample, lambda done, total: progress("document indexes", done, total)
                ),
            )
    finally:
        await connection.close()
        await asyncio.to_thread(sources.close)
    return LoadReport(citizens, seed, bool(counts), counts, time.monotonic() - started)


async def _load_shards(
    sample: Sample, admin_url: str, mongo_urls: Mapping[str, str], progress: Progress
) -> Counter[str]:
    loop = asyncio.get_running_loop()
    counts: Counter[str] = Counter()
    pool = ProcessPoolExecutor(
        max_workers=min(sample.shards, os.cpu_count() or 1, 8),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=open_desk,
        initargs=(sample, admin_url, dict(mongo_urls)),
    )
    try:
        progress("citizens", 0, sample.citizens)
        for written in asyncio.as_completed(
            [loop.run_in_executor(pool, load_shard, number) for number in range(sample.shards)]
        ):
            counts += await written
            progress("citizens", counts["citizen"], sample.citizens)
    finally:
        await asyncio.to_thread(pool.shutdown, cancel_futures=True)
    return counts


def main() -> None:
    """The command line: loads and prints what was written, or one line saying why not."""
    parser = argparse.ArgumentParser(prog="python -m samples.load", description=__doc__)
    parser.add_argument("--admin-url", required=True, help="PostgreSQL URL of the owner of the schema population")
    parser.add_argument("--mongo", action="append", default=[], metavar="NAME=URL", help="a document database; repeat")
    parser.add_argument("--citizens", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=46)
    options = parser.parse_args()
    pairs = [text.partition("=") for text in options.mongo]
    urls = {name: url for name, _, url in pairs}

    def show(stage: str, done: int, total: int) -> None:
        end = "\n" if done >= total else ""
        sys.stderr.write(f"\r{stage}: {done:,} / {total:,}   {end}")
        sys.stderr.flush()

    try:
        report = asyncio.run(load(options.admin_url, urls, citizens=options.citizens, seed=options.seed, progress=show))
    except (LoadError, ValueError) as error:
        raise SystemExit(f"not loaded: {error}") from error
    if not report.loaded:
        sys.stdout.write("already loaded: nothing to do\n")
        return
    for name, count in report.counts.items():
        sys.stdout.write(f"{name:20} {count:>12,}\n")
    sys.stdout.write(f"{report.seconds:.1f} s\n")


if __name__ == "__main__":
    main()
