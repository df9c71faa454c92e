"""The files of a demo, its settings among them."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

from service.demo.databases import SOURCES
from service.demo.sandbox import sandbox_sources
from service.embedded import EmbeddedServers

__all__ = ["DemoFolder", "environment_of", "write_private"]


class DemoFolder:
    """The files of a demo below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.clients = folder / "clients.json"
        self.accounts = folder / "accounts.json"
        self.environment = folder / "lienthong.env"
        self.checkpoints = folder / "checkpoints.jsonl"

    def operator_key(self) -> str:
        """The key of the people on call, as it stands in the settings."""
        return _read_environment(self.environment)["LIENTHONG_OPERATOR_KEY"]


def environment_of(servers: EmbeddedServers, demo: DemoFolder, port: int) -> dict[str, str]:
    """The settings of a demo by the names of their variables; keys that were made once are kept."""
    kept = _read_environment(demo.environment)
    names = {f"LIENTHONG_SOURCES__{source.upper()}": servers.mongo_url(source) for source in SOURCES}
    return {
        "LIENTHONG_GOVERNANCE_URL": servers.postgres_url("lienthong_gateway"),
        "LIENTHONG_ADMIN_URL": servers.admin_url,
        "LIENTHONG_PROCESS_URL": servers.postgres_url("lienthong_process"),
        "LIENTHONG_SOURCES__POPULATION": servers.postgres_url("lienthong_reader"),
        **names,
        **{f"LIENTHONG_SANDBOX_SOURCES__{name.upper()}": url for name, url in sandbox_sources(servers).items()},
        "LIENTHONG_CURSOR_KEY": kept.get("LIENTHONG_CURSOR_KEY") or _random_key(),
        "LIENTHONG_AUDIT_KEY": kept.get("LIENTHONG_AUDIT_KEY") or _random_key(),
        "LIENTHONG_CHECKPOINT_KEY": kept.get("LIENTHONG_CHECKPOINT_KEY") or _random_key(),
        "LIENTHONG_CHECKPOINT_FILE": str(demo.checkpoints),
        "LIENTHONG_AUDIT_URL": servers.postgres_url("lienthong_auditor"),
        "LIENTHONG_PORT": str(port),
        "LIENTHONG_DEMO_CLIENTS": str(demo.clients),
        "LIENTHONG_OPERATOR_KEY": kept.get("LIENTHONG_OPERATOR_KEY") or secrets.token_urlsafe(24),
        "LIENTHONG_LOG_FORMAT": "console",
        "LIENTHONG_LOG_LEVEL": "WARNING",
    }


def _read_environment(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    pairs = (line.partition("=") for line in path.read_text(encoding="utf-8").splitlines())
    return {name: value for name, _, value in pairs if value}


def _random_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, all at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    fresh.replace(path)
