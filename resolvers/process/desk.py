"""A caller's desk: the account that asks, and the parts of the process that answer it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from auth.process.actors import Account
from auth.process.attachments import Attachments
from auth.process.cases import Cases
from auth.process.concealment import Concealments
from auth.process.conformance import TestItem, Tests
from auth.process.dossier import Dossier
from auth.process.dossiers import Dossiers
from auth.process.errors import MoveRefusedError
from auth.process.keys import IssuedKey, Keys
from auth.process.lifecycle import MOVES, Move, judge
from auth.process.moves import Moves
from auth.process.notices import Notices
from graph.catalog import Catalog
from graph.process.context import Prospect
from graph.process.review import Review
from resolvers.process.review import review_for

__all__ = ["Desk", "Parts"]


class Parts(Protocol):
    """The parts of the process."""

    @property
    def catalog(self) -> Catalog:
        """What the schema declares."""

    @property
    def cases(self) -> Cases:
        """Keeps cases."""

    @property
    def notices(self) -> Notices:
        """Publishes notices."""

    @property
    def concealments(self) -> Concealments:
        """Conceals reads for a time."""

    @property
    def tests(self) -> Tests:
        """Reads conformance lists."""

    @property
    def dossiers(self) -> Dossiers:
        """Opens, changes and reads dossiers."""

    @property
    def moves(self) -> Moves:
        """Carries out moves and findings."""

    @property
    def attachments(self) -> Attachments:
        """Keeps documents."""

    @property
    def keys(self) -> Keys:
        """Issues and revokes keys."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The context of one execution (`graph.process.context.Context`)."""

    account: Account
    parts: Parts

    async def prospects(self, dossier: Dossier) -> list[Prospect]:
        """The moves of the account's roles in the order of the process, each with what stands against it."""
        return [await self._prospect(dossier, move) for move in MOVES.values() if move.roles & self.account.roles]

    async def _prospect(self, dossier: Dossier, move: Move) -> Prospect:
        try:
            judge(dossier.standing, move.name, self.account, "-")
            lacking = await self.parts.moves.lacking(self.account, dossier.contract_id, dossier.version, move.name)
        except MoveRefusedError as error:
            return Prospect(move, refused=error.message)
        return Prospect(move, missing=lacking)

    async def keys_of(self, dossier: Dossier) -> list[IssuedKey]:
        """The keys of the dossier's contract, the newest first."""
        return await self.parts.keys.list(self.account, dossier.contract_id)

    async def tests_of(self, dossier: Dossier) -> list[TestItem]:
        """The conformance list of the dossier, as far as the client's traffic has shown it."""
        return await self.parts.tests.list(self.account, dossier.contract_id, dossier.version)

    async def review_of(self, dossier: Dossier) -> Review:
        """Help for its review, beside the version that it would replace."""
        replaced = await self.parts.dossiers.replaced_by(self.account, dossier)
        return await review_for(self.parts.catalog, dossier, replaced)
