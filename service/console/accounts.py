"""Accounts and units, kept by operators."""

from __future__ import annotations

import secrets

from starlette.responses import Response

from auth.process.accounts import AccountFaultError
from auth.process.actors import Account, Role
from service.console.order import vietnamese_key
from service.console.visit import Visit, redirect
from service.forms import texts_of

__all__ = ["close", "create", "register", "reset", "show_accounts"]

_TEXTS = ("account_id", "name", "client_id", "unit_id", "unit_name")


async def show_accounts(visit: Visit) -> Response:
    """Every active account and every unit."""
    return await _page(visit)


async def create(visit: Visit) -> Response:
    """Make an account; its first password is shown this once."""
    visit.require(Role.OPERATOR)
    roles = frozenset(role for role in Role if role is not Role.CLOCK and role.value in texts_of(visit.form, "roles"))
    sources = frozenset(texts_of(visit.form, "sources")) & visit.process.catalog.sources
    account = Account(
        visit.text("account_id"),
        visit.text("name"),
        roles,
        visit.text("client_id") or None if Role.UNIT_OFFICER in roles else None,
        sources if Role.SOURCE_OWNER in roles else frozenset(),
    )
    password = secrets.token_urlsafe(15)
    try:
        await visit.process.accounts.create(visit.account.account_id, account, password, replacing=False)
    except AccountFaultError as error:
        return await _page(visit, problem=error)
    return await _page(visit, shown=(account.account_id, password))


async def reset(visit: Visit) -> Response:
    """Give an account a new password, shown this once; its sessions end."""
    visit.require(Role.OPERATOR)
    account_id = visit.named("account_id")
    password = await visit.process.accounts.reset_password(visit.account.account_id, account_id)
    if account_id == visit.account.account_id:
        return visit.render("password.html", shown=(account_id, password), account=None)
    return await _page(visit, shown=(account_id, password))


async def close(visit: Visit) -> Response:
    """Close an account, but not one's own: somebody must be left who can make others."""
    visit.require(Role.OPERATOR)
    account_id = visit.named("account_id")
    if account_id == visit.account.account_id:
        return await _page(visit, problem=AccountFaultError("nobody closes the account that they use"))
    await visit.process.accounts.close(visit.account.account_id, account_id)
    return redirect("/accounts?done=closed")


async def register(visit: Visit) -> Response:
    """Register a unit, or give one another name."""
    visit.require(Role.OPERATOR)
    try:
        await visit.process.accounts.register_unit(
            visit.account.account_id, visit.text("unit_id"), visit.text("unit_name")
        )
    except AccountFaultError as error:
        return await _page(visit, problem=error)
    return redirect("/accounts?done=unit")


async def _page(
    visit: Visit, *, problem: AccountFaultError | None = None, shown: tuple[str, str] | None = None
) -> Response:
    visit.require(Role.OPERATOR)
    units = sorted(await visit.process.accounts.units(), key=lambda unit: vietnamese_key(unit.name))
    accounts = await visit.process.accounts.list()
    return visit.render(
        "accounts.html",
        200 if problem is None else problem.status,
        problem=problem,
        accounts=sorted(accounts, key=lambda one: vietnamese_key(one.name)),
        units=units,
        unit_names={unit.client_id: unit.name for unit in units},
        roles=[role.value for role in Role if role is not Role.CLOCK],
        sources=sorted(visit.process.catalog.sources - {"population"}),
        shown=shown,
        # What was typed is shown again where it was refused, and only there.
        given={name: visit.text(name) if problem else "" for name in _TEXTS}
        | {"roles": texts_of(visit.form, "roles") if problem else []},
    )
