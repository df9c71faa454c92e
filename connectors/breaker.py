"""The breaker of a source: while it fails, nothing waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["Breaker"]


class Breaker:
    """Opens after `failures` failures in a row and lets one trial through after `rest` seconds.

    `clock` gives seconds and never runs backwards.
    """

    def __init__(self, *, failures: int = 5, rest: float = 2.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._failures = failures
        self._rest = rest
        self._clock = clock
        self._in_a_row = 0
        self._closed_until: float = 0.0

    @property
    def state(self) -> str:
        """`closed`, `open` or `half-open`."""
        if self._in_a_row < self._failures:
            return "closed"
        return "open" if self._clock() < self._closed_until else "half-open"

    def admit(self) -> bool:
        """Whether a fetch may be tried now; a half-open breaker admits one and shuts again."""
        state = self.state
        if state == "half-open":
            self._closed_until = self._clock() + self._rest
        return state != "open"

    def succeeded(self) -> None:
        """Close the breaker."""
        self._in_a_row = 0

    def failed(self) -> None:
        """Count a failure; the last one allowed opens the breaker."""
        self._in_a_row += 1
        if self._in_a_row >= self._failures:
            self._closed_until = self._clock() + self._rest
