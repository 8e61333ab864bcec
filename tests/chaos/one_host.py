"""A sweep on this host, whose processes are stopped and killed while it goes on."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from argparse import Namespace
from collections import Counter
from pathlib import Path

from tests.chaos.ledger import Recorded, audit, finished, kinds, noticed, recorded
from tests.chaos.monkey import Monkey
from tests.chaos.table import Stage
from tests.chaos.vectors import PLACE, asked

# in the order they are thrown, over and over: mostly what happens most
ROUND = (
    *("worker", "worker", "actor", "worker", "raylet", "worker", "head", "driver"),
    *("worker", "stopped actor", *("worker", "worker", "actor") * 4, "worker", "actor"),
)
FARM = (sys.executable, "-m", "farm", "sweep")
LAST_WORDS = 4000


class Run:
    """One run, however many drivers it takes."""

    def __init__(self, folder: Path, boards: str) -> None:
        folder.mkdir()
        self.store, self.log, self.boards = folder / "farm.db", folder / "log", boards
        self.seen: Recorded = {}
        self.drivers = 0

    def undisturbed(self) -> float:
        """How many seconds it takes when nobody disturbs it."""
        begun = time.monotonic()
        self.driver().wait()
        return time.monotonic() - begun

    def driver(self) -> subprocess.Popen[bytes]:
        """Starts a driver: of a new run, or of the one that is there."""
        what = ["--resume", "last", "--retry-infra"] if self.drivers else ["--sweeps", str(PLACE), "--module", "*"]
        self.drivers += 1
        command = [*FARM, *what, "--boards", self.boards, "--store", str(self.store), "--out", str(self.log) + ".out"]
        with self.log.open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)

    def disturbed(self, given: Namespace, quiet: float | None) -> Stage:
        """Runs it with faults, to its end or until patience is."""
        monkey = Monkey(given.seed)
        begun = time.monotonic()
        given_up = ""
        driver = self.driver()
        while True:
            if time.monotonic() - begun > given.patience:
                given_up = f"not done in {given.patience:.0f} s"
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(driver.pid, signal.SIGKILL)
                driver.wait()
                print(self.log.read_text(errors="replace")[-LAST_WORDS:])
                break
            if driver.poll() is not None:
                if finished(self.store):
                    break
                driver = self.driver()
            due = len(monkey.faults) < given.faults and self.under_way()
            if due:
                time.sleep(monkey.chance.uniform(0.3, 1.7) * given.every)
                self.remember()
                monkey.throw(driver.pid, ROUND[len(monkey.faults) % len(ROUND)])
            else:
                time.sleep(0.1)
        seconds = time.monotonic() - begun
        how = kinds(self.store)
        return Stage(
            "one host",
            Counter(f"{fault.target} {fault.signal}" for fault in monkey.faults),
            self.drivers,
            seconds,
            audit(self.store, self.seen, how, asked(given.good, given.bad), ended=not given_up),
            Counter(how.values()),
            noticed(self.store, [fault.at for fault in monkey.faults if fault.target != "driver"]),
            quiet,
            given_up=given_up,
        )

    def under_way(self) -> bool:
        """Whether the present driver has recorded anything: before that there is nothing to disturb."""
        with contextlib.suppress(Exception):
            return len(recorded(self.store)) > len(self.seen)
        return False

    def remember(self) -> None:
        """What is recorded now must be there, as it is, at the end."""
        self.seen |= recorded(self.store)
