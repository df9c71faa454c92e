"""Documents that are sent by their hash: those that a contract lists, and those that its client registered.

What a client registers (automatic persisted queries, the protocol of Apollo) is kept in the memory of this process for
the permission under which it was valid, and is found under no other.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass

from auth.cache import LruCache
from auth.contract import Permission
from auth.documents import document_digest
from resolvers.errors import DocumentNotAllowedError, PersistedQueryMismatchError, PersistedQueryNotFoundError

__all__ = ["DocumentReference", "PersistedDocuments"]

_CONTRACTS = 500
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class DocumentReference:
    """Which document a request means: its `text`, the SHA-256 that the client `given` for it, or both.

    `automatic` says that the hash is one of automatic persisted queries: found when it was registered, and registered
    when it comes with a text.
    """

    text: str | None = None
    given: str | None = None
    automatic: bool = False

    @property
    def digest(self) -> str | None:
        """The SHA-256 of the text; without one what the client gave, None when no document can have such a hash."""
        if self.text is not None:
            return document_digest(self.text)
        return self.given if _SHA256.fullmatch(self.given or "") else None


class _Shelf:
    """The registered documents of one contract, least recently used first."""

    def __init__(self) -> None:
        self.texts: OrderedDict[tuple[tuple[str, int, str, str], str], str] = OrderedDict()
        self.characters = 0


class PersistedDocuments:
    """Finds documents by hash. Each contract has room of its own: `documents` of at most `characters` together."""

    def __init__(self, *, documents: int = 100, characters: int = 200_000) -> None:
        self._documents = documents
        self._characters = characters
        self._shelves: LruCache[str, _Shelf] = LruCache(_CONTRACTS)

    def resolve(self, permission: Permission, reference: DocumentReference) -> str:
        """The text to run; nobody has looked into it yet.

        Raises `DocumentNotAllowedError` for whatever is not on the list of a contract that allows nothing else,
        `PersistedQueryNotFoundError` for a hash that is unknown under this permission, and
        `PersistedQueryMismatchError` for one that is not the text's.
        """
        contract, text, given = permission.contract, reference.text, reference.given
        if text is not None:
            if contract.allow_list_only and text not in contract.stored_texts:
                raise DocumentNotAllowedError
            if given is not None and given != document_digest(text):
                raise PersistedQueryMismatchError
            return text
        text = contract.documents.get(given or "")
        if text is not None:
            return text
        if contract.allow_list_only:
            raise DocumentNotAllowedError
        text = self._find(permission, given or "") if reference.automatic else None
        if text is None:
            raise PersistedQueryNotFoundError
        return text

    def register(self, permission: Permission, reference: DocumentReference) -> None:
        """Keep a document that was resolved and has proved valid, if its client wants that and there is room."""
        contract, text, given = permission.contract, reference.text, reference.given
        if not reference.automatic or text is None or given is None or given in contract.documents:
            return
        if len(text) > self._characters or self._find(permission, given) is not None:
            return
        shelf = self._shelves.get_or_make(contract.contract_id, _Shelf)
        shelf.texts[permission.key, given] = text
        shelf.characters += len(text)
        while shelf.characters > self._characters or len(shelf.texts) > self._documents:
            _, dropped = shelf.texts.popitem(last=False)
            shelf.characters -= len(dropped)

    def _find(self, permission: Permission, sha256: str) -> str | None:
        shelf = self._shelves.get(permission.contract.contract_id)
        key = (permission.key, sha256)
        if shelf is None or key not in shelf.texts:
            return None
        shelf.texts.move_to_end(key)
        return shelf.texts[key]
