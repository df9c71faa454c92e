"""Why a request is refused before anything is read."""

from __future__ import annotations

from errors import LienthongError, Visibility

__all__ = [
    "AuditError",
    "ContractExpiredError",
    "ContractNotActiveError",
    "ContractUnknownError",
    "CredentialsExpiredError",
    "CredentialsInvalidError",
    "CredentialsMissingError",
    "GovernanceUnavailableError",
    "PurposeNotPermittedError",
    "PurposeRequiredError",
    "QuotaExceededError",
    "RateLimitedError",
    "RefusedError",
]


class RefusedError(LienthongError):
    """the request is refused"""

    visibility = Visibility.CLIENT
    status = 403


class CredentialsMissingError(RefusedError):
    """no credentials were given"""

    code = "UNAUTHENTICATED"
    status = 401
    remedy = "send `Authorization: Bearer <API key>`"


class CredentialsInvalidError(RefusedError):
    """the credentials are not valid"""

    code = "UNAUTHENTICATED"
    status = 401
    remedy = "send `Authorization: Bearer <API key>` with a key that was issued to you"


class CredentialsExpiredError(RefusedError):
    """the API key has expired or was revoked"""

    code = "CREDENTIALS_EXPIRED"
    status = 401
    remedy = "ask the managing agency for a new key"


class ContractUnknownError(RefusedError):
    """there is no contract in force for these credentials"""

    code = "CONTRACT_UNKNOWN"
    remedy = "ask the managing agency for the state of your contract"


class ContractExpiredError(RefusedError):
    """the contract is outside its time of validity"""

    code = "CONTRACT_EXPIRED"
    remedy = "apply for a new version of the contract"


class ContractNotActiveError(RefusedError):
    """the contract is suspended or ended"""

    code = "CONTRACT_NOT_ACTIVE"
    remedy = "ask the managing agency for the state of your contract"


class PurposeRequiredError(RefusedError):
    """the contract has several purposes and the request names none"""

    code = "PURPOSE_REQUIRED"
    status = 400
    remedy = "send `X-Purpose` with one of the contract's purpose codes"


class PurposeNotPermittedError(RefusedError):
    """the purpose is not among the contract's"""

    code = "PURPOSE_NOT_PERMITTED"
    remedy = "send `X-Purpose` with one of the contract's purpose codes"


class RateLimitedError(RefusedError):
    """more requests than the contract allows in a minute"""

    code = "RATE_LIMITED"
    status = 429
    retryable = True
    remedy = "wait `retryAfter` seconds"


class QuotaExceededError(RefusedError):
    """more different persons than the contract allows in a day"""

    code = "QUOTA_EXCEEDED"
    status = 429
    retryable = True
    remedy = "go on after midnight in Việt Nam, in `retryAfter` seconds; persons read today may be read again"


class GovernanceUnavailableError(RefusedError):
    """contracts cannot be checked now"""

    code = "GOVERNANCE_UNAVAILABLE"
    status = 503
    retryable = True
    remedy = "try again later"


class AuditError(RefusedError):
    """the audit record could not be written, so nothing is answered"""

    code = "AUDIT_UNAVAILABLE"
    status = 503
    retryable = True
    remedy = "try again later"
