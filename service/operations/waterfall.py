"""A trace as lines of a waterfall, and as bands by source: what ran side by side stands side by side.

Positions are in thousandths of the whole. Long runs of spans of one kind become one line that opens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.trace import SpanKind, StatusCode

from service.telemetry.recorder import RecordedSpan, Recording

__all__ = ["Band", "Line", "Waterfall", "waterfall_of"]

_RUN = 6
_NARROWEST = 2.0
_LANES = 24
_LEFT_OUT = frozenset({"db.query.summary"})


@dataclass(slots=True)
class Line:
    """A span, or `count` spans of one name below one parent. `kind` is request, load, fetch or stage."""

    name: str
    kind: str
    source: str
    left: float
    width: float
    milliseconds: float
    begins: float
    code: str | None
    attributes: list[tuple[str, str]] = field(default_factory=list)
    note: dict[str, Any] = field(default_factory=dict)
    children: list[Line] = field(default_factory=list)
    count: int = 1

    @property
    def is_run(self) -> bool:
        """Whether it stands for several spans."""
        return self.count > 1


@dataclass(slots=True)
class Band:
    """The fetches of a source: (lane, left, width, failed), those that overlap in lanes of their own."""

    source: str
    lanes: int
    bars: list[tuple[int, float, float, bool]]


@dataclass(frozen=True, slots=True)
class Waterfall:
    """A trace to draw. `ticks` are milliseconds at the quarters."""

    root: Line
    bands: list[Band]
    ticks: list[float]
    milliseconds: float
    spans: int
    dropped: int


def waterfall_of(recording: Recording) -> Waterfall:
    """The waterfall of a finished trace."""
    start = min(span.start_time for span in recording.spans)
    end = max(span.end_time or span.start_time for span in recording.spans)
    scale = _Scale(start, max(end - start, 1))
    children: dict[int | None, list[RecordedSpan]] = {}
    known = {span.span_id for span in recording.spans}
    for span in sorted(recording.spans, key=lambda span: span.start_time):
        if span is not recording.root:
            parent = span.parent_id if span.parent_id in known else recording.root.span_id
            children.setdefault(parent, []).append(span)
    total = (end - start) / 1e6
    return Waterfall(
        _line(recording.root, children, scale),
        list(_bands(recording.spans, scale)),
        [total * quarter / 4 for quarter in range(5)],
        total,
        len(recording.spans),
        recording.dropped,
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    start: int
    length: int

    def place(self, span: RecordedSpan) -> tuple[float, float]:
        """Left and width in thousandths; nothing is too narrow to be seen."""
        left = (span.start_time - self.start) * 1000 / self.length
        width = max(((span.end_time or span.start_time) - span.start_time) * 1000 / self.length, _NARROWEST)
        return round(min(left, 1000 - _NARROWEST), 2), round(min(width, 1000 - min(left, 1000 - _NARROWEST)), 2)


def _line(span: RecordedSpan, children: dict[int | None, list[RecordedSpan]], scale: _Scale) -> Line:
    left, width = scale.place(span)
    told = span.attributes
    return Line(
        span.name,
        _kind(span),
        told.get("lienthong.source", ""),
        left,
        width,
        _milliseconds(span),
        (span.start_time - scale.start) / 1e6,
        told.get("error.type") if span.status.status_code is StatusCode.ERROR else None,
        [(name, _shown(value)) for name, value in sorted(told.items()) if name not in _LEFT_OUT],
        dict(told),
        list(_runs([_line(child, children, scale) for child in children.get(span.span_id, ())])),
    )


def _runs(lines: Sequence[Line]) -> Iterator[Line]:
    """Lines of one name that are many, together where the first stands."""
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(line.name, []).append(line)
    for group in groups.values():
        if len(group) < _RUN:
            yield from group
            continue
        left = min(line.left for line in group)
        failed = [line.code for line in group if line.code]
        first = group[0]
        yield Line(
            first.name,
            first.kind,
            first.source,
            left,
            round(max(line.left + line.width for line in group) - left, 2),
            max(line.milliseconds for line in group),
            first.begins,
            failed[0] if failed else None,
            note={"failed": len(failed), "total": sum(line.milliseconds for line in group)},
            children=group,
            count=len(group),
        )


def _bands(spans: Sequence[RecordedSpan], scale: _Scale) -> Iterator[Band]:
    by_source: dict[str, list[RecordedSpan]] = {}
    for span in spans:
        if span.kind is SpanKind.CLIENT:
            by_source.setdefault(span.attributes.get("lienthong.source", "?"), []).append(span)
    for source, fetches in sorted(by_source.items()):
        free: list[int] = []
        bars = []
        for span in sorted(fetches, key=lambda span: span.start_time):
            lane = next((lane for lane, until in enumerate(free) if until <= span.start_time), len(free))
            if lane == len(free):
                free.append(0)
            free[lane] = span.end_time or span.start_time
            bars.append((min(lane, _LANES - 1), *scale.place(span), span.status.status_code is StatusCode.ERROR))
        yield Band(source, min(len(free), _LANES), bars)


def _kind(span: RecordedSpan) -> str:
    if span.kind is SpanKind.SERVER:
        return "request"
    if span.kind is SpanKind.CLIENT:
        return "fetch"
    return "load" if span.name.startswith("load ") else "stage"


def _milliseconds(span: RecordedSpan) -> float:
    return ((span.end_time or span.start_time) - span.start_time) / 1e6


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
