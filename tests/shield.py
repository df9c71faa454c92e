"""When a shield holds: the rule in one line, said apart from the code under test."""

from __future__ import annotations

from graph.view import View

__all__ = ["covers"]


def covers(view: View, coordinate: str) -> bool:
    """Whether the shield on a field holds against this view: there is one, and no special grant."""
    return coordinate in view.catalog.shielded - view.permission.protected
