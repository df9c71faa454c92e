"""Stored documents: the operations that a contract lists, found by the SHA-256 of their text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

__all__ = ["by_sha256", "digest_of"]


def digest_of(text: str) -> bytes:
    """The SHA-256 of a document's text in UTF-8, byte for byte: another layout is another document."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def by_sha256(texts: Iterable[str]) -> dict[str, str]:
    """Documents by their SHA-256 in lower-case hexadecimal digits, as clients write it."""
    return {digest_of(text).hex(): text for text in texts}
