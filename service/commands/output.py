"""How commands print: tables for people, JSON for programs, and one form of error for each."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Column, Table

from errors import LienthongError

__all__ = ["AsJson", "print_error", "print_json", "print_line", "print_rows"]

AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]
_DETAILS = {"errors": "{message}", "missing": "{path}: {vi} ({en})", "faults": "{path}: {message}"}


def print_json(value: Any) -> None:
    """Print a value as JSON, in lines that a person can edit."""
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")


def print_line(text: str) -> None:
    """Print a line as it is, without wrapping."""
    Console().print(text, markup=False, highlight=False, soft_wrap=True)


def print_rows(columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Print a table; `columns` gives the heading of each key."""
    # Cut off, a name or a time could not be looked up.
    table = Table(*(Column(heading, overflow="fold") for heading in columns.values()))
    for row in rows:
        table.add_row(*(_cell(row.get(key)) for key in columns))
    Console().print(table)


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def print_error(error: LienthongError, *, as_json: bool) -> None:
    """Tell on standard error what went wrong: a line and what it names, or one JSON object."""
    if as_json:
        told = {"code": error.code, **error.details, "message": error.message}
        sys.stderr.write(orjson.dumps({"error": told}, default=str).decode() + "\n")
        return
    console = Console(stderr=True)
    console.print(f"lienthong: {error.message}", markup=False, highlight=False, soft_wrap=True)
    for name, form in _DETAILS.items():
        for item in error.details.get(name, ()):
            console.print(f"  - {form.format(**item)}", markup=False, highlight=False, soft_wrap=True)
