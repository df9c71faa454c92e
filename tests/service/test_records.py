"""What a request leaves behind: an audit record before the answer, spans, and no personal value in either."""

from __future__ import annotations

import hashlib

import pytest
from opentelemetry.trace import SpanKind, StatusCode

from service.embedded import EmbeddedServers
from tests.running import Governance, RunningService, settings_for
from tests.service.test_answers import STEP_TWO

KEY = bytes(32)


@pytest.fixture(scope="module")
def ids(service: RunningService) -> list[str]:
    rows = service.governance.fetch(
        "SELECT personal_id FROM population.citizen WHERE household_id IS NOT NULL ORDER BY registered_no LIMIT 5"
    )
    return [row["personal_id"] for row in rows]


def hashed(subject: str) -> bytes:
    return hashlib.blake2b(subject.encode(), key=KEY, digest_size=16).digest()


def test_each_answer_has_its_record_with_all_subjects(service: RunningService, ids: list[str]) -> None:
    response = service.post("mot-cua", STEP_TWO, {"ids": ids[:2]})
    record = service.record_of(response)
    members = service.governance.fetch(
        "SELECT personal_id FROM population.citizen WHERE household_id IN "
        "(SELECT household_id FROM population.citizen WHERE personal_id = ANY($1))",
        ids[:2],
    )
    assert set(record["subjects"]) == {hashed(row["personal_id"]) for row in members}
    assert (record["client_id"], record["contract_id"], record["version"]) == ("mot-cua", "mot-cua-lien-thong", 1)
    assert (record["purpose"], record["outcome"]) == ("THU_TUC_LIEN_THONG", "answered")
    assert (record["operation_type"], record["operation_name"]) == ("query", "LienThong")
    assert record["sources"] == ["population", "social_insurance", "transport"]
    assert "Citizen.vehicles" in record["requested"]
    assert record["granted"] == record["requested"]
    assert record["denied"] == []
    assert record["document"] == hashlib.sha256(STEP_TWO.encode()).hexdigest()


def test_relatives_are_subjects_even_when_their_number_is_not_asked_for(service: RunningService) -> None:
    (row,) = service.governance.fetch(
        "SELECT personal_id, relative_personal_id FROM population.relative "
        "WHERE relative_personal_id IS NOT NULL LIMIT 1"
    )
    query = "query($i:PersonalId!){citizen(personalId:$i){relatives{name{full}}}}"
    record = service.record_of(service.post("mot-cua", query, {"i": row["personal_id"]}))
    assert hashed(row["relative_personal_id"]) in record["subjects"]


def test_denied_attempts_are_recorded_with_their_names(service: RunningService, ids: list[str]) -> None:
    hidden = service.post("csgt", f'{{citizen(personalId:"{ids[0]}"){{personalId bloodGroup encounters{{outcome}}}}}}')
    record = service.record_of(hidden)
    assert (record["outcome"], record["codes"]) == ("refused", ["GRAPHQL_VALIDATION_FAILED"])
    assert record["denied"] == ["Citizen.bloodGroup", "Citizen.encounters", "Encounter.outcome"]
    assert record["subjects"] == []
    nulled = service.post("bhxh", f'{{citizen(personalId:"{ids[0]}"){{personalId bloodGroup}}}}')
    record = service.record_of(nulled)
    assert (record["outcome"], record["denied"]) == ("partial", ["Citizen.bloodGroup"])


def test_a_refused_credential_is_recorded_without_a_client(service: RunningService) -> None:
    response = service.session.post(f"{service.url}/graphql", json={"query": "{viewer{client}}"})
    record = service.record_of(response)
    assert (record["client_id"], record["codes"]) == (None, ["UNAUTHENTICATED"])


def test_the_gateway_can_neither_change_nor_read_the_audit(service: RunningService) -> None:
    rows = service.governance.fetch(
        "SELECT DISTINCT privilege_type FROM information_schema.role_table_grants "
        "WHERE grantee = 'lienthong_gateway' AND table_name LIKE 'audit\\_%'"
    )
    assert [row["privilege_type"] for row in rows] == ["INSERT"]


def test_no_personal_value_is_in_any_span_or_record(service: RunningService, ids: list[str]) -> None:
    service.forget()
    response = service.post("mot-cua", STEP_TWO, {"ids": ids})
    names = {m["birthName"]["full"] for c in response.json()["data"]["citizens"] for m in c["household"]["members"]}
    values = names | set(ids)
    spans = "\n".join(span.to_json() for span in service.spans)
    record = str(dict(service.record_of(response)))
    for value in values:
        assert value not in spans
        assert value not in record


