"""Who asks: from the credentials of a request to what its contract permits.

An API key stands for a contract. An access token names the client, the purpose and, if need be, the contract; a purpose
or a certificate that comes with the request can only confirm what the token says.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

from starlette.requests import Request

from auth.attempts import FailedAttempts
from auth.audit import AuditLog, AuditRecord, Facts
from auth.cache import LruCache
from auth.contract import Contract, Permission, permit
from auth.credentials import NO_DIGEST, AccountKey, ApiKey, parse_authorization
from auth.errors import (
    AuditError,
    CertificateRequiredError,
    ContractRequiredError,
    ContractUnknownError,
    CredentialsError,
    CredentialsExpiredError,
    CredentialsInvalidError,
    PurposeNotPermittedError,
    TooManyAttemptsError,
)
from auth.process.accounts import Accounts
from auth.process.actors import Account
from auth.process.errors import KeyOverError, SignInFailedError
from auth.store import ContractStore
from auth.tokens import AccessToken, TokenVerifier
from service.origin import Origins

__all__ = ["Authentication", "citizen_of"]

_REPORTED_EVERY = 60.0
_VERIFIED = 10_000
_CITIZEN = "lienthong.citizen"
_REFUSED_ATTEMPTS = Facts(operation_type="attempts")


class Authentication:
    """Authenticates requests, and limits the attempts that fail: every answer 401 is one."""

    def __init__(
        self, store: ContractStore, tokens: TokenVerifier, attempts: FailedAttempts, origins: Origins, audit: AuditLog
    ) -> None:
        self._store = store
        self._tokens = tokens
        self._attempts = attempts
        self._origins = origins
        self._audit = audit
        self._verified: LruCache[str, bytes] = LruCache(_VERIFIED)
        self._reporter: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to read the issuers' keys and to report refused attempts."""
        self._tokens.start()
        self._reporter = asyncio.create_task(self._report(), name="attempts-reporter")

    async def stop(self) -> None:
        """Report what is left, while the audit still writes."""
        if self._reporter is not None:
            self._reporter.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reporter
            await self._report_now()
        await self._tokens.stop()

    async def __call__(self, request: Request, record: AuditRecord) -> Permission:
        """What a request may do now; `record` learns who asks. Raises a `RefusedError`."""
        now = datetime.now(UTC)
        given, purpose = _fields(request.scope)
        with self._counted(request.scope, record):
            contract, bound = await self._identify(request.scope, given, record, now)
        record.client_id = contract.client.client_id
        record.contract_id, record.version = contract.contract_id, contract.version
        if bound is not None and purpose not in {None, bound}:
            raise PurposeNotPermittedError("the access token is for another purpose", purposes=[bound])
        permission = permit(contract, bound or purpose, now)
        record.purpose = permission.purpose
        return permission

    async def account(self, request: Request, record: AuditRecord, accounts: Accounts) -> Account | None:
        """The account whose key a request shows; None when it shows anything else. Raises a `RefusedError`."""
        given, _ = _fields(request.scope)
        try:
            credentials = parse_authorization(given)
        except CredentialsError:
            return None
        if not isinstance(credentials, AccountKey):
            return None
        with self._counted(request.scope, record):
            return await self._account_of_key(request.scope, credentials, record, accounts)

    @contextlib.contextmanager
    def _counted(self, scope: Any, record: AuditRecord) -> Iterator[None]:
        """Count credentials that are refused inside the block, and let the record tell where they came from."""
        try:
            yield
        except (CredentialsError, TooManyAttemptsError) as error:
            genuine = error.holder if isinstance(error, CredentialsExpiredError) else None
            record.actor = genuine or self._origins.source(scope)
            if isinstance(error, CredentialsError):
                self._attempts.failed(record.actor)
            raise

    async def _account_of_key(self, scope: Any, given: AccountKey, record: AuditRecord, accounts: Accounts) -> Account:
        if not given.matches(self._verified.get(given.key_id) or NO_DIGEST):
            self._admit(scope)
        try:
            account = await accounts.by_key(given)
        except KeyOverError:
            raise CredentialsExpiredError(f"account key {given.key_id}") from None
        except SignInFailedError:
            raise CredentialsInvalidError from None
        self._verified.put(given.key_id, given.digest)
        record.actor = account.account_id
        return account

    async def _identify(
        self, scope: Any, given: str | None, record: AuditRecord, now: datetime
    ) -> tuple[Contract, str | None]:
        """The contract that the credentials stand for, and the purpose that they are bound to, if they are."""
        credentials = parse_authorization(given)
        if isinstance(credentials, ApiKey):
            return await self._contract_of_key(scope, credentials, now), None
        if isinstance(credentials, AccountKey):
            raise CredentialsInvalidError
        token = await self._tokens.verify(credentials, now.timestamp(), partial(self._admit, scope))
        record.client_id = token.client_id
        self._check_certificate(scope, token.certificate)
        scope.setdefault("state", {})[_CITIZEN] = token.citizen
        return await self._contract_of_token(token), token.purpose

    async def _contract_of_key(self, scope: Any, given: ApiKey, now: datetime) -> Contract:
        def admit() -> None:
            # A change of anything empties the store's cache; who was verified before it is still no guesser.
            if not given.matches(self._verified.get(given.key_id) or NO_DIGEST):
                self._admit(scope)

        key = await self._store.key(given.key_id, admit)
        if not given.matches(key.digest if key else NO_DIGEST) or key is None:
            raise CredentialsInvalidError
        if self._verified.get(given.key_id) is not key.digest:
            self._verified.put(given.key_id, key.digest)
        if key.revoked or now >= key.expires_at:
            raise CredentialsExpiredError(f"key {given.key_id}")
        self._check_certificate(scope, key.certificate)
        contract = await self._store.contract(key.contract_id)
        if contract is None:
            raise ContractUnknownError
        return contract

    async def _contract_of_token(self, token: AccessToken) -> Contract:
        """The contract that a token names, or the only one of its client in force. Never several: nothing adds up."""
        named = token.contract
        if named is None:
            contracts = await self._store.contracts_of(token.client_id)
            if len(contracts) > 1:
                raise ContractRequiredError(None, contracts=list(contracts))
            named = contracts[0] if contracts else None
        contract = await self._store.contract(named) if named is not None else None
        if contract is None or contract.client.client_id != token.client_id:
            raise ContractUnknownError
        return contract

    def _check_certificate(self, scope: Any, bound: bytes | None) -> None:
        if bound is not None:
            shown = self._origins.certificate(scope)
            if shown is None or not hmac.compare_digest(bound, shown):
                raise CertificateRequiredError

    def _admit(self, scope: Any) -> None:
        self._attempts.admit(self._origins.source(scope))

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(_REPORTED_EVERY)
            await self._report_now()

    async def _report_now(self) -> None:
        """One audit record for each source that was refused in the last minute."""
        refused = self._attempts.unreported()
        await asyncio.gather(*(self._report_one(source, attempts) for source, attempts in refused.items()))

    async def _report_one(self, source: str, attempts: int) -> None:
        record = AuditRecord(secrets.token_hex(16), actor=source, facts=_REFUSED_ATTEMPTS)
        record.row_counts, record.codes = {"attempts": attempts}, [TooManyAttemptsError.code]
        try:
            await self._audit.write(record)
        except AuditError:
            self._attempts.report_later(source, attempts)


def citizen_of(request: Request) -> str | None:
    """The number of the person whom the access token of an authenticated request names."""
    number: str | None = request.scope.get("state", {}).get(_CITIZEN)
    return number


def _fields(scope: Any) -> tuple[str | None, str | None]:
    """`Authorization` and `X-Purpose`; one that is sent twice becomes one that is not valid (RFC 9110, section 5.3)."""
    found: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        if name in (b"authorization", b"x-purpose"):
            text = value.decode("latin-1")
            found[name] = f"{found[name]}, {text}" if name in found else text
    return found.get(b"authorization"), found.get(b"x-purpose")
