"""The service under attack, and what must hold of every attack on it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from graphql import GraphQLSchema, build_schema, parse, print_schema

from graph.view import View
from tests.attacks.canaries import Canaries, tokens_of
from tests.attacks.evidence import Evidence, Listener, Variables, normal, reads, row_shield, source_of, told_by, touched
from tests.attacks.names import hidden_names, words_of
from tests.reach import Reach, reach_of, without_arguments
from tests.running import RunningService

__all__ = ["Target", "never_named"]

# Descriptions are prose in which a name may be a word; they have a test of their own.
_DESCRIPTION = re.compile(r'"description":"(?:[^"\\]|\\.)*"|"""(?:.|\n)*?"""')
_HEADERS = {"allow", "cache-control", "content-length", "content-type", "date", "server", "x-trace-id"}
_HEADERS |= {"retry-after", "www-authenticate"}
# A request may be refused after its data was read, and before any of it leaves.
_REFUSED_LATE = {"AUDIT_UNAVAILABLE", "LIMIT_EXCEEDED", "QUOTA_EXCEEDED"}


@dataclass
class Target:
    """A running service over canaries, and the view that each client has of it."""

    service: RunningService
    canaries: Canaries
    http: httpx.Client
    views: dict[str, View] = field(default_factory=dict)
    _loose: dict[Any, GraphQLSchema] = field(default_factory=dict)
    _allowed: dict[Any, set[str]] = field(default_factory=dict)
    _hidden: dict[Any, set[str]] = field(default_factory=dict)

    @property
    def numbers(self) -> dict[str, str]:
        """The personal numbers of the register's people, by name."""
        return self.canaries.world.numbers

    def view(self, client: str, purpose: str | None = None) -> View:
        """The view of a client's contract as it was installed last."""
        contract = self.service.governance.contracts[client]
        permission = contract.permission(purpose or next(iter(contract.purposes)))
        known = self.views.get(client)
        if known is None or known.key != permission.key:
            known = self.views[client] = View.of(self.canaries.catalog, permission)
        return known

    def headers(self, client: str) -> dict[str, str]:
        """The headers of a client's requests, for the first of its purposes."""
        governance = self.service.governance
        return {
            "authorization": governance.authorizations[client],
            "x-purpose": next(iter(governance.contracts[client].purposes)),
            "accept": "application/graphql-response+json",
        }

    def post(self, client: str, query: str, variables: Variables | None = None) -> httpx.Response:
        """Send an operation as a client, for requests at the same time, of which no evidence can be told apart."""
        body = {"query": query, "variables": dict(variables or {})}
        return self.http.post(f"{self.service.url}/graphql", json=body, headers=self.headers(client))

    def attack(
        self,
        client: str,
        query: str,
        variables: Variables | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        path: str = "/graphql",
        **more: Any,
    ) -> Evidence:
        """Send an operation as a client, and demand that nothing leaves that its contract does not permit."""
        sent = {"query": query, "variables": dict(variables or {}), **more}
        given = {**self.headers(client), **(headers or {})}
        with self.gathering(client, given["x-purpose"]) as evidence:
            evidence.query, evidence.variables = query, sent["variables"]
            evidence.operation_name = more.get("operationName")
            evidence.sent = json.dumps([sent, dict(headers or {})])
            evidence.response = self.http.post(f"{self.service.url}{path}", json=sent, headers=given)
        return evidence

    @contextmanager
    def gathering(self, client: str, purpose: str | None = None) -> Iterator[Evidence]:
        """Evidence of what the block does, who says what it sent and got; checked when it ends."""
        known = self.service.governance.contracts[client].purposes
        evidence = Evidence(self.view(client, purpose if purpose in known else None))
        listener = Listener()
        self.service.forget()
        with self.service.observing() as observed, listener.listening():
            yield evidence
            self.service.settle()
        evidence.statements = [(source, text) for source, text in observed.statements if reads(source, text)]
        evidence.spans = "\n".join(told_by(span) for span in self.service.spans)
        evidence.logs, evidence.lines = "\n".join(listener.said), "\n".join(listener.requests)
        self.check(evidence)

    def check(self, evidence: Evidence) -> None:
        """Nothing left, and nothing was asked of a database, that the client's contract does not permit."""
        view, response = evidence.view, evidence.response
        shown = response.text + "\n" + "\n".join(f"{name}: {value}" for name, value in response.headers.items())
        # A trace id is random, and now and then has the digits of a canary in it.
        trace_id = response.headers.get("x-trace-id") or "\0"
        shown = shown.replace(trace_id, "TRACE")
        leaked = self.canaries.found(shown) - self.allowed(view) - tokens_of(evidence.sent)
        assert not leaked, f"canaries in the answer: {sorted(leaked)}\n{evidence.query}\n{shown[:2000]}"
        if not view.nulls:
            named = (words_of(_DESCRIPTION.sub("", shown)) - words_of(evidence.sent)) & self.hidden(view)
            assert not named, f"hidden names in the answer: {sorted(named)}\n{evidence.query}\n{shown[:2000]}"
        tables = {table for source, text in evidence.statements for _, table, _ in touched(source_of(source), text)[0]}
        for kind, text in (("logs", evidence.logs), ("lines", evidence.lines), ("spans", evidence.spans)):
            values = self.canaries.found(text.replace(trace_id, "TRACE"))
            assert not values, f"values in the {kind}: {sorted(values)}\n{text}"
            named = set() if view.nulls else (words_of(text) & self.hidden(view)) - tables
            assert not named, f"hidden names in the {kind}: {sorted(named)}\n{text}"
        assert set(response.headers) <= _HEADERS, "a header that nothing needs"
        self._check_statements(evidence)

    def allowed(self, view: View) -> set[str]:
        """The canaries that may leave under a view."""
        if view.key not in self._allowed:
            self._allowed[view.key] = self.canaries.allowed(view)
        return self._allowed[view.key]

    def hidden(self, view: View) -> set[str]:
        """The names that may not leave under a view."""
        if view.key not in self._hidden:
            self._hidden[view.key] = hidden_names(view.catalog, view.permission)
        return self._hidden[view.key]

    def _check_statements(self, evidence: Evidence) -> None:
        if not evidence.statements:
            return
        late = "data" in evidence.body or set(evidence.codes) <= _REFUSED_LATE
        assert late, "an operation that was refused was read for"
        reach = self._reach(evidence)
        elements = {(source, table, column.name) for source, table, column in reach.working | reach.compared}
        entities = evidence.view.catalog.entities.values()
        elements |= {(entity.source, entity.table, entity.protected) for entity in entities if entity.protected}
        for source, text in evidence.statements:
            given, compared = touched(source_of(source), text)
            needed = reach.output | reach.working
            flag = row_shield(text)
            surplus = {touch for touch in given - needed if (*touch[:2], replace(touch[2], unless=flag)) not in needed}
            assert not surplus, f"columns that nothing permitted needs: {surplus}\n{text}"
            assert compared <= elements, f"conditions on {compared - elements}\n{text}"

    def _reach(self, evidence: Evidence) -> Reach:
        view = evidence.view
        if view.key not in self._loose:
            whole = build_schema(print_schema(view.schema), assume_valid=True)
            self._loose[view.key] = without_arguments(whole)
        document = parse(evidence.query)
        return reach_of(view, self._loose[view.key], document, evidence.operation_name, evidence.variables)

    def alike(self, *attacks: Evidence, renamed: Mapping[str, str] | None = None) -> None:
        """Demand the same bytes, headers, statements and log lines of attacks, once names are replaced."""
        normals = [normal(evidence, renamed or {}) for evidence in attacks]
        assert all(one == normals[0] for one in normals), "\n".join(map(str, normals))
        assert all(evidence.texts == attacks[0].texts for evidence in attacks), [e.texts for e in attacks]
        assert all(evidence.logs == attacks[0].logs for evidence in attacks), [e.logs for e in attacks]

    def hidden_like_never(
        self, client: str, template: str, hidden: str, variables: Variables | None = None
    ) -> Evidence:
        """Ask for a hidden name and for one that never existed, in the same words; nobody can tell them apart."""
        never = never_named(hidden)
        attacks = [
            self.attack(client, template.replace("HIDDEN", name), _renamed(variables or {}, name))
            for name in (hidden, never)
        ]
        self.alike(*attacks, renamed={never: hidden})
        return attacks[0]


def never_named(name: str) -> str:
    """A name of the same length and case that no schema ever had."""
    return ("Z" if name[0].isupper() else "z") + ("Z" if name.isupper() else "z") * (len(name) - 1)


def _renamed(given: Any, name: str) -> Any:
    """Variables with the name where HIDDEN stands, as a key or a value."""
    return json.loads(json.dumps(given).replace("HIDDEN", name))
