"""Why an act of the process is refused."""

from __future__ import annotations

from typing import Any

from errors import LienthongError, Visibility

__all__ = [
    "AttachmentRefusedError",
    "CaseRefusedError",
    "CaseUnknownError",
    "ConcealmentRefusedError",
    "DossierChangedError",
    "DossierUnknownError",
    "KeyOverError",
    "MoveRefusedError",
    "NoticeRefusedError",
    "ProcessError",
    "RequestIncompleteError",
    "RoleRequiredError",
    "SignInFailedError",
    "ValueRefusedError",
]


class ProcessError(LienthongError):
    """the act is refused"""

    code = "ACT_REFUSED"
    status = 409
    visibility = Visibility.CLIENT


class MoveRefusedError(ProcessError):
    """the move is not possible"""

    code = "MOVE_REFUSED"
    remedy = "see which moves the version's state and your roles allow"


class RoleRequiredError(ProcessError):
    """this is not for the account's roles"""

    code = "ROLE_REQUIRED"
    status = 403


class RequestIncompleteError(ProcessError):
    """something is missing

    `missing` names all of it at once: each item has `path`, `vi` and `en`.
    """

    code = "REQUEST_INCOMPLETE"
    status = 422
    remedy = "add what `missing` names"

    def __init__(self, missing: list[dict[str, Any]]) -> None:
        super().__init__(f"{len(missing)} item(s) are missing", missing=missing)
        self.missing = missing


class DossierUnknownError(ProcessError):
    """there is no such contract version that this account may see"""

    code = "DOSSIER_UNKNOWN"
    status = 404


class DossierChangedError(ProcessError):
    """somebody changed it meanwhile"""

    code = "DOSSIER_CHANGED"
    remedy = "read it again and repeat the change"


class ValueRefusedError(ProcessError):
    """a value cannot be kept: it holds characters or numbers that the database does not take"""

    code = "VALUE_REFUSED"
    status = 422


class AttachmentRefusedError(ProcessError):
    """the document is not taken"""

    code = "ATTACHMENT_REFUSED"
    status = 422


class SignInFailedError(ProcessError):
    """the account or its password or key is not valid"""

    code = "SIGN_IN_FAILED"
    status = 401


class CaseUnknownError(ProcessError):
    """there is no such case"""

    code = "CASE_UNKNOWN"
    status = 404


class CaseRefusedError(ProcessError):
    """the case does not take this"""

    code = "CASE_REFUSED"
    remedy = "see the case's state and what it needs"


class NoticeRefusedError(ProcessError):
    """the notice cannot be published like this"""

    code = "NOTICE_REFUSED"
    status = 422


class ConcealmentRefusedError(ProcessError):
    """the concealment cannot be set like this"""

    code = "CONCEALMENT_REFUSED"
    status = 422


class KeyOverError(SignInFailedError):
    """the account's key has expired or was revoked, or its account is closed; it is genuine"""
