"""POST /graphql with an account's key: operations of the process of contracts, on the schema of its roles."""

from __future__ import annotations

from starlette.requests import Request

from auth.audit import AuditRecord, Facts
from auth.process.accounts import Accounts
from auth.process.actors import Account, Role
from auth.process.attachments import MAX_ATTACHMENT
from resolvers.errors import PersistedQueryNotSupportedError
from resolvers.process.desk import Desk
from resolvers.process.execute import ProcessOperation, execute_process
from resolvers.respond import Response
from service.process import Process
from service.wire import read_operation

__all__ = ["ProcessOperations"]

_MAX_ATTACHING_BODY = MAX_ATTACHMENT * 4 // 3 + 100_000
"""Bytes of a body that brings a document, in base64 and with its mutation."""


class ProcessOperations:
    """Answers accounts. `max_body` is in bytes; those who may attach documents may send a document more."""

    def __init__(self, process: Process, max_body: int) -> None:
        self.accounts: Accounts = process.accounts
        self._process = process
        self._max_body = max_body

    async def __call__(self, request: Request, record: AuditRecord, account: Account) -> Response:
        """The response to an account that has signed in; `record` learns what was asked. Raises a `ClientError`."""
        attaching = Role.UNIT_OFFICER in account.roles
        cap = max(self._max_body, _MAX_ATTACHING_BODY) if attaching else self._max_body
        received = await read_operation(request, cap)
        if received.document.text is None:
            raise PersistedQueryNotSupportedError
        operation = ProcessOperation(received.document.text, received.operation_name, received.variables)

        def tell(facts: Facts) -> None:
            record.facts = facts

        return await execute_process(Desk(account, self._process), operation, tell)
