"""Review help: what a request opens, what changes, and what a reviewer is pointed to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auth.contract import Contract, Limits, Purpose
from auth.process.dossier import Dossier, Summary
from auth.process.lifecycle import State
from auth.process.request import ConnectionRequest, request_of
from auth.registry import read_contracts
from graph.catalog import Catalog
from graph.homes import Stored
from graph.schema import schema
from graph.view import View
from resolvers.reach import reach_of
from resolvers.review.comparison import compare
from resolvers.review.doubts import RULES
from resolvers.review.review import Review, review_of
from tests.process.people import complete_request
from tests.reach import readable_elements
from tests.unit.test_documents import ROOT, table_rows

CATALOG = Catalog.of(schema)
CONTRACTS = {contract.client.client_id: contract for contract in read_contracts(Path("samples/contracts.toml"))}
PERMISSIONS = [(client, purpose) for client, contract in CONTRACTS.items() for purpose in contract.purposes]
WHY = "Cần để xác minh chủ phương tiện"


def dossier_of(request: ConnectionRequest, version: int = 1) -> Dossier:
    contract = CONTRACTS["csgt"]
    summary = Summary(
        "hop-dong", version, contract.client, "", State.UNDER_REVIEW, contract.valid_from, contract.valid_to, None
    )
    return Dossier(summary, request, [], [], [], None)


def review(**changes: Any) -> Review:
    return review_of(CATALOG, dossier_of(complete_request(**changes)))


def field(coordinate: str, justification: str = WHY, **more: Any) -> dict[str, Any]:
    return {"field": coordinate, "purpose": "XAC_MINH", "justification": justification, **more}


def doubted(found: Review, rule: str) -> set[str]:
    return {name for doubt in found.doubts if doubt.rule == rule for name in doubt.fields}


@pytest.mark.parametrize(("client", "purpose"), PERMISSIONS)
def test_the_places_of_fields_read_what_the_grants_open_and_nothing_else(client: str, purpose: str) -> None:
    view = View.of(CATALOG, CONTRACTS[client].permission(purpose))
    places = [place for place in reach_of(view).places if isinstance(CATALOG.homes[place.coordinate], Stored)]
    read = {element for place in places for element in place.elements if "->" not in element}
    # Found by another way: from the grants alone, without planning.
    expected = {f"{source}: {table}.{element}" for source, table, element in readable_elements(view)}
    assert read <= expected
    assert {place.coordinate for place in reach_of(view).places} == view.readable
    assert all(place.elements for place in places)


@pytest.mark.parametrize(("client", "purpose"), PERMISSIONS)
def test_what_a_review_says_is_touched_covers_every_place(client: str, purpose: str) -> None:
    reach = reach_of(View.of(CATALOG, CONTRACTS[client].permission(purpose)))
    touched = {f"{touch.source}: {touch.table}.{touch.element}" for touch in reach.touched}
    assert {element for place in reach.places for element in place.elements} <= touched


def test_a_field_is_told_in_plain_words_paths_and_columns() -> None:
    opened = {found.coordinate: found for found in review().opened}
    number = opened["Citizen.personalId"]
    assert number.vi == "Đọc và tra cứu theo số định danh cá nhân của công dân"
    assert number.en == "Read and find by personal id of citizen"
    assert number.arguments == ("citizen(personalId)",)
    name = opened["PersonName.full"]
    assert name.vi == "Đọc họ, chữ đệm và tên viết liền trong họ, chữ đệm và tên khai sinh (công dân)"
    assert name.paths == ("citizen.birthName.full",)
    assert name.elements == ("population: citizen.birth_full_name",)
    assert opened["Vehicle.plate"].elements == ("transport: phuong_tien.bienSo",)


def test_a_duty_that_takes_a_number_is_told_beside_the_look_ups() -> None:
    opened = {
        each.coordinate: each for each in review(services=["citizen", "reportDataError", "requestSupport"]).opened
    }
    assert opened["Citizen.personalId"].arguments == ("reportDataError(personalId)", "citizen(personalId)")


def test_fields_of_others_are_told_and_counted_wherever_a_link_leads_to_them() -> None:
    fields = [field("Citizen.personalId", filter=True), field("Citizen.dateOfBirth"), field("Citizen.relatives")]
    alone = review(fields=[*fields, field("Relative.relation")])
    assert (alone.counts.fields, alone.counts.third_party) == (4, 2)
    assert alone.counts.third_party_share == 0.5
    linked = review(fields=[*fields, field("Relative.citizen")])
    # The link to the relatives' own records makes every field of a citizen one of others too.
    assert linked.counts.third_party == linked.counts.fields == 4
    born = next(found for found in linked.opened if found.coordinate == "Citizen.dateOfBirth")
    assert born.vi.endswith("- cả của người khác: cha, mẹ, vợ, chồng, con, người đại diện")
    assert "citizen.relatives.citizen.dateOfBirth" in born.paths


def test_a_part_of_something_sensitive_is_sensitive() -> None:
    fields = [field("Citizen.personalId", filter=True), field("Citizen.ethnicity"), field("CodedValue.name")]
    found = review(fields=fields)
    assert found.counts.sensitive == 2
    plain = next(opened for opened in found.opened if opened.coordinate == "Citizen.personalId")
    assert not plain.sensitive


def test_every_sample_contract_can_be_reviewed() -> None:
    for contract in CONTRACTS.values():
        found = review_of(CATALOG, dossier_of(request_of(contract)))
        assert found.faults == ()
        granted = {grant.coordinate for grants in contract.grants.values() for grant in grants}
        assert found.counts.fields == len(granted)
        assert found.elements


def test_a_draft_of_nonsense_is_reviewed_and_its_faults_are_named() -> None:
    found = review(
        fields=[field("Citizen.personalId", filter=True), field("Citizen.shoeSize"), {"field": "Khong.co"}],
        services=["citizen", "everything"],
        row_scope={"planet": ["3"]},
    )
    assert found.counts.fields == 1
    named = " ".join(found.faults)
    for name in ("Citizen.shoeSize", "Khong.co", "everything", "planet"):
        assert f"`{name}`" in named
    assert review_of(CATALOG, dossier_of(ConnectionRequest())).counts.fields == 0


def changes_of(before: Contract, after: Contract) -> set[tuple[str, str]]:
    return {(change.subject, change.direction) for change in compare(before, after).changes}


def limited(**limits: int) -> Limits:
    return replace(Limits(), **limits)


BASE = replace(CONTRACTS["csgt"], row_scope={"province": ("01", "79")})
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("changes", "subject", "direction"),
    [
        ({"services": BASE.services | {"household"}}, "services", "WIDER"),
        ({"services": BASE.services - {"vehicle"}}, "services", "NARROWER"),
        ({"row_scope": {}}, "rowScope.province", "WIDER"),
        ({"row_scope": {"province": ("79",)}}, "rowScope.province", "NARROWER"),
        ({"row_scope": {"province": ("01", "48", "79")}}, "rowScope.province", "WIDER"),
        ({"limits": limited(batch=200)}, "limits.batch", "WIDER"),
        ({"limits": limited(subjects_per_day=10)}, "limits.subjects_per_day", "NARROWER"),
        ({"valid_to": BASE.valid_to + DAY}, "validTo", "WIDER"),
        ({"valid_to": BASE.valid_to - DAY}, "validTo", "NARROWER"),
        ({"valid_from": BASE.valid_from + DAY}, "validFrom", "NARROWER"),
        ({"unpermitted": "null"}, "unpermitted", "CHANGED"),
        ({"allow_list_only": True}, "allowListOnly", "NARROWER"),
        ({"purposes": {"XU_LY_VI_PHAM": Purpose("XU_LY_VI_PHAM", "khác")}}, "purpose.text", "CHANGED"),
        ({"documents": {"ab": "{ viewer { client } }"}}, "documents", "CHANGED"),
    ],
)
def test_each_part_that_changes_is_said_to_widen_or_narrow(
    changes: dict[str, Any], subject: str, direction: str
) -> None:
    after = replace(BASE, **changes)
    assert (subject, direction) in changes_of(BASE, after)
    assert len({name for name, _ in changes_of(BASE, after)} - {"purpose.legalBasis"}) == 1
    assert all(change.vi and change.en != change.subject for change in compare(BASE, after).changes)
    back = {"WIDER": "NARROWER", "NARROWER": "WIDER", "CHANGED": "CHANGED"}[direction]
    assert (subject, back) in changes_of(after, BASE)


def test_row_scopes_that_gain_and_lose_values_do_both() -> None:
    after = replace(BASE, row_scope={"province": ("48", "79")})
    assert changes_of(BASE, after) == {("rowScope.province", "WIDER"), ("rowScope.province", "NARROWER")}


def test_a_version_that_changes_nothing_differs_in_nothing() -> None:
    comparison = compare(BASE, replace(BASE, version=2))
    assert comparison.changes == ()
    assert not comparison.widens
    assert not comparison.narrows
    assert len(comparison.same) == sum(map(len, BASE.grants.values()))


def test_fields_are_compared_by_use_and_columns_by_what_is_read() -> None:
    before = complete_request()
    kept = [one.model_dump() for one in before.fields if one.field != "Vehicle.plate"]
    name = next(one for one in kept if one["field"] == "Citizen.birthName")
    name["filter"] = True
    after = complete_request(fields=[*kept, field("Vehicle.make")])
    found = review_of(CATALOG, dossier_of(after, 2), dossier_of(before))
    assert found.comparison is not None
    assert found.comparison.added == (("XAC_MINH", "Vehicle.make"),)
    assert found.comparison.removed == (("XAC_MINH", "Vehicle.plate"),)
    assert found.comparison.changed == (("XAC_MINH", "Citizen.birthName"),)
    assert len(found.comparison.same) == 3
    assert {(change.subject, change.direction) for change in found.comparison.changes} == {
        ("fields.read", "WIDER"),
        ("fields.read", "NARROWER"),
        ("fields.filter", "WIDER"),
    }
    assert [touch.element for touch in found.opens] == ["nhanHieu"]
    assert [touch.element for touch in found.closes] == ["bienSo"]


def test_a_well_reasoned_request_leaves_no_doubt() -> None:
    fields = [
        field("Citizen.personalId", "Tra cứu chủ xe theo số định danh", filter=True),
        field("Citizen.birthName", "Đối chiếu họ tên chủ xe"),
        field("Citizen.vehicles", "Danh sách xe đứng tên"),
        field("Vehicle.plate", "Biển số để đối chiếu"),
        field("PersonName.full", "Họ tên đầy đủ in trên biên bản"),
    ]
    assert review(fields=fields).doubts == ()


@pytest.mark.parametrize(
    ("rule", "fields", "pointed"),
    [
        ("NO_REASON", [field("Citizen.gender", "")], {"Citizen.gender"}),
        ("REASON_IS_PURPOSE", [field("Citizen.gender", "xác minh  Chủ Xe")], {"Citizen.gender"}),
        ("PURPOSE_NOT_STATED", [{"field": "Citizen.gender", "purpose": "KHAC"}], {"Citizen.gender"}),
        ("KIND_NOT_MENTIONED", [field("Citizen.bloodGroup", "Cần có")], {"Citizen.bloodGroup"}),
        ("KIND_NOT_MENTIONED", [field("Citizen.bloodGroup", "Ghi nhóm máu khi có tai nạn")], set()),
        ("KIND_NOT_MENTIONED", [field("Citizen.encounters", "Cần có")], {"Citizen.encounters"}),
        ("KIND_NOT_MENTIONED", [field("Vehicle.make", "Cần có")], set()),
        ("NOTHING_COMES_OF_IT", [field("Degree.title", "Xem văn bằng")], {"Degree.title"}),
        ("NOTHING_COMES_OF_IT", [field("Citizen.birthName", "Tên", read=False, filter=True)], {"Citizen.birthName"}),
        ("PROTECTED_PERSONS", [field("Citizen.contact", "Liên hệ", protected=True)], {"Citizen.contact"}),
    ],
)
def test_a_doubtful_field_is_pointed_out_with_the_rule(
    rule: str, fields: list[dict[str, Any]], pointed: set[str]
) -> None:
    found = review(fields=[field("Citizen.personalId", "Số của chủ xe", filter=True), *fields])
    assert doubted(found, rule) == pointed
    for doubt in found.doubts:
        assert doubt.vi.casefold().startswith(RULES[doubt.rule][0].casefold())


def test_one_reason_for_all_fields_is_pointed_out_from_three_on() -> None:
    names = ("Citizen.personalId", "Citizen.birthName", "Citizen.gender")
    assert doubted(review(fields=[field(name) for name in names]), "ONE_REASON_FOR_ALL") == set(names)
    assert doubted(review(fields=[field(name) for name in names[:2]]), "ONE_REASON_FOR_ALL") == set()


def test_a_database_that_no_rule_knows_is_always_pointed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resolvers.review.categories.CATEGORIES", {})
    assert doubted(review(fields=[field("Vehicle.make", "nhãn hiệu xe")]), "KIND_NOT_MENTIONED") == {"Vehicle.make"}


def test_every_rule_is_documented() -> None:
    document = (ROOT / "docs/technical-document.md").read_text(encoding="utf-8")
    rows = table_rows("## Hỗ trợ thẩm định · Review help", document)
    assert [row[0].strip("`") for row in rows] == list(RULES)
