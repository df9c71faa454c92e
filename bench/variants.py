"""The gateway with a part of it left out, to see what the part costs. No setting of the service does this.

`BENCH_WITHOUT` names what is left out: `metrics` (measuring requests), `telemetry` (spans, and with them metrics, pages
and log lines), `audit` (answers leave before, and without, their record).
"""

from __future__ import annotations

import os
from typing import Any
from unittest import mock

from opentelemetry.sdk.resources import Resource
from starlette.applications import Starlette

from auth.audit import AuditLog, AuditRecord
from service import worker
from service.telemetry.metrics import Metrics
from service.telemetry.tracing import Exports

__all__ = ["WITHOUT", "create"]

WITHOUT = "BENCH_WITHOUT"


def create() -> Starlette:
    """The application of the variant."""
    without = os.environ.get(WITHOUT, "")
    if without in {"metrics", "telemetry"}:
        mock.patch.object(Metrics, "take", _nothing).start()
    if without == "telemetry":
        mock.patch.object(worker, "set_up_tracing", _no_tracing).start()
    if without == "audit":
        mock.patch.object(AuditLog, "write", _unwritten).start()
    return worker.create()


def _nothing(*_: Any) -> None:
    """Measure nothing."""


def _no_tracing(_version: str) -> Exports:
    """Leave OpenTelemetry's own provider, which records nothing."""
    return Exports(Resource.get_empty(), ())


async def _unwritten(_log: AuditLog, _record: AuditRecord) -> None:
    """Record nothing."""
