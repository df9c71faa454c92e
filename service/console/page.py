"""What every page of the console is made with: templates that escape everything, words, dates, and header fields."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from auth.moments import VIETNAM
from service.console import words
from service.console.provinces import PROVINCES
from service.pages import NO_SCRIPT_HEADERS, asset_path

__all__ = ["render"]


def render(template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """A page of a template."""
    return HTMLResponse(_TEMPLATES.get_template(template).render(context), status, headers=dict(NO_SCRIPT_HEADERS))


def _source_name(source: str) -> str:
    pair = words.SOURCES.get(source)
    return source if pair is None else pair.vi


def _now() -> datetime:
    return datetime.now(VIETNAM)


def _moment(value: datetime | None) -> str:
    return "" if value is None else value.astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y")


def _day(value: date | datetime | None) -> str:
    if isinstance(value, datetime):
        value = value.astimezone(VIETNAM).date()
    return "" if value is None else value.strftime("%d/%m/%Y")


def _last_day(until: datetime) -> str:
    """The last day of a term that ends at this instant."""
    return _day(until - timedelta(microseconds=1))


def _number(value: float) -> str:
    return f"{value:,}".replace(",", ".")


def _size(value: int) -> str:
    return f"{value / 1000:,.0f} kB" if value >= 1000 else f"{value} B"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(moment=_moment, day=_day, last_day=_last_day, number=_number, size=_size)
    environment.filters["source_name"] = _source_name
    environment.globals.update(now=_now, words=words, provinces=PROVINCES, asset_path=asset_path)
    return environment


_TEMPLATES = _environment()
