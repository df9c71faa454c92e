"""The application of a serving process: tracing, routes, and a collector that knows it serves."""

from __future__ import annotations

from importlib.metadata import version

from starlette.applications import Starlette

from service.app import create_app
from service.collector import tune_collector
from service.settings import Settings, load_settings
from service.telemetry import set_up_tracing
from service.traces import TraceFile

__all__ = ["create"]


def create(settings: Settings | None = None) -> Starlette:
    """The application of one serving process, by default with the settings of the environment."""
    settings = settings or load_settings()
    set_up_tracing(version("lienthong"), *([TraceFile(settings.trace_file)] if settings.trace_file else []))
    app = create_app(settings)
    tune_collector()
    return app
