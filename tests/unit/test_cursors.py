"""Cursors: sealed with the key of today, opened with that of yesterday too."""

from __future__ import annotations

import pytest

from resolvers.cursors import CursorSealer
from resolvers.errors import CursorError

YESTERDAY, TODAY, OTHER = bytes(32), bytes([1]) * 32, bytes([2]) * 32


def test_a_cursor_sealed_before_a_rotation_still_opens_until_its_key_is_dropped() -> None:
    cursor = CursorSealer(YESTERDAY).seal(("an", 1), "binding")
    for previous in ([YESTERDAY], [OTHER, YESTERDAY]):
        assert CursorSealer(TODAY, previous).open(cursor, "binding") == ("an", 1)
    for previous in ([], [OTHER]):
        with pytest.raises(CursorError):
            CursorSealer(TODAY, previous).open(cursor, "binding")


def test_new_cursors_are_sealed_with_the_key_of_today() -> None:
    cursor = CursorSealer(TODAY, [YESTERDAY]).seal(("an", 1), "binding")
    assert CursorSealer(TODAY).open(cursor, "binding") == ("an", 1)
    with pytest.raises(CursorError):
        CursorSealer(YESTERDAY).open(cursor, "binding")


@pytest.mark.parametrize("previous", [[], [YESTERDAY]])
def test_a_cursor_opens_only_where_it_belongs(previous: list[bytes]) -> None:
    sealer = CursorSealer(TODAY, previous)
    cursor = sealer.seal(("an", 1), "binding")
    for forged in ("", "AAAA", cursor[:-2], cursor[:-2] + "AA", "é", "A" * 5000):
        with pytest.raises(CursorError):
            sealer.open(forged, "binding")
    with pytest.raises(CursorError):
        sealer.open(cursor, "another")
