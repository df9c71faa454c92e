"""An authorization server for tests: signing keys, key sets, access tokens, right ones and others."""

from __future__ import annotations

import base64
import http.server
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from joserfc.jwk import ECKey, OKPKey, RSAKey

AUDIENCE = "https://lienthong.example"
ISSUER = "https://issuer.example"

Json = dict[str, Any]


def b64(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass(frozen=True)
class SigningKey:
    """A private key with the id under which its public half is published."""

    kid: str
    algorithm: str
    private: Any

    def jwk(self, **changes: Any) -> Json:
        """The public key."""
        kind: Any = {"RS256": RSAKey, "ES256": ECKey, "EdDSA": OKPKey}[self.algorithm]
        public = kind.import_key(self.private.public_key()).as_dict(private=False)
        return {**public, "kid": self.kid, "use": "sig", "alg": self.algorithm, **changes}

    def sign(self, message: bytes) -> bytes:
        """The signature in the form of RFC 7518."""
        if self.algorithm == "RS256":
            return bytes(self.private.sign(message, padding.PKCS1v15(), hashes.SHA256()))
        if self.algorithm == "EdDSA":
            return bytes(self.private.sign(message))
        r, s = utils.decode_dss_signature(self.private.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def signing_key(kid: str, algorithm: str = "ES256") -> SigningKey:
    """A key, the same for the same id and algorithm; making one takes time."""
    return _made(kid, algorithm)


@cache
def _made(kid: str, algorithm: str) -> SigningKey:
    if algorithm == "RS256":
        return SigningKey(kid, algorithm, rsa.generate_private_key(public_exponent=65537, key_size=2048))
    if algorithm == "EdDSA":
        return SigningKey(kid, algorithm, ed25519.Ed25519PrivateKey.generate())
    return SigningKey(kid, algorithm, ec.generate_private_key(ec.SECP256R1()))


def key_set(*keys: SigningKey) -> bytes:
    """The JWK Set of the public halves."""
    return json.dumps({"keys": [key.jwk() for key in keys]}).encode()


def claims_of(**changes: Any) -> Json:
    """The claims of a proper token; a change to `...` leaves a claim out."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "exp": now + 36_000,
        "aud": AUDIENCE,
        "sub": "benh-vien",
        "client_id": "benh-vien",
        "iat": now,
        "jti": "1",
        "purpose": "KHAM_CHUA_BENH",
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not ...}


def compact(header: Mapping[str, Any] | bytes, payload: Mapping[str, Any] | bytes, key: SigningKey | None) -> str:
    """A JWT; header and payload may be raw bytes, and no key means no signature."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload)]
    signed = ".".join(map(b64, parts))
    return f"{signed}.{b64(key.sign(signed.encode())) if key else ''}"


def access_token(key: SigningKey, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
    """A proper token of a key, with changes to its header and claims; a change to `...` leaves a member out."""
    named = {"typ": "at+jwt", "alg": key.algorithm, "kid": key.kid, **(header or {})}
    return compact({name: value for name, value in named.items() if value is not ...}, claims_of(**claims), key)


@dataclass
class KeyServer:
    """Serves a key set over HTTP on this machine. `requests` counts; `status` and `content` may be changed."""

    content: bytes
    status: int = 200
    requests: int = 0
    url: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@contextmanager
def key_server(content: bytes) -> Iterator[KeyServer]:
    """A running server of a key set."""
    served = KeyServer(content)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.requests += 1
            self.send_response(served.status)
            for name, value in served.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(served.content)))
            self.end_headers()
            self.wfile.write(served.content)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_port}/jwks"
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
