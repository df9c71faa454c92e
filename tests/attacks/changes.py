"""What takes permission away, and requests that are under way while it happens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.attacks.contracts import NARROW, NARROW_USES, contract_of
from tests.attacks.target import Target
from tests.attacks.world import DATABASE

__all__ = ["CHANGES", "DOCUMENT", "SHORT", "SUSPENDED", "eventually", "in_flight", "installed", "narrowed"]

DOCUMENT = "query($i:PersonalId!){citizen(personalId:$i){personalId maritalStatus vehicles{plate}}}"
SHORT = "query($i:PersonalId!){citizen(personalId:$i){maritalStatus}}"
SUSPENDED = "UPDATE governance.contract SET state = 'SUSPENDED' WHERE contract_id = $1 AND state = 'ACTIVE'"
EXPIRED = "UPDATE governance.contract SET valid_to = now() WHERE contract_id = $1 AND state = 'ACTIVE'"
REVOKED = "UPDATE governance.api_key SET revoked_at = now() WHERE contract_id = $1"


def installed(target: Target, client: str, **changes: Any) -> str:
    """Give a client a narrow contract, or the next version of it; its name."""
    known = target.service.governance.contracts.get(client)
    version = 1 if known is None else known.version + 1
    contract = contract_of(client, target.canaries.catalog, NARROW, NARROW_USES, version=version, **changes)
    kept = target.service.governance.authorizations.get(client)
    target.service.governance.install(contract)
    if kept is not None:  # the key that is in use goes on: it is the contract that changes
        target.service.governance.authorizations[client] = kept
    return client


def narrowed(target: Target, client: str) -> None:
    """Take a field away from a client."""
    contract = target.service.governance.contracts[client]
    grants = {p: tuple(g for g in given if "maritalStatus" not in g.coordinate) for p, given in contract.grants.items()}
    installed(target, client, grants=grants)


CHANGES: dict[str, tuple[Callable[[Target, str], Any], int, str]] = {
    "revoke": (lambda t, c: t.service.governance.fetch(REVOKED, f"contract-{c}"), 401, "CREDENTIALS_EXPIRED"),
    "suspend": (lambda t, c: t.service.governance.fetch(SUSPENDED, f"contract-{c}"), 403, "CONTRACT_NOT_ACTIVE"),
    "expire": (lambda t, c: t.service.governance.force(EXPIRED, f"contract-{c}"), 403, "CONTRACT_EXPIRED"),
    "narrow": (narrowed, 400, "GRAPHQL_VALIDATION_FAILED"),
}


def eventually(holds: Callable[[], bool]) -> None:
    """A change reaches a worker in under a second."""
    deadline = time.monotonic() + 1
    while not holds():
        assert time.monotonic() < deadline, "the change did not arrive within a second"
        time.sleep(0.02)


@contextmanager
def in_flight(target: Target, *calls: Callable[[], httpx.Response]) -> Iterator[list[httpx.Response]]:
    """Requests that the document server holds while the block runs; their answers when it is over."""
    answers: list[httpx.Response] = []
    before = len(target.service.statements)
    threads = [threading.Thread(target=lambda call=call: answers.append(call())) for call in calls]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 5
    while sum(source.startswith(DATABASE) for source, _ in target.service.statements[before:]) < len(calls):
        assert time.monotonic() < deadline, "the requests did not reach the document server"
        time.sleep(0.005)
    yield answers
    assert not answers, "the block came too late"
    for thread in threads:
        thread.join(20)
