"""The conformance list of a technical test: what the client's own traffic in the sandbox has shown.

Nobody ticks an item off by hand. Each is read from the records that the gateway kept of the client's requests in the
sandbox (audit chains that begin with `sandbox-`), for this contract and version, since it was admitted to the test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import asyncpg

from auth.audit.chain import SANDBOX
from auth.contract import Contract
from auth.process.actors import Account
from auth.process.completeness import Missing
from auth.process.database import transaction
from auth.process.dossier import Dossier
from auth.process.reading import Examiner, read_dossier
from auth.process.request import to_contract

__all__ = ["Conformance", "TestItem", "Tests"]

_OWN = f"""
SELECT r.recorded_at, r.trace_id
FROM governance.audit_record r JOIN governance.audit_plan p ON p.digest = r.plan
WHERE r.chain LIKE '{SANDBOX}%' AND r.contract_id = $1 AND r.version = $2 AND r.recorded_at >= $3
"""  # noqa: S608 - the name is ours
_EXPIRED_KEY = f"""
SELECT r.recorded_at, r.trace_id
FROM governance.audit_record r
JOIN governance.api_key k ON r.actor = 'key ' || k.key_id
WHERE r.chain LIKE '{SANDBOX}%' AND k.contract_id = $1 AND k.environment = 'sandbox' AND r.recorded_at >= $2
  AND 'CREDENTIALS_EXPIRED' = ANY (r.codes)
"""  # noqa: S608 - the name is ours
_FIRST = " ORDER BY r.recorded_at, r.chain, r.sequence LIMIT 1"
_VALID = """
AND r.purpose = $4 AND r.outcome = 'answered' AND p.description ->> 'operation_type' = 'query'
AND EXISTS (SELECT FROM json_each_text(r.row_counts) AS read (source, number) WHERE read.number::bigint > 0)
"""
_DENIED = "AND $4 = ANY (r.codes) AND ($4 <> 'GRAPHQL_VALIDATION_FAILED' OR p.description ->> 'denied' <> '[]')"
_CODES = "AND r.codes && $4"
_PARTIAL = "AND r.outcome = 'partial' AND r.codes && $4"
_PROTECTED = """
AND r.outcome IN ('answered', 'partial') AND governance.texts(p.description -> 'granted') && $4
AND governance.split_subjects(r.subjects) && $5::bytea[]
"""


@dataclass(frozen=True, slots=True)
class TestItem:
    """An item of the list: what is to be shown, how, and the first request that showed it.

    `query` is an example that fits the contract, where one can be given; `done_at` and `trace_id` are those of the
    record that ticked the item off.
    """

    __test__ = False  # pytest: no test, whatever its name

    code: str
    vi: str
    en: str
    hint_vi: str
    hint_en: str
    query: str | None = None
    done_at: datetime | None = None
    trace_id: str | None = None

    @property
    def ticked(self) -> bool:
        """Whether the client's traffic has shown it."""
        return self.done_at is not None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An item with the records that tick it: a condition on the contract's own, or an expired key."""

    item: TestItem
    condition: str | None
    values: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Conformance:
    """The lists of contracts.

    `examples` gives queries by item code that fit a contract. `shielded` are the coordinates that give nothing of a
    protected person; `protected` the hashes of the protected persona's number, under each key of the audit.
    """

    examples: Callable[[Contract], Mapping[str, str]] = field(default=lambda _: {})
    shielded: frozenset[str] = frozenset()
    protected: Sequence[bytes] = ()

    async def items(self, connection: Any, dossier: Dossier) -> list[TestItem]:
        """The list of a dossier, read over a connection that may read the audit."""
        contract = to_contract(dossier.request, dossier.contract_id, dossier.version, dossier.summary.client)
        examples = self.examples(contract)
        since = dossier.tested_since
        found = []
        for wanted in self._wanted(contract):
            item = replace(wanted.item, query=examples.get(wanted.item.code))
            row = None if since is None else await _first(connection, dossier, since, wanted)
            found.append(item if row is None else replace(item, done_at=row["recorded_at"], trace_id=row["trace_id"]))
        return found

    async def unfinished(self, connection: Any, dossier: Dossier) -> Sequence[Missing]:
        """What is still open on the list of a dossier."""
        return [
            Missing(path=f"tests.{item.code}", vi=f"Chưa thử: {item.vi}", en=f"not shown yet: {item.en}")
            for item in await self.items(connection, dossier)
            if not item.ticked
        ]

    def _wanted(self, contract: Contract) -> Iterator[_Wanted]:
        for code in contract.purposes:
            yield _Wanted(_valid(code), _VALID, (code,))
        yield _Wanted(*_denied(contract))
        yield _Wanted(_BAD_VALUE, _CODES, (["BAD_USER_INPUT"],))
        yield _Wanted(_EXPIRED, None)
        yield _Wanted(_LIMIT, _CODES, (["LIMIT_EXCEEDED", "RATE_LIMITED", "QUOTA_EXCEEDED"],))
        yield _Wanted(_OUTAGE, _PARTIAL, (["SOURCE_UNAVAILABLE", "SOURCE_TIMEOUT"],))
        shielded = sorted(self.shielded & {g.coordinate for grants in contract.grants.values() for g in grants})
        # Under a row scope a protected person may not exist at all: there is nothing to be shown then.
        if shielded and not contract.row_scope:
            yield _Wanted(_PROTECTED_PERSON, _PROTECTED, (shielded, list(self.protected)))


