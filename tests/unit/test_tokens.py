"""Access tokens: which are taken, and for each way to forge or botch one the reason why it is not."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from joserfc.errors import UnsupportedAlgorithmError

from auth import tokens
from auth.errors import CredentialsExpiredError, IssuerUnavailableError, TokenInvalidError
from auth.jwks import KeySource
from auth.tokens import LEEWAY, MAX_TOKEN, AccessToken, Issuer, TokenVerifier
from tests.issuing import AUDIENCE, ISSUER, access_token, b64, claims_of, compact, key_set, signing_key

KEY = signing_key("one")
RSA = signing_key("rsa", "RS256")
EDWARDS = signing_key("edwards", "EdDSA")
OTHER = signing_key("other's")
STRANGER = signing_key("one", "EdDSA")
OTHER_ISSUER = "https://other.example"
HEADER = {"typ": "at+jwt", "alg": "ES256", "kid": "one"}
FINGERPRINT = hashlib.sha256(b"certificate").digest()


@pytest.fixture
async def verifier(tmp_path: Path) -> AsyncIterator[TokenVerifier]:
    """Two issuers with key sets in files: one for every client, one for `csgt` alone and EdDSA alone."""
    own, other = tmp_path / "own.json", tmp_path / "other.json"
    own.write_bytes(key_set(KEY, RSA, EDWARDS))
    other.write_bytes(key_set(OTHER, EDWARDS))
    issuers = [
        Issuer(ISSUER, KeySource(str(own), ttl=300), {"RS256", "ES256", "EdDSA"}, None),
        Issuer(OTHER_ISSUER, KeySource(str(other), ttl=300), {"EdDSA"}, {"csgt"}),
    ]
    verifier = TokenVerifier(issuers, AUDIENCE)
    yield verifier
    await verifier.stop()


async def verify(verifier: TokenVerifier, token: str, at: float | None = None) -> AccessToken:
    return await verifier.verify(token, time.time() if at is None else at, lambda: None)


@pytest.mark.parametrize("key", [KEY, RSA, EDWARDS], ids=lambda key: key.algorithm)
async def test_a_proper_token_of_each_algorithm_is_taken(verifier: TokenVerifier, key: Any) -> None:
    token = await verify(verifier, access_token(key, contract="benh-vien-kham-chua-benh", exp=4102444800))
    assert token == AccessToken(
        issuer=ISSUER,
        client_id="benh-vien",
        purpose="KHAM_CHUA_BENH",
        contract="benh-vien-kham-chua-benh",
        expires_at=4102444800,
        certificate=None,
    )


@pytest.mark.parametrize(
    "token",
    [
        access_token(KEY, {"typ": "application/at+jwt"}),
        access_token(KEY, {"typ": "AT+JWT"}),
        access_token(KEY, aud=["https://elsewhere.example", AUDIENCE]),
        access_token(KEY, iat=int(time.time() + LEEWAY / 2)),
        access_token(KEY, {"jku": "https://attacker.example/jwks", "unheard-of": {"a": 1}}),
        access_token(KEY, scope="read", auth_time=1),
        access_token(EDWARDS, iss=OTHER_ISSUER, client_id="csgt"),
    ],
)
async def test_what_the_specifications_leave_open_is_taken(verifier: TokenVerifier, token: str) -> None:
    assert (await verify(verifier, token)).purpose == "KHAM_CHUA_BENH"


def mac(token: str, secret: bytes) -> str:
    """The token with an HMAC in place of its signature."""
    signed = token.rpartition(".")[0]
    return f"{signed}.{b64(hmac.digest(secret, signed.encode(), 'sha256'))}"


def public_pem(key: Any) -> bytes:
    return bytes(
        key.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )


def raw(**changes: Any) -> bytes:
    return json.dumps(claims_of(**changes)).encode()


def doubled() -> bytes:
    return raw().replace(b'"purpose"', b'"purpose": "KHAC", "purpose"')


def signed_by(key: Any, header: dict[str, Any], payload: bytes | None = None) -> str:
    return compact(header, payload or raw(), key)


NOT_COMPACT = "not a JWT in compact form"
ALGORITHM = "an algorithm that its issuer may not use"
NO_KEY = "names a key that its issuer does not have"
SIGNATURE = "the signature of the access token is wrong"
CRITICAL = "demands extensions"
BOND = "in a way that is not understood"

FORGED: dict[str, tuple[str, str]] = {
    # the signature and its algorithm
    "alg none, no signature": (compact(HEADER | {"alg": "none"}, raw(), None), ALGORITHM),
    "alg None, no signature": (compact(HEADER | {"alg": "None"}, raw(), None), ALGORITHM),
    "no signature": (compact(HEADER, raw(), None), SIGNATURE),
    "alg none, signed": (signed_by(KEY, HEADER | {"alg": "none"}), ALGORITHM),
    "alg missing": (access_token(KEY, {"alg": ...}), NOT_COMPACT),
    "alg a list": (signed_by(KEY, HEADER | {"alg": ["ES256"]}), ALGORITHM),
    "HMAC, the public key as secret": (
        mac(access_token(RSA, {"alg": "HS256"}), public_pem(RSA)),
        ALGORITHM,
    ),
    "HMAC, the JWK's modulus as secret": (
        mac(access_token(RSA, {"alg": "HS256"}), RSA.jwk()["n"].encode()),
        ALGORITHM,
    ),
    "RS384 by the same key": (access_token(RSA, {"alg": "RS384"}), ALGORITHM),
    "PS256 by the same key": (access_token(RSA, {"alg": "PS256"}), ALGORITHM),
    "alg in another case": (access_token(KEY, {"alg": "es256"}), ALGORITHM),
    "an algorithm that does not fit the key": (access_token(RSA, {"alg": "ES256"}), NO_KEY),
    "an algorithm of another key": (access_token(KEY, {"alg": "EdDSA"}), NO_KEY),
    "not among the issuer's algorithms": (access_token(OTHER, iss=OTHER_ISSUER, client_id="csgt"), ALGORITHM),
    "claims changed afterwards": (
        ".".join([*access_token(KEY).split(".")[:1], b64(raw(client_id="csgt")), access_token(KEY).split(".")[2]]),
        SIGNATURE,
    ),
    "header changed afterwards": (
        ".".join([b64(json.dumps(HEADER | {"x": 1}).encode()), *access_token(KEY).split(".")[1:]]),
        SIGNATURE,
    ),
    "signature cut": (access_token(KEY)[:-4], SIGNATURE),
    "signature of zeros": (access_token(KEY).rpartition(".")[0] + "." + b64(bytes(64)), SIGNATURE),
    "signature in DER": (
        access_token(KEY).rpartition(".")[0] + "." + b64(b"\x30\x44\x02\x20" + bytes(32) + b"\x02\x20" + bytes(32)),
        SIGNATURE,
    ),
    # the key
    "a stranger's key under a known kid": (compact(HEADER | {"alg": "ES256"}, raw(), OTHER), SIGNATURE),
    "a stranger's key of another kind under a known kid": (access_token(STRANGER), NO_KEY),
    "another issuer's key and kid": (access_token(OTHER), NO_KEY),
    "another issuer's key with this issuer's kid": (signed_by(OTHER, HEADER), SIGNATURE),
    "this issuer's key for another issuer": (
        access_token(EDWARDS, {"kid": "one"}, iss=OTHER_ISSUER, client_id="csgt"),
        NO_KEY,
    ),
    "kid missing": (access_token(KEY, {"kid": ...}), "does not name its key"),
    "kid a number": (access_token(KEY, {"kid": 1}), NOT_COMPACT + "|does not name its key"),
    "kid of nobody": (access_token(KEY, {"kid": "../../dev/null"}), NO_KEY),
    "its own key in the header": (access_token(OTHER, {"kid": "one", "jwk": OTHER.jwk(kid="one")}), SIGNATURE),
    "its own key's address in the header": (
        access_token(OTHER, {"kid": "one", "jku": "http://127.0.0.1:9/jwks", "x5u": "http://127.0.0.1:9/x"}),
        SIGNATURE,
    ),
    # the header
    "typ of an ID token": (access_token(KEY, {"typ": "JWT"}), "of the token is not at"),
    "typ missing": (access_token(KEY, {"typ": ...}), "of the token is not at"),
    "typ a number": (access_token(KEY, {"typ": 1}), "of the token is not at"),
    "crit of something unknown": (access_token(KEY, {"crit": ["exp"], "exp": 1}), CRITICAL),
    "crit empty": (access_token(KEY, {"crit": []}), CRITICAL),
    "b64 false (RFC 7797)": (access_token(KEY, {"crit": ["b64"], "b64": False}), NOT_COMPACT),
    "b64 true (RFC 7797)": (access_token(KEY, {"crit": ["b64"], "b64": True}), CRITICAL),
    "b64 false without crit": (access_token(KEY, {"b64": False}), NOT_COMPACT),
    "a header member twice": (
        compact(b'{"typ":"at+jwt","alg":"ES256","kid":"x","kid":"one"}', raw(), KEY),
        NOT_COMPACT,
    ),
    "header not an object": (compact(b'["alg"]', raw(), KEY), NOT_COMPACT),
    "header not JSON": (compact(b"alg", raw(), KEY), NOT_COMPACT),
    "header in UTF-16": (compact(json.dumps(HEADER).encode("utf-16"), raw(), KEY), NOT_COMPACT),
    "header nested beyond measure": (compact(b"[" * 3000, raw(), KEY), NOT_COMPACT),
    # the form
    "four parts": (access_token(KEY) + ".x", NOT_COMPACT),
    "five parts, as if encrypted": (access_token(KEY) + ".x.x", NOT_COMPACT),
    "two parts": (access_token(KEY).rpartition(".")[0], NOT_COMPACT),
    "padding": (access_token(KEY) + "==", SIGNATURE + "|" + NOT_COMPACT),
    "letters beyond ASCII": (access_token(KEY) + "é", NOT_COMPACT),
    "too long": (access_token(KEY, padding="x" * MAX_TOKEN), "longer than"),
    "payload not UTF-8": (compact(HEADER, raw()[:-1] + b',"a":"\xff"}', KEY), NOT_COMPACT),
    "payload not JSON": (compact(HEADER, b"{", KEY), NOT_COMPACT),
    "payload a list": (compact(HEADER, b"[" + raw() + b"]", KEY), NOT_COMPACT),
    "payload nested beyond measure": (compact(HEADER, b'{"a":' + b"[" * 4000, KEY), NOT_COMPACT),
    "a number beyond measure": (compact(HEADER, raw()[:-1] + b',"a":' + b"1" * 5000 + b"}", KEY), NOT_COMPACT),
    "a claim twice": (compact(HEADER, doubled(), KEY), NOT_COMPACT),
    "a claim of NaN": (compact(HEADER, raw(exp=float("nan")), KEY), NOT_COMPACT),
    # the claims
    "iss of nobody": (access_token(KEY, iss="https://nobody.example"), "of an issuer that is not known"),
    "iss with a slash more": (access_token(KEY, iss=ISSUER + "/"), "of an issuer that is not known"),
    "iss a list": (access_token(KEY, iss=[ISSUER]), "of an issuer that is not known"),
    "iss missing": (access_token(KEY, iss=...), "of an issuer that is not known"),
    "another aud": (access_token(KEY, aud="https://elsewhere.example"), "for another audience"),
    "several aud, none of them ours": (access_token(KEY, aud=["a", AUDIENCE + "/"]), "for another audience"),
    "aud empty": (access_token(KEY, aud=[]), "for another audience"),
    "aud within an object": (access_token(KEY, aud={"aud": AUDIENCE}), "for another audience"),
    "a client that the issuer may not speak for": (
        access_token(EDWARDS, iss=OTHER_ISSUER),
        "may not speak for this client",
    ),
    "purpose a list": (access_token(KEY, purpose=["KHAM_CHUA_BENH", "KHAC"]), "claim purpose .* not a proper string"),
    "purpose empty": (access_token(KEY, purpose=""), "claim purpose .* not a proper string"),
    "client_id with NUL": (access_token(KEY, client_id="benh-vien\0"), "claim client_id .* not a proper string"),
    "client_id half a character": (
        compact(HEADER, raw().replace(b'"client_id": "', b'"client_id": "\\ud800'), KEY),
        "claim client_id .* not a proper string",
    ),
    "client_id a list": (access_token(KEY, client_id=["benh-vien", "csgt"]), "claim client_id"),
    "contract null": (access_token(KEY, contract=None), "claim contract .* not a proper string"),
    "contract a list": (access_token(KEY, contract=["a", "b"]), "claim contract .* not a proper string"),
    "sub a number": (access_token(KEY, sub=1), "claim sub .* not a proper string"),
    "jti a number": (access_token(KEY, jti=1), "claim jti .* not a proper string"),
    "exp a string": (access_token(KEY, exp="4102444800"), "claim exp .* not a time"),
    "exp true": (access_token(KEY, exp=True), "claim exp .* not a time"),
    "exp infinite": (compact(HEADER, raw(exp=7777).replace(b"7777", b"1e999"), KEY), "claim exp .* not a time"),
    "iat in the future": (access_token(KEY, iat=time.time() + 360_000), "not valid yet"),
    "nbf in the future": (access_token(KEY, nbf=time.time() + 360_000), "not valid yet"),
    "nbf a string": (access_token(KEY, nbf="1"), "claim nbf .* not a time"),
    # the bond
    "cnf of a key (DPoP)": (access_token(KEY, cnf={"jkt": b64(FINGERPRINT)}), BOND),
    "cnf of a certificate and a key": (
        access_token(KEY, cnf={"x5t#S256": b64(FINGERPRINT), "jkt": b64(FINGERPRINT)}),
        BOND,
    ),
    "cnf empty": (access_token(KEY, cnf={}), BOND),
    "cnf null": (access_token(KEY, cnf=None), BOND),
    "cnf of SHA-1": (access_token(KEY, cnf={"x5t#S256": b64(bytes(20))}), BOND),
    "cnf not base64": (access_token(KEY, cnf={"x5t#S256": "é"}), BOND),
} | {
    f"{name} missing": (compact(HEADER, claims_of(**{name: ...}), KEY), f"lacks the claims {name}")
    for name in ("exp", "aud", "sub", "client_id", "iat", "jti", "purpose")
}


@pytest.mark.parametrize("name", FORGED)
async def test_a_forged_or_botched_token_is_refused_for_its_reason(verifier: TokenVerifier, name: str) -> None:
    token, reason = FORGED[name]
    with pytest.raises(TokenInvalidError) as refused:
        await verify(verifier, token)
    assert re.search(reason, refused.value.message)


async def test_a_token_may_be_a_little_late_or_early(verifier: TokenVerifier) -> None:
    now = time.time()
    late = access_token(KEY, exp=now - LEEWAY + 1, iat=now - 60)
    assert (await verify(verifier, late, now)).client_id == "benh-vien"
    with pytest.raises(CredentialsExpiredError) as expired:
        await verify(verifier, late, now + 1)
    assert expired.value.holder == f"token of benh-vien by {ISSUER}"
    early = access_token(KEY, iat=now, nbf=now + LEEWAY - 1)
    with pytest.raises(TokenInvalidError, match="not valid yet"):
        await verify(verifier, early, now - 2)
    assert (await verify(verifier, early, now)).client_id == "benh-vien"


async def test_a_bound_token_tells_its_certificate(verifier: TokenVerifier) -> None:
    token = await verify(verifier, access_token(KEY, cnf={"x5t#S256": b64(FINGERPRINT)}))
    assert token.certificate == FINGERPRINT


async def test_an_issuer_without_keys_is_not_the_clients_fault(tmp_path: Path) -> None:
    verifier = TokenVerifier([Issuer(ISSUER, KeySource(str(tmp_path / "none"), ttl=300), {"ES256"}, None)], AUDIENCE)
    with pytest.raises(IssuerUnavailableError):
        await verify(verifier, access_token(KEY))
    await verifier.stop()


@pytest.mark.parametrize("name", ["none", "HS256", "RS384", "PS256", "ES256K", "Ed25519"])
def test_no_other_algorithm_can_be_used_even_by_mistake(name: str) -> None:
    with pytest.raises(UnsupportedAlgorithmError):
        tokens._SIGNATURES.get_alg(name)


async def test_without_issuers_no_token_is_taken() -> None:
    with pytest.raises(TokenInvalidError):
        await verify(TokenVerifier([], None), access_token(KEY))


class Remembering:
    """A verifier whose readings of tokens are counted, over a key set that a test changes, at a time that it sets."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.clock = 1000.0
        self.read = 0
        file.write_bytes(key_set(KEY))
        self.source = KeySource(str(file), ttl=300, clock=lambda: self.clock)
        self.verifier = TokenVerifier([Issuer(ISSUER, self.source, {"ES256"}, None)], AUDIENCE)

    def admit(self) -> None:
        self.read += 1

    async def verify(self, token: str, now: float) -> AccessToken:
        return await self.verifier.verify(token, now, self.admit)


