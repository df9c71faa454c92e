"""Random documents that are valid under a schema: aliases, merged fields, fragments, switches, variables.

Plain Python draws them from one seed, which is cheap; what is lost is shrinking, and `reduce.py` does that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_object_type,
)

from graph.homes import Lookup
from graph.view import View
from tests.question import Question
from tests.strategies.tables import PROVINCES, AnyTables, element_values

__all__ = ["random_question"]

_DEPTH = 7


def random_question(view: View, tables: AnyTables, random: Random) -> Question:
    """A document of one or two operations, the name of one of them, and its variables."""
    writer = _Writer(view, tables, random)
    bodies = [writer.selections(writer.query, 0)]
    if random.random() < 0.1:
        bodies.append(writer.selections(writer.query, _DEPTH - 2))
    operations = [writer.operation(f"Q{index}", body) for index, body in enumerate(bodies)]
    chosen = random.randrange(len(bodies))
    given = {name: writer.given[name] for name in writer.used(bodies[chosen]) if name in writer.given}
    if len(bodies) == 1 and random.random() < 0.5:
        return Question("\n".join([*operations, *writer.fragments.values()]), None, given)
    return Question("\n".join([*operations, *writer.fragments.values()]), f"Q{chosen}", given)


@dataclass
class _Writer:
    view: View
    tables: AnyTables
    random: Random
    fragments: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    keys: dict[tuple[str, str], str] = field(default_factory=dict)
    budget: int = 60

    @property
    def schema(self) -> GraphQLSchema:
        return self.view.schema

    @property
    def query(self) -> GraphQLObjectType:
        query = self.schema.query_type
        assert query is not None
        return query

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    # Selections

    def selections(self, type_: GraphQLObjectType, depth: int) -> str:
        """A non-empty selection set, without its braces."""
        fields = self._weighted(type_)
        size = self.random.randrange(1, 7) if depth > 0 else self.random.choice((1, 1, 1, 2, 3))
        parts: list[str] = []
        for _ in range(size):
            self.budget -= 1
            name = self.random.choice(fields)
            part = None if self.budget < 0 else self._field(type_, name, depth)
            parts.append(part or self._aliased(type_, "__typename", "") + self._switch())
            if self.chance(0.15):
                self._fold_last(type_, parts, depth)
        if depth == 0 and self.chance(0.06):
            parts.append(self._introspection())
        self.random.shuffle(parts)
        return " ".join(parts)

    def _weighted(self, type_: GraphQLObjectType) -> list[str]:
        """Field names: links more often than leaves, and what is denied or says nothing of the data seldom."""
        names: list[str] = []
        for name, definition in type_.fields.items():
            weight = 4 if is_object_type(get_named_type(definition.type)) else 2
            seldom = name in {"viewer", "verifyCitizen"} or not self.view.permits(type_.name, name)
            names += [name] * (weight if not seldom or self.chance(0.15) else 0)
        return names or list(type_.fields)

    def _fold_last(self, type_: GraphQLObjectType, parts: list[str], depth: int) -> None:
        """Put what was written into a fragment, or spread one that is already there."""
        kind = self.random.randrange(4)
        known = [name for name, on in self.types.items() if on == type_.name]
        if kind == 0:
            parts.append(f"... on {type_.name}{self._switch()} {{ {parts.pop()} }}")
        elif kind == 1:
            parts.append(f"...{self._switch()} {{ {parts.pop()} }}")
        elif kind == 2 and known:
            parts.append(f"...{self.random.choice(known)}{self._switch()}")
        elif kind == 3:
            name = f"F{len(self.fragments)}"
            self.fragments[name] = f"fragment {name} on {type_.name} {{ {parts.pop()} }}"
            self.types[name] = type_.name
            parts.append(f"...{name}{self._switch()}")
        elif self.budget > 0:  # the same selection again, with what else is below: fields merge
            again = self._field(type_, self.random.choice(self._weighted(type_)), depth)
            parts.append(again or "__typename")

    def _field(self, type_: GraphQLObjectType, name: str, depth: int) -> str | None:
        definition = type_.fields[name]
        target = get_named_type(definition.type)
        if is_object_type(target) and depth >= _DEPTH:
            return None
        arguments = self._arguments(name, definition) if type_ is self.query else ""
        head = self._aliased(type_, name, arguments) + self._switch()
        return f"{head} {{ {self.selections(target, depth + 1)} }}" if is_object_type(target) else head

    def _aliased(self, type_: GraphQLObjectType, name: str, arguments: str) -> str:
        """A response key that means the same field wherever it occurs on the type, so that fields can merge."""
        meaning = name + arguments
        for key in (name, f"a_{name}", *(f"a{index}" for index in range(99))):
            if self.keys.setdefault((type_.name, key), meaning) == meaning:
                if key == name and self.chance(0.15):
                    continue
                return meaning if key == name else f"{key}: {meaning}"
        raise AssertionError("too many aliases")

    def _switch(self) -> str:
        text = ""
        for directive in ("skip", "include"):
            if self.chance(0.06):
                often = directive == "include"
                value = often if self.chance(0.7) else not often
                text += f" @{directive}(if: {self._boolean(value=value)})"
        return text

    def _boolean(self, *, value: bool) -> str:
        literal = json.dumps(value)
        kind = self.random.randrange(4)
        if kind == 0:
            return self._variable("Boolean!", value)
        if kind == 1:
            return self._variable(f"Boolean! = {literal}", *([not value] if self.chance(0.3) else []))
        if kind == 2:
            other = None if self.chance(0.05) else not value
            return self._variable(f"Boolean = {literal}", *([other] if self.chance(0.3) else []))
        return literal

    # Arguments and variables

    def _variable(self, definition: str, *given: Any) -> str:
        name = f"v{len(self.variables)}"
        self.variables[name] = definition
        if given:
            self.given[name] = given[0]
        return f"${name}"

    def _value(self, type_text: str, value: Any, *, default: bool = True) -> str:
        """A value as a literal, a variable, or a variable's default."""
        literal = json.dumps(value, ensure_ascii=False)
        kind = self.random.randrange(5)
        if kind <= 1:
            return self._variable(type_text, value)
        if kind == 2 and default:
            return self._variable(f"{type_text} = {literal}")
        return literal

    def _arguments(self, name: str, definition: GraphQLField) -> str:
        if not definition.args:
            return ""
        home = self.view.catalog.roots[name]
        given: dict[str, str] = {}
        if isinstance(home, Lookup):
            entity = self.view.catalog.entities[get_named_type(definition.type).name]
            known = [*element_values(self.tables, entity.source, entity.table, home.element), "000000000099"]
            argument, wanted = next(iter(definition.args.items()))
            keys = [self.random.choice(known) for _ in range(self.random.randrange(6))]
            if name == "citizens":
                inner = ", ".join(self._value("PersonalId!", key) for key in keys)
                given[argument] = self._value(str(wanted.type), keys) if self.chance(0.6) else f"[{inner}]"
            else:
                key = self.random.choice(known)
                given[argument] = self._value(str(wanted.type), key)
                if self.chance(0.01):
                    given[argument] = self._variable(str(wanted.type), self.random.choice(("12", 12, None, [])))
        elif name == "verifyCitizen":
            given = self._particulars()
        else:
            given["filter"] = self._filter(definition)
            given |= self._paging(definition)
        return "(" + ", ".join(f"{argument}: {value}" for argument, value in given.items()) + ")"

    def _particulars(self) -> dict[str, str]:
        known = self._citizen()
        other = known if self.chance(0.8) else self._citizen()
        return {
            "personalId": self._value("PersonalId!", known.get("personal_id", "000000000098")),
            "fullName": self._value("String!", other.get("birth_full_name", "").upper()),
            "dateOfBirth": self._value("PartialDate!", _day(known.get("date_of_birth"))),
        }

    def _citizen(self) -> Mapping[str, Any]:
        citizens = self.tables["population"]["citizen"]
        return self.random.choice(citizens) if citizens and self.chance(0.9) else {}

    def _filter(self, definition: GraphQLField) -> str:
        type_ = get_named_type(definition.args["filter"].type)
        assert isinstance(type_, GraphQLInputObjectType)
        names = [name for name in type_.fields if self.chance(0.4)] or [self.random.choice(list(type_.fields))]
        citizen = self._citizen()
        name = citizen.get("birth_full_name", "nguyen")
        values: dict[str, Any] = {
            "name": "" if self.chance(0.03) else name[: self.random.choice((1, 1, 3, 99))].upper(),
            "dateOfBirth": _day(citizen.get("date_of_birth"))[: self.random.choice((4, 10))],
            "provinceCode": citizen.get("permanent_province_code") or self.random.choice(PROVINCES),
        }
        chosen = {name: None if self.chance(0.1) else values[name] for name in names}
        if self.chance(0.3):
            return self._variable("CitizenFilter!", chosen)
        fields = (
            f"{name}: {'null' if value is None else self._value(str(type_.fields[name].type), value)}"
            for name, value in chosen.items()
        )
        return "{" + ", ".join(fields) + "}"

    def _paging(self, definition: GraphQLField) -> dict[str, str]:
        given: dict[str, str] = {}
        if "orderBy" in definition.args and self.chance(0.6):
            orders = get_named_type(definition.args["orderBy"].type)
            assert isinstance(orders, GraphQLEnumType)
            value = self.random.choice(list(orders.values))
            given["orderBy"] = self._variable("CitizenOrder", value) if self.chance(0.4) else value
        if self.chance(0.8):
            size = 0 if self.chance(0.02) else self.random.choice((1, 2, 3, 4, 4, 5))
            given["first"] = self._value("Int!", size)
            if self.chance(0.06):
                given["first"] = self._variable("Int", *self.random.choice(([], [None], [2])))
        if self.chance(0.04):
            given["after"] = self._value("String", self.random.choice((None, "kx", "Zm9v")))
        return given

    # Documents

    def _introspection(self) -> str:
        type_name = self.random.choice([name for name in self.schema.type_map if not name.startswith("_")])
        below = (
            "name kind description fields { name args { name type { name ofType { name } } } type { name kind } }"
            " inputFields { name } enumValues { name description }"
        )
        return self.random.choice(
            (
                f"i{len(self.keys)}: __type(name: {json.dumps(type_name)}) {{ {below} }}",
                f'i{len(self.keys)}: __type(name: "Citizens") {{ name }}',
                "__schema { queryType { name fields { name } } }",
            )
        )

    def used(self, body: str) -> list[str]:
        """The variables of a body and of all fragments that it reaches."""
        text, seen = body, set[str]()
        while new := set(re.findall(r"\.\.\.(F\d+)", text)) - seen:
            seen |= new
            text += "".join(self.fragments[name] for name in sorted(new))
        return list(dict.fromkeys(re.findall(r"\$(v\d+)", text)))

    def operation(self, name: str, body: str) -> str:
        """The text of an operation with the definitions of its variables."""
        definitions = ", ".join(f"${used}: {self.variables[used]}" for used in self.used(body))
        return f"query {name}{f'({definitions})' if definitions else ''} {{ {body} }}"


def _day(stored: Any) -> str:
    return stored if stored in {"1990", "1990-05-17", "2001-12-31"} else "1985"
