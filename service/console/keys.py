"""A contract's keys, and how it is used."""

from __future__ import annotations

from typing import get_args

from starlette.responses import Response

from auth.contract import Limits
from auth.credentials import ApiKey
from auth.process.actors import Role
from auth.process.dossier import Summary
from auth.process.errors import DossierUnknownError, MoveRefusedError, ProcessError
from auth.process.keys import TESTABLE
from auth.process.lifecycle import IN_FORCE, State
from auth.process.usage import Usage
from auth.store import Environment
from service.console.chart import Chart
from service.console.visit import Visit, redirect

__all__ = ["issue", "revoke", "show_keys", "show_usage"]

_DAYS = (30, 90, 180, 365)


async def show_keys(visit: Visit) -> Response:
    """The keys."""
    return await _page(visit)


async def issue(visit: Visit) -> Response:
    """Issue a key: the answer shows it, this once. For a technical test it may be one that has expired already."""
    wanted = visit.text("environment")
    expired = wanted == "expired"
    names: dict[str, Environment] = {name: name for name in get_args(Environment)}
    environment = names.get("sandbox" if expired else wanted)
    days = next((days for days in _DAYS if str(days) == visit.text("days")), None)
    if environment is None or days is None:
        return await _page(visit, problem=MoveRefusedError("choose an environment and a term"))
    try:
        key = await visit.process.keys.issue(visit.account, visit.contract_id, environment, days=days, expired=expired)
    except DossierUnknownError:
        raise
    except ProcessError as error:
        return await _page(visit, problem=error)
    path = "/graphql" if environment == "production" else "/sandbox/graphql"
    return await _page(visit, key, path=path, expired=expired)


async def revoke(visit: Visit) -> Response:
    """Revoke a key."""
    await visit.process.keys.revoke(visit.account, visit.contract_id, visit.named("key_id"))
    return redirect(f"/contracts/{visit.contract_id}/keys?done=revoked")


async def show_usage(visit: Visit) -> Response:
    """Requests and persons of the last days, and what is left of today's limits."""
    usage = await visit.process.usages.of(visit.account, visit.contract_id)
    versions = await _versions(visit)
    current = next((version for version in versions if version.state in IN_FORCE), versions[0])
    dossier = await visit.process.dossiers.get(visit.account, visit.contract_id, current.version)
    given = dossier.request.limits
    limits = {name: given.get(name, getattr(Limits(), name)) for name in ("requests_per_minute", "subjects_per_day")}
    return visit.render(
        "usage.html",
        dossier=dossier,
        usage=usage,
        limits=limits,
        left={
            "requests_per_minute": max(0, limits["requests_per_minute"] - usage.this_minute),
            "subjects_per_day": max(0, limits["subjects_per_day"] - usage.today.persons),
        },
        requests=Chart.of([(day.day, day.requests) for day in usage.days]),
        persons=Chart.of([(day.day, day.persons) for day in usage.days]),
        totals=_totals(usage),
    )


async def _page(
    visit: Visit,
    key: ApiKey | None = None,
    problem: ProcessError | None = None,
    *,
    path: str = "",
    expired: bool = False,
) -> Response:
    keys = await visit.process.keys.list(visit.account, visit.contract_id)
    dossier = await visit.process.dossiers.get(visit.account, visit.contract_id)
    versions = await _versions(visit)
    holder = visit.account.acts_for(dossier.summary.client.client_id) or Role.OPERATOR in visit.account.roles
    return visit.render(
        "keys.html",
        200 if problem is None else problem.status,
        problem=problem,
        dossier=dossier,
        keys=keys,
        key=key,
        expired=expired,
        address=visit.address + path,
        holder=holder,
        opens={
            "sandbox": any(one.state in TESTABLE for one in versions),
            "production": any(one.state is State.ACTIVE for one in versions),
        },
        days=_DAYS,
    )


async def _versions(visit: Visit) -> list[Summary]:
    everything = await visit.process.dossiers.list(visit.account)
    found = [summary for summary in everything if summary.contract_id == visit.contract_id]
    if not found:
        raise DossierUnknownError
    return sorted(found, key=lambda summary: -summary.version)


def _totals(usage: Usage) -> dict[str, int]:
    totals: dict[str, int] = {}
    for day in usage.days:
        for outcome, count in day.outcomes.items():
            totals[outcome] = totals.get(outcome, 0) + count
    return totals
