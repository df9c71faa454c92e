"""The application of a serving process: tracing, routes, and a collector that knows it serves."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from starlette.applications import Starlette

from service.app import create_app
from service.collector import tune_collector
from service.settings import Settings, load_settings
from service.telemetry.logs import set_up_logs
from service.telemetry.tracing import set_up_tracing

__all__ = ["create", "server_options"]


def create(settings: Settings | None = None) -> Starlette:
    """The application of one serving process, by default with the settings of the environment."""
    settings = settings or load_settings()
    set_up_logs(settings.log_format, settings.log_level)
    set_up_tracing(version("lienthong"))
    app = create_app(settings)
    tune_collector()
    return app


def server_options(settings: Settings) -> dict[str, Any]:
    """How uvicorn is to serve: it does not touch the peer's address, for `service.origin` judges proxies by it."""
    return {
        "host": settings.host,
        "port": settings.port,
        "log_level": "warning",
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
    }
