"""The databases of a demo, with invented citizens in them."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from samples.load import load
from service.embedded import EmbeddedServers
from service.migrate import migrate

__all__ = ["SOURCES", "prepare_databases"]

SOURCES = ("social_insurance", "health", "transport", "civil_status", "education")
SEED = 46


async def prepare_databases(servers: EmbeddedServers, *, citizens: int, console: Console, seed: int = SEED) -> None:
    """Migrate and load the sample data; what is there already is kept."""
    applied = await migrate(servers.admin_url)
    if applied:
        console.print(f"Cơ sở dữ liệu (schemas): {', '.join(applied)}")
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    ) as progress:
        tasks: dict[str, Any] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage, total=total)
            progress.update(tasks[stage], completed=done, total=total)

        await load(
            servers.admin_url,
            {source: servers.mongo_url(source) for source in SOURCES},
            citizens=citizens,
            seed=seed,
            progress=report,
        )
