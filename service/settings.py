"""Settings, from the environment (prefix `LIENTHONG_`) or a `.env` file."""

from __future__ import annotations

import base64
import binascii
from datetime import date
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from auth.jwks import is_key_location
from errors import LienthongError
from service.telemetry.logs import LogFormat, LoggedRequests
from service.telemetry.requests import TrustedContext

__all__ = ["IssuerSettings", "Settings", "load_settings"]

_OPERATOR_KEY = 24
DEMO_ENVIRONMENT = Path(".demo/lienthong.env")


class IssuerSettings(BaseModel):
    """An authorization server whose access tokens are taken; the README explains the members."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str = Field(min_length=1)
    jwks: str
    algorithms: frozenset[Literal["RS256", "ES256", "EdDSA"]] = Field(min_length=1)
    clients: frozenset[str] | Literal["*"]
    citizens: bool = False
    ttl: float = Field(default=300.0, gt=0, le=3600)

    @field_validator("jwks")
    @classmethod
    def _is_location(cls, location: str) -> str:
        if not is_key_location(location):
            raise ValueError("must be a file, an https URL, or an http URL of this machine")
        return location


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
    sandbox_sources: dict[str, str] | None = Field(
        default=None, description="URL of each database of the sandbox; with them it is served"
    )
    cursor_key: SecretStr = Field(description="32 random bytes in base64; seals search cursors")
    previous_cursor_keys: list[SecretStr] = Field(
        default=[], description="JSON list of former cursor keys; what they sealed still opens"
    )
    audit_key: SecretStr = Field(description="32 random bytes in base64; hashes subjects in the audit")
    previous_audit_keys: list[SecretStr] = Field(
        default=[], description="JSON list of former audit keys, for `lienthong audit show --subject` only"
    )
    checkpoint_file: Path | None = Field(default=None, description="file to which checkpoints of the audit are added")
    checkpoint_key: SecretStr | None = Field(
        default=None, description="32 random bytes in base64; signs checkpoints (Ed25519)"
    )
    audit_url: str | None = Field(
        default=None, description="PostgreSQL URL, role lienthong_auditor, for `lienthong audit`; else the admin's"
    )
    process_url: str | None = Field(
        default=None, description="PostgreSQL URL, role lienthong_process; with it the process of contracts is served"
    )
    public_holidays: list[date] = Field(
        default=[], description="JSON list of dates: days off that are set each year (Tết, days in lieu)"
    )
    admin_url: str | None = Field(default=None, description="PostgreSQL URL of the owner, for `lienthong migrate` only")
    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8000, description="port to listen on")
    workers: int = Field(default=1, ge=1, description="worker processes")
    mongo_driver: Literal["pymongo", "motor"] = Field(default="pymongo", description="driver for MongoDB")
    pool_size: int = Field(default=10, ge=1, description="connections, and fetches under way, per database and worker")
    fetch_timeout: float = Field(default=5.0, gt=0, description="seconds for one fetch, waiting included")
    audit_timeout: float = Field(default=5.0, gt=0, description="seconds for one audit commit")
    cache_size: int = Field(default=1000, ge=1, description="documents and plans kept per worker")
    max_body: int = Field(default=1_000_000, ge=1, description="bytes of a request body at most")
    token_audience: str | None = Field(default=None, description="`aud` that access tokens must carry")
    issuers: list[IssuerSettings] = Field(default=[], description="JSON list of the issuers of access tokens")
    trusted_proxies: list[IPv4Network | IPv6Network] = Field(
        default=[], description="JSON list of networks whose proxies tell addresses and client certificates"
    )
    failed_attempts: int = Field(default=30, ge=1, description="failed attempts per source and worker in five minutes")
    operator_key: SecretStr | None = Field(
        default=None, description="secret of the people on call, 24 characters at least; opens /traces and /metrics"
    )
    trace_context: TrustedContext = Field(
        default="proxies", description="whose `traceparent` is continued: `never`, `proxies` (trusted ones), `anyone`"
    )
    trace_ratio: float = Field(default=1.0, ge=0, le=1, description="share of ordinary requests' traces to export")
    slow_request: float = Field(default=1.0, gt=0, description="seconds from which a trace is always exported")
    trace_link: str | None = Field(
        default=None, description="address of a trace in Jaeger or the like, with `{trace_id}` in it"
    )
    recent_requests: int = Field(default=600, ge=8, description="requests that a worker keeps for /traces")
    log_format: LogFormat = Field(default="json", description="`json` or `console`")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="least level of lines")
    log_requests: LoggedRequests = Field(
        default="notable", description="requests that have a log line: `all`, `notable` (errors, slow ones), `none`"
    )
    demo_clients: Path | None = Field(default=None, description="file of sample clients that the pages show; demo only")

    @field_validator("cursor_key", "audit_key", "checkpoint_key")
    @classmethod
    def _is_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None:
            _decoded(key)
        return key

    @field_validator("previous_audit_keys", "previous_cursor_keys")
    @classmethod
    def _are_keys(cls, keys: list[SecretStr]) -> list[SecretStr]:
        for key in keys:
            _decoded(key)
        return keys

    @field_validator("operator_key")
    @classmethod
    def _is_long(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and len(key.get_secret_value()) < _OPERATOR_KEY:
            raise ValueError(f"must have {_OPERATOR_KEY} characters at least")
        return key

    @field_validator("trace_link")
    @classmethod
    def _is_link(cls, link: str | None) -> str | None:
        if link is not None and not (link.startswith(("https://", "http://")) and "{trace_id}" in link):
            raise ValueError("must be an http(s) address with `{trace_id}` in it")
        return link

    @model_validator(mode="after")
    def _checkpoints_are_signed(self) -> Self:
        if (self.checkpoint_file is None) != (self.checkpoint_key is None):
            raise ValueError("checkpoint_file and checkpoint_key are given together or not at all")
        return self

    @model_validator(mode="after")
    def _issuers_fit(self) -> Self:
        names = [issuer.issuer for issuer in self.issuers]
        if len(set(names)) < len(names):
            raise ValueError("issuers: an issuer is named twice")
        if names and not self.token_audience:
            raise ValueError("token_audience: must be set when there are issuers")
        return self

    def key(self, name: Literal["cursor_key", "audit_key", "checkpoint_key"]) -> bytes:
        """The bytes of a key that is set."""
        secret: SecretStr = getattr(self, name)
        return _decoded(secret)

    def audit_keys(self) -> list[bytes]:
        """The key that hashes subjects now, and the former ones."""
        return [_decoded(key) for key in (self.audit_key, *self.previous_audit_keys)]

    def old_cursor_keys(self) -> list[bytes]:
        """The keys that sealed cursors before."""
        return [_decoded(key) for key in self.previous_cursor_keys]


def _decoded(key: SecretStr) -> bytes:
    try:
        decoded = base64.b64decode(key.get_secret_value(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("must be base64") from error
    if len(decoded) != 32:
        raise ValueError("must be 32 bytes")
    return decoded


def load_settings(**given: Any) -> Settings:
    """The settings of the environment. Raises `LienthongError` that names every fault."""
    try:
        return Settings(**given)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        raise LienthongError("settings (environment, prefix LIENTHONG_):\n- " + "\n- ".join(faults)) from None
