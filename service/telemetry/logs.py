"""Log lines: JSON for collectors, or for a terminal; each with the trace id of what it is about.

At most one line a request tells that it was answered, and how. No value of a query or answer is ever in a line.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog
from opentelemetry import trace

from service.telemetry.summary import RequestSummary

__all__ = ["LogFormat", "LoggedRequests", "RequestLog", "log_formatter", "send_to_logging", "set_up_logs"]

LogFormat = Literal["json", "console"]
LoggedRequests = Literal["all", "notable", "none"]
"""Which requests have a line: all, those whose trace is kept for a reason (errors, slow ones), or none."""

_LOG = structlog.stdlib.get_logger("lienthong.request")


def set_up_logs(form: LogFormat, level: str) -> None:
    """Send every log line of the process to standard error, in one form, from a level (`INFO`, `WARNING` ...) on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(log_formatter(form))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    send_to_logging()


def log_formatter(form: LogFormat) -> logging.Formatter:
    """What makes a line of whatever the service or a library logs."""
    render: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if form == "console":
        render = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _tell_exception, render],
    )


def send_to_logging() -> None:
    """Let structured lines go the way of all others: through the standard library's handlers."""
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


class RequestLog:
    """Writes the lines of requests."""

    def __init__(self, which: LoggedRequests) -> None:
        self._which = which

    def take(self, request: RequestSummary, kept: str | None) -> None:
        """Write the line of a finished request, if it has one."""
        if self._which == "none" or (self._which == "notable" and kept not in {"error", "slow"}):
            return
        told = {
            "trace_id": request.trace_id,
            "environment": request.environment,
            "client": request.client,
            "contract": request.contract,
            "operation": request.operation,
            "result": request.outcome,
            "status": request.status,
            "codes": list(request.codes),
            "milliseconds": round(request.seconds * 1000, 1),
            "fetches": len(request.fetches),
            "rows": sum(fetch.rows for fetch in request.fetches),
            "failed": sorted(
                {f"{fetch.source}: {fetch.code}" for fetch in request.fetches if fetch.code}
                | {f"{source}: {code}" for source, code in request.refusals}
            ),
        }
        _LOG.info("request", **{name: value for name, value in told.items() if value or name in {"status", "fetches"}})


def _add_trace(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    context = trace.get_current_span().get_span_context()
    if context.is_valid and "trace_id" not in event:
        event["trace_id"] = f"{context.trace_id:032x}"
    return event


def _tell_exception(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception as its type and where it came from, without its words: they may hold a value."""
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    if isinstance(given, BaseException):
        given = (type(given), given, given.__traceback__)
    if given and given[0] is not None:
        event["exception"] = given[0].__name__
        event["places"] = _places(given[2])
    return event


def _places(traceback: Any) -> list[str]:
    places = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        places.append(f"{code.co_filename.rpartition('/')[2]}:{traceback.tb_lineno} {code.co_qualname}")
        traceback = traceback.tb_next
    return places


_SHARED: list[Any] = [
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    _add_trace,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
]
