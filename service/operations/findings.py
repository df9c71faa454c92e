"""What is wrong now, in words: the guilty part, read from the last minute of traffic and from states.

The alert rules (`deploy/prometheus/rules.yml`) say the same of the metrics, with the same bounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from connectors.guard import GuardedConnector
from service.telemetry.telemetry import Telemetry, Watched
from service.telemetry.traffic import Minute, SourceTraffic

__all__ = ["BOUNDS", "Finding", "findings_of"]


@dataclass(frozen=True, slots=True)
class Bounds:
    """From where on something is found. Times in seconds; shares of 1."""

    few: int = 5
    down_share: float = 0.2
    slow: float = 0.5
    waiting: float = 0.05
    limited: int = 10
    planned: int = 20
    miss_share: float = 0.5
    planning_share: float = 0.1
    audit: float = 0.25
    refused: int = 3


BOUNDS = Bounds()
_OUTAGES = ("SOURCE_UNAVAILABLE",)
_CONTRACT_CODES = ("CONTRACT_NOT_ACTIVE", "CONTRACT_EXPIRED")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong: `kind` is stable, `part` names what is guilty; `search` filters the page's requests."""

    kind: str
    environment: str
    part: str
    vi: str
    en: str
    search: tuple[tuple[str, str], ...] = ()


def findings_of(telemetry: Telemetry) -> list[Finding]:
    """Everything that is found, of every environment."""
    found: list[Finding] = []
    for watched in telemetry.watched:
        minute = telemetry.traffic.minute(watched.environment, sorted(watched.connectors))
        found += _of_environment(watched, minute)
    return found


def _of_environment(watched: Watched, minute: Minute) -> Iterator[Finding]:
    for source, traffic in minute.sources.items():
        yield from _of_source(watched.environment, traffic, watched.connectors[source])
    yield from _of_clients(watched.environment, minute)
    yield from _of_planning(watched.environment, minute)
    yield from _of_governance(watched, minute)


def _of_source(where: str, traffic: SourceTraffic, connector: GuardedConnector) -> Iterator[Finding]:
    name, search = traffic.source, (("source", traffic.source),)
    wanted = traffic.fetches + traffic.refused
    outages = sum(traffic.failures[code] for code in _OUTAGES)
    state = connector.breaker.state
    timeouts = traffic.failures["SOURCE_TIMEOUT"]
    if state != "closed" or (outages >= BOUNDS.few and outages / wanted >= BOUNDS.down_share):
        yield Finding(
            "SOURCE_DOWN",
            where,
            name,
            f"Nguồn {name} không trả lời: {outages} lần không tới được, {timeouts} lần quá giờ, cầu dao {state}",
            f"source {name} does not answer: {outages} unavailable, {timeouts} timed out, breaker {state}",
            search,
        )
    elif traffic.fetches >= BOUNDS.few and (traffic.took.p95 >= BOUNDS.slow or timeouts / wanted >= BOUNDS.down_share):
        yield Finding(
            "SOURCE_SLOW",
            where,
            name,
            f"Nguồn {name} chậm: một nửa số lần đọc mất {_ms(traffic.took.median)}, "
            f"5 % mất hơn {_ms(traffic.took.p95)}",
            f"source {name} is slow: median {_ms(traffic.took.median)}, 95 % within {_ms(traffic.took.p95)}",
            search,
        )
    if traffic.fetches >= BOUNDS.few and (traffic.waited.p95 >= BOUNDS.waiting or traffic.exhausted >= BOUNDS.few):
        yield Finding(
            "POOL_EXHAUSTED",
            where,
            name,
            f"Hết kết nối tới {name}: có {connector.slots.most} kết nối, {connector.slots.waiting} lần đọc đang đợi, "
            f"5 % đợi hơn {_ms(traffic.waited.p95)}",
            f"the pool of {name} is exhausted: {connector.slots.most} connections, {connector.slots.waiting} fetches "
            f"waiting, 5 % waited more than {_ms(traffic.waited.p95)}",
            search,
        )


def _of_clients(where: str, minute: Minute) -> Iterator[Finding]:
    for client, count in minute.limited.most_common():
        if count >= BOUNDS.limited:
            yield Finding(
                "CLIENT_FLOODING",
                where,
                client,
                f"Bên khai thác {client} vượt hạn mức: từ chối {count} trong {minute.clients[client]} yêu cầu",
                f"client {client} exceeds its limits: {count} of {minute.clients[client]} requests refused",
                (("client", client),),
            )
    for (contract, code), count in minute.codes.most_common():
        if code in _CONTRACT_CODES and count >= BOUNDS.refused:
            yield Finding(
                "CONTRACT_REFUSED",
                where,
                contract,
                f"Hợp đồng {contract} không còn hiệu lực ({code}): {count} yêu cầu bị từ chối",
                f"contract {contract} is not in force ({code}): {count} requests refused",
                (("code", code),),
            )


def _of_planning(where: str, minute: Minute) -> Iterator[Finding]:
    if (
        minute.planned >= BOUNDS.planned
        and minute.misses / minute.planned >= BOUNDS.miss_share
        and minute.planning >= BOUNDS.planning_share
    ):
        clients = ", ".join(client for client, _ in minute.clients.most_common(1))
        share = f"{minute.planning:.0%}"
        yield Finding(
            "PLAN_MISSES",
            where,
            "plan cache",
            f"Kế hoạch truy vấn không dùng lại được: {minute.misses}/{minute.planned} lần phải lập mới, chiếm {share} "
            f"thời gian của tiến trình; nhiều yêu cầu nhất từ {clients}",
            f"plans are not reused: {minute.misses} of {minute.planned} made anew, {share} of the process's time; "
            f"most requests come from {clients}",
        )


def _of_governance(watched: Watched, minute: Minute) -> Iterator[Finding]:
    failing = sum(count for (_, code), count in minute.codes.items() if code == "AUDIT_UNAVAILABLE")
    if failing >= BOUNDS.refused:
        yield Finding(
            "AUDIT_FAILING",
            watched.environment,
            "audit",
            f"Nhật ký không ghi được: {failing} yêu cầu không được trả lời",
            f"the audit cannot be written: {failing} requests were not answered",
            (("code", "AUDIT_UNAVAILABLE"),),
        )
    elif minute.requests >= BOUNDS.few and minute.audit.p95 >= BOUNDS.audit:
        yield Finding(
            "AUDIT_SLOW",
            watched.environment,
            "audit",
            f"Ghi nhật ký chậm: 5 % yêu cầu đợi hơn {_ms(minute.audit.p95)}, {watched.audit.waiting} bản ghi đang đợi",
            f"audit commits are slow: 5 % of requests wait more than {_ms(minute.audit.p95)}, {watched.audit.waiting} "
            "records waiting",
        )
    if not watched.store.listening:
        yield Finding(
            "GOVERNANCE_SILENT",
            watched.environment,
            "governance",
            "Kênh báo thay đổi hợp đồng bị mất: mỗi yêu cầu phải tự đọc hợp đồng",
            "the channel of contract changes is lost: each request reads its contract for itself",
        )


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms".replace(",", ".")
