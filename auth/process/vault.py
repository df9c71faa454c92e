"""The vault of cases: personal numbers and free text, sealed with AES-GCM; only who handles a case sees them opened."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from auth.audit.subjects import SubjectHasher
from errors import LienthongError

__all__ = ["Vault", "VaultError"]

_NONCE = 12


class VaultError(LienthongError):
    """a sealed value cannot be opened with the keys at hand"""


class Vault:
    """Seals what cases hold. `key` is 32 random bytes, the same on every worker; `previous` sealed before.

    `hashers` hash citizens' numbers as the audit does: under its present key first, then under former ones.
    """

    def __init__(self, key: bytes, hashers: Sequence[SubjectHasher], previous: Sequence[bytes] = ()) -> None:
        self._cipher = AESGCM(key)
        self._ciphers = [self._cipher, *map(AESGCM, previous)]
        self._keys = [key, *previous]
        self._hashers = hashers

    @classmethod
    def of(cls, audit_keys: Sequence[bytes]) -> Vault:
        """The vault of the keys that hash subjects in the audit, the present one first.

        Its keys are derived from them (HKDF, RFC 5869): whoever has those could tell whom the audit names anyway.
        """
        derived = [
            HKDF(algorithm=SHA256(), length=32, salt=None, info=b"lienthong cases").derive(key) for key in audit_keys
        ]
        return cls(derived[0], [SubjectHasher(key) for key in audit_keys], derived[1:])

    def seal(self, text: str | bytes, binding: str) -> bytes:
        """A text sealed for one place: what `binding` names."""
        nonce = os.urandom(_NONCE)
        given = text if isinstance(text, bytes) else text.encode()
        return nonce + self._cipher.encrypt(nonce, given, binding.encode())

    def open_bytes(self, sealed: bytes, binding: str) -> bytes:
        """What was sealed with the same binding. Raises `VaultError`."""
        for cipher in self._ciphers:
            with contextlib.suppress(InvalidTag, ValueError):
                return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], binding.encode())
        raise VaultError

    def open(self, sealed: bytes, binding: str) -> str:
        """The text that was sealed with the same binding. Raises `VaultError`."""
        return self.open_bytes(sealed, binding).decode()

    def digest(self, text: str) -> bytes:
        """A keyed hash of 32 bytes, for comparing what must not be kept readable."""
        return self.digests(text)[0]

    def digests(self, text: str) -> list[bytes]:
        """The keyed hashes under the present key and former ones."""
        return [
            hashlib.blake2b(text.encode(), key=key, digest_size=32, person=b"case-digest").digest()
            for key in self._keys
        ]

    def subject(self, number: str) -> tuple[str, bytes]:
        """The id of the audit's present key, and the hash of a citizen's number under it."""
        return self._hashers[0].key_id, self._hashers[0](number)

    def subjects(self, number: str) -> list[bytes]:
        """The hashes of a citizen's number under each of the audit's keys."""
        return [hasher(number) for hasher in self._hashers]
