"""A shell in which the tests run `lienthong`."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from service.cli import main
from tests.process.speaking import Assembly

__all__ = ["Done", "Shell"]

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class Shell:
    """Runs `lienthong` in a folder of its own, as one of the people or as the databases' owner."""

    assembly: Assembly
    folder: Path
    owner: dict[str, str]

    def environment(self, who: str | None) -> dict[str, str]:
        """What a command finds in its environment."""
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LIENTHONG_URL": self.assembly.service.url}
        if who is None:
            environment |= self.owner
        elif who:
            key = self.assembly.authorizations[who].removeprefix("Bearer ")
            environment |= {"LIENTHONG_ACCOUNT_KEY": key}
        return environment

    def run(self, who: str | None, *words: str, given: str = "") -> Done:
        """Run a command to its end: all of it, but in this process."""
        with (
            mock.patch.dict(os.environ, self.environment(who), clear=True),
            mock.patch.object(sys, "argv", ["lienthong", *words]),
            mock.patch.object(sys, "stdin", io.StringIO(given)),
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(io.StringIO()) as stdout,
            contextlib.redirect_stderr(io.StringIO()) as stderr,
            pytest.raises(SystemExit) as ended,
        ):
            main()
        return Done(int(ended.value.code or 0), stdout.getvalue(), stderr.getvalue())

    def start(self, who: str | None, *words: str) -> Done:
        """Run a command to its end in a process of its own."""
        command = [sys.executable, "-m", "service", *words]
        environment = self.environment(who)
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        return Done(done.returncode, done.stdout, done.stderr)

    def told(self, who: str | None, *words: str, given: str = "") -> Any:
        """What a command that must succeed prints as JSON."""
        done = self.run(who, *words, "--json", given=given)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return json.loads(done.stdout)

    def refused(self, who: str | None, *words: str, status: int = 1) -> Any:
        """The error of a command that must fail."""
        done = self.run(who, *words, "--json")
        assert (done.returncode, done.stdout) == (status, "")
        return json.loads(done.stderr)["error"]
