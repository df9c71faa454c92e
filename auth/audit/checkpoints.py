"""Checkpoints: signed statements how far a chain had come, in a file that can be kept elsewhere.

A database administrator can rewrite a whole chain but not a checkpoint of it: that takes the key (Ed25519), which only
gateways have. One line of JSON is a checkpoint; files of several gateways may simply be joined.
"""

from __future__ import annotations

import base64
import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from auth.audit.chain import Link
from errors import LienthongError

__all__ = ["Checkpoint", "CheckpointError", "CheckpointWriter", "public_key_of", "read_checkpoints"]

_LOG = logging.getLogger("lienthong.audit")


class CheckpointError(LienthongError):
    """the file of checkpoints is not valid"""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """At `at` (ISO 8601) the chain stood at this record with this hash."""

    chain: str
    sequence: int
    hash: bytes
    at: str

    @property
    def statement(self) -> bytes:
        """What is signed."""
        return f"lienthong checkpoint\n{self.chain}\n{self.sequence}\n{self.hash.hex()}\n{self.at}\n".encode()


def public_key_of(seed: bytes) -> str:
    """The public key, in base64, of the signing key whose 32 bytes are given."""
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    return base64.b64encode(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


class CheckpointWriter:
    """Appends checkpoints to a file. `seed` is the signing key, 32 bytes.

    A file that cannot be written is reported once in the log and tried again; records do not depend on it.
    """

    def __init__(self, path: Path, seed: bytes) -> None:
        self._path = path
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._last: Link | None = None
        self._failing = False

    def write(self, link: Link) -> None:
        """Sign where a chain stands, unless it has not moved since."""
        if link == self._last:
            return
        checkpoint = Checkpoint(link.chain, link.sequence, link.hash, datetime.now(UTC).isoformat())
        line = {
            "chain": checkpoint.chain,
            "sequence": checkpoint.sequence,
            "hash": checkpoint.hash.hex(),
            "at": checkpoint.at,
            "signature": base64.b64encode(self._key.sign(checkpoint.statement)).decode(),
        }
        try:
            _append(self._path, orjson.dumps(line) + b"\n")
        except OSError as error:
            if not self._failing:
                _LOG.error("no checkpoint of the audit can be written: %s", error.strerror)
            self._failing = True
            return
        self._failing = False
        self._last = link


def _append(path: Path, line: bytes) -> None:
    """Add a line in one write, so that lines of several processes do not mix, and let it reach the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        os.write(descriptor, line)
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


def read_checkpoints(lines: Iterable[str], public_keys: Iterable[str]) -> Iterator[Checkpoint]:
    """The checkpoints of a file, each signed by one of the keys (base64).

    Raises `CheckpointError` that names the first line which is not.
    """
    try:
        keys = [Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True)) for key in public_keys]
    except ValueError as error:
        raise CheckpointError("a public key must be 32 bytes in base64") from error
    for number, line in enumerate(lines, 1):
        try:
            given = orjson.loads(line)
            checkpoint = Checkpoint(given["chain"], given["sequence"], bytes.fromhex(given["hash"]), given["at"])
            signature = base64.b64decode(given["signature"], validate=True)
        except (ValueError, KeyError, TypeError) as error:
            raise CheckpointError(f"line {number} of the checkpoints is not a checkpoint") from error
        if not any(_signed(key, signature, checkpoint.statement) for key in keys):
            raise CheckpointError(f"line {number} of the checkpoints has no valid signature")
        yield checkpoint


def _signed(key: Ed25519PublicKey, signature: bytes, statement: bytes) -> bool:
    try:
        key.verify(signature, statement)
    except InvalidSignature:
        return False
    return True
