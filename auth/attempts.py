"""Failed attempts to authenticate, limited per source: who guesses is refused before anything is read.

A source is a network address, or genuine credentials that have expired. Each worker counts for itself, in bounded
memory.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from auth.cache import LruCache
from auth.errors import TooManyAttemptsError

__all__ = ["WINDOW", "FailedAttempts"]

WINDOW = 300.0
"""Seconds for which a failed attempt counts."""

_SOURCES = 10_000


@dataclass(slots=True)
class _Source:
    failures: deque[float]
    refused_at: float = -math.inf


class FailedAttempts:
    """Allows `limit` failed attempts per source in any `WINDOW`. Of too many sources the least recent is forgotten."""

    def __init__(self, limit: int, *, sources: int = _SOURCES, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._most = sources
        self._sources: LruCache[str, _Source] = LruCache(sources)
        self._unreported: dict[str, int] = {}

    def admit(self, source: str) -> None:
        """Let an attempt be made. Raises `TooManyAttemptsError` when the source has failed too often."""
        known = self._sources.get(source)
        if known is not None:
            self._refuse_if_full(source, known)

    def failed(self, source: str) -> None:
        """Count a failed attempt. Raises `TooManyAttemptsError` when the source had failed too often before it."""
        known = self._sources.get_or_make(source, lambda: _Source(deque(maxlen=self._limit)))
        self._refuse_if_full(source, known)
        known.failures.append(self._clock())

    def unreported(self) -> dict[str, int]:
        """How many attempts of each source were refused since the last call, crossings apart."""
        counted, self._unreported = self._unreported, {}
        return counted

    def report_later(self, source: str, attempts: int) -> None:
        """Count refused attempts for the next report; of too many sources the last are told together."""
        named = source if source in self._unreported or len(self._unreported) < self._most else "elsewhere"
        self._unreported[named] = self._unreported.get(named, 0) + attempts

    def _refuse_if_full(self, source: str, known: _Source) -> None:
        now = self._clock()
        if len(known.failures) < self._limit or now - known.failures[0] >= WINDOW:
            return
        crossing = now - known.refused_at >= WINDOW
        known.refused_at = now
        if not crossing:
            self.report_later(source, 1)
        raise TooManyAttemptsError(math.ceil(known.failures[0] + WINDOW - now), crossing=crossing)
