"""The citizen's view over HTTP: who read my data, when, for which purpose, which fields."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from auth.process import reads
from auth.process.errors import ConcealmentRefusedError, RoleRequiredError
from service.embedded import EmbeddedServers
from tests.issuing import AUDIENCE, ISSUER, access_token, key_set, signing_key
from tests.process.duty import Duties, install
from tests.process.people import PEOPLE
from tests.running import Governance, RunningService, observed_tracing, settings_for

KEY, OTHER = signing_key("cong-dan"), signing_key("khac")
OTHER_ISSUER = "https://other.example"
PORTAL = "cong-cong-dan"
PURPOSE = "THU_TUC_LIEN_THONG"
READS = """
query($sau: String, $dau: Int = 20) {
  dataReads(first: $dau, after: $sau) {
    reads { at client clientName contract purpose purposeText legalBasis services fields }
    pageInfo { hasNextPage hasPreviousPage endCursor }
  }
}
"""
LOOK_UP = "query($so: PersonalId!) { citizen(personalId: $so) { birthName { full } gender } }"
HOSPITAL = "benh-vien-kham-chua-benh"


class Portal(Duties):
    """The portal of citizens: it asks with the token of the person who is signed in."""

    def response(self, number: Any, key: Any = KEY, issuer: str = ISSUER, **variables: Any) -> httpx.Response:
        token = access_token(key, client_id=PORTAL, purpose=PURPOSE, iss=issuer, citizen=number)
        return httpx.post(
            f"{self.service.url}/graphql",
            json={"query": READS, "variables": variables},
            headers={"authorization": f"Bearer {token}", "accept": "application/graphql-response+json"},
        )

    def own(self, number: str, **variables: Any) -> Any:
        """What a citizen sees, without the views of this same page."""
        body = self.response(number, **variables).json()
        assert "errors" not in body, body
        return body["data"]["dataReads"]

    def others(self, number: str) -> list[Any]:
        return [read for read in self.own(number)["reads"] if read["client"] != PORTAL]

    def refusal(self, number: Any, **given: Any) -> str:
        code: str = self.response(number, **given).json()["errors"][0]["extensions"]["code"]
        return code


@pytest.fixture(scope="module")
def portal(
    databases: EmbeddedServers, governance: Governance, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    observed_tracing()
    folder: Path = tmp_path_factory.mktemp("issuers")
    (folder / "keys.json").write_bytes(key_set(KEY))
    (folder / "other.json").write_bytes(key_set(OTHER))
    install(governance, "mot-cua", PORTAL, frozenset({"dataReads"}))
    issuers: list[dict[str, Any]] = [
        {
            "issuer": ISSUER,
            "jwks": str(folder / "keys.json"),
            "algorithms": ["ES256"],
            "clients": "*",
            "citizens": True,
        },
        {"issuer": OTHER_ISSUER, "jwks": str(folder / "other.json"), "algorithms": ["ES256"], "clients": "*"},
    ]
    issuers[0]["citizens"] = True
    url = databases.postgres_url("lienthong_process")
    settings = settings_for(databases, process_url=url, token_audience=AUDIENCE, issuers=issuers)
    with RunningService(settings) as running:
        running.governance = governance
        yield Portal(running, url)


@pytest.fixture
def number(governance: Governance, request: pytest.FixtureRequest) -> str:
    """The number of a citizen of the test's own."""
    place = sum(map(ord, request.node.name)) % 1_000
    (row,) = governance.fetch(
        "SELECT personal_id FROM population.citizen ORDER BY personal_id OFFSET $1 LIMIT 1", place
    )
    return str(row["personal_id"])


def test_a_citizen_sees_who_read_what_and_for_what(portal: Portal, number: str) -> None:
    before = datetime.now(UTC)
    portal.ask("benh-vien", LOOK_UP, so=number)
    read = portal.others(number)[0]
    assert before <= datetime.fromisoformat(read.pop("at")) <= datetime.now(UTC)
    assert read == {
        "client": "benh-vien",
        "clientName": "Bệnh viện đa khoa mẫu",
        "contract": HOSPITAL,
        "purpose": "KHAM_CHUA_BENH",
        "purposeText": "Tiếp nhận và điều trị người bệnh",
        "legalBasis": "Luật Khám bệnh, chữa bệnh 15/2023/QH15",
        "services": ["citizen"],
        "fields": ["Citizen.birthName", "Citizen.gender", "PersonName.full"],
    }


