"""Rows -> response: the shapes of a plan compiled once into Python functions.

For each object a dictionary display is generated, with every position and codec bound; there is no per-field
dispatch when it runs. A value that its codec cannot read becomes null and one error per schema path.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
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


def compile_shape(shape: ObjectShape, *, careful: bool = False) -> Assembler:
    """The function (row, slots, faults) -> object for a shape.

    A `careful` one takes stored keys that cannot be looked up (a list, an object) for keys that nothing has; the
    other raises `TypeError` on them.
    """
    source = _Source(careful=careful)
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
        elif value[name] is None:
            answer[key] = None
        elif isinstance(value[name], list):
            answer[key] = [project(below, item, assemble) for item in value[name]]
        else:
            answer[key] = project(below, value[name], assemble)
    return answer


class _Source:
    """The text of the functions, and the constants they name.

    Lists of objects are written in place up to `_INLINE` levels, as Python bounds how deep brackets may nest; below
    that, and for single objects, a function is called.
    """

    _INLINE = 6

    def __init__(self, *, careful: bool) -> None:
        self.lines: list[str] = []
        self.constants: dict[str, Any] = {"key": _as_key}
        self._key = "key({})" if careful else "{}"

    def function(self, shape: ObjectShape) -> str:
        """Write the function of a row; its name."""
        body = self._object(shape, "r", 0)
        name = f"f{len(self.lines)}"
        self.lines.append(f"def {name}(r, s, e):\n return {body}")
        return name

    def _single(self, shape: ObjectShape) -> str:
        body = self._object(shape, "r", 0)
        name = f"f{len(self.lines)}"
        self.lines.append(f"def {name}(rows, s, e):\n if not rows: return None\n r = rows[-1]\n return {body}")
        return name

    def _object(self, shape: ObjectShape, row: str, depth: int) -> str:
        return "{" + ", ".join(f"{key!r}: {self._value(below, row, depth)}" for key, below in shape.fields) + "}"

    def _value(self, shape: Shape, row: str, depth: int) -> str:
        if isinstance(shape, Fixed):
            return repr(shape.value)
        if isinstance(shape, Leaf):
            return self._leaf(shape, row)
        if isinstance(shape, Part):
            body = self._object(shape.shape, row, depth)
            return body if shape.present is None else f"(None if {row}[{shape.present}] is None else {body})"
        return self._joined(shape, row, depth)

    def _leaf(self, leaf: Leaf, row: str) -> str:
        at = f"{row}[{leaf.position}]"
        read = f"{self._constant('read', _reader(leaf))}({at}, e)"
        if leaf.codec is text:
            return f"({at} if {at}.__class__ is str or {at} is None else {read})"
        return f"(None if {at} is None else {read})"

    def _joined(self, shape: Joined, row: str, depth: int) -> str:
        source = f"s[{shape.slot}]"
        rows = f"{source}.get({self._key.format(f'{row}[{shape.key}]')}"
        if not shape.many:
            return f"(None if {source} is None else {self._single(shape.shape)}({rows}), s, e))"
        inner = f"r{depth}"
        if depth < self._INLINE:
            body = self._object(shape.shape, inner, depth + 1)
        else:
            body = f"{self.function(shape.shape)}({inner}, s, e)"
        return f"(None if {source} is None else [{body} for {inner} in {rows}, ())])"

    def _constant(self, kind: str, value: object) -> str:
        name = f"{kind}{len(self.constants)}"
        self.constants[name] = value
        return name


def _reader(leaf: Leaf) -> Callable[[Any, Faults], Any]:
    codec: Codec = leaf.codec

    def read(stored: Any, faults: Faults) -> Any:
        try:
            return codec(stored)
        except ValueError:
            faults.add(leaf)
            return None

    return read


def _as_key(stored: Any) -> Any:
    return stored if isinstance(stored, Hashable) else None
