"""A bar chart as figures for an inline SVG: no script and no style attribute, which the page's policy forbids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

__all__ = ["Bar", "Chart"]

WIDTH, HEIGHT = 720, 160


@dataclass(frozen=True, slots=True)
class Bar:
    """A day's bar: place and size in the drawing's units, and what it stands for."""

    x: float
    y: float
    width: float
    height: float
    day: date
    value: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars from left to right, and the value that the top line stands for."""

    bars: Sequence[Bar]
    top: int
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def total(self) -> int:
        """All values together."""
        return sum(bar.value for bar in self.bars)

    @classmethod
    def of(cls, values: Sequence[tuple[date, int]]) -> Chart:
        """The chart of a value a day; a value above nothing can always be seen."""
        top = _round_up(max((value for _, value in values), default=0))
        step = WIDTH / max(1, len(values))
        bars = []
        for place, (day, value) in enumerate(values):
            height = round(max(2.0, HEIGHT * value / top), 1) if value else 0.0
            bars.append(
                Bar(round(place * step + 1, 1), round(HEIGHT - height, 1), round(step - 2, 1), height, day, value)
            )
        return cls(bars, top)


def _round_up(value: int) -> int:
    """The least of 1, 2, 5, 10, 20, 50, ... that is not below a value."""
    scale = 1
    while True:
        for step in (1, 2, 5):
            if step * scale >= value:
                return step * scale
        scale *= 10
