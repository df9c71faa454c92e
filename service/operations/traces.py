"""The latest and the worst requests of this process, as pages and as JSON of the same content."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from connectors.fetch import Statement
from service.operations.errors import TraceUnknownError
from service.operations.exposition import packed
from service.operations.findings import findings_of
from service.operations.page import render
from service.operations.picture import picture_of
from service.operations.plans import steps_of
from service.operations.siblings import Siblings
from service.operations.waterfall import waterfall_of
from service.pages import NO_SCRIPT_HEADERS
from service.telemetry.recent import Search
from service.telemetry.summary import RequestSummary
from service.telemetry.telemetry import Telemetry

__all__ = ["TracePages"]

_SHOWN = 200
_LONGEST = 100
_CHOICES = ("environment", "client", "operation", "source", "code")
_TRACE_ID = re.compile(r"[0-9a-f]{32}\Z")
_UNKEPT = {"cache-control": "no-store"}


class TracePages:
    """Shows what `telemetry` keeps, and what the other workers keep.

    `link` is the address of a trace elsewhere, with `{trace_id}` in it.
    """

    def __init__(self, telemetry: Telemetry, siblings: Siblings, link: str | None) -> None:
        self._telemetry = telemetry
        self._siblings = siblings
        self._link = link

    async def answer(self, name: str, asked: str) -> bytes:
        """Answer another worker."""
        if name == "metrics":
            return packed(self._telemetry.metrics)
        if name == "list":
            return _dumped(self._here(Search(**orjson.loads(asked))))
        found = self._find(asked)
        if found is None:
            return b""
        return bytes(self._page(found).body) if name == "page" else _dumped(_spans_of(found))

    async def show_list(self, request: Request) -> Response:
        """Findings, the picture of the sources, error codes, and the requests that a search finds."""
        search = _search(request.query_params)
        workers = await self._everywhere(search)
        found = _together(workers, "requests")
        codes: dict[str, dict[str, Any]] = {}
        for one in _together(workers, "codes"):
            known = codes.setdefault(one["code"], {**one, "count": 0})
            known["count"] += one["count"]
        return render(
            "list.html",
            workers=workers,
            findings=[{**finding, "worker": one["process"]} for one in workers for finding in one["findings"]],
            codes=sorted(codes.values(), key=lambda code: -int(code["count"])),
            search=search,
            found=sorted(found, key=lambda one: -float(one["began"]))[:_SHOWN],
            total=sum(one["total"] for one in workers),
            slowest=max((one["milliseconds"] for one in found), default=0.0),
            choices={name: sorted({v for one in workers for v in one["choices"][name]}) for name in _CHOICES},
        )

    async def give_list(self, request: Request) -> Response:
        """The same as JSON, by worker."""
        return _json({"workers": await self._everywhere(_search(request.query_params))})

    async def show_trace(self, request: Request) -> Response:
        """A trace: its waterfall, its fetches by source, and its plan."""
        trace_id = request.path_params["trace_id"]
        found = self._find(trace_id)
        if found is not None:
            return self._page(found)
        return HTMLResponse(await self._asked("page", trace_id), headers=dict(NO_SCRIPT_HEADERS))

    async def give_trace(self, request: Request) -> Response:
        """A trace as JSON: its spans with their attributes, times in nanoseconds since 1970."""
        trace_id = request.path_params["trace_id"]
        found = self._find(trace_id)
        if found is not None:
            return _json(_spans_of(found))
        return Response(await self._asked("trace", trace_id), headers=_UNKEPT, media_type="application/json")

    async def find(self, request: Request) -> Response:
        """From a trace id, as it is pasted, to its page."""
        given = request.query_params.get("trace", "").strip().lower().replace("-", "")
        if not _TRACE_ID.match(given):
            raise TraceUnknownError("a trace id has 32 hexadecimal digits")
        return RedirectResponse(f"/traces/{given}", 303, headers=dict(NO_SCRIPT_HEADERS))

    async def _asked(self, question: str, trace_id: str) -> bytes:
        """Another worker's answer about a trace. Raises `TraceUnknownError`."""
        if _TRACE_ID.match(trace_id):
            for answer in (await self._siblings.ask(question, trace_id)).values():
                if answer:
                    return answer
        raise TraceUnknownError

    def _find(self, trace_id: str) -> RequestSummary | None:
        if trace_id == "latest":
            return next(iter(self._telemetry.recent.find(Search())), None)
        return self._telemetry.recent.of_trace(trace_id)

    async def _everywhere(self, search: Search) -> list[dict[str, Any]]:
        """What every worker keeps, this one first."""
        others = await self._siblings.ask("list", orjson.dumps(search).decode())
        return [orjson.loads(answer) for answer in (_dumped(self._here(search)), *others.values()) if answer]

    def _here(self, search: Search) -> dict[str, Any]:
        every, found = self._telemetry.recent.find(Search()), self._telemetry.recent.find(search)
        findings = findings_of(self._telemetry)
        watched = self._telemetry.watched
        codes = _codes(every)
        return {
            "process": os.getpid(),
            "kept": len(every),
            "findings": findings,
            "environments": [picture_of(one, self._telemetry.traffic, findings) for one in watched],
            "codes": codes,
            "total": len(found),
            "requests": [_told(one) for one in found[:_SHOWN]],
            "choices": {
                "environment": {one.environment for one in every} - {""},
                "client": {one.client for one in every} - {""},
                "operation": {one.operation or "-" for one in every},
                "source": {source for one in watched for source in one.connectors},
                "code": {code["code"] for code in codes},
            },
        }

    def _page(self, found: RequestSummary) -> Response:
        plan = found.recording.about.get("plan")
        return render(
            "trace.html",
            request=found,
            root=found.recording.root.attributes,
            waterfall=waterfall_of(found.recording),
            plan=plan,
            steps=[] if plan is None else steps_of(plan, found.recording, self._render),
            link=self._link and self._link.replace("{trace_id}", found.trace_id),
        )

    def _render(self, statement: Statement) -> str:
        for watched in self._telemetry.watched:
            if statement.source in watched.connectors:
                return watched.connectors[statement.source].render(statement)
        return ""


