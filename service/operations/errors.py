"""What can go wrong at the pages of the people on call."""

from __future__ import annotations

from errors import LienthongError, Visibility

__all__ = ["OperatorKeyError", "TraceUnknownError"]


class OperatorKeyError(LienthongError):
    """these pages are for the people on call"""

    visibility = Visibility.CLIENT
    status = 401
    code = "OPERATOR_REQUIRED"
    remedy = "send the operator key (LIENTHONG_OPERATOR_KEY) as a bearer token, or sign in at /traces/sign-in"


class TraceUnknownError(LienthongError):
    """this process keeps no such trace"""

    visibility = Visibility.CLIENT
    status = 404
    code = "TRACE_UNKNOWN"
    remedy = "look at the other workers and in the collector; the audit knows the trace id for as long as it is kept"
