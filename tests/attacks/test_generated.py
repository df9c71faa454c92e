"""Random questions over the full schema under random contracts, in both modes, against the running service.

What holds of every attack is checked by `Target.attack`: no canary and no hidden name leaves, and no statement reads
what nothing permitted needs. Here besides: a question with hidden names and the same question with names that never
existed in their place have the same answer.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

from graphql import (
    ArgumentNode,
    EnumValueNode,
    FieldNode,
    NamedTypeNode,
    NameNode,
    ObjectFieldNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    parse,
    visit,
)
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from auth.contract import Client
from graph.view import View
from tests.attacks.target import Target
from tests.question import Question
from tests.strategies.contracts import everything, random_permission
from tests.strategies.operations import random_question

CONTRACTS = 20
QUESTIONS = 6


def test_no_canary_leaves_whatever_is_asked(target: Target) -> None:
    whole = View.of(target.canaries.catalog, everything(target.canaries.catalog))
    tally: Counter[str] = Counter()

    @settings(
        max_examples=CONTRACTS,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(seed=st.integers(0, 2**32))
    def rounds(seed: int) -> None:
        random = Random(seed)
        client = _installed(target, random, tally["contracts"])
        tally["contracts"] += 1
        view = target.view(client)
        tally["null" if view.nulls else "hide"] += 1
        with target.gathering(client) as seen:
            headers = target.headers(client)
            seen.response = target.http.get(f"{target.service.url}/schema.graphql", headers=headers)
        for index in range(QUESTIONS):
            asked = random_question(whole if index % 2 else view, target.canaries.world.tables, random)
            evidence = _ask(target, client, asked)
            tally["answered" if "data" in evidence.body else "refused"] += 1
            tally["with canaries"] += bool(target.canaries.found(evidence.response.text))
            tally["denied"] += "FIELD_NOT_IN_CONTRACT" in evidence.codes
            never, names = _with_names_that_never_were(asked, view)
            if names:
                tally["renamed"] += 1
                target.alike(evidence, _ask(target, client, never), renamed=names)

    rounds()
    print(dict(tally))  # noqa: T201 - shown by `pytest -s`, and on a failure
    assert min(tally["null"], tally["hide"]) >= CONTRACTS / 5
    assert min(tally["answered"], tally["refused"], tally["denied"], tally["renamed"]) > 10, (
        "the questions say too little"
    )
    assert tally["with canaries"] > 30, "the questions find no data"


def _installed(target: Target, random: Random, number: int) -> str:
    """A client with a random contract."""
    contract = random_permission(target.canaries.catalog, random).contract
    name = f"generated-{number}"
    target.service.governance.install(replace(contract, contract_id=name, version=1, client=Client(name, name)))
    return name


def _ask(target: Target, client: str, question: Question) -> Any:
    more: dict[str, Any] = {} if question.operation_name is None else {"operationName": question.operation_name}
    return target.attack(client, question.query, question.variables, **more)


def _with_names_that_never_were(question: Question, view: View) -> tuple[Question, dict[str, str]]:
    """The question with every name of its document that the view lacks replaced, and the new names with the old."""
    if view.nulls:
        return question, {}
    finder = _HiddenNames(view)
    visit(parse(question.query), TypeInfoVisitor(finder.whole, finder))
    fresh = _Fresh()
    text = question.query
    for node in sorted(finder.found, key=_start, reverse=True):
        start = _start(node)
        text = text[:start] + fresh(node.value) + text[start + len(node.value) :]
    return replace(question, query=text), {never: name for name, never in fresh.names.items()}


class _Fresh:
    """A name of the same length and case for each name, that no schema ever had."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self._taken: set[str] = set()

    def __call__(self, name: str) -> str:
        if name not in self.names:
            for ending in itertools.product("zyxwvuqj", repeat=2):
                never = ("z" * (len(name) - 2) + "".join(ending))[-len(name) :]
                never = (
                    never.upper() if name.isupper() else never[0].upper() + never[1:] if name[0].isupper() else never
                )
                if never not in self._taken:
                    break
            self._taken.add(never)
            self.names[name] = never
        return self.names[name]


def _start(node: NameNode | EnumValueNode) -> int:
    assert node.loc is not None
    return node.loc.start


class _HiddenNames(Visitor):
    """Finds every name in a document that is in the full schema where it stands, and not in the view."""

    def __init__(self, view: View) -> None:
        super().__init__()
        self.whole = TypeInfo(view.catalog.schema)
        self.types: Mapping[str, Any] = view.schema.type_map
        self.found: list[NameNode | EnumValueNode] = []

    def _shown(self, type_: Any) -> Any:
        """The view's part of a type of the full schema."""
        return None if type_ is None else self.types.get(get_named_type(type_).name)

    def enter_named_type(self, node: NamedTypeNode, *_: object) -> None:
        if node.name.value not in self.types:
            self.found.append(node.name)

    def enter_field(self, node: FieldNode, *_: object) -> None:
        shown = self._shown(self.whole.get_parent_type())
        if shown is not None and not node.name.value.startswith("__") and node.name.value not in shown.fields:
            self.found.append(node.name)

    def enter_argument(self, node: ArgumentNode, *_: object) -> None:
        parent, field = self.whole.get_parent_type(), self.whole.get_field_def()
        shown = self._shown(parent)
        name = next((name for name, f in getattr(parent, "fields", {}).items() if f is field), None)
        known = None if self.whole.get_directive() is not None or shown is None else shown.fields.get(name)
        if known is not None and node.name.value not in known.args:
            self.found.append(node.name)

    def enter_object_field(self, node: ObjectFieldNode, *_: object) -> None:
        shown = self._shown(self.whole.get_parent_input_type())
        if shown is not None and node.name.value not in shown.fields:
            self.found.append(node.name)

    def enter_enum_value(self, node: EnumValueNode, *_: object) -> None:
        shown = self._shown(self.whole.get_input_type())
        if shown is not None and node.value not in shown.values:
            self.found.append(node)
