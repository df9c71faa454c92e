"""Key sets: which keys are usable, and when a set is read again, kept, or given up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from auth.errors import IssuerUnavailableError
from auth.jwks import KEPT, KeySetError, KeySource, is_key_location, read_keys
from tests.issuing import KeyServer, b64, key_server, key_set, signing_key

ONE, TWO = signing_key("one"), signing_key("two")
RSA_KEY, EDWARDS = signing_key("rsa", "RS256"), signing_key("edwards", "EdDSA")
SMALL = rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key().public_numbers()


def read(*members: Any) -> set[tuple[str, str]]:
    return set(read_keys(json.dumps({"keys": members}).encode()))


def test_each_kind_of_key_serves_one_algorithm() -> None:
    found = read(ONE.jwk(), RSA_KEY.jwk(), EDWARDS.jwk())
    assert found == {("one", "ES256"), ("rsa", "RS256"), ("edwards", "EdDSA")}
    bare = {name: value for name, value in ONE.jwk().items() if name not in {"use", "alg"}}
    assert read(bare, RSA_KEY.jwk(kid="one")) == {("one", "ES256"), ("one", "RS256")}


@pytest.mark.parametrize(
    "member",
    [
        OctKey.import_key("a" * 32).as_dict(private=True, kid="x"),
        ECKey.import_key(ONE.private).as_dict(private=True, kid="x"),
        ECKey.generate_key("P-384").as_dict(private=False, kid="x"),
        OKPKey.generate_key("Ed448").as_dict(private=False, kid="x"),
        OKPKey.generate_key("X25519").as_dict(private=False, kid="x"),
        {"kty": "RSA", "kid": "x", "n": b64(SMALL.n.to_bytes(128, "big")), "e": "AQAB"},
        {"kty": "RSA", "kid": "x", "n": b64(b"\xff" * 2048), "e": "AQAB"},
        RSAKey.import_key(RSA_KEY.private.public_key()).as_dict(private=False),
        ONE.jwk(kid=1),
        ONE.jwk(use="enc"),
        ONE.jwk(key_ops=["sign"]),
        ONE.jwk(alg="HS256"),
        ONE.jwk(alg="ES384"),
        ONE.jwk(x=b64(bytes(32))),
        RSA_KEY.jwk(n=5),
        {"kty": ["EC"], "kid": "x"},
        {"kid": "x"},
        {},
        [],
        "EC",
        None,
    ],
)
def test_a_key_that_is_not_usable_is_left_out(member: Any) -> None:
    assert read(member, TWO.jwk()) == {("two", "ES256")}


def test_the_first_of_two_keys_with_one_id_counts() -> None:
    keys = read_keys(json.dumps({"keys": [ONE.jwk(), TWO.jwk(kid="one")]}).encode())
    assert keys["one", "ES256"].thumbprint == ECKey.import_key(ONE.jwk()).thumbprint()


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"keys": {}}', b'{"keys": 1}', b"\xff", b"null"])
def test_what_is_no_key_set_is_refused(raw: bytes) -> None:
    with pytest.raises(KeySetError):
        read_keys(raw)
    with pytest.raises(KeySetError):
        read_keys(json.dumps({"keys": [ONE.jwk()] * 101}).encode())


@pytest.mark.parametrize(
    ("location", "allowed"),
    [
        ("/etc/keys.json", True),
        ("keys.json", True),
        ("file:///etc/keys.json", True),
        ("https://issuer.example/jwks", True),
        ("http://127.0.0.1:8080/jwks", True),
        ("http://[::1]/jwks", True),
        ("http://localhost/jwks", True),
        ("http://issuer.example/jwks", False),
        ("http://127.0.0.1.issuer.example/jwks", False),
        ("http://localhost@issuer.example/jwks", False),
        ("https://", False),
        ("ftp://issuer.example/jwks", False),
        ("", False),
    ],
)
def test_keys_come_from_files_https_and_this_machine(location: str, allowed: bool) -> None:  # noqa: FBT001
    assert is_key_location(location) is allowed


class Clock:
    """A time that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server() -> Iterator[KeyServer]:
    with key_server(key_set(ONE)) as server:
        yield server


@pytest.fixture
async def source(server: KeyServer, clock: Clock) -> AsyncIterator[KeySource]:
    source = KeySource(server.url, ttl=300, clock=clock)
    yield source
    await source.close()


async def has(source: KeySource, key: Any) -> bool:
    return await source.find(key.kid, key.algorithm) is not None


async def settled(source: KeySource) -> None:
    """Wait for a reading in the background to end."""
    while source._reading is not None:
        await asyncio.wait([source._reading])


