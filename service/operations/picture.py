"""The picture of the sources: the gateway, and an arrow to each database with what goes over it, in units of SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from service.operations.findings import Finding
from service.telemetry.telemetry import Watched
from service.telemetry.traffic import GOVERNANCE, SourceTraffic, Spread, Traffic

__all__ = ["Arrow", "Picture", "picture_of"]

_ROW = 64
_TOP = 34
_WIDEST = 7.0
_THINNEST = 1.5
_STATES = {
    "SOURCE_DOWN": "bad",
    "SOURCE_SLOW": "slow",
    "POOL_EXHAUSTED": "slow",
    "AUDIT_SLOW": "slow",
    "AUDIT_FAILING": "bad",
}


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow to a database: where it ends, its width, its state (`good`, `slow`, `bad`, `quiet`), its figures."""

    source: str
    y: int
    width: float
    state: str
    per_second: float
    took: Spread
    waited: Spread
    error_share: float
    breaker: str
    used: int
    most: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture of an environment. `middle` is the height of the gateway."""

    environment: str
    height: int
    middle: int
    requests: float
    error_share: float
    took: Spread
    seconds: float
    arrows: list[Arrow]


def picture_of(watched: Watched, traffic_of_all: Traffic, findings: Sequence[Finding]) -> Picture:
    """The picture of an environment's last minute; a source in which something was found has its state."""
    environment, connectors = watched.environment, watched.connectors
    minute = traffic_of_all.minute(environment, sorted(connectors))
    states: dict[str, str] = {}
    for finding in findings:
        if finding.environment == environment and finding.kind in _STATES:
            states.setdefault(finding.part, _STATES[finding.kind])
    names = list(minute.sources)
    most = max([traffic.per_second for traffic in minute.sources.values()] + [minute.requests / minute.seconds, 0.1])
    arrows = []
    for row, name in enumerate(names):
        traffic, connector = minute.sources[name], connectors[name]
        state = states.get(name) or ("quiet" if not traffic.fetches + traffic.refused else "good")
        slots = connector.slots
        arrows.append(
            Arrow(
                name,
                _TOP + row * _ROW + _ROW // 2,
                _width(traffic, most),
                state,
                traffic.per_second,
                traffic.took,
                traffic.waited,
                traffic.error_share,
                connector.breaker.state,
                slots.used,
                slots.most,
                slots.waiting,
            )
        )
    per_second = minute.requests / minute.seconds
    audit = SourceTraffic(GOVERNANCE, fetches=minute.requests, per_second=per_second, took=minute.audit)
    failing = sum(count for (_, code), count in minute.codes.items() if code == "AUDIT_UNAVAILABLE")
    arrows.append(
        Arrow(
            GOVERNANCE,
            _TOP + len(names) * _ROW + _ROW // 2,
            _width(audit, most),
            states.get("audit") or ("good" if minute.requests else "quiet"),
            per_second,
            minute.audit,
            Spread(),
            failing / minute.requests if minute.requests else 0.0,
            "",
            0,
            0,
            0,
        )
    )
    height = _TOP + len(arrows) * _ROW + 12
    return Picture(
        environment,
        height,
        height // 2,
        per_second,
        minute.failed / minute.requests if minute.requests else 0.0,
        minute.took,
        minute.seconds,
        arrows,
    )


def _width(traffic: SourceTraffic, most: float) -> float:
    if not traffic.per_second:
        return _THINNEST
    return round(_THINNEST + (_WIDEST - _THINNEST) * math.sqrt(traffic.per_second / most), 1)
