"""One mutation for each move of the life cycle, for the roles that the life cycle gives it to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import strawberry

from auth.process.actors import Role
from auth.process.lifecycle import MOVES, Move
from graph.process.dossier import Dossier
from graph.process.enums import DossierMove, words_of
from resolvers.process.declare import root
from resolvers.process.desk import Desk

__all__ = ["MOVE_ROOTS"]

Info = strawberry.Info[Desk, None]


def _mutation(move: Move) -> Any:
    """The mutation of a move; a written reason is required where the life cycle requires one."""

    async def with_reason(info: Info, contract: strawberry.ID, version: int, reason: str) -> Dossier | None:
        desk: Desk = info.context
        return Dossier.of(await desk.parts.moves.move(desk.account, contract, version, move.name, reason=reason))

    async def plain(info: Info, contract: strawberry.ID, version: int, reason: str | None = None) -> Dossier | None:
        desk: Desk = info.context
        return Dossier.of(await desk.parts.moves.move(desk.account, contract, version, move.name, reason=reason))

    resolver: Callable[..., Any] = with_reason if move.reasoned else plain
    resolver.__name__ = move.name
    words = f"{words_of(DossierMove(move.name))} ({move.name.replace('_', ' ')})."
    return root(*move.roles, description=words)(resolver)


MOVE_ROOTS: Mapping[str, Any] = {move.name: _mutation(move) for move in MOVES.values() if move.roles - {Role.CLOCK}}
"""The mutations by the moves' names."""
