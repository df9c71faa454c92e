"""The personas: invented numbers of the right shape, and somebody for every contract to ask about."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from samples.personas import EVERYONE, FAILING_REGISTER, FAILING_SPECIALISED, PERSONAS, SLOW_SPECIALISED, resident
from samples.personas.documents import collections
from samples.personas.rows import tables
from samples.provinces import PROVINCES
from samples.register import COLUMNS


@pytest.mark.parametrize("of", ["code", "number", "plate", "licence", "insurance_card", "degree", "file_number"])
def test_nobody_shares_a_number(of: str) -> None:
    shared = [value for value, times in Counter(getattr(one, of) for one in EVERYONE).items() if times > 1]
    assert not shared


def test_numbers_are_of_no_province() -> None:
    assert "000" not in {f"0{province.code}" for province in PROVINCES}
    for one in EVERYONE:
        assert re.fullmatch(r"000\d{9}", one.number), one


def test_a_number_tells_sex_and_year_of_birth_as_the_decree_says() -> None:
    for one in EVERYONE:
        century, year = 19 + int(one.number[3]) // 2, one.number[4:6]
        assert one.born[:4] == f"{century}{year}", one


def test_there_is_a_resident_for_every_row_scope() -> None:
    for province in PROVINCES:
        assert resident({"province": [province.code]}).province == province.code
    assert resident({}).code == "FULL"
    assert resident({"residence": ["UNREGISTERED"]}).province is None
    assert resident({"residence": ["ABSENT"]}).away


def test_what_the_issue_of_a_technical_test_needs_is_there() -> None:
    codes = {one.code for one in PERSONAS}
    assert {"YEAR_ONLY", "PROTECTED", "WITHOUT_PAPERS", "DECEASED", "LARGE_HOUSEHOLD", "SPECIALISED_DOWN"} <= codes
    rows = tables()
    household = next(
        dict(zip(COLUMNS["citizen"], row, strict=True))["household_id"]
        for row in rows["citizen"]
        if dict(zip(COLUMNS["citizen"], row, strict=True))["personal_id"] == "000060000006"
    )
    members = [r for r in rows["citizen"] if dict(zip(COLUMNS["citizen"], r, strict=True))["household_id"] == household]
    assert len(members) == 10


def test_a_persona_for_outages_has_records_that_would_be_found() -> None:
    everything = repr((tables(), collections()))
    for keys in (FAILING_SPECIALISED, SLOW_SPECIALISED):
        for key in keys:
            assert key in everything
    assert FAILING_REGISTER[0] in everything


def test_the_document_lists_every_persona() -> None:
    document = Path("docs/sandbox.md").read_text(encoding="utf-8")
    listed = [line for line in document.splitlines() if line.startswith("| `000")]
    assert listed == [f"| `{one.number}` | {one.full_name} | {one.vi} · *{one.en}* |" for one in PERSONAS]
