"""The people of a demo: an account for each role, and the unit that asks. All names are invented."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg

from auth.process.accounts import Accounts
from auth.process.actors import Account, Role
from service.demo.databases import SOURCES
from service.embedded import EmbeddedServers

__all__ = ["PEOPLE", "UNIT", "UNIT_NAME", "DemoAccount", "prepare_accounts"]

UNIT = "so-giao-thong-mau"
UNIT_NAME = "Sở Giao thông mẫu (giả định)"
_WHO = "demo"


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account of the demo with its password."""

    account: Account
    password: str


def _account(name: str, words: str, *roles: Role, **more: Any) -> Account:
    return Account(name, words, frozenset(roles), **more)


PEOPLE: Mapping[str, Account] = {
    "officer": _account("can-bo-mau", "Cán bộ mẫu", Role.UNIT_OFFICER, client_id=UNIT),
    "reviewer": _account("tham-dinh-mau", "Chuyên viên thẩm định mẫu", Role.REVIEWER),
    "approver": _account("phe-duyet-mau", "Lãnh đạo phê duyệt mẫu", Role.APPROVER),
    "cyber": _account("an-ninh-mang-mau", "Cán bộ an ninh mạng mẫu", Role.CYBER_SECURITY),
    "technical": _account("ky-thuat-mau", "Cán bộ kỹ thuật nghiệp vụ mẫu", Role.TECHNICAL_SECURITY),
    "owner": _account(
        "chu-quan-mau",
        "Chủ quản cơ sở dữ liệu mẫu",
        Role.SOURCE_OWNER,
        sources=frozenset(SOURCES),
    ),
    "auditor": _account("kiem-toan-mau", "Kiểm toán viên mẫu", Role.AUDITOR),
    "operator": _account("van-hanh-mau", "Người vận hành mẫu", Role.OPERATOR),
}
"""Who takes part in the demo, an account for each role."""


async def prepare_accounts(servers: EmbeddedServers, known: Mapping[str, str]) -> list[DemoAccount]:
    """Make the accounts, each with the password that is `known` for it, or else a new one."""
    found = [
        DemoAccount(account, known.get(account.account_id) or secrets.token_urlsafe(12)) for account in PEOPLE.values()
    ]
    async with asyncpg.create_pool(servers.admin_url, min_size=0, max_size=2) as pool:
        accounts = Accounts(pool)
        there = {account.account_id for account in await accounts.list()}
        if all(one.account.account_id in there and one.account.account_id in known for one in found):
            return found
        await accounts.register_unit(_WHO, UNIT, UNIT_NAME)
        for one in found:
            await accounts.create(_WHO, one.account, one.password)
    return found
