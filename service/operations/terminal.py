"""`lienthong trace`: a trace of the running service, asked for over HTTP, as a tree for the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx

from errors import LienthongError
from service.settings import Settings

__all__ = ["fetch_trace", "render_trace"]

_SHOWN = (
    "lienthong.source",
    "lienthong.fetch.keys",
    "db.response.returned_rows",
    "lienthong.pool.wait",
    "lienthong.plan.cache_hit",
    "error.type",
)
_PREFIXES = ("lienthong.", "db.response.")


def fetch_trace(settings: Settings, trace_id: str | None) -> dict[str, Any]:
    """The trace of an id, or the latest, from the service of these settings. Raises `LienthongError`."""
    if settings.operator_key is None:
        raise LienthongError("set LIENTHONG_OPERATOR_KEY, here and for the service")
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104 - compared, not bound
    url = f"http://{host}:{settings.port}/traces/{trace_id or 'latest'}.json"
    try:
        answer = httpx.get(
            url, headers={"authorization": f"Bearer {settings.operator_key.get_secret_value()}"}, timeout=10
        )
    except httpx.HTTPError as error:
        raise LienthongError(f"no service answers at {host}:{settings.port}") from error
    if answer.status_code != 200:
        raise LienthongError(f"{answer.json().get('message')}; {answer.json().get('remedy', '')}".rstrip("; "))
    found: dict[str, Any] = answer.json()
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
    facts = " ".join(_fact(name, span["attributes"][name]) for name in _SHOWN if name in span["attributes"])
    yield f"{begin:9.2f} {took:9.2f}  {'  ' * depth}{span['name']}  {facts}".rstrip()
    for child in spans:
        if child["parent"] == span["id"]:
            yield from _tree(child, spans, start, depth + 1)


def _fact(name: str, value: Any) -> str:
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return f"{name}={value:.6f}" if isinstance(value, float) else f"{name}={value}"
