"""Limits of a contract: of a request, a minute and a day; what they count and what they must not depend on."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

import httpx
import pytest

from auth.contract import Limits
from service.embedded import EmbeddedServers
from tests.running import Governance, RunningService, settings_for

GENDER = "query($ids:[PersonalId!]!){citizens(personalIds:$ids){gender}}"
HIGH = Limits(requests_per_minute=10**9, subjects_per_day=10**9)


@pytest.fixture(scope="module")
def ids(governance: Governance) -> list[str]:
    rows = governance.fetch("SELECT personal_id FROM population.citizen ORDER BY registered_no LIMIT 400")
    return [row["personal_id"] for row in rows]


def limit(service: RunningService, name: str, like: str = "csgt", **limits: int) -> None:
    """Give the client `name` a contract like a sample client's with limits of its own, or a new version of it."""
    known = service.governance.contracts.get(name)
    base = service.governance.contracts[like]
    service.governance.install(
        replace(
            base,
            contract_id=name,
            client=replace(base.client, client_id=name),
            version=1 if known is None else known.version + 1,
            limits=replace(HIGH, **limits),
        )
    )


def fault(response: httpx.Response) -> dict[str, Any]:
    """The extensions of the only error of an answer without data."""
    body = response.json()
    assert "data" not in body
    (error,) = body["errors"]
    extensions: dict[str, Any] = error["extensions"]
    return extensions


def counted(service: RunningService, contract: str) -> int:
    """How many persons are counted for a contract."""
    rows = service.governance.fetch("SELECT subjects FROM governance.subject_day WHERE contract_id = $1", contract)
    return sum(row["subjects"] for row in rows)


def test_requests_of_a_minute_are_limited(service: RunningService) -> None:
    limit(service, "per-minute", requests_per_minute=5)
    # Twice the number and one more cannot all fall into two minutes.
    answers = [service.post("per-minute", "{viewer{client}}") for _ in range(11)]
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses[200] in range(5, 11)
    assert statuses[200] + statuses[429] == 11
    refused = next(answer for answer in answers if answer.status_code == 429)
    told = fault(refused)
    assert (told["code"], told["limit"], told["allowed"]) == ("RATE_LIMITED", "requests_per_minute", 5)
    assert 1 <= told["retryAfter"] <= 60
    assert refused.headers["retry-after"] == str(told["retryAfter"])
    record = service.record_of(refused)
    assert (record["client_id"], record["outcome"], record["codes"]) == ("per-minute", "refused", ["RATE_LIMITED"])


def test_one_clients_minute_is_not_anothers(service: RunningService) -> None:
    limit(service, "greedy", requests_per_minute=1)
    while service.post("greedy", "{viewer{client}}").status_code != 429:
        pass
    assert service.post("csgt", "{viewer{client}}").status_code == 200


def test_a_raised_limit_holds_at_once(service: RunningService) -> None:
    limit(service, "raised", requests_per_minute=1)
    while service.post("raised", "{viewer{client}}").status_code != 429:
        pass
    limit(service, "raised", requests_per_minute=1000)
    assert service.post("raised", "{viewer{client}}").status_code == 200


def test_gateways_share_the_minute(service: RunningService, databases: EmbeddedServers) -> None:
    limit(service, "shared-minute", requests_per_minute=200)
    with RunningService(settings_for(databases)) as other:
        other.governance = service.governance
        answers = [at.post("shared-minute", "{viewer{client}}") for _ in range(210) for at in (service, other)]
    taken = Counter(answer.status_code for answer in answers)
    assert taken[200] <= 400
    assert taken[429] >= 20
    assert set(taken) == {200, 429}


def test_persons_of_a_request_are_limited(service: RunningService, ids: list[str]) -> None:
    limit(service, "per-request", subjects=10)
    assert service.post("per-request", GENDER, {"ids": ids[:10]}).status_code == 200
    refused = service.post("per-request", GENDER, {"ids": ids[:11]})
    told = fault(refused)
    assert (refused.status_code, told["code"], told["limit"], told["allowed"]) == (
        400,
        "LIMIT_EXCEEDED",
        "subjects",
        10,
    )
    assert len(service.record_of(refused)["subjects"]) == 11


