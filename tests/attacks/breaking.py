"""Take out one protection after the other and see that a test falls: `python -m tests.attacks.breaking`.

Works on a copy of the tree in a temporary folder. All of the tests must pass while nothing is broken; then each must
fall, and not for want of something else, when its protection is out. Words given as arguments choose protections by
what is said of them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.attacks.protections import PROTECTIONS, Protection

__all__ = ["ROOT", "main", "place_of"]

ROOT = Path(__file__).resolve().parents[2]
_LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".demo", "__pycache__", ".*_cache", ".hypothesis", "build", "dist")


def main(words: list[str]) -> int:
    """Break each protection in turn and print the table; the number of those that no test missed."""
    chosen = [p for p in PROTECTIONS if not words or any(word in p.what for word in words)]
    with tempfile.TemporaryDirectory(prefix="breaking-") as folder:
        copy = Path(folder) / "tree"
        shutil.copytree(ROOT, copy, ignore=_LEFT_OUT, symlinks=True)
        whole = _run(copy, sorted({p.test for p in chosen}))
        if whole.returncode != 0:
            print(whole.stdout[-4000:])  # noqa: T201 - a program that prints
            print("the tests do not pass unbroken")  # noqa: T201
            return 1
        print("| protection | where | broken into | test that falls | saying |\n|---|---|---|---|---|", flush=True)  # noqa: T201
        missed = 0
        for protection in chosen:
            complaint = _complaint(copy, protection)
            missed += complaint is None
            where = f"`{protection.file}`: {_code(protection.old)}"
            told = "**STANDS**" if complaint is None else _code(complaint)
            cells = (protection.what, where, _code(protection.new), protection.test, told)
            print("|", " | ".join(cells), "|", flush=True)  # noqa: T201
    return missed


def _complaint(copy: Path, protection: Protection) -> str | None:
    """What the protection's test says without it, None if it passes; the copy is whole again afterwards."""
    file = copy / protection.file
    text = file.read_text(encoding="utf-8")
    assert text.count(protection.old) == 1, protection
    file.write_text(text.replace(protection.old, protection.new), encoding="utf-8")
    try:
        done = _run(copy, [protection.test])
    finally:
        file.write_text(text, encoding="utf-8")
    if done.returncode == 0:
        return None
    assert done.returncode == 1, done.stdout
    assert " error" not in done.stdout.splitlines()[-1], f"the test did not run\n{done.stdout}"
    said = [line[1:].strip() for line in done.stdout.splitlines() if line.startswith("E  ")]
    return said[0][:100]


def _run(copy: Path, tests: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "INTERLEAVING_SECONDS": "2"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *(place_of(test) for test in tests)],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def place_of(test: str) -> str:
    """Where a test of the suite is, as pytest wants to be told."""
    (file,) = (f for f in Path(__file__).parent.glob("test_*.py") if f"\ndef {test}(" in f.read_text(encoding="utf-8"))
    return f"{file.relative_to(ROOT)}::{test}"


def _code(text: str) -> str:
    return f"`{' '.join(text.split())}`".replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
