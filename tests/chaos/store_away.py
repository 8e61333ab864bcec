"""A sweep whose results store, a PostgreSQL server, is paused, cut off and stopped while it runs."""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from farm.running.patient_recorder import AWAY_SECONDS, PATIENCE_SECONDS
from tests.chaos.ledger import audit, behaviors, finished
from tests.chaos.marker import END_SECONDS, left_behind
from tests.chaos.run import Run
from tests.chaos.table import Stage
from tests.chaos.vectors import settings, vector_count
from tests.farm.postgres import Server, make_database, running_server

GOOD_VECTORS = 900
SECONDS = 0.2
A_MOMENT = PATIENCE_SECONDS + 3.0
"""Seconds of a pause in which results wait on the disk of this host."""
TOO_LONG = AWAY_SECONDS + 60.0
"""Seconds within which a driver whose store is away for good must have ended."""
START_SECONDS = 120.0
NOT_RUN = 3
"""The exit code of a sweep that could not be run to its end."""


class OutageError(AssertionError):
    """A run did not react to its store as it should."""


class Outages:
    """A run, and the server of its store.

    Attributes:
        faults: the injected faults, by name.
        driver: the present one.
    """

    def __init__(self, run: Run, server: Server) -> None:
        self.faults: Counter[str] = Counter()
        self._run = run
        self._server = server
        self.driver = run.driver()

    def inject_all(self) -> None:
        """Inject every fault; the run must go on by itself after each but the last two, and be resumed after those.

        Raises:
            OutageError: it did not.
        """
        faults = (self._pause, self._cut, self._restart) * 2
        for fault in (*faults, self._kill_driver, self._pause_too_long):
            self._until_progress()
            self._run.remember()
            fault()
            self._run.remember()

    def finish(self, patience: float) -> None:
        """Wait for the end of the run.

        Raises:
            OutageError: it does not end.
        """
        for _ in range(3):
            try:
                self.driver.wait(patience)
            except subprocess.TimeoutExpired:
                raise OutageError(f"not finished in {patience:.0f} s") from None
            if finished(self._run.store):
                return
            self.driver = self._run.driver()
        raise OutageError("not finished by three more drivers")

    def _pause(self) -> None:
        self.faults["store paused"] += 1
        self._server.pause()
        time.sleep(A_MOMENT)
        self._server.go_on()

    def _cut(self) -> None:
        if not self._server.cut_connections():
            raise OutageError("the run has no connection to its store")
        self.faults["store's connections cut"] += 1

    def _restart(self) -> None:
        self.faults["store stopped at once, started"] += 1
        self._server.stop(signal.SIGQUIT)
        time.sleep(1.0)
        self._server.start()

    def _kill_driver(self) -> None:
        """Kill the driver while its results wait on the disk; another one records them."""
        self.faults["driver killed, store away"] += 1
        self._server.pause()
        time.sleep(A_MOMENT)
        self.driver.kill()
        self.driver.wait()
        self._server.go_on()
        self.driver = self._run.driver()
        self._until_progress()  # by what waited on the disk

    def _pause_too_long(self) -> None:
        """Pause the store until the driver gives up; what it has not recorded waits for another one."""
        self.faults["store paused too long"] += 1
        self._server.pause()
        try:
            code = self.driver.wait(TOO_LONG)
        except subprocess.TimeoutExpired:
            raise OutageError(f"the driver still runs {TOO_LONG:.0f} s after its store was paused") from None
        finally:
            self._server.go_on()
        if code != NOT_RUN:
            raise OutageError(f"a driver whose store is away for too long ended with {code}")
        self.driver = self._run.driver()

    def _until_progress(self) -> None:
        """Wait until the present driver records results.

        Raises:
            OutageError: it does not, or has ended.
        """
        _until(lambda: self._run.under_way() or self.driver.poll() is not None)
        if self.driver.poll() is not None:
            raise OutageError(f"the driver ended with {self.driver.returncode} before its store was disturbed")


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise OutageError(f"nothing is recorded in {START_SECONDS:.0f} s")
        time.sleep(0.2)


def store_away(boards: str, patience: float) -> Stage:
    """Run the stage.

    Args:
        boards: the boards to run on, as `farm sweep --boards` takes them.
        patience: seconds that the run may take after the last fault.

    Raises:
        pytest.skip.Exception: this machine has no PostgreSQL server.
    """
    aborted = ""
    with (
        tempfile.TemporaryDirectory(prefix="farm-chaos-", ignore_cleanup_errors=True) as folder,
        running_server() as server,
    ):
        url = make_database(str(server.folder), "chaos")
        run = Run(Path(folder) / "run", boards, settings(GOOD_VECTORS, 1, SECONDS), store=url)
        start = time.monotonic()
        outages = Outages(run, server)
        try:
            outages.inject_all()
            outages.finish(patience)
        except OutageError as error:
            aborted = str(error)
            run.kill(outages.driver)
        seconds = time.monotonic() - start
        behavior = behaviors(url)
        return Stage(
            "store away",
            outages.faults,
            run.drivers,
            seconds,
            audit(url, run.earlier, behavior, vector_count(GOOD_VECTORS, 1), ended=not aborted),
            Counter(behavior.values()),
            aborted=aborted,
            left_behind=left_behind(run.marker, END_SECONDS),
        )
