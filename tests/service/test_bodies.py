"""Bodies that are compressed, too large, broken, or made to hurt whoever reads them."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import orjson
import pytest

from service.bodies import Inflater
from service.errors import BodyTooLargeError
from tests.running import RunningService

CAP = 1_000_000
BODY = b'{"query": "{viewer{client}}"}'
ANSWER = {"data": {"viewer": {"client": "mot-cua"}}}
ENCODERS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress}


def post(
    service: RunningService, body: bytes | Iterator[bytes], *encodings: str, accept: str = "application/json"
) -> httpx.Response:
    headers = [
        ("authorization", service.governance.authorizations["mot-cua"]),
        ("content-type", "application/json"),
        ("accept", accept),
        *(("content-encoding", encoding) for encoding in encodings),
    ]
    return service.session.post(f"{service.url}/graphql", content=body, headers=headers, timeout=30)


def refusal(response: httpx.Response) -> tuple[int, str]:
    body = response.json()
    assert "data" not in body
    return response.status_code, body["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize("encoding", ENCODERS)
@pytest.mark.parametrize("write", [str, str.upper, lambda name: f"identity, {name}"])
def test_a_compressed_body_is_read(service: RunningService, encoding: str, write: Any) -> None:
    assert post(service, ENCODERS[encoding](BODY), write(encoding)).json() == ANSWER


def test_a_compressed_body_in_small_chunks_is_read(service: RunningService) -> None:
    compressed = gzip.compress(BODY)
    chunks = (compressed[at : at + 1] for at in range(len(compressed)))
    assert post(service, chunks, "gzip").json() == ANSWER


def test_a_body_called_identity_and_x_gzip_are_taken(service: RunningService) -> None:
    assert post(service, BODY, "identity").json() == ANSWER
    assert post(service, gzip.compress(BODY), "x-gzip").json() == ANSWER


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, br", "*", "gzip;q=1", "none"])
def test_another_encoding_is_415_and_told_which_are_taken(service: RunningService, encoding: str) -> None:
    response = post(service, BODY, encoding)
    assert refusal(response) == (415, "UNSUPPORTED_CONTENT_ENCODING")
    assert response.headers["accept-encoding"] == "gzip, deflate"


def test_another_media_type_is_no_question_of_encoding(service: RunningService) -> None:
    headers = {"authorization": service.governance.authorizations["mot-cua"], "content-type": "text/plain"}
    response = service.session.post(f"{service.url}/graphql", content=BODY, headers=headers)
    assert refusal(response) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert "accept-encoding" not in response.headers


GZIPPED, DEFLATED = gzip.compress(BODY), zlib.compress(BODY)
BROKEN = {
    "empty": ("gzip", b""),
    "not compressed": ("gzip", BODY),
    "of the other encoding": ("deflate", GZIPPED),
    "without a header": ("deflate", DEFLATED[2:-4]),
    "without an end": ("gzip", GZIPPED[:-9]),
    "without its checksum": ("gzip", GZIPPED[:-8]),
    "without its last byte": ("deflate", DEFLATED[:-1]),
    "with a wrong checksum": ("gzip", GZIPPED[:-8] + bytes(4) + GZIPPED[-4:]),
    "with a wrong length": ("gzip", GZIPPED[:-4] + b"\xff\xff\xff\xff"),
    "with a changed byte": ("deflate", DEFLATED[:8] + bytes([DEFLATED[8] ^ 1]) + DEFLATED[9:]),
    "with something after its end": ("gzip", GZIPPED + b" "),
    "with zeros after its end": ("gzip", GZIPPED + bytes(8)),
    "with a second member": ("gzip", GZIPPED + GZIPPED),
    "with a preset dictionary": ("deflate", b"\x78\xbb" + bytes(20)),
    "compressed twice": ("gzip", gzip.compress(GZIPPED)),
    "of nothing": ("gzip", gzip.compress(b"")),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_stream_is_told_so(service: RunningService, name: str) -> None:
    encoding, body = BROKEN[name]
    assert refusal(post(service, body, encoding)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("encodings", [("gzip, gzip",), ("gzip", "gzip"), ("deflate, gzip",)])
def test_a_body_under_two_encodings_is_told_so(service: RunningService, encodings: tuple[str, ...]) -> None:
    response = post(service, gzip.compress(GZIPPED), *encodings)
    assert refusal(response) == (400, "BAD_REQUEST")
    assert "once" in response.json()["errors"][0]["message"]


def padded(size: int) -> bytes:
    return BODY + b" " * (size - len(BODY))


@pytest.mark.parametrize("encoding", ENCODERS)
def test_the_cap_holds_for_what_comes_out(service: RunningService, encoding: str) -> None:
    compress = ENCODERS[encoding]
    assert post(service, compress(padded(CAP)), encoding).json() == ANSWER
    refused = post(service, compress(padded(CAP + 1)), encoding)
    assert refusal(refused) == (413, "BODY_TOO_LARGE")
    assert refused.json()["errors"][0]["extensions"]["allowed"] == CAP


def test_the_cap_holds_for_what_comes_in(service: RunningService) -> None:
    assert post(service, padded(CAP)).json() == ANSWER
    assert refusal(post(service, padded(CAP + 1))) == (413, "BODY_TOO_LARGE")
    with io.BytesIO() as file:
        with gzip.GzipFile(fileobj=file, mode="wb", filename="n" * CAP, mtime=0) as stream:
            stream.write(BODY)
        long_header = file.getvalue()
    assert len(long_header) > CAP
    assert refusal(post(service, long_header, "gzip")) == (413, "BODY_TOO_LARGE")


def test_a_bomb_is_refused_and_the_service_goes_on(service: RunningService) -> None:
    bomb = gzip.compress(bytes(100_000_000))
    assert len(bomb) < CAP
    assert refusal(post(service, bomb, "gzip")) == (413, "BODY_TOO_LARGE")
    assert post(service, BODY).json() == ANSWER


def test_a_bomb_costs_the_cap_in_memory_and_no_more() -> None:
    bomb = zlib.compress(bytes(200_000_000), 9)
    assert len(bomb) < CAP
    inflater = Inflater("deflate", CAP)
    tracemalloc.start()
    try:
        with pytest.raises(BodyTooLargeError):
            inflater.feed(bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * CAP + len(bomb)


def nested(depth: int, opening: bytes, closing: bytes) -> bytes:
    return opening * depth + b"1" + closing * depth


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (nested(100_000, b"[", b"]"), "not valid JSON"),
        (nested(50_000, b'{"a":', b"}"), "not valid JSON"),
        (b'{"query": "{viewer{client}}", "extensions": ' + nested(2_000, b"[", b"]") + b"}", "not valid JSON"),
        (b'{"query": "{viewer{client}}", "extensions": ' + nested(900, b"[", b"]") + b"}", "`extensions`"),
        (b'{"query": "{viewer{client}}", "variables": ' + b"1" * 400 + b"}", "not valid JSON"),
        (b'{"query": 1' + b"0" * 300 + b"}", "`query`"),
        (b'{"query": NaN}', "not valid JSON"),
        (b'{"query": "\\ud800"}', "not valid JSON"),
        (b"\xef\xbb\xbf" + BODY, "not valid JSON"),
        (BODY.decode().encode("utf-16"), "not valid JSON"),
        (BODY + BODY, "not valid JSON"),
        (b'{"query": "{viewer{client}}",}', "not valid JSON"),
    ],
)
def test_json_that_is_made_to_hurt_is_told_so(service: RunningService, body: bytes, expected: str) -> None:
    response = post(service, body)
    assert refusal(response) == (400, "BAD_REQUEST")
    assert expected in response.json()["errors"][0]["message"]


TYPES = [
    "PersonalId!",
    "[PersonalId!]!",
    "String!",
    "Int!",
    "PartialDate!",
    "CitizenFilter!",
    "CitizenOrder!",
    "Boolean!",
]
VALUES = {
    "nested lists": nested(1_000, b"[", b"]"),
    "nested objects": nested(1_000, b'{"name":', b"}"),
    "large integer": b"9" * 300,
    "beyond 64 bits": b"18446744073709551616",
    "beyond 32 bits": b"9223372036854775807",
    "small fraction": b"1e-400",
    "long fraction": b"0." + b"3" * 100_000,
    "long string": b'"' + b"x" * 500_000 + b'"',
    "zero bytes": b'"\\u0000\\u0000"',
    "many entries": b"{" + b",".join(b'"k%d":%d' % (n, n) for n in range(50_000)) + b"}",
    "many items": b"[" + b",".join(b"%d" % n for n in range(100_000)) + b"]",
}


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("name", VALUES)
def test_no_value_of_a_variable_breaks_the_service(service: RunningService, type_: str, name: str) -> None:
    query = f"query($v: {type_}) {{ citizens(personalIds: $v) {{ personalId }} }}"
    if type_ != "[PersonalId!]!":
        argument = {
            "PersonalId!": "citizen(personalId: $v) { personalId }",
            "Int!": 'searchCitizens(filter: {name: "a"}, first: $v) { edges { cursor } }',
            "PartialDate!": "searchCitizens(filter: {dateOfBirth: $v}) { edges { cursor } }",
            "CitizenFilter!": "searchCitizens(filter: $v) { edges { cursor } }",
            "CitizenOrder!": 'searchCitizens(filter: {name: "a"}, orderBy: $v) { edges { cursor } }',
            "String!": "searchCitizens(filter: {name: $v}) { edges { cursor } }",
            "Boolean!": "viewer { client @include(if: $v) }",
        }[type_]
        query = f"query($v: {type_}) {{ {argument} }}"
    body = b'{"query": %s, "variables": {"v": %s}}' % (orjson.dumps(query), VALUES[name])
    response = post(service, body, accept="application/graphql-response+json")
    codes = {error["extensions"]["code"] for error in response.json().get("errors", ())}
    assert response.status_code < 500
    assert codes <= {"BAD_USER_INPUT", "LIMIT_EXCEEDED", "GRAPHQL_VALIDATION_FAILED"}
    assert len(response.content) < CAP


def test_variables_that_no_operation_has_cost_nothing(service: RunningService) -> None:
    extra = b",".join(b'"k%d":[%d]' % (n, n) for n in range(60_000))
    body = b'{"query": "query($c: Boolean!) {viewer{client @include(if: $c)}}", "variables": {%s, "c": true}}' % extra
    assert len(body) < CAP
    assert post(service, body).json() == ANSWER


@pytest.mark.parametrize(
    "query",
    [
        "{" + "a{" * 1_500 + "b" + "}" * 1_501,
        "{viewer(a:" + "[" * 1_900 + "]" * 1_900 + "){client}}",
        "query($a:" + "[" * 1_900 + "Int" + "]" * 1_900 + "){viewer{client}}",
        "{viewer(a:" + "{a:" * 1_200 + "1" + "}" * 1_200 + "){client}}",
        "{" + "...{" * 1_300 + "viewer{client}" + "}" * 1_301,
        "{viewer{client}}" + " #x\n" * 5_000,
        "{viewer{client}}" + ",".join(f"fragment F{n} on Query{{...F{n + 1}}}" for n in range(400)),
        "{viewer(a:" + "9" * 10_000 + "){client}}",
        '{viewer(a:"' + "x" * 900_000 + '"){client}}',
        "{viewer{client}" + " @skip(if:false)" * 600 + "}",
    ],
)
def test_a_document_that_is_made_to_hurt_is_refused_in_words(service: RunningService, query: str) -> None:
    response = post(service, orjson.dumps({"query": query}), accept="application/graphql-response+json")
    status, code = refusal(response)
    assert (status, code) in {
        (400, "LIMIT_EXCEEDED"),
        (400, "GRAPHQL_PARSE_FAILED"),
        (400, "GRAPHQL_VALIDATION_FAILED"),
    }
    assert len(response.content) < 100_000


def test_a_document_nested_too_deeply_is_not_blamed_on_its_tokens(service: RunningService) -> None:
    response = post(service, orjson.dumps({"query": "{" + "a{" * 1_000 + "b" + "}" * 1_001}))
    extensions = response.json()["errors"][0]["extensions"]
    assert (extensions["code"], extensions["limit"]) == ("LIMIT_EXCEEDED", "nesting")
