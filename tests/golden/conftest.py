"""The flag that writes the golden files anew; pytest takes it when this folder is among its arguments."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regenerate-golden", action="store_true", help="write plan.txt and response.json anew")
