"""How late the event loop is: a task that only sleeps, and what it oversleeps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["watch_lag"]

_EVERY = 0.1


async def watch_lag(observe: Callable[[float], None]) -> None:
    """Observe the lag in seconds, ten times a second, until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + _EVERY
        await asyncio.sleep(_EVERY)
        observe(max(0.0, loop.time() - due))