def _search(given: Mapping[str, str]) -> Search:
    try:
        seconds = max(0.0, float(given.get("ms") or 0) / 1000)
    except ValueError:
        seconds = 0.0
    texts = {name: given.get(name, "")[:_LONGEST] for name in _CHOICES}
    return Search(**texts, seconds=seconds, failed=given.get("failed") == "1")


def _codes(requests: Sequence[RequestSummary]) -> list[dict[str, Any]]:
    """Each error code, in how many of the requests it is, and the trace of the latest of them."""
    found: dict[str, dict[str, Any]] = {}
    for request in requests:
        for code in request.codes:
            found.setdefault(code, {"code": code, "count": 0, "latest": request.trace_id})["count"] += 1
    return list(found.values())


def _told(request: RequestSummary) -> dict[str, Any]:
    return {
        "trace": request.trace_id,
        "began": request.began,
        "milliseconds": request.seconds * 1000,
        "environment": request.environment,
        "client": request.client,
        "contract": request.contract,
        "operation": request.operation,
        "outcome": request.outcome,
        "status": request.status,
        "codes": request.codes,
        "failed": bool(request.codes) or request.failed,
        "sources": sorted(request.sources),
        "fetches": len(request.fetches),
        "cacheHit": request.cache_hit,
        "stages": {name: seconds * 1000 for name, seconds in request.stages.items()},
    }


def _spans_of(request: RequestSummary) -> dict[str, Any]:
    spans = [
        {
            "id": f"{span.span_id:016x}",
            "parent": f"{span.parent_id:016x}" if span.parent_id else None,
            "name": span.name,
            "kind": span.kind.name,
            "start": span.start_time,
            "end": span.end_time,
            "status": span.status.status_code.name,
            "attributes": span.attributes,
        }
        for span in request.recording.spans
    ]
    return {**_told(request), "dropped": request.recording.dropped, "spans": spans}


def _together(workers: Sequence[Mapping[str, Any]], name: str) -> list[dict[str, Any]]:
    return [one for worker in workers for one in worker[name]]


def _json(content: Any) -> Response:
    return Response(_dumped(content), headers=_UNKEPT, media_type="application/json")


def _dumped(content: Any) -> bytes:
    return orjson.dumps(content, default=_listed)


def _listed(value: Any) -> Any:
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)
