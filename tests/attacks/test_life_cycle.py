"""attacks.md, Life cycle: what was permitted and is no longer is not answered, on any worker, store up or down."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import httpx
import pytest

from service.embedded import EmbeddedServers
from tests.attacks.canaries import Canaries
from tests.attacks.changes import CHANGES, DOCUMENT, SHORT, SUSPENDED, eventually, in_flight, installed
from tests.attacks.target import Target
from tests.attacks.world import DATABASE, settings_over_canaries
from tests.running import RunningService
from tests.service.test_outages import failing
from tests.workers import cut, serving

pytestmark = pytest.mark.timed

# Seconds that a cached permission may be stale at most (docs/decisions/0025).
BOUND = 1.0
PAGE = """
query($c: String) {
  searchCitizens(filter: {name: "zq"}, orderBy: NAME, first: 2, after: $c) {
    edges { node { personalId maritalStatus } } pageInfo { endCursor hasNextPage }
  }
}
"""


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_in_mid_request_holds_for_the_next_and_mixes_no_versions(
    embedded: EmbeddedServers, target: Target, an: str, change: str
) -> None:
    """The request in flight ends as it began, and says so in its record; the next one is judged anew."""
    client = installed(target, f"in-flight-{change}")
    make, status, code = CHANGES[change]

    def ask() -> httpx.Response:
        return target.post(client, DOCUMENT, {"i": an})

    whole = ask().json()
    with failing(embedded, blockConnection=True, blockTimeMS=800), in_flight(target, ask) as answers:
        make(target, client)
    (answer,) = answers
    assert answer.json() == whole
    assert target.service.record_of(answer)["version"] == 1
    eventually(lambda: ask().status_code == status)
    evidence = target.attack(client, DOCUMENT, {"i": an})
    assert evidence.refused
    assert evidence.codes[0] == code
    assert target.service.record_of(evidence.response)["outcome"] == "refused"


@pytest.mark.parametrize("change", CHANGES)
def test_the_next_page_is_judged_anew(target: Target, change: str) -> None:
    client = installed(target, f"paging-{change}")
    make, status, code = CHANGES[change]
    first = target.attack(client, PAGE)
    cursor = first.data["searchCitizens"]["pageInfo"]["endCursor"]
    assert first.data["searchCitizens"]["pageInfo"]["hasNextPage"] is True
    make(target, client)
    eventually(lambda: target.post(client, PAGE, {"c": cursor}).status_code == status)
    evidence = target.attack(client, PAGE, {"c": cursor})
    assert evidence.refused
    assert evidence.codes[0] == code


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_inside_a_batch_splits_no_batch(embedded: EmbeddedServers, target: Target, change: str) -> None:
    """Several roots and many keys of one request: all of it is answered by one version."""
    client = installed(target, f"batch-{change}")
    ids = list(target.numbers.values())
    query = (
        "query($ids:[PersonalId!]!){a:citizens(personalIds:$ids){maritalStatus vehicles{make owner{maritalStatus}}}"
        "b:citizens(personalIds:$ids){personalId maritalStatus}}"
    )

    def ask() -> httpx.Response:
        return target.post(client, query, {"ids": ids})

    whole = ask().json()
    with failing(embedded, blockConnection=True, blockTimeMS=800), in_flight(target, ask) as answers:
        CHANGES[change][0](target, client)
        eventually(lambda: target.post(client, SHORT, {"i": ids[0]}).status_code == CHANGES[change][1])
    assert answers[0].json() == whole


def test_a_change_reaches_every_worker(embedded: EmbeddedServers, target: Target, tmp_path: Path, an: str) -> None:
    clients = {change: installed(target, f"workers-{change}") for change in CHANGES}
    settings = settings_over_canaries(embedded, workers=2)
    headers = {c: {"authorization": target.service.governance.authorizations[c]} for c in clients.values()}
    body = {"query": DOCUMENT, "variables": {"i": an}}
    accept = {"accept": "application/graphql-response+json"}

    with serving(settings, tmp_path / "output") as process:

        async def ask(client: str) -> list[httpx.Response]:
            async def one() -> httpx.Response:
                async with httpx.AsyncClient(timeout=30, verify=False) as http:
                    return await http.post(f"{process.url}/graphql", json=body, headers=headers[client] | accept)

            return await asyncio.gather(*(one() for _ in range(12)))

        before = {change: asyncio.run(ask(client)) for change, client in clients.items()}
        for change, client in clients.items():
            CHANGES[change][0](target, client)
        time.sleep(BOUND)  # from here on no worker may answer as before
        after = {change: asyncio.run(ask(client)) for change, client in clients.items()}
    for change in clients:
        assert {answer.status_code for answer in before[change]} == {200}
        assert {answer.status_code for answer in after[change]} == {CHANGES[change][1]}
        assert not any("data" in answer.json() for answer in after[change])
    traces = [answer.headers["x-trace-id"] for answers in after.values() for answer in answers]
    chains = target.service.governance.fetch(
        "SELECT DISTINCT chain FROM governance.audit_entry WHERE trace_id = ANY($1)", traces
    )
    assert len(chains) == 2, "not every worker was asked"


# The contract store


def test_without_the_contract_store_nothing_is_answered(
    embedded: EmbeddedServers, canaries: Canaries, target: Target, an: str
) -> None:
    """Cut off, the service refuses, and reads nothing; a contract that ended meanwhile does not live on behind it."""
    client = installed(target, "cut-off")
    with cut(embedded.postgres_url("lienthong_gateway", DATABASE)) as relay:
        settings = settings_over_canaries(embedded, governance_url=relay.url, audit_timeout=1.0)
        with RunningService(settings) as running:
            running.governance = target.service.governance
            apart = Target(running, canaries, target.http)
            eventually(lambda: apart.post(client, DOCUMENT, {"i": an}).status_code == 200)
            relay.cut()
            lost = time.monotonic()
            # Within the stated bound the loss may not be noticed yet: a source is asked, and without a record the
            # answer stays here. After it nothing is asked any more.
            evidence = apart.attack(client, DOCUMENT, {"i": an})
            assert evidence.response.status_code == 503
            assert "data" not in evidence.body
            time.sleep(max(0.0, lost + BOUND - time.monotonic()))
            for _ in range(3):
                evidence = apart.attack(client, DOCUMENT, {"i": an})
                assert evidence.response.status_code == 503
                assert evidence.refused
                assert evidence.codes[0] in {"GOVERNANCE_UNAVAILABLE", "AUDIT_UNAVAILABLE"}
            target.service.governance.fetch(SUSPENDED, f"contract-{client}")
            assert apart.attack(client, DOCUMENT, {"i": an}).refused
            relay.mend()
            deadline = time.monotonic() + 10
            while apart.post(client, DOCUMENT, {"i": an}).status_code == 503:
                assert time.monotonic() < deadline
            evidence = apart.attack(client, DOCUMENT, {"i": an})
            assert (evidence.response.status_code, evidence.codes) == (403, ["CONTRACT_NOT_ACTIVE"])


def test_a_silent_contract_store_gives_no_stale_permission(
    embedded: EmbeddedServers, canaries: Canaries, target: Target, an: str
) -> None:
    """The connection stands and carries nothing, as when a route is lost: after the stated bound all is refused."""
    client = installed(target, "silenced")
    with cut(embedded.postgres_url("lienthong_gateway", DATABASE)) as relay:
        settings = settings_over_canaries(embedded, governance_url=relay.url, audit_timeout=1.0)
        with RunningService(settings) as running:
            running.governance = target.service.governance
            apart = Target(running, canaries, target.http)
            eventually(lambda: apart.post(client, DOCUMENT, {"i": an}).status_code == 200)
            relay.silence()
            target.service.governance.fetch(SUSPENDED, f"contract-{client}")
            evidence = apart.attack(client, DOCUMENT, {"i": an})
            assert "data" not in evidence.body
            relay.mend()
