"""Failed attempts: limited per source before anything is read, recorded without a flood, and nobody else shut out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from auth.credentials import ApiKey
from service import authentication
from service.embedded import EmbeddedServers
from tests.issuing import AUDIENCE, ISSUER, access_token, key_set, signing_key
from tests.running import RunningService, settings_for
from tests.service.test_tokens import eventually, named, send, told

LIMIT = 5
KEY, STRANGER = signing_key("one"), signing_key("stranger")
PROXY = "127.0.0.2"
BLOCKED = (429, "TOO_MANY_ATTEMPTS")


@pytest.fixture
def strict(
    databases: EmbeddedServers, service: RunningService, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RunningService]:
    """A service that allows five failed attempts and reports refused ones every tenth of a second."""
    monkeypatch.setattr(authentication, "_REPORTED_EVERY", 0.1)
    file = tmp_path / "keys.json"
    file.write_bytes(key_set(KEY))
    issuers = [{"issuer": ISSUER, "jwks": str(file), "algorithms": ["ES256"], "clients": "*"}]
    changes = {"token_audience": AUDIENCE, "issuers": issuers, "trusted_proxies": [PROXY]}
    with RunningService(settings_for(databases, failed_attempts=LIMIT, **changes)) as running:
        running.governance = service.governance
        yield running


def guess() -> str:
    return ApiKey.new().authorization


def guess_until_blocked(service: RunningService, **options: Any) -> httpx.Response:
    """Fail as often as is allowed; the first answer after that."""
    for _ in range(LIMIT):
        assert told(send(service, guess(), **options)) == (401, "UNAUTHENTICATED")
    return send(service, guess(), **options)


def records(service: RunningService, trace_id: str) -> list[Any]:
    return service.governance.fetch("SELECT * FROM governance.audit_entry WHERE trace_id = $1", trace_id)


def test_over_the_limit_the_answer_says_how_long_to_wait_and_nothing_is_read(strict: RunningService) -> None:
    response = guess_until_blocked(strict)
    assert told(response) == BLOCKED
    wait = response.json()["errors"][0]["extensions"]["retryAfter"]
    assert 290 <= wait <= 300
    assert response.headers["retry-after"] == str(wait)
    unseen = strict.governance.authorizations["csgt"]
    with strict.observing() as observed:
        for credentials in (guess(), unseen, access_token(KEY), "nothing", f"{unseen}x"):
            assert told(send(strict, credentials)) == BLOCKED
        assert told(httpx.get(f"{strict.url}/schema.graphql")) == BLOCKED
    assert [text for text in observed.of("lienthong-governance") if "FROM" in text] == []


def test_who_was_verified_before_is_not_shut_out_by_a_neighbour(strict: RunningService) -> None:
    key, token = strict.governance.authorizations["mot-cua"], access_token(KEY)
    for credentials in (key, token):
        assert told(send(strict, credentials)) == (200, None)
    assert told(guess_until_blocked(strict)) == BLOCKED
    for credentials in (key, token):
        assert told(send(strict, credentials)) == (200, None)
    assert told(send(strict, key[:-1] + ("A" if key[-1] != "A" else "B"))) == BLOCKED


def test_nor_when_something_changed_in_the_meantime(strict: RunningService) -> None:
    key = strict.governance.authorizations["mot-cua"]
    assert told(send(strict, key)) == (200, None)
    assert told(guess_until_blocked(strict)) == BLOCKED
    strict.governance.install(named(strict.governance.contracts["csgt"], "meantime"))
    for _ in range(10):
        assert told(send(strict, key)) == (200, None)
    revoked = "UPDATE governance.api_key SET revoked_at = now() WHERE key_id = $1"
    issued = strict.governance.install(named(strict.governance.contracts["csgt"], "meantime-revoked"))
    assert told(send(strict, issued, local_address="127.0.0.6")) == (200, None)
    strict.governance.fetch(revoked, issued.split("_")[1])
    eventually(lambda: told(send(strict, issued)) == (401, "CREDENTIALS_EXPIRED"))


def test_another_source_is_not_concerned_and_an_untrusted_one_cannot_pose_as_another(strict: RunningService) -> None:
    for attempt in range(LIMIT):
        spoofed = {"x-forwarded-for": f"198.51.100.{attempt}", "forwarded": f"for=198.51.100.{attempt}"}
        assert told(send(strict, guess(), headers=spoofed)) == (401, "UNAUTHENTICATED")
    assert told(send(strict, guess(), headers={"x-forwarded-for": "203.0.113.1"})) == BLOCKED
    assert told(send(strict, strict.governance.authorizations["csgt"], local_address="127.0.0.3")) == (200, None)


def test_behind_a_trusted_proxy_each_client_address_counts_for_itself(strict: RunningService) -> None:
    def through_proxy(address: str) -> dict[str, Any]:
        return {"local_address": PROXY, "headers": {"x-forwarded-for": f"192.0.2.99, {address}"}}

    assert told(guess_until_blocked(strict, **through_proxy("198.51.100.1"))) == BLOCKED
    assert told(send(strict, guess(), **through_proxy("198.51.100.2"))) == (401, "UNAUTHENTICATED")
    assert told(guess_until_blocked(strict, **through_proxy("2001:db8:0:1::1"))) == BLOCKED
    assert told(send(strict, guess(), **through_proxy("2001:db8:0:1:ffff::2"))) == BLOCKED
    response = send(strict, guess(), **through_proxy("2001:db8:0:2::1"))
    assert told(response) == (401, "UNAUTHENTICATED")
    assert strict.record_of(response)["actor"] == "2001:db8:0:2::/64"


def test_every_kind_of_failure_counts(strict: RunningService) -> None:
    failures = ["nothing", guess(), access_token(STRANGER), access_token(KEY, aud="other")]
    for credentials in failures:
        assert told(send(strict, credentials))[0] == 401
    assert told(httpx.post(f"{strict.url}/graphql", json={"query": "{viewer{client}}"})) == (401, "UNAUTHENTICATED")
    assert told(send(strict, guess())) == BLOCKED


def test_genuine_credentials_that_have_expired_count_against_themselves(strict: RunningService) -> None:
    contract = named(strict.governance.contracts["benh-vien"], "expired-attempts")
    key, token = strict.governance.install(contract, days=0), access_token(KEY, exp=time.time() - 60)
    for credentials in (key, token):
        for _ in range(LIMIT):
            assert told(send(strict, credentials)) == (401, "CREDENTIALS_EXPIRED")
        assert told(send(strict, credentials)) == BLOCKED
    assert told(send(strict, strict.governance.authorizations["csgt"])) == (200, None)


def test_guesses_side_by_side_overshoot_by_a_few_at_most(strict: RunningService) -> None:
    with strict.observing() as observed, ThreadPoolExecutor(40) as pool:
        answers = [told(answer) for answer in pool.map(lambda _: send(strict, guess()), range(200))]
    assert answers.count((401, "UNAUTHENTICATED")) == LIMIT
    assert answers.count(BLOCKED) == 200 - LIMIT
    reads = [text for text in observed.of("lienthong-governance") if "api_key" in text]
    assert LIMIT <= len(reads) <= LIMIT + 8


def test_blocked_attempts_are_recorded_once_and_then_counted(strict: RunningService) -> None:
    crossing = guess_until_blocked(strict)
    (record,) = records(strict, crossing.headers["x-trace-id"])
    assert (record["outcome"], record["codes"], record["actor"]) == ("refused", ["TOO_MANY_ATTEMPTS"], "127.0.0.1")
    for _ in range(20):
        response = send(strict, guess())
        assert told(response) == BLOCKED
        assert records(strict, response.headers["x-trace-id"]) == []

    def counted() -> int:
        rows = strict.governance.fetch(
            "SELECT (row_counts ->> 'attempts')::int AS attempts FROM governance.audit_entry "
            "WHERE operation_type = 'attempts' AND actor = '127.0.0.1' AND codes = '{TOO_MANY_ATTEMPTS}' "
            "AND recorded_at >= $1",
            record["recorded_at"],
        )
        return sum(row["attempts"] for row in rows)

    eventually(lambda: counted() == 20, 5)


def test_what_was_counted_last_is_recorded_when_the_service_ends(
    databases: EmbeddedServers, service: RunningService
) -> None:
    with RunningService(settings_for(databases, failed_attempts=1)) as running:
        running.governance = service.governance
        send(running, guess(), local_address="127.0.0.44")
        for _ in range(4):
            assert told(send(running, guess(), local_address="127.0.0.44")) == BLOCKED
    (row,) = service.governance.fetch(
        "SELECT row_counts ->> 'attempts' AS attempts FROM governance.audit_entry "
        "WHERE operation_type = 'attempts' AND actor = '127.0.0.44'"
    )
    assert row["attempts"] == "3"


def test_an_unknown_key_is_read_once_until_something_changes(strict: RunningService) -> None:
    key = ApiKey.new()
    with strict.observing() as observed:
        for _ in range(3):
            assert told(send(strict, key.authorization)) == (401, "UNAUTHENTICATED")
    assert len([text for text in observed.of("lienthong-governance") if "api_key" in text]) == 1
    strict.governance.fetch(
        "INSERT INTO governance.api_key (key_id, contract_id, secret_sha256, expires_at) "
        "VALUES ($1, 'csgt-tra-cuu', $2, now() + interval '1 day')",
        key.key_id,
        key.digest,
    )
    sources = (f"127.0.1.{number}" for number in range(1, 255))
    eventually(lambda: told(send(strict, key.authorization, local_address=next(sources))) == (200, None))
