"""Calling the service as an account: one operation of the process schema, over HTTP with the account's key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from auth.credentials import AccountKey, parse_authorization
from auth.errors import CredentialsInvalidError
from errors import LienthongError
from service.settings import DEMO_ENVIRONMENT

__all__ = ["CallerSettings", "CommandError", "ask", "caller_settings", "is_signed_in"]

REFUSED, USAGE, NOT_SIGNED_IN, UNAVAILABLE = 1, 2, 3, 4
"""Exit statuses of commands."""

_TIMEOUT = 30.0
_HERE = frozenset({"127.0.0.1", "::1", "localhost"})
_STATUSES = {401: NOT_SIGNED_IN, 429: NOT_SIGNED_IN, 503: UNAVAILABLE}


class CallerSettings(BaseSettings):
    """What a command needs that is run as an account; the README lists it with the service's settings."""

    model_config = SettingsConfigDict(
        env_prefix="LIENTHONG_", env_file=(DEMO_ENVIRONMENT, ".env"), extra="ignore", frozen=True
    )

    url: str | None = Field(default=None, description="where the service is, for commands; else this machine's port")
    account_key: SecretStr | None = Field(default=None, description="`lta_...`; commands are then run as that account")
    port: int = 8000

    @property
    def endpoint(self) -> str:
        """The URL to post operations to. Raises `CommandError` for one that would show the key on its way."""
        url = self.url or f"http://127.0.0.1:{self.port}"
        try:
            parts = urlsplit(url)
        except ValueError:
            raise CommandError(USAGE, "LIENTHONG_URL is not a URL") from None
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _HERE):
            raise CommandError(USAGE, "LIENTHONG_URL must be an https URL, or an http URL of this machine")
        return f"{url.rstrip('/')}/graphql"


class CommandError(LienthongError):
    """the command could not be carried out

    `status` is the exit status; `told` are the code and details that `--json` prints.
    """

    def __init__(self, status: int, message: str, **told: Any) -> None:
        super().__init__(message, **told)
        self.exit_status = status


def is_signed_in() -> bool:
    """Whether commands are run as an account."""
    return caller_settings().account_key is not None


def caller_settings() -> CallerSettings:
    """The settings of the environment. Raises `CommandError` that names every fault."""
    try:
        return CallerSettings()
    except ValidationError as error:
        faults = [f"LIENTHONG_{'.'.join(map(str, fault['loc'])).upper()}: {fault['msg']}" for fault in error.errors()]
        raise CommandError(USAGE, "\n- ".join(("settings:", *faults))) from None


def ask(query: str, variables: Mapping[str, Any] | None = None) -> Any:
    """What the one root of an operation answers. Raises `CommandError` with the service's own code and message."""
    settings = caller_settings()
    endpoint = settings.endpoint
    try:
        response = httpx.post(
            endpoint,
            json={"query": query, "variables": dict(variables or {})},
            headers={"authorization": _authorization(settings), "accept": "application/graphql-response+json"},
            timeout=_TIMEOUT,
            # A proxy of the environment would read the key of what is not encrypted.
            trust_env=endpoint.startswith("https:"),
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise CommandError(UNAVAILABLE, f"the service at {endpoint} does not answer") from error
    try:
        body = response.json()
        for fault in body.get("errors", ()):
            raise _refused(fault, response.status_code)
        (answer,) = body["data"].values()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CommandError(UNAVAILABLE, f"what answers at {endpoint} is not the service") from error
    return answer


def _authorization(settings: CallerSettings) -> str:
    if settings.account_key is None:
        raise CommandError(NOT_SIGNED_IN, "set LIENTHONG_ACCOUNT_KEY to a key of your account (lta_...)")
    try:
        key = parse_authorization(f"Bearer {settings.account_key.get_secret_value().removeprefix('Bearer ')}")
    except CredentialsInvalidError:
        key = None
    if not isinstance(key, AccountKey):
        raise CommandError(NOT_SIGNED_IN, "LIENTHONG_ACCOUNT_KEY is not a key of an account (lta_...)")
    return key.authorization


def _refused(fault: Mapping[str, Any], status: int) -> CommandError:
    told = dict(fault["extensions"])
    message = str(fault["message"])
    if told["code"] == "GRAPHQL_VALIDATION_FAILED":
        # Commands send valid documents, so this one names what the account's schema does not have.
        message, told["code"] = "this command is not for the roles of your account", "ROLE_REQUIRED"
    return CommandError(_STATUSES.get(status, REFUSED), message, **told)
