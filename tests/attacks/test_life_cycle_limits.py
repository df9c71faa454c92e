"""attacks.md, Life cycle: limits that neither aliases nor concurrency pass, and that know nothing of denied data."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from auth.contract import Limits
from tests.attacks.contracts import NARROW, NARROW_USES, contract_of, everything
from tests.attacks.target import Target


def limited(target: Target, client: str, **limits: int) -> str:
    """A client with everything permitted and limits of its own."""
    catalog = target.canaries.catalog
    contract = contract_of(
        client, catalog, everything(catalog), catalog.coordinates(), limits=replace(Limits(), **limits)
    )
    target.service.governance.install(contract)
    return client


def test_aliases_multiply_no_limit(target: Target) -> None:
    """Keys, rows, fields, depth and cost count over all aliases together, before anything is read."""
    numbers = list(target.numbers.values())
    ids = ",".join(f'"{number}"' for number in numbers)
    search = 'searchCitizens(filter:{name:"zq"},first:6){edges{node{vehicles{owner{vehicles{plate}}}}}}'
    fragments = " ".join(f"fragment F{i} on Citizen{{...F{i + 1} a{i}:gender}}" for i in range(40))
    attacks = {
        "batch": " ".join(f"a{i}:citizens(personalIds:[{ids}]){{personalId}}" for i in range(4)),
        "aliases": " ".join(f"a{i}:viewer{{client}}" for i in range(21)),
        "fields": " ".join(f"a{i}:viewer{{client contract version purpose}}" for i in range(15)),
        "cost": " ".join(f"a{i}:{search}" for i in range(10)),
        "tokens": "viewer{" + "client " * 1500 + "}",
        "depth": 'citizen(personalId:"' + numbers[0] + '"){' + "vehicles{owner{" * 7 + "gender" + "}}" * 7 + "}",
    }
    client = limited(target, "amplifying", batch=20, aliases=20, fields=70, cost=600, tokens=1000, depth=10)
    for limit, body in attacks.items():
        evidence = target.attack(client, "{" + body + "}")
        assert evidence.body["errors"][0]["extensions"]["limit"] == limit
        if limit != "batch":
            assert evidence.refused
        else:
            assert len(evidence.statements) <= 1
    spread = target.attack(
        client, f'{{citizen(personalId:"{numbers[0]}"){{...F0}}}} {fragments} fragment F40 on Citizen{{gender}}'
    )
    assert [error["extensions"]["limit"] for error in spread.body["errors"]] == ["aliases"]


def test_introspection_cannot_be_multiplied(target: Target) -> None:
    """Aliases of the whole schema would cost the service a second and answer in megabytes."""
    whole = "__schema{types{name fields{name args{name type{name}} type{name ofType{name}}} enumValues{name}}}"
    for body in (whole, '__type(name:"Citizen"){fields{type{fields{name}}}}'):
        assert target.attack("whole", "{" + " ".join(f"a{i}:{body}" for i in range(5)) + "}").data
        many = target.attack("whole", "{" + " ".join(f"a{i}:{body}" for i in range(6)) + "}")
        assert many.refused
        assert many.body["errors"][0]["extensions"]["limit"] == "introspection"
    assert target.attack("whole", f"{{...F}} fragment F on Query{{{whole} t:{whole} ...F}}").codes
    spread = (
        " ".join(f"...F{i}" for i in range(6))
        + "} "
        + " ".join(f"fragment F{i} on Query{{a{i}:{whole}}}" for i in range(6))
    )
    assert target.attack("whole", "{" + spread).refused


def test_no_concurrency_overshoots_a_limit(target: Target) -> None:
    """Quota of distinct persons and requests of a minute, under aliases and 24 requests at the same time."""
    numbers = list(target.numbers.values())
    client = limited(target, "overshooting", subjects_per_day=3)
    pairs = [(numbers[i], numbers[j]) for i in range(6) for j in range(6) if i != j][:24]

    def ask(pair: tuple[str, str]) -> tuple[tuple[str, str], int]:
        query = (
            "query($a:PersonalId!,$b:PersonalId!){a:citizen(personalId:$a){gender} b:citizen(personalId:$b){gender}}"
        )
        return pair, target.post(client, query, dict(zip("ab", pair, strict=True))).status_code

    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(ask, pairs))
    seen = {number for pair, status in answers if status == 200 for number in pair}
    assert 2 <= len(seen) <= 3
    assert {status for _, status in answers} == {200, 429}
    limited(target, "hurried", requests_per_minute=5)
    with ThreadPoolExecutor(24) as pool:
        statuses = Counter(pool.map(lambda _: target.post("hurried", "{viewer{client}}").status_code, range(24)))
    assert statuses[200] <= 10, "more than two minutes' worth"
    assert statuses[429] >= 14


def test_the_quota_does_not_depend_on_what_is_denied(target: Target, an: str) -> None:
    """Numbers out of scope and unknown ones, and denied fields full of other persons, count for nothing."""
    catalog = target.canaries.catalog
    scope: dict[str, Any] = {"row_scope": {"province": ("79",)}, "limits": replace(Limits(), subjects_per_day=1)}
    contract = contract_of("counted", catalog, NARROW, NARROW_USES, unpermitted="null", **scope)
    target.service.governance.install(contract)
    outside = [target.numbers["me"], target.numbers["xa"], "0" * 12]
    denied = "birthRecord{father{personalId}} marriageRecords{wife{gender}}"
    query = f"query($ids:[PersonalId!]!){{citizens(personalIds:$ids){{personalId {denied}}}}}"
    for _ in range(2):
        evidence = target.attack("counted", query, {"ids": outside})
        assert evidence.body["data"]["citizens"] == [None, None, None]
        assert target.service.record_of(evidence.response)["subjects"] == []
    assert target.attack("counted", query, {"ids": [an]}).response.status_code == 200
    assert target.attack("counted", query, {"ids": [target.numbers["vo"]]}).response.status_code == 429
    out = target.attack("counted", query, {"ids": [target.numbers["xa"]]})
    unknown = target.attack("counted", query, {"ids": ["0" * 12]})
    target.alike(out, unknown)
