"""Why a request is refused before anything is read."""

from __future__ import annotations

from errors import LienthongError, Visibility

__all__ = [
    "AuditError",
    "CertificateRequiredError",
    "ContractExpiredError",
    "ContractNotActiveError",
    "ContractRequiredError",
    "ContractUnknownError",
    "CredentialsError",
    "CredentialsExpiredError",
    "CredentialsInvalidError",
    "CredentialsMissingError",
    "GovernanceUnavailableError",
    "IssuerUnavailableError",
    "PurposeNotPermittedError",
    "PurposeRequiredError",
    "QuotaExceededError",
    "RateLimitedError",
    "RefusedError",
    "TokenInvalidError",
    "TooManyAttemptsError",
]


class RefusedError(LienthongError):
    """the request is refused"""

    visibility = Visibility.CLIENT
    status = 403


class CredentialsError(RefusedError):
    """who asks is not established"""

    code = "UNAUTHENTICATED"
    status = 401

    def headers(self) -> dict[str, str]:
        """The challenge of RFC 6750, section 3, which says what is wrong with what was sent."""
        challenge = f'Bearer realm="lienthong", error="invalid_token", error_description="{self.message}"'
        return {"www-authenticate": challenge}


class CredentialsMissingError(CredentialsError):
    """no credentials were given"""

    remedy = "send `Authorization: Bearer <API key or access token>`"

    def headers(self) -> dict[str, str]:
        """The challenge without an error code, as RFC 6750 wants it for a request without credentials."""
        return {"www-authenticate": 'Bearer realm="lienthong"'}


class CredentialsInvalidError(CredentialsError):
    """the credentials are not valid"""

    remedy = "send `Authorization: Bearer <API key or access token>`, once, with one that was issued to you"


class TokenInvalidError(CredentialsError):
    """the access token is not valid"""

    code = "TOKEN_INVALID"
    status = 401
    remedy = "get a new access token for this service from your authorization server"


class CertificateRequiredError(CredentialsError):
    """the credentials are bound to a client certificate that did not come with the request"""

    code = "CERTIFICATE_REQUIRED"
    status = 401
    remedy = "connect with the certificate that the credentials were issued for"


class CredentialsExpiredError(CredentialsError):
    """the credentials have expired or were revoked

    `holder` names the credentials: they are genuine, so what is tried with them counts against them alone.
    """

    code = "CREDENTIALS_EXPIRED"
    status = 401
    remedy = "get a new access token, or ask the managing agency for a new key"

    def __init__(self, holder: str) -> None:
        super().__init__()
        self.holder = holder


class TooManyAttemptsError(RefusedError):
    """too many requests with credentials that are not valid came from there

    `crossing`: whether this is the first refusal after a time without any, which is audited by itself.
    """

    code = "TOO_MANY_ATTEMPTS"
    status = 429
    retryable = True
    remedy = "wait as long as `retryAfter` says (seconds), and check the credentials"

    def __init__(self, retry_after: int, *, crossing: bool) -> None:
        super().__init__(None, retryAfter=retry_after)
        self.crossing = crossing


class IssuerUnavailableError(RefusedError):
    """the keys of the token's issuer cannot be read now"""

    code = "ISSUER_UNAVAILABLE"
    status = 503
    retryable = True
    remedy = "try again later"


class ContractUnknownError(RefusedError):
    """there is no contract in force for these credentials"""

    code = "CONTRACT_UNKNOWN"
    remedy = "ask the managing agency for the state of your contract"


class ContractRequiredError(RefusedError):
    """the client has several contracts and the access token names none"""

    code = "CONTRACT_REQUIRED"
    status = 403
    remedy = "get an access token whose claim `contract` names one of `contracts`"


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