@pytest.fixture
async def remembering(tmp_path: Path) -> AsyncIterator[Remembering]:
    remembering = Remembering(tmp_path / "keys.json")
    yield remembering
    await remembering.verifier.stop()


async def test_a_verified_token_is_remembered_until_it_expires(remembering: Remembering) -> None:
    now = time.time()
    token = access_token(KEY, exp=now + 60)
    for at in (now, now + 1, now + 59):
        await remembering.verify(token, at)
    assert remembering.read == 1
    await remembering.verify(token, now + 60)
    await remembering.verify(token, now + 61)
    assert remembering.read == 3
    with pytest.raises(CredentialsExpiredError):
        await remembering.verify(token, now + 60 + LEEWAY)


async def test_the_token_itself_is_not_kept(remembering: Remembering) -> None:
    token = access_token(KEY)
    await remembering.verify(token, time.time())
    assert list(remembering.verifier._verified._entries) == [hashlib.sha256(token.encode()).digest()]


async def test_a_remembered_token_dies_with_its_key(remembering: Remembering) -> None:
    token, now = access_token(KEY), time.time()
    await remembering.verify(token, now)
    remembering.file.write_bytes(key_set(OTHER))
    await remembering.verify(token, now)
    remembering.clock += 1
    with pytest.raises(TokenInvalidError, match="names a key that its issuer does not have"):
        await remembering.verify(token, now)


async def test_a_remembered_token_dies_when_its_key_id_goes_to_another_key(remembering: Remembering) -> None:
    token, now = access_token(KEY), time.time()
    await remembering.verify(token, now)
    remembering.file.write_bytes(json.dumps({"keys": [OTHER.jwk(kid=KEY.kid)]}).encode())
    remembering.clock += 0.5
    await remembering.verify(token, now)
    reading = remembering.source._reading
    assert reading is not None
    await reading
    with pytest.raises(TokenInvalidError, match="the signature"):
        await remembering.verify(token, now)


async def test_a_refused_token_is_not_remembered(remembering: Remembering) -> None:
    token = access_token(KEY, aud="https://elsewhere.example")
    for _ in range(2):
        with pytest.raises(TokenInvalidError):
            await remembering.verify(token, time.time())
    assert remembering.read == 2
