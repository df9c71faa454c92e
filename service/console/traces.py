"""From the console to the pages of the people on call: an operator who signed in here needs no key there."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from auth.process.actors import Role
from service.console.visit import Handler, Visit
from service.operations.gate import OperatorGate
from service.pages import NO_SCRIPT_HEADERS
from service.settings import Settings

__all__ = ["traces_of"]


def traces_of(settings: Settings) -> Handler:
    """The way to `/traces`, which begins a session there. For operators only."""
    gate = OperatorGate(settings)

    async def enter(visit: Visit) -> Response:
        visit.require(Role.OPERATOR)
        response = RedirectResponse("/traces", 303, headers=dict(NO_SCRIPT_HEADERS))
        gate.begin(visit.request, response)
        return response

    return enter
