"""What a client can do wrong, or may not have; each becomes one GraphQL error with a stable code."""

from __future__ import annotations

from errors import LienthongError, Visibility

__all__ = [
    "CitizenRequiredError",
    "ClientError",
    "CursorError",
    "DocumentNotAllowedError",
    "FieldNotInContractError",
    "InputError",
    "LimitExceededError",
    "OperationError",
    "ParseError",
    "PersistedQueryMismatchError",
    "PersistedQueryNotFoundError",
    "PersistedQueryNotSupportedError",
    "PlanError",
    "SourceDataError",
    "ValidationError",
]


class ClientError(LienthongError):
    """the request cannot be answered as it stands"""

    visibility = Visibility.CLIENT
    status = 400
    code = "BAD_REQUEST"


class ParseError(ClientError):
    """the document is not GraphQL"""

    code = "GRAPHQL_PARSE_FAILED"


class ValidationError(ClientError):
    """the document does not fit the schema of this contract"""

    code = "GRAPHQL_VALIDATION_FAILED"


class DocumentNotAllowedError(ClientError):
    """the contract runs its stored documents only, and this is none of them"""

    code = "DOCUMENT_NOT_ALLOWED"
    status = 403
    remedy = "send a document of the contract byte for byte, or its SHA-256; for another one apply for a new version"


class PersistedQueryNotFoundError(ClientError):
    """PersistedQueryNotFound"""

    # The messages of this error and the next are part of Apollo's protocol: some clients look at nothing else.
    code = "PERSISTED_QUERY_NOT_FOUND"
    remedy = "send the query together with its hash"


class PersistedQueryNotSupportedError(ClientError):
    """PersistedQueryNotSupported"""

    code = "PERSISTED_QUERY_NOT_SUPPORTED"
    remedy = "send `extensions.persistedQuery` of version 1, or the query alone"


class PersistedQueryMismatchError(ClientError):
    """`sha256Hash` is not the hash of the query"""

    code = "PERSISTED_QUERY_HASH_MISMATCH"
    remedy = "send the SHA-256 of the query's text in UTF-8, as 64 hexadecimal digits in lower case"


class OperationError(ClientError):
    """the operation to run is not clear"""

    code = "OPERATION_RESOLUTION_FAILURE"


class InputError(ClientError):
    """a variable or argument has an invalid value"""

    code = "BAD_USER_INPUT"


class CursorError(InputError):
    """the cursor is not one of this search's"""

    remedy = "pass `pageInfo.endCursor` of a page of this search, with the same order and purpose"


class LimitExceededError(ClientError):
    """a limit of the contract is exceeded"""

    code = "LIMIT_EXCEEDED"


class FieldNotInContractError(ClientError):
    """the field is not in the contract"""

    code = "FIELD_NOT_IN_CONTRACT"


class CitizenRequiredError(ClientError):
    """the access token names no citizen who is signed in"""

    code = "CITIZEN_REQUIRED"
    remedy = "send an access token whose claim `citizen` is the number of the person who is signed in"


class SourceDataError(ClientError):
    """the source keeps a value that is not of the field's type"""

    code = "SOURCE_DATA_INVALID"


class PlanError(LienthongError):
    """the operation cannot be planned under this contract"""
