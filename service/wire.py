"""GraphQL over HTTP: reading a request, and the status and form of its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response as HttpResponse

from resolvers.errors import (
    InputError,
    LimitExceededError,
    OperationError,
    ParseError,
    PersistedQueryNotFoundError,
    PersistedQueryNotSupportedError,
    ValidationError,
)
from resolvers.persisted import DocumentReference
from resolvers.respond import Response
from service.bodies import ENCODINGS, read_body
from service.errors import MalformedRequestError, UnsupportedContentEncodingError, UnsupportedMediaTypeError
from service.negotiation import JSON

__all__ = ["ReceivedOperation", "encode", "read_operation"]

_ABOUT_THE_OPERATION = {
    error.code
    for error in (
        ParseError,
        ValidationError,
        OperationError,
        InputError,
        LimitExceededError,
        PersistedQueryNotFoundError,
        PersistedQueryNotSupportedError,
    )
}
_SHA256_PREFIX = "sha256:"


@dataclass(frozen=True, slots=True)
class ReceivedOperation:
    """An operation as it came: a document or a hash for one, the name of the operation, and raw variables."""

    document: DocumentReference
    operation_name: str | None
    variables: Mapping[str, Any]


async def read_operation(request: Request, max_body: int) -> ReceivedOperation:
    """The operation in a request of at most `max_body` bytes. Raises a `ClientError` that says what is wrong."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != JSON:
        raise UnsupportedMediaTypeError
    return _operation(await read_body(request, max_body))


def _operation(body: bytes | bytearray) -> ReceivedOperation:
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedRequestError("the body is not valid JSON in UTF-8") from error
    if isinstance(given, list):
        raise MalformedRequestError("batches of operations are not taken; select several fields in one operation")
    if not isinstance(given, dict):
        raise MalformedRequestError("the body must be a JSON object")
    return ReceivedOperation(
        _document(given), _typed(given, "operationName", str), _typed(given, "variables", dict) or {}
    )


def _document(given: Mapping[str, Any]) -> DocumentReference:
    query, document_id = _typed(given, "query", str), _typed(given, "documentId", str)
    persisted = _typed(_typed(given, "extensions", dict) or {}, "persistedQuery", dict)
    if document_id is not None:
        if query or persisted is not None:
            raise MalformedRequestError("`documentId` stands alone, without `query` and `persistedQuery`")
        return DocumentReference(given=_without_prefix(document_id))
    if persisted is not None:
        if persisted.get("version") != 1:
            raise PersistedQueryNotSupportedError
        sha256 = _typed(persisted, "sha256Hash", str)
        if sha256 is None:
            raise MalformedRequestError("`persistedQuery` must have a `sha256Hash`")
        return DocumentReference(query or None, sha256, automatic=True)
    if not query:
        raise MalformedRequestError("`query` must be a GraphQL document")
    return DocumentReference(query)


def _without_prefix(document_id: str) -> str:
    """The hash in a document identifier (GraphQL over HTTP, appendix A); one of another kind is no document's."""
    return document_id.removeprefix(_SHA256_PREFIX) if document_id.startswith(_SHA256_PREFIX) else ""


def _typed(given: Mapping[str, Any], name: str, kind: type) -> Any:
    value = given.get(name)
    if value is not None and not isinstance(value, kind):
        raise MalformedRequestError(f"`{name}` must be {'a string' if kind is str else 'an object'}")
    return value


def encode(response: Response, kind: str, headers: Mapping[str, str]) -> HttpResponse:
    """The HTTP response. Under `application/json` a well-formed request that was not executed is a 200."""
    status = response.status
    codes = {error["extensions"]["code"] for error in response.errors}
    if kind == JSON and response.data is None and codes and codes <= _ABOUT_THE_OPERATION:
        status = 200
    sent = {**headers, "cache-control": "no-store"}
    waits = [error["extensions"]["retryAfter"] for error in response.errors if "retryAfter" in error["extensions"]]
    if waits and status == HTTPStatus.TOO_MANY_REQUESTS:
        sent["retry-after"] = str(max(waits))
    if UnsupportedContentEncodingError.code in codes:
        sent["accept-encoding"] = ENCODINGS
    return HttpResponse(orjson.dumps(response.body()), status, sent, f"{kind}; charset=utf-8")
