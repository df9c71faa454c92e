"""Cursors of searches: sealed with AES-GCM, so that they can be neither read nor forged.

What a cursor carries (the sort value and the row's identity) may not be permitted to the client at all;
sealing covers both that and the signature. A cursor is bound to the contract, purpose, root and order.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
from collections.abc import Sequence

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from resolvers.errors import CursorError

__all__ = ["CursorSealer"]

_NONCE = 12
# Positions are filled up with blanks to a multiple of it: the length of a cursor tells nothing of the values in it.
_BLOCK = 128


class CursorSealer:
    """Seals positions in a search. `key` is 32 random bytes, the same on every worker.

    `previous` are keys that sealed before it: what they sealed still opens.
    """

    def __init__(self, key: bytes, previous: Sequence[bytes] = ()) -> None:
        self._cipher = AESGCM(key)
        self._ciphers = [self._cipher, *map(AESGCM, previous)]

    def seal(self, position: tuple[object, ...], binding: str) -> str:
        """The cursor of a position (JSON values), valid only with the same binding."""
        nonce = os.urandom(_NONCE)
        text = orjson.dumps(position)
        padded = text.ljust(-(-len(text) // _BLOCK) * _BLOCK)
        sealed = self._cipher.encrypt(nonce, padded, binding.encode())
        return base64.urlsafe_b64encode(nonce + sealed).rstrip(b"=").decode()

    def open(self, cursor: str, binding: str) -> tuple[object, ...]:
        """The position of a cursor. Raises `CursorError` for anything not sealed here with this binding."""
        try:
            raw = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
            position = self._opened(raw, binding.encode())
        except (binascii.Error, ValueError) as error:
            raise CursorError from error
        if position is None:
            raise CursorError
        return tuple(orjson.loads(position))

    def _opened(self, raw: bytes, binding: bytes) -> bytes | None:
        for cipher in self._ciphers:
            with contextlib.suppress(InvalidTag):
                return cipher.decrypt(raw[:_NONCE], raw[_NONCE:], binding)
        return None
