"""Settings, from the environment (prefix `LIENTHONG_`) or a `.env` file."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from errors import LienthongError

__all__ = ["Settings", "load_settings"]

DEMO_ENVIRONMENT = Path(".demo/lienthong.env")


class Settings(BaseSettings):
    """Every setting of the service; the README lists them."""

    model_config = SettingsConfigDict(
        env_prefix="LIENTHONG_",
        env_nested_delimiter="__",
        env_file=(DEMO_ENVIRONMENT, ".env"),
        extra="ignore",
        frozen=True,
    )

    governance_url: str = Field(description="PostgreSQL URL of the governance schema, role lienthong_gateway")
    sources: dict[str, str] = Field(description="URL of each database by its source name")
    cursor_key: SecretStr = Field(description="32 random bytes in base64; seals search cursors")
    audit_key: SecretStr = Field(description="32 random bytes in base64; hashes subjects in the audit")
    admin_url: str | None = Field(default=None, description="PostgreSQL URL of the owner, for `lienthong migrate` only")
    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8000, description="port to listen on")
    workers: int = Field(default=1, ge=1, description="worker processes")
    mongo_driver: Literal["pymongo", "motor"] = Field(default="pymongo", description="driver for MongoDB")
    pool_size: int = Field(default=10, ge=1, description="connections per database and worker")
    concurrency: int = Field(default=32, ge=1, description="fetches under way per database and worker")
    fetch_timeout: float = Field(default=5.0, gt=0, description="seconds for one fetch, waiting included")
    audit_timeout: float = Field(default=5.0, gt=0, description="seconds for one audit commit")
    cache_size: int = Field(default=1000, ge=1, description="documents and plans kept per worker")
    max_body: int = Field(default=1_000_000, ge=1, description="bytes of a request body at most")
    trace_file: Path | None = Field(default=None, description="file that keeps finished traces; demo only")
    demo_clients: Path | None = Field(default=None, description="file of sample clients that the pages show; demo only")

    @field_validator("cursor_key", "audit_key")
    @classmethod
    def _is_key(cls, key: SecretStr) -> SecretStr:
        try:
            decoded = base64.b64decode(key.get_secret_value(), validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValueError("must be base64") from error
        if len(decoded) != 32:
            raise ValueError("must be 32 bytes")
        return key

    def key(self, name: Literal["cursor_key", "audit_key"]) -> bytes:
        """The bytes of a key."""
        secret: SecretStr = getattr(self, name)
        return base64.b64decode(secret.get_secret_value())


def load_settings(**given: Any) -> Settings:
    """The settings of the environment. Raises `LienthongError` that names every fault."""
    try:
        return Settings(**given)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        raise LienthongError("settings (environment, prefix LIENTHONG_):\n- " + "\n- ".join(faults)) from None
