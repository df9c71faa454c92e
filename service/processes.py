"""Servers as child processes that never outlive this one, ended in good order or, if need be, by force."""

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # part of the `demo` extra: imported where it is used
    import psutil

START_SECONDS = 60.0
"""How long a server may take until it answers; recovery after a crash is part of it."""

STOP_SECONDS = 10.0
"""How long a server may take to end before it is killed."""

# Ends the children when its standard input ends: the holder of the other end is gone, however it went.
_GUARDIAN = """
children=
while read -r signal pid; do children="$children $signal:$pid"; done
for child in $children; do kill -"${child%%:*}" "${child#*:}"; done
tries=0
while [ $tries -lt 100 ]; do
  alive=
  for child in $children; do kill -0 "${child#*:}" && alive=yes; done
  [ -n "$alive" ] || exit 0
  tries=$((tries + 1))
  sleep 0.1
done
for child in $children; do kill -KILL "${child#*:}"; done
"""


class EmbeddedServerError(Exception):
    """An embedded server could not be prepared or did not start; the text says why and ends with its log."""


@dataclass(frozen=True)
class Child:
    """A running server: its process, the signal that ends it in good order, and its log."""

    name: str
    process: subprocess.Popen[bytes]
    stop_signal: signal.Signals
    log: Path

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Return when `ready()`; raise EmbeddedServerError if it ends first, or after START_SECONDS."""
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            status = self.process.poll()
            if status is not None:
                raise self._failure(f"ended with status {status} while starting")
            if time.monotonic() > deadline:
                raise self._failure(f"was not ready after {START_SECONDS:.0f} s")
            time.sleep(0.02)

    def _failure(self, what: str) -> EmbeddedServerError:
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])
        return EmbeddedServerError(f"{self.name} {what}; the end of {self.log}:\n{tail}")


class Children:
    """The running servers of this process, and a guardian that ends them if this process is killed."""

    def __init__(self) -> None:
        self._children: list[Child] = []
        self._guardian = subprocess.Popen(
            ["sh", "-c", _GUARDIAN],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def start(self, command: Sequence[str], log: Path, stop_signal: signal.Signals) -> Child:
        """Start `command` with a new log, in a session of its own: Ctrl-C reaches this process only."""
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                start_new_session=True,
            )
        child = Child(log.stem, process, stop_signal, log)
        self._children.append(child)
        if self._guardian.stdin is not None:
            self._guardian.stdin.write(f"{stop_signal.name.removeprefix('SIG')} {process.pid}\n".encode())
            self._guardian.stdin.flush()
        return child

    def stop(self) -> None:
        """End all children, side by side, then the guardian; returns when none is left."""
        for child in self._children:
            if child.process.poll() is None:
                child.process.send_signal(child.stop_signal)
        for child in self._children:
            try:
                child.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
        self._children.clear()
        self._guardian.kill()
        self._guardian.communicate()


def end_leftovers(belongs: "Callable[[psutil.Process], bool]") -> None:
    """End the processes of this machine for which `belongs`: servers of an earlier run that was killed."""
    import psutil

    leftovers = [process for process in psutil.process_iter() if _alive(process, belongs)]
    for request in (signal.SIGINT, signal.SIGKILL):
        for process in leftovers:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(request)
        deadline = time.monotonic() + STOP_SECONDS
        while leftovers and time.monotonic() < deadline:
            leftovers = [process for process in leftovers if _alive(process)]
            time.sleep(0.02)


def _alive(process: "psutil.Process", belongs: "Callable[[psutil.Process], bool]" = lambda _: True) -> bool:
    """Whether a process runs; a zombie, which in a container may never be collected, does not."""
    import psutil

    try:
        return process.status() != psutil.STATUS_ZOMBIE and belongs(process)
    except psutil.Error:
        return False