async def test_a_set_is_read_once_for_all_who_wait(source: KeySource, server: KeyServer) -> None:
    assert await asyncio.gather(*(has(source, ONE) for _ in range(20))) == [True] * 20
    assert server.requests == 1


async def test_a_set_is_read_again_in_the_background_before_it_is_too_old(
    source: KeySource, server: KeyServer, clock: Clock
) -> None:
    assert await has(source, ONE)
    server.content = key_set(TWO)
    clock.now += 149
    assert await has(source, ONE)
    assert server.requests == 1
    clock.now += 1
    assert await has(source, ONE)
    await settled(source)
    assert server.requests == 2
    assert not await has(source, ONE)


async def test_a_key_that_was_rotated_out_ends_with_the_time_to_live(
    source: KeySource, server: KeyServer, clock: Clock
) -> None:
    assert await has(source, ONE)
    server.content = key_set(TWO)
    clock.now += 300
    assert source.current() is None
    assert not await has(source, ONE)
    assert await has(source, TWO)


async def test_an_unknown_key_is_looked_for_at_once_but_not_often(
    source: KeySource, server: KeyServer, clock: Clock
) -> None:
    assert await has(source, ONE)
    server.content = key_set(ONE, TWO)
    clock.now += 9
    assert not await has(source, TWO)
    assert server.requests == 1
    clock.now += 1
    assert await has(source, TWO)
    stranger = signing_key("stranger")
    assert not any([await has(source, stranger) for _ in range(50)])
    assert server.requests == 2


async def test_an_algorithm_does_not_borrow_a_key_of_another(source: KeySource) -> None:
    assert await source.find("one", "ES256") is not None
    assert await source.find("one", "RS256") is None


@pytest.mark.parametrize(
    "answer",
    [
        (500, b"", {}),
        (302, key_set(TWO), {"location": "/elsewhere"}),
        (200, b"<html>", {}),
        (200, key_set(TWO) + b" " * 300_000, {}),
        (200, key_set(TWO), {"content-encoding": "gzip"}),
    ],
    ids=["failing", "redirecting", "no key set", "too large", "encoded"],
)
async def test_a_server_that_fails_leaves_the_set_at_hand_for_a_bounded_time(
    source: KeySource, server: KeyServer, clock: Clock, caplog: pytest.LogCaptureFixture, answer: Any
) -> None:
    assert await has(source, ONE)
    server.status, server.content, server.headers = answer
    clock.now += 300
    assert await has(source, ONE)
    assert "cannot be read" in caplog.text
    assert not await has(source, TWO)
    clock.now += KEPT - 301
    assert await has(source, ONE)
    clock.now += 1
    with pytest.raises(IssuerUnavailableError):
        await has(source, ONE)
    server.status, server.content, server.headers = 200, key_set(TWO), {}
    clock.now += 10
    assert await has(source, TWO)
    assert not await has(source, ONE)


async def test_a_failure_long_ago_does_not_keep_an_old_set(source: KeySource, server: KeyServer, clock: Clock) -> None:
    assert await has(source, ONE)
    server.status = 500
    clock.now += 150
    assert await has(source, ONE)
    await settled(source)
    server.status, server.content = 200, key_set(TWO)
    clock.now += 600
    assert not await has(source, ONE)


async def test_a_server_that_is_away_is_not_asked_by_every_request(
    source: KeySource, server: KeyServer, clock: Clock
) -> None:
    server.status = 500
    for _ in range(20):
        with pytest.raises(IssuerUnavailableError):
            await has(source, ONE)
    assert server.requests == 1
    server.status = 200
    clock.now += 10
    assert await has(source, ONE)


async def test_a_change_of_a_file_is_noticed_within_a_second(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "keys.json"
    file.write_bytes(key_set(ONE))
    source = KeySource(str(file), ttl=300, clock=clock)
    assert await has(source, ONE)
    file.write_bytes(key_set(TWO))
    clock.now += 1
    assert not await has(source, ONE)
    assert await has(source, TWO)
    file.write_bytes(key_set(TWO)[:-20])
    clock.now += 1
    assert await has(source, TWO)
    file.unlink()
    clock.now += 1
    assert await has(source, TWO)
    clock.now += KEPT
    with pytest.raises(IssuerUnavailableError):
        await has(source, TWO)
    await source.close()


async def test_an_empty_set_ends_every_key(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "keys.json"
    file.write_bytes(key_set(ONE))
    source = KeySource(f"file://{file}", ttl=300, clock=clock)
    assert await has(source, ONE)
    file.write_bytes(key_set())
    clock.now += 1
    assert not await has(source, ONE)
    await source.close()
