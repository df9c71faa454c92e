"""What a client can do wrong, or may not have; each becomes one GraphQL error with a stable code."""

from __future__ import annotations

from errors import LienthongError, Visibility

__all__ = [
    "ClientError",
    "CursorError",
    "FieldNotInContractError",
    "InputError",
    "LimitExceededError",
    "OperationError",
    "ParseError",
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


class SourceDataError(ClientError):
    """the source keeps a value that is not of the field's type"""

    code = "SOURCE_DATA_INVALID"


class PlanError(LienthongError):
    """the operation cannot be planned under this contract"""
