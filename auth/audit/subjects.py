"""Citizens in the audit: keyed hashes, under keys that can be rotated."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

__all__ = ["SUBJECT_BYTES", "SubjectHasher"]

SUBJECT_BYTES = 16
_NAMING = b"lienthong key id"


class SubjectHasher:
    """Keyed hashes of personal numbers (BLAKE2b, 16 bytes): equal for equal numbers, useless without the key.

    `key_id` names the key in records without giving it away, so that records of a former key stay searchable.
    """

    def __init__(self, key: bytes) -> None:
        self._base = hashlib.blake2b(key=key, digest_size=SUBJECT_BYTES)
        self.key_id = hashlib.blake2b(_NAMING, key=key, digest_size=4, person=b"key-id").hexdigest()

    def __call__(self, subject: str) -> bytes:
        """The hash of one number."""
        hashed = self._base.copy()
        hashed.update(subject.encode())
        return hashed.digest()

    def all(self, subjects: Iterable[str]) -> list[bytes]:
        """The hashes of several numbers; a loop without calls of ours, for a request may name hundreds."""
        copy, hashes = self._base.copy, []
        for subject in subjects:
            hashed = copy()
            hashed.update(subject.encode())
            hashes.append(hashed.digest())
        return hashes
