"""What is on a conformance list, by the contract that it is for, and that its examples really run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from auth.process.conformance import TestItem
from auth.process.dossier import Dossier
from samples.personas import person
from service.process import Process
from tests.process.asking import ask, codes
from tests.process.conftest import Desk
from tests.process.people import PEOPLE, complete_request
from tests.process.test_sandbox import process, sandbox
from tests.running import RunningService

__all__ = ["process", "sandbox"]

WHY = "Cần để xác minh chủ phương tiện"
HOME = {"field": "Citizen.permanentResidence", "purpose": "XAC_MINH", "justification": WHY}
DETAIL = {"field": "Address.detail", "purpose": "XAC_MINH", "justification": WHY}


async def under_test(desk: Desk, **changes: Any) -> Dossier:
    """A version under test whose request differs from the complete one."""
    dossier = await desk.dossiers.open(PEOPLE["officer"], desk.new_id(), complete_request(**changes))
    for who, move in (("officer", "submit"), ("reviewer", "take_up"), ("reviewer", "admit_to_test")):
        dossier = await desk.go(dossier, who, move)
    return dossier


async def key_of(process: Process, dossier: Dossier) -> str:
    """A sandbox key."""
    return (await process.keys.issue(PEOPLE["officer"], dossier.contract_id, "sandbox", days=1)).authorization


async def items(process: Process, dossier: Dossier) -> Sequence[TestItem]:
    """The list of a dossier."""
    return await process.tests.list(PEOPLE["officer"], dossier.contract_id, dossier.version)


async def done(process: Process, dossier: Dossier) -> set[str]:
    """The codes of what is done."""
    return {item.code for item in await items(process, dossier) if item.ticked}


def fields(*more: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields of the complete request, and more."""
    return [*complete_request().model_dump(mode="json")["fields"], *more]


async def test_a_protected_person_is_on_the_list_of_a_contract_that_reads_homes(
    desk: Desk, process: Process, sandbox: RunningService
) -> None:
    dossier = await under_test(desk, fields=fields(HOME, DETAIL))
    key = await key_of(process, dossier)
    assert "PROTECTED_PERSON" in {item.code for item in await items(process, dossier)}
    homes = "query H($i: PersonalId!) { citizen(personalId: $i) { permanentResidence { detail } } }"
    ask(sandbox, key, homes, person("FULL").number)
    ask(sandbox, key, "query N($i: PersonalId!) { citizen(personalId: $i) { personalId } }", person("PROTECTED").number)
    assert "PROTECTED_PERSON" not in await done(process, dossier), "neither the person nor the field alone shows it"
    shown = ask(sandbox, key, homes, person("PROTECTED").number)
    assert shown.json() == {"data": {"citizen": {"permanentResidence": None}}}
    assert "PROTECTED_PERSON" in await done(process, dossier)


async def test_a_contract_that_answers_null_is_tested_for_that(
    desk: Desk, process: Process, sandbox: RunningService
) -> None:
    dossier = await under_test(desk, unpermitted="null")
    key = await key_of(process, dossier)
    blood = "query B($i: PersonalId!) { citizen(personalId: $i) { personalId bloodGroup } }"
    answer = ask(sandbox, key, blood, person("FULL").number)
    assert codes(answer) == ["FIELD_NOT_IN_CONTRACT"]
    assert await done(process, dossier) == {"DENIED_FIELD"}


async def test_a_contract_of_stored_documents_is_tested_for_any_other(
    desk: Desk, process: Process, sandbox: RunningService
) -> None:
    stored = "query Xe($i: PersonalId!) { citizen(personalId: $i) { vehicles { plate } } }"
    dossier = await under_test(desk, documents=[stored], allow_list_only=True)
    key = await key_of(process, dossier)
    assert [item.query for item in await items(process, dossier) if item.query] == []
    assert codes(ask(sandbox, key, stored + " ", person("FULL").number)) == ["DOCUMENT_NOT_ALLOWED"]
    assert await done(process, dossier) == {"DENIED_FIELD"}
    assert codes(ask(sandbox, key, stored, person("FULL").number)) == []
    assert await done(process, dossier) == {"DENIED_FIELD", "VALID_QUERY.XAC_MINH"}


async def test_a_misspelt_document_is_no_denied_field(desk: Desk, process: Process, sandbox: RunningService) -> None:
    dossier = await under_test(desk)
    answer = ask(sandbox, await key_of(process, dossier), "query($i: PersonalId!) { citizen { personalId } }")
    assert codes(answer) == ["GRAPHQL_VALIDATION_FAILED"] * len(codes(answer))
    assert await done(process, dossier) == set()


async def test_the_schema_and_introspection_are_no_valid_query(
    desk: Desk, process: Process, sandbox: RunningService
) -> None:
    dossier = await under_test(desk)
    key = await key_of(process, dossier)
    assert codes(ask(sandbox, key, "{ __schema { queryType { name } } }")) == []
    headers = {"authorization": key}
    assert sandbox.session.get(f"{sandbox.url}/sandbox/schema.graphql", headers=headers).status_code == 200
    assert await done(process, dossier) == set()


async def test_the_examples_of_a_list_tick_their_items(desk: Desk, process: Process, sandbox: RunningService) -> None:
    for scope in ({}, {"province": ["01"]}, {"residence": ["UNREGISTERED"]}):
        dossier = await under_test(desk, row_scope=scope)
        key = await key_of(process, dossier)
        examples = {item.code: item.query for item in await items(process, dossier) if item.query}
        assert set(examples) == {"VALID_QUERY.XAC_MINH", "PARTIAL_OUTAGE"}
        for query in examples.values():
            ask(sandbox, key, query or "")
        assert await done(process, dossier) == set(examples), scope
