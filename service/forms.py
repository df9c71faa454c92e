"""Forms as they are sent: from a page of this site only, and read up to a cap, whatever their length says."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from email.message import Message
from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import Request

from auth.process.errors import ProcessError
from service.bodies import read_body
from service.errors import MalformedRequestError

__all__ = ["FormRefusedError", "read_form", "require_same_origin", "text_of", "texts_of"]

_MOST_FIELDS = 20_000


class FormRefusedError(ProcessError):
    """the form came from another site, or its session is another one"""

    code = "FORM_REFUSED"
    status = 403
    remedy = "reload the page and send the form again"


def require_same_origin(request: Request) -> None:
    """Raise `FormRefusedError` unless a page of this site sent the form (Fetch Metadata, else RFC 6454)."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site != "same-origin":
            raise FormRefusedError
        return
    host = request.headers.get("host", "").lower()
    if not host or urlsplit(request.headers.get("origin", "")).netloc.lower() != host:
        raise FormRefusedError


async def read_form(request: Request, cap: int) -> FormData:
    """The fields of a form of `cap` bytes at most. Raises `BodyTooLargeError` or `MalformedRequestError`."""
    body = bytes(await read_body(request, cap))
    kind = Message()
    kind["content-type"] = request.headers.get("content-type", "")
    try:
        if kind.get_content_type() == "multipart/form-data":
            return await MultiPartParser(
                request.headers, _pieces(body), max_files=1, max_fields=100, max_part_size=cap
            ).parse()
        if request.headers.get("content-type", "").partition(";")[0].strip() == "application/x-www-form-urlencoded":
            form = await FormParser(request.headers, _pieces(body)).parse()
            if len(form.multi_items()) <= _MOST_FIELDS:
                return form
    except (MultiPartException, UnicodeDecodeError, KeyError) as error:
        raise MalformedRequestError("the form cannot be read") from error
    raise MalformedRequestError("the form cannot be read")


def text_of(form: FormData, name: str) -> str:
    """A field's text with plain line ends, without blanks around; empty when it is not there or is a file."""
    value = form.get(name)
    return value.replace("\r\n", "\n").replace("\0", "").strip() if isinstance(value, str) else ""


def texts_of(form: FormData, name: str) -> list[str]:
    """The texts of a field that may be sent more than once."""
    return [value.replace("\0", "").strip() for value in form.getlist(name) if isinstance(value, str)]


async def _pieces(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body
    yield b""
