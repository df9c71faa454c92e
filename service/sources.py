"""The URLs of databases, held against the schema and against each other before anything is opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import parse_qs, unquote, urlsplit

from errors import LienthongError, Visibility
from graph.catalog import Catalog
from service.environment import is_engine
from service.settings import Settings

__all__ = ["SettingsError", "check_sources"]

_PORTS = {"postgresql": "5432", "postgres": "5432", "mongodb": "27017"}


class SettingsError(LienthongError):
    """the settings do not fit the schema"""

    visibility = Visibility.OPERATOR


def check_sources(settings: Settings, catalog: Catalog) -> None:
    """Raise `SettingsError` with every fault. A sandbox has all databases or none, and shares none with production."""
    faults = list(_faults("SOURCES", settings.sources, catalog.sources))
    if settings.sandbox_sources:
        faults += _faults("SANDBOX_SOURCES", settings.sandbox_sources, catalog.sources)
        production = [_place(name, url) for name, url in settings.sources.items()]
        faults += [
            f"LIENTHONG_SANDBOX_SOURCES__{name.upper()} names a database of production"
            for name, url in sorted(settings.sandbox_sources.items())
            for hosts, database in [_place(name, url)]
            if any(database == other and hosts & servers for servers, other in production)
        ]
    if faults:
        raise SettingsError("the settings do not fit the schema:\n- " + "\n- ".join(faults))


def _faults(setting: str, urls: Mapping[str, str], sources: frozenset[str]) -> Iterator[str]:
    for name in sorted(sources - set(urls)):
        yield f"database `{name}` has no URL: set LIENTHONG_{setting}__{name.upper()}"
    for name in sorted(set(urls) - sources):
        yield f"LIENTHONG_{setting}__{name.upper()} names no database of the schema"
    for name, url in sorted(urls.items()):
        if not is_engine(url):
            yield f"LIENTHONG_{setting}__{name.upper()} is neither a postgresql:// nor a mongodb:// URL"


def _place(source: str, url: str) -> tuple[frozenset[str], str]:
    """The servers and the database of a URL, whoever connects and however."""
    parts = urlsplit(url)
    port = _PORTS.get(parts.scheme, "")
    hosts = parts.netloc.rpartition("@")[2] or ",".join(parse_qs(parts.query).get("host", ["localhost"]))
    named = [unquote(host).lower() + ("" if ":" in host else f":{port}") for host in hosts.split(",")]
    return frozenset(named), unquote(parts.path.strip("/")) or source
