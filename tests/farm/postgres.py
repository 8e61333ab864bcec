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
from contextlib import contextmanager
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


@contextmanager
def server() -> Iterator[str]:
    """Start a server and yield the folder of its socket; skip the test if PostgreSQL isn't installed."""
    programs, owner = _programs(), _owner()
    if programs is None or owner is None:
        pytest.skip("no PostgreSQL server here: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="farm-pg-", dir="/tmp"))
    user = owner if os.geteuid() == 0 else None
    if user is not None:
        shutil.chown(folder, user)
    try:
        make: list[str | Path] = [
            programs / "initdb",
            "-D",
            folder / "data",
            "-U",
            "farm",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ]
        subprocess.run(make, check=True, capture_output=True, user=user, cwd=folder)
        with (folder / "log").open("wb") as log:
            settings = [f"-c{pair}" for pair in ("listen_addresses=", "fsync=off", "max_connections=50")]
            run: list[str | Path] = [programs / "postgres", "-D", folder / "data", "-k", folder, *settings]
            process = subprocess.Popen(run, stdout=log, stderr=log, user=user, cwd=folder)
            try:
                _wait(programs, folder)
                yield str(folder)
            finally:
                process.send_signal(signal.SIGINT)
                process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
