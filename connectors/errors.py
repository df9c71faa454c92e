"""What can go wrong at a source. Driver errors are converted into these in one place per driver."""

from __future__ import annotations

from errors import LienthongError, Visibility, default_message

__all__ = ["SourceError", "SourceFaultError", "SourceTimeoutError", "SourceUnavailableError"]


class SourceError(LienthongError):
    """a source failed"""

    visibility = Visibility.CLIENT
    retryable = True
    code = "SOURCE_UNAVAILABLE"

    def __init__(self, source: str) -> None:
        super().__init__(f"{default_message(type(self))}: `{source}`", source=source, retryable=self.retryable)
        self.source = source


class SourceUnavailableError(SourceError):
    """the source cannot be reached"""

    code = "SOURCE_UNAVAILABLE"


class SourceTimeoutError(SourceError):
    """the source did not answer in time"""

    code = "SOURCE_TIMEOUT"


class SourceFaultError(SourceError):
    """the source refused or garbled the fetch"""

    code = "SOURCE_FAULT"
    retryable = False
