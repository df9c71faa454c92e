"""The public keys of an issuer of access tokens (RFC 7517), from a file or a URL, kept as long as they may be.

A set is used for its time to live. It is read again in the background from half of that on, and at once when a token
names a key that is not in it, but not more often than the pause allows. While it cannot be read, the last set serves on
for `KEPT` seconds; then its issuer's tokens are refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.util import urlsafe_b64decode

from auth.errors import IssuerUnavailableError

__all__ = ["ALGORITHMS", "KEPT", "KeySetError", "KeySource", "VerificationKey", "is_key_location", "read_keys"]

ALGORITHMS = ("RS256", "ES256", "EdDSA")
"""The signatures that are taken at all. Each kind of key serves exactly one of them."""

KEPT = 3600.0
"""Seconds for which a key set serves on that cannot be read again."""

_KINDS: Mapping[tuple[str, str | None], tuple[str, type[Key]]] = {
    ("RSA", None): ("RS256", RSAKey),
    ("EC", "P-256"): ("ES256", ECKey),
    ("OKP", "Ed25519"): ("EdDSA", OKPKey),
}
_FILE_TTL = 1.0
_PAUSE = 10.0
_TIMEOUT = 5.0
_MAX_BYTES = 262_144
_MAX_KEYS = 100
_RSA_BITS = range(2048, 8193)
_LOG = logging.getLogger("lienthong.auth")


class KeySetError(Exception):
    """A key set that cannot be read; the message is for the operator's log."""


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A public key with its one algorithm; `thumbprint` (RFC 7638) tells it from another with the same `kid`."""

    kid: str
    algorithm: str
    thumbprint: str
    key: Key


KeySet = Mapping[tuple[str, str], VerificationKey]


def read_keys(raw: bytes) -> KeySet:
    """The usable keys of a JWK Set by key id and algorithm; others are left out, as RFC 7517 (section 5) wants it.

    A key is usable when it has a `kid`, is public, is meant for signatures, and is RSA of 2048 to 8192 bits, P-256 or
    Ed25519. Raises `KeySetError` when `raw` is no JWK Set.
    """
    try:
        given = orjson.loads(raw)["keys"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise KeySetError("it is not a JWK Set") from error
    if not isinstance(given, list) or len(given) > _MAX_KEYS:
        raise KeySetError(f"`keys` must be a list of at most {_MAX_KEYS}")
    keys: dict[tuple[str, str], VerificationKey] = {}
    for member in given:
        with contextlib.suppress(JoseError, ValueError, KeyError, TypeError, AttributeError):
            key = _key(member)
            keys.setdefault((key.kid, key.algorithm), key)
    return keys


def _key(member: Mapping[str, Any]) -> VerificationKey:
    """One key. Raises an error of several kinds when it is not usable."""
    kid, kind, curve = member["kid"], member["kty"], member.get("crv")
    if not isinstance(kid, str) or "d" in member or member.get("use", "sig") != "sig":
        raise ValueError(kid)
    if "verify" not in member.get("key_ops", ["verify"]):
        raise ValueError(kid)
    if kind == "RSA" and len(urlsafe_b64decode(member["n"].encode())) * 8 not in _RSA_BITS:
        raise ValueError(kid)
    algorithm, kind_of_key = _KINDS[kind, curve]
    if member.get("alg", algorithm) != algorithm:
        raise ValueError(kid)
    key = kind_of_key.import_key(dict(member))
    return VerificationKey(kid, algorithm, key.thumbprint(), key)


def is_key_location(location: str) -> bool:
    """Whether keys may be read from there: a file, https, or http to this machine."""
    parts = urlsplit(location)
    if parts.scheme == "http":
        return parts.hostname in {"localhost", "127.0.0.1", "::1"}
    return bool(parts.hostname) if parts.scheme == "https" else parts.scheme in {"", "file"} and bool(parts.path)


class KeySource:
    """One issuer's keys. `location` is a path or URL; `ttl` in seconds bounds how long a rotated-out key still works.

    A file is looked at every second, whatever `ttl` says.
    """

    def __init__(self, location: str, *, ttl: float, clock: Callable[[], float] = time.monotonic) -> None:
        parts = urlsplit(location)
        self._location = location
        self._path = Path(parts.path) if parts.scheme in {"", "file"} else None
        self._ttl = ttl if self._path is None else min(ttl, _FILE_TTL)
        self._pause = min(_PAUSE, self._ttl / 2)
        self._clock = clock
        self._client: httpx.AsyncClient | None = None
        self._raw: bytes | None = None
        self._keys: KeySet = {}
        self._read_at = self._tried_at = self._failed_at = -math.inf
        self._reading: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Begin to read the keys, unless that is under way or was tried just now."""
        now = self._clock()
        if self._reading is None and now - self._tried_at >= self._pause:
            self._tried_at = now
            self._reading = asyncio.create_task(self._read(now), name="key-set-reader")

    def current(self) -> KeySet | None:
        """The keys at hand, or None when they are too old to be used; begins to read them again in good time."""
        now = self._clock()
        age = now - self._read_at
        if age >= self._ttl / 2:
            self.begin()
        if age < self._ttl:
            return self._keys
        # An old set serves on only while it is known of late that it cannot be read.
        failing = now - self._failed_at < 2 * self._pause + _TIMEOUT
        return self._keys if failing and age < KEPT else None

    async def find(self, kid: str, algorithm: str) -> VerificationKey | None:
        """The key with an id for an algorithm, looked for anew if it is not at hand, or None if there is none.

        Raises `IssuerUnavailableError` when the keys cannot be read.
        """
        keys = self.current()
        if keys is None or (kid, algorithm) not in keys:
            self.begin()
            if self._reading is not None:
                await asyncio.shield(self._reading)
            keys = self.current()
        if keys is None:
            raise IssuerUnavailableError
        return keys.get((kid, algorithm))

    async def close(self) -> None:
        """End what is under way."""
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading
        if self._client is not None:
            await self._client.aclose()

    async def _read(self, begun: float) -> None:
        try:
            async with asyncio.timeout(_TIMEOUT):
                raw = await (asyncio.to_thread(self._load) if self._path else self._download())
            if raw != self._raw:
                self._keys, self._raw = read_keys(raw), raw
            self._read_at = begun
        except Exception as error:  # noqa: BLE001 - whatever a server or a file does, the set at hand serves on
            if self._failed_at <= self._read_at:
                _LOG.error("the key set %s cannot be read: %s %s", self._location, type(error).__name__, error)
            self._failed_at = self._clock()
        finally:
            self._reading = None

    def _load(self) -> bytes:
        assert self._path is not None
        with self._path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
        return _bounded(raw)

    async def _download(self) -> bytes:
        if self._client is None:
            # Proxies and certificates of the environment count, except towards this machine.
            self._client = httpx.AsyncClient(trust_env=urlsplit(self._location).scheme == "https", timeout=_TIMEOUT)
        raw = b""
        async with self._client.stream("GET", self._location, headers={"accept-encoding": "identity"}) as response:
            encoding = response.headers.get("content-encoding", "identity")
            if response.status_code != httpx.codes.OK or encoding != "identity":
                raise KeySetError(f"it was answered with status {response.status_code} and encoding `{encoding}`")
            async for chunk in response.aiter_raw():
                raw = _bounded(raw + chunk)
        return raw


def _bounded(raw: bytes) -> bytes:
    if len(raw) > _MAX_BYTES:
        raise KeySetError(f"it has more than {_MAX_BYTES} bytes")
    return raw
