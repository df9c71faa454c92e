"""One suite for every kind of source: the same fetch of the same data gives the same rows."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.fetch import Column, Connector, Statement
from service.embedded import EmbeddedServers
from tests.connectors.dataset import (
    DOCUMENTS,
    EVERYONE,
    KINDS,
    MOTOR,
    NAME_OF_PROVINCE,
    PEOPLE,
    PYMONGO,
    RELATIONAL,
    SHIELDED_NAME_OF_PROVINCE,
    SOURCE,
    Kind,
    fetch_of,
    rows_of,
)

pytestmark = pytest.mark.servers

every_kind = pytest.mark.parametrize("kind", KINDS)
documents = pytest.mark.parametrize("kind", DOCUMENTS)
relational = pytest.mark.parametrize("kind", RELATIONAL)


@every_kind
@pytest.mark.parametrize("columns", [["ten", "so"], ["so", "ten"], ["_id"], ["ghi_chu", "_id", "so", "ma_tinh", "ten"]])
async def test_rows_hold_exactly_the_projection_in_its_order(connector: Connector, columns: list[str | Column]) -> None:
    found = await rows_of(connector, fetch_of("nguoi", columns))
    assert found == [[person[str(column)] for column in columns] for person in PEOPLE]


@every_kind
async def test_a_column_may_be_asked_for_twice(connector: Connector) -> None:
    found = await rows_of(connector, fetch_of("nguoi", ["so", "ten", "so"], ("so", "any", ("001",))))
    assert found == [["001", "Nguyễn Thị Ửng", "001"]]


@every_kind
@pytest.mark.parametrize(
    ("keys", "found"),
    [
        (("002",), ["002"]),
        (("006", "001", "002"), ["001", "002", "006"]),
        (("001", "001"), ["001"]),
        (("999", "002"), ["002"]),
        (("999",), []),
        ((), []),
    ],
    ids=["one", "many", "twice", "known and unknown", "unknown", "none"],
)
async def test_any_finds_the_rows_of_the_keys(connector: Connector, keys: tuple[str, ...], found: list[str]) -> None:
    assert await rows_of(connector, fetch_of("nguoi", ["so"], ("so", "any", keys))) == [[key] for key in found]


@every_kind
async def test_a_thousand_keys_are_one_fetch(connector: Connector) -> None:
    keys = (*(f"{number:06}" for number in range(1_000)), "001")
    assert await rows_of(connector, fetch_of("nguoi", ["_id"], ("so", "any", keys))) == [[1]]


@every_kind
async def test_numbers_are_keys_as_well(connector: Connector) -> None:
    assert await rows_of(connector, fetch_of("nguoi", ["_id", "so"], ("_id", "any", (2, 1)))) == [
        [1, "001"],
        [2, "002"],
    ]


@documents
async def test_a_key_that_is_a_list_is_found_by_each_of_its_items(connector: Connector) -> None:
    def marriages(*keys: str) -> Any:
        return rows_of(connector, fetch_of("ket_hon", ["_id", "hai_ben"], ("hai_ben", "any", keys)))

    assert await marriages("001") == [[1, ["001", "002"]], [2, ["001", "006"]]]
    assert await marriages("002", "001", "006") == [[1, ["001", "002"]], [2, ["001", "006"]]]
    assert await marriages("999") == []


@documents
async def test_a_path_that_is_not_there_is_null(connector: Connector) -> None:
    found = await rows_of(connector, fetch_of("ket_hon", ["noi.xa.ma", "chong.so", "hai_ben", "khong_co"]))
    assert found == [
        ["26734", "001", ["001", "002"], None],
        [None, None, ["001", "006"], None],
        [None, None, [], None],
        [None, None, None, None],
    ]


@documents
async def test_only_what_is_projected_leaves_a_document(connector: Connector) -> None:
    (row,) = await rows_of(connector, fetch_of("ket_hon", ["chong.so"], ("chong.so", "equals", "001")))
    assert row == ["001"]


@every_kind
@pytest.mark.parametrize("value", ["$gt", "a.b", "'; --", "002"])
async def test_equals_takes_a_value_for_nothing_but_itself(connector: Connector, value: str) -> None:
    assert await rows_of(connector, fetch_of("nguoi", ["so"], ("so", "equals", value))) == [[value]]
    assert await rows_of(connector, fetch_of("nguoi", ["so"], ("so", "any", (value,)))) == [[value]]


@every_kind
@pytest.mark.parametrize("value", ["", "00", "%", "$", '{"$gt": ""}', "' OR '1'='1", "001' --", "NULL", "a_b"])
async def test_what_looks_like_an_operator_finds_nothing(connector: Connector, value: str) -> None:
    assert await rows_of(connector, fetch_of("nguoi", ["so"], ("so", "equals", value))) == []
    assert await rows_of(connector, fetch_of("nguoi", ["so"], ("so", "any", (value,)))) == []


@every_kind
@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("Nguyễn", ["001", "$gt"]),
        ("Đ", ["002"]),
        ("đ", []),
        ("a.b", ["a.b"]),
        ("a", ["a.b", "'; --"]),
        ("(a+)+$", ["006"]),
        ("(a", ["006"]),
        (".", []),
        ("a%", []),
        ("a_", []),
        ("^a", []),
        ("\\", []),
        ("[", []),
        ("", [person["so"] for person in PEOPLE]),
    ],
)
async def test_a_prefix_is_no_pattern(connector: Connector, prefix: str, found: list[str]) -> None:
    assert await rows_of(connector, fetch_of("nguoi", ["so"], ("ten", "prefix", prefix))) == [[so] for so in found]


@every_kind
async def test_every_condition_must_hold(connector: Connector) -> None:
    fetch = fetch_of("nguoi", ["so"], ("so", "any", ("001", "002", "$gt")), ("ma_tinh", "any", ("79", "48")))
    assert await rows_of(connector, fetch) == [["001"], ["$gt"]]
    fetch = fetch_of("nguoi", ["so"], ("ten", "prefix", "Nguyễn"), ("so", "equals", "001"))
    assert await rows_of(connector, fetch) == [["001"]]


@every_kind
async def test_null_is_no_value(connector: Connector) -> None:
    assert await rows_of(connector, fetch_of("nguoi", ["so"], ("ma_tinh", "any", ("",)))) == []
    assert await rows_of(connector, fetch_of("nguoi", ["so"], ("ghi_chu", "prefix", ""), ("_id", "any", (2,)))) == []


@every_kind
async def test_rows_come_in_order_and_no_more_than_the_limit(connector: Connector) -> None:
    fetch = fetch_of("nguoi", ["ma_tinh", "_id"], ("ma_tinh", "any", ("79", "01", "00")), order=("ma_tinh", "_id"))
    everything = await rows_of(connector, fetch)
    assert everything == [["00", 4], ["01", 2], ["01", 6], ["79", 1], ["79", 3]]
    for limit in (1, 3, 5, 100):
        limited = fetch_of(
            "nguoi", ["ma_tinh", "_id"], ("ma_tinh", "any", ("79", "01", "00")), order=("ma_tinh", "_id"), limit=limit
        )
        assert await rows_of(connector, limited) == everything[:limit]


@relational
async def test_pages_follow_each_other_without_gap_or_repetition(connector: Connector) -> None:
    seen: list[list[Any]] = []
    after: tuple[Any, ...] = ("", 0)
    while page := await rows_of(
        connector,
        fetch_of(
            "nguoi",
            ["ma_tinh", "_id"],
            ("so", "any", tuple(person["so"] for person in PEOPLE if person["ma_tinh"])),
            (("ma_tinh", "_id"), "after", after),
            order=("ma_tinh", "_id"),
            limit=2,
        ),
    ):
        seen += page
        after = tuple(page[-1])
    assert seen == [["00", 4], ["01", 2], ["01", 6], ["79", 1], ["79", 3]]


@relational
async def test_a_reference_is_looked_up_in_the_same_fetch(connector: Connector) -> None:
    found = await rows_of(connector, fetch_of("nguoi", ["so", NAME_OF_PROVINCE, "ma_tinh"]))
    assert found == [
        ["001", "Hồ Chí Minh", "79"],
        ["002", "Hà Nội", "01"],
        ["$gt", "Hồ Chí Minh", "79"],
        ["a.b", None, "00"],
        ["'; --", None, None],
        ["006", "Hà Nội", "01"],
    ]


@relational
async def test_a_shielded_column_is_null_in_rows_that_are_not_surely_open(connector: Connector) -> None:
    shielded = Column("ma_tinh", unless="kin")
    found = await rows_of(connector, fetch_of("nguoi", ["_id", shielded, "ma_tinh", SHIELDED_NAME_OF_PROVINCE]))
    assert found == [
        [1, "79", "79", "Hồ Chí Minh"],
        [2, None, "01", None],
        [3, "79", "79", "Hồ Chí Minh"],
        [4, None, "00", None],
        [5, None, None, None],
        [6, "01", "01", "Hà Nội"],
    ]


@every_kind
async def test_rows_that_are_not_surely_open_are_left_out(connector: Connector) -> None:
    assert await rows_of(connector, fetch_of("nguoi", ["_id"], unless="kin")) == [[1], [3], [6]]
    some = fetch_of("nguoi", ["_id"], ("so", "any", ("002", "006", "a.b")), unless="kin", limit=2)
    assert await rows_of(connector, some) == [[6]]


@every_kind
@pytest.mark.parametrize(
    ("values", "found"), [(("a",), [1, 6]), (("b", "c"), [1, 2, 5]), (("a", "a"), [1, 6]), (("d",), []), ((), [])]
)
async def test_overlaps_finds_the_lists_with_one_of_the_values(
    connector: Connector, values: tuple[str, ...], found: list[int]
) -> None:
    fetch = fetch_of("nguoi", ["_id"], ("_id", "any", (1, 2, 3, 4, 5, 6)), ("nhan", "overlaps", values))
    assert await rows_of(connector, fetch) == [[number] for number in found]


@every_kind
async def test_an_empty_table_has_no_rows_and_a_source_answers_a_ping(connector: Connector) -> None:
    assert await rows_of(connector, fetch_of("nguoi", ["so"], ("_id", "any", (-1,)))) == []
    await connector.ping()
    assert len(await rows_of(connector, EVERYONE)) == len(PEOPLE)


@every_kind
async def test_closing_is_possible_before_the_first_fetch(kind: Kind, servers: EmbeddedServers) -> None:
    await kind.connect(servers).close()


@pytest.mark.parametrize("kind", KINDS[:3])
@pytest.mark.parametrize("name", ["so; DROP TABLE nguoi", 'so"', "$where", "a b", "so\n", "", "x.$y"])
async def test_a_name_that_is_not_plain_is_refused_before_the_server_sees_it(connector: Connector, name: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        await connector.fetch(fetch_of("nguoi", [name]))
    with pytest.raises(ValueError, match="not a"):
        await connector.fetch(fetch_of("nguoi", ["so"], unless=name))


@pytest.mark.parametrize("kind", [PYMONGO, MOTOR])
async def test_a_document_source_refuses_what_it_has_no_words_for(connector: Connector) -> None:
    with pytest.raises(ValueError, match="no operator 'after'"):
        await connector.fetch(fetch_of("nguoi", ["so"], (("_id",), "after", (1,))))
    with pytest.raises(ValueError, match="not a document path"):
        await connector.fetch(fetch_of("nguoi", [NAME_OF_PROVINCE]))
    with pytest.raises(ValueError, match="not a document path"):
        await connector.fetch(fetch_of("nguoi", [Column("so", unless="kin")]))


@every_kind
def test_a_rendered_statement_holds_no_value(kind: Kind, servers: EmbeddedServers) -> None:
    fetch = fetch_of(
        "nguoi", ["so", "ten"], ("so", "any", ("bi-mat",)), ("ten", "prefix", "bi-mat"), limit=2, unless="kin"
    )
    statement: Statement = fetch.statement
    text = kind.connect(servers).render(statement)
    assert "so" in text
    assert "nguoi" in text
    assert "kin" in text
    assert "bi-mat" not in text
    assert statement.source == SOURCE
