"""OAuth2 access tokens: JWTs after RFC 9068, signed by an issuer that the settings name.

Besides the claims of RFC 9068 a token must carry `purpose`, one of the contract's purpose codes, and may carry
`contract`. `citizen` is the number of the person who is signed in at a portal of citizens and whom the issuer
identified: it is taken as the person's own. `cnf` with `x5t#S256` binds a token to a client certificate (RFC 8705).
What the header says of keys (`jwk`, `jku`, `x5u`, `x5c`) is ignored: only `kid` chooses, among the issuer's own keys.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwa import JWSAlgModel
from joserfc.util import urlsafe_b64decode

from auth.cache import LruCache
from auth.errors import CredentialsExpiredError, TokenInvalidError
from auth.jwks import ALGORITHMS, KeySource, VerificationKey

__all__ = ["LEEWAY", "MAX_TOKEN", "AccessToken", "Issuer", "TokenVerifier"]

LEEWAY = 10.0
"""Seconds by which the clocks of issuer and service may differ."""

MAX_TOKEN = 8192
"""Characters of a token at most."""

_CACHED = 10_000
_NUMBER = re.compile("[0-9]{12}")
_TYPES = frozenset({"at+jwt", "application/at+jwt"})
_REQUIRED = ("iss", "exp", "aud", "sub", "client_id", "iat", "jti", "purpose")


@dataclass(frozen=True, slots=True)
class Issuer:
    """An authorization server: its keys, the algorithms it may use, the clients it may speak for (None: every one).

    `citizens` says whether it identifies people: only then its tokens may name one.
    """

    name: str
    keys: KeySource
    algorithms: Collection[str]
    clients: Collection[str] | None
    citizens: bool = False


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a verified token says. `expires_at` in seconds since 1970; `certificate`: SHA-256 of the one it needs.

    `citizen` is the number of the person who is signed in, at a portal of citizens.
    """

    issuer: str
    client_id: str
    purpose: str
    contract: str | None
    expires_at: float
    certificate: bytes | None
    citizen: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Verified:
    token: AccessToken
    key: VerificationKey


class _Signatures(jws.JWSRegistry):
    """The three algorithms and no other, whatever the library recommends."""

    max_header_length = MAX_TOKEN

    def get_alg(self, name: str) -> JWSAlgModel:
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError
        return self.algorithms[name]


_SIGNATURES = _Signatures(strict_check_header=False)


class TokenVerifier:
    """Verifies tokens for an audience, and remembers verified ones by their SHA-256 until they expire."""

    def __init__(self, issuers: Sequence[Issuer], audience: str | None) -> None:
        self._issuers = {issuer.name: issuer for issuer in issuers}
        self._audience = audience
        self._verified: LruCache[bytes, _Verified] = LruCache(_CACHED)

    def start(self) -> None:
        """Begin to read the issuers' keys, so that the first token need not wait."""
        for issuer in self._issuers.values():
            issuer.keys.begin()

    async def stop(self) -> None:
        """End what is under way."""
        for issuer in self._issuers.values():
            await issuer.keys.close()

    async def verify(self, token: str, now: float, admit: Callable[[], None]) -> AccessToken:
        """What a token says, at `now` in seconds since 1970. `admit` is called first when it is not remembered.

        Raises `TokenInvalidError`, `CredentialsExpiredError`, `IssuerUnavailableError`, or what `admit` raises.
        """
        digest = hashlib.sha256(token.encode()).digest()
        verified = self._verified.get(digest)
        if verified is not None and await self._holds(verified, now):
            return verified.token
        admit()
        return self._verified.put(digest, await self._read(token, now)).token

    async def _holds(self, verified: _Verified, now: float) -> bool:
        """Whether a remembered token is still in time and its key still among the issuer's.

        Keys that are too old are read anew first: whoever was verified is not taken for a guesser because of that.
        """
        if now >= verified.token.expires_at:
            return False
        key, source = verified.key, self._issuers[verified.token.issuer].keys
        keys = source.current()
        found = await source.find(key.kid, key.algorithm) if keys is None else keys.get((key.kid, key.algorithm))
        return found is not None and found.thumbprint == key.thumbprint

    async def _read(self, token: str, now: float) -> _Verified:
        header, claims, signed = _parse(token)
        name = claims.get("iss")
        issuer = self._issuers.get(name) if isinstance(name, str) else None
        if issuer is None:
            raise TokenInvalidError("the access token is of an issuer that is not known here")
        key = await issuer.keys.find(*_key_of(header, issuer.algorithms))
        if key is None:
            raise TokenInvalidError("the access token names a key that its issuer does not have")
        if not _is_signed(signed, key):
            raise TokenInvalidError("the signature of the access token is wrong")
        return _Verified(self._token(issuer, claims, now), key)

    def _token(self, issuer: Issuer, claims: Mapping[str, Any], now: float) -> AccessToken:
        """The token of claims whose signature is right."""
        missing = [name for name in _REQUIRED if claims.get(name) is None]
        if missing:
            raise TokenInvalidError(f"the access token lacks the claims {', '.join(missing)}")
        audience = claims["aud"]
        if self._audience not in (audience if isinstance(audience, list) else [audience]):
            raise TokenInvalidError("the access token is for another audience")
        for name in ("sub", "jti"):
            _text(claims, name)
        client_id = _text(claims, "client_id")
        if issuer.clients is not None and client_id not in issuer.clients:
            raise TokenInvalidError("the issuer of the access token may not speak for this client")
        token = AccessToken(
            issuer=issuer.name,
            client_id=client_id,
            purpose=_text(claims, "purpose"),
            contract=_text(claims, "contract") if "contract" in claims else None,
            expires_at=_time(claims, "exp"),
            certificate=_certificate(claims["cnf"]) if "cnf" in claims else None,
            citizen=_citizen(issuer, claims) if "citizen" in claims else None,
        )
        if max(_time(claims, "iat"), _time(claims, "nbf") if "nbf" in claims else 0) > now + LEEWAY:
            raise TokenInvalidError("the access token is not valid yet")
        if now - LEEWAY >= token.expires_at:
            raise CredentialsExpiredError(f"token of {client_id} by {issuer.name}")
        return token


