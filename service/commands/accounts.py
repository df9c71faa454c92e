"""`lienthong account` and `lienthong unit`: who takes part. Needs the databases' owner, but for `account me`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import asyncpg
import typer

from auth.database import OUTAGES, open_governance
from auth.errors import GovernanceUnavailableError
from auth.process.accounts import AccountFaultError, Accounts, roles_of
from auth.process.actors import Account
from service.commands.caller import REFUSED, UNAVAILABLE, USAGE, CommandError, ask
from service.commands.output import AsJson, print_json, print_line, print_rows
from service.contracts import operator
from service.settings import load_settings

__all__ = ["account_commands", "unit_commands"]

account_commands = typer.Typer(no_args_is_help=True, help="Accounts of the process (needs LIENTHONG_ADMIN_URL).")
unit_commands = typer.Typer(no_args_is_help=True, help="Units that may ask for contracts (needs LIENTHONG_ADMIN_URL).")

AccountId = Annotated[str, typer.Argument(help="account id")]
T = TypeVar("T")


@unit_commands.command(name="add")
def add_unit(
    unit: Annotated[str, typer.Argument(help="unit id")],
    name: Annotated[str, typer.Argument(help="its name")],
    *,
    as_json: AsJson = False,
) -> None:
    """Register a unit, or give one that is there its name."""
    _as_owner(lambda accounts, _pool: accounts.register_unit(_actor(), unit, name))
    print_json({"id": unit, "name": name.strip()}) if as_json else print_line(f"{unit}: {name.strip()}")


@unit_commands.command(name="list")
def list_units(*, as_json: AsJson = False) -> None:
    """List the units."""

    async def work(_accounts: Accounts, pool: asyncpg.Pool[Any]) -> list[dict[str, Any]]:
        return [dict(row) for row in await pool.fetch("SELECT client_id AS id, name FROM governance.client ORDER BY 1")]

    found = _as_owner(work)
    print_json(found) if as_json else print_rows({"id": "id", "name": "name"}, found)


@account_commands.command()
def add(  # noqa: PLR0913 - one option per part of an account
    account: AccountId,
    *,
    name: Annotated[str, typer.Option(help="name, as others see it")],
    role: Annotated[list[str], typer.Option(help="role; may be given more than once")],
    unit: Annotated[str | None, typer.Option(help="unit of an officer")] = None,
    source: Annotated[list[str] | None, typer.Option(help="database of an owner; may be given more than once")] = None,
    password_stdin: Annotated[bool, typer.Option(help="read a password for the console from standard input")] = False,
    replace: Annotated[bool, typer.Option(help="change an account that there is")] = False,
    as_json: AsJson = False,
) -> None:
    """Add an account. It signs in with a key (`lienthong account key`), and at the console with a password."""
    given = Account(account, name, roles_of(role), unit, frozenset(source or ()))
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None

    async def work(accounts: Accounts, _pool: asyncpg.Pool[Any]) -> None:
        if not replace and await accounts.get(account) is not None:
            raise AccountFaultError(f"there is an account `{account}` already; --replace changes it")
        await accounts.create(_actor(), given, password)

    _as_owner(work)
    print_json(_plain(given)) if as_json else print_line(f"{account}: {', '.join(_plain(given)['roles'])}")


@account_commands.command(name="list")
def list_accounts(*, as_json: AsJson = False) -> None:
    """List the active accounts."""
    found = [_plain(account) for account in _as_owner(lambda accounts, _pool: accounts.list())]
    columns = {"id": "id", "name": "name", "roles": "roles", "unit": "unit", "sources": "databases"}
    print_json(found) if as_json else print_rows(columns, found)


@account_commands.command()
def disable(account: AccountId, *, as_json: AsJson = False) -> None:
    """Close an account and revoke its keys."""
    if not _as_owner(lambda accounts, _pool: accounts.close(_actor(), account)):
        raise CommandError(REFUSED, f"there is no active account `{account}`", code=AccountFaultError.code)
    print_json({"id": account, "active": False}) if as_json else print_line(f"{account}: disabled")


@account_commands.command()
def key(
    account: AccountId,
    *,
    days: Annotated[int, typer.Option(help="days until the key expires", min=1, max=3660)] = 90,
    as_json: AsJson = False,
) -> None:
    """Issue a key for an account, for LIENTHONG_ACCOUNT_KEY and for GraphQL. It is shown this once."""
    issued = _as_owner(lambda accounts, _pool: accounts.issue_key(_actor(), account, days=days))
    value = issued.authorization.removeprefix("Bearer ")
    print_json({"id": issued.key_id, "account": account, "key": value}) if as_json else print_line(value)


@account_commands.command(name="revoke-key")
def revoke_key(
    key_id: Annotated[str, typer.Argument(help="the 16 digits after lta_ in the key")], *, as_json: AsJson = False
) -> None:
    """Revoke a key of an account."""
    if not _as_owner(lambda accounts, _pool: accounts.revoke_key(_actor(), key_id)):
        raise CommandError(REFUSED, "there is no such key in force", code=AccountFaultError.code)
    print_json({"id": key_id, "revoked": True}) if as_json else print_line(f"{key_id}: revoked")


@account_commands.command()
def me(*, as_json: AsJson = False) -> None:
    """Say as whom commands are run (LIENTHONG_ACCOUNT_KEY)."""
    found = ask("{ me { id name roles unit sources } }")
    if as_json:
        print_json(found)
    else:
        print_line(f"{found['id']} ({found['name']}): {', '.join(found['roles'])}")


def _plain(account: Account) -> dict[str, Any]:
    return {
        "id": account.account_id,
        "name": account.name,
        "roles": sorted(role.value for role in account.roles),
        "unit": account.client_id,
        "sources": sorted(account.sources),
    }


def _actor() -> str:
    return operator() or "operator"


def _as_owner(work: Callable[[Accounts, asyncpg.Pool[Any]], Awaitable[T]]) -> T:
    url = load_settings().admin_url
    if url is None:
        raise CommandError(USAGE, "set LIENTHONG_ADMIN_URL to the URL of the databases' owner")

    async def connected() -> T:
        pool = await open_governance(url, pool_size=1, timeout=5)
        try:
            return await work(Accounts(pool), pool)
        finally:
            pool.terminate()

    try:
        return asyncio.run(connected())
    except (GovernanceUnavailableError, *OUTAGES) as error:
        raise CommandError(UNAVAILABLE, "the database of accounts does not answer") from error
