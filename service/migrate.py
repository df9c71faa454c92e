"""Applying the numbered SQL files of `migrations/`, each once, in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.resources import files
from typing import Any
from urllib.parse import unquote, urlsplit

import asyncpg

from errors import LienthongError

__all__ = ["FOLDERS", "MigrationChangedError", "migrate", "set_password"]

FOLDERS = ("population", "governance")


class MigrationChangedError(LienthongError):
    """a migration that was applied has been changed since"""


async def migrate(admin_url: str, folders: Sequence[str] = FOLDERS) -> list[str]:
    """Apply what is not applied yet of these folders; the names of the files applied now.

    Raises `MigrationChangedError` when an applied file differs from the one at hand.
    """
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS public.lienthong_migration "
            "(name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        async with connection.transaction():
            await connection.execute("LOCK TABLE public.lienthong_migration IN ACCESS EXCLUSIVE MODE")
            rows = await connection.fetch("SELECT name, sha256 FROM public.lienthong_migration")
            return await _apply(connection, folders, {row["name"]: row["sha256"] for row in rows})
    finally:
        await connection.close()


async def _apply(connection: asyncpg.Connection[Any], folders: Sequence[str], applied: dict[str, str]) -> list[str]:
    fresh = []
    for folder in folders:
        for file in sorted(files("migrations").joinpath(folder).iterdir(), key=lambda entry: entry.name):
            if not file.name.endswith(".sql"):
                continue
            name, sql = f"{folder}/{file.name}", file.read_text(encoding="utf-8")
            digest = hashlib.sha256(sql.encode()).hexdigest()
            if name not in applied:
                await connection.execute(sql)
                await connection.execute("INSERT INTO public.lienthong_migration VALUES ($1, $2)", name, digest)
                fresh.append(name)
            elif applied[name] != digest:
                raise MigrationChangedError(f"migration `{name}` was changed after it was applied")
    return fresh


async def set_password(admin_url: str, role_url: str) -> None:
    """Give the role in `role_url` the password in it, if it has one."""
    parts = urlsplit(role_url)
    if not parts.username or not parts.password:
        return
    connection = await asyncpg.connect(admin_url)
    try:
        statement = await connection.fetchval(
            "SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text)",
            unquote(parts.username),
            unquote(parts.password),
        )
        await connection.execute(statement)
    finally:
        await connection.close()
