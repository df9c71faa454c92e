"""An environment: one endpoint with all that is its own, over the databases of production or of the sandbox.

Both are made here, by the same lines, so that whatever is permitted or refused in one is so in the other. What differs
is data: which databases and keys, the names of audit chains, the counters of limits. The sandbox takes API keys only,
because an access token does not say which environment it is for; it carries out no duties, for cases go to people; and
sources fail there on demand.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from auth.attempts import FailedAttempts
from auth.audit import AuditLog, SubjectHasher
from auth.audit.chain import SANDBOX
from auth.audit.checkpoints import CheckpointWriter
from auth.database import open_governance
from auth.jwks import KeySource
from auth.limits import SharedLimits
from auth.notices import NoticeBoard
from auth.store import ContractStore
from auth.store import Environment as EnvironmentName
from auth.tokens import Issuer, TokenVerifier
from connectors.errors import SourceError, SourceTimeoutError, SourceUnavailableError
from connectors.fetch import Connector
from connectors.guard import GuardedConnector
from connectors.mongo import MongoConnector
from connectors.outage import OutageOnDemand
from connectors.postgres import PostgresConnector
from graph.catalog import Catalog
from resolvers.cursors import CursorSealer
from resolvers.duties import Duties
from resolvers.engine import Engine
from resolvers.notices import notices_of
from samples.personas import FAILING_REGISTER, FAILING_SPECIALISED, SLOW_SPECIALISED
from service.authentication import Authentication
from service.endpoint import GraphQLEndpoint
from service.origin import Origins
from service.settings import Settings
from service.telemetry.telemetry import Telemetry, Watched

__all__ = ["PRODUCTION", "SANDBOX_OF_TESTS", "Environment", "Kind", "is_engine", "open_environment"]

_LOG = logging.getLogger("lienthong.service")
_SANDBOX_POOL = 2


@dataclass(frozen=True, slots=True)
class Kind:
    """What makes one environment differ from the other.

    `counters` stands before contract ids in the counters of limits, `chains` before the names of audit chains;
    `pool_size` bounds connections per database, None meaning the setting.
    """

    name: EnvironmentName
    counters: str = ""
    chains: str = ""
    pool_size: int | None = None

    @property
    def is_sandbox(self) -> bool:
        """Whether it answers with test personas."""
        return self.name == "sandbox"


PRODUCTION = Kind("production")
SANDBOX_OF_TESTS = Kind("sandbox", counters="sandbox:", chains=SANDBOX, pool_size=_SANDBOX_POOL)


@dataclass(frozen=True, slots=True)
class Environment:
    """A running environment: its endpoint, and what health looks at."""

    endpoint: GraphQLEndpoint
    connectors: Mapping[str, GuardedConnector]
    store: ContractStore
    duties: Duties


@asynccontextmanager
async def open_environment(
    settings: Settings, catalog: Catalog, kind: Kind, telemetry: Telemetry
) -> AsyncIterator[Environment]:
    """An environment while the block runs; databases may be away. The settings must fit the schema."""
    size, limit = min(kind.pool_size or settings.pool_size, settings.pool_size), settings.audit_timeout
    connectors = _connectors(settings, kind, size)
    pool = await open_governance(settings.governance_url, pool_size=size, timeout=limit)
    counters = await open_governance(settings.governance_url, pool_size=min(4, size), timeout=limit, durable=False)
    store = ContractStore(pool, settings.governance_url, environment=kind.name, timeout=limit)
    audit = AuditLog(
        settings.governance_url,
        SubjectHasher(settings.key("audit_key")),
        timeout=limit,
        checkpoints=_checkpoints(settings),
        prefix=kind.chains,
    )
    authentication = _authentication(settings, kind, store, audit)
    sealer = _sealer(settings, kind)
    duties = Duties(sealer)
    engine = Engine(
        _asked(connectors, kind),
        sealer,
        cache_size=settings.cache_size,
        notices=notices_of(NoticeBoard(pool)),
        duties=duties,
    )
    endpoint = GraphQLEndpoint(
        catalog=catalog,
        authentication=authentication,
        engine=engine,
        audit=audit,
        limits=SharedLimits(counters, prefix=kind.counters),
        traces=telemetry.traces_of(kind.name),
        max_body=settings.max_body,
    )
    telemetry.watch(Watched(kind.name, connectors, engine, audit, store))
    await store.start()
    await audit.start()
    await authentication.start()
    try:
        yield Environment(endpoint, connectors, store, duties)
    finally:
        await authentication.stop()
        await audit.stop()
        await store.stop()
        for connector in connectors.values():
            await connector.close()
        counters.terminate()
        pool.terminate()


def is_engine(url: str) -> bool:
    """Whether there is a connector for what a URL names."""
    return urlsplit(url).scheme in _ENGINES


def _connectors(settings: Settings, kind: Kind, pool_size: int) -> dict[str, GuardedConnector]:
    urls = (settings.sandbox_sources or {}) if kind.is_sandbox else settings.sources
    return {
        source: GuardedConnector(
            _ENGINES[urlsplit(url).scheme](settings, source, url, pool_size),
            source,
            timeout=settings.fetch_timeout,
            slots=pool_size,
        )
        for source, url in sorted(urls.items())
    }


def _postgres(settings: Settings, source: str, url: str, pool_size: int) -> Connector:
    return PostgresConnector(source, url, pool_size=pool_size, timeout=settings.fetch_timeout)


def _mongo(settings: Settings, source: str, url: str, pool_size: int) -> Connector:
    return MongoConnector(
        source, url, driver=settings.mongo_driver, pool_size=pool_size, timeout=settings.fetch_timeout
    )


_ENGINES = {"postgresql": _postgres, "postgres": _postgres, "mongodb": _mongo, "mongodb+srv": _mongo}


def _asked(connectors: Mapping[str, GuardedConnector], kind: Kind) -> Mapping[str, Connector]:
    """What the engine asks: in the sandbox, sources that fail for the personas who stand for outages."""
    if not kind.is_sandbox:
        return connectors
    specialised: dict[str, type[SourceError]] = dict.fromkeys(FAILING_SPECIALISED, SourceUnavailableError)
    specialised |= dict.fromkeys(SLOW_SPECIALISED, SourceTimeoutError)
    register: dict[str, type[SourceError]] = dict.fromkeys(FAILING_REGISTER, SourceUnavailableError)
    return {
        source: OutageOnDemand(connector, source, register if source == "population" else specialised)
        for source, connector in connectors.items()
    }


def _sealer(settings: Settings, kind: Kind) -> CursorSealer:
    """What seals cursors. The sandbox has keys of its own: a cursor opens where it was sealed only."""
    keys = [settings.key("cursor_key"), *settings.old_cursor_keys()]
    if kind.is_sandbox:
        keys = [hashlib.blake2b(b"sandbox", key=key, digest_size=32).digest() for key in keys]
    return CursorSealer(keys[0], keys[1:])


def _checkpoints(settings: Settings) -> CheckpointWriter | None:
    if settings.checkpoint_file is None:
        _LOG.warning("no LIENTHONG_CHECKPOINT_FILE and _KEY: the audit has no checkpoints")
        return None
    return CheckpointWriter(settings.checkpoint_file, settings.key("checkpoint_key"))


def _authentication(settings: Settings, kind: Kind, store: ContractStore, audit: AuditLog) -> Authentication:
    """What authenticates requests, with the issuers, proxies and limit of the settings."""
    issuers = [
        Issuer(
            given.issuer,
            KeySource(given.jwks, ttl=given.ttl),
            given.algorithms,
            None if given.clients == "*" else given.clients,
            citizens=given.citizens,
        )
        for given in (() if kind.is_sandbox else settings.issuers)
    ]
    return Authentication(
        store,
        TokenVerifier(issuers, settings.token_audience),
        FailedAttempts(settings.failed_attempts),
        Origins(settings.trusted_proxies),
        audit,
    )
