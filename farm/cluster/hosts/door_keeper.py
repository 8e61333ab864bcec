"""Keeps the process of a head's door running for as long as the head's node runs."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from farm.cluster.hosts.backoff import Backoff
from farm.cluster.nodes.host_state import MARKER, HostState
from farm.core.door_address import listening_place
from farm.core.errors import NotRunnable
from farm.core.plain_words import reason_of

LOG_FILE = "door.log"
"""The file of what the door's process prints, in the head's state folder."""
_MODULE = "farm.cluster.door.process"
STARTING_SECONDS = 60.0
"""How long the door may take until it answers."""
ENDING_SECONDS = 15.0
"""How long it may take to end when its node ended, before it is killed: a thread of it may wait for a lost host."""


class DoorProcess(Protocol):
    """A process of the door, as `subprocess.Popen` is one."""

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""

    def send_signal(self, sig: int) -> None:
        """Send it a signal."""


class DoorKeeper:
    """Starts the door when its node runs, and again when it ended."""

    def __init__(
        self,
        start: Callable[[HostState], DoorProcess],
        note: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep a door that is not started yet.

        Args:
            start: starts its process for a node; raises an `OSError` where that fails.
            note: takes a line that the head's owner should see.
            clock: seconds, of a clock that never jumps.
        """
        self._start = start
        self._note = note
        self._clock = clock
        self._backoff = Backoff()
        self._process: DoorProcess | None = None
        self._marker = ""  # of the node that it is for
        self._began = 0.0
        self._ending_since: float | None = None
        self._due = 0.0

    def step(self, state: HostState | None) -> None:
        """Look at the door once; `state` is the record of the head's node, None unless it lives.

        A door ends with its node: it carries the node's mark.
        """
        now = self._clock()
        if self._process is not None and self._process.poll() is not None:
            self._process, self._ending_since = None, None
            self._backoff.lived(now - self._began)
            wait = self._backoff.failed()
            self._due = now + wait
            self._note(f"the door ended (see {LOG_FILE} in the state folder): it starts again in {wait:g} s")
        if state is None:
            return
        if self._process is not None and self._marker != state.marker:
            self._end(self._process, now)  # it is for a node that ended
        elif self._process is None and now >= self._due:
            self._began, self._marker = now, state.marker
            try:
                self._process = self._start(state)
            except OSError as error:
                self._due = now + self._backoff.failed()
                self._note(f"the door doesn't start: {reason_of(error)}")

    def _end(self, process: DoorProcess, now: float) -> None:
        if self._ending_since is None:
            self._ending_since = now
            process.send_signal(signal.SIGTERM)
        elif now - self._ending_since >= ENDING_SECONDS:
            process.send_signal(signal.SIGKILL)


def start_door(state: HostState, folder: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start the door's process, with the mark of its node, so that `farm down` ends it.

    Args:
        state: the record of the head's node.
        folder: the head's state folder.
        environment: the process's environment, to which the mark is added.
    """
    with (folder / LOG_FILE).open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", _MODULE, str(folder.absolute())],
            cwd=folder,
            env={**environment, MARKER: state.marker},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )


def require_free(place: str) -> None:
    """Make sure that a door can listen at a place.

    Raises:
        FarmError: it is no HOST:PORT.
        NotRunnable: the address is not this host's, or another program has the port.
    """
    host, port = listening_place(place)
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise NotRunnable(f"--door {place}: {reason_of(error)}: choose another place") from error


def await_door(place: str, seconds: float = STARTING_SECONDS) -> bool:
    """Wait until a door answers; False if it doesn't."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if _listens(listening_place(place)):
            return True
        time.sleep(0.1)
    return False


def _listens(place: tuple[str, int]) -> bool:
    try:
        socket.create_connection(place, timeout=1.0).close()
    except OSError:
        return False
    return True
