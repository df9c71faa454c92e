"""attacks.md, Between clients: what one client asks and may read changes nothing of what another gets."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from service.embedded import EmbeddedServers
from tests.attacks.between import ONE, SHARED, fresh
from tests.attacks.evidence import normal, reads
from tests.attacks.target import Target
from tests.service.test_outages import failing

# Caches


@pytest.mark.parametrize("first", ["narrow-null", "twin-null"])
def test_a_document_is_planned_for_each_client_alone(target: Target, first: str) -> None:
    """The same text, once before and once after the other client made caches of document, validation and plan warm."""
    second = {"narrow-null": "twin-null", "twin-null": "narrow-null"}[first]
    variables = {"ids": list(target.numbers.values())}
    cold = {client: target.attack(client, fresh(SHARED), variables) for client in (first, second)}
    shared = fresh(SHARED)
    for client in (first, second, first, second):
        warm = target.attack(client, shared, variables)
        assert warm.body["data"] == cold[client].body["data"]
        assert sorted(warm.texts) == sorted(cold[client].texts)
        assert warm.codes == cold[client].codes
    assert cold[first].body["data"] != cold[second].body["data"]


@pytest.mark.parametrize(
    ("owner", "field", "other"),
    [("twin", "bloodGroup", "narrow"), ("narrow", "maritalStatus", "twin"), ("whole", "legacyId9", "narrow")],
)
def test_a_document_that_was_valid_for_one_is_refused_for_the_other(
    target: Target, owner: str, field: str, other: str
) -> None:
    variables = {"i": target.numbers["an"]}
    for turns in ((owner, other, owner), (other, owner, other)):
        document, never = fresh(ONE, field), fresh(ONE, "z" * len(field))
        unknown = target.attack(other, never, variables)
        for client in turns:
            evidence = target.attack(client, document, variables)
            if client == owner:
                assert evidence.data["citizen"][field]
            else:
                assert evidence.refused
                assert len(evidence.response.content) == len(unknown.response.content)


def test_views_are_made_for_each_client_alone(target: Target) -> None:
    def sdl(client: str) -> str:
        headers = {"authorization": target.service.governance.authorizations[client]}
        return target.http.get(f"{target.service.url}/schema.graphql", headers=headers).text

    texts = {client: sdl(client) for client in ("narrow", "twin", "narrow", "whole", "verifier", "twin")}
    assert len(set(texts.values())) == 4
    for client, text in texts.items():
        assert text.strip() == target.view(client).sdl.strip()


# Requests at the same time


def together(*calls: Callable[[], httpx.Response]) -> list[httpx.Response]:
    """The answers to calls that begin at the same time."""
    barrier = threading.Barrier(len(calls))

    def call(one: Callable[[], httpx.Response]) -> httpx.Response:
        barrier.wait(10)
        return one()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, calls))


def test_equal_requests_of_two_clients_are_not_made_one(embedded: EmbeddedServers, target: Target) -> None:
    """While the database holds both, each has its own fetch, and gets what it alone may read."""
    document, variables = fresh(SHARED), {"ids": list(target.numbers.values())}
    alone = {client: target.attack(client, document, variables) for client in ("narrow-null", "twin-null")}
    with failing(embedded, blockConnection=True, blockTimeMS=200), target.service.observing() as observed:
        answers = together(*(lambda c=c: target.post(c, document, variables) for c in alone))
    for answer, evidence in zip(answers, alone.values(), strict=True):
        assert answer.json()["data"] == evidence.body["data"]
    read = [text for source, text in observed.statements if reads(source, text)]
    assert len(read) == sum(len(evidence.statements) for evidence in alone.values())


def test_loaders_of_two_clients_do_not_share_rows(embedded: EmbeddedServers, target: Target) -> None:
    """Equal statements with equal keys, of which one is limited to a province."""
    document = fresh(ONE, "relatives{relation citizen{personalId vehicles{plate}}}")
    variables = {"i": target.numbers["an"]}
    alone = {client: target.attack(client, document, variables) for client in ("whole", "scoped")}
    with failing(embedded, blockConnection=True, blockTimeMS=200):
        answers = together(*(lambda c=c: target.post(c, document, variables) for c in alone))
    found = [sum(r["citizen"] is not None for r in answer.json()["data"]["citizen"]["relatives"]) for answer in answers]
    assert found == [3, 2]
    assert [answer.json() for answer in answers] == [evidence.body for evidence in alone.values()]


# Aliases


def test_two_aliases_of_one_row_each_get_their_own_projection(target: Target) -> None:
    number = target.numbers["an"]
    root = f'citizen(personalId:"{number}")'
    document = (
        f"{{a:{root}{{personalId}} b:{root}{{birthName{{givenName full}}}} c:{root}{{maritalStatus legacyId9}}"
        f" d:{root}{{vehicles{{plate}}}} e:{root}{{vehicles{{chassisNumber}}}}}}"
    )
    evidence = target.attack("narrow-null", document)
    data = evidence.body["data"]
    assert data["a"] == {"personalId": number}
    assert data["b"]["birthName"].keys() == {"givenName", "full"}
    assert data["b"]["birthName"]["full"] is None
    assert data["c"].keys() == {"maritalStatus", "legacyId9"}
    assert data["c"]["legacyId9"] is None
    assert data["d"]["vehicles"][0].keys() == {"plate"}
    assert [vehicle["chassisNumber"] for vehicle in data["e"]["vehicles"]] == [None, None]
    assert [error["path"] for error in evidence.body["errors"]] == [
        ["b", "birthName", "full"],
        ["c", "legacyId9"],
        ["e", "vehicles", "chassisNumber"],
    ]


def test_an_alias_gets_no_row_that_another_asked_for(target: Target) -> None:
    """Fetches of one statement are merged into one: each alias takes its own keys from it."""
    numbers = target.numbers
    document = "{" + " ".join(
        f'{n}:citizen(personalId:"{numbers[n]}"){{personalId vehicles{{plate}}}}' for n in numbers
    )
    evidence = target.attack("scoped", document + "}")
    plates = {
        name: {row["bienSo"] for row in target.canaries.world.rows("transport", "phuong_tien", name)}
        for name in numbers
    }
    for name, answer in evidence.data.items():
        if name in {"me", "xa", "che"}:
            assert answer is None
        else:
            assert answer["personalId"] == numbers[name]
            assert {vehicle["plate"] for vehicle in answer["vehicles"]} == plates[name]
    assert len(evidence.statements) == 2


# Batches


@pytest.mark.parametrize("client", ["narrow", "narrow-null", "whole"])
def test_a_batch_of_operations_is_not_taken_in_part(target: Target, client: str) -> None:
    number = target.numbers["an"]
    texts = [ONE % (0, selection) for selection in ("personalId", "bloodGroup", "z" * 10)]
    for chosen in ([0], [0, 1], [1, 0], [0, 2], []):
        items = [{"query": texts[index], "variables": {"i": number}} for index in chosen]
        with target.gathering(client) as evidence:
            evidence.sent = json.dumps(items)
            authorization = target.service.governance.authorizations[client]
            evidence.response = target.http.post(
                f"{target.service.url}/graphql", json=items, headers={"authorization": authorization}
            )
        assert evidence.refused
        assert evidence.codes == ["BAD_REQUEST"]


def test_the_normal_form_tells_bodies_apart(target: Target) -> None:
    """The control: two answers that differ in a value are not taken for equal."""
    one, other = (target.attack("narrow", ONE % ("", "personalId"), {"i": target.numbers[n]}) for n in ("an", "vo"))
    assert normal(one, {}) != normal(other, {})
