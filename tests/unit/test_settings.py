"""Settings about credentials, as they come from the environment; and how the server is told to serve."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import uvicorn

from errors import LienthongError
from service import cli
from service.settings import Settings, load_settings

ISSUER = {"issuer": "https://issuer.example", "jwks": "/etc/keys.json", "algorithms": ["ES256"], "clients": "*"}
SECRET = base64.b64encode(bytes(32)).decode()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets variables; what every service needs is set."""

    def set_all(**given: Any) -> None:
        for name, value in given.items():
            text = value if isinstance(value, str) else json.dumps(value)
            monkeypatch.setenv(f"LIENTHONG_{name.upper()}", text)

    set_all(governance_url="postgresql://x", sources={}, cursor_key=SECRET, audit_key=SECRET)
    return set_all


def load() -> Settings:
    return load_settings(_env_file=None)


def test_issuers_proxies_and_former_keys_are_read_from_the_environment(environment: Any) -> None:
    environment(
        token_audience="https://lienthong.example",
        issuers=[ISSUER, ISSUER | {"issuer": "b", "jwks": "https://b.example/jwks", "clients": ["csgt"], "ttl": 60}],
        trusted_proxies=["10.0.0.0/8", "::1"],
        previous_cursor_keys=[SECRET],
        failed_attempts="10",
    )
    settings = load()
    first, second = settings.issuers
    assert (first.clients, first.ttl, first.algorithms) == ("*", 300, frozenset({"ES256"}))
    assert (second.clients, second.ttl) == (frozenset({"csgt"}), 60)
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.0/8", "::1/128"]
    assert settings.old_cursor_keys() == [bytes(32)]
    assert settings.failed_attempts == 10


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"issuers": [ISSUER]}, "token_audience: must be set"),
        ({"issuers": [ISSUER, ISSUER], "token_audience": "a"}, "an issuer is named twice"),
        ({"issuers": [ISSUER | {"algorithms": ["HS256"]}]}, "issuers.0.algorithms"),
        ({"issuers": [ISSUER | {"algorithms": ["none"]}]}, "issuers.0.algorithms"),
        ({"issuers": [ISSUER | {"algorithms": []}]}, "issuers.0.algorithms"),
        ({"issuers": [ISSUER | {"jwks": "http://issuer.example/jwks"}]}, "must be a file, an https URL"),
        ({"issuers": [ISSUER | {"client": "x"}]}, "issuers.0.client"),
        ({"issuers": [{k: v for k, v in ISSUER.items() if k != "clients"}]}, "issuers.0.clients"),
        ({"issuers": [ISSUER | {"clients": "csgt"}]}, "issuers.0.clients"),
        ({"trusted_proxies": ["10.0.0.1/8"]}, "trusted_proxies.0"),
        ({"trusted_proxies": ["proxy.example"]}, "trusted_proxies.0"),
        ({"previous_cursor_keys": ["AAAA"]}, "previous_cursor_keys"),
        ({"failed_attempts": "0"}, "failed_attempts"),
    ],
)
def test_a_fault_is_named(environment: Any, given: dict[str, Any], fault: str) -> None:
    environment(**given)
    with pytest.raises(LienthongError) as refused:
        load()
    assert fault in refused.value.message


@pytest.mark.parametrize("workers", [1, 2])
def test_the_server_leaves_the_address_of_the_peer_alone(
    environment: Any, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    given: dict[str, Any] = {}
    monkeypatch.setattr(uvicorn, "run", lambda _app, **options: given.update(options))
    monkeypatch.setattr("service.worker.create", lambda _settings: None)
    environment(workers=str(workers))
    cli._serve(load())
    assert given["proxy_headers"] is False
