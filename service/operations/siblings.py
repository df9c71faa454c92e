"""The other workers of this service, asked over Unix sockets in a folder that only its own user can open.

A worker answers questions of one line each: `metrics`, `list SEARCH`, `trace ID`, `page ID`. It answers with what its
own pages show. Nothing is asked of a network.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

__all__ = ["Answer", "Siblings"]

Answer = Callable[[str, str], Awaitable[bytes]]
"""Answers a question: its name, and what is asked."""

_TIMEOUT = 5.0
_MOST = 64_000_000
_LONGEST = 4_000


class Siblings:
    """The workers of the service that listens on `port`. With one worker there is nobody to ask."""

    def __init__(self, port: int, *, workers: int) -> None:
        self._alone = workers == 1
        self._folder = Path(tempfile.gettempdir()) / f"lienthong-{os.getuid()}-{port}"

    @asynccontextmanager
    async def answering(self, answer: Answer) -> AsyncIterator[None]:
        """Answer the others while the block runs."""
        if self._alone:
            yield
            return
        self._folder.mkdir(mode=0o700, exist_ok=True)
        if self._folder.stat().st_uid != os.getuid() or self._folder.stat().st_mode & 0o077:
            raise PermissionError(f"{self._folder} belongs to somebody else")

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError, asyncio.LimitOverrunError, asyncio.IncompleteReadError):
                name, _, asked = (await reader.readuntil()).decode().rstrip("\n").partition(" ")
                writer.write(await answer(name, asked))
                await writer.drain()
            writer.close()

        own = self._folder / f"{os.getpid()}.sock"
        own.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(serve, own, limit=_LONGEST)
        try:
            yield
        finally:
            server.close()
            own.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # the last one leaves nothing
                self._folder.rmdir()

    async def ask(self, name: str, asked: str = "") -> dict[int, bytes]:
        """What the other workers answer, by process id. One that is gone or does not answer in time is left out."""
        if self._alone or not self._folder.is_dir():
            return {}
        others = {int(path.stem): path for path in self._folder.glob("*.sock") if path.stem.isdigit()}
        others.pop(os.getpid(), None)
        answers = await asyncio.gather(*(_ask(path, f"{name} {asked}\n") for path in others.values()))
        return {pid: answer for pid, answer in sorted(zip(others, answers, strict=True)) if answer is not None}


async def _ask(path: Path, question: str) -> bytes | None:
    try:
        async with asyncio.timeout(_TIMEOUT):
            reader, writer = await asyncio.open_unix_connection(path, limit=_MOST)
            writer.write(question.encode())
            await writer.drain()
            answer = await reader.read()
            writer.close()
    except (OSError, TimeoutError):
        return None
    return answer
