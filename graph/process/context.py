"""What an execution of the process schema knows: whose it is, and what is asked for beyond a dossier's own parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from auth.process.actors import Account
from auth.process.completeness import Missing
from auth.process.conformance import TestItem
from auth.process.dossier import Dossier
from auth.process.keys import IssuedKey
from auth.process.lifecycle import Move
from graph.process.review import Review

__all__ = ["Context", "Prospect"]


@dataclass(frozen=True, slots=True)
class Prospect:
    """A move that an account's roles have: possible now when nothing refuses it and nothing is missing."""

    move: Move
    refused: str | None = None
    missing: Sequence[Missing] = ()

    @property
    def possible(self) -> bool:
        """Whether it would be carried out now."""
        return self.refused is None and not self.missing


class Context(Protocol):
    """The context that the process schema is executed in."""

    @property
    def account(self) -> Account:
        """Who asks."""

    async def prospects(self, dossier: Dossier) -> list[Prospect]:
        """The moves of the account's roles, and what stands against each."""

    async def keys_of(self, dossier: Dossier) -> list[IssuedKey]:
        """The keys of the dossier's contract."""

    async def tests_of(self, dossier: Dossier) -> list[TestItem]:
        """The conformance list of the dossier."""

    async def review_of(self, dossier: Dossier) -> Review:
        """Help for its review."""
