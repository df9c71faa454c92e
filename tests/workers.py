"""The service as its operator starts it, a process with several workers; and a connection that can be cut."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import httpx
import orjson

from service.settings import Settings
from tests.watch import WATCH

__all__ = ["Cut", "Process", "cut", "serving"]

_START_SECONDS = 60


@dataclass
class Process:
    """A running service; `kill` ends it and all its workers at once, without warning."""

    url: str
    process: subprocess.Popen[bytes]
    output: Path

    def ready(self) -> bool:
        """Whether it answers that it is ready."""
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        """SIGKILL to the whole process group."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


@contextmanager
def serving(settings: Settings, output: Path, more: Mapping[str, str] | None = None) -> Iterator[Process]:
    """`lienthong serve` with the given settings, ready; ended when the block ends, if it still runs.

    `more` are further variables of its environment.
    """
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "service", "serve"],
            env={**_environment(settings), **(more or {})},
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    running = Process(f"http://127.0.0.1:{settings.port}", process, output)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not running.ready():
            assert process.poll() is None, output.read_text()
            assert time.monotonic() < deadline, output.read_text()
            time.sleep(0.05)
        yield running
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                running.kill()
        for line in output.read_text(encoding="utf-8", errors="replace").splitlines():
            WATCH.hear_line(line)


def _environment(settings: Settings) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LIENTHONG_", "OTEL_"))}
    given: dict[str, Any] = {
        "governance_url": settings.governance_url,
        "sources": orjson.dumps(settings.sources).decode(),
        "cursor_key": settings.cursor_key.get_secret_value(),
        "audit_key": settings.audit_key.get_secret_value(),
        "port": settings.port,
        "workers": settings.workers,
        "audit_timeout": settings.audit_timeout,
        "pool_size": settings.pool_size,
        "failed_attempts": settings.failed_attempts,
        "log_requests": "all",
        "trace_ratio": settings.trace_ratio,
    }
    if settings.operator_key is not None:
        given["operator_key"] = settings.operator_key.get_secret_value()
    if settings.checkpoint_key is not None:
        given["checkpoint_file"] = settings.checkpoint_file
        given["checkpoint_key"] = settings.checkpoint_key.get_secret_value()
    root = str(Path(__file__).resolve().parents[1])
    return kept | {"PYTHONPATH": root} | {f"LIENTHONG_{name.upper()}": str(value) for name, value in given.items()}


class Cut:
    """A relay to a database server that can be cut, be slow, or go silent without a word.

    `silent` keeps connections open and carries nothing, as a network does that lost a route; `delay` are the seconds
    for which each piece is held back on its way to the server.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._place = unquote(parts.netloc.rpartition("@")[2])
        self._scheme = parts.scheme
        self._user = parts.username or ""
        self._database = parts.path.lstrip("/")
        self.delay = 0.0
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._open = True
        self._flowing = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_forever, name="cut", daemon=True)
        self.port = 0

    @property
    def url(self) -> str:
        """The server's URL through the relay."""
        user = f"{quote(self._user)}@" if self._user else ""
        return f"{self._scheme}://{user}127.0.0.1:{self.port}/{self._database}"

    def start(self) -> None:
        """Begin to relay."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def stop(self) -> None:
        """End every connection and the relay."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def cut(self) -> None:
        """Close what is open, and whatever is opened from now on."""
        asyncio.run_coroutine_threadsafe(self._switch(is_open=False), self._loop).result(10)

    def silence(self) -> None:
        """Carry nothing from now on."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def mend(self) -> None:
        """Relay again."""
        asyncio.run_coroutine_threadsafe(self._switch(is_open=True), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._flowing.set)

    async def _listen(self) -> None:
        self._flowing.set()
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        await self._switch(is_open=False)
        self._flowing.set()
        assert self._server is not None
        self._server.close()
        await asyncio.sleep(0.1)
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _switch(self, *, is_open: bool) -> None:
        self._open = is_open
        if not is_open:
            for writer in list(self._writers):
                writer.transport.abort()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._open:
            writer.transport.abort()
            return
        far_reader, far_writer = await self._connect()
        self._writers |= {writer, far_writer}
        try:
            await asyncio.gather(self._carry(reader, far_writer, slowly=True), self._carry(far_reader, writer))
        finally:
            self._writers -= {writer, far_writer}
            writer.transport.abort()
            far_writer.transport.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._place.startswith("/"):
            return await asyncio.open_unix_connection(f"{self._place}/.s.PGSQL.5432")
        host, _, port = self._place.rpartition(":")
        return await asyncio.open_connection(host, int(port))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, slowly: bool = False) -> None:
        try:
            while data := await reader.read(65_536):
                await self._flowing.wait()
                if slowly and self.delay:
                    await asyncio.sleep(self.delay)
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.transport.abort()


@contextmanager
def cut(url: str) -> Iterator[Cut]:
    """A relay to the server of a URL with a Unix socket."""
    relay = Cut(url)
    relay.start()
    try:
        yield relay
    finally:
        relay.stop()
