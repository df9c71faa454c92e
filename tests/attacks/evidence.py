"""The evidence of an attack: what came back, was logged, traced and sent to drivers, and how to compare it."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from opentelemetry.sdk.trace import ReadableSpan

from connectors.fetch import Column, Reference
from graph.view import View
from tests.attacks.world import DATABASE
from tests.reach import Touch

__all__ = ["Evidence", "Listener", "Variables", "normal", "reads", "row_shield", "source_of", "told_by", "touched"]

Variables = Mapping[str, Any]
LOGGERS = ("lienthong", "uvicorn", "uvicorn.error", "asyncio")
_TRACE = re.compile(rb"[0-9a-f]{32}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
_SQL = re.compile(r"SELECT (?P<columns>[^\n]*)\nFROM population\.(?P<table>\w+) t\n(?P<rest>.*)", re.DOTALL)
_COLUMN = re.compile(r"(?:CASE WHEN NOT t\.(\w+) THEN )?(t|r\d+)\.(\w+)(?: END)?")
_JOIN = re.compile(r"LEFT JOIN population\.(\w+) (r\d+) ON r\d+\.(\w+) = t\.(\w+)")


class Listener(logging.Handler):
    """Keeps what every logger of the process says while the block runs, however it is set up.

    `requests` are the lines that tell of a request, and always differ.
    """

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said: list[str] = []
        self.requests: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record as an operator would read it, with its traceback."""
        if record.name == "lienthong.request":
            self.requests.append(_TIME.sub("TIME", self.format(record)))
        else:
            self.said.append(self.format(record))

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Attach to the root and to each logger that keeps its records from it; the service's own say all."""
        loggers = [logging.getLogger(), *(logging.getLogger(name) for name in ("uvicorn", "uvicorn.access"))]
        chatty = [logging.getLogger(name) for name in LOGGERS]
        levels = [logger.level for logger in chatty]
        for logger in loggers:
            logger.addHandler(self)
        for logger in chatty:
            logger.setLevel(logging.INFO)
        try:
            yield
        finally:
            for logger in loggers:
                logger.removeHandler(self)
            for logger, level in zip(chatty, levels, strict=True):
                logger.setLevel(level)


@dataclass
class Evidence:
    """Everything that one attack caused."""

    view: View
    query: str = ""
    variables: Variables = field(default_factory=dict)
    operation_name: str | None = None
    sent: str = ""
    response: httpx.Response = field(default_factory=lambda: httpx.Response(0))
    statements: list[tuple[str, str]] = field(default_factory=list)
    spans: str = ""
    logs: str = ""
    lines: str = ""

    @property
    def body(self) -> Any:
        """The answer as JSON."""
        return self.response.json()

    @property
    def data(self) -> Any:
        """The data of an answer without errors."""
        assert "errors" not in self.body, self.body["errors"]
        return self.body["data"]

    @property
    def codes(self) -> list[str]:
        """The code of each error."""
        return [error["extensions"]["code"] for error in self.body.get("errors", ())]

    @property
    def refused(self) -> bool:
        """Whether nothing was answered and nothing was read."""
        return self.response.status_code >= 400 and "data" not in self.body and not self.statements

    @property
    def texts(self) -> list[str]:
        """The statements' texts without the values in them."""
        return [_without_values(text) for _, text in self.statements]


def _without_values(text: str) -> str:
    if not text.startswith("{"):
        return text
    command = json.loads(text)
    shape = {element: list(condition) for element, condition in command.get("filter", {}).items()}
    return json.dumps([command.get("find"), shape, command.get("projection"), command.get("sort")])


def normal(evidence: Evidence, renamed: Mapping[str, str]) -> tuple[int, bytes, list[tuple[str, str]]]:
    """Status, body and headers with names replaced (as whole words), and without the trace id and the date."""
    body = _TRACE.sub(b"TRACE", evidence.response.content)
    for never, name in renamed.items():
        body = re.sub(rf"(?<![0-9A-Za-z_]){re.escape(never)}(?![0-9A-Za-z_])".encode(), name.encode(), body)
    headers = [
        (name, "" if name in {"x-trace-id", "date"} else value)
        for name, value in sorted(evidence.response.headers.multi_items())
    ]
    return evidence.response.status_code, body, headers


def told_by(span: ReadableSpan) -> str:
    """What a span says: its name, and what its attributes, events, links and status hold."""
    held = [span.attributes, *(event.attributes for event in span.events), *(link.attributes for link in span.links)]
    values = [value for attributes in held for value in (attributes or {}).values()]
    return "\n".join(map(str, [span.name, span.status.description, *(event.name for event in span.events), *values]))


def source_of(database: str) -> str:
    """The source whose canaries are in a database."""
    return database.removeprefix(f"{DATABASE}_")


def reads(source: str, text: str) -> bool:
    """Whether a statement can give data: asyncpg asks PostgreSQL for its types as well, and no path leads to ours."""
    return source != "population" or "population." in text


def row_shield(text: str) -> str | None:
    """The flag by which a statement leaves whole rows out; nothing of these needs a shield of its own."""
    found = re.search(r"(?:WHERE|AND) NOT t\.(\w+)", text)
    return found[1] if found else None


def touched(source: str, text: str) -> tuple[set[Touch], set[tuple[str, str, str]]]:
    """The columns that a statement gives, and the elements that it compares or sorts by."""
    if source != "population":
        command = json.loads(text)
        table = command["find"]
        names = {name for name, wanted in command["projection"].items() if wanted}
        compared = {*command.get("filter", {}), *(command.get("sort") or {})}
        return {(source, table, Column(name)) for name in names}, {(source, table, name) for name in compared}
    match = _SQL.match(text)
    assert match, f"an unknown statement: {text}"
    table, rest = match["table"], match["rest"]
    aliases = {alias: Reference(other, local, remote) for other, alias, remote, local in _JOIN.findall(rest)}
    given: set[Touch] = set()
    for shield, alias, name in _COLUMN.findall(match["columns"]):
        given.add((source, table, Column(name, aliases.get(alias), shield or None)))
    conditions = rest.split("WHERE ", 1)[-1]
    return given, {(source, table, name) for name in re.findall(r"\bt\.(\w+)", conditions)}
