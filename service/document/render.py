"""A technical document as one HTML file and as PDF: the same bytes for the same document, and nothing from outside."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2
import orjson
import typst
from markupsafe import Markup, escape

from service.document.content import TechnicalDocument

__all__ = ["document_html", "document_pdf"]

_FOLDER = Path(__file__).parent


def document_html(document: TechnicalDocument) -> str:
    """One HTML page that needs no other file and runs no script; it prints well."""
    return _page().render(d=document)


def document_pdf(document: TechnicalDocument) -> bytes:
    """The document as tagged PDF, with the fonts that the typesetter carries: none of the machine's are looked at."""
    connection = document.connection
    data = {"d": document, "endpoints": [connection.endpoint, connection.schema, connection.sandbox_endpoint]}
    made = typst.compile(
        _FOLDER / "technical.typ",
        root=_FOLDER,
        ignore_system_fonts=True,
        font_paths=[],
        sys_inputs={"data": orjson.dumps(data).decode()},
    )
    assert isinstance(made, bytes)
    return made


@cache
def _page() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["marked"] = _marked
    return environment.get_template("technical.html")


def _marked(text: str) -> Markup:
    """A text in which what stands between backticks is code."""
    parts = text.split("`")
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(part) if index % 2 else escape(part) for index, part in enumerate(parts))
