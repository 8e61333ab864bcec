"""A PostgreSQL server for the tests, on a socket in a folder of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


def _programs() -> Path | None:
    """Return the folder of PostgreSQL's server programs, which Debian keeps out of PATH."""
    folders = [path.parent for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))]
    on_path = shutil.which("initdb")
    return folders[-1] if folders else Path(on_path).parent if on_path else None


def _owner() -> str | None:
    """Return the user that runs the server, since it refuses root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    return next((name for name in ("postgres", "nobody") if any(user.pw_name == name for user in pwd.getpwall())), None)


class Server:
    """A server that can be paused, stopped and started again.

    Attributes:
        folder: the folder of its socket.
    """

    def __init__(self, programs: Path, folder: Path, user: str | None) -> None:
        self.folder = folder
        self._programs = programs
        self._user = user
        self._paused: list[int] = []
        self._process: subprocess.Popen[bytes]

    def create(self) -> None:
        """Make its data folder."""
        options = ("-U", "farm", "-A", "trust", "-E", "UTF8", "--no-sync")
        command: list[str | Path] = [self._programs / "initdb", "-D", self.folder / "data", *options]
        subprocess.run(command, check=True, capture_output=True, user=self._user, cwd=self.folder)

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        settings = [f"-c{pair}" for pair in ("listen_addresses=", "fsync=off", "max_connections=50")]
        run: list[str | Path] = [self._programs / "postgres", "-D", self.folder / "data", "-k", self.folder, *settings]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(run, stdout=log, stderr=log, user=self._user, cwd=self.folder)
        _wait(self._programs, self.folder)

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT ends it cleanly, SIGQUIT at once."""
        self.go_on()
        self._process.send_signal(number)
        self._process.wait(30)

    def pause(self) -> None:
        """Suspend it with all its connections: whoever asks gets no answer, and no error."""
        self._process.send_signal(signal.SIGSTOP)  # first, so that it starts no more of them
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        self._paused = [self._process.pid, *map(int, children)]
        for pid in self._paused:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """End a pause, if there is one."""
        for pid in reversed(self._paused):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self._paused = []

    def cut_connections(self) -> int:
        """Cut all connections; return how many there were."""
        import psycopg

        with psycopg.connect(f"host={self.folder} user=farm dbname=postgres", autocommit=True) as connection:
            cursor = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            return cursor.rowcount


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server; skip the test if PostgreSQL isn't installed."""
    programs, owner = _programs(), _owner()
    if programs is None or owner is None:
        pytest.skip("no PostgreSQL server here: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="farm-pg-", dir="/tmp"))
    user = owner if os.geteuid() == 0 else None
    if user is not None:
        shutil.chown(folder, user)
    server = Server(programs, folder, user)
    try:
        server.create()
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def server() -> Iterator[str]:
    """Start a server and yield the folder of its socket; see `running_server`."""
    with running_server() as running:
        yield str(running.folder)


def make_database(folder: str, name: str) -> str:
    """Create an empty database and return its URL."""
    import psycopg

    with psycopg.connect(f"host={folder} user=farm dbname=postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"postgresql+psycopg://farm@/{name}?host={folder}"


def _wait(programs: Path, folder: Path) -> None:
    ready: list[str | Path] = [programs / "pg_isready", "-q", "-h", folder, "-d", "postgres"]
    for _ in range(200):
        if subprocess.run(ready, check=False).returncode == 0:
            return
        time.sleep(0.05)
    raise RuntimeError((folder / "log").read_text(errors="replace"))
