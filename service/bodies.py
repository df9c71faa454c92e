"""Request bodies: read, and decompressed in pieces, up to one cap."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from starlette.requests import Request

from service.errors import BodyTooLargeError, MalformedRequestError, UnsupportedContentEncodingError

__all__ = ["ENCODINGS", "Inflater", "read_body"]

ENCODINGS = "gzip, deflate"
_GZIP, _ZLIB = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS
_FORMATS: Mapping[str, int] = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": _ZLIB}
_PIECE = 65_536


async def read_body(request: Request, cap: int) -> bytes | bytearray:
    """The body without its content encoding (RFC 9110, section 8.4); `cap` bytes before and after decompression.

    Raises `BodyTooLargeError`, `UnsupportedContentEncodingError`, or `MalformedRequestError` for a broken stream.
    """
    encoding = _encoding(request)
    inflater = None if encoding is None else Inflater(encoding, cap)
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > cap:
            raise _too_large(cap)
        if inflater is None:
            chunks.append(chunk)
        else:
            inflater.feed(chunk)
    return b"".join(chunks) if inflater is None else inflater.finish()


def _encoding(request: Request) -> str | None:
    lines = request.headers.getlist("content-encoding")
    if not lines:
        return None
    named = [coding.strip().lower() for line in lines for coding in line.split(",")]
    codings = [coding for coding in named if coding not in {"", "identity"}]
    for coding in codings:
        if coding not in _FORMATS:
            raise UnsupportedContentEncodingError
    if len(codings) > 1:
        raise MalformedRequestError("the body may be compressed once only")
    return codings[0] if codings else None


class Inflater:
    """Decompresses one stream of gzip (RFC 1952) or deflate (the zlib format, RFC 1950), at most `cap` bytes of it.

    A stream that expands without end costs the cap and one piece of memory, wherever its end would be.
    """

    def __init__(self, encoding: str, cap: int) -> None:
        self._encoding = encoding
        self._cap = cap
        self._stream = zlib.decompressobj(_FORMATS[encoding])
        self._body = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes. Raises `BodyTooLargeError` or `MalformedRequestError`."""
        while chunk:
            if self._stream.eof:
                raise MalformedRequestError(f"the body goes on after the end of its {self._encoding} stream")
            try:
                self._body += self._stream.decompress(chunk, _PIECE)
            except zlib.error as error:
                raise MalformedRequestError(f"the body is not a valid {self._encoding} stream") from error
            if len(self._body) > self._cap:
                raise _too_large(self._cap)
            chunk = self._stream.unconsumed_tail or self._stream.unused_data

    def finish(self) -> bytearray:
        """All of it. Raises `MalformedRequestError` when the stream has not come to its end."""
        if not self._stream.eof:
            raise MalformedRequestError(f"the {self._encoding} stream of the body ends too early")
        return self._body


def _too_large(cap: int) -> BodyTooLargeError:
    return BodyTooLargeError(f"the body may have at most {cap} bytes, compressed or not", allowed=cap)