def test_the_view_itself_is_audited_and_in_the_view(portal: Portal, number: str) -> None:
    response = portal.response(number)
    record = portal.service.record_of(response)
    assert (record["client_id"], record["granted"][-1]) == (PORTAL, "Query.dataReads")
    assert len(record["subjects"]) == 1
    assert number not in str(dict(record))
    latest = portal.own(number)["reads"][0]
    assert (latest["client"], latest["services"], latest["fields"]) == (PORTAL, ["dataReads"], [])


def test_what_was_refused_or_is_of_somebody_else_is_not_there(portal: Portal, number: str) -> None:
    earlier = len(portal.others(number))
    portal.ask("benh-vien", LOOK_UP, so="999988887777")
    portal.fault("benh-vien", "query($so: PersonalId!) { citizen(personalId: $so) { vehicles { plate } } }", so=number)
    assert len(portal.others(number)) == earlier
    assert portal.others("999988887777") == []


def test_pages_follow_each_other_and_a_cursor_is_of_one_person(portal: Portal, number: str) -> None:
    for _ in range(5):
        portal.ask("benh-vien", LOOK_UP, so=number)
    found: list[Any] = []
    cursor: str | None = None
    for page in range(2):
        answer = portal.own(number, dau=3, sau=cursor)
        found += answer["reads"]
        assert answer["pageInfo"]["hasPreviousPage"] is bool(page)
        cursor = answer["pageInfo"]["endCursor"]
    whole = portal.own(number, dau=50)["reads"]
    start = whole.index(found[0])
    assert found == whole[start : start + 6]
    assert [read["at"] for read in whole] == sorted((read["at"] for read in whole), reverse=True)
    assert portal.refusal("000000000001", sau=cursor) == "BAD_USER_INPUT"
    assert portal.refusal(number, dau=0) == "LIMIT_EXCEEDED"


@pytest.mark.parametrize("claim", ["12345", 123456789012, "12345678901x", ["123456789012"]])
def test_a_token_with_another_kind_of_number_is_not_taken(portal: Portal, claim: object) -> None:
    assert portal.refusal(claim) == "TOKEN_INVALID"


def test_only_a_token_that_names_a_citizen_opens_the_view(portal: Portal, number: str) -> None:
    assert portal.refusal(...) == "CITIZEN_REQUIRED"
    assert portal.fault(PORTAL, READS)[0] == "CITIZEN_REQUIRED"  # with an API key
    assert portal.refusal(number, key=OTHER, issuer=OTHER_ISSUER) == "TOKEN_INVALID"
    with_argument = "query($so: PersonalId!) { dataReads(personalId: $so) { reads { at } } }"
    assert portal.fault(PORTAL, with_argument, so=number)[0] == "GRAPHQL_VALIDATION_FAILED"
    assert "Cannot query field 'dataReads'" in portal.fault("mot-cua", "{ dataReads { reads { at } } }")[1]


def test_reads_under_concealment_stay_out_until_it_ends(portal: Portal, number: str, governance: Governance) -> None:
    portal.ask("benh-vien", LOOK_UP, so=number)
    portal.ask("mot-cua", LOOK_UP, so=number)
    seen = [read["at"] for read in portal.others(number)]
    start = datetime.fromisoformat(seen[1])
    concealment = portal.do(
        "concealments", "set", PEOPLE["approver"], HOSPITAL,
        starts_at=start, ends_at=datetime.now(UTC) + timedelta(days=30), reason="Theo đề nghị của cơ quan điều tra",
    )  # fmt: skip
    portal.ask("benh-vien", LOOK_UP, so=number)
    assert [read["client"] for read in portal.others(number)][:1] == ["mot-cua"]
    assert [read["at"] for read in portal.others(number)] == [seen[0], *seen[2:]]
    portal.do("concealments", "lift", PEOPLE["approver"], concealment.concealment_id, "Đã kết thúc điều tra")
    shown = portal.others(number)
    assert [read["at"] for read in shown[1:]] == seen
    assert shown[0]["contract"] == HOSPITAL
    acts = governance.fetch(
        "SELECT operation_name, note FROM governance.audit_entry WHERE contract_id = $1 "
        "AND operation_name LIKE 'concealment.%' ORDER BY sequence",
        HOSPITAL,
    )
    assert [act["operation_name"] for act in acts] == ["concealment.set", "concealment.lift"]
    assert acts[0]["note"].endswith("Theo đề nghị của cơ quan điều tra")