def test_a_request_is_one_trace_of_request_plan_and_fetches(service: RunningService, ids: list[str]) -> None:
    query = STEP_TWO.replace("LienThong", "Traced")
    service.forget()
    first = service.post("mot-cua", query, {"ids": ids})
    cold = {span.name: span for span in service.spans}
    service.forget()
    second = service.post("mot-cua", query, {"ids": ids})
    warm = service.spans
    assert cold["plan"].attributes["lienthong.plan.cache_hit"] is False  # type: ignore[index]
    by_name = {span.name: span for span in warm}
    assert by_name["plan"].attributes["lienthong.plan.cache_hit"] is True  # type: ignore[index]
    assert sorted(span.name for span in warm) == [
        "POST /graphql",
        "SELECT citizen",
        "SELECT citizen",
        "assemble",
        "audit",
        "authenticate",
        "count persons",
        "encode",
        "execute",
        "find giay_phep_lai_xe",
        "find phuong_tien",
        "find the_bhyt",
        "load citizen",
        "load citizen",
        "load giay_phep_lai_xe",
        "load phuong_tien",
        "load the_bhyt",
        "plan",
        "receive",
    ]
    root = by_name["POST /graphql"]
    assert root.kind is SpanKind.SERVER
    for span in warm:
        context = span.get_span_context()
        assert context is not None
        assert f"{context.trace_id:032x}" == second.headers["x-trace-id"] != first.headers["x-trace-id"]
    fetch = by_name["find phuong_tien"]
    assert fetch.kind is SpanKind.CLIENT
    assert fetch.attributes is not None
    assert {
        "db.system.name": "mongodb",
        "db.namespace": "transport",
        "db.collection.name": "phuong_tien",
        "db.operation.name": "find",
        "server.address": "127.0.0.1",
        "lienthong.source": "transport",
        "lienthong.fetch.keys": len(ids),
    }.items() <= dict(fetch.attributes).items()


@pytest.mark.parametrize(
    ("trusted", "proxies", "continued"),
    [
        ("proxies", [], False),
        ("proxies", ["127.0.0.0/8"], True),
        ("never", ["127.0.0.0/8"], False),
        ("anyone", [], True),
    ],
)
def test_a_callers_trace_is_continued_as_far_as_the_settings_trust_it(
    databases: EmbeddedServers, governance: Governance, trusted: str, proxies: list[str], continued: int
) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    settings = settings_for(databases, trace_context=trusted, trusted_proxies=proxies, trace_ratio=0.0)
    with RunningService(settings) as service:
        service.governance = governance
        service.forget()
        parent = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
        response = service.post("mot-cua", "{viewer{client}}", headers=parent)
        assert (response.headers["x-trace-id"] == trace) == continued
        kept = [(span.attributes or {}).get("lienthong.kept") for span in service.spans if span.parent is not None]
        # Of the rest no share is kept here: what is exported, the caller asked for.
        assert kept.count("caller") == continued


def test_a_refusal_marks_the_span(service: RunningService) -> None:
    service.forget()
    service.post("mot-cua", "{viewer{nothing}}")
    (span,) = [span for span in service.spans if span.name == "POST /graphql"]
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes is not None
    assert span.attributes["error.type"] == "GRAPHQL_VALIDATION_FAILED"


def test_a_warm_request_neither_parses_nor_validates_nor_plans(
    service: RunningService, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    query = STEP_TWO.replace("LienThong", "Warm")
    cold = service.post("mot-cua", query, {"ids": ids})

    def must_not_run(*_: object, **__: object) -> None:
        raise AssertionError

    for name in ("resolvers.documents.parse", "resolvers.documents.validate", "resolvers.engine.plan_operation"):
        monkeypatch.setattr(name, must_not_run)
    warm = service.post("mot-cua", query, {"ids": ids})
    assert warm.content == cold.content


def test_without_an_audit_record_there_is_no_answer(service: RunningService, ids: list[str]) -> None:
    service.forget()
    service.governance.fetch("REVOKE INSERT ON governance.audit_record FROM lienthong_gateway")
    try:
        response = service.post("mot-cua", STEP_TWO, {"ids": ids})
    finally:
        service.governance.fetch("GRANT INSERT ON governance.audit_record TO lienthong_gateway")
    assert response.status_code == 503
    body = response.json()
    assert body["errors"][0]["extensions"]["code"] == "AUDIT_UNAVAILABLE"
    (span,) = [span for span in service.spans if span.name == "POST /graphql"]
    assert span.attributes is not None
    assert span.attributes["lienthong.outcome"] == "refused"
    assert "data" not in body
    assert service.post("mot-cua", STEP_TWO, {"ids": ids}).status_code == 200
