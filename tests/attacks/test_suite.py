"""The suite is complete: every way has its tests, every test tries a way, each protection is where it is said to be."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.attacks.breaking import ROOT, place_of
from tests.attacks.items import ITEMS, table
from tests.attacks.protections import PROTECTIONS, Protection

HERE = Path(__file__).parent
PARAGRAPHS = {
    "Selection": "selection",
    "Schema disclosure": "schema_disclosure",
    "Inference": "inference",
    "Federation": "federation",
    "Between clients": "between_clients",
    "Life cycle": "life_cycle",
}
# The proof's own proof: they try no way, but show that the tests beside them would see one.
CONTROLS = {"test_the_normal_form_tells_bodies_apart", "test_a_refused_look_at_the_schema_says_nothing"}


def names_in(file: Path) -> set[str]:
    """The names of the tests in a file."""
    body = ast.parse(file.read_text(encoding="utf-8")).body
    return {
        n.name for n in body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) and n.name.startswith("test_")
    }


TESTS = {file.name: names_in(file) for file in sorted(HERE.glob("test_*.py"))}


def test_every_way_is_tried_by_a_test_that_exists() -> None:
    known = set().union(*TESTS.values())
    for item in ITEMS:
        assert item.tests, item
        assert set(item.tests) <= known, set(item.tests) - known


def test_every_test_of_a_paragraph_tries_one_of_its_ways() -> None:
    named = {name for item in ITEMS for name in item.tests} | CONTROLS
    for paragraph, stem in PARAGRAPHS.items():
        own = set().union(*(tests for file, tests in TESTS.items() if file.startswith(f"test_{stem}")))
        assert own, paragraph
        assert own <= named, own - named


@pytest.mark.parametrize("paragraph", PARAGRAPHS)
def test_every_paragraph_is_there(paragraph: str) -> None:
    assert len({item.way for item in ITEMS if item.paragraph == paragraph}) > 10


def test_the_readme_lists_every_way() -> None:
    assert table() in (HERE / "README.md").read_text(encoding="utf-8"), "run `python -m tests.attacks.items`"


@pytest.mark.parametrize("protection", PROTECTIONS, ids=lambda protection: protection.what)
def test_a_protection_is_where_it_is_said_to_be(protection: Protection) -> None:
    assert (ROOT / protection.file).read_text(encoding="utf-8").count(protection.old) == 1
    assert protection.new != protection.old
    assert place_of(protection.test)


def test_protections_of_every_paragraph_are_broken() -> None:
    broken = {Path(place_of(protection.test).split("::")[0]).name for protection in PROTECTIONS}
    for stem in PARAGRAPHS.values():
        assert any(file.startswith(f"test_{stem}") for file in broken), stem
