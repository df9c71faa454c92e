"""What is wrong with an HTTP request before it is an operation."""

from __future__ import annotations

from typing import ClassVar

from resolvers.errors import ClientError

__all__ = [
    "BodyTooLargeError",
    "MalformedRequestError",
    "NotAcceptableError",
    "UnsupportedContentEncodingError",
    "UnsupportedMediaTypeError",
]


class MalformedRequestError(ClientError):
    """the request is not a well-formed GraphQL request"""

    code = "BAD_REQUEST"
    remedy = 'send POST with JSON: {"query": "...", "variables": {...}, "operationName": "..."}'


class NotAcceptableError(ClientError):
    """the answer cannot be given in a media type that the client accepts"""

    code = "NOT_ACCEPTABLE"
    status = 406
    remedy = "accept application/graphql-response+json or application/json"


class UnsupportedMediaTypeError(ClientError):
    """the body is not JSON"""

    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415
    remedy = "send `Content-Type: application/json`"


class UnsupportedContentEncodingError(ClientError):
    """the body's content encoding is not known here"""

    code = "UNSUPPORTED_CONTENT_ENCODING"
    status = 415
    remedy = "compress the body with gzip or deflate, or not at all"


class BodyTooLargeError(ClientError):
    """the body is too large"""

    code = "BODY_TOO_LARGE"
    status: ClassVar[int] = 413
