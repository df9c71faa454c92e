"""Variables of a request, coerced once.

The common shapes (personal numbers, strings, booleans, and lists of them) are checked right here; anything else, and
anything wrong, goes to graphql-core, which knows every rule and words every error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from graphql.execution.values import VariableValues, get_variable_values

from graph.scalars import is_personal_id
from graph.view import View
from resolvers.documents import Operation
from resolvers.errors import InputError

__all__ = ["Variables"]

_MAX_ERRORS = 10


def _is_string(given: Any) -> bool:
    return given.__class__ is str


def _is_boolean(given: Any) -> bool:
    return given is True or given is False


def _are(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda given: given.__class__ is list and all(map(check, given))


_CHECKS: Mapping[str, Callable[[Any], bool]] = {
    "PersonalId": is_personal_id,
    "String": _is_string,
    "Boolean": _is_boolean,
    "[PersonalId!]": _are(is_personal_id),
    "[String!]": _are(_is_string),
}


class Variables:
    """The variables of one request. Raises `InputError` when they do not fit their definitions."""

    def __init__(self, view: View, operation: Operation, raw: Mapping[str, Any]) -> None:
        self._view = view
        self._operation = operation
        self.raw = raw
        plain = self._plain()
        self.coerced: Mapping[str, Any] = self.values.coerced if plain is None else plain

    @cached_property
    def values(self) -> VariableValues:
        """The variables as graphql-core wants them."""
        coerced = get_variable_values(
            self._view.schema, self._operation.variables, dict(self.raw), max_errors=_MAX_ERRORS, hide_suggestions=True
        )
        if isinstance(coerced, list):
            raise InputError(None, errors=[{"message": error.message} for error in coerced])
        return coerced

    def _plain(self) -> dict[str, Any] | None:
        """The values when each definition is given a value of a common shape."""
        coerced: dict[str, Any] = {}
        for name, type_text in self._operation.types:
            check = _CHECKS.get(type_text)
            if check is None or name not in self.raw or not check(self.raw[name]):
                return None
            coerced[name] = self.raw[name]
        return coerced
