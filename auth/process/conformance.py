"""The conformance list of a technical test: what the client's own traffic in the sandbox has shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from auth.process.completeness import Missing
from auth.process.dossier import Dossier

__all__ = ["unfinished_tests"]


async def unfinished_tests(_connection: Any, _dossier: Dossier) -> Sequence[Missing]:
    """What is open on the conformance list. Without a sandbox nothing can be shown, so nothing is finished."""
    return [Missing(path="tests", vi="Chưa có môi trường thử nghiệm", en="there is no sandbox to test in")]