def test_persons_of_a_day_are_limited_and_those_of_today_stay_readable(service: RunningService, ids: list[str]) -> None:
    limit(service, "per-day", subjects_per_day=10)
    assert service.post("per-day", GENDER, {"ids": ids[:8]}).status_code == 200
    refused = service.post("per-day", GENDER, {"ids": ids[5:11]})
    told = fault(refused)
    assert (refused.status_code, told["code"]) == (429, "QUOTA_EXCEEDED")
    assert (told["limit"], told["allowed"]) == ("subjects_per_day", 10)
    assert 1 <= told["retryAfter"] <= 86_400
    assert refused.headers["retry-after"] == str(told["retryAfter"])
    assert len(service.record_of(refused)["subjects"]) == 6
    assert counted(service, "per-day") == 8
    assert service.post("per-day", GENDER, {"ids": ids[:10]}).status_code == 200
    assert service.post("per-day", GENDER, {"ids": ids[:10]}).status_code == 200
    assert service.post("per-day", GENDER, {"ids": ids[10:11]}).status_code == 429
    assert counted(service, "per-day") == 10


def test_a_raised_quota_goes_on_counting_where_it_was(service: RunningService, ids: list[str]) -> None:
    limit(service, "per-day-raised", subjects_per_day=3)
    assert service.post("per-day-raised", GENDER, {"ids": ids[:3]}).status_code == 200
    assert service.post("per-day-raised", GENDER, {"ids": ids[3:5]}).status_code == 429
    limit(service, "per-day-raised", subjects_per_day=4)
    assert service.post("per-day-raised", GENDER, {"ids": ids[3:5]}).status_code == 429
    assert service.post("per-day-raised", GENDER, {"ids": ids[3:4]}).status_code == 200


def test_who_does_not_exist_or_is_out_of_scope_is_not_counted(service: RunningService) -> None:
    limit(service, "scoped-day", like="so-lao-dong", subjects_per_day=10)
    rows = service.governance.fetch(
        "SELECT personal_id FROM population.citizen WHERE NOT permanent_province_code = ANY($1) LIMIT 20",
        [*service.governance.contracts["so-lao-dong"].row_scope["province"]],
    )
    query = "query($i:PersonalId!){citizen(personalId:$i){personalId}}"
    for number in ["000000000000", *(row["personal_id"] for row in rows)]:
        response = service.post("scoped-day", query, {"i": number})
        assert response.json() == {"data": {"citizen": None}}
        assert service.record_of(response)["subjects"] == []
    assert counted(service, "scoped-day") == 0


def test_members_of_a_household_count_as_persons(service: RunningService) -> None:
    limit(service, "household-day", like="mot-cua", subjects_per_day=2)
    (row,) = service.governance.fetch(
        "SELECT head_personal_id AS id FROM population.household h JOIN population.citizen c USING (household_id) "
        "GROUP BY household_id HAVING count(*) > 3 ORDER BY household_id LIMIT 1"
    )
    query = "query($ids:[PersonalId!]!){citizens(personalIds:$ids){household{members{birthName{full}}}}}"
    assert service.post("household-day", query, {"ids": [row["id"]]}).status_code == 429
    assert counted(service, "household-day") == 0


def test_the_quota_is_exact_under_concurrency_over_two_gateways(
    service: RunningService, databases: EmbeddedServers, ids: list[str]
) -> None:
    allowed, size = 100, 3
    limit(service, "exact", subjects_per_day=allowed)
    headers = {"authorization": service.governance.authorizations["exact"]}

    async def flood(urls: list[str]) -> list[httpx.Response]:
        async with httpx.AsyncClient(limits=httpx.Limits(max_connections=64), timeout=30) as client:
            bodies = [{"query": GENDER, "variables": {"ids": ids[n * 5 : n * 5 + size]}} for n in range(64)]
            return await asyncio.gather(
                *(client.post(f"{urls[n % 2]}/graphql", json=body, headers=headers) for n, body in enumerate(bodies))
            )

    with RunningService(settings_for(databases)) as other:
        answers = asyncio.run(flood([service.url, other.url]))
    answered = [answer for answer in answers if answer.status_code == 200]
    assert len(answered) == allowed // size
    assert counted(service, "exact") == len(answered) * size
    assert Counter(answer.status_code for answer in answers) == {200: 33, 429: 31}


