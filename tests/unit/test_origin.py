"""Where a request comes from: what proxies say is believed from trusted proxies only."""

from __future__ import annotations

import base64
import hashlib
from ipaddress import ip_network
from typing import Any

import pytest

from service.origin import Origins

ORIGINS = Origins([ip_network("10.0.0.0/8"), ip_network("fd00::/8")])
CERTIFICATE = b"a certificate in DER"
SHOWN = ":" + base64.b64encode(CERTIFICATE).decode() + ":"


def scope(peer: str | None, *fields: tuple[str, str]) -> dict[str, Any]:
    headers = [(name.encode(), value.encode("latin-1")) for name, value in fields]
    return {"client": (peer, 1234) if peer else None, "headers": headers}


def source(peer: str | None, *fields: tuple[str, str]) -> str:
    return ORIGINS.source(scope(peer, *fields))


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        (None, "unknown"),
        ("/run/socket", "unknown"),
    ],
)
def test_without_a_proxy_the_source_is_the_peer(peer: str | None, expected: str) -> None:
    assert source(peer) == expected


@pytest.mark.parametrize("name", ["x-forwarded-for", "forwarded", "client-cert"])
@pytest.mark.parametrize("peer", ["192.0.2.1", "11.0.0.1", "::ffff:192.0.2.1", "2001:db8::1", None])
def test_what_anyone_else_says_is_ignored(peer: str | None, name: str) -> None:
    fields = {"x-forwarded-for": "198.51.100.7", "forwarded": "for=198.51.100.7", "client-cert": SHOWN}
    field = (name, fields[name])
    assert source(peer, field) == source(peer)
    assert ORIGINS.certificate(scope(peer, field)) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("1.2.3.4, 198.51.100.7", "198.51.100.7"),
        ("1.2.3.4, 198.51.100.7, 10.0.0.2,10.0.0.3", "198.51.100.7"),
        ("10.0.0.2, 10.0.0.3", "10.0.0.2"),
        ("198.51.100.7:4711", "198.51.100.7"),
        ("[2001:db8::1]:4711", "2001:db8::/64"),
        ("2001:db8::1", "2001:db8::/64"),
        ("::ffff:10.0.0.9, ::ffff:198.51.100.7, ::ffff:10.0.0.9", "198.51.100.7"),
        ("198.51.100.7, unknown", "10.0.0.1"),
        ("198.51.100.7, garbage, 10.0.0.2", "10.0.0.2"),
        ("198.51.100.7, 999.1.1.1", "10.0.0.1"),
        ("198.51.100.7,", "10.0.0.1"),
        ("", "10.0.0.1"),
        ("é", "10.0.0.1"),
    ],
)
def test_the_last_address_that_is_not_a_trusted_proxy_counts(value: str, expected: str) -> None:
    assert source("10.0.0.1", ("x-forwarded-for", value)) == expected


def test_several_fields_are_one_list() -> None:
    fields = [("x-forwarded-for", "1.2.3.4"), ("x-forwarded-for", "198.51.100.7"), ("x-forwarded-for", "10.0.0.2")]
    assert source("10.0.0.1", *fields) == "198.51.100.7"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("for=198.51.100.7", "198.51.100.7"),
        ("for=1.2.3.4, For=198.51.100.7;proto=https;by=10.0.0.1", "198.51.100.7"),
        ('proto=https; for="198.51.100.7:80"', "198.51.100.7"),
        ('for="[2001:db8::1]:4711"', "2001:db8::/64"),
        ("for=198.51.100.7, for=10.0.0.2", "198.51.100.7"),
        ("for=_hidden", "10.0.0.1"),
        ("for=198.51.100.7, proto=https", "10.0.0.1"),
        ('host="a;for=1.2.3.4;b";for=198.51.100.7', "198.51.100.7"),
        ('host="a, for=1.2.3.4";for=198.51.100.7', "198.51.100.7"),
        ('for=198.51.100.7;host="a, for=1.2.3.4"', "198.51.100.7"),
        ('for="198.51.100.7\\"";host="x"', "10.0.0.1"),
        ('for="198.51.100.7', "10.0.0.1"),
        ("nothing", "10.0.0.1"),
    ],
)
def test_the_standard_field_is_read_as_rfc_7239_says(value: str, expected: str) -> None:
    assert source("10.0.0.1", ("forwarded", value)) == expected


def test_fields_that_contradict_each_other_are_not_believed() -> None:
    agreeing = [("x-forwarded-for", "198.51.100.7"), ("forwarded", "for=198.51.100.7")]
    assert source("10.0.0.1", *agreeing) == "198.51.100.7"
    contradicting = [("x-forwarded-for", "198.51.100.7"), ("forwarded", "for=203.0.113.9")]
    assert source("10.0.0.1", *contradicting) == "10.0.0.1"


def test_only_as_many_hops_as_there_can_be_are_looked_at() -> None:
    hops = ["198.51.100.7"] + ["10.0.0.2"] * 40
    assert source("10.0.0.1", ("x-forwarded-for", ",".join(hops))) == "10.0.0.2"


def test_no_field_is_long_enough_to_stall() -> None:
    for name in ("x-forwarded-for", "forwarded"):
        for piece in ('"', ",", ";", "for=", 'for="', " ", "a", "[:", "1."):
            assert source("10.0.0.1", (name, piece * 60_000)) == "10.0.0.1"


def test_a_certificate_is_told_by_its_digest() -> None:
    expected = hashlib.sha256(CERTIFICATE).digest()
    assert ORIGINS.certificate(scope("10.0.0.1", ("client-cert", SHOWN))) == expected
    assert ORIGINS.certificate(scope("fd00::1", ("client-cert", f" {SHOWN} "))) == expected


@pytest.mark.parametrize(
    "fields",
    [
        [],
        [""],
        [":"],
        ["::"],
        [SHOWN[1:]],
        [SHOWN[:-1]],
        [SHOWN[1:-1]],
        [SHOWN[:-2] + "!:"],
        [SHOWN + ";a=1"],
        [SHOWN + ", " + SHOWN],
        [SHOWN, SHOWN],
        [":é:"],
        ["-----BEGIN CERTIFICATE-----"],
    ],
)
def test_what_is_not_one_byte_sequence_is_no_certificate(fields: list[str]) -> None:
    assert ORIGINS.certificate(scope("10.0.0.1", *(("client-cert", value) for value in fields))) is None