def test_a_concealment_that_is_over_by_the_clock_conceals_no_more(
    portal: Portal, number: str, governance: Governance
) -> None:
    portal.ask("benh-vien", LOOK_UP, so=number)
    seen = portal.others(number)
    now = datetime.now(UTC)
    portal.do(
        "concealments", "set", PEOPLE["approver"], HOSPITAL,
        starts_at=now - timedelta(days=1), ends_at=now + timedelta(hours=1), reason="Điều tra",
    )  # fmt: skip
    assert portal.others(number) == [read for read in seen if read["contract"] != HOSPITAL]
    governance.fetch(
        "UPDATE governance.concealment SET ends_at = clock_timestamp() WHERE contract_id = $1 AND lifted_at IS NULL",
        HOSPITAL,
    )
    assert portal.others(number) == seen


@pytest.mark.parametrize("who", sorted(set(PEOPLE) - {"approver", "both"}))
def test_nobody_else_conceals(portal: Portal, who: str) -> None:
    given = {"starts_at": datetime.now(UTC), "ends_at": datetime.now(UTC) + timedelta(days=1), "reason": "x"}
    with pytest.raises(RoleRequiredError):
        portal.do("concealments", "set", PEOPLE[who], HOSPITAL, **given)
    with pytest.raises(RoleRequiredError):
        portal.do("concealments", "lift", PEOPLE[who], 1, "x")


@pytest.mark.parametrize(
    ("contract", "days", "reason", "message"),
    [
        (HOSPITAL, 30, " ", "needs a reason"),
        (HOSPITAL, 400, "x", "next 366 days"),
        (HOSPITAL, -1, "x", "after its start"),
        ("khong-co", 30, "x", "no such contract"),
    ],
)
def test_a_concealment_is_dated_and_reasoned(
    portal: Portal, contract: str, days: int, reason: str, message: str
) -> None:
    given = {"starts_at": datetime.now(UTC), "ends_at": datetime.now(UTC) + timedelta(days=days), "reason": reason}
    with pytest.raises(ConcealmentRefusedError, match=message):
        portal.do("concealments", "set", PEOPLE["approver"], contract, **given)


def test_an_index_that_is_far_behind_is_made_before_anything_is_told(
    portal: Portal, number: str, governance: Governance, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal.ask("benh-vien", LOOK_UP, so=number)
    before = portal.others(number)
    (records,) = governance.fetch("SELECT count(*) FROM governance.audit_record WHERE chain NOT LIKE 'sandbox-%'")
    # Two batches are less than all, and what is then left is less than another.
    batch = records["count"] // 3 + 1
    monkeypatch.setattr(reads, "_BATCH", batch)
    monkeypatch.setattr(reads, "_AT_ONCE", batch + 1)
    governance.fetch("TRUNCATE governance.subject_read, governance.subject_chain")
    assert portal.refusal(number) == "GOVERNANCE_UNAVAILABLE"
    portal.own(number)
    monkeypatch.undo()
    assert portal.others(number) == before


def test_a_page_is_found_by_the_index(portal: Portal, number: str, governance: Governance) -> None:
    """However long the audit is, the look-up of a subject never reads all of it."""
    portal.ask("benh-vien", LOOK_UP, so=number)
    assert portal.others(number)
    governance.fetch(
        "INSERT INTO governance.subject_read SELECT substring(sha256(i::text::bytea) FOR 16), now(), 0, i "
        "FROM generate_series(1, 20000) i"
    )
    governance.fetch("ANALYZE governance.subject_read")
    try:
        plan = governance.fetch(f"EXPLAIN (ANALYZE) {reads._PAGE}", [bytes(16)], None, None, None, 21)
    finally:
        governance.fetch("DELETE FROM governance.subject_read WHERE chain_no = 0")
    (scan,) = [line[0] for line in plan if "on subject_read" in line[0]]
    assert "Index" in scan
