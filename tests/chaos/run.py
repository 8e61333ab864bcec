"""One run of a stage on this host, by as many drivers as it needs."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.chaos.ledger import Place, Recorded, recorded, recorded_count
from tests.chaos.marker import NAME, new_marker
from tests.chaos.vectors import MODULES

FARM = (sys.executable, "-m", "farm", "sweep")
LOG_TAIL = 4000


class Run:
    """A run whose drivers are started here.

    Attributes:
        store: where its results are.
        marker: what all its processes have in their environment.
        earlier: attempts that were in the store at any time before.
        drivers: number of drivers so far.
    """

    def __init__(
        self,
        folder: Path,
        boards: str,
        environment: Mapping[str, str],
        modules: Path = MODULES,
        *,
        options: Sequence[str] = (),
        store: Place | None = None,
    ) -> None:
        """Start nothing yet.

        Args:
            folder: an empty folder for its state, log and report; made here.
            boards: as `farm sweep --boards` takes them.
            environment: what its processes have in theirs, beside this one's.
            modules: the folder of its sweep modules.
            options: further options of `farm sweep`, for a new run.
            store: where its results are; a file in the folder by default.
        """
        folder.mkdir()
        self.store: Place = store or folder / "farm.db"
        self.marker = new_marker()
        self.earlier: Recorded = {}
        self.drivers = 0
        self._folder, self._boards, self._modules, self._options = folder, boards, modules, options
        self._environment = {**environment, NAME: self.marker, "FARM_STATE": str(folder / "state")}

    def undisturbed(self) -> float:
        """Run without faults; return the seconds."""
        start = time.monotonic()
        self.driver().wait()
        return time.monotonic() - start

    def driver(self) -> subprocess.Popen[bytes]:
        """Start a driver: of a new run, or of the run that exists."""
        new = ("--sweeps", str(self._modules), "--module", "*", *self._options)
        selection = ("--resume", "last", "--retry-infra") if self.drivers else new
        self.drivers += 1
        places = ("--boards", self._boards, "--store", str(self.store), "--out", str(self._folder / "out"))
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [*FARM, *selection, *places],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, **self._environment},
            )

    def under_way(self) -> bool:
        """Return whether anything was recorded since `remember`; before that there is nothing to disturb."""
        with contextlib.suppress(Exception):
            return recorded_count(self.store) > len(self.earlier)
        return False

    def remember(self) -> None:
        """Remember what is recorded now: it must be unchanged at the end."""
        self.earlier |= recorded(self.store)

    def kill(self, driver: subprocess.Popen[bytes]) -> None:
        """Kill a driver that does not come to an end, and print the end of the run's log."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(driver.pid, signal.SIGKILL)
        driver.wait()
        print(self.log()[-LOG_TAIL:])

    def log(self) -> str:
        """Return what its drivers printed."""
        return (self._folder / "log").read_text(errors="replace")
