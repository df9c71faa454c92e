"""The media type of an answer by its `Accept` header."""

from __future__ import annotations

import pytest

from service.negotiation import GRAPHQL_RESPONSE, JSON, preferred

NEITHER = None


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", JSON),
        (" ", JSON),
        (",", JSON),
        ("application/json", JSON),
        ("application/graphql-response+json", GRAPHQL_RESPONSE),
        ("Application/GraphQL-Response+JSON", GRAPHQL_RESPONSE),
        ("application/graphql-response+json; charset=utf-8", GRAPHQL_RESPONSE),
        ("application/json; charset=utf-8; q=0.4", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/html", NEITHER),
        ("text/*", NEITHER),
        # Both are named: the heavier one, and of equal ones the one whose status tells more.
        ("application/json, application/graphql-response+json", GRAPHQL_RESPONSE),
        ("application/graphql-response+json, application/json", GRAPHQL_RESPONSE),
        ("application/graphql-response+json, application/json;q=0.9", GRAPHQL_RESPONSE),
        ("application/graphql-response+json;q=0.9, application/json", JSON),
        ("application/json;q=0.2, application/graphql-response+json;q=0.1", JSON),
        ("application/json;Q=0.1, application/graphql-response+json;q=0.10", GRAPHQL_RESPONSE),
        ("application/json ; q=0.001 , application/graphql-response+json ; q=0", JSON),
        # A wildcard weighs what no more specific range does.
        ("*/*, application/graphql-response+json", GRAPHQL_RESPONSE),
        ("*/*, application/json", JSON),
        ("*/*;q=0.1, application/graphql-response+json;q=0.5", GRAPHQL_RESPONSE),
        ("*/*, application/graphql-response+json;q=0.5", JSON),
        ("*/*, application/json;q=0.5", GRAPHQL_RESPONSE),
        ("application/*;q=0.1, */*, application/json;q=0.2", JSON),
        ("application/*, */*;q=0", JSON),
        ("text/html, application/xhtml+xml, */*;q=0.8", JSON),
        # What weighs nothing is not wanted.
        ("application/json;q=0", NEITHER),
        ("*/*;q=0", NEITHER),
        ("*/*;q=0.000", NEITHER),
        ("application/json;q=0, */*", GRAPHQL_RESPONSE),
        ("application/graphql-response+json;q=0, */*", JSON),
        ("application/json;q=0, application/graphql-response+json;q=0, */*", NEITHER),
        ("application/*;q=0, */*", NEITHER),
        # What is not of the grammar is passed over.
        ("application/json;q=2", NEITHER),
        ("application/json;q=-1", NEITHER),
        ("application/json;q=0.1234", NEITHER),
        ("application/json;q=nan", NEITHER),
        ("application/json;q=", NEITHER),
        ("application/json;q=high, application/graphql-response+json;q=0.1", GRAPHQL_RESPONSE),
        ("json", NEITHER),
        (";q=1", NEITHER),
        ('application/json;note="a,b"', JSON),
        ("application/json;;", JSON),
    ],
)
def test_the_type_that_weighs_most_is_chosen(accept: str, expected: str | None) -> None:
    assert preferred(accept) == expected


def test_a_long_header_takes_no_long_time() -> None:
    assert preferred("a/b;q=0.1," * 100_000 + "application/json") == JSON
    assert preferred("application/json" + ";" * 1_000_000) == JSON
    assert preferred('"\\' * 500_000) is None
