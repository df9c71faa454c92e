"""The application factory of worker processes: settings from the environment, tracing per process."""

from __future__ import annotations

from importlib.metadata import version

from starlette.applications import Starlette

from service.app import create_app
from service.collector import tune_collector
from service.settings import Settings
from service.telemetry import set_up_tracing

__all__ = ["create"]


def create() -> Starlette:
    """The application of one worker."""
    set_up_tracing(version("lienthong"))
    app = create_app(Settings())  # type: ignore[call-arg]
    tune_collector()
    return app
