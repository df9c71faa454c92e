"""Traces on a machine with no collector: finished traces in a file, one JSON line each, and a tree for the terminal.

Meant for the demo; a deployment exports to an OTLP collector instead.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.trace import SpanKind

__all__ = ["TraceFile", "find_trace", "render_trace"]

_SHOWN = ("lienthong.source", "lienthong.fetch.keys", "lienthong.fetch.rows", "lienthong.plan.cache_hit", "error.type")


class TraceFile(SpanProcessor):
    """Appends each trace when its request ends; at `limit` bytes the file starts anew."""

    def __init__(self, path: Path, *, limit: int = 5_000_000) -> None:
        self._path = path
        self._limit = limit
        self._open: dict[int, list[dict[str, Any]]] = {}
        self._lock = threading.Lock()

    def on_end(self, span: ReadableSpan) -> None:
        """Keep a finished span; write the trace when it is the request's."""
        if span.context is None:
            return
        with self._lock:
            spans = self._open.setdefault(span.context.trace_id, [])
            spans.append(_fields(span))
            if span.kind is SpanKind.SERVER:
                del self._open[span.context.trace_id]
                self._write({"trace": f"{span.context.trace_id:032x}", "spans": spans})

    def _write(self, trace: dict[str, Any]) -> None:
        full = self._path.exists() and self._path.stat().st_size > self._limit
        with self._path.open("wb" if full else "ab") as file:
            file.write(orjson.dumps(trace) + b"\n")


def find_trace(path: Path, trace_id: str | None) -> dict[str, Any] | None:
    """The trace of an id, or the latest; None when the file has no such trace."""
    found = None
    if path.exists():
        with path.open("rb") as file:
            for line in file:
                trace = orjson.loads(line)
                if trace_id is None or trace["trace"] == trace_id:
                    found = trace
    return found


def render_trace(trace: dict[str, Any]) -> str:
    """The trace as a tree: when each span began and how long it took (milliseconds), and what it was about."""
    spans = sorted(trace["spans"], key=lambda span: span["start"])
    ids = {span["id"] for span in spans}
    roots = [span for span in spans if span["parent"] not in ids]
    start = spans[0]["start"]
    lines = [f"trace {trace['trace']}", f"{'begin':>9} {'took':>9}  ms"]
    for root in roots:
        lines += _tree(root, spans, start, 0)
    return "\n".join(lines)


def _tree(span: dict[str, Any], spans: list[dict[str, Any]], start: int, depth: int) -> Iterator[str]:
    begin, took = (span["start"] - start) / 1e6, (span["end"] - span["start"]) / 1e6
    facts = " ".join(f"{name.removeprefix('lienthong.')}={value}" for name, value in span["attributes"].items())
    yield f"{begin:9.2f} {took:9.2f}  {'  ' * depth}{span['name']}  {facts}".rstrip()
    for child in spans:
        if child["parent"] == span["id"]:
            yield from _tree(child, spans, start, depth + 1)


def _fields(span: ReadableSpan) -> dict[str, Any]:
    context, attributes = span.context, span.attributes or {}
    return {
        "id": f"{context.span_id:016x}" if context else "",
        "parent": f"{span.parent.span_id:016x}" if span.parent else None,
        "name": span.name,
        "start": span.start_time or 0,
        "end": span.end_time or 0,
        "attributes": {name: attributes[name] for name in _SHOWN if name in attributes},
    }
