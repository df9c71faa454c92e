"""What a client shows: an API key, `ltk_<key id>_<secret>`, or an OAuth2 access token.

A key is shown once and kept only as a hash. Its secret has 256 random bits, so a plain SHA-256 of it cannot be searched
for; it is compared in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from auth.errors import CredentialsInvalidError, CredentialsMissingError

__all__ = ["NO_DIGEST", "ApiKey", "parse_authorization"]

NO_DIGEST = bytes(32)
"""Compared with when a key is unknown, so that this takes as long as a wrong secret."""

_KEY = re.compile(r"ltk_([0-9a-f]{16})_([A-Za-z0-9_-]{43})\Z")
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\Z")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key in clear; it exists only while it is issued or checked."""

    key_id: str
    secret: str

    @classmethod
    def new(cls) -> ApiKey:
        """A fresh random key."""
        return cls(secrets.token_hex(8), secrets.token_urlsafe(32))

    @property
    def digest(self) -> bytes:
        """What is stored instead of the secret."""
        return hashlib.sha256(self.secret.encode()).digest()

    def matches(self, digest: bytes) -> bool:
        """Whether `digest` is that of this key's secret, in constant time."""
        return hmac.compare_digest(self.digest, digest)

    @property
    def authorization(self) -> str:
        """The whole value of the `Authorization` header."""
        return f"Bearer ltk_{self.key_id}_{self.secret}"

    def __repr__(self) -> str:
        return f"ApiKey({self.key_id!r}, ...)"


def parse_authorization(header: str | None) -> ApiKey | str:
    """The API key, or the access token as it stands, in an `Authorization` header (RFC 6750, section 2.1).

    Raises `CredentialsMissingError` or `CredentialsInvalidError`.
    """
    if not header:
        raise CredentialsMissingError
    scheme, _, credential = header.partition(" ")
    if scheme.lower() != "bearer":
        raise CredentialsInvalidError
    match = _KEY.match(credential.strip())
    if match is not None:
        return ApiKey(match.group(1), match.group(2))
    match = _TOKEN.match(credential.strip())
    if match is None:
        raise CredentialsInvalidError
    return match.group()
