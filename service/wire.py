"""GraphQL over HTTP: reading a request, choosing the media type and the status of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

import orjson
from starlette.requests import Request
from starlette.responses import Response as HttpResponse

from resolvers.engine import OperationRequest
from resolvers.errors import (
    ClientError,
    InputError,
    LimitExceededError,
    OperationError,
    ParseError,
    ValidationError,
)
from resolvers.respond import Response

__all__ = ["BodyTooLargeError", "MalformedRequestError", "encode", "media_type", "read_operation"]

_ABOUT_THE_OPERATION = {
    error.code for error in (ParseError, ValidationError, OperationError, InputError, LimitExceededError)
}
GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"


class MalformedRequestError(ClientError):
    """the request is not a well-formed GraphQL request"""

    code = "BAD_REQUEST"
    remedy = 'send POST with JSON: {"query": "...", "variables": {...}, "operationName": "..."}'


class NotAcceptableError(ClientError):
    """the answer cannot be given in a media type that the client accepts"""

    code = "NOT_ACCEPTABLE"
    status = 406
    remedy = f"accept {GRAPHQL_RESPONSE} or {JSON}"


class UnsupportedMediaTypeError(ClientError):
    """the body is not JSON"""

    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415
    remedy = "send `Content-Type: application/json` without content encoding"


class BodyTooLargeError(ClientError):
    """the body is too large"""

    code = "BODY_TOO_LARGE"
    status: ClassVar[int] = 413


async def read_operation(request: Request, max_body: int) -> OperationRequest:
    """The operation in a request of at most `max_body` bytes. Raises a `ClientError` that says what is wrong."""
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if content_type != JSON or request.headers.get("content-encoding", "identity") != "identity":
        raise UnsupportedMediaTypeError
    return _operation(await _body(request, max_body))


async def _body(request: Request, max_body: int) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > max_body:
            raise BodyTooLargeError(f"the body may have at most {max_body} bytes", allowed=max_body)
        chunks.append(chunk)
    return b"".join(chunks)


def _operation(body: bytes) -> OperationRequest:
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedRequestError("the body is not valid JSON in UTF-8") from error
    if isinstance(given, list):
        raise MalformedRequestError("batches of operations are not taken; select several fields in one operation")
    if not isinstance(given, dict):
        raise MalformedRequestError("the body must be a JSON object")
    query = _typed(given, "query", str)
    if not query:
        raise MalformedRequestError("`query` must be a GraphQL document")
    _typed(given, "extensions", dict)
    return OperationRequest(query, _typed(given, "operationName", str), _typed(given, "variables", dict) or {})


def _typed(given: Mapping[str, Any], name: str, kind: type) -> Any:
    value = given.get(name)
    if value is not None and not isinstance(value, kind):
        raise MalformedRequestError(f"`{name}` must be {'a string' if kind is str else 'an object'}")
    return value


def media_type(request: Request) -> str:
    """The media type of the answer, from `Accept`. Raises `NotAcceptableError`."""
    accept = request.headers.get("accept", "").lower()
    offered = {part.split(";")[0].strip() for part in accept.split(",")}
    if GRAPHQL_RESPONSE in offered:
        return GRAPHQL_RESPONSE
    if not accept or offered & {JSON, "*/*", "application/*"}:
        return JSON
    raise NotAcceptableError


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
    if status == HTTPStatus.UNAUTHORIZED:
        sent["www-authenticate"] = 'Bearer realm="lienthong"'
    return HttpResponse(orjson.dumps(response.body()), status, sent, f"{kind}; charset=utf-8")
