"""A run -> the GraphQL response: data in the order of the operation, and the errors in a stable order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.fetch import Row
from errors import LienthongError, Visibility
from graph.homes import Duty, Report, Search
from graph.view import View
from resolvers.assemble import Assembler, Faults, compile_shape, project
from resolvers.cursors import CursorSealer
from resolvers.errors import FieldNotInContractError, SourceDataError
from resolvers.plan import ObjectShape, PlainShape, Plan, RootField
from resolvers.run import RootResult, Run

__all__ = ["Response", "ShapeCompiler", "assemble_response", "error_of", "errors_of"]


@dataclass(slots=True)
class Response:
    """A GraphQL response; `data` is None only when nothing was executed.

    `refused` says of what was executed that it came to nothing: every act of an account was refused.
    """

    data: dict[str, Any] | None
    errors: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    refused: bool = False

    def body(self) -> dict[str, Any]:
        """The response map: errors first when there are any; no `data` key when nothing was executed."""
        body: dict[str, Any] = {}
        if self.errors:
            body["errors"] = self.errors
        if self.data is not None or not self.errors:
            body["data"] = self.data
        return body


def error_of(error: LienthongError, path: tuple[str, ...] | None = None) -> dict[str, Any]:
    """The GraphQL error of an error. Paths are schema paths: response keys without list indices."""
    answer: dict[str, Any] = {"message": error.public_message}
    if path is not None:
        answer["path"] = list(path)
    answer["extensions"] = error.extensions()
    return answer


def errors_of(error: LienthongError) -> list[dict[str, Any]]:
    """The GraphQL errors of an error that stopped a request; one that gathers several faults gives each."""
    faults = error.details.get("errors") if error.visibility is Visibility.CLIENT else None
    if not faults:
        return [error_of(error)]
    return [{**fault, "extensions": {"code": error.code}} for fault in faults]


class ShapeCompiler:
    """Compiles each object shape of a plan once, and once more carefully if its data ever needs that."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[int, bool], tuple[ObjectShape, Assembler]] = {}

    def __call__(self, shape: ObjectShape, *, careful: bool = False) -> Assembler:
        """The compiled function of a shape."""
        found = self._compiled.get((id(shape), careful))
        if found is None:
            found = self._compiled[id(shape), careful] = (shape, compile_shape(shape, careful=careful))
        return found[1]


def assemble_response(
    plan: Plan,
    run: Run,
    view: View,
    compiler: ShapeCompiler,
    sealer: CursorSealer,
    introspection: Mapping[str, Any],
) -> Response:
    """The response of a plan that was run. `introspection` holds the answers of introspection roots by key."""
    faults = Faults()
    answers = _Answers(run, view, compiler, sealer, faults)
    data = {
        root.key: introspection[root.key] if root.key in introspection else answers.root(root) for root in plan.roots
    }
    return Response(data, list(_errors(plan, run, faults)))


class _Answers:
    def __init__(self, run: Run, view: View, compiler: ShapeCompiler, sealer: CursorSealer, faults: Faults) -> None:
        self.run = run
        self.view = view
        self.compiler = compiler
        self.sealer = sealer
        self.faults = faults

    def root(self, root: RootField) -> Any:
        """The answer of one root."""
        if root.fixed is not None:
            return root.fixed.value
        if isinstance(root.home, Report):
            assert isinstance(root.shape, PlainShape)
            return project(root.shape, describe_viewer(self.view, self.run.notices), self._row)
        result = self.run.roots[root.key]
        if result.error is not None:
            return None
        if isinstance(root.home, Duty):
            assert isinstance(root.shape, PlainShape)
            return project(root.shape, result.value, self._row)
        if isinstance(root.shape, ObjectShape):
            rows = self._rows(root.shape, result.rows)
            return rows if root.many else rows[0]
        assert isinstance(root.shape, PlainShape)
        value = self._page(result) if isinstance(root.home, Search) else {"matches": bool(result.rows)}
        return project(root.shape, value, self._row)

    def _rows(self, shape: ObjectShape, rows: Sequence[Row | None]) -> list[dict[str, Any] | None]:
        """The objects of rows, None for None; once more with care when a stored key has a shape no key can have."""
        before = self.faults.counts.copy()
        slots, faults = self.run.slots, self.faults
        try:
            assemble = self.compiler(shape)
            return [None if row is None else assemble(row, slots, faults) for row in rows]
        except TypeError:
            faults.counts = before
            assemble = self.compiler(shape, careful=True)
            return [None if row is None else assemble(row, slots, faults) for row in rows]

    def _row(self, shape: ObjectShape, row: Row) -> dict[str, Any] | None:
        return self._rows(shape, (row,))[0]

    def _page(self, result: RootResult) -> dict[str, Any]:
        page = result.page
        assert page is not None
        edges = [
            {"cursor": self.sealer.seal(tuple(row[i] for i in page.position), page.binding), "node": row}
            for row in result.rows[: page.first]
            if row is not None
        ]
        return {
            "edges": edges,
            "pageInfo": {
                "hasNextPage": len(result.rows) > page.first,
                "hasPreviousPage": page.continued,
                "startCursor": edges[0]["cursor"] if edges else None,
                "endCursor": edges[-1]["cursor"] if edges else None,
            },
        }


def describe_viewer(view: View, notices: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The fields of `Viewer`, read from the contract, and the notices that were read for it."""
    permission, contract = view.permission, view.permission.contract
    coordinates = sorted(permission.readable | permission.filterable | permission.protected)
    return {
        "client": contract.client.client_id,
        "clientName": contract.client.name,
        "contract": contract.contract_id,
        "version": contract.version,
        "purpose": permission.purpose,
        "purposes": [
            {"code": purpose.code, "text": purpose.text, "legalBasis": purpose.legal_basis}
            for purpose in contract.purposes.values()
        ],
        "services": sorted(contract.services),
        "fields": [
            {
                "coordinate": coordinate,
                "readable": coordinate in permission.readable,
                "filterable": coordinate in permission.filterable,
                "protected": coordinate in permission.protected,
            }
            for coordinate in coordinates
        ],
        "unpermitted": contract.unpermitted,
        "validTo": contract.valid_to.isoformat(),
        "notices": list(notices),
    }


def _errors(plan: Plan, run: Run, faults: Faults) -> Iterator[dict[str, Any]]:
    for denial in plan.denials:
        denied = FieldNotInContractError(f"`{denial.coordinate}` is not in the contract", coordinate=denial.coordinate)
        yield error_of(denied, denial.path)
    for root in plan.roots:
        result = run.roots.get(root.key)
        if result is not None and result.error is not None:
            yield error_of(result.error, (root.key,))
    for _, (node, failure) in sorted(run.failures.items()):
        yield error_of(failure, node.path)
    for leaf, count in sorted(faults.counts.values(), key=lambda fault: fault[0].path):
        unreadable = SourceDataError(
            f"{count} value(s) of `{leaf.coordinate}` are not of the field's type",
            coordinate=leaf.coordinate,
            count=count,
        )
        yield error_of(unreadable, leaf.path)