def test_the_count_outlives_a_gateway(service: RunningService, databases: EmbeddedServers, ids: list[str]) -> None:
    limit(service, "durable", subjects_per_day=5)
    assert service.post("durable", GENDER, {"ids": ids[:5]}).status_code == 200
    with RunningService(settings_for(databases)) as fresh:
        fresh.governance = service.governance
        assert fresh.post("durable", GENDER, {"ids": ids[4:6]}).status_code == 429
        assert fresh.post("durable", GENDER, {"ids": ids[:5]}).status_code == 200


def test_aliases_are_limited(service: RunningService, ids: list[str]) -> None:
    limit(service, "aliases", aliases=5)
    fields = " ".join(f"a{n}:gender" for n in range(5))
    query = f"query($i:PersonalId!){{citizen(personalId:$i){{gender {fields} %s}}}}"
    assert service.post("aliases", query % "", {"i": ids[0]}).status_code == 200
    with service.observing() as observed:
        refused = service.post("aliases", query % "one:gender", {"i": ids[0]})
    told = fault(refused)
    assert (refused.status_code, told["code"], told["limit"], told["allowed"]) == (400, "LIMIT_EXCEEDED", "aliases", 5)
    assert observed.statements == []


@pytest.mark.parametrize(
    "query",
    [
        "{" + " viewer{client}" * 501 + "}",
        "{viewer{" + " client" * 3900 + "}}",
        "{viewer{...F ...G}} fragment F on Viewer{"
        + " client" * 300
        + "} fragment G on Viewer{"
        + " client" * 300
        + "}",
        "{viewer{... {" + " client" * 600 + "}}}",
    ],
    ids=["roots", "leaves", "fragments", "inline"],
)
def test_repeated_fields_are_refused_before_they_are_compared_with_each_other(
    service: RunningService, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    def must_not_run(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr("resolvers.documents.validate", must_not_run)
    told = fault(service.post("csgt", query))
    assert (told["code"], told["limit"], told["allowed"]) == ("LIMIT_EXCEEDED", "fields", 500)


def test_cost_is_known_and_refused_before_anything_is_read(service: RunningService, ids: list[str]) -> None:
    limit(service, "costly", cost=100)
    query = "query($ids:[PersonalId!]!){citizens(personalIds:$ids){vehicles{plate owner{vehicles{plate}}}}}"
    # For each: a citizen, 5 vehicles, their 5 owners, and 25 vehicles of those.
    assert service.post("costly", query, {"ids": ids[:2]}).status_code == 200
    with service.observing() as observed:
        refused = service.post("costly", query, {"ids": ids[:3]})
    told = fault(refused)
    assert (refused.status_code, told["code"], told["limit"]) == (400, "LIMIT_EXCEEDED", "cost")
    assert (told["allowed"], told["given"]) == (100, 108)
    assert observed.statements == []


def test_cost_does_not_depend_on_what_is_denied(service: RunningService, ids: list[str]) -> None:
    limit(service, "null-cost", like="bhxh", cost=2)
    query = "query($ids:[PersonalId!]!){citizens(personalIds:$ids){personalId %s}}"
    for denied in ("", "vehicles{plate}", "vehicles{owner{vehicles{plate}}} drivingLicences{number}"):
        assert service.post("null-cost", query % denied, {"ids": ids[:2]}).status_code == 200
        assert fault(service.post("null-cost", query % denied, {"ids": ids[:3]}))["given"] == 3
