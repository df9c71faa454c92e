"""What the pages of the people on call are made with."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from auth.moments import VIETNAM
from service.operations import words
from service.pages import NO_SCRIPT_HEADERS, asset_path
from service.words import SOURCES

__all__ = ["render"]


def render(template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """A page of a template; no script runs in it and nothing is fetched from elsewhere."""
    return HTMLResponse(_TEMPLATES.get_template(template).render(context), status, headers=dict(NO_SCRIPT_HEADERS))


def _clock(seconds: float) -> str:
    """The time of day in Việt Nam, to the millisecond, of seconds since 1970."""
    return datetime.fromtimestamp(seconds, VIETNAM).strftime("%H:%M:%S.%f")[:-3]


def _number(value: float, places: int = 0) -> str:
    return f"{value:,.{places}f}".replace(",", "\u2009").replace(".", ",")


def _milliseconds(value: float) -> str:
    """Milliseconds as short as they can be read."""
    if value >= 1000:
        return f"{_number(value / 1000, 2)} s"
    return f"{_number(value, 0 if value >= 100 else 1 if value >= 10 else 2)} ms"


def _share(value: float) -> str:
    return f"{_number(value * 100, 0 if value in (0, 1) else 1)} %"


def _size(value: float) -> str:
    return f"{_number(value / 1000, 1)} kB" if value >= 1000 else f"{_number(value)} B"


def _source(name: str) -> str:
    known = words.GOVERNANCE if name == "governance" else SOURCES.get(name)
    return known.vi if known else name


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        clock=_clock, number=_number, milliseconds=_milliseconds, share=_share, size=_size, source_name=_source
    )
    environment.globals.update(words=words, asset_path=asset_path)
    return environment


_TEMPLATES = _environment()