def _parse(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any], jws.CompactSignature]:
    """The header and the claims of a token, nothing of them verified, and what to verify."""
    if len(token) > MAX_TOKEN:
        raise TokenInvalidError(f"the access token is longer than {MAX_TOKEN} characters")
    try:
        signed = jws.extract_compact(token.encode("ascii"), registry=_SIGNATURES)
        return _members(urlsafe_b64decode(signed.segments["header"])), _members(signed.payload), signed
    except (JoseError, ValueError, RecursionError) as error:
        raise TokenInvalidError("the access token is not a JWT in compact form") from error


def _members(raw: bytes) -> Mapping[str, Any]:
    """The members of a JSON object in UTF-8, each named once. Raises `ValueError`."""
    given = json.loads(raw.decode(), object_pairs_hook=_once, parse_constant=_no_number)
    if not isinstance(given, dict):
        raise ValueError("not an object")
    return given


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name is given twice")
    return members


def _no_number(name: str) -> float:
    raise ValueError(name)


def _key_of(header: Mapping[str, Any], algorithms: Collection[str]) -> tuple[str, str]:
    """The key id and the algorithm that a header names."""
    kind, kid, algorithm = header.get("typ"), header.get("kid"), header.get("alg")
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise TokenInvalidError("the type (typ) of the token is not at+jwt")
    if "crit" in header or "b64" in header:
        raise TokenInvalidError("the access token demands extensions (crit) that are not understood here")
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise TokenInvalidError("the access token is signed with an algorithm that its issuer may not use")
    if not isinstance(kid, str):
        raise TokenInvalidError("the access token does not name its key (kid)")
    return kid, algorithm


def _is_signed(signed: jws.CompactSignature, key: VerificationKey) -> bool:
    try:
        return jws.validate_compact(signed, key.key, registry=_SIGNATURES)
    except (JoseError, ValueError):
        return False


def _text(claims: Mapping[str, Any], name: str) -> str:
    """A claim that must be a printable, non-empty string: neither a list nor what a database could stumble over."""
    value = claims[name]
    if not isinstance(value, str) or not value or not value.isprintable():
        raise TokenInvalidError(f"the claim {name} of the access token is not a proper string")
    return value


def _citizen(issuer: Issuer, claims: Mapping[str, Any]) -> str:
    """The person who is signed in. An issuer that does not identify people is refused, not overlooked."""
    if not issuer.citizens:
        raise TokenInvalidError("the issuer of the access token may not name a citizen")
    number = _text(claims, "citizen")
    if not _NUMBER.fullmatch(number):
        raise TokenInvalidError("the claim citizen of the access token is not a personal identification number")
    return number


def _time(claims: Mapping[str, Any], name: str) -> float:
    """A NumericDate (RFC 7519, section 2)."""
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value in (math.inf, -math.inf):
        raise TokenInvalidError(f"the claim {name} of the access token is not a time")
    return value


def _certificate(confirmation: Any) -> bytes:
    """The SHA-256 of the certificate that a token is bound to. A bond of another kind is refused, not overlooked."""
    given = confirmation.get("x5t#S256") if isinstance(confirmation, dict) and len(confirmation) == 1 else None
    digest = b""
    if isinstance(given, str):
        with contextlib.suppress(ValueError):
            digest = urlsafe_b64decode(given.encode("ascii"))
    if len(digest) != hashlib.sha256().digest_size:
        raise TokenInvalidError("the access token is bound (cnf) in a way that is not understood here")
    return digest