class Tests:
    """Conformance lists over a pool of the role `lienthong_process`."""

    __test__ = False

    def __init__(self, pool: asyncpg.Pool[Any], examiner: Examiner, conformance: Conformance) -> None:
        self._pool = pool
        self._examiner = examiner
        self._conformance = conformance

    async def list(self, actor: Account, contract_id: str, version: int) -> list[TestItem]:
        """The list of a version that the account may see. Raises `DossierUnknownError`."""
        async with transaction(self._pool) as connection:
            dossier = await read_dossier(connection, self._examiner, actor, contract_id, version)
            return await self._conformance.items(connection, dossier)


async def _first(connection: Any, dossier: Dossier, since: datetime, wanted: _Wanted) -> Any:
    if wanted.condition is None:
        return await connection.fetchrow(_EXPIRED_KEY + _FIRST, dossier.contract_id, since)
    return await connection.fetchrow(
        _OWN + wanted.condition + _FIRST, dossier.contract_id, dossier.version, since, *wanted.values
    )


def _valid(purpose: str) -> TestItem:
    return TestItem(
        f"VALID_QUERY.{purpose}",
        f"Truy vấn hợp lệ cho mục đích {purpose}",
        f"a valid query for the purpose {purpose}",
        f"Gửi X-Purpose: {purpose}, hỏi các trường được phép của một nhân vật; trả lời có dữ liệu, không có lỗi.",
        f"Send X-Purpose: {purpose} and ask for permitted fields of a persona; the answer has data and no error.",
    )


def _denied(contract: Contract) -> tuple[TestItem, str, tuple[str]]:
    """The denial that this contract gives: of a document, or of a field in its mode."""
    code = "GRAPHQL_VALIDATION_FAILED" if contract.unpermitted == "hide" else "FIELD_NOT_IN_CONTRACT"
    if contract.allow_list_only:
        code = "DOCUMENT_NOT_ALLOWED"
        what = ("Truy vấn không có trong hợp đồng bị từ chối", "a document outside the contract is refused")
        how = ("Gửi một truy vấn khác các truy vấn đã lưu.", "Send a document that is none of the stored ones.")
    else:
        what = ("Trường không được phép bị từ chối", "a field outside the contract is denied")
        how = ("Hỏi một trường không có trong hợp đồng.", "Ask for a field that the contract does not hold.")
    item = TestItem("DENIED_FIELD", *what, f"{how[0]} Mã lỗi: {code}.", f"{how[1]} Code: {code}.")
    return item, _DENIED, (code,)


_BAD_VALUE = TestItem(
    "BAD_NUMBER",
    "Số định danh hoặc giá trị sai bị từ chối",
    "a wrong number or value is refused",
    "Gửi trong biến một số định danh không đủ 12 chữ số, hoặc một giá trị sai kiểu. Mã lỗi: BAD_USER_INPUT.",
    "Send in a variable a number that has not 12 digits, or a value of the wrong type. Code: BAD_USER_INPUT.",
)
_EXPIRED = TestItem(
    "EXPIRED_KEY",
    "Khóa hết hạn bị từ chối",
    "an expired key is refused",
    "Phát một khóa thử nghiệm đã hết hạn rồi gửi yêu cầu bằng khóa đó. Mã lỗi: CREDENTIALS_EXPIRED.",
    "Have an expired sandbox key issued and send a request with it. Code: CREDENTIALS_EXPIRED.",
)
_LIMIT = TestItem(
    "LIMIT_HIT",
    "Vượt giới hạn của hợp đồng bị từ chối",
    "a limit of the contract is hit",
    "Vượt một giới hạn (số khóa, bí danh, số yêu cầu mỗi phút ...). Mã lỗi: LIMIT_EXCEEDED, RATE_LIMITED hoặc "
    "QUOTA_EXCEEDED.",
    "Go over a limit (keys, aliases, requests a minute ...). Code: LIMIT_EXCEEDED, RATE_LIMITED or QUOTA_EXCEEDED.",
)
_OUTAGE = TestItem(
    "PARTIAL_OUTAGE",
    "Một cơ sở dữ liệu không trả lời, phần còn lại vẫn được trả lời",
    "a database is down and the rest is answered",
    "Hỏi một nhân vật làm cơ sở dữ liệu mất kết nối, hoặc gửi tiêu đề Lienthong-Outage. Mã lỗi: SOURCE_UNAVAILABLE "
    "hoặc SOURCE_TIMEOUT, kèm data.",
    "Ask about a persona who makes a database fail, or send the header Lienthong-Outage. Code: SOURCE_UNAVAILABLE or "
    "SOURCE_TIMEOUT, beside data.",
)
_PROTECTED_PERSON = TestItem(
    "PROTECTED_PERSON",
    "Đọc người được bảo vệ",
    "a protected person is read",
    "Hỏi nơi ở, liên hệ hoặc hộ của nhân vật được bảo vệ; không có quyền đặc biệt thì là null, không có lỗi.",
    "Ask for address, contacts or household of the protected persona; without the special grant they are null.",
)
