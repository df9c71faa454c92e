"""Documents by their SHA-256: what a contract stores, and what the audit keeps of a request."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

__all__ = ["by_digest", "document_digest"]


def document_digest(text: str) -> str:
    """The SHA-256 of a document's text in UTF-8, in lower-case hexadecimal: another layout is another document."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def by_digest(texts: Iterable[str]) -> dict[str, str]:
    """Documents by their digests."""
    return {document_digest(text): text for text in texts}
