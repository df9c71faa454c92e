"""Dossiers on a real PostgreSQL: drafts, steps, findings, and who sees and may do what."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from auth.process.attachments import MAX_ATTACHMENT
from auth.process.completeness import Missing, missing
from auth.process.errors import (
    AttachmentRefusedError,
    DossierChangedError,
    DossierUnknownError,
    MoveRefusedError,
    RequestIncompleteError,
    RoleRequiredError,
)
from auth.process.lifecycle import State
from auth.process.request import FieldRequest, RequestShapeError, parse_request
from tests.process.conftest import _WAY, Desk
from tests.process.people import PEOPLE, complete_request

OFFICER, REVIEWER, APPROVER = PEOPLE["officer"], PEOPLE["reviewer"], PEOPLE["approver"]
PDF = b"%PDF-1.7 mau"


async def test_a_request_goes_the_whole_way_and_every_step_is_in_history_and_audit(desk: Desk) -> None:
    dossier = await desk.at("ACTIVE")
    moves = [step.move for step in dossier.steps]
    assert moves == [
        "open", "submit", "take_up", "admit_to_test", "send_to_security", "check_security", "check_security",
        "co_approve", "approve", "activate",
    ]  # fmt: skip
    acts = await desk.owner.fetch(
        "SELECT operation_name, actor FROM governance.audit_entry WHERE contract_id = $1 ORDER BY sequence",
        dossier.contract_id,
    )
    assert [act["operation_name"] for act in acts] == [f"contract.{move}" for move in moves]
    assert [act["actor"].partition("@")[0] for act in acts] == [step.actor for step in dossier.steps]
    assert all(act["actor"].endswith("@lienthong_process") for act in acts)


@pytest.mark.parametrize("state", sorted(_WAY))
async def test_a_request_changes_only_while_the_unit_holds_it(desk: Desk, state: str) -> None:
    dossier = await desk.at(state)
    changed = complete_request(title="Tên khác")
    identity = (dossier.contract_id, dossier.version)
    if state in {"DRAFT", "NEEDS_INFO"}:
        assert (await desk.dossiers.save(OFFICER, *identity, changed)).request == changed
        await desk.attachments.attach(OFFICER, *identity, "mo-ta.pdf", PDF)
    else:
        with pytest.raises(MoveRefusedError, match="DRAFT and NEEDS_INFO"):
            await desk.dossiers.save(OFFICER, *identity, changed)
        with pytest.raises(MoveRefusedError):
            await desk.attachments.attach(OFFICER, *identity, "mo-ta.pdf", PDF)
        with pytest.raises(asyncpg.RaiseError, match="immutable"):
            await desk.owner.execute(
                "UPDATE governance.contract SET title = 'x' WHERE contract_id = $1 AND version = $2", *identity
            )
    for who in ("reviewer", "approver", "operator"):
        with pytest.raises((RoleRequiredError, DossierUnknownError)):
            await desk.dossiers.save(PEOPLE[who], *identity, changed)


async def test_all_that_is_missing_is_named_at_once(desk: Desk) -> None:
    dossier = await desk.dossiers.open(OFFICER, desk.new_id())
    with pytest.raises(RequestIncompleteError) as refused:
        await desk.go(dossier, "officer", "submit")
    paths = {item["path"] for item in refused.value.missing}
    assert {"title", "mandate", "officers", "purposes", "fields", "services", "security_level", "valid_to"} <= paths
    assert all(item["vi"] and item["en"] for item in refused.value.missing)
    assert (await desk.dossiers.get(OFFICER, dossier.contract_id)).state is State.DRAFT


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"title": " "}, "title"),
        ({"security_level": 2}, "security_level"),
        ({"officers": [{"name": "A"}]}, "officers.0.email"),
        ({"valid_to": "2020-01-01"}, "valid_to"),
        ({"fields": []}, "fields"),
        ({"purposes": []}, "purposes"),
        ({"inspections": [{"body": "x"}]}, "inspections.0.result"),
    ],
)
def test_what_is_missing_is_named_with_its_path(changes: dict[str, object], path: str) -> None:
    assert path in [item.path for item in missing(complete_request(**changes))]
    assert missing(complete_request()) == []


async def test_a_field_that_does_not_exist_is_named_at_submission(desk: Desk) -> None:
    fields = [{"field": "Citizen.salary", "purpose": "XAC_MINH", "justification": "x"}]
    dossier = await desk.dossiers.open(OFFICER, desk.new_id(), complete_request(fields=fields))
    with pytest.raises(RequestIncompleteError) as refused:
        await desk.go(dossier, "officer", "submit")
    assert any("Citizen.salary" in item["en"] for item in refused.value.missing)


def test_a_request_of_the_wrong_form_names_each_fault() -> None:
    with pytest.raises(RequestShapeError) as refused:
        parse_request({"security_level": "cao", "limits": {"speed": 3}, "x": 1})
    assert {fault["path"] for fault in refused.value.details["faults"]} == {"security_level", "limits", "x"}


async def test_findings_hold_for_the_request_they_were_made_of(desk: Desk) -> None:
    dossier = await desk.at("SECURITY_CHECK")
    for who in ("cyber", "technical", "owner"):
        dossier = await desk.go(dossier, who, "find")
    dossier = await desk.go(dossier, "reviewer", "send_back")
    dossier = await desk.dossiers.save(
        OFFICER, dossier.contract_id, dossier.version, complete_request(title="Tên khác")
    )
    assert [finding.current for finding in dossier.findings] == [False] * 3
    for who, move in [*_WAY["SECURITY_CHECK"]]:
        dossier = await desk.go(dossier, who, move)
    with pytest.raises(RequestIncompleteError) as refused:
        await desk.go(dossier, "approver", "approve")
    assert [item["path"] for item in refused.value.missing] == [
        "findings.CYBER_SECURITY", "findings.TECHNICAL_SECURITY", "findings.transport",
    ]  # fmt: skip


async def test_one_body_that_does_not_agree_stops_the_approval(desk: Desk) -> None:
    dossier = await desk.at("SECURITY_CHECK")
    for who in ("cyber", "technical", "owner"):
        dossier = await desk.go(dossier, who, "find")
    dossier = await desk.moves.find(
        PEOPLE["technical"], dossier.contract_id, dossier.version, passed=False, note="Chưa đạt"
    )
    with pytest.raises(RequestIncompleteError, match="missing"):
        await desk.go(dossier, "approver", "approve")
    dossier = await desk.go(dossier, "technical", "find")
    assert (await desk.go(dossier, "approver", "approve")).state is State.APPROVED


async def test_findings_are_made_by_whom_they_are_asked_of_and_when(desk: Desk) -> None:
    dossier = await desk.at("SECURITY_CHECK")
    identity = (dossier.contract_id, dossier.version)
    for who, source in (("reviewer", None), ("owner", "health"), ("cyber", "transport"), ("operator", "transport")):
        with pytest.raises(RoleRequiredError):
            await desk.moves.find(PEOPLE[who], *identity, passed=True, note="x", source=source)
    with pytest.raises(MoveRefusedError, match="words"):
        await desk.moves.find(PEOPLE["cyber"], *identity, passed=True, note=" ")
    early = await desk.at("TECHNICAL_TEST")
    with pytest.raises(MoveRefusedError, match="SECURITY_CHECK"):
        await desk.go(early, "cyber", "find")


async def test_open_tests_hold_the_request_back(desk: Desk) -> None:
    dossier = await desk.at("TECHNICAL_TEST")
    desk.open_tests.append(Missing(path="tests.denied", vi="chưa thử", en="not tried"))
    with pytest.raises(RequestIncompleteError):
        await desk.go(dossier, "reviewer", "send_to_security")
    desk.open_tests.clear()
    assert (await desk.go(dossier, "reviewer", "send_to_security")).state is State.SECURITY_CHECK


async def test_the_reviewer_does_not_approve(desk: Desk) -> None:
    dossier = await desk.at("SUBMITTED")
    for who, move in [("both", "take_up"), ("reviewer", "admit_to_test"), ("reviewer", "send_to_security")]:
        dossier = await desk.go(dossier, who, move)
    for who in ("cyber", "technical", "owner"):
        dossier = await desk.go(dossier, who, "find")
    with pytest.raises(MoveRefusedError, match="reviewed"):
        await desk.go(dossier, "both", "approve")
    assert (await desk.go(dossier, "approver", "approve")).state is State.APPROVED


async def test_the_next_version_supersedes_the_one_in_force_in_the_same_moment(desk: Desk) -> None:
    first = await desk.at("ACTIVE")
    second = await desk.at("APPROVED", first.contract_id)
    assert second.version == 2
    assert second.previous == 1
    assert (await desk.dossiers.get(OFFICER, first.contract_id, 1)).state is State.ACTIVE
    await desk.go(second, "approver", "activate")
    before = await desk.dossiers.get(OFFICER, first.contract_id, 1)
    assert before.state is State.SUPERSEDED
    assert (before.steps[-1].move, before.steps[-1].actor, before.steps[-1].reason) == (
        "supersede",
        "clock",
        "version 2",
    )


async def test_one_version_at_a_time_is_under_way(desk: Desk) -> None:
    dossier = await desk.at("SUBMITTED")
    with pytest.raises(MoveRefusedError, match="under way"):
        await desk.dossiers.open(OFFICER, dossier.contract_id)
    with pytest.raises(MoveRefusedError, match="taken"):
        await desk.dossiers.open(PEOPLE["stranger"], dossier.contract_id)
    for name in ("A", "-ab", "a/b", "x" * 64):
        with pytest.raises(MoveRefusedError, match="contract id"):
            await desk.dossiers.open(OFFICER, name)


async def test_a_next_version_begins_with_what_the_one_before_asked_for(desk: Desk) -> None:
    first = await desk.at("ACTIVE")
    second = await desk.dossiers.open(OFFICER, first.contract_id)
    assert second.request == first.request


async def test_time_moves_what_is_over(desk: Desk) -> None:
    # For a short time: the clock ends every contract, and other tests need the samples.
    dossier = await desk.at("ACTIVE", valid_to=str(datetime.now(UTC).date() + timedelta(days=1)))
    identity = (dossier.contract_id, dossier.version)
    assert identity not in await desk.moves.expire()
    assert identity in await desk.moves.expire(datetime.now(UTC) + timedelta(days=3))
    expired = await desk.dossiers.get(OFFICER, *identity)
    assert expired.state is State.EXPIRED
    assert (expired.steps[-1].role, expired.steps[-1].from_state) == ("CLOCK", "ACTIVE")


@pytest.mark.parametrize("state", sorted(_WAY))
async def test_everyone_sees_what_is_theirs_to_see(desk: Desk, state: str) -> None:
    dossier = await desk.at(state)
    seen = set()
    for name, account in PEOPLE.items():
        listed = {(one.contract_id, one.version) for one in await desk.dossiers.list(account)}
        try:
            await desk.dossiers.get(account, dossier.contract_id, dossier.version)
            seen.add(name)
            assert (dossier.contract_id, dossier.version) in listed
        except DossierUnknownError:
            assert (dossier.contract_id, dossier.version) not in listed
    agency = {"reviewer", "approver", "both", "auditor", "operator", "owner"}
    expected = {"officer"} | (agency if state != "DRAFT" else set())
    expected |= {"cyber", "technical"} if state not in {"DRAFT", "NEEDS_INFO"} else set()
    assert seen == expected


async def test_an_owner_sees_what_reads_from_their_database_only(desk: Desk) -> None:
    dossier = await desk.at("SUBMITTED")
    health = replace(PEOPLE["owner"], sources=frozenset({"health"}))
    with pytest.raises(DossierUnknownError):
        await desk.dossiers.get(health, dossier.contract_id)


async def test_a_change_over_another_is_refused(desk: Desk) -> None:
    dossier = await desk.at("DRAFT")
    digest = dossier.request.digest
    identity = (dossier.contract_id, dossier.version)
    await desk.dossiers.save(OFFICER, *identity, complete_request(title="Một"), digest)
    with pytest.raises(DossierChangedError):
        await desk.dossiers.save(OFFICER, *identity, complete_request(title="Hai"), digest)


async def test_history_and_findings_are_append_only(desk: Desk) -> None:
    await desk.at("ACTIVE")
    for table in ("step", "finding"):
        for change in (f"UPDATE governance.{table} SET actor = 'x'", f"DELETE FROM governance.{table}"):
            with pytest.raises(asyncpg.RaiseError):
                await desk.owner.execute(change)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.exe", b"MZ"),
        ("a.pdf", b"MZ"),
        ("a.png", PDF),
        ("../a.pdf", PDF),
        ("", PDF),
        ("a\n.pdf", PDF),
        ("a.pdf", PDF + bytes(MAX_ATTACHMENT)),
    ],
)
async def test_a_document_is_what_it_says_and_no_larger_than_allowed(desk: Desk, name: str, content: bytes) -> None:
    dossier = await desk.at("DRAFT")
    with pytest.raises(AttachmentRefusedError):
        await desk.attachments.attach(OFFICER, dossier.contract_id, dossier.version, name, content)


async def test_an_attached_document_comes_back_byte_for_byte(desk: Desk) -> None:
    dossier = await desk.at("DRAFT")
    identity = (dossier.contract_id, dossier.version)
    dossier = await desk.attachments.attach(OFFICER, *identity, "mô tả.pdf", PDF)
    (attached,) = dossier.attachments
    assert (attached.name, attached.media_type, attached.size) == ("mô tả.pdf", "application/pdf", len(PDF))
    found, content = await desk.attachments.content(OFFICER, *identity, attached.attachment_id)
    assert (found, content) == (attached, PDF)
    with pytest.raises(DossierUnknownError):
        await desk.attachments.content(PEOPLE["stranger"], *identity, attached.attachment_id)
    dossier = await desk.attachments.detach(OFFICER, *identity, attached.attachment_id)
    assert list(dossier.attachments) == []


async def test_a_version_is_compared_with_the_last_one_that_was_decided_for(desk: Desk) -> None:
    first = await desk.at("ACTIVE")
    assert await desk.dossiers.replaced_by(PEOPLE["reviewer"], first) is None
    second = await desk.at("WITHDRAWN", first.contract_id)
    third = await desk.at("UNDER_REVIEW", first.contract_id)
    assert (second.version, third.version, third.previous) == (2, 3, 2)
    replaced = await desk.dossiers.replaced_by(PEOPLE["reviewer"], third)
    assert replaced is not None
    assert replaced.version == 1


async def test_a_request_that_could_be_asked_nothing_is_told_so(desk: Desk) -> None:
    fields = complete_request().fields
    without_key = tuple(replace_filter(field) for field in fields)
    without_parts = tuple(field for field in fields if field.field not in {"PersonName.full", "Vehicle.plate"})
    for given, words in (
        (without_key, {"`citizen` needs `filter` for Citizen.personalId"}),
        (without_parts, {"`Citizen.birthName` is a PersonName", "`Citizen.vehicles` is a Vehicle"}),
    ):
        dossier = await desk.dossiers.open(
            OFFICER, desk.new_id(), complete_request().model_copy(update={"fields": given})
        )
        with pytest.raises(RequestIncompleteError) as refused:
            await desk.moves.move(OFFICER, dossier.contract_id, 1, "submit")
        told = [item["en"] for item in refused.value.missing]
        assert len(told) == len(words)
        for word in words:
            assert any(word in text for text in told)


def replace_filter(field: FieldRequest) -> FieldRequest:
    return field.model_copy(update={"filter": False})
