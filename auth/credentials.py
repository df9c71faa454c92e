"""What a client shows: an API key, `ltk_<key id>_<secret>`, or an OAuth2 access token. An account shows `lta_...`.

A key is shown once and kept only as a hash. Its secret has 256 random bits, so a plain SHA-256 of it cannot be searched
for; it is compared in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import ClassVar, Self

from auth.errors import CredentialsInvalidError, CredentialsMissingError

__all__ = ["NO_DIGEST", "AccountKey", "ApiKey", "parse_authorization"]

NO_DIGEST = bytes(32)
"""Compared with when a key is unknown, so that this takes as long as a wrong secret."""

_KEY = re.compile(r"(lt[ka])_([0-9a-f]{16})_([A-Za-z0-9_-]{43})\Z")
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\Z")


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """A key in clear; it exists only while it is issued or checked. `mark` tells kinds of keys apart."""

    key_id: str
    secret: str
    mark: ClassVar[str]

    @classmethod
    def new(cls) -> Self:
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
        return f"Bearer {self.mark}_{self.key_id}_{self.secret}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.key_id!r}, ...)"


class ApiKey(Key):
    """A key that stands for a contract."""

    __slots__ = ()
    mark = "ltk"


class AccountKey(Key):
    """A key of an account in the process of contracts; it opens no contract."""

    __slots__ = ()
    mark = "lta"


def parse_authorization(header: str | None) -> ApiKey | AccountKey | str:
    """The key, or the access token as it stands, in an `Authorization` header (RFC 6750, section 2.1).

    Raises `CredentialsMissingError` or `CredentialsInvalidError`.
    """
    if not header:
        raise CredentialsMissingError
    scheme, _, credential = header.partition(" ")
    if scheme.lower() != "bearer":
        raise CredentialsInvalidError
    match = _KEY.match(credential.strip())
    if match is not None:
        return (AccountKey if match[1] == AccountKey.mark else ApiKey)(match[2], match[3])
    match = _TOKEN.match(credential.strip())
    if match is None:
        raise CredentialsInvalidError
    return match.group()
