"""The one base class of every error, and who may read its message.

An error is for the *client* or for the *operator*. The default is the operator: what was not
written for a client never reaches one (`public_message` censors it).
"""

from __future__ import annotations

from enum import Enum
from typing import Any, ClassVar

__all__ = ["LienthongError", "Visibility", "default_message"]


class Visibility(Enum):
    """Who may read the message of an error."""

    CLIENT = "client"
    OPERATOR = "operator"


class LienthongError(Exception):
    """internal error

    The first line of a subclass' docstring is its default message. `code` is the stable name that
    clients program against; `status` is the HTTP status used when no part of the request was answered.
    """

    code: ClassVar[str] = "INTERNAL_SERVER_ERROR"
    status: ClassVar[int] = 500
    visibility: ClassVar[Visibility] = Visibility.OPERATOR
    retryable: ClassVar[bool] = False
    remedy: ClassVar[str | None] = None

    def __init__(self, message: str | None = None, /, **details: Any) -> None:
        self.message = message or default_message(type(self))
        self.details = details
        super().__init__(self.message)

    @property
    def public_message(self) -> str:
        """The text a client may see: the message, or a fixed sentence when it is the operator's."""
        if self.visibility is Visibility.CLIENT:
            return self.message
        return "the service could not answer; give the trace id to the operator"

    def extensions(self) -> dict[str, Any]:
        """The `extensions` of the GraphQL error: `code`, `remedy` if there is one, and the public details."""
        public = {"code": self.code}
        if self.remedy:
            public["remedy"] = self.remedy
        if self.visibility is Visibility.CLIENT:
            public.update(self.details)
        return public

    def headers(self) -> dict[str, str]:
        """HTTP header fields of an answer that is this error and nothing else."""
        return {}


def default_message(kind: type[Exception]) -> str:
    """The message of an error that was raised without one: the first line of its docstring."""
    return (kind.__doc__ or kind.__name__).strip().splitlines()[0]
