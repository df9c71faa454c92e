"""Where a request comes from: its network source and its client certificate, as trusted proxies tell them.

Header fields of anyone else are ignored. The server must leave the peer's address alone (`proxy_headers=False`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

__all__ = ["Origins"]

UNKNOWN = "unknown"
"""The source of a request whose peer has no address."""

_Address = IPv4Address | IPv6Address
_SOURCE_BITS_IPV6 = 64
_MAX_HOPS = 32
# RFC 7239, section 4, without backslashes in quoted strings: no address needs one.
_ELEMENT = re.compile(r'(?:[^,"]|"[^"]*")+')
_PAIR = re.compile(r'(?:^|;)\s*([^=;\s"]+)=("[^"]*"|[^\s;"]*)')
_NODE = re.compile(r"\[(?P<six>[0-9A-Fa-f:.]+)\](?::\d+)?|(?P<four>\d+(?:\.\d+){3})(?::\d+)?|(?P<bare>[0-9A-Fa-f:.]+)")


class Origins:
    """Tells sources and certificates; `trusted` are the networks of proxies that are believed."""

    def __init__(self, trusted: Sequence[IPv4Network | IPv6Network] = ()) -> None:
        self._trusted = tuple(trusted)
        self._peer = lru_cache(maxsize=4096)(self._look_at)

    def source(self, scope: Any) -> str:
        """The source of a request: its client's address, of IPv6 the /64 network.

        Of the addresses that trusted proxies passed on it is the last that is not itself a trusted proxy's. When the
        proxies' fields contradict each other, or hold no address, it is the last proxy that can be made out.
        """
        trusted, source = self._peer(_host(scope))
        if not trusted:
            return source
        hops = [_forwarded_for(scope), _forwarded(scope)]
        found = {self._client(named, source) for named in hops if named}
        return found.pop() if len(found) == 1 else source

    def from_proxy(self, scope: Any) -> bool:
        """Whether a trusted proxy passed the request on."""
        return self._peer(_host(scope))[0]

    def certificate(self, scope: Any) -> bytes | None:
        """The SHA-256 of the client certificate in `Client-Cert` (RFC 9440), from a trusted proxy, or None."""
        trusted, _ = self._peer(_host(scope))
        values = _values(scope, b"client-cert") if trusted else []
        if len(values) != 1 or len(values[0]) < 3 or values[0][0] != ":" or values[0][-1] != ":":
            return None
        try:
            return hashlib.sha256(base64.b64decode(values[0][1:-1], validate=True)).digest()
        except (binascii.Error, ValueError):
            return None

    def secure(self, scope: Any) -> bool:
        """Whether the client speaks TLS: to this server, or to the trusted proxy that passed its request on."""
        if scope["scheme"] == "https":
            return True
        trusted, _ = self._peer(_host(scope))
        said = [*_values(scope, b"x-forwarded-proto"), *_forwarded(scope, "proto")] if trusted else []
        return {proto.lower() for proto in said if proto} == {"https"}

    def _client(self, hops: Sequence[str], peer: str) -> str:
        """The last address among `hops` that is not trusted; the proxy before it when it cannot be read."""
        last = peer
        for hop in reversed(hops[-_MAX_HOPS:]):
            address = _address(hop)
            if address is None:
                break
            last = _source(address)
            if not self._is_trusted(address):
                break
        return last

    def _look_at(self, host: str | None) -> tuple[bool, str]:
        """Whether a peer is a trusted proxy, and its source."""
        address = _address(host or "")
        return (False, UNKNOWN) if address is None else (self._is_trusted(address), _source(address))

    def _is_trusted(self, address: _Address) -> bool:
        return any(address in network for network in self._trusted if network.version == address.version)


def _host(scope: Any) -> str | None:
    client = scope.get("client")
    return client[0] if client else None


def _values(scope: Any, name: bytes) -> list[str]:
    return [value.decode("latin-1").strip() for key, value in scope["headers"] if key == name]


def _forwarded_for(scope: Any) -> list[str]:
    joined = ",".join(_values(scope, b"x-forwarded-for"))
    return [hop.strip() for hop in joined.split(",")] if joined else []


def _forwarded(scope: Any, parameter: str = "for") -> list[str]:
    """A parameter of each element of `Forwarded` (RFC 7239); empty where an element names none."""
    joined = ",".join(_values(scope, b"forwarded"))
    elements = [""] if "\\" in joined else _ELEMENT.findall(joined)
    pairs = [{name.lower(): value.strip('"') for name, value in _PAIR.findall(element)} for element in elements]
    return [named.get(parameter, "") for named in pairs]


def _address(text: str) -> _Address | None:
    """The address in a host or node name, with or without a port. IPv4 in IPv6 is IPv4; a zone is dropped."""
    match = _NODE.fullmatch(text.partition("%")[0])
    if match is None:
        return None
    try:
        address = ip_address(match["six"] or match["four"] or match["bare"])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _source(address: _Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((int(address), _SOURCE_BITS_IPV6), strict=False))
