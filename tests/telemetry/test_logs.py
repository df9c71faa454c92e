"""Log lines: one a request at most, as JSON or for a terminal, with the trace id and without any value."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from service.embedded import EmbeddedServers
from service.telemetry.logs import LogFormat, log_formatter
from tests.running import Governance, RunningService, observed_tracing, settings_for
from tests.telemetry.load import EVERYWHERE


class Lines(logging.Handler):
    """What a collector of log lines would read."""

    def __init__(self, form: LogFormat = "json") -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(log_formatter(form))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextmanager
def reading(form: LogFormat = "json") -> Iterator[list[str]]:
    handler, root = Lines(form), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield handler.lines
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


@pytest.fixture(scope="module")
def number(governance: Governance) -> str:
    rows = governance.fetch("SELECT personal_id FROM population.citizen WHERE NOT protected ORDER BY 1 LIMIT 1")
    return str(rows[0]["personal_id"])


@pytest.mark.parametrize(
    ("which", "expected"), [("all", ["answered", "refused", "answered"]), ("notable", ["refused"]), ("none", [])]
)
def test_a_request_has_one_line_at_most(
    databases: EmbeddedServers, governance: Governance, number: str, which: str, expected: list[str]
) -> None:
    observed_tracing()
    with RunningService(settings_for(databases, log_requests=which)) as service, reading() as lines:
        service.governance = governance
        answers = [
            service.post("mot-cua", EVERYWHERE, {"i": number}),
            service.post("mot-cua", f'{{ citizen(personalId: "{number}") {{ nothing }} }}'),
            service.post("mot-cua", "{ viewer { client } }"),
        ]
        service.settle()
    told = [json.loads(line) for line in lines if '"event": "request"' in line]
    assert [line["result"] for line in told] == expected
    by_trace = {answer.headers["x-trace-id"]: answer for answer in answers}
    for line in told:
        del by_trace[line["trace_id"]]
        assert (line["client"], line["contract"], line["level"]) == ("mot-cua", "mot-cua-lien-thong", "info")
        assert line["time"].endswith("Z")
    assert number not in "".join(lines)
    if which == "all":
        assert (told[0]["fetches"], told[0]["operation"]) == (5, "KhapNoi")
        assert told[1]["codes"] == ["GRAPHQL_VALIDATION_FAILED"]


def test_a_terminal_gets_lines_for_people(databases: EmbeddedServers, governance: Governance) -> None:
    observed_tracing()
    with RunningService(settings_for(databases, log_requests="all")) as service, reading("console") as lines:
        service.governance = governance
        service.post("mot-cua", "{ viewer { client } }")
        service.settle()
    (line,) = [line for line in lines if "request" in line]
    assert "client=mot-cua" in line
    assert not line.startswith("{")


def test_an_exception_is_told_by_its_kind_and_place_and_not_by_its_words() -> None:
    with reading() as lines:
        try:
            int("the number 079199000123")
        except ValueError:
            logging.getLogger("lienthong.test").exception("it failed")
            logging.getLogger("lienthong.test").warning("again", exc_info=True)
    assert len(lines) == 2
    for line in lines:
        told = json.loads(line)
        assert told["exception"] == "ValueError"
        assert any("test_logs.py" in place for place in told["places"])
        assert "079199000123" not in line


def test_every_line_within_a_request_has_its_trace_id(
    databases: EmbeddedServers, governance: Governance, monkeypatch: pytest.MonkeyPatch
) -> None:
    observed_tracing()
    with RunningService(settings_for(databases, log_requests="none")) as service, reading() as lines:
        service.governance = governance

        def fail(*_: object) -> None:
            raise RuntimeError(f"the number is {int('079199000122') + 1:012}")

        monkeypatch.setattr("service.endpoint.read_operation", fail)
        answer = service.post("mot-cua", "{ viewer { client } }")
    assert answer.status_code == 500
    told = [json.loads(line) for line in lines]
    (unexpected,) = [line for line in told if "RuntimeError" in line["event"]]
    assert unexpected["trace_id"] == answer.headers["x-trace-id"]
    assert "079199000123" not in "".join(lines)
