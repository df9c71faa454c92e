"""Rows -> response: the shapes of a plan compiled once into Python functions.

For each object a dictionary display is generated, with every position and codec bound; there is no per-field
dispatch when it runs. A value that its codec cannot read becomes null and one error per schema path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.fetch import Row
from graph.codecs import Codec, text
from resolvers.plan import Fixed, Joined, Leaf, ObjectShape, Part, PlainShape, Shape

__all__ = ["Assembler", "Faults", "compile_shape", "project"]

Slots = Sequence[Mapping[Any, Sequence[Row]] | None]
Assembler = Callable[[Row, Slots, "Faults"], dict[str, Any]]


@dataclass(slots=True)
class Faults:
    """The values that could not be read: leaf -> how many."""

    counts: dict[int, tuple[Leaf, int]] = field(default_factory=dict)

    def add(self, leaf: Leaf) -> None:
        """Count one unreadable value."""
        _, seen = self.counts.get(id(leaf), (leaf, 0))
        self.counts[id(leaf)] = (leaf, seen + 1)


def compile_shape(shape: ObjectShape) -> Assembler:
    """The function (row, slots, faults) -> object for a shape."""
    source = _Source()
    name = source.function(shape)
    namespace: dict[str, Any] = dict(source.constants)
    exec(compile("\n".join(source.lines), "<assembler>", "exec"), namespace)  # noqa: S102 - text made from shapes only
    assembler: Assembler = namespace[name]
    return assembler


def project(shape: PlainShape, value: Mapping[str, Any], assemble: Callable[[ObjectShape, Row], Any]) -> dict[str, Any]:
    """Select from a value that is not a row; rows inside it are handed to `assemble`."""
    answer: dict[str, Any] = {}
    for key, name, below in shape.fields:
        if name.startswith("="):
            answer[key] = name[1:]
        elif below is None:
            answer[key] = value[name]
        elif isinstance(below, ObjectShape):
            answer[key] = assemble(below, value[name])
        elif isinstance(value[name], list):
            answer[key] = [project(below, item, assemble) for item in value[name]]
        else:
            answer[key] = project(below, value[name], assemble)
    return answer


class _Source:
    """The text of the functions, and the constants they name."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.constants: dict[str, Any] = {}

    def function(self, shape: ObjectShape) -> str:
        body = self._object(shape)
        name = f"f{len(self.lines)}"
        self.lines.append(f"def {name}(r, s, e):\n return {body}")
        return name

    def _object(self, shape: ObjectShape) -> str:
        return "{" + ", ".join(f"{key!r}: {self._value(below)}" for key, below in shape.fields) + "}"

    def _value(self, shape: Shape) -> str:
        if isinstance(shape, Fixed):
            return repr(shape.value)
        if isinstance(shape, Leaf):
            return self._leaf(shape)
        if isinstance(shape, Part):
            body = self._object(shape.shape)
            return body if shape.present is None else f"(None if r[{shape.present}] is None else {body})"
        return self._joined(shape)

    def _leaf(self, leaf: Leaf) -> str:
        at = f"r[{leaf.position}]"
        read = f"{self._constant('read', _reader(leaf))}({at}, e)"
        if leaf.codec is text:
            return f"({at} if {at}.__class__ is str or {at} is None else {read})"
        return f"(None if {at} is None else {read})"

    def _joined(self, shape: Joined) -> str:
        function = self.function(shape.shape)
        rows = f"s[{shape.slot}].get(r[{shape.key}]"
        if shape.many:
            answer = f"[{function}(x, s, e) for x in {rows}, ())]"
            return f"(None if s[{shape.slot}] is None else {answer})"
        self.constants["one"] = _one
        return f"(None if s[{shape.slot}] is None else one({function}, {rows}), s, e))"

    def _constant(self, kind: str, value: object) -> str:
        name = f"{kind}{len(self.constants)}"
        self.constants[name] = value
        return name


def _one(function: Assembler, rows: Sequence[Row] | None, slots: Slots, faults: Faults) -> dict[str, Any] | None:
    return function(rows[0], slots, faults) if rows else None


def _reader(leaf: Leaf) -> Callable[[Any, Faults], Any]:
    codec: Codec = leaf.codec

    def read(stored: Any, faults: Faults) -> Any:
        try:
            return codec(stored)
        except ValueError:
            faults.add(leaf)
            return None

    return read
